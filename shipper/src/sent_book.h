// What a sink was sent, by hash, in some 40 bytes an object, whatever the lengths of the names: a
// catalog may be large, and nothing needs the names themselves.
//
// Two keys that share a hash of 64 bits would cost one of them a request too many or too few; among
// a million objects that happens once in forty million catalogs. One thread.
//
//   SentBook book;
//   book.Learn("entity:svc.shop.public.orders", "5f0c…");        // of a run before
//   if (!book.Has(key, hash)) … book.Set(key, hash);
//   Keep(book.Take());                                           // once the sink made it durable
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "queue/queue.h"

namespace shipper {

class SentBook {
 public:
  bool Has(const std::string &key) const;
  bool Has(const std::string &key, const std::string &value) const;
  void Learn(const std::string &key, const std::string &value);  // is kept already
  void Unlearn(const std::string &key);                          // is forgotten already
  void Set(const std::string &key, const std::string &value);
  void Erase(const std::string &key);

  size_t size() const { return known_.size(); }
  size_t open() const { return changes_.size(); }  // changes since Take()
  std::vector<StateChange> Take();                 // in their order: they last from now on
  void Undo();                                     // they did not last

 private:
  struct Change {
    StateChange change;
    std::optional<uint64_t> before;
  };
  void Note(const std::string &key, std::optional<std::string> value);

  std::unordered_map<uint64_t, uint64_t> known_;  // hash of the key: hash of the value
  std::vector<Change> changes_;
};

}  // namespace shipper
