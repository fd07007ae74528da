-- pg_lineage 1.0. Surface: CONTRACT of the project, described in README.md and extension/README.md.
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
  name_key    bigint NOT NULL     -- hash of schema_name and rel_name
);
CREATE INDEX _node_relid ON lineage._node (relid);
CREATE INDEX _node_name ON lineage._node (name_key);

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
  database       bigint NOT NULL,     -- whose OID routine_oid is
  first_seen     timestamptz NOT NULL,
  xid            xid8 NOT NULL,
  username       name NOT NULL,
  query          text,                -- scrubbed; NULL where not kept
  source_columns smallint[] NOT NULL, -- three arrays of one length
  target_columns smallint[] NOT NULL, -- 0: the rows
  kinds          smallint[] NOT NULL  -- Kind | kMaskingBit
);
CREATE INDEX _edge_event ON lineage._edge (event_key);
CREATE INDEX _edge_source ON lineage._edge (source_node);
CREATE INDEX _edge_target ON lineage._edge (target_node);

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
SELECT pg_catalog.pg_extension_config_dump('lineage._ddl', '');

------------------------------------------------------------------------------------------------
-- Feed: what waits for the shipper, and who has taken what.
------------------------------------------------------------------------------------------------

-- API: public (read). kind: edge | ddl | snapshot | resync; ref: id in _edge or _ddl.
CREATE TABLE lineage.queue (
  id         bigint PRIMARY KEY,
  created_at timestamptz NOT NULL,
  xid        xid8 NOT NULL,
  kind       text NOT NULL,
  ref        bigint NOT NULL,
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
ALTER TABLE lineage._ddl REPLICA IDENTITY NOTHING;
ALTER TABLE lineage.queue REPLICA IDENTITY NOTHING;
ALTER TABLE lineage._sink REPLICA IDENTITY NOTHING;
ALTER TABLE lineage._taken REPLICA IDENTITY NOTHING;
ALTER TABLE lineage._parked REPLICA IDENTITY NOTHING;
ALTER TABLE lineage._state REPLICA IDENTITY NOTHING;

COMMENT ON SCHEMA lineage IS 'table and column lineage captured by pg_lineage';
COMMENT ON TABLE lineage._node IS 'private: relations and outside datasets that edges join';
COMMENT ON TABLE lineage._edge IS 'private: one row per fact and source relation';
COMMENT ON TABLE lineage._ddl IS 'private: DDL as it was committed';
COMMENT ON TABLE lineage._sink IS 'private: sinks that take the feed';
COMMENT ON TABLE lineage._taken IS 'private: feed rows taken by some sinks but not by all';
COMMENT ON TABLE lineage._parked IS 'private: what a sink can never take, and why';
COMMENT ON TABLE lineage._state IS 'private: the memory of the shipper, per sink';

-- What is known: read through C, without predicate locks, each reader his part -------------------

-- API: private. One row per fact and source relation, as the reader may see it. Empty arrays: the
-- source was only read. A NULL element: the rows, that is the whole table.
CREATE FUNCTION lineage._edge_rows(
  OUT source_table text, OUT source_kind "char", OUT target_table text, OUT target_kind "char",
  OUT source_columns text[], OUT target_columns text[], OUT kinds smallint[], OUT routine text,
  OUT call_path text[], OUT operation text, OUT origin text, OUT first_seen timestamptz,
  OUT last_seen timestamptz, OUT executions bigint, OUT row_count bigint, OUT query text)
RETURNS SETOF record LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_edge_rows';
COMMENT ON FUNCTION lineage._edge_rows() IS 'private: facts with names as they are now';

-- API: private. The facts between two relations.
CREATE FUNCTION lineage._pair(
  source text, target text,
  OUT source_table text, OUT source_kind "char", OUT target_table text, OUT target_kind "char",
  OUT source_columns text[], OUT target_columns text[], OUT kinds smallint[], OUT routine text,
  OUT call_path text[], OUT operation text, OUT origin text, OUT first_seen timestamptz,
  OUT last_seen timestamptz, OUT executions bigint, OUT row_count bigint, OUT query text)
RETURNS SETOF record LANGUAGE c STRICT STABLE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_pair';
COMMENT ON FUNCTION lineage._pair(text, text) IS 'private: facts between two relations';

-- API: private. DDL, as the reader may see it.
CREATE FUNCTION lineage._ddl_rows(
  OUT id bigint, OUT happened_at timestamptz, OUT xid xid8, OUT command_tag text,
  OUT object_type text, OUT object_identity text, OUT old_identity text, OUT subcommands jsonb,
  OUT routine text, OUT call_path text[], OUT username name)
RETURNS SETOF record LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_ddl_rows';
COMMENT ON FUNCTION lineage._ddl_rows() IS 'private: DDL that the reader may see';

-- API: private. Counters of shared memory; the order is that of Health in src/queue/shared.h.
CREATE FUNCTION lineage._health(
  OUT errors_swallowed bigint, OUT untagged_executions bigint, OUT degraded_shapes bigint,
  OUT degraded_columns bigint, OUT degraded_paths bigint, OUT degraded_unanalysed bigint,
  OUT refused_locked bigint, OUT refused_read_only bigint, OUT refused_error bigint,
  OUT refused_store bigint, OUT lost_at_exit bigint, OUT given_up bigint,
  OUT events_full bigint, OUT breaker_trips bigint, OUT edges_written bigint,
  OUT ddl_written bigint, OUT cost_samples bigint, OUT cost_nanoseconds bigint,
  OUT events_used bigint, OUT events_max bigint, OUT shared_bytes bigint)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_health';
COMMENT ON FUNCTION lineage._health() IS 'private: counters of shared memory';

-- API: public. Column lineage. Where an edge was observed, the same one declared is left out.
CREATE VIEW lineage.column_lineage WITH (security_barrier) AS
SELECT c.source_table, c.source_column, c.target_table, c.target_column, c.type, c.subtype,
       c.masking, c.routine, c.call_path, c.operation, c.origin, c.first_seen, c.last_seen,
       c.executions, c.row_count
FROM (SELECT g.*, pg_catalog.bool_or(g.origin = 'observed') OVER (
               PARTITION BY g.source_table, g.source_column, g.target_table, g.target_column,
                            g.type, g.subtype, g.masking) AS observed
      FROM (SELECT e.source_table, p.source_column, e.target_table, p.target_column,
                   CASE WHEN p.kind & 15 < 8 THEN 'DIRECT' ELSE 'INDIRECT' END AS type,
                   CASE p.kind & 15
                     WHEN 0 THEN 'IDENTITY' WHEN 1 THEN 'TRANSFORMATION' WHEN 2 THEN 'AGGREGATION'
                     WHEN 8 THEN 'JOIN' WHEN 9 THEN 'FILTER' WHEN 10 THEN 'GROUP_BY'
                     WHEN 11 THEN 'SORT' WHEN 12 THEN 'CONDITIONAL' WHEN 13 THEN 'WINDOW'
                   END AS subtype,
                   p.kind & 16 <> 0 AS masking, e.routine, e.call_path, e.operation, e.origin,
                   pg_catalog.min(e.first_seen) AS first_seen,
                   pg_catalog.max(e.last_seen) AS last_seen,
                   pg_catalog.sum(e.executions)::bigint AS executions,
                   pg_catalog.sum(e.row_count)::bigint AS row_count
            FROM lineage._edge_rows() e
            CROSS JOIN LATERAL ROWS FROM (
              pg_catalog.unnest(e.source_columns), pg_catalog.unnest(e.target_columns),
              pg_catalog.unnest(e.kinds)) AS p (source_column, target_column, kind)
            GROUP BY e.source_table, p.source_column, e.target_table, p.target_column, p.kind,
                     e.routine, e.call_path, e.operation, e.origin) g) c
WHERE c.origin = 'observed' OR NOT c.observed;
COMMENT ON VIEW lineage.column_lineage IS 'public: which column flows into or decides on which';

-- API: public. Table lineage, also of relations that were only read or counted.
CREATE VIEW lineage.table_lineage WITH (security_barrier) AS
SELECT t.source_table, t.target_table, t.routine, t.call_path, t.operation, t.origin,
       t.first_seen, t.last_seen, t.executions, t.row_count
FROM (SELECT g.*, pg_catalog.bool_or(g.origin = 'observed') OVER (
               PARTITION BY g.source_table, g.target_table) AS observed
      FROM (SELECT e.source_table, e.target_table, e.routine, e.call_path, e.operation, e.origin,
                   pg_catalog.min(e.first_seen) AS first_seen,
                   pg_catalog.max(e.last_seen) AS last_seen,
                   pg_catalog.sum(e.executions)::bigint AS executions,
                   pg_catalog.sum(e.row_count)::bigint AS row_count
            FROM lineage._edge_rows() e
            GROUP BY e.source_table, e.target_table, e.routine, e.call_path, e.operation,
                     e.origin) g) t
WHERE t.origin = 'observed' OR NOT t.observed;
COMMENT ON VIEW lineage.table_lineage IS 'public: which relation flows into which';

-- API: public. DDL as it was committed, netted per object and command in a transaction.
CREATE VIEW lineage.ddl_history WITH (security_barrier) AS
SELECT d.happened_at, d.xid, d.command_tag, d.object_type, d.object_identity, d.old_identity,
       d.subcommands, d.routine, d.call_path, d.username
FROM lineage._ddl_rows() d;
COMMENT ON VIEW lineage.ddl_history IS 'public: DDL as it was committed';

-- API: public. One row: what went wrong, what was left out, and what waits.
CREATE VIEW lineage.health AS
SELECT h.errors_swallowed, h.untagged_executions, h.degraded_shapes, h.degraded_columns,
       h.degraded_paths, h.degraded_unanalysed, h.refused_locked, h.refused_read_only,
       h.refused_error, h.refused_store, h.lost_at_exit, h.given_up, h.events_full,
       h.breaker_trips, h.edges_written, h.ddl_written, q.queue_length, q.queue_age, q.resync,
       h.events_used, h.events_max, h.shared_bytes, h.cost_samples,
       h.cost_nanoseconds / nullif(h.cost_samples, 0) AS cost_nanoseconds
FROM lineage._health() h
CROSS JOIN (SELECT pg_catalog.count(*) AS queue_length,
                   pg_catalog.clock_timestamp() - pg_catalog.min(w.created_at) AS queue_age,
                   coalesce(pg_catalog.bool_or(w.kind = 'resync'), false) AS resync
            FROM lineage.queue w) q;
COMMENT ON VIEW lineage.health IS 'public: one row on what was left out, refused, and waits';

-- API: public. All that flows into a relation, or into a column of it.
CREATE FUNCTION lineage.upstream(
  relation regclass, column_name text DEFAULT NULL, max_depth integer DEFAULT NULL,
  OUT depth integer, OUT table_name text, OUT column_name text, OUT type text, OUT path text[])
RETURNS SETOF record LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_upstream_relation';
COMMENT ON FUNCTION lineage.upstream(regclass, text, integer) IS
  'public: all that flows into a relation, or into a column of it';

-- API: public. All that flows into a relation, or into a column of it.
CREATE FUNCTION lineage.upstream(
  relation text, column_name text DEFAULT NULL, max_depth integer DEFAULT NULL,
  OUT depth integer, OUT table_name text, OUT column_name text, OUT type text, OUT path text[])
RETURNS SETOF record LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_upstream_name';
COMMENT ON FUNCTION lineage.upstream(text, text, integer) IS
  'public: all that flows into a relation, or into a column of it';

-- API: public. All that a relation, or a column of it, flows into.
CREATE FUNCTION lineage.downstream(
  relation regclass, column_name text DEFAULT NULL, max_depth integer DEFAULT NULL,
  OUT depth integer, OUT table_name text, OUT column_name text, OUT type text, OUT path text[])
RETURNS SETOF record LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_downstream_relation';
COMMENT ON FUNCTION lineage.downstream(regclass, text, integer) IS
  'public: all that a relation, or a column of it, flows into';

-- API: public. All that a relation, or a column of it, flows into.
CREATE FUNCTION lineage.downstream(
  relation text, column_name text DEFAULT NULL, max_depth integer DEFAULT NULL,
  OUT depth integer, OUT table_name text, OUT column_name text, OUT type text, OUT path text[])
RETURNS SETOF record LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_downstream_name';
COMMENT ON FUNCTION lineage.downstream(text, text, integer) IS
  'public: all that a relation, or a column of it, flows into';

-- For operators -------------------------------------------------------------------------------

-- API: public.
CREATE FUNCTION lineage.snapshot() RETURNS bigint
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_snapshot';
COMMENT ON FUNCTION lineage.snapshot() IS
  'public: asks the shipper to read every relation again, and reads their definitions anew';

-- API: public.
CREATE FUNCTION lineage.snapshot_schema(schema_name name) RETURNS bigint
LANGUAGE c STRICT VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_snapshot_schema';
COMMENT ON FUNCTION lineage.snapshot_schema(name) IS
  'public: asks the shipper to read the relations of a schema again';

-- API: public.
CREATE FUNCTION lineage.snapshot_table(relation regclass) RETURNS bigint
LANGUAGE c STRICT VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_snapshot_table';
COMMENT ON FUNCTION lineage.snapshot_table(regclass) IS
  'public: asks the shipper to read a relation again';

-- API: public.
CREATE FUNCTION lineage.forget() RETURNS bigint
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_forget';
COMMENT ON FUNCTION lineage.forget() IS
  'public: ends all observed edges and clears what has been seen; gives the number of rows ended';

-- API: public.
CREATE FUNCTION lineage.grant_reader(role regrole) RETURNS void
LANGUAGE c STRICT VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_grant_reader';
COMMENT ON FUNCTION lineage.grant_reader(regrole) IS
  'public: lets a role read lineage of relations that it may SELECT; idempotent';

-- API: public.
CREATE FUNCTION lineage.grant_shipper(role regrole) RETURNS void
LANGUAGE c STRICT VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_grant_shipper';
COMMENT ON FUNCTION lineage.grant_shipper(regrole) IS
  'public: lets a role ship lineage: read all of it and take the feed; idempotent';

-- For the shipper -----------------------------------------------------------------------------

-- API: public.
CREATE FUNCTION lineage.pending() RETURNS bigint
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_pending';
COMMENT ON FUNCTION lineage.pending() IS
  'public: feed rows that wait for some sink; a shared counter, cheap to poll';

-- API: private. Notes whose feed this is; empties one that came with a copy of another database.
CREATE FUNCTION lineage._feed_begin() RETURNS void
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_feed_begin';
COMMENT ON FUNCTION lineage._feed_begin() IS 'private: starts the feed of this database';

-- API: private. A sink that is new asks for a snapshot.
CREATE FUNCTION lineage._sink_register(sink text) RETURNS void
LANGUAGE c STRICT VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_sink_register';
COMMENT ON FUNCTION lineage._sink_register(text) IS 'private: makes a sink known; idempotent';

-- API: private.
CREATE FUNCTION lineage._feed(
  sink text, batch integer,
  OUT id bigint, OUT created_at timestamptz, OUT xid xid8, OUT kind text, OUT payload jsonb)
RETURNS SETOF record LANGUAGE c STRICT VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_feed';
COMMENT ON FUNCTION lineage._feed(text, integer) IS
  'private: feed rows that the sink has not taken, lowest ids first';

-- API: private.
CREATE FUNCTION lineage._ack(sink text, ids bigint[]) RETURNS bigint
LANGUAGE c STRICT VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_ack';
COMMENT ON FUNCTION lineage._ack(text, bigint[]) IS
  'private: notes feed rows as taken; they go when every sink has taken them';

-- API: private.
CREATE FUNCTION lineage._park(sink text, kind text, object text, reason text, request text)
RETURNS bigint LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_park';
COMMENT ON FUNCTION lineage._park(text, text, text, text, text) IS
  'private: keeps what a sink can never take, with the reason';

-- API: private.
CREATE FUNCTION lineage._unpark(ids bigint[]) RETURNS bigint
LANGUAGE c STRICT VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_unpark';
COMMENT ON FUNCTION lineage._unpark(bigint[]) IS 'private: removes what was parked';

-- API: private.
CREATE FUNCTION lineage._state_get(sink text, OUT key text, OUT value text)
RETURNS SETOF record LANGUAGE c STRICT STABLE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_state_get';
COMMENT ON FUNCTION lineage._state_get(text) IS 'private: the memory of a sink';

-- API: private.
CREATE FUNCTION lineage._state_set(sink text, key text, value text) RETURNS void
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_state_set';
COMMENT ON FUNCTION lineage._state_set(text, text, text) IS
  'private: sets a key of the memory of a sink; NULL forgets it';

------------------------------------------------------------------------------------------------
-- DDL capture
------------------------------------------------------------------------------------------------

-- API: private. Records what a command created or altered; see src/capture/ddl.h.
CREATE FUNCTION lineage._ddl_command_end() RETURNS event_trigger
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_ddl_command_end';
COMMENT ON FUNCTION lineage._ddl_command_end() IS
  'private: event trigger function that records commands which create or alter objects';
REVOKE ALL ON FUNCTION lineage._ddl_command_end() FROM PUBLIC;

-- API: private. Records what a command dropped.
CREATE FUNCTION lineage._sql_drop() RETURNS event_trigger
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_sql_drop';
COMMENT ON FUNCTION lineage._sql_drop() IS
  'private: event trigger function that records dropped objects';
REVOKE ALL ON FUNCTION lineage._sql_drop() FROM PUBLIC;

CREATE EVENT TRIGGER pg_lineage_ddl ON ddl_command_end
  EXECUTE FUNCTION lineage._ddl_command_end();
ALTER EVENT TRIGGER pg_lineage_ddl ENABLE ALWAYS;
COMMENT ON EVENT TRIGGER pg_lineage_ddl IS 'private: DDL capture of pg_lineage';
CREATE EVENT TRIGGER pg_lineage_drop ON sql_drop
  EXECUTE FUNCTION lineage._sql_drop();
ALTER EVENT TRIGGER pg_lineage_drop ENABLE ALWAYS;
COMMENT ON EVENT TRIGGER pg_lineage_drop IS 'private: DDL capture of pg_lineage';

-- API: private. The text of a statement as it would be stored; NULL where none would be.
CREATE FUNCTION lineage._scrub(source text, location integer DEFAULT -1,
                               length integer DEFAULT 0, mode text DEFAULT 'normalized')
RETURNS text
LANGUAGE c STRICT STABLE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_scrub';
COMMENT ON FUNCTION lineage._scrub(text, integer, integer, text) IS
  'private: what of a statement''s text may leave the server';
REVOKE ALL ON FUNCTION lineage._scrub(text, integer, integer, text) FROM PUBLIC;

-- Rights: nobody but those whom grant_reader() and grant_shipper() name --------------------------

REVOKE ALL ON SCHEMA lineage FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA lineage FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA lineage FROM PUBLIC;

SELECT lineage._feed_begin();
