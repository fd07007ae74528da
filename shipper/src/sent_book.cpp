#include "sent_book.h"

#include <utility>

#include "translate/names.h"

namespace shipper {

bool SentBook::Has(const std::string &key) const { return known_.count(ContentHash64(key)) > 0; }

bool SentBook::Has(const std::string &key, const std::string &value) const {
  const auto known = known_.find(ContentHash64(key));
  return known != known_.end() && known->second == ContentHash64(value);
}

void SentBook::Learn(const std::string &key, const std::string &value) {
  known_[ContentHash64(key)] = ContentHash64(value);
}

void SentBook::Unlearn(const std::string &key) { known_.erase(ContentHash64(key)); }

void SentBook::Note(const std::string &key, std::optional<std::string> value) {
  const auto known = known_.find(ContentHash64(key));
  Change change{{key, std::move(value)}, std::nullopt};
  if (known != known_.end()) change.before = known->second;
  changes_.push_back(std::move(change));
}

void SentBook::Set(const std::string &key, const std::string &value) {
  if (Has(key, value)) return;
  Note(key, value);
  Learn(key, value);
}

// What is not known is kept nowhere, or was left aside when the book was opened: both may be told.
void SentBook::Erase(const std::string &key) {
  Note(key, std::nullopt);
  Unlearn(key);
}

std::vector<StateChange> SentBook::Take() {
  std::vector<StateChange> out;
  for (Change &change : changes_) out.push_back(std::move(change.change));
  changes_.clear();
  return out;
}

void SentBook::Undo() {
  for (auto change = changes_.rbegin(); change != changes_.rend(); ++change) {
    const uint64_t key = ContentHash64(change->change.key);
    if (change->before)
      known_[key] = *change->before;
    else
      known_.erase(key);
  }
  changes_.clear();
}

}  // namespace shipper
