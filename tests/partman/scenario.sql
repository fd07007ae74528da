-- pg_partman at work on ids, so that nothing depends on the clock.
CREATE SCHEMA partman;
CREATE EXTENSION pg_partman SCHEMA partman;
CREATE SCHEMA app;

-- A native set with a default partition that already holds rows.
CREATE TABLE app.orders (id bigint NOT NULL, customer text, amount numeric) PARTITION BY RANGE (id);
CREATE INDEX orders_id ON app.orders (id);
SELECT partman.create_parent('app.orders', 'id', 'native', '10', p_premake := 2,
                             p_start_partition := '0');
INSERT INTO app.orders SELECT i, 'customer ' || i % 3, i * 1.5 FROM generate_series(1, 75) i;
SELECT count(*) AS in_default FROM app.orders_default;

-- Maintenance makes the next partitions, as far as the default allows.
SELECT partman.check_default();
CALL partman.partition_data_proc('app.orders', p_wait := 0);
SELECT count(*) AS in_default FROM app.orders_default;
SELECT partman.run_maintenance('app.orders');
INSERT INTO app.orders SELECT i, 'late', i FROM generate_series(76, 88) i;
CALL partman.run_maintenance_proc();
SELECT tableoid::regclass AS part, count(*), min(id), max(id), sum(amount)
FROM app.orders GROUP BY 1 ORDER BY 2, 3, 4;

-- A set that is filled from an old table, batch by batch.
CREATE TABLE app.events_old (id bigint NOT NULL, body text);
INSERT INTO app.events_old SELECT i, md5(i::text) FROM generate_series(0, 29) i;
CREATE TABLE app.events (id bigint NOT NULL, body text) PARTITION BY RANGE (id);
SELECT partman.create_parent('app.events', 'id', 'native', '10', p_premake := 1,
                             p_start_partition := '0');
CALL partman.partition_data_proc('app.events', p_interval := '5', p_wait := 0,
                                 p_source_table := 'app.events_old');
SELECT tableoid::regclass AS part, count(*), min(body) FROM app.events GROUP BY 1 ORDER BY 3;

-- Retention drops what is too old.
UPDATE partman.part_config SET retention = '40', retention_keep_table = false
WHERE parent_table = 'app.orders';
SELECT partman.run_maintenance('app.orders');
SELECT * FROM partman.show_partitions('app.orders');

-- And back into one table.
CREATE TABLE app.events_flat (id bigint NOT NULL, body text);
CALL partman.undo_partition_proc('app.events', p_wait := 0, p_target_table := 'app.events_flat',
                                 p_keep_table := false);
SELECT count(*), sum(id), min(body), max(body) FROM app.events_flat;

-- What is left.
SELECT parent_table, control, partition_interval, premake, retention, automatic_maintenance
FROM partman.part_config ORDER BY 1;
SELECT oid::regclass AS left_over, relkind FROM pg_class
WHERE relnamespace = 'app'::regnamespace ORDER BY relname COLLATE "C";
SELECT customer, count(*), sum(id), sum(amount) FROM app.orders GROUP BY 1 ORDER BY 1;
