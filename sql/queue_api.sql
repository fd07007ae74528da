-- The feed between the extension and the shipper.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_lineage;
\pset format unaligned
\pset tuples_only on
\pset null '-'
-- take away what other themes left
SELECT lineage._sink_register('one');
SELECT lineage._ack('one', array_agg(id)) > 0 FROM lineage._feed('one', 100000);
SELECT lineage.pending(), count(*) FROM lineage.queue;
SELECT lineage._sink_register('one');
SELECT lineage.pending();

-- what waits
CREATE SCHEMA feed_t;
CREATE TABLE feed_t.src (a int);
CREATE TABLE feed_t.dst (a int);
CREATE FUNCTION feed_t.load() RETURNS void LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO feed_t.dst SELECT a FROM feed_t.src; END $$;
SELECT feed_t.load();
SELECT feed_t.load();
SELECT lineage.pending();
SELECT kind, payload FROM lineage._feed('one', 100) ORDER BY id;
SELECT count(*) FROM lineage._feed('one', 2);
SELECT count(*) FROM lineage._feed('one', 0);

-- a second sink, which asks for a snapshot
SELECT lineage._sink_register('two');
SELECT kind, payload - 'object' FROM lineage._feed('two', 100) ORDER BY id DESC LIMIT 1;
SELECT lineage._ack('one', array_agg(id)) FROM lineage._feed('one', 100);
SELECT count(*) FROM lineage._feed('one', 100);
SELECT count(*), lineage.pending() FROM lineage._feed('two', 100);
-- taken twice counts once; unknown ids count nothing
SELECT lineage._ack('one', array_agg(id)) FROM lineage._feed('two', 100);
SELECT lineage._ack('one', '{1,NULL,2}');
SELECT lineage._ack('two', array_agg(id)) FROM lineage._feed('two', 3);
SELECT count(*), lineage.pending() FROM lineage.queue;
SELECT lineage._ack('two', array_agg(id)) FROM lineage._feed('two', 100);
SELECT lineage.pending(), (SELECT count(*) FROM lineage.queue), count(*) FROM lineage._taken;
-- rolled back: not taken
CREATE TABLE feed_t.more (a int);
BEGIN;
SELECT lineage._ack('one', array_agg(id)) FROM lineage._feed('one', 100);
ROLLBACK;
SELECT count(*) FROM lineage._feed('one', 100);
SELECT lineage._feed('three', 1);
SELECT lineage._ack('three', '{1}');

-- snapshots
SELECT lineage._ack('one', array_agg(id)), lineage._ack('two', array_agg(id))
FROM lineage._feed('one', 100);
SELECT lineage.snapshot_table('feed_t.src'), lineage.snapshot_schema('feed_t');
SELECT kind, payload FROM lineage._feed('one', 100) ORDER BY id;
SELECT lineage.snapshot() >= 3;

-- how far a snapshot is: what waits, and what the shipper with most left has said
SELECT h.snapshot_waiting = (SELECT count(*) FROM lineage.queue WHERE kind = 'snapshot') AS waiting,
       h.snapshot_total, h.snapshot_done FROM lineage.health h;
SELECT lineage._state_set('one', 'progress', '{"total":5,"done":5,"started":1000,"reported":2000}'),
  lineage._state_set('two', 'progress', '{"total":9,"done":4,"started":3000,"reported":4500}');
SELECT snapshot_total, snapshot_done, extract(epoch FROM snapshot_started) AS started,
       extract(epoch FROM snapshot_reported) AS reported FROM lineage.health;
SELECT lineage._state_set('one', 'progress', NULL), lineage._state_set('two', 'progress', NULL);
SELECT lineage.snapshot_schema('no_such_schema');

-- forget: edges end, the shipper is told to compare
SELECT count(*) FROM lineage.table_lineage WHERE target_table = 'feed_t.dst';
SELECT lineage.forget() > 0;
SELECT count(*) FROM lineage.table_lineage WHERE origin = 'observed';
SELECT kind, payload FROM lineage._feed('one', 10000) WHERE kind IN ('edge', 'resync');
SELECT resync FROM lineage.health;
SELECT feed_t.load();
SELECT routine, executions FROM lineage.table_lineage WHERE target_table = 'feed_t.dst';

-- memory and parked
SELECT lineage._state_set('one', 'k', 'v'), lineage._state_set('one', 'l', 'w'),
       lineage._state_set('two', 'k', 'x');
SELECT lineage._state_set('one', 'k', 'v2'), lineage._state_set('one', 'l', NULL);
SELECT * FROM lineage._state_get('one');
SELECT * FROM lineage._state_get('two');
SELECT lineage._state_set(NULL, 'k', 'v');
SELECT lineage._park('one', 'edge', 'a -> b', 'gone', '{"x":1}') > 0;
SELECT lineage._park('one', 'edge', 'a -> b', 'still gone', NULL) > 0;
SELECT sink, kind, object, reason, request, attempts FROM lineage._parked;
SELECT lineage._unpark(array_agg(id)) FROM lineage._parked;
SELECT count(*) FROM lineage._parked;
DROP SCHEMA feed_t CASCADE;
