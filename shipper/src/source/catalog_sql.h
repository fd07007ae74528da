// The queries of the catalog reader. Private to catalog.cpp.
//
// Everything is qualified by pg_catalog or is a built-in operator under search_path pg_catalog.
// Of relations the queries take $1: their OIDs, which lets the server go by index whatever else
// there is. `{…}` is filled by version.
#pragma once

namespace shipper::catalog_sql {

inline constexpr char kDatabases[] =
    "SELECT d.datname, pg_catalog.pg_get_userbyid(d.datdba),"
    " pg_catalog.shobj_description(d.oid, 'pg_database')"
    " FROM pg_catalog.pg_database d"
    " WHERE d.datallowconn AND NOT d.datistemplate"
    " AND ($1::name IS NULL OR d.datname = $1)"
    " AND pg_catalog.has_database_privilege(d.oid, 'CONNECT') ORDER BY 1";

inline constexpr char kSchemas[] =
    "SELECT n.oid, n.nspname, pg_catalog.pg_get_userbyid(n.nspowner),"
    " pg_catalog.obj_description(n.oid, 'pg_namespace')"
    " FROM pg_catalog.pg_namespace n"
    " WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
    " AND n.nspname !~ '^pg_(temp|toast_temp)_[0-9]+$'"
    " AND ($1::name IS NULL OR n.nspname = $1)"
    " AND NOT EXISTS (SELECT FROM pg_catalog.pg_extension e"
    "   WHERE e.extnamespace = n.oid AND e.extname = 'pg_lineage')"
    " AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x"
    "   WHERE x.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND x.objid = n.oid"
    "   AND x.deptype = 'e')"
    " ORDER BY 2";

// $1 schemas, $2 relations, by pairs: of each the root of the partition tree that it is in, and,
// last, the number of the pair.
inline constexpr char kResolve[] =
    "WITH RECURSIVE up(nr, oid, level) AS ("
    " SELECT w.nr, c.oid, 0 FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.name[]),"
    " pg_catalog.unnest($2::pg_catalog.name[])) WITH ORDINALITY w(schema, name, nr)"
    " JOIN pg_catalog.pg_namespace n ON n.nspname = w.schema"
    " JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name"
    " WHERE c.relkind IN ('r','p','v','m','f') AND c.relpersistence <> 't'"
    " UNION ALL SELECT up.nr, i.inhparent, up.level + 1 FROM up"
    " JOIN pg_catalog.pg_class c ON c.oid = up.oid AND c.relispartition"
    " JOIN pg_catalog.pg_inherits i ON i.inhrelid = up.oid)"
    " SELECT DISTINCT ON (up.nr) n.oid, n.nspname, pg_catalog.pg_get_userbyid(n.nspowner),"
    " pg_catalog.obj_description(n.oid, 'pg_namespace'), c.oid, c.relname, c.relkind, c.relnatts,"
    " up.nr FROM up JOIN pg_catalog.pg_class c ON c.oid = up.oid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " ORDER BY up.nr, up.level DESC";

// $1: OID of a namespace. The relations of it that are told, tables before views.
inline constexpr char kMembers[] =
    "SELECT c.oid, c.relname, c.relkind, c.relnatts FROM pg_catalog.pg_class c"
    " WHERE c.relnamespace = $1 AND c.relkind IN ('r','p','v','m','f')"
    " AND c.relpersistence <> 't' AND NOT c.relispartition"
    " AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x"
    "   WHERE x.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND x.objid = c.oid"
    "   AND x.deptype = 'e')"
    " ORDER BY c.relkind IN ('v','m'), c.relname";

// $1: a system catalog; $2: OID of something that it has.
inline constexpr char kIdentity[] =
    "SELECT coalesce(i.identity, '') FROM pg_catalog.pg_identify_object("
    " ('pg_catalog.' || $1)::pg_catalog.regclass, $2::pg_catalog.oid, 0) AS i";

// $1: OIDs of namespaces; $2 relations, $3 routines: whether they count.
inline constexpr char kCount[] =
    "SELECT CASE WHEN $2::bool THEN (SELECT pg_catalog.count(*) FROM pg_catalog.pg_class c"
    "   WHERE c.relnamespace = ANY ($1::oid[]) AND c.relkind IN ('r','p','v','m','f')"
    "   AND c.relpersistence <> 't' AND NOT c.relispartition"
    "   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x"
    "     WHERE x.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND x.objid = c.oid"
    "     AND x.deptype = 'e')) ELSE 0 END"
    " + CASE WHEN $3::bool THEN (SELECT pg_catalog.count(*) FROM pg_catalog.pg_proc p"
    "   WHERE p.pronamespace = ANY ($1::oid[])"
    "   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x"
    "     WHERE x.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND x.objid = p.oid"
    "     AND x.deptype IN ('e','i'))) ELSE 0 END";

// $2: OID of the namespace in which they still are. What is not told any more is left out here and
// so, too, what the other queries say of it.
inline constexpr char kRelations[] =
    "SELECT c.oid, c.relname,"
    " pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname), c.relkind,"
    " pg_catalog.pg_get_userbyid(c.relowner), pg_catalog.obj_description(c.oid, 'pg_class'),"
    " pt.partstrat,"
    " CASE WHEN pt.partrelid IS NOT NULL THEN ARRAY(SELECT a.attname"
    "   FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0"
    "   AND (a.attnum = ANY (pt.partattrs::int2[]) OR EXISTS (SELECT FROM pg_catalog.pg_depend x"
    "     WHERE x.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND x.objid = c.oid"
    "     AND x.objsubid = a.attnum"
    "     AND x.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass"
    "     AND x.refobjid = c.oid AND x.refobjsubid = 0 AND x.deptype = 'i'))"
    "   ORDER BY pg_catalog.array_position(pt.partattrs::int2[], a.attnum), a.attnum) END,"
    " CASE WHEN pt.partrelid IS NOT NULL THEN pg_catalog.pg_get_partkeydef(c.oid) END,"
    " CASE WHEN pt.partrelid IS NOT NULL THEN ARRAY(SELECT a.attname"
    "   FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid"
    "   AND a.attnum = ANY (pt.partattrs::int2[]) ORDER BY a.attnum) END"
    " FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " LEFT JOIN pg_catalog.pg_partitioned_table pt ON pt.partrelid = c.oid"
    " WHERE c.oid = ANY ($1::oid[]) AND c.relnamespace = $2 AND NOT c.relispartition"
    " AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x"
    "   WHERE x.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND x.objid = c.oid"
    "   AND x.deptype = 'e')"
    " ORDER BY c.relkind IN ('v','m'), c.relname";

// $1: OIDs of views.
inline constexpr char kDefinitions[] =
    "SELECT v.oid, pg_catalog.pg_get_viewdef(v.oid, true)"
    " FROM pg_catalog.unnest($1::oid[]) v(oid)";

inline constexpr char kColumns[] =
    "SELECT a.attrelid, a.attnum, a.attname, pg_catalog.quote_ident(a.attname),"
    " pg_catalog.format_type(a.atttypid, a.atttypmod), a.atttypid, a.atttypmod, a.attnotnull,"
    " a.attidentity, {attgenerated}, {default},"
    " t.description, {extra}, {sequence}"
    " FROM pg_catalog.pg_attribute a"
    " LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
    " LEFT JOIN pg_catalog.pg_description t"
    " ON t.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass"
    " AND t.objoid = a.attrelid AND t.objsubid = a.attnum"
    " WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped"
    " ORDER BY a.attrelid, a.attnum";

// $1: OIDs of types. typelem counts for true arrays only, not for point, name and their like.
inline constexpr char kTypes[] =
    "SELECT t.oid, n.nspname, t.typname, t.typtype, t.typcategory,"
    " CASE WHEN e.typarray = t.oid THEN e.oid ELSE 0 END, t.typbasetype, t.typtypmod,"
    " t.typnotnull, t.typrelid,"
    " CASE WHEN t.typtype = 'e' THEN ARRAY(SELECT l.enumlabel FROM pg_catalog.pg_enum l"
    "   WHERE l.enumtypid = t.oid ORDER BY l.enumsortorder) END"
    " FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace"
    " LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem"
    " WHERE t.oid = ANY ($1::oid[])";

// $1: OIDs of the relations of composite types.
inline constexpr char kFields[] =
    "SELECT a.attrelid, a.attnum, a.attname, pg_catalog.quote_ident(a.attname),"
    " pg_catalog.format_type(a.atttypid, a.atttypmod), a.atttypid, a.atttypmod, a.attnotnull,"
    " '', '', NULL, pg_catalog.col_description(a.attrelid, a.attnum), NULL, NULL"
    " FROM pg_catalog.pg_attribute a"
    " WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped"
    " ORDER BY a.attrelid, a.attnum";

// Keys by attribute number. One row of a foreign key per partition of its table is left out, and so
// is a key to a partition, which is no table of the catalog.
inline constexpr char kKeys[] =
    "SELECT con.conrelid, con.contype, con.conname,"
    " ARRAY(SELECT a.attname FROM pg_catalog.unnest(con.conkey) WITH ORDINALITY k(n, o)"
    "   JOIN pg_catalog.pg_attribute a ON a.attrelid = con.conrelid AND a.attnum = k.n"
    "   ORDER BY k.o),"
    " rn.nspname, rc.relname,"
    " ARRAY(SELECT a.attname FROM pg_catalog.unnest(con.confkey) WITH ORDINALITY k(n, o)"
    "   JOIN pg_catalog.pg_attribute a ON a.attrelid = con.confrelid AND a.attnum = k.n"
    "   ORDER BY k.o),"
    " EXISTS (SELECT FROM pg_catalog.pg_constraint u WHERE u.conrelid = con.confrelid"
    "   AND u.contype IN ('p','u') AND u.conkey = con.confkey[1:1])"
    " FROM pg_catalog.pg_constraint con"
    " LEFT JOIN pg_catalog.pg_class rc ON rc.oid = con.confrelid"
    " LEFT JOIN pg_catalog.pg_namespace rn ON rn.oid = rc.relnamespace"
    " WHERE con.conrelid = ANY ($1::oid[])"
    " AND con.contype IN ('p','u','f') AND con.conparentid = 0"
    " AND NOT COALESCE(rc.relispartition, false)"
    " ORDER BY con.conrelid, con.contype, con.conname";

inline constexpr char kPolicies[] =
    "SELECT p.polrelid, p.polname FROM pg_catalog.pg_policy p"
    " WHERE p.polrelid = ANY ($1::oid[])"
    " ORDER BY p.polrelid, p.polname";

// Keys and checks as text.
inline constexpr char kChecks[] =
    "SELECT con.conrelid, 'CONSTRAINT ' || pg_catalog.quote_ident(con.conname) || ' '"
    "   || pg_catalog.pg_get_constraintdef(con.oid)"
    " FROM pg_catalog.pg_constraint con WHERE con.conrelid = ANY ($1::oid[])"
    " AND con.contype IN ('p','u','f','c','x') AND con.conparentid = 0"
    " ORDER BY con.conrelid, con.contype, con.conname";

// $1: OIDs of routines; $2: OID of the namespace in which they still are. Members of extensions and
// what the server made for a range type (deptype i) are left out.
inline constexpr char kRoutines[] =
    "SELECT p.oid, p.proname, p.prokind, l.lanname,"
    " (SELECT pg_catalog.string_agg(pg_catalog.format_type(t.oid, NULL), ', ' ORDER BY t.o)"
    "   FROM pg_catalog.unnest(p.proargtypes) WITH ORDINALITY t(oid, o)),"
    " pg_catalog.pg_get_function_arguments(p.oid), pg_catalog.pg_get_function_result(p.oid),"
    " pg_catalog.pg_get_userbyid(p.proowner), pg_catalog.obj_description(p.oid, 'pg_proc'),"
    " {code}"
    " FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang"
    " WHERE p.oid = ANY ($1::oid[]) AND p.pronamespace = $2"
    " AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x"
    "   WHERE x.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND x.objid = p.oid"
    "   AND x.deptype IN ('e','i'))"
    " ORDER BY p.proname, p.oid";

// $1 schema, $2 name or NULL: what the rule for names needs, and the length of the body, of the
// same routines as above.
inline constexpr char kRoutineNames[] =
    "SELECT p.oid, p.proname,"
    " (SELECT pg_catalog.string_agg(pg_catalog.format_type(t.oid, NULL), ', ' ORDER BY t.o)"
    "   FROM pg_catalog.unnest(p.proargtypes) WITH ORDINALITY t(oid, o)),"
    " pg_catalog.octet_length(p.prosrc)"
    " FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace"
    " WHERE n.nspname = $1 AND ($2::name IS NULL OR p.proname = $2)"
    " AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x"
    "   WHERE x.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND x.objid = p.oid"
    "   AND x.deptype IN ('e','i'))"
    " ORDER BY p.proname, p.oid";

}  // namespace shipper::catalog_sql
