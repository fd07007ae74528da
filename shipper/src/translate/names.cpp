#include "translate/names.h"

#include <cctype>
#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace shipper {
namespace {

struct Reserved {
  std::string_view raw;
  std::string_view encoded;
};

constexpr std::array<Reserved, 6> kReserved = {{{"::", "__reserved__colon__"},
                                                {">", "__reserved__arrow__"},
                                                {"\"", "__reserved__quote__"},
                                                {"\n", "__reserved__newline__"},
                                                {"\r", "__reserved__carriage_return__"},
                                                {"\t", "__reserved__tab__"}}};

constexpr uint64_t kFnvStart = 14695981039346656037ULL;

// FNV-1a with a chosen start.
uint64_t Fnv(std::string_view text, uint64_t hash) {
  for (unsigned char c : text) {
    hash ^= c;
    hash *= 1099511628211ULL;
  }
  return hash;
}

// Replaces each `from` of the table at its place, left to right, without looking at what it wrote.
std::string Replace(std::string_view text, bool decode) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const Reserved *hit = nullptr;
    for (const Reserved &entry : kReserved) {
      const std::string_view from = decode ? entry.encoded : entry.raw;
      if (text.substr(at, from.size()) == from) {
        hit = &entry;
        break;
      }
    }
    if (hit == nullptr) {
      out += text[at++];
      continue;
    }
    out += decode ? hit->raw : hit->encoded;
    at += decode ? hit->encoded.size() : hit->raw.size();
  }
  return out;
}

// What quote_ident leaves without quotes; a URI always has something else.
bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
}

// Reads one identifier as quote_ident writes it, from *at on; false where there is none.
bool ReadIdentifier(std::string_view text, size_t *at, std::string *out) {
  out->clear();
  if (*at >= text.size()) return false;
  if (text[*at] != '"') {
    while (*at < text.size() && IsPlain(text[*at])) *out += text[(*at)++];
    return !out->empty();
  }
  for (++*at; *at < text.size(); ++*at) {
    if (text[*at] != '"') {
      *out += text[*at];
    } else if (*at + 1 < text.size() && text[*at + 1] == '"') {
      *out += '"';
      ++*at;
    } else {
      ++*at;
      return !out->empty();
    }
  }
  return false;
}

// The types of an argument list without blanks behind its commas and without `pg_catalog.`, which
// identities of objects carry; what is inside quotes is left alone.
std::string TightList(std::string_view types) {
  constexpr std::string_view kCatalog = "pg_catalog.";
  std::string out;
  bool quoted = false;
  for (size_t at = 0; at < types.size(); ++at) {
    const char c = types[at];
    const bool begins = !quoted && (out.empty() || out.back() == ',');
    if (begins && c == ' ') continue;
    if (begins && types.substr(at, kCatalog.size()) == kCatalog) {
      at += kCatalog.size() - 1;
      continue;
    }
    if (c == '"') quoted = !quoted;
    out += c;
  }
  return out;
}

// An argument list for people: one blank behind each comma.
std::string LooseList(std::string_view types) {
  std::string out;
  bool quoted = false;
  for (char c : TightList(types)) {
    if (c == '"') quoted = !quoted;
    out += c;
    if (!quoted && c == ',') out += ' ';
  }
  return out;
}

std::string LongName(const RoutineKey &routine) {
  return routine.name + "(" + LooseList(routine.types) + ")";
}

// Which of the routines of one name has it as it is; nullptr where none does.
const RoutineKey *BareOf(const std::vector<const RoutineKey *> &overloads,
                         const std::string &schema_fqn, const RoutineBook *book) {
  const auto older = [](const RoutineKey *a, const RoutineKey *b) { return a->oid < b->oid; };
  if (book == nullptr) return *std::min_element(overloads.begin(), overloads.end(), older);
  const std::string holder = book->BareHolder(AppendFqn(schema_fqn, overloads.front()->name));
  std::vector<const RoutineKey *> free;  // known under no longer name
  for (const RoutineKey *routine : overloads) {
    if (RoutineSignature(routine->name, routine->types) == holder) return routine;
    if (!book->HasRoutine(AppendFqn(schema_fqn, LongName(*routine)))) free.push_back(routine);
  }
  const bool settled = free.size() < overloads.size();
  if (free.empty() || (settled && !holder.empty())) return nullptr;
  return *std::min_element(free.begin(), free.end(), older);
}

}  // namespace

uint64_t ContentHash64(std::string_view text) { return Fnv(text, kFnvStart); }

std::string ContentHash(std::string_view text) {
  char hex[33];
  std::snprintf(hex, sizeof hex, "%016llx%016llx",
                static_cast<unsigned long long>(ContentHash64(text)),
                static_cast<unsigned long long>(Fnv(text, 0x9e3779b97f4a7c15ULL)));
  return hex;
}

std::string EncodeName(std::string_view name) {
  std::string out = Replace(name, false);
  if (out.size() <= kMaxNameBytes) return out;
  size_t keep = kMaxNameBytes - 17;
  while (keep > 0 && (static_cast<unsigned char>(out[keep]) & 0xC0) == 0x80) --keep;
  return out.substr(0, keep) + "~" + ContentHash(name).substr(0, 16);
}

std::string DecodeName(std::string_view name) { return Replace(name, true); }

std::string QuotePart(std::string_view encoded) {
  if (encoded.find('.') == std::string_view::npos) return std::string(encoded);
  return "\"" + std::string(encoded) + "\"";
}

std::string JoinFqn(const std::vector<std::string> &names) {
  std::string out;
  for (const std::string &name : names) out = AppendFqn(out, name);
  return out;
}

std::string AppendFqn(std::string_view fqn, std::string_view name) {
  std::string out(fqn);
  if (!out.empty()) out += '.';
  return out + QuotePart(EncodeName(name));
}

std::vector<std::string> SplitFqn(std::string_view fqn) {
  std::vector<std::string> parts(1);
  bool quoted = false;
  for (char c : fqn) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == '.' && !quoted) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  for (std::string &part : parts) part = DecodeName(part);
  return parts;
}

std::string TableFqn(const std::string &service, const std::string &database,
                     const std::string &schema, const std::string &table) {
  return JoinFqn({service, database, schema, table});
}

std::string PercentEncode(const std::string &text) {
  std::string encoded;
  for (unsigned char c : text) {
    if (std::isalnum(c) || c == '-' || c == '_' || c == '.' || c == '~') {
      encoded += static_cast<char>(c);
    } else {
      char hex[4];
      std::snprintf(hex, sizeof hex, "%%%02X", c);
      encoded += hex;
    }
  }
  return encoded;
}

std::string StoreName(const RelationName &name) {
  std::string out;
  for (const std::string *part : {&name.schema, &name.name}) {
    out += out.empty() ? "\"" : ".\"";
    for (char c : *part) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    out += '"';
  }
  return out;
}

std::optional<RelationName> ParseStoreName(std::string_view text) {
  RelationName out;
  size_t at = 0;
  if (!ReadIdentifier(text, &at, &out.schema)) return std::nullopt;
  if (at >= text.size() || text[at] != '.') return std::nullopt;
  ++at;
  if (!ReadIdentifier(text, &at, &out.name) || at != text.size()) return std::nullopt;
  return out;
}

std::optional<RoutineName> ParseRoutine(std::string_view text) {
  RoutineName out;
  size_t at = 0;
  if (!ReadIdentifier(text, &at, &out.schema)) return std::nullopt;
  if (at >= text.size() || text[at] != '.') return std::nullopt;
  ++at;
  if (!ReadIdentifier(text, &at, &out.name)) return std::nullopt;
  if (at >= text.size() || text[at] != '(' || text.back() != ')') return std::nullopt;
  out.signature = RoutineSignature(out.name, text.substr(at + 1, text.size() - at - 2));
  return out;
}

std::string RoutineSignature(std::string_view name, std::string_view types) {
  return std::string(name) + "(" + TightList(types) + ")";
}

std::string LaterRoutineName(const RoutineName &routine) {
  const size_t open = routine.name.size() + 1;
  return routine.name + "(" +
         LooseList(routine.signature.substr(open, routine.signature.size() - open - 1)) + ")";
}

std::map<std::string, std::string> AssignRoutineNames(const std::vector<RoutineKey> &routines,
                                                      const std::string &schema_fqn,
                                                      const RoutineBook *book) {
  std::map<std::string, std::vector<const RoutineKey *>> by_name;
  for (const RoutineKey &routine : routines) by_name[routine.name].push_back(&routine);
  std::map<std::string, std::string> out;
  for (const auto &[name, overloads] : by_name) {
    const RoutineKey *bare = BareOf(overloads, schema_fqn, book);
    for (const RoutineKey *routine : overloads)
      out[RoutineSignature(name, routine->types)] = routine == bare ? name : LongName(*routine);
  }
  return out;
}

}  // namespace shipper
