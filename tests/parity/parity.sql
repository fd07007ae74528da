-- Beside tests/catalog/rich_schema.sql: owners, and statements, routines and views with lineage.
CREATE ROLE clerk;
CREATE ROLE crew;
CREATE ROLE nobody_known;
ALTER TABLE sales.customer OWNER TO clerk;
ALTER TABLE sales.events OWNER TO crew;
ALTER TABLE sales.scratch OWNER TO nobody_known;
ALTER VIEW sales."Big Orders" OWNER TO clerk;
ALTER FOREIGN TABLE sales.remote OWNER TO clerk;
ALTER PROCEDURE sales.load OWNER TO crew;
COMMENT ON DATABASE :"database" IS 'a shop';
COMMENT ON VIEW sales."Big Orders" IS 'over a hundred';
COMMENT ON MATERIALIZED VIEW sales.totals IS 'by region';
COMMENT ON FOREIGN TABLE sales.remote IS 'elsewhere';
COMMENT ON COLUMN sales."Big Orders".total IS 'in euros';
COMMENT ON PROCEDURE sales.load IS 'nightly';
-- A table of the same name as one with a policy.
CREATE TABLE public.customer (id int, name text);

CREATE SCHEMA app;
CREATE TABLE app.src (id int PRIMARY KEY, v text, n int DEFAULT 7, made timestamptz DEFAULT now());
CREATE TABLE app.by_insert (id int, v text);
CREATE TABLE app.by_update (id int, v text);
CREATE TABLE app.by_procedure (id int, v text);
CREATE TABLE app.by_temp (id int, v text);
CREATE TABLE app.by_star (id int, v text, n int, made timestamptz);
CREATE TABLE app.by_trigger (id int, v text);
CREATE VIEW app.shown AS SELECT id, upper(v) AS v FROM app.src WHERE n > 0;
CREATE VIEW app.shown_again AS SELECT v FROM app.shown;
CREATE FUNCTION app.note() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN INSERT INTO app.by_trigger (id, v) SELECT NEW.id, NEW.v; RETURN NEW; END $$;
CREATE TRIGGER note AFTER INSERT ON app.by_insert FOR EACH ROW EXECUTE FUNCTION app.note();
CREATE PROCEDURE app.fill() LANGUAGE plpgsql AS $$
  BEGIN INSERT INTO app.by_procedure (id, v) SELECT id, v FROM app.src; END $$;
CREATE PROCEDURE app.fill_by_temp() LANGUAGE plpgsql AS $$
  BEGIN
    CREATE TEMP TABLE step ON COMMIT DROP AS SELECT id, v FROM app.src;
    INSERT INTO app.by_temp (id, v) SELECT id, v FROM step;
  END $$;
INSERT INTO app.src SELECT 1, 'x';
INSERT INTO app.by_insert (id, v) SELECT id, v FROM app.src;
INSERT INTO app.by_star SELECT * FROM app.src;
UPDATE app.by_update SET v = s.v FROM app.src s WHERE s.id = by_update.id;
CREATE TABLE app.by_ctas AS SELECT id, v FROM app.src;
CALL app.fill();
CALL app.fill_by_temp();
