#define PCRE2_CODE_UNIT_WIDTH 8
#include "source/filter.h"

#include <pcre2.h>

#include <algorithm>
#include <cctype>
#include <cstring>

#include "translate/names.h"

namespace shipper {
namespace {

constexpr uint32_t kMatchLimit = 100000;
constexpr uint32_t kDepthLimit = 10000;

struct FreeCode {
  void operator()(pcre2_code *code) const { pcre2_code_free(code); }
};
struct FreeContext {
  void operator()(pcre2_match_context *context) const { pcre2_match_context_free(context); }
};
struct FreeData {
  void operator()(pcre2_match_data *data) const { pcre2_match_data_free(data); }
};

std::string Message(int error) {
  PCRE2_UCHAR text[256];
  pcre2_get_error_message(error, text, sizeof text);
  return reinterpret_cast<const char *>(text);
}

// A code point by its digits, `\u00e9` or `\U0001f600`, in PCRE2's words; nothing where it is none.
std::string CodePoint(const std::string &text, size_t at) {
  const size_t digits = text[at + 1] == 'u' ? 4 : 8;
  const std::string hex = text.substr(at + 2, digits);
  const bool good =
      hex.size() == digits &&
      std::all_of(hex.begin(), hex.end(), [](unsigned char c) { return isxdigit(c); });
  return good ? "\\x{" + hex + "}" : "";
}

// The flags of a group, `(?aiu)` or `(?u-s:`, without those that say what holds here anyway: names
// are Unicode. Nothing where `at` is no such group.
std::string GroupFlags(const std::string &text, size_t at, size_t *length) {
  size_t end = at + 2;
  while (end < text.size() && std::strchr("aiLmsux-", text[end]) != nullptr) ++end;
  if (end == at + 2 || end >= text.size() || (text[end] != ')' && text[end] != ':')) return "";
  *length = end - at;
  std::string out = "(?";
  for (size_t i = at + 2; i < end; ++i)
    if (std::strchr("aLu", text[i]) == nullptr) out += text[i];
  return out;
}

}  // namespace

std::string FromPython(const std::string &text) {
  std::string out;
  bool in_class = false;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at], next = at + 1 < text.size() ? text[at + 1] : '\0';
    std::string piece(1, c);
    size_t length = 1;
    if (c == '\\' && next != '\0') {
      piece += next;
      length = 2;
      if (!in_class && next == 'Z') piece = "\\z";
      if (next == 'u' || next == 'U') {
        const std::string point = CodePoint(text, at);
        if (!point.empty()) length = next == 'u' ? 6 : 10;
        if (!point.empty()) piece = point;
      }
    } else if (in_class) {
      if (c == '[' && std::strchr(":.=", next) != nullptr) piece = "\\[";
      in_class = c != ']';
    } else if (c == '[') {
      in_class = true;
      if (next == '^') piece += next, length = 2;
      if (text.compare(at + length, 1, "]") == 0) piece += "]", ++length;  // a member
    } else if (c == '{' && next == ',' && isdigit(static_cast<unsigned char>(text[at + 2]))) {
      piece = "{0";
    } else if (c == '(' && next == '?') {
      const std::string flags = GroupFlags(text, at, &length);
      if (!flags.empty()) piece = flags;
    }
    out += piece;
    at += length - 1;
  }
  return out;
}

struct NameFilter::Pattern {
  std::string text;
  std::unique_ptr<pcre2_code, FreeCode> code;
};

NameFilter::NameFilter(const FilterPattern &pattern, const std::string &key) : key_(key) {
  const auto compile = [&](const std::vector<std::string> &texts, std::vector<Pattern> *out) {
    for (const std::string &text : texts) {
      int error = 0;
      PCRE2_SIZE offset = 0;
      const std::string pcre = FromPython(text);
      pcre2_code *code = pcre2_compile(
          reinterpret_cast<PCRE2_SPTR>(pcre.data()), pcre.size(),
          PCRE2_ANCHORED | PCRE2_CASELESS | PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF, &error,
          &offset, nullptr);
      if (code == nullptr) {
        throw ConfigError(key + ": '" + text + "' is no regular expression: " + Message(error) +
                          " at character " + std::to_string(offset) +
                          "; mend it there, or put a \\ before what is to stand for itself");
      }
      out->push_back({text, std::unique_ptr<pcre2_code, FreeCode>(code)});
    }
  };
  compile(pattern.includes, &includes_);
  compile(pattern.excludes, &excludes_);
}

NameFilter::~NameFilter() = default;
NameFilter::NameFilter(NameFilter &&) noexcept = default;
NameFilter &NameFilter::operator=(NameFilter &&) noexcept = default;

bool NameFilter::Any(const std::vector<Pattern> &patterns, std::string_view name) const {
  const std::unique_ptr<pcre2_match_context, FreeContext> context(
      pcre2_match_context_create(nullptr));
  pcre2_set_match_limit(context.get(), kMatchLimit);
  pcre2_set_depth_limit(context.get(), kDepthLimit);
  for (const Pattern &pattern : patterns) {
    const std::unique_ptr<pcre2_match_data, FreeData> data(
        pcre2_match_data_create_from_pattern(pattern.code.get(), nullptr));
    const int result = pcre2_match(pattern.code.get(), reinterpret_cast<PCRE2_SPTR>(name.data()),
                                   name.size(), 0, 0, data.get(), context.get());
    if (result >= 0) return true;
    if (result != PCRE2_ERROR_NOMATCH) {
      throw ConfigError(key_ + ": '" + pattern.text + "' cannot be decided for '" +
                        std::string(name) + "': " + Message(result) +
                        "; write it without a repetition inside of another, as in (a+)+");
    }
  }
  return false;
}

bool NameFilter::Admits(std::string_view name) const {
  if (includes_.empty() && excludes_.empty()) return true;
  if (name.empty() || Any(excludes_, name)) return false;
  return includes_.empty() || Any(includes_, name);
}

ObjectFilter::ObjectFilter(const Config &config)
    : service_(config.service_name),
      by_fqn_(config.metadata.use_fqn_for_filtering),
      tables_(config.metadata.include_tables),
      views_(config.metadata.include_views),
      routines_(config.metadata.include_stored_procedures),
      database_(config.metadata.database_filter, "databaseFilterPattern"),
      schema_(config.metadata.schema_filter, "schemaFilterPattern"),
      table_(config.metadata.table_filter, "tableFilterPattern"),
      routine_(config.metadata.stored_procedure_filter, "storedProcedureFilterPattern") {}

bool ObjectFilter::AdmitsDatabase(const std::string &database) const {
  return database_.Admits(by_fqn_ ? JoinFqn({service_, database}) : database);
}

bool ObjectFilter::AdmitsSchema(const std::string &database, const std::string &schema) const {
  return schema_.Admits(by_fqn_ ? JoinFqn({service_, database, schema}) : schema);
}

bool ObjectFilter::AdmitsRelation(const std::string &database, const std::string &schema,
                                  const std::string &name, char kind) const {
  const bool is_view = kind == 'v' || kind == 'm';
  if (!(is_view ? views_ : tables_)) return false;
  return table_.Admits(by_fqn_ ? JoinFqn({service_, database, schema, name}) : name);
}

bool ObjectFilter::AdmitsRoutine(const std::string &database, const std::string &schema,
                                 const std::string &name) const {
  return routines_ && routine_.Admits(by_fqn_ ? JoinFqn({service_, database, schema, name}) : name);
}

}  // namespace shipper
