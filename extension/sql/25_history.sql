-- What was known, and when: edges that ended beside those that hold ------------------------------

-- API: private. Facts that ended, as the reader may see them; columns as they were called then.
CREATE FUNCTION lineage._past_rows(
  OUT source_table text, OUT source_kind "char", OUT target_table text, OUT target_kind "char",
  OUT source_columns text[], OUT target_columns text[], OUT kinds smallint[], OUT routine text,
  OUT call_path text[], OUT operation text, OUT origin text, OUT first_seen timestamptz,
  OUT last_seen timestamptz, OUT executions bigint, OUT row_count bigint, OUT query text,
  OUT ended_at timestamptz, OUT reason text)
RETURNS SETOF record LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_past_rows';
COMMENT ON FUNCTION lineage._past_rows() IS 'private: facts that ended';

-- API: public. Every edge that is or was, with the time for which it held; valid_to NULL: it still
-- does. What fed x on date d: valid_from <= d AND (valid_to IS NULL OR valid_to > d).
CREATE VIEW lineage.column_lineage_history WITH (security_barrier) AS
SELECT e.source_table, p.source_column, e.target_table, p.target_column,
       CASE WHEN p.kind & 15 < 8 THEN 'DIRECT' ELSE 'INDIRECT' END AS type,
       CASE p.kind & 15
         WHEN 0 THEN 'IDENTITY' WHEN 1 THEN 'TRANSFORMATION' WHEN 2 THEN 'AGGREGATION'
         WHEN 8 THEN 'JOIN' WHEN 9 THEN 'FILTER' WHEN 10 THEN 'GROUP_BY'
         WHEN 11 THEN 'SORT' WHEN 12 THEN 'CONDITIONAL' WHEN 13 THEN 'WINDOW'
       END AS subtype,
       p.kind & 16 <> 0 AS masking, e.routine, e.call_path, e.operation, e.origin,
       pg_catalog.min(e.first_seen) AS first_seen, pg_catalog.max(e.last_seen) AS last_seen,
       pg_catalog.sum(e.executions)::bigint AS executions,
       pg_catalog.sum(e.row_count)::bigint AS row_count,
       pg_catalog.min(e.first_seen) AS valid_from, e.ended_at AS valid_to
FROM (SELECT r.source_table, r.source_columns, r.target_table, r.target_columns, r.kinds,
             r.routine, r.call_path, r.operation, r.origin, r.first_seen, r.last_seen,
             r.executions, r.row_count, NULL::timestamptz AS ended_at
      FROM lineage._edge_rows() r
      UNION ALL
      SELECT r.source_table, r.source_columns, r.target_table, r.target_columns, r.kinds,
             r.routine, r.call_path, r.operation, r.origin, r.first_seen, r.last_seen,
             r.executions, r.row_count, r.ended_at
      FROM lineage._past_rows() r) e
CROSS JOIN LATERAL ROWS FROM (
  pg_catalog.unnest(e.source_columns), pg_catalog.unnest(e.target_columns),
  pg_catalog.unnest(e.kinds)) AS p (source_column, target_column, kind)
GROUP BY e.source_table, p.source_column, e.target_table, p.target_column, p.kind,
         e.routine, e.call_path, e.operation, e.origin, e.ended_at;
COMMENT ON VIEW lineage.column_lineage_history IS
  'public: which column flowed into or decided on which, and from when to when';
