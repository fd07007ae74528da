#include "source/foreign_tables.h"

namespace shipper {
namespace {

// $1 store name or NULL. Options that are not given mean the name here, as postgres_fdw has it; a
// server without dbname goes to a database named after whoever asks, which is no one table.
constexpr char kForeignTables[] =
    "SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname),"
    " s.srvname, so.dbname, COALESCE(o.schema_name, n.nspname),"
    " COALESCE(o.table_name, c.relname),"
    " ARRAY(SELECT COALESCE((SELECT x.option_value"
    "     FROM pg_catalog.pg_options_to_table(a.attfdwoptions) x"
    "     WHERE x.option_name = 'column_name'), a.attname)"
    "   FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0"
    "   AND NOT a.attisdropped ORDER BY a.attnum),"
    " ARRAY(SELECT a.attname FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid"
    "   AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum)"
    " FROM pg_catalog.pg_foreign_table f"
    " JOIN pg_catalog.pg_class c ON c.oid = f.ftrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver"
    " JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw"
    " CROSS JOIN LATERAL (SELECT"
    "   pg_catalog.max(x.option_value) FILTER (WHERE x.option_name = 'schema_name') AS schema_name,"
    "   pg_catalog.max(x.option_value) FILTER (WHERE x.option_name = 'table_name') AS table_name"
    "   FROM pg_catalog.pg_options_to_table(f.ftoptions) x) o"
    " CROSS JOIN LATERAL (SELECT pg_catalog.max(x.option_value) AS dbname"
    "   FROM pg_catalog.pg_options_to_table(s.srvoptions) x WHERE x.option_name = 'dbname') so"
    " WHERE w.fdwname = 'postgres_fdw' AND so.dbname IS NOT NULL"
    " AND ($1::text IS NULL"
    "   OR pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) = $1)"
    " ORDER BY 1";

}  // namespace

std::vector<ForeignTable> ReadForeignTables(PgConnection *pg, const std::string &store_name) {
  const PgResult rows =
      pg->Query(kForeignTables, {store_name.empty() ? PgValue() : PgValue(store_name)});
  std::vector<ForeignTable> out;
  for (int i = 0; i < rows.size(); ++i) {
    ForeignTable table{rows.Text(i, 0), rows.Text(i, 1), rows.Text(i, 2),
                       rows.Text(i, 3), rows.Text(i, 4), {}};
    const std::vector<std::string> far = rows.TextArray(i, 5), here = rows.TextArray(i, 6);
    for (size_t k = 0; k < here.size(); ++k) table.columns.push_back({far[k], here[k]});
    out.push_back(std::move(table));
  }
  return out;
}

}  // namespace shipper
