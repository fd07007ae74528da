-- The example of README.md, word for word.
\set VERBOSITY terse
CREATE EXTENSION IF NOT EXISTS pg_lineage;
CREATE TABLE orders_2026 (id int, customer int, amount numeric);
CREATE TABLE customers (id int, name text);
CREATE TABLE sales (order_id int, customer text, total numeric);
INSERT INTO orders_2026 VALUES (1, 1, 5), (2, 1, 7);
INSERT INTO customers VALUES (1, 'Ann');
CREATE PROCEDURE load_sales(year int) LANGUAGE plpgsql AS $$
DECLARE
  line record;
BEGIN
  EXECUTE format('CREATE TEMP TABLE fresh ON COMMIT DROP AS SELECT * FROM orders_%s', year);
  FOR line IN SELECT f.id, c.name, f.amount FROM fresh f JOIN customers c ON c.id = f.customer LOOP
    INSERT INTO sales VALUES (line.id, upper(line.name), line.amount);
  END LOOP;
END $$;

CALL load_sales(2026);

SELECT source_table, source_column, target_column, subtype, routine
FROM lineage.column_lineage WHERE type = 'DIRECT' ORDER BY 1, 2;
SELECT * FROM sales ORDER BY order_id;
