#include "lineage/masking.h"

#include "edge/guc.h"

namespace pg_lineage {

namespace {

// Of pg_catalog and pgcrypto (PostgreSQL manual, 9.4, 9.5 and F.28).
const char *const kBuiltIn[] = {
    "md5",
    "sha224",
    "sha256",
    "sha384",
    "sha512",
    "left",
    "right",
    "overlay",
    "regexp_replace",
    "translate",
    "digest",
    "hmac",
    "crypt",
    "encrypt",
    "encrypt_iv",
    "pgp_sym_encrypt",
    "pgp_sym_encrypt_bytea",
    "pgp_pub_encrypt",
    "pgp_pub_encrypt_bytea",
    "hashtext",
    "hashtextextended",
    "hash_array",
};

// True when `list` (comma separated) names the function.
bool Listed(const char *list, const char *name, Oid schema) {
  if (*list == '\0') return false;
  char *copy = pstrdup(list);
  List *names = NIL;
  bool found = false;
  if (SplitIdentifierString(copy, ',', &names)) {
    char *qualified = psprintf("%s.%s", get_namespace_name(schema), name);
    ListCell *cell;
    foreach (cell, names) {
      const char *entry = static_cast<const char *>(lfirst(cell));
      if (strcmp(entry, name) == 0 || strcmp(entry, qualified) == 0) found = true;
    }
  }
  return found;
}

}  // namespace

bool IsMaskingFunction(const char *name, Oid schema) {
  for (const char *known : kBuiltIn) {
    if (strcmp(known, name) == 0) return true;
  }
  return Listed(settings.masking_functions, name, schema);
}

}  // namespace pg_lineage
