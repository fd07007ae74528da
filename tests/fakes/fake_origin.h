// A database of tables by name, whose edges are counted versions.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "origin.h"

namespace shipper {

class FakeOrigin : public Origin {
 public:
  std::vector<Entity> Object(const std::string &type, const std::string &identity) override {
    if (type == "routine") {
      if (routines.count(identity) == 0) return {};
      return {Service(), Make("storedProcedure", "svc." + identity, 1)};
    }
    ++object_reads;
    if (tables.count(identity) == 0) return {};
    Entity table = Make("table", "svc." + identity, tables[identity]);
    for (const std::string &column : columns[identity])
      table.body["columns"].push_back({{"name", column}});
    return {Service(), table};
  }
  std::vector<std::string> Tables(const std::vector<std::string> &identities,
                                  const std::function<void(const Entity &)> &give) override {
    ++group_reads;
    std::vector<std::string> names;
    give(Service());
    for (const std::string &identity : identities) {
      const std::vector<Entity> entities = Object("table", identity);
      names.push_back(entities.empty() ? "" : entities.back().fqn);
      if (!entities.empty()) give(entities.back());
    }
    return names;
  }
  std::optional<TablePair> Fold(const TablePair &pair) override {
    if (pair.first == pair.second) return std::nullopt;
    return TablePair{Root(pair.first), Root(pair.second)};
  }
  std::optional<LineageEdge> Edge(const TablePair &pair) override {
    ++reads;
    if (poison.count(pair.first) > 0) throw std::runtime_error("cannot make sense of it");
    auto edge = edges.find(pair);
    if (edge == edges.end()) return std::nullopt;
    LineageEdge made{"svc." + pair.first, "svc." + pair.second, {{"version", edge->second}}, {}};
    for (const std::string &routine : writers[pair])
      made.routines.push_back({routine, "svc." + routine});
    return made;
  }
  std::optional<EdgeEnds> Gone(const TablePair &pair) override {
    if (edges.count(pair) > 0) return std::nullopt;
    return EdgeEnds{"svc." + pair.first, "svc." + pair.second};
  }
  std::optional<TablePair> PairOf(const EdgeEnds &edge) override {
    return TablePair{edge.from_fqn.substr(4), edge.to_fqn.substr(4)};
  }
  std::vector<TablePair> Pairs(const std::string &table) override {
    std::vector<TablePair> pairs;
    for (const auto &[pair, version] : edges)
      if (table.empty() || pair.first == table || pair.second == table) pairs.push_back(pair);
    return pairs;
  }
  std::string DatabaseFqn() override { return "db"; }  // tables are not below it
  std::vector<EntityName> Departed(const std::string &type, const std::string &identity) override {
    if (type != "table") return {};
    return Departed(std::vector<EntityName>{{"table", "svc." + identity}});
  }
  std::vector<EntityName> Departed(const std::vector<EntityName> &names) override {
    std::vector<EntityName> gone;
    for (EntityName name : names) {
      if (tables.count(name.fqn.substr(name.fqn.find('.') + 1)) > 0) continue;
      name.keep = keep;
      gone.push_back(name);
    }
    return gone;
  }
  std::optional<EntityName> NameOf(const std::string &type, const std::string &identity) override {
    if (type != "table" || tables.count(identity) == 0) return std::nullopt;
    return EntityName{"table", "svc." + identity};
  }
  bool Schema(const std::string &, const Give &) override { return readable; }
  bool Everything(const std::function<void(const Entity &)> &sink) override {
    ++walks;
    sink(Service());
    for (const auto &[table, version] : tables) sink(Make("table", "svc." + table, version));
    return readable;
  }

  // Two tables and an edge between them.
  void Join(const std::string &source, const std::string &target) {
    tables.try_emplace(source, 1);
    tables.try_emplace(target, 1);
    ++edges[{source, target}];
  }

  std::map<std::string, int> tables;
  std::map<std::string, std::vector<std::string>> columns;
  std::map<TablePair, int> edges;
  std::map<TablePair, std::vector<std::string>> writers;
  std::map<std::string, std::string> roots;  // partition → root
  std::set<std::string> routines, poison;
  int reads = 0, group_reads = 0, object_reads = 0, walks = 0;
  bool readable = true;  // else a walk leaves something out
  bool keep = false;     // markDeletedTables is off

 private:
  std::string Root(const std::string &table) const {
    auto root = roots.find(table);
    return root == roots.end() ? table : root->second;
  }
  static Entity Make(const std::string &type, const std::string &fqn, int version) {
    Entity entity;
    entity.type = type;
    entity.fqn = fqn;
    entity.path = "/v1/" + type;
    entity.body = {{"version", version}};
    return entity;
  }
  static Entity Service() { return Make("databaseService", "svc", 1); }
};

}  // namespace shipper
