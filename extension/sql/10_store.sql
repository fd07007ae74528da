-- pg_lineage 1.0. What is public is described in README.md, the rest in extension/README.md.
-- Every object says whether it is public; names that begin with an underscore are private.
-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION pg_lineage" to load this file. \quit

-- API: private. Refuses a schema that somebody else prepared (CVE-2022-2625 and kin).
CREATE FUNCTION lineage._install_check() RETURNS void
LANGUAGE c STRICT VOLATILE AS 'MODULE_PATHNAME', 'pg_lineage_install_check';
COMMENT ON FUNCTION lineage._install_check() IS
  'private: refuses to install into a schema that is not empty or not the installer''s';
SELECT lineage._install_check();

------------------------------------------------------------------------------------------------
-- Store: what is true. Written by the library at PRE_COMMIT, never through SQL.
------------------------------------------------------------------------------------------------

-- API: private. A relation or an outside dataset as it was when first met.
CREATE TABLE lineage._node (
  id          bigint PRIMARY KEY,
  relid       oid NOT NULL,       -- 0 for a URI
  relkind     "char" NOT NULL,    -- pg_class.relkind; 'u' for a URI
  schema_name text NOT NULL,      -- empty for a URI
  rel_name    text NOT NULL,      -- the URI itself for a URI
  columns     text[] NOT NULL,    -- names by attribute number; NULL where dropped
  database    bigint NOT NULL,    -- hash of (system identifier, database): whose OIDs these are
  name_key    bigint NOT NULL,    -- hash of schema_name and rel_name
  columns_key bigint NOT NULL     -- hash of columns: one URI stands for many datasets
);
CREATE INDEX _node_relid ON lineage._node (relid);
CREATE INDEX _node_name ON lineage._node (name_key, columns_key);

-- API: private. One row per first-seen fact and source relation.
CREATE TABLE lineage._edge (
  id             bigint PRIMARY KEY,
  event_key      bigint NOT NULL,
  source_node    bigint NOT NULL,
  target_node    bigint NOT NULL,
  operation      smallint NOT NULL,   -- Operation of queue/event.h
  origin         smallint NOT NULL,   -- Origin
  routine_oid    oid NOT NULL,
  routine        text,
  call_path      text[] NOT NULL,
  declared_by    oid NOT NULL,        -- the routine, or the rule, whose reading says it; 0: neither
  database       bigint NOT NULL,     -- whose OIDs these are
  first_seen     timestamptz NOT NULL,
  xid            xid8 NOT NULL,
  username       name NOT NULL,
  query          text,                -- scrubbed; NULL where not kept
  source_columns smallint[] NOT NULL, -- three arrays of one length
  target_columns smallint[] NOT NULL, -- 0: the rows
  kinds          smallint[] NOT NULL  -- Kind | kMaskingBit
);
CREATE INDEX _edge_source ON lineage._edge (source_node);
CREATE INDEX _edge_target ON lineage._edge (target_node, event_key);
CREATE INDEX _edge_routine ON lineage._edge (routine_oid) WHERE routine_oid <> '0'::oid;
CREATE INDEX _edge_declared_by ON lineage._edge (declared_by) WHERE declared_by <> '0'::oid;

-- API: private. What was an edge until it ended. Columns are named as they were called then.
CREATE TABLE lineage._past (
  id             bigint PRIMARY KEY,
  event_key      bigint NOT NULL,
  source_node    bigint NOT NULL,
  target_node    bigint NOT NULL,
  operation      smallint NOT NULL,
  origin         smallint NOT NULL,
  routine_oid    oid NOT NULL,
  routine        text,
  call_path      text[] NOT NULL,
  declared_by    oid NOT NULL,
  database       bigint NOT NULL,
  first_seen     timestamptz NOT NULL,
  xid            xid8 NOT NULL,
  username       name NOT NULL,
  query          text,
  source_columns text[] NOT NULL,     -- three arrays of one length
  target_columns text[] NOT NULL,     -- NULL: the rows
  kinds          smallint[] NOT NULL,
  last_seen      timestamptz NOT NULL,
  executions     bigint NOT NULL,
  row_count      bigint,              -- NULL where the server did not count
  ended_at       timestamptz NOT NULL,
  ended_xid      xid8 NOT NULL,
  reason         text NOT NULL        -- EndReason of queue/past_rows.h
);

-- API: private. Routines that were replaced, whose edges the next run decides about.
CREATE TABLE lineage._doubt (
  id      bigint PRIMARY KEY,
  routine oid NOT NULL,      -- whose edges
  decider oid NOT NULL,      -- whose run; 0: one is yet to be made under the name
  frame   text NOT NULL,     -- as in the call path
  since   timestamptz NOT NULL
);

-- API: private. DDL as it was committed.
CREATE TABLE lineage._ddl (
  id              bigint PRIMARY KEY,
  happened_at     timestamptz NOT NULL,
  xid             xid8 NOT NULL,
  command_tag     text NOT NULL,
  object_type     text,
  object_identity text,
  old_identity    text,
  subcommands     jsonb,
  routine         text,
  call_path       text[] NOT NULL,
  username        name NOT NULL,
  classid         oid NOT NULL,
  objid           oid NOT NULL,
  objsubid        integer NOT NULL
);

-- The store survives dump and restore; feed and delivery state do not.
SELECT pg_catalog.pg_extension_config_dump('lineage._node', '');
SELECT pg_catalog.pg_extension_config_dump('lineage._edge', '');
SELECT pg_catalog.pg_extension_config_dump('lineage._past', '');
SELECT pg_catalog.pg_extension_config_dump('lineage._ddl', '');

------------------------------------------------------------------------------------------------
-- Feed: what waits for the shipper, and who has taken what.
------------------------------------------------------------------------------------------------

-- API: public (read). kind: edge | ended | ddl | snapshot | resync.
CREATE TABLE lineage.queue (
  id         bigint PRIMARY KEY,
  created_at timestamptz NOT NULL,
  xid        xid8 NOT NULL,
  kind       text NOT NULL,
  ref        bigint NOT NULL,  -- id in _edge, _past or _ddl
  object      text,            -- snapshot: identity of the object
  object_type text             -- snapshot: table, schema or database
);
COMMENT ON TABLE lineage.queue IS 'what waits for the shipper';

-- API: private. Sinks that exist; a feed row goes when all of them have taken it.
CREATE TABLE lineage._sink (
  id         bigint PRIMARY KEY,
  name       text COLLATE "C" NOT NULL,
  created_at timestamptz NOT NULL
);
-- API: private. A feed row taken by some sinks but not by all.
CREATE TABLE lineage._taken (
  id       bigint PRIMARY KEY,
  sink     bigint NOT NULL,
  queue_id bigint NOT NULL
);
CREATE INDEX _taken_queue ON lineage._taken (queue_id);
-- API: private. What a sink can never take, and why.
CREATE TABLE lineage._parked (
  id       bigint PRIMARY KEY,
  sink     text NOT NULL,
  kind     text NOT NULL,
  object   text NOT NULL,
  reason   text NOT NULL,
  request  text,
  attempts integer NOT NULL,
  parked_at timestamptz NOT NULL
);
-- API: private. The shipper's memory per sink: hashes, ids, sticky pipelines.
CREATE TABLE lineage._state (
  id    bigint PRIMARY KEY,
  sink  text COLLATE "C" NOT NULL,
  key   text COLLATE "C" NOT NULL,
  value text NOT NULL
);
CREATE INDEX _state_key ON lineage._state (sink, key);

-- Nothing of ours travels by logical replication, also not with FOR ALL TABLES: rows are inserted
-- without logical information (src/queue/store.cpp), and deleted without an identity.
ALTER TABLE lineage._node REPLICA IDENTITY NOTHING;
ALTER TABLE lineage._edge REPLICA IDENTITY NOTHING;
ALTER TABLE lineage._past REPLICA IDENTITY NOTHING;
ALTER TABLE lineage._doubt REPLICA IDENTITY NOTHING;
ALTER TABLE lineage._ddl REPLICA IDENTITY NOTHING;
ALTER TABLE lineage.queue REPLICA IDENTITY NOTHING;
ALTER TABLE lineage._sink REPLICA IDENTITY NOTHING;
ALTER TABLE lineage._taken REPLICA IDENTITY NOTHING;
ALTER TABLE lineage._parked REPLICA IDENTITY NOTHING;
ALTER TABLE lineage._state REPLICA IDENTITY NOTHING;

COMMENT ON SCHEMA lineage IS 'table and column lineage captured by pg_lineage';
COMMENT ON TABLE lineage._node IS 'private: relations and outside datasets that edges join';
COMMENT ON TABLE lineage._edge IS 'private: one row per fact and source relation';
COMMENT ON TABLE lineage._past IS 'private: edges that ended, as they were';
COMMENT ON TABLE lineage._doubt IS 'private: routines whose edges the next run decides about';
COMMENT ON TABLE lineage._ddl IS 'private: DDL as it was committed';
COMMENT ON TABLE lineage._sink IS 'private: sinks that take the feed';
COMMENT ON TABLE lineage._taken IS 'private: feed rows taken by some sinks but not by all';
COMMENT ON TABLE lineage._parked IS 'private: what a sink can never take, and why';
COMMENT ON TABLE lineage._state IS 'private: the memory of the shipper, per sink';

