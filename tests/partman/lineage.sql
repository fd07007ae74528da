-- One line per fact, ended or not, about the user's tables: edge, kind, then who wrote it.
SELECT DISTINCT format('%s.%s -> %s.%s %s %s | %s', source_table, source_column, target_table,
              target_column, type, subtype,
              (SELECT string_agg(split_part(f, '(', 1), ' > ' ORDER BY o)
               FROM unnest(call_path) WITH ORDINALITY u (f, o))) COLLATE "C" AS line
FROM lineage.column_lineage_history  -- it drops some of what it moved
WHERE target_table LIKE 'app.%' AND type = 'DIRECT'
ORDER BY line;
