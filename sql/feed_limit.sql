-- A feed that nobody takes stays bounded: one resync row stands for what did not fit.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_lineage;
\pset format unaligned
\pset tuples_only on
SELECT current_database() AS here \gset
CREATE DATABASE regress_lineage_feed;
\c regress_lineage_feed
\pset format unaligned
\pset tuples_only on
CREATE EXTENSION pg_lineage;
SELECT lineage._sink_register('one');
SET pg_lineage.max_feed = 10;
CREATE TABLE src (a int);
SELECT format('CREATE TABLE t%s AS SELECT a FROM src', i) FROM generate_series(1, 6) i \gexec
SELECT lineage.pending(), count(*), count(*) FILTER (WHERE kind = 'resync') FROM lineage.queue;
SELECT resync, queue_length FROM lineage.health;
-- the store has it all
SELECT count(*) FROM lineage.table_lineage WHERE source_table = 'public.src';
-- taken: the feed goes on, and tells again when it is full again
SELECT lineage._ack('one', array_agg(id)) FROM lineage._feed('one', 100);
CREATE TABLE t7 AS SELECT a FROM src;
SELECT kind, count(*) FROM lineage._feed('one', 100) GROUP BY kind ORDER BY kind;
SELECT format('CREATE TABLE u%s AS SELECT a FROM src', i) FROM generate_series(1, 6) i \gexec
SELECT kind, count(*) FROM lineage._feed('one', 100) GROUP BY kind ORDER BY kind;
\c :here
DROP DATABASE regress_lineage_feed;
