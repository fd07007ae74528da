// lineage._scrub(): lets anybody see what the scrubber would let leave.
#include "queue/scrub.h"

namespace pg_lineage {
namespace {

// The mode by the names of the setting pg_lineage.query_text.
ScrubMode ModeNamed(const char *name) {
  if (strcmp(name, "none") == 0) return ScrubMode::kNone;
  if (strcmp(name, "normalized") == 0) return ScrubMode::kNormalized;
  if (strcmp(name, "full") == 0) return ScrubMode::kFull;
  ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                  errmsg("unknown mode \"%s\" of query text", name),
                  errhint("The modes are \"none\", \"normalized\" and \"full\".")));
}

}  // namespace
}  // namespace pg_lineage

extern "C" {

PGL_SQL_FUNCTION(pg_lineage_scrub);

Datum pg_lineage_scrub(PG_FUNCTION_ARGS) {
  const pg_lineage::ScrubMode mode = pg_lineage::ModeNamed(text_to_cstring(PG_GETARG_TEXT_PP(3)));
  const char *scrubbed = pg_lineage::ScrubStatement(text_to_cstring(PG_GETARG_TEXT_PP(0)),
                                                    PG_GETARG_INT32(1), PG_GETARG_INT32(2), mode);
  if (scrubbed == nullptr) PG_RETURN_NULL();
  PG_RETURN_TEXT_P(cstring_to_text(scrubbed));
}

}  // extern "C"
