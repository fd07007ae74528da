-- A database with one of everything that the catalog reader has to tell, odd names included.
-- Needs the contrib extensions hstore and citext, and postgres_fdw.
\set ON_ERROR_STOP on
CREATE EXTENSION hstore SCHEMA public;
CREATE EXTENSION citext SCHEMA public;
CREATE EXTENSION postgres_fdw SCHEMA public;

CREATE SCHEMA sales;
COMMENT ON SCHEMA sales IS 'what was sold';
CREATE SCHEMA "Odd.Schema";

CREATE TYPE sales.lvl AS ENUM ('low', 'mid, "quoted"', 'high');
CREATE DOMAIN sales.amount AS numeric(12, 2) CHECK (VALUE >= 0);
CREATE DOMAIN sales.must AS text NOT NULL;
CREATE DOMAIN sales.tags AS text[];
CREATE TYPE sales.address AS (street text, zip varchar(10), geo point);
CREATE TYPE sales.person AS (name text, home sales.address, phones text[]);
CREATE TYPE sales.floats AS RANGE (subtype = float8);

CREATE TABLE sales.customer (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email citext UNIQUE,
  name varchar(80) NOT NULL,
  level sales.lvl,
  who sales.person,
  homes sales.address[],
  attrs hstore
);
COMMENT ON TABLE sales.customer IS 'who buys';
COMMENT ON COLUMN sales.customer.email IS 'unique, any case';

CREATE TABLE sales.orders (
  region text,
  id integer,
  customer bigint REFERENCES sales.customer,
  parent_region text,
  parent_id integer,
  total sales.amount,
  net numeric(10, 2) GENERATED ALWAYS AS (round(1.0, 2)) STORED,
  "order" text DEFAULT 'none',
  PRIMARY KEY (region, id),
  FOREIGN KEY (parent_region, parent_id) REFERENCES sales.orders (region, id),
  UNIQUE (customer, id),
  CHECK (id > 0)
);

CREATE TABLE sales.types (
  c_smallint smallint, c_integer integer, c_bigint bigint, c_numeric numeric,
  c_numeric10 numeric(10), c_numeric102 numeric(10, 2), c_numeric_neg numeric(3, -2),
  c_real real, c_double double precision, c_money money, c_char char(7), c_bpchar bpchar,
  c_varchar varchar, c_varchar20 varchar(20), c_text text, c_name name, c_qchar "char",
  c_bytea bytea, c_bool boolean, c_date date, c_time time, c_timetz timetz(3),
  c_timestamp timestamp, c_timestamptz timestamptz, c_interval interval day to second,
  c_uuid uuid, c_json json, c_jsonb jsonb, c_jsonpath jsonpath, c_xml xml, c_inet inet,
  c_cidr cidr, c_mac macaddr, c_mac8 macaddr8, c_bit bit(3), c_varbit varbit, c_tsv tsvector,
  c_tsq tsquery, c_point point, c_box box, c_int4range int4range, c_tsrange tsrange,
  c_tstzrange tstzrange, c_multirange nummultirange, c_floats sales.floats, c_int_array int[],
  c_int_matrix int[][], c_varchar_array varchar(9)[], c_enum sales.lvl, c_enum_array sales.lvl[],
  c_domain sales.amount, c_must sales.must, c_domain_array sales.amount[], c_tags sales.tags,
  c_composite sales.person, c_row sales.customer, c_hstore hstore, c_citext citext, c_oid oid,
  c_regclass regclass, c_xid xid, c_tid tid, c_lsn pg_lsn, c_int2vector int2vector,
  c_snapshot pg_snapshot
);
ALTER TABLE sales.types DROP COLUMN c_oid;

CREATE TABLE "Odd.Schema"."Ta.ble""q::x" ("co.l" int PRIMARY KEY, "co""l>" text, "per cent" text);
CREATE TABLE "Odd.Schema".child ("a,b" int REFERENCES "Odd.Schema"."Ta.ble""q::x");
CREATE TABLE "Odd.Schema".empty ();

-- Cycle of foreign keys over two schemas.
CREATE TABLE public.a (id int PRIMARY KEY, b int);
CREATE TABLE sales.b (id int PRIMARY KEY, a int REFERENCES public.a);
ALTER TABLE public.a ADD FOREIGN KEY (b) REFERENCES sales.b;

CREATE TABLE sales.events (at timestamptz, kind text, n int) PARTITION BY RANGE (at, n);
CREATE TABLE sales.events_1 PARTITION OF sales.events
  FOR VALUES FROM ('2026-01-01', 0) TO ('2026-02-01', 0);
CREATE TABLE sales.events_2 PARTITION OF sales.events
  FOR VALUES FROM ('2026-02-01', 0) TO ('2026-03-01', 0) PARTITION BY LIST (kind);
CREATE TABLE sales.events_2a PARTITION OF sales.events_2 FOR VALUES IN ('a');
CREATE TABLE sales.by_day (at timestamp, v int) PARTITION BY RANGE (date_trunc('day', at));
CREATE TABLE sales.by_hash (id int PRIMARY KEY, v int) PARTITION BY HASH (id);
CREATE TABLE sales.by_hash_0 PARTITION OF sales.by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE sales.by_hash_1 PARTITION OF sales.by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE sales.to_hash (h int REFERENCES sales.by_hash);
CREATE TABLE sales.base (x int);
CREATE TABLE sales.heir (y int) INHERITS (sales.base);
CREATE UNLOGGED TABLE sales.scratch (x int);

CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw OPTIONS (dbname 'nowhere');
CREATE FOREIGN TABLE sales.remote (id int, v text) SERVER other;

CREATE VIEW sales."Big Orders" AS
  SELECT o.id, o.total, c.name AS "Customer Name" FROM sales.orders o
  JOIN sales.customer c ON c.id = o.customer WHERE o.total > 100;
CREATE VIEW "Odd.Schema"."v""1" AS SELECT "co.l" FROM "Odd.Schema"."Ta.ble""q::x";
CREATE MATERIALIZED VIEW sales.totals AS
  SELECT region, sum(total) AS total FROM sales.orders GROUP BY region;
CREATE TEMP TABLE not_told (x int);

CREATE FUNCTION sales.price(p text) RETURNS numeric LANGUAGE sql AS $$ SELECT 1.0 $$;
CREATE FUNCTION sales.price(p int, VARIADIC q sales.lvl[]) RETURNS numeric
  LANGUAGE plpgsql AS $$ BEGIN RETURN 2; END $$;
CREATE FUNCTION sales.price("char") RETURNS numeric LANGUAGE sql AS $$ SELECT 3.0 $$;
CREATE FUNCTION sales.atomic(x int) RETURNS int BEGIN ATOMIC SELECT x + 1; END;
COMMENT ON FUNCTION sales.atomic(int) IS 'SQL-standard body';
CREATE PROCEDURE sales.load(INOUT n int, OUT done bool)
  LANGUAGE plpgsql AS $$ BEGIN done := true; END $$;
CREATE FUNCTION sales.on_order() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER t BEFORE INSERT ON sales.orders FOR EACH ROW EXECUTE FUNCTION sales.on_order();
CREATE AGGREGATE sales.largest(int) (sfunc = int4larger, stype = int);
CREATE FUNCTION "Odd.Schema"."do it"() RETURNS void LANGUAGE sql AS $$ SELECT $$;
CREATE FUNCTION sales.c_code(internal) RETURNS internal LANGUAGE internal AS 'textrecv';

ALTER TABLE sales.customer ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON sales.customer USING (name = current_user);
