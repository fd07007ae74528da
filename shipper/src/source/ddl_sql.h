// The queries for DDL texts: what the entities of a catalog have no field for. Private to catalog.
//
// As in catalog_sql.h: qualified, $1 the OIDs of relations.
#pragma once

namespace shipper::catalog_sql {

// COLLATE and, of foreign tables, OPTIONS of a column `a` of relation `c`.
inline constexpr char kColumnExtra[] =
    "pg_catalog.concat_ws(' ',"
    " (SELECT 'COLLATE ' || pg_catalog.quote_ident(cn.nspname) || '.'"
    "    || pg_catalog.quote_ident(l.collname)"
    "  FROM pg_catalog.pg_collation l"
    "  JOIN pg_catalog.pg_namespace cn ON cn.oid = l.collnamespace"
    "  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
    "  WHERE l.oid = a.attcollation AND a.attcollation <> t.typcollation),"
    " (SELECT 'OPTIONS (' || pg_catalog.string_agg(pg_catalog.quote_ident(x.option_name) || ' '"
    "    || pg_catalog.quote_literal(x.option_value), ', ' ORDER BY x.option_name) || ')'"
    "  FROM pg_catalog.pg_options_to_table(a.attfdwoptions) x))";

// Options of the sequence of an identity column that differ from what the server would take.
inline constexpr char kColumnSequence[] =
    "(SELECT pg_catalog.concat_ws(' ',"
    "   CASE WHEN q.seqincrement <> 1 THEN 'INCREMENT BY ' || q.seqincrement END,"
    "   CASE WHEN q.seqmin <> CASE WHEN q.seqincrement > 0 THEN 1 ELSE"
    "       CASE q.seqtypid WHEN 21 THEN -32768 WHEN 23 THEN -2147483648"
    "       ELSE -9223372036854775808 END END THEN 'MINVALUE ' || q.seqmin END,"
    "   CASE WHEN q.seqmax <> CASE WHEN q.seqincrement < 0 THEN -1 ELSE"
    "       CASE q.seqtypid WHEN 21 THEN 32767 WHEN 23 THEN 2147483647"
    "       ELSE 9223372036854775807 END END THEN 'MAXVALUE ' || q.seqmax END,"
    "   CASE WHEN q.seqstart <> CASE WHEN q.seqincrement > 0 THEN q.seqmin ELSE q.seqmax END"
    "     THEN 'START WITH ' || q.seqstart END,"
    "   CASE WHEN q.seqcache <> 1 THEN 'CACHE ' || q.seqcache END,"
    "   CASE WHEN q.seqcycle THEN 'CYCLE' END)"
    " FROM pg_catalog.pg_depend x JOIN pg_catalog.pg_sequence q ON q.seqrelid = x.objid"
    " WHERE a.attidentity <> '' AND x.refobjid = a.attrelid AND x.refobjsubid = a.attnum"
    " AND x.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
    " AND x.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND x.deptype = 'i')";

// How tables are kept. What an option of a foreign table may have to hide is not told: a program's
// command, and what is named like a credential.
inline constexpr char kShapes[] =
    "SELECT c.oid, c.relpersistence = 'u', CASE WHEN m.amname <> 'heap' THEN"
    "   pg_catalog.quote_ident(m.amname) END, c.reloptions, pg_catalog.quote_ident(s.spcname),"
    " ARRAY(SELECT pg_catalog.quote_ident(pn.nspname) || '.' || pg_catalog.quote_ident(p.relname)"
    "   FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class p ON p.oid = i.inhparent"
    "   JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace"
    "   WHERE i.inhrelid = c.oid ORDER BY i.inhseqno),"
    " pg_catalog.quote_ident(fs.srvname),"
    " ARRAY(SELECT pg_catalog.quote_ident(x.option_name) || ' ' || pg_catalog.quote_literal(CASE"
    "     WHEN x.option_name ~* 'program|command|passw|secret|token|credential|key'"
    "     THEN '***' ELSE x.option_value END)"
    "   FROM pg_catalog.pg_options_to_table(ft.ftoptions) x ORDER BY x.option_name)"
    " FROM pg_catalog.pg_class c"
    " LEFT JOIN pg_catalog.pg_am m ON m.oid = c.relam"
    " LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace"
    " LEFT JOIN pg_catalog.pg_foreign_table ft ON ft.ftrelid = c.oid"
    " LEFT JOIN pg_catalog.pg_foreign_server fs ON fs.oid = ft.ftserver"
    " WHERE c.oid = ANY ($1::oid[])"
    " AND c.relkind IN ('r','p','f') AND NOT c.relispartition";

// What comes after CREATE TABLE, in an order in which it can be run: owner, indexes without a
// constraint, statistics, rules, triggers, row-level security and its policies.
inline constexpr char kAfter[] =
    "WITH told AS (SELECT c.oid, c.relrowsecurity, c.relforcerowsecurity, c.relowner, c.relkind,"
    "   pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS name"
    "   FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    "   WHERE c.oid = ANY ($1::oid[])"
    "   AND c.relkind IN ('r','p','f') AND NOT c.relispartition)"
    " SELECT a.oid, a.text FROM ("
    " SELECT t.oid, 1 AS part, ''::name AS name, 'ALTER ' || CASE WHEN t.relkind = 'f'"
    "   THEN 'FOREIGN ' ELSE '' END || 'TABLE ' || t.name || ' OWNER TO '"
    "   || pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(t.relowner)) AS text FROM told t"
    " UNION ALL SELECT t.oid, 2, ic.relname, pg_catalog.pg_get_indexdef(i.indexrelid) FROM told t"
    "   JOIN pg_catalog.pg_index i ON i.indrelid = t.oid"
    "   JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid"
    "   WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k"
    "     WHERE k.conindid = i.indexrelid AND k.conrelid = t.oid AND k.contype IN ('p','u','x'))"
    " UNION ALL SELECT t.oid, 3, s.stxname, pg_catalog.pg_get_statisticsobjdef(s.oid) FROM told t"
    "   JOIN pg_catalog.pg_statistic_ext s ON s.stxrelid = t.oid"
    " UNION ALL SELECT t.oid, 4, r.rulename,"
    "   pg_catalog.rtrim(pg_catalog.pg_get_ruledef(r.oid), ';')"
    "   FROM told t JOIN pg_catalog.pg_rewrite r ON r.ev_class = t.oid"
    " UNION ALL SELECT t.oid, 5, g.tgname, pg_catalog.pg_get_triggerdef(g.oid) FROM told t"
    "   JOIN pg_catalog.pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal"
    " UNION ALL SELECT t.oid, 6, v.verb::name, 'ALTER TABLE ' || t.name || v.verb FROM told t"
    "   JOIN (VALUES (' ENABLE ROW LEVEL SECURITY', false), (' FORCE ROW LEVEL SECURITY', true))"
    "     v(verb, force) ON CASE WHEN v.force THEN t.relforcerowsecurity ELSE t.relrowsecurity END"
    " UNION ALL SELECT t.oid, 7, p.polname, 'CREATE POLICY ' || pg_catalog.quote_ident(p.polname)"
    "   || ' ON ' || t.name || CASE WHEN p.polpermissive THEN '' ELSE ' AS RESTRICTIVE' END"
    "   || CASE p.polcmd WHEN 'r' THEN ' FOR SELECT' WHEN 'a' THEN ' FOR INSERT'"
    "     WHEN 'w' THEN ' FOR UPDATE' WHEN 'd' THEN ' FOR DELETE' ELSE '' END"
    "   || CASE WHEN p.polroles = '{0}'::oid[] THEN '' ELSE ' TO ' || (SELECT"
    "     pg_catalog.string_agg(CASE WHEN m.role = 0 THEN 'PUBLIC' ELSE"
    "       pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(m.role)) END, ', ' ORDER BY m.role)"
    "     FROM pg_catalog.unnest(p.polroles) m(role)) END"
    "   || COALESCE(' USING (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')', '')"
    "   || COALESCE(' WITH CHECK (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)"
    "     || ')', '')"
    "   FROM told t JOIN pg_catalog.pg_policy p ON p.polrelid = t.oid) a"
    " ORDER BY a.oid, a.part, a.name";

// CREATE AGGREGATE of routine `p`, for which the server has no function.
inline constexpr char kAggregate[] =
    "(SELECT 'CREATE OR REPLACE AGGREGATE ' || pg_catalog.quote_ident(gn.nspname) || '.'"
    " || pg_catalog.quote_ident(p.proname) || '(' || CASE WHEN p.pronargs = 0 THEN '*'"
    "   ELSE pg_catalog.pg_get_function_arguments(p.oid) END || E') (\\n  '"
    " || pg_catalog.concat_ws(E',\\n  ', 'SFUNC = ' || g.aggtransfn::text,"
    "   'STYPE = ' || pg_catalog.format_type(g.aggtranstype, NULL),"
    "   CASE WHEN g.aggtransspace <> 0 THEN 'SSPACE = ' || g.aggtransspace END,"
    "   'FINALFUNC = ' || NULLIF(g.aggfinalfn::oid, 0)::pg_catalog.regproc::text,"
    "   CASE WHEN g.aggfinalextra THEN 'FINALFUNC_EXTRA' END,"
    "   CASE WHEN g.aggfinalfn::oid <> 0 AND g.aggfinalmodify::text <> CASE g.aggkind"
    "     WHEN 'n' THEN 'r' ELSE 'w' END THEN 'FINALFUNC_MODIFY = ' || CASE g.aggfinalmodify"
    "     WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END,"
    "   'COMBINEFUNC = ' || NULLIF(g.aggcombinefn::oid, 0)::pg_catalog.regproc::text,"
    "   'SERIALFUNC = ' || NULLIF(g.aggserialfn::oid, 0)::pg_catalog.regproc::text,"
    "   'DESERIALFUNC = ' || NULLIF(g.aggdeserialfn::oid, 0)::pg_catalog.regproc::text,"
    "   'INITCOND = ' || pg_catalog.quote_literal(g.agginitval),"
    "   'MSFUNC = ' || NULLIF(g.aggmtransfn::oid, 0)::pg_catalog.regproc::text,"
    "   'MINVFUNC = ' || NULLIF(g.aggminvtransfn::oid, 0)::pg_catalog.regproc::text,"
    "   'MSTYPE = ' || pg_catalog.format_type(NULLIF(g.aggmtranstype, 0), NULL),"
    "   CASE WHEN g.aggmtransspace <> 0 THEN 'MSSPACE = ' || g.aggmtransspace END,"
    "   'MFINALFUNC = ' || NULLIF(g.aggmfinalfn::oid, 0)::pg_catalog.regproc::text,"
    "   CASE WHEN g.aggmfinalextra THEN 'MFINALFUNC_EXTRA' END,"
    "   'MINITCOND = ' || pg_catalog.quote_literal(g.aggminitval),"
    "   (SELECT 'SORTOP = OPERATOR(' || pg_catalog.quote_ident(an.nspname) || '.' || o.oprname"
    "      || ')' FROM pg_catalog.pg_operator o"
    "      JOIN pg_catalog.pg_namespace an ON an.oid = o.oprnamespace"
    "      WHERE o.oid = g.aggsortop),"
    "   CASE p.proparallel WHEN 's' THEN 'PARALLEL = SAFE'"
    "     WHEN 'r' THEN 'PARALLEL = RESTRICTED' END,"
    "   CASE WHEN g.aggkind = 'h' THEN 'HYPOTHETICAL' END) || E'\\n)'"
    " FROM pg_catalog.pg_aggregate g"
    " JOIN pg_catalog.pg_namespace gn ON gn.oid = p.pronamespace WHERE g.aggfnoid = p.oid)";

}  // namespace shipper::catalog_sql
