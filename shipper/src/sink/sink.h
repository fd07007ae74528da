// Where entities and edges go. A sink turns them into its own requests; it never reads the
// database.
//
// One thread uses a sink at a time. A sink keeps no queue: what it answers with kDone is taken for
// good, everything else stays with the caller (see loop.h and result.h).
//
//   Status status = sink.PutEntity({"table", "svc.db.public.orders", "/v1/tables", body});
#pragma once

#include <nlohmann/json.hpp>
#include <functional>
#include <string>
#include <vector>

#include "result.h"

namespace shipper {

// A create request of OpenMetadata: PUT `path` with `body`. References to other entities are by
// fully qualified name as the create request has them.
struct Entity {
  std::string type;  // databaseService | database | databaseSchema | table | storedProcedure |
                     // classification | tag
  std::string fqn;
  std::string path;  // "/v1/tables"
  nlohmann::json body;
  // A table without its foreign keys, given before those it refers to; put only where nothing was
  // put under this name yet. The whole table follows.
  bool partial = false;
  // Of a routine that has the bare name: its signature, which keeps the name from now on.
  std::string signature = {};
  // overrideMetadata: what people wrote in its place is replaced, too.
  bool overrides = false;
};

// A routine that writes an edge: as the store spells it, and its name in the catalog.
struct RoutineRef {
  std::string identity;  // "public.load_sales(date)"
  std::string fqn;
};

// An entity that is there or was there, by name.
struct EntityName {
  std::string type;
  std::string fqn;
  bool keep = false;  // markDeleted… of the workflow is off: it stays although it is gone

  bool operator<(const EntityName &other) const {
    return type != other.type ? type < other.type : fqn < other.fqn;
  }
};

// What `details.description` of every edge of ours contains. An edge of the catalog without it, or
// with source Manual, belongs to somebody else: it is merged, never replaced.
inline constexpr char kEdgeMark[] = "pg_lineage";

// One edge between two tables with the whole union of what is known of the pair.
// `details` is OpenMetadata's lineageDetails without `pipeline`: that is chosen among `routines`
// by the loop (the one sent before if it still holds, else the first) and set as
// {"type":"storedProcedure","fullyQualifiedName":…}; the sink replaces the name by an id if it
// must.
struct LineageEdge {
  std::string from_fqn;
  std::string to_fqn;
  nlohmann::json details;
  std::vector<RoutineRef> routines;  // by first sight
  // Of a view whose workflow says overrideViewLineage: an edge that somebody else derived from the
  // view's definition (source ViewLineage) is replaced and not merged.
  bool replaces_views = false;
};

// An edge by its ends.
struct EdgeEnds {
  std::string from_fqn;
  std::string to_fqn;
  bool operator<(const EdgeEnds &other) const {
    return from_fqn != other.from_fqn ? from_fqn < other.from_fqn : to_fqn < other.to_fqn;
  }
};

class Sink {
 public:
  virtual ~Sink() = default;
  virtual const std::string &name()
      const = 0;  // "metadata-rest", "file:/path"; keys delivery state
  virtual Status PutEntity(const Entity &entity) = 0;
  // What becomes of entities that do not need each other, so that their order is the sink's to
  // choose. Behind an outage nothing more is tried: all that follows has the same outcome.
  virtual std::vector<Status> PutEntities(const std::vector<Entity> &entities) {
    std::vector<Status> outcomes;
    for (const Entity &entity : entities) {
      const bool out = !outcomes.empty() && outcomes.back().outage;
      outcomes.push_back(out ? outcomes.back() : PutEntity(entity));
    }
    return outcomes;
  }
  virtual Status PutLineage(const LineageEdge &edge) = 0;
  // The same of edges, each of another pair; their order is the sink's to choose.
  virtual std::vector<Status> PutLineages(const std::vector<LineageEdge> &edges) {
    std::vector<Status> outcomes;
    for (const LineageEdge &edge : edges) {
      const bool out = !outcomes.empty() && outcomes.back().outage;
      outcomes.push_back(out ? outcomes.back() : PutLineage(edge));
    }
    return outcomes;
  }
  // Soft-deletes an entity and all below it; done where there is none.
  virtual Status DeleteEntity(const EntityName &entity) = 0;
  // An entity with owners and tags, deleted ones too; null where there is none or it cannot be
  // known.
  virtual Status Fetch(const EntityName &entity, nlohmann::json *found) = 0;
  // One page of the fully qualified names of the living entities of a type directly below `parent`;
  // none where it cannot be known. `after`: "" for the first page; the answer puts there what asks
  // for the next one, "" where there is none.
  virtual Status List(const std::string &type, const std::string &parent, std::string *after,
                      std::vector<std::string> *fqns) = 0;
  // The same, `use` called with each name of all pages.
  Status ListAll(const std::string &type, const std::string &parent,
                 const std::function<void(const std::string &fqn)> &use);
  // Takes our part of an edge away: all of it where it is ours. Done also where there is none.
  virtual Status DeleteLineage(const EdgeEnds &edge) = 0;
  virtual Status Flush() = 0;             // makes durable what was put
  virtual Status Check() = 0;             // there, of a known version, and the credential is taken
  virtual void ReloadCredential() {}      // reads token and certificates again
  virtual bool Empty() { return false; }  // holds nothing, whatever was put before
};

}  // namespace shipper
