// What PostgreSQL's catalogs say, as plain values: filled by catalog.h, read by translate/.
//
// Names are raw (not quoted). Nothing here owns a connection; everything may be copied and moved
// between threads. Types are kept once per schema, by OID, because columns share them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace shipper {

struct DatabaseInfo {
  std::string name;
  std::string owner;
  std::string comment;
};

struct SchemaInfo {
  uint32_t oid = 0;
  std::string name;
  std::string owner;
  std::string comment;
};

// A row of pg_type, with what a column of it needs.
struct TypeInfo {
  std::string schema;
  std::string name;
  char kind = 'b';                  // typtype: b c d e r m p
  char category = 'U';              // typcategory
  uint32_t element = 0;             // of a true array (not of point, name …)
  uint32_t base = 0;                // of a domain
  int32_t base_modifier = -1;       // typtypmod of a domain
  bool not_null = false;            // of a domain
  uint32_t row_type_of = 0;         // relation of a composite type
  std::vector<std::string> labels;  // of an enum, in order
};

struct ColumnInfo {
  int number = 0;
  std::string name;
  std::string quoted_name;  // as quote_ident writes it
  std::string shown;        // format_type
  uint32_t type = 0;
  int32_t modifier = -1;
  bool not_null = false;
  char identity = 0;       // a, d or 0
  char generated = 0;      // s, v or 0
  std::string expression;  // default or generation expression
  std::string extra;       // for DDL: COLLATE, and OPTIONS of a foreign column
  std::string sequence;    // for DDL: options of the identity's sequence that are not the default
  std::string comment;
};

// A primary key, unique constraint or foreign key.
struct KeyInfo {
  char kind = 'p';  // p u f
  std::string name;
  std::vector<std::string> columns;
  std::string referred_schema;  // f only, from here on
  std::string referred_table;
  std::vector<std::string> referred_columns;
  bool referred_first_unique = false;  // the first referred column is a key of its own
};

// How a table is kept and where: what CREATE TABLE says besides columns and keys.
struct TableShape {
  bool unlogged = false;
  std::string access_method;         // where it is not heap
  std::vector<std::string> storage;  // reloptions, "fillfactor=70"
  std::string tablespace;            // quoted; "" is that of the database
  std::vector<std::string> parents;  // of inheritance, quoted
  std::string server;                // of a foreign table, quoted
  std::vector<std::string> options;  // of a foreign table, "name 'value'"
};

struct RelationInfo {
  uint32_t oid = 0;
  std::string schema;
  std::string name;
  std::string quoted_name;  // schema.name as quote_ident writes it
  char kind = 'r';          // r p f v m
  std::string owner;
  std::string comment;
  char partition_strategy = 0;                 // r l h or 0
  std::vector<std::string> partition_columns;  // those in expressions too
  std::string partition_key;                   // pg_get_partkeydef
  std::vector<std::string> partition_plain;    // columns that are a key part as they are
  std::string definition;                      // of a view: its query
  std::vector<std::string> policies;           // row-level security
  std::vector<std::string> checks;  // definitions of CHECK and EXCLUDE, and of keys: for DDL
  TableShape shape;                 // for DDL, like `after`
  std::vector<std::string> after;   // statements behind CREATE TABLE: indexes, triggers, policies
  std::vector<ColumnInfo> columns;
  std::vector<KeyInfo> keys;
};

struct RoutineInfo {
  uint32_t oid = 0;
  std::string name;
  char kind = 'f';  // prokind: f p a w
  std::string language;
  std::string types;      // input arguments, "integer, text"
  std::string arguments;  // as declared, with names, modes and defaults
  std::string result;
  std::string owner;
  std::string comment;
  std::string code;
};

// The types of a schema's columns, closed over elements, bases and fields.
struct TypeTable {
  std::map<uint32_t, TypeInfo> types;
  std::map<uint32_t, std::vector<ColumnInfo>> fields;  // by TypeInfo::row_type_of

  const TypeInfo *Find(uint32_t oid) const {
    const auto found = types.find(oid);
    return found == types.end() ? nullptr : &found->second;
  }
};

struct SchemaContent {
  SchemaInfo schema;
  TypeTable types;
  std::vector<RelationInfo> relations;  // tables before views, each by name
  std::vector<RoutineInfo> routines;    // by name and OID
};

}  // namespace shipper
