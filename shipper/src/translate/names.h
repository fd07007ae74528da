// Names: how an object of PostgreSQL is called in OpenMetadata, and back.
//
// OpenMetadata joins names with dots to a fully qualified name (FQN), wraps a part that has a dot
// in double quotes, and has no escape. What an FQN cannot hold is replaced by its reserved
// sequences, here in every part (upstream: in tables and columns only, and loses the others). The
// store of the extension writes `schema.table`, each part as quote_ident writes it. Pure functions,
// no state; text is UTF-8.
//
// THE RULE FOR ROUTINES (entities and the `pipeline` of an edge must agree, so it lives only here):
// of all routines of one schema that share a name, the one created first (lowest OID) is called by
// its bare name; every later one is called `name(type, type)`. Types are those of the input
// arguments as format_type writes them under an empty search_path. The display name is always the
// bare name.
//
//   TableFqn("svc", "shop", "public", "odd.name")  // svc.shop.public."odd.name"
//   ParseStoreName("public.\"Odd\"")               // {"public", "Odd"}
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shipper {

// The longest name that the catalog takes.
constexpr size_t kMaxNameBytes = 256;

// Replaces what an FQN cannot hold by the reserved sequences, and shortens what is too long (the
// rest by a hash of the whole, so that two long names stay two).
std::string EncodeName(std::string_view name);
// Puts back the characters that EncodeName replaced.
std::string DecodeName(std::string_view name);

// One encoded part as it stands in an FQN.
std::string QuotePart(std::string_view encoded);
// Joins raw names to an FQN: each is encoded and quoted.
std::string JoinFqn(const std::vector<std::string> &names);
// The raw names in an FQN; the inverse of JoinFqn but for shortened names.
std::vector<std::string> SplitFqn(std::string_view fqn);
// `fqn` with one more raw name behind it.
std::string AppendFqn(std::string_view fqn, std::string_view name);

std::string TableFqn(const std::string &service, const std::string &database,
                     const std::string &schema, const std::string &table);

// A name as one segment of a path: everything but unreserved characters is percent-encoded.
std::string PercentEncode(const std::string &text);

// A relation by its raw names.
struct RelationName {
  std::string schema;
  std::string name;
  bool operator<(const RelationName &other) const {
    return schema != other.schema ? schema < other.schema : name < other.name;
  }
  bool operator==(const RelationName &other) const {
    return schema == other.schema && name == other.name;
  }
};

// Reads `schema.table` as quote_ident writes it; nothing where the text is something else (a URI).
std::optional<RelationName> ParseStoreName(std::string_view text);
// A text that ParseStoreName reads: each part in quotes.
std::string StoreName(const RelationName &name);

// Reads `schema.name(types)` as the store writes it: `signature` is "name(type,type)" in the form
// of RoutineSignature.
struct RoutineName {
  std::string schema;
  std::string name;
  std::string signature;
};
std::optional<RoutineName> ParseRoutine(std::string_view text);

// `name(type,type)`: the key under which routines of a schema are told apart. `types` is a list
// separated by commas; blanks behind a comma do not matter.
std::string RoutineSignature(std::string_view name, std::string_view types);

// What THE RULE calls a routine that is not the first of its name.
std::string LaterRoutineName(const RoutineName &routine);

// A routine of one schema as THE RULE needs it.
struct RoutineKey {
  uint32_t oid = 0;
  std::string name;
  std::string types;  // input arguments, "integer, text"
};
// What a catalog already calls routines.
class RoutineBook {
 public:
  virtual ~RoutineBook() = default;
  // Whether a routine is in the catalog under this fully qualified name.
  virtual bool HasRoutine(const std::string &fqn) const = 0;
  // The signature that had the bare name of this fully qualified name last; "" where unknown.
  virtual std::string BareHolder(const std::string &fqn) const = 0;
};

// The rule: signature -> raw entity name. The bare name stays with the signature that has it, what
// has a longer one keeps that, too, and otherwise the oldest (by OID) gets the bare name. Where the
// holder of the bare name is gone and others of the name are known under longer ones, nobody gets
// it: an entity never becomes another routine. `schema_fqn` and `book` nullptr: a new catalog.
std::map<std::string, std::string> AssignRoutineNames(const std::vector<RoutineKey> &routines,
                                                      const std::string &schema_fqn = {},
                                                      const RoutineBook *book = nullptr);

// 64 bits, or 32 hex digits, of a text: to tell texts apart; guards nothing.
uint64_t ContentHash64(std::string_view text);
std::string ContentHash(std::string_view text);

}  // namespace shipper
