#define PCRE2_CODE_UNIT_WIDTH 8
#include "source/filter.h"

#include <pcre2.h>

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

}  // namespace

struct NameFilter::Pattern {
  std::string text;
  std::unique_ptr<pcre2_code, FreeCode> code;
};

NameFilter::NameFilter(const FilterPattern &pattern, const std::string &key) : key_(key) {
  const auto compile = [&](const std::vector<std::string> &texts, std::vector<Pattern> *out) {
    for (const std::string &text : texts) {
      int error = 0;
      PCRE2_SIZE offset = 0;
      pcre2_code *code =
          pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                        PCRE2_ANCHORED | PCRE2_CASELESS | PCRE2_UTF | PCRE2_MATCH_INVALID_UTF,
                        &error, &offset, nullptr);
      if (code == nullptr) {
        throw ConfigError(key + ": '" + text + "' is no regular expression: " + Message(error) +
                          " at character " + std::to_string(offset));
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
                        std::string(name) + "': " + Message(result));
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
