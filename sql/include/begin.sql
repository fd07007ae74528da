-- The start of a theme: the extension, plain output, its own schema :schema.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_lineage;
\pset format unaligned
\pset tuples_only on
CREATE SCHEMA :schema;
SET search_path = :schema;
