#include "translate/entities.h"

#include <gtest/gtest.h>

namespace shipper {
namespace {

using nlohmann::json;

const Place kPlace{"svc", "db"};

// A table of integers (type 23) with a few keys.
class EntitiesTest : public testing::Test {
 protected:
  EntitiesTest() {
    TypeInfo integer;
    integer.schema = "pg_catalog";
    integer.name = "int4";
    types_.types[23] = integer;
    TypeInfo money = integer;
    money.name = "money";
    types_.types[790] = money;
    relation_.schema = "public";
    relation_.name = "t";
    relation_.quoted_name = "public.t";
    AddColumn("a");
    AddColumn("b");
  }
  ColumnInfo &AddColumn(const std::string &name, uint32_t type = 23) {
    ColumnInfo column;
    column.name = column.quoted_name = name;
    column.shown = "integer";
    column.type = type;
    relation_.columns.push_back(column);
    return relation_.columns.back();
  }
  KeyInfo &AddKey(char kind, std::vector<std::string> columns) {
    KeyInfo key;
    key.kind = kind;
    key.columns = std::move(columns);
    if (kind == 'f') {
      key.referred_schema = "odd.schema";
      key.referred_table = "other";
      for (size_t i = 0; i < key.columns.size(); ++i) key.referred_columns.push_back("id");
    }
    relation_.keys.push_back(key);
    return relation_.keys.back();
  }
  Entity Table(const EntityOptions &options = {}) {
    return TableEntity(kPlace, relation_, types_, options);
  }

  RelationInfo relation_;
  TypeTable types_;
};

TEST_F(EntitiesTest, ATableCarriesWhatTheCreateRequestDemands) {
  relation_.comment = "things";
  const Entity table = Table();
  EXPECT_EQ(table.type, "table");
  EXPECT_EQ(table.fqn, "svc.db.public.t");
  EXPECT_EQ(table.path, "/v1/tables");
  EXPECT_EQ(table.body["databaseSchema"], "svc.db.public");
  EXPECT_EQ(table.body["tableType"], "Regular");
  EXPECT_EQ(table.body["description"], "things");
  EXPECT_EQ(table.body["columns"][1]["ordinalPosition"], 2);
  EXPECT_EQ(table.body["columns"][1]["dataTypeDisplay"], "integer");
}

TEST_F(EntitiesTest, EveryKindOfRelationHasItsType) {
  const std::pair<char, const char *> kinds[] = {{'r', "Regular"},
                                                 {'p', "Partitioned"},
                                                 {'f', "Foreign"},
                                                 {'v', "View"},
                                                 {'m', "MaterializedView"}};
  for (const auto &[kind, type] : kinds) {
    relation_.kind = kind;
    EXPECT_EQ(Table().body["tableType"], type);
  }
}

TEST_F(EntitiesTest, ASingleKeyIsToldAtTheColumnAndNotAgain) {
  AddKey('p', {"a"});
  AddKey('u', {"b"});
  const json body = Table().body;
  EXPECT_EQ(body["columns"][0]["constraint"], "PRIMARY_KEY");
  EXPECT_EQ(body["columns"][1]["constraint"], "UNIQUE");
  EXPECT_FALSE(body.contains("tableConstraints"));
}

TEST_F(EntitiesTest, AKeyOfSeveralColumnsIsToldAtTheTable) {
  AddColumn("c").not_null = true;
  AddKey('p', {"a", "b"});
  AddKey('u', {"b", "c"});
  const json body = Table().body;
  EXPECT_FALSE(body["columns"][0].contains("constraint"));
  EXPECT_EQ(body["columns"][2]["constraint"], "NOT_NULL");
  EXPECT_EQ(body["tableConstraints"][0],
            json::parse(R"({"constraintType":"PRIMARY_KEY","columns":["a","b"]})"));
  EXPECT_EQ(body["tableConstraints"][1]["constraintType"], "UNIQUE");
}

TEST_F(EntitiesTest, AForeignKeyNamesColumnsByFqnAndItsMultiplicity) {
  AddKey('f', {"a"}).referred_first_unique = true;
  json constraint = Table().body["tableConstraints"][0];
  EXPECT_EQ(constraint["referredColumns"][0], "svc.db.\"odd.schema\".other.id");
  EXPECT_EQ(constraint["relationshipType"], "MANY_TO_ONE");
  AddKey('u', {"a"});
  EXPECT_EQ(Table().body["tableConstraints"][0]["relationshipType"], "ONE_TO_ONE");
  relation_.keys[0].referred_first_unique = false;
  EXPECT_EQ(Table().body["tableConstraints"][0]["relationshipType"], "ONE_TO_MANY");
}

TEST_F(EntitiesTest, APartialTableLacksItsForeignKeysOnly) {
  AddKey('f', {"a"});
  AddKey('u', {"a", "b"});
  const Entity partial = PartialTable(Table());
  EXPECT_TRUE(partial.partial);
  ASSERT_EQ(partial.body["tableConstraints"].size(), 1u);
  EXPECT_EQ(partial.body["tableConstraints"][0]["constraintType"], "UNIQUE");
  relation_.keys.pop_back();
  EXPECT_FALSE(PartialTable(Table()).body.contains("tableConstraints"));
}

TEST_F(EntitiesTest, PartitionKeysTellHowTheyCut) {
  relation_.kind = 'p';
  relation_.partition_columns = {"a"};
  const std::pair<char, const char *> cuts[] = {
      {'r', "INTEGER-RANGE"}, {'l', "COLUMN-VALUE"}, {'h', "COLUMN-VALUE"}};
  for (const auto &[strategy, interval] : cuts) {
    relation_.partition_strategy = strategy;
    const json column = Table().body["tablePartition"]["columns"][0];
    EXPECT_EQ(column["columnName"], "a");
    EXPECT_EQ(column["intervalType"], interval);
  }
}

TEST_F(EntitiesTest, AViewsNameIsQuotedInItsDefinition) {
  relation_.kind = 'v';
  relation_.quoted_name = "public.\"Odd View\"";
  relation_.definition = " SELECT 1;";
  EXPECT_EQ(Table().body["schemaDefinition"], "CREATE VIEW public.\"Odd View\" AS\n SELECT 1;");
  EntityOptions options;
  options.definitions = false;
  EXPECT_FALSE(Table(options).body.contains("schemaDefinition"));
}

TEST_F(EntitiesTest, PoliciesAreLabelsWhereAsked) {
  relation_.policies = {"own.rows"};
  EXPECT_EQ(Table().body["tags"][0]["tagFQN"], "PostgresPolicyTags.\"own.rows\"");
  EntityOptions options;
  options.tags = false;
  EXPECT_FALSE(Table(options).body.contains("tags"));
  EXPECT_EQ(PolicyTagEntity("C", "own.rows").fqn, "C.\"own.rows\"");
}

TEST_F(EntitiesTest, ARoutineSpeaksALanguageThatTheCatalogKnows) {
  RoutineInfo routine;
  routine.name = "f";
  routine.kind = 'p';
  routine.code = "CREATE PROCEDURE …";
  const std::pair<const char *, const char *> languages[] = {
      {"plpgsql", "SQL"},     {"sql", "SQL"},    {"plpython3u", "Python"},
      {"plv8", "JavaScript"}, {"c", "External"}, {"plperl", "External"}};
  for (const auto &[language, word] : languages) {
    routine.language = language;
    const Entity entity = RoutineEntity(kPlace, "public", routine, "f", {});
    EXPECT_EQ(entity.body["storedProcedureCode"]["language"], word);
    EXPECT_EQ(entity.body["storedProcedureType"], "StoredProcedure");
  }
}

TEST_F(EntitiesTest, AnOverloadIsNamedByItsTypesAndShownByItsName) {
  RoutineInfo routine;
  routine.name = "f";
  const Entity entity = RoutineEntity(kPlace, "public", routine, "f(integer, s.t)", {});
  EXPECT_EQ(entity.fqn, "svc.db.public.\"f(integer, s.t)\"");
  EXPECT_EQ(entity.body["displayName"], "f");
  EXPECT_EQ(entity.body["storedProcedureType"], "Function");
}

TEST_F(EntitiesTest, TheServiceNeverCarriesAPassword) {
  Config config;
  config.service_name = "svc";
  config.postgres.username = "reader";
  config.postgres.password = Secret("hush");
  const std::string text = ServiceEntity(config).body.dump();
  EXPECT_EQ(text.find("hush"), std::string::npos);
  EXPECT_NE(text.find("reader"), std::string::npos);
  config.server.store_service_connection = false;
  EXPECT_FALSE(ServiceEntity(config).body.contains("connection"));
}

TEST_F(EntitiesTest, TheServiceKeepsWhatAnotherRunOfItNeeds) {
  Config config;
  config.service_name = "svc";
  config.postgres.ingest_all_databases = true;
  config.postgres.classification_name = "RowRules";
  const auto stored = ServiceEntity(config).body["connection"]["config"];
  EXPECT_EQ(stored["ingestAllDatabases"], true);
  EXPECT_EQ(stored["classificationName"], "RowRules");
}

TEST_F(EntitiesTest, OldServersGetWhatTheyTake) {
  AddColumn("m", 790);
  AddKey('f', {"a"});
  relation_.kind = 'p';
  relation_.partition_strategy = 'r';
  relation_.partition_columns = {"a"};
  Entity now = Table();
  AdaptToServer(2, 0, &now);
  EXPECT_EQ(now.body, Table().body);
  Entity old = Table();
  AdaptToServer(1, 5, &old);
  EXPECT_FALSE(old.body["tableConstraints"][0].contains("relationshipType"));
  EXPECT_EQ(old.body["columns"][2]["dataType"], "MONEY");
  AdaptToServer(1, 2, &old);
  EXPECT_EQ(old.body["columns"][2]["dataType"], "UNKNOWN");
  EXPECT_EQ(old.body["tablePartition"],
            json::parse(R"({"columns":["a"],"intervalType":"INTEGER-RANGE"})"));
}

TEST_F(EntitiesTest, OldServersGetViewsAndRoutinesTheirWay) {
  relation_.kind = 'v';
  relation_.definition = "SELECT 1;";
  Entity view = Table();
  AdaptToServer(1, 3, &view);
  EXPECT_TRUE(view.body.contains("viewDefinition"));
  EXPECT_FALSE(view.body.contains("schemaDefinition"));
  RoutineInfo routine;
  routine.language = "c";
  Entity function = RoutineEntity(kPlace, "public", routine, "f", {});
  AdaptToServer(1, 6, &function);
  EXPECT_EQ(function.body["storedProcedureType"], "UDF");
  AdaptToServer(1, 2, &function);
  EXPECT_FALSE(function.body.contains("storedProcedureType"));
  EXPECT_FALSE(function.body["storedProcedureCode"].contains("language"));
}

}  // namespace
}  // namespace shipper
