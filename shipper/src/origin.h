// What the loop asks of the database side: the present state of a named thing, as catalog requests.
//
// Feed rows only name what changed; its state is read when it is handled, so an old row never
// sends an old state. Names are spelled as the extension spells them ("public.orders",
// "public.load_sales(date)"). Implemented over libpq by live_origin.h, by a fake in tests.
// Throws PgError where the database fails; an object that is gone or filtered out gives nothing.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sink/sink.h"
#include "translate/names.h"

namespace shipper {

using TablePair = std::pair<std::string, std::string>;  // source, target

// A foreign table and the table on the far side that it stands for.
struct ForeignLink {
  std::string table_fqn;                // of the foreign table, or of the root it is a partition of
  std::string shown;                    // as the store spells it
  std::string server;                   // name of the foreign server
  std::vector<std::string> candidates;  // names of the far table, the likeliest first
  std::vector<std::pair<std::string, std::string>> columns;  // raw names: far, here
  bool written = false;  // values were seen to flow into it, and so into the far table
};

class Origin {
 public:
  virtual ~Origin() = default;

  // The entities of one object, what they hang on first (service, database, schema, object).
  // type: table | schema | database | routine. Nothing of what is in a schema or database.
  virtual std::vector<Entity> Object(const std::string &type, const std::string &identity) = 0;

  using Give = std::function<void(const Entity &)>;

  // Entities of a schema with all that is in it, or of the whole database, one after another, each
  // before those that name it. False: something could not be read.
  virtual bool Schema(const std::string &identity, const Give &give) = 0;
  virtual bool Everything(const Give &give) = 0;

  // The same of many tables, read together: `give` gets the entities, each before those that name
  // it. Answers what the catalog calls each of them, in their order; "" for one that has not been
  // given, whatever the reason.
  virtual std::vector<std::string> Tables(const std::vector<std::string> &identities,
                                          const Give &give) = 0;

  // The pair of catalog tables that a pair of the store belongs to: partitions become their root,
  // and nothing remains of a pair that is not sent (self edge, outside dataset, filtered out).
  virtual std::optional<TablePair> Fold(const TablePair &pair) = 0;

  // The union of what is known of a folded pair.
  virtual std::optional<LineageEdge> Edge(const TablePair &pair) = 0;

  // The names of an edge that is no more: nothing flows between the two, or one of them is gone.
  // Nothing where there is an edge, or the pair is merely filtered out.
  virtual std::optional<EdgeEnds> Gone(const TablePair &pair) = 0;

  // The pair whose edge has these names; nothing where they are none of this database.
  virtual std::optional<TablePair> PairOf(const EdgeEnds &edge) = 0;

  // All folded pairs of the store, or those that name `table`.
  virtual std::vector<TablePair> Pairs(const std::string &table = {}) = 0;

  // The database itself.
  virtual std::string DatabaseFqn() = 0;

  // Names under which an object was in the catalog and that are surely nobody's any more. Nothing
  // where it is there, or where it is not ours to tell.
  virtual std::vector<EntityName> Departed(const std::string &type,
                                           const std::string &identity) = 0;

  // Those of `names`, entities of this database, that are surely nobody's any more.
  virtual std::vector<EntityName> Departed(const std::vector<EntityName> &names) = 0;

  // What the catalog calls an object that is there.
  virtual std::optional<EntityName> NameOf(const std::string &type,
                                           const std::string &identity) = 0;

  // Foreign tables with their far sides, all or one by its identity; none where the workflow does
  // not ask for lineage across databases.
  virtual std::vector<ForeignLink> ForeignLinks(const std::string & /*table*/) { return {}; }

  // What the catalog calls routines decides about their names from now on; nullptr: a new catalog.
  // Belongs to the caller, who withdraws it before it ends.
  void UseBook(const RoutineBook *book) { book_ = book; }
  const RoutineBook *book() const { return book_; }

 private:
  const RoutineBook *book_ = nullptr;
};

}  // namespace shipper
