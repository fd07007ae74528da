// The filter patterns of the workflow file: which objects are told.
//
// A pattern is a regular expression of Python, matched by PCRE2, that has to match at the start of
// the name, whatever its case; nothing has to match to the end. Excludes win; with includes a name
// needs one of them. Matching is bounded: a pattern that runs into the limit counts as an error,
// not as a match.
//
//   NameFilter filter(config.metadata.schema_filter, "schemaFilterPattern");
//   if (!filter.Admits("public")) …
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config.h"

namespace shipper {

// A regular expression of Python as PCRE2 writes it: `\Z`, `{,n}`, `[[:`, `\uXXXX` and the flags
// a, L and u mean something else there, or nothing.
std::string FromPython(const std::string &text);

class NameFilter {
 public:
  // Throws ConfigError naming `key`, the pattern and what is wrong with it.
  NameFilter(const FilterPattern &pattern, const std::string &key);
  ~NameFilter();
  NameFilter(NameFilter &&) noexcept;
  NameFilter &operator=(NameFilter &&) noexcept;

  // Throws ConfigError where a pattern cannot be decided within the limit.
  bool Admits(std::string_view name) const;

 private:
  struct Pattern;
  bool Any(const std::vector<Pattern> &patterns, std::string_view name) const;

  std::string key_;
  std::vector<Pattern> includes_;
  std::vector<Pattern> excludes_;
};

// The filters of a metadata workflow together. Names are raw; where the workflow says
// useFqnForFiltering, patterns see the fully qualified name.
class ObjectFilter {
 public:
  explicit ObjectFilter(const Config &config);

  bool AdmitsDatabase(const std::string &database) const;
  bool AdmitsSchema(const std::string &database, const std::string &schema) const;
  // Of a schema that is admitted. `kind` is pg_class.relkind: includeTables and includeViews count.
  bool AdmitsRelation(const std::string &database, const std::string &schema,
                      const std::string &name, char kind) const;
  bool AdmitsRoutine(const std::string &database, const std::string &schema,
                     const std::string &name) const;

 private:
  std::string service_;
  bool by_fqn_;
  bool tables_;
  bool views_;
  bool routines_;
  NameFilter database_;
  NameFilter schema_;
  NameFilter table_;
  NameFilter routine_;
};

}  // namespace shipper
