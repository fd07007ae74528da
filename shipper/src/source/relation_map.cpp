#include "source/relation_map.h"

namespace shipper {
namespace {

constexpr std::chrono::seconds kKeep{1};

// $1 schema, $2 name, or both NULL: each relation and the root above it.
constexpr char kRoots[] =
    "WITH RECURSIVE up(leaf, oid) AS ("
    " SELECT c.oid, c.oid FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE ($1::name IS NULL OR n.nspname = $1) AND ($2::name IS NULL OR c.relname = $2)"
    " AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
    " AND c.relkind IN ('r','p','v','m','f') AND c.relpersistence <> 't'"
    " UNION ALL SELECT up.leaf, i.inhparent FROM up"
    " JOIN pg_catalog.pg_class c ON c.oid = up.oid AND c.relispartition"
    " JOIN pg_catalog.pg_inherits i ON i.inhrelid = up.oid)"
    " SELECT ln.nspname, l.relname, r.oid, rn.nspname, r.relname,"
    " pg_catalog.quote_ident(rn.nspname) || '.' || pg_catalog.quote_ident(r.relname), r.relkind,"
    " NOT EXISTS (SELECT FROM pg_catalog.pg_depend x"
    "   WHERE x.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND x.objid = r.oid"
    "   AND x.deptype = 'e')"
    " FROM up JOIN pg_catalog.pg_class r ON r.oid = up.oid AND NOT r.relispartition"
    " JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace"
    " JOIN pg_catalog.pg_class l ON l.oid = up.leaf"
    " JOIN pg_catalog.pg_namespace ln ON ln.oid = l.relnamespace";

constexpr char kFamily[] =
    "WITH RECURSIVE down(oid) AS (SELECT $1::oid"
    " UNION ALL SELECT i.inhrelid FROM down JOIN pg_catalog.pg_inherits i ON i.inhparent = down.oid"
    " JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relispartition)"
    " SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname)"
    " FROM down JOIN pg_catalog.pg_class c ON c.oid = down.oid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace";

constexpr char kColumns[] =
    "SELECT a.attname FROM pg_catalog.pg_attribute a"
    " WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped";

}  // namespace

void RelationMap::Read(PgConnection *pg, const RelationName *only) {
  PgValue schema, name;
  if (only != nullptr) {
    schema = only->schema;
    name = only->name;
  }
  const PgResult rows = pg->Query(kRoots, {schema, name});
  const Clock::time_point until = Clock::now() + kKeep;
  for (int i = 0; i < rows.size(); ++i) {
    RootRelation root;
    root.oid = static_cast<uint32_t>(rows.Int(i, 2));
    root.name = {rows.Text(i, 3), rows.Text(i, 4)};
    root.store_name = rows.Text(i, 5);
    root.kind = rows.Text(i, 6)[0];
    root.told = rows.Bool(i, 7);
    known_[{rows.Text(i, 0), rows.Text(i, 1)}] = {std::move(root), until};
  }
}

void RelationMap::Load(PgConnection *pg) {
  known_.clear();
  Read(pg, nullptr);
}

void RelationMap::Forget(const std::string &store_name) {
  const std::optional<RelationName> name = ParseStoreName(store_name);
  if (name) known_.erase(*name);
}

std::optional<RootRelation> RelationMap::Find(PgConnection *pg, const std::string &store_name) {
  const std::optional<RelationName> name = ParseStoreName(store_name);
  if (!name) return std::nullopt;
  const auto known = known_.find(*name);
  if (known != known_.end() && known->second.until > Clock::now()) return known->second.root;
  if (known != known_.end()) known_.erase(known);
  Read(pg, &*name);
  const auto found = known_.find(*name);
  if (found == known_.end()) return std::nullopt;
  return found->second.root;
}

std::vector<std::string> RelationMap::Family(PgConnection *pg, const RootRelation &root) {
  if (root.kind != 'p') return {root.store_name};
  const PgResult rows = pg->Query(kFamily, {std::to_string(root.oid)});
  std::vector<std::string> out;
  for (int i = 0; i < rows.size(); ++i) out.push_back(rows.Text(i, 0));
  return out;
}

std::set<std::string> RelationMap::Columns(PgConnection *pg, const RootRelation &root) {
  const PgResult rows = pg->Query(kColumns, {std::to_string(root.oid)});
  std::set<std::string> out;
  for (int i = 0; i < rows.size(); ++i) out.insert(rows.Text(i, 0));
  return out;
}

}  // namespace shipper
