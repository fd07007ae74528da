-- For operators -------------------------------------------------------------------------------

-- API: public.
CREATE FUNCTION lineage.snapshot() RETURNS bigint
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'pg_lineage_snapshot';
COMMENT ON FUNCTION lineage.snapshot() IS
  'public: asks the shipper to read every relation again, and reads their definitions anew';

-- API: public.
CREATE FUNCTION lineage.snapshot_schema(schema_name name) RETURNS bigint
LANGUAGE c STRICT VOLATILE AS 'MODULE_PATHNAME', 'pg_lineage_snapshot_schema';
COMMENT ON FUNCTION lineage.snapshot_schema(name) IS
  'public: asks the shipper to read the relations of a schema again';

-- API: public.
CREATE FUNCTION lineage.snapshot_table(relation regclass) RETURNS bigint
LANGUAGE c STRICT VOLATILE AS 'MODULE_PATHNAME', 'pg_lineage_snapshot_table';
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

