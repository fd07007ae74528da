------------------------------------------------------------------------------------------------
-- DDL capture
------------------------------------------------------------------------------------------------

-- API: private. Records what a command created or altered; see src/capture/ddl.h.
CREATE FUNCTION lineage._ddl_command_end() RETURNS event_trigger
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'pg_lineage_ddl_command_end';
COMMENT ON FUNCTION lineage._ddl_command_end() IS
  'private: event trigger function that records commands which create or alter objects';
REVOKE ALL ON FUNCTION lineage._ddl_command_end() FROM PUBLIC;

-- API: private. Records what a command dropped.
CREATE FUNCTION lineage._sql_drop() RETURNS event_trigger
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'pg_lineage_sql_drop';
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

