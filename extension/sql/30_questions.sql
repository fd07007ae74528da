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

-- API: public. How one relation, or a column of it, reaches another.
CREATE FUNCTION lineage.path(
  source regclass, target regclass, source_column text DEFAULT NULL,
  target_column text DEFAULT NULL,
  OUT step integer, OUT source_table text, OUT source_column text, OUT target_table text,
  OUT target_column text, OUT type text, OUT subtype text, OUT masking boolean, OUT routine text,
  OUT operation text)
RETURNS SETOF record LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_path_relation';
COMMENT ON FUNCTION lineage.path(regclass, regclass, text, text) IS
  'public: the steps of a shortest way from one relation or column to another';

-- API: public. How one relation, or a column of it, reaches another.
CREATE FUNCTION lineage.path(
  source text, target text, source_column text DEFAULT NULL,
  target_column text DEFAULT NULL,
  OUT step integer, OUT source_table text, OUT source_column text, OUT target_table text,
  OUT target_column text, OUT type text, OUT subtype text, OUT masking boolean, OUT routine text,
  OUT operation text)
RETURNS SETOF record LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_path_name';
COMMENT ON FUNCTION lineage.path(text, text, text, text) IS
  'public: the steps of a shortest way from one relation or column to another';

-- API: public. What a change or drop would touch. reason: lineage (column or relation that it flows
-- into), definition (tied by the catalog), reads, writes, calls (routines).
CREATE FUNCTION lineage.impact(
  relation regclass, column_name text DEFAULT NULL,
  OUT depth integer, OUT object_type text, OUT object_name text, OUT column_name text,
  OUT type text, OUT reason text, OUT path text[])
RETURNS SETOF record LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_impact_relation';
COMMENT ON FUNCTION lineage.impact(regclass, text) IS
  'public: everything that a change or drop of a relation or a column would touch';

-- API: public. What a change or drop would touch. reason: lineage (column or relation that it flows
-- into), definition (tied by the catalog), reads, writes, calls (routines).
CREATE FUNCTION lineage.impact(
  relation text, column_name text DEFAULT NULL,
  OUT depth integer, OUT object_type text, OUT object_name text, OUT column_name text,
  OUT type text, OUT reason text, OUT path text[])
RETURNS SETOF record LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_impact_name';
COMMENT ON FUNCTION lineage.impact(text, text) IS
  'public: everything that a change or drop of a relation or a column would touch';

