// CatalogReader: routines. A schema may hold thousands, with bodies of megabytes: they are listed
// without their bodies, and read in portions.
#include "source/catalog.h"
#include "source/catalog_sql.h"

namespace shipper {
namespace {

constexpr size_t kPortionRoutines = 500;
constexpr size_t kPortionBytes = 4 << 20;

uint32_t Oid(const PgResult &rows, int row) { return static_cast<uint32_t>(rows.Int(row, 0)); }

}  // namespace

std::vector<RoutineKey> RoutineKeys(const std::vector<RoutineEntry> &list) {
  std::vector<RoutineKey> keys;
  for (const RoutineEntry &entry : list) keys.push_back(entry.key);
  return keys;
}

std::vector<std::vector<uint32_t>> Portions(const std::vector<RoutineEntry> &list) {
  std::vector<std::vector<uint32_t>> portions;
  size_t bytes = 0;
  for (const RoutineEntry &routine : list) {
    if (portions.empty() || portions.back().size() >= kPortionRoutines ||
        bytes + routine.bytes > kPortionBytes) {
      portions.emplace_back();
      bytes = 0;
    }
    portions.back().push_back(routine.key.oid);
    bytes += routine.bytes;
  }
  return portions;
}

std::vector<RoutineEntry> CatalogReader::Routines(const SchemaInfo &schema,
                                                  const std::optional<std::string> &name) {
  return ListRoutines(pg_, schema.name, name);
}

void CatalogReader::ReadRoutines(SchemaContent *content, const CatalogScope &scope) {
  const PgResult rows =
      pg_->Query(Adapt(catalog_sql::kRoutines),
                 {PgOidArray(scope.routines), std::to_string(content->schema.oid)});
  for (int i = 0; i < rows.size(); ++i) {
    RoutineInfo routine;
    routine.oid = Oid(rows, i);
    routine.name = rows.Text(i, 1);
    routine.kind = rows.Text(i, 2).front();
    routine.language = rows.Text(i, 3);
    routine.types = rows.Text(i, 4);
    routine.arguments = rows.Text(i, 5);
    routine.result = rows.Text(i, 6);
    routine.owner = rows.Text(i, 7);
    routine.comment = rows.Text(i, 8);
    routine.code = rows.Text(i, 9);
    content->routines.push_back(std::move(routine));
  }
}

std::vector<RoutineEntry> ListRoutines(PgConnection *pg, const std::string &schema,
                                       const std::optional<std::string> &name) {
  const PgResult rows = pg->Query(catalog_sql::kRoutineNames, {schema, name});
  std::vector<RoutineEntry> list;
  for (int i = 0; i < rows.size(); ++i)
    list.push_back(
        {{Oid(rows, i), rows.Text(i, 1), rows.Text(i, 2)}, static_cast<size_t>(rows.Int(i, 3))});
  return list;
}

}  // namespace shipper
