#include "source/presence.h"

#include <map>
#include <vector>

#include "translate/names.h"

namespace shipper {
namespace {

// $1 schema or NULL, here and below; $2 name or NULL.
constexpr char kSchemas[] =
    "SELECT n.nspname FROM pg_catalog.pg_namespace n WHERE ($1::name IS NULL OR n.nspname = $1)";

constexpr char kRelations[] =
    "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE ($1::name IS NULL OR n.nspname = $1) AND ($2::name IS NULL OR c.relname = $2)"
    " AND c.relkind IN ('r','p','v','m','f') AND NOT c.relispartition";

constexpr char kRoutines[] =
    "SELECT n.nspname, p.oid, p.proname,"
    " (SELECT pg_catalog.string_agg(pg_catalog.format_type(t.oid, NULL), ', ' ORDER BY t.o)"
    "   FROM pg_catalog.unnest(p.proargtypes) WITH ORDINALITY t(oid, o))"
    " FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace"
    " WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')"
    " AND ($1::name IS NULL OR n.nspname = $1) AND ($2::name IS NULL OR p.proname = $2)"
    " AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x"
    "   WHERE x.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND x.objid = p.oid"
    "   AND x.deptype IN ('e','i'))";

PgValue Value(const std::optional<std::string> &text) { return text ? PgValue(*text) : PgValue(); }

}  // namespace

Presence::Presence(PgConnection *pg, const Place &place, const RoutineBook *book,
                   const Scope &scope) {
  const PgValue schema = Value(scope.schema), name = Value(scope.name);
  const PgResult schemas = pg->Query(kSchemas, {schema});
  for (int i = 0; i < schemas.size(); ++i) {
    Add("databaseSchema", place.SchemaFqn(schemas.Text(i, 0)));
  }
  pg->Each(kRelations, {schema, name}, [&](const PgResult &rows, int row) {
    Add("table", place.TableFqn(rows.Text(row, 0), rows.Text(row, 1)));
  });
  std::map<std::string, std::vector<RoutineKey>> by_schema;
  const PgResult routines = pg->Query(kRoutines, {schema, name});
  for (int i = 0; i < routines.size(); ++i) {
    by_schema[routines.Text(i, 0)].push_back(
        {static_cast<uint32_t>(routines.Int(i, 1)), routines.Text(i, 2), routines.Text(i, 3)});
  }
  for (const auto &[in, keys] : by_schema) {
    const std::string schema_fqn = place.SchemaFqn(in);
    for (const auto &[signature, raw] : AssignRoutineNames(keys, schema_fqn, book)) {
      Add("storedProcedure", AppendFqn(schema_fqn, raw));
    }
  }
}

std::set<std::string> AllDatabases(PgConnection *pg) {
  const PgResult rows = pg->Query("SELECT datname FROM pg_catalog.pg_database");
  std::set<std::string> names;
  for (int i = 0; i < rows.size(); ++i) names.insert(rows.Text(i, 0));
  return names;
}

}  // namespace shipper
