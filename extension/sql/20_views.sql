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
  OUT unanalysed_dynamic bigint, OUT unanalysed_missing bigint, OUT unanalysed_locked bigint,
  OUT unanalysed_language bigint, OUT unanalysed_limit bigint, OUT unanalysed_error bigint,
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
       h.degraded_paths, h.degraded_unanalysed, h.unanalysed_dynamic, h.unanalysed_missing,
       h.unanalysed_locked, h.unanalysed_language, h.unanalysed_limit, h.unanalysed_error,
       h.refused_locked, h.refused_read_only,
       h.refused_error, h.refused_store, h.lost_at_exit, h.given_up, h.events_full,
       h.breaker_trips, h.edges_written, h.ddl_written, q.queue_length, q.queue_age, q.resync,
       q.snapshot_waiting, s.snapshot_total, s.snapshot_done, s.snapshot_started,
       s.snapshot_reported,
       h.events_used, h.events_max, h.shared_bytes, h.cost_samples,
       h.cost_nanoseconds / nullif(h.cost_samples, 0) AS cost_nanoseconds
FROM lineage._health() h
CROSS JOIN (SELECT pg_catalog.count(*) AS queue_length,
                   pg_catalog.clock_timestamp() - pg_catalog.min(w.created_at) AS queue_age,
                   coalesce(pg_catalog.bool_or(w.kind = 'resync'), false) AS resync,
                   pg_catalog.count(*) FILTER (WHERE w.kind = 'snapshot') AS snapshot_waiting
            FROM lineage.queue w) q
-- The last snapshot as the shippers tell of it; of several sinks that of the one with most left.
LEFT JOIN LATERAL (
  SELECT t.total AS snapshot_total, t.done AS snapshot_done,
         pg_catalog.to_timestamp(t.started / 1000.0) AS snapshot_started,
         pg_catalog.to_timestamp(t.reported / 1000.0) AS snapshot_reported
  FROM lineage._sink k JOIN lineage._state p ON p.sink = k.name AND p.key = 'progress'
  CROSS JOIN LATERAL pg_catalog.jsonb_to_record(p.value::jsonb)
    AS t(total bigint, done bigint, started bigint, reported bigint)
  ORDER BY t.total - t.done DESC, t.reported DESC LIMIT 1) s ON true;
COMMENT ON VIEW lineage.health IS 'public: one row on what was left out, refused, and waits';

