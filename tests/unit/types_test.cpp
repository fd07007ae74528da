#include "translate/types.h"

#include <gtest/gtest.h>

namespace shipper {
namespace {

using nlohmann::json;

// A type table with one type per OID, built by hand.
class TypesTest : public testing::Test {
 protected:
  TypeInfo &Add(uint32_t oid, const std::string &name, char kind = 'b', char category = 'U') {
    TypeInfo type;
    type.schema = "pg_catalog";
    type.name = name;
    type.kind = kind;
    type.category = category;
    return types_.types[oid] = type;
  }
  json Map(uint32_t oid, int32_t modifier = -1) { return ColumnType(oid, modifier, types_); }

  TypeTable types_;
};

TEST_F(TypesTest, EachBaseTypeHasItsWord) {
  const std::pair<const char *, const char *> pairs[] = {
      {"int2", "SMALLINT"},     {"int4", "INT"},
      {"int8", "BIGINT"},       {"numeric", "NUMERIC"},
      {"float4", "FLOAT"},      {"float8", "DOUBLE"},
      {"money", "MONEY"},       {"bpchar", "CHAR"},
      {"varchar", "VARCHAR"},   {"text", "TEXT"},
      {"name", "STRING"},       {"bytea", "BYTEA"},
      {"bool", "BOOLEAN"},      {"date", "DATE"},
      {"timetz", "TIME"},       {"timestamptz", "TIMESTAMP"},
      {"interval", "INTERVAL"}, {"uuid", "UUID"},
      {"jsonb", "JSON"},        {"xml", "XML"},
      {"inet", "INET"},         {"cidr", "CIDR"},
      {"macaddr8", "MACADDR"},  {"varbit", "BIT"},
      {"tsvector", "TSVECTOR"}, {"tsquery", "TSQUERY"},
      {"polygon", "GEOMETRY"},  {"tstzrange", "DATETIMERANGE"},
      {"oid", "INT"},           {"pg_lsn", "PG_LSN"}};
  uint32_t oid = 100;
  for (const auto &[name, word] : pairs) {
    Add(++oid, name);
    EXPECT_EQ(Map(oid)["dataType"], word) << name;
    EXPECT_EQ(Map(oid)["dataLength"], 1) << name;
  }
}

TEST_F(TypesTest, DeclaredLengthIsToldAndNoneIsOne) {
  Add(1, "varchar");
  Add(2, "bpchar");
  EXPECT_EQ(Map(1, 24)["dataLength"], 20);
  EXPECT_EQ(Map(2, 11)["dataLength"], 7);
  EXPECT_EQ(Map(1)["dataLength"], 1);
}

TEST_F(TypesTest, PrecisionAndScaleComeTogetherOrNotAtAll) {
  Add(1, "numeric");
  const auto modifier = [](int precision, int scale) {
    return (precision << 16 | (scale & 0x7FF)) + 4;
  };
  EXPECT_EQ(Map(1, modifier(10, 2))["precision"], 10);
  EXPECT_EQ(Map(1, modifier(10, 2))["scale"], 2);
  EXPECT_EQ(Map(1, modifier(10, 0))["scale"], 0);
  EXPECT_EQ(Map(1, modifier(3, -2))["precision"], 3);
  EXPECT_EQ(Map(1, modifier(3, -2))["scale"], -2);
  EXPECT_EQ(Map(1, modifier(1000, 1000))["scale"], 1000);
  EXPECT_FALSE(Map(1).contains("precision"));
  EXPECT_FALSE(Map(1).contains("scale"));
}

TEST_F(TypesTest, ADomainIsItsBaseWithItsOwnModifier) {
  Add(1, "varchar");
  TypeInfo &inner = Add(2, "inner", 'd');
  inner.base = 1;
  inner.base_modifier = 34;
  inner.not_null = true;
  Add(3, "outer", 'd').base = 2;
  EXPECT_EQ(Map(3)["dataType"], "VARCHAR");
  EXPECT_EQ(Map(3)["dataLength"], 30);
  EXPECT_TRUE(TypeIsNotNull(3, types_));
  EXPECT_FALSE(TypeIsNotNull(1, types_));
}

TEST_F(TypesTest, AnArrayTellsItsElement) {
  Add(1, "int4");
  Add(2, "_int4", 'b', 'A').element = 1;
  Add(3, "ints", 'd').base = 2;
  Add(4, "_ints", 'b', 'A').element = 3;
  for (uint32_t oid : {2u, 3u, 4u}) {
    EXPECT_EQ(Map(oid)["dataType"], "ARRAY") << oid;
    EXPECT_EQ(Map(oid)["arrayDataType"], "INT") << oid;
    EXPECT_EQ(Map(oid)["dataLength"], 1) << oid;
  }
}

TEST_F(TypesTest, AnEnumTellsItsLabels) {
  TypeInfo &mood = Add(1, "mood", 'e', 'E');
  mood.schema = "public";
  mood.labels = {"sad", "a \"quoted\" one"};
  EXPECT_EQ(Map(1)["dataType"], "ENUM");
  const json schema = json::parse(Map(1)["jsonSchema"].get<std::string>());
  EXPECT_EQ(schema["enum"], json::array({"sad", "a \"quoted\" one"}));
}

TEST_F(TypesTest, ACompositeIsAStructWithItsFields) {
  Add(1, "text");
  Add(2, "point_of_sale", 'c', 'C').row_type_of = 77;
  Add(3, "_point_of_sale", 'b', 'A').element = 2;
  ColumnInfo field;
  field.name = "st\"reet";
  field.shown = "text";
  field.type = 1;
  types_.fields[77] = {field};
  EXPECT_EQ(Map(2)["dataType"], "STRUCT");
  EXPECT_EQ(Map(2)["children"][0]["name"], "st__reserved__quote__reet");
  EXPECT_EQ(Map(2)["children"][0]["dataTypeDisplay"], "text");
  EXPECT_EQ(Map(3)["dataType"], "ARRAY");
  EXPECT_EQ(Map(3)["arrayDataType"], "STRUCT");
  EXPECT_EQ(Map(3)["children"].size(), 1u);
}

TEST_F(TypesTest, TypesOfExtensionsGoByNameThenByCategory) {
  Add(1, "hstore").schema = "ext";
  Add(2, "citext", 'b', 'S').schema = "public";
  Add(3, "geometry").schema = "postgis";
  Add(4, "isbn13", 'b', 'S').schema = "public";
  Add(5, "vector").schema = "public";
  Add(6, "int4").schema = "public";  // somebody else's
  EXPECT_EQ(Map(1)["dataType"], "MAP");
  EXPECT_EQ(Map(2)["dataType"], "TEXT");
  EXPECT_EQ(Map(3)["dataType"], "GEOMETRY");
  EXPECT_EQ(Map(4)["dataType"], "STRING");
  EXPECT_EQ(Map(5)["dataType"], "UNKNOWN");
  EXPECT_EQ(Map(6)["dataType"], "UNKNOWN");
}

TEST_F(TypesTest, WhatIsNotKnownIsUnknownAndNeverLeftOut) {
  Add(1, "int4range", 'r', 'R');
  EXPECT_EQ(Map(1)["dataType"], "UNKNOWN");
  EXPECT_EQ(Map(999)["dataType"], "UNKNOWN");
  Add(2, "endless", 'd').base = 2;
  EXPECT_EQ(Map(2)["dataType"], "UNKNOWN");
}

}  // namespace
}  // namespace shipper
