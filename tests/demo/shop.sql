-- A shop and its warehouse: what people let run at night, in the styles they write it.
-- shop is what the tills write, warehouse what the nightly procedures make of it.

CREATE SCHEMA shop;
CREATE SCHEMA warehouse;

CREATE TABLE shop.customers (
  id bigint PRIMARY KEY, email text NOT NULL, first_name text NOT NULL, last_name text NOT NULL,
  city text, country text NOT NULL, created_at timestamptz NOT NULL);
CREATE TABLE shop.products (
  id bigint PRIMARY KEY, sku text NOT NULL UNIQUE, title text NOT NULL, category text NOT NULL,
  cost numeric(10, 2) NOT NULL);
CREATE TABLE shop.orders (
  id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES shop.customers,
  ordered_at timestamptz NOT NULL, status text NOT NULL, currency text NOT NULL);
CREATE TABLE shop.order_items (
  order_id bigint NOT NULL REFERENCES shop.orders, line_no integer NOT NULL,
  product_id bigint NOT NULL REFERENCES shop.products, quantity integer NOT NULL,
  unit_price numeric(10, 2) NOT NULL, discount numeric(4, 2) NOT NULL DEFAULT 0,
  PRIMARY KEY (order_id, line_no));
CREATE TABLE shop.rates (currency text PRIMARY KEY, to_euro numeric(12, 6) NOT NULL);
CREATE TABLE shop.settings (name text PRIMARY KEY, value numeric NOT NULL);
CREATE TABLE shop.order_history (
  order_id bigint NOT NULL, old_status text, new_status text, changed_at timestamptz NOT NULL);

CREATE TABLE warehouse.dim_customer (
  customer_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id bigint NOT NULL UNIQUE,
  full_name text, email_hash text, region text);
CREATE TABLE warehouse.fact_sales (
  order_id bigint, line_no integer, sold_on date, customer_key bigint, sku text, quantity integer,
  revenue numeric(12, 2), margin numeric(12, 2), PRIMARY KEY (order_id, line_no));
CREATE TABLE warehouse.daily_revenue (
  day date, category text, revenue numeric(14, 2), running_total numeric(14, 2),
  PRIMARY KEY (day, category));
CREATE TABLE warehouse.customer_value (
  customer_key bigint PRIMARY KEY, orders bigint, lifetime_value numeric(14, 2), segment text);
CREATE TABLE warehouse.old_orders (LIKE shop.orders);
CREATE TABLE warehouse.old_items (LIKE shop.order_items);
CREATE TABLE warehouse.archive_rules (
  id integer PRIMARY KEY, source regclass NOT NULL, target regclass NOT NULL,
  filter text NOT NULL);
CREATE TABLE warehouse.runs (
  day date, sales bigint, revenue numeric, finished_at timestamptz);

CREATE VIEW warehouse.best_customers AS
  SELECT c.full_name, c.region, v.orders, v.lifetime_value
  FROM warehouse.customer_value v JOIN warehouse.dim_customer c USING (customer_key)
  WHERE v.segment = 'gold';
CREATE MATERIALIZED VIEW warehouse.category_month AS
  SELECT date_trunc('month', day)::date AS month, category, sum(revenue) AS revenue
  FROM warehouse.daily_revenue GROUP BY 1, 2 WITH NO DATA;

-- Every change of an order's status is kept.
CREATE FUNCTION shop.keep_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO shop.order_history VALUES (NEW.id, OLD.status, NEW.status, now());
  RETURN NULL;
END $$;
CREATE TRIGGER keep_status AFTER UPDATE OF status ON shop.orders
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
  EXECUTE FUNCTION shop.keep_status();

-- The lines sold on a day: a function that returns a table.
CREATE FUNCTION shop.lines_of(day date)
RETURNS TABLE (order_id bigint, line_no integer, customer_id bigint, product_id bigint,
               quantity integer, currency text, net numeric)
LANGUAGE sql STABLE AS $$
  SELECT o.id, i.line_no, o.customer_id, i.product_id, i.quantity, o.currency,
         i.quantity * i.unit_price * (1 - i.discount)
  FROM shop.orders o JOIN shop.order_items i ON i.order_id = o.id
  WHERE o.ordered_at::date = day AND o.status <> 'cancelled' $$;

-- MERGE; the address leaves only as a hash.
CREATE PROCEDURE warehouse.load_customers() LANGUAGE plpgsql AS $$
BEGIN
  MERGE INTO warehouse.dim_customer d
  USING (SELECT id, first_name || ' ' || last_name AS full_name, md5(lower(email)) AS email_hash,
                coalesce(city, country) AS region FROM shop.customers) s
  ON d.customer_id = s.id
  WHEN MATCHED THEN
    UPDATE SET full_name = s.full_name, email_hash = s.email_hash, region = s.region
  WHEN NOT MATCHED THEN
    INSERT (customer_id, full_name, email_hash, region)
    VALUES (s.id, s.full_name, s.email_hash, s.region);
END $$;

-- A temp table filled by a function, changed in place, read again; a rate held in a variable; the
-- day as an argument.
CREATE PROCEDURE warehouse.load_sales(day date) LANGUAGE plpgsql AS $$
DECLARE
  vat numeric;
BEGIN
  CREATE TEMP TABLE staged ON COMMIT DROP AS SELECT * FROM shop.lines_of(day);
  UPDATE staged s SET net = s.net * r.to_euro FROM shop.rates r WHERE r.currency = s.currency;
  SELECT value INTO STRICT vat FROM shop.settings WHERE name = 'vat';
  INSERT INTO warehouse.fact_sales
         (order_id, line_no, sold_on, customer_key, sku, quantity, revenue, margin)
  SELECT s.order_id, s.line_no, day, c.customer_key, p.sku, s.quantity, s.net / (1 + vat),
         s.net / (1 + vat) - s.quantity * p.cost
  FROM staged s
  JOIN shop.products p ON p.id = s.product_id
  JOIN warehouse.dim_customer c ON c.customer_id = s.customer_id
  ON CONFLICT (order_id, line_no) DO UPDATE
    SET quantity = EXCLUDED.quantity, revenue = EXCLUDED.revenue, margin = EXCLUDED.margin;
  UPDATE shop.orders o SET status = 'booked'
  WHERE o.status = 'paid' AND EXISTS (SELECT FROM staged s WHERE s.order_id = o.id);
  DROP TABLE staged;
END $$;

-- A loop over records, a total carried in a variable, a result handed back.
CREATE PROCEDURE warehouse.sum_up(day date, INOUT total numeric) LANGUAGE plpgsql AS $$
DECLARE
  line record;
BEGIN
  total := 0;
  FOR line IN
    SELECT p.category, sum(f.revenue) AS revenue
    FROM warehouse.fact_sales f JOIN shop.products p ON p.sku = f.sku
    WHERE f.sold_on = day GROUP BY p.category ORDER BY p.category
  LOOP
    total := total + line.revenue;
    INSERT INTO warehouse.daily_revenue VALUES (day, line.category, line.revenue, total)
    ON CONFLICT ON CONSTRAINT daily_revenue_pkey
    DO UPDATE SET revenue = EXCLUDED.revenue, running_total = EXCLUDED.running_total;
  END LOOP;
END $$;

-- Who is worth what.
CREATE PROCEDURE warehouse.rate_customers() LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO warehouse.customer_value AS v (customer_key, orders, lifetime_value, segment)
  SELECT customer_key, count(DISTINCT order_id), sum(revenue),
         CASE WHEN sum(revenue) >= 250 THEN 'gold' ELSE 'standard' END
  FROM warehouse.fact_sales GROUP BY customer_key
  ON CONFLICT (customer_key) DO UPDATE SET orders = EXCLUDED.orders,
    lifetime_value = EXCLUDED.lifetime_value, segment = EXCLUDED.segment;
END $$;

-- What is copied where stands in a table: dynamic SQL.
CREATE PROCEDURE warehouse.archive(before date) LANGUAGE plpgsql AS $$
DECLARE
  rule warehouse.archive_rules;
BEGIN
  FOR rule IN SELECT * FROM warehouse.archive_rules ORDER BY id LOOP
    EXECUTE format('INSERT INTO %s SELECT s.* FROM %s s WHERE %s < $1', rule.target, rule.source,
                   rule.filter) USING before;
  END LOOP;
END $$;

-- The night: every day that has orders, then what is made of all days.
CREATE PROCEDURE warehouse.nightly(since date) LANGUAGE plpgsql AS $$
DECLARE
  today date;
  total numeric;
BEGIN
  CALL warehouse.load_customers();
  FOR today IN
    SELECT DISTINCT ordered_at::date FROM shop.orders WHERE ordered_at >= since ORDER BY 1
  LOOP
    CALL warehouse.load_sales(today);
    CALL warehouse.sum_up(today, total);
    INSERT INTO warehouse.runs
    SELECT today, count(*), total, clock_timestamp() FROM warehouse.fact_sales f
    WHERE f.sold_on = today;
  END LOOP;
  CALL warehouse.rate_customers();
  CALL warehouse.archive(since);
  REFRESH MATERIALIZED VIEW warehouse.category_month;
END $$;

-- Data: the same every time.
INSERT INTO shop.customers
  SELECT n, 'person' || n || '@example.org', 'First' || n, 'Last' || n,
         CASE WHEN n % 3 > 0 THEN 'City' || n % 5 END, CASE WHEN n % 2 = 0 THEN 'AT' ELSE 'DE' END,
         '2026-01-01'::timestamptz + n * interval '1 hour'
  FROM generate_series(1, 40) n;
INSERT INTO shop.products
  SELECT n, 'SKU-' || n, 'Product ' || n, (ARRAY['books', 'games', 'tools'])[1 + n % 3], 2 + n
  FROM generate_series(1, 12) n;
INSERT INTO shop.rates VALUES ('EUR', 1), ('CHF', 1.04), ('USD', 0.91);
INSERT INTO shop.settings VALUES ('vat', 0.2);
INSERT INTO shop.orders
  SELECT n, 1 + n % 40, '2026-02-01'::timestamptz + n * interval '53 minutes',
         CASE WHEN n % 11 = 0 THEN 'cancelled' ELSE 'paid' END,
         (ARRAY['EUR', 'CHF', 'USD'])[1 + n % 3]
  FROM generate_series(1, 200) n;
INSERT INTO shop.order_items
  SELECT o, l, 1 + (o + l * 5) % 12, 1 + o % 4, 9.90 + l, CASE WHEN o % 7 = 0 THEN 0.1 ELSE 0 END
  FROM generate_series(1, 200) o, generate_series(1, 3) l;
INSERT INTO warehouse.archive_rules VALUES
  (1, 'shop.orders', 'warehouse.old_orders', 'ordered_at'),
  (2, 'shop.order_items', 'warehouse.old_items',
   '(SELECT o.ordered_at FROM shop.orders o WHERE o.id = s.order_id)');
