\set ECHO none
-- The start of a theme about edges: its own schema :schema, two sources, and :show LIKE-PATTERN,
-- which lists the edges whose target matches.
\ir begin.sql
CREATE VIEW shown AS
SELECT concat_ws(' ', replace(target_table, s.schema || '.', '') || '.' ||
                   coalesce(target_column, '*'),
                 '<-', replace(source_table, s.schema || '.', '') || '.' || source_column, subtype,
                 CASE WHEN masking THEN 'masking' END, operation,
                 CASE WHEN origin = 'declared' THEN origin END,
                 replace(routine, s.schema || '.', '')) AS line
FROM (VALUES (:'schema')) s(schema), lineage.column_lineage
WHERE (target_table LIKE s.schema || '.%' OR source_table LIKE s.schema || '.%')
  AND target_table <> s.schema || '.shown';
\set show 'SELECT line FROM shown WHERE line LIKE '
CREATE TABLE s (id int, a int, b text, c numeric, d date, j jsonb, arr int[]);
CREATE TABLE s2 (id int, x int, y text, z numeric);
INSERT INTO s VALUES (1, 2, 'x', 3, '2024-01-01', '{"k": "v"}', '{1,2}'), (2, 3, 'y', 4,
  '2024-01-02', '{}', '{3}');
INSERT INTO s2 VALUES (1, 5, 'q', 1), (2, 6, 'r', 2);
\set ECHO all
