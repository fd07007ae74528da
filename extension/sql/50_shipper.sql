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

-- API: private. For the shipper, from time to time; while retire_after is 0 it does nothing.
CREATE FUNCTION lineage._retire() RETURNS bigint
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'pg_lineage_retire';
COMMENT ON FUNCTION lineage._retire() IS
  'private: ends observed edges that were not seen for pg_lineage.retire_after';

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

