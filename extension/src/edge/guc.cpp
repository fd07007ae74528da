#include "edge/guc.h"

#include "edge/compat.h"

namespace pg_lineage {

Settings settings;

namespace {

constexpr int kMaxIgnored = 64;

const config_enum_entry kTrackOptions[] = {{"none", kTrackNone, false},
                                           {"top", kTrackTop, false},
                                           {"all", kTrackAll, false},
                                           {NULL, 0, false}};
const config_enum_entry kQueryTextOptions[] = {{"none", kQueryTextNone, false},
                                               {"normalized", kQueryTextNormalized, false},
                                               {"full", kQueryTextFull, false},
                                               {NULL, 0, false}};

// ignore_schemas as OIDs; read again after a change of the setting or of any schema.
struct IgnoredList {
  bool valid;
  bool watching;  // the syscache callback is registered
  int count;
  Oid items[kMaxIgnored];
};
IgnoredList ignored;

bool CheckIgnoreSchemas(char **value, void **, GucSource) {
  List *names = NIL;
  char *copy = pstrdup(*value);
  bool fine = SplitIdentifierString(copy, ',', &names);
  if (!fine) {
    GUC_check_errdetail("The list of schema names is not valid.");
  } else if (list_length(names) > kMaxIgnored) {
    GUC_check_errdetail("At most %d schemas can be listed.", kMaxIgnored);
    fine = false;
  }
  list_free(names);
  pfree(copy);
  return fine;
}

void AssignIgnoreSchemas(const char *, void *) { ignored.valid = false; }

uint32 masking_generation = 0;

void AssignMaskingFunctions(const char *, void *) { masking_generation++; }

void ForgetIgnored(Datum, int, uint32) { ignored.valid = false; }

// Looks the names up again. A schema that does not exist yet is found when it is created.
void ReadIgnored() {
  if (!ignored.watching) {
    CacheRegisterSyscacheCallback(NAMESPACEOID, ForgetIgnored, (Datum)0);
    ignored.watching = true;
  }
  ignored.count = 0;
  ignored.valid = true;
  List *names = NIL;
  char *copy = pstrdup(settings.ignore_schemas);
  if (SplitIdentifierString(copy, ',', &names)) {
    ListCell *cell;
    foreach (cell, names) {
      Oid oid = get_namespace_oid(static_cast<char *>(lfirst(cell)), true);
      if (OidIsValid(oid) && ignored.count < kMaxIgnored) ignored.items[ignored.count++] = oid;
    }
  }
  list_free(names);
  pfree(copy);
}

// What is captured, and whether.
void DefineCaptureSettings() {
  // To switch capture off without a restart, for everybody or for one role or database.
  DefineCustomBoolVariable("pg_lineage.enabled", "Captures lineage.", NULL, &settings.enabled, true,
                           PGC_SUSET, 0, NULL, NULL, NULL);
  // To capture only what clients send, where the insides of routines are of no interest.
  DefineCustomEnumVariable("pg_lineage.track", "Selects the statements that are captured.",
                           "top: not those inside routines.", &settings.track, kTrackAll,
                           kTrackOptions, PGC_SUSET, 0, NULL, NULL, NULL);
  // To keep no text at all, or to keep literals where they are known to be harmless.
  DefineCustomEnumVariable("pg_lineage.query_text", "Selects what is kept of a statement's text.",
                           "normalized: literals become parameters, comments go.",
                           &settings.query_text, kQueryTextNormalized, kQueryTextOptions, PGC_SUSET,
                           0, NULL, NULL, NULL);
  // To leave DDL to another tool.
  DefineCustomBoolVariable("pg_lineage.capture_ddl", "Captures DDL commands.", NULL,
                           &settings.capture_ddl, true, PGC_SUSET, 0, NULL, NULL, NULL);
  // To save the cost of counting statements that only read.
  DefineCustomBoolVariable("pg_lineage.capture_reads", "Counts statements that only read.", NULL,
                           &settings.capture_reads, true, PGC_SUSET, 0, NULL, NULL, NULL);
  // To see only what statements read, not what decided that they ran.
  DefineCustomBoolVariable("pg_lineage.track_control_flow",
                           "Follows conditions of routines (IF, CASE, loops, EXECUTE).", NULL,
                           &settings.track_control_flow, true, PGC_SUSET, 0, NULL, NULL, NULL);
  // To leave out schemas whose relations never matter, such as a monitoring tool's.
  DefineCustomStringVariable("pg_lineage.ignore_schemas",
                             "Lists schemas whose relations never are nodes.", NULL,
                             &settings.ignore_schemas, "", PGC_SUSET, GUC_LIST_INPUT,
                             CheckIgnoreSchemas, AssignIgnoreSchemas, NULL);
  // To mark what passes through a site's own masking functions.
  DefineCustomStringVariable("pg_lineage.masking_functions",
                             "Lists functions that hide their arguments, beside the built-in ones.",
                             NULL, &settings.masking_functions, "", PGC_SUSET, GUC_LIST_INPUT, NULL,
                             AssignMaskingFunctions, NULL);
}

// What is said to the user.
void DefineNotices() {
  // To see, before a table is dropped or changed, what is fed by it; each for himself.
  DefineCustomBoolVariable("pg_lineage.warn_on_drop",
                           "Names what depends on it by lineage before something is dropped.",
                           "A NOTICE, also before columns are renamed or get another type.",
                           &settings.warn_on_drop, false, PGC_USERSET, 0, NULL, NULL, NULL);
}

// How much is kept.
void DefineLimits() {
  // To hold all distinct facts of all databases; see shared memory used in lineage.health.
  DefineCustomIntVariable("pg_lineage.max_events", "Facts that shared memory counts.", NULL,
                          &settings.max_events, 20000, 100, 10000000, PGC_POSTMASTER, 0, NULL, NULL,
                          NULL);
  // To bound the queue while no shipper runs; above it the shipper compares all when it comes.
  DefineCustomIntVariable("pg_lineage.max_feed", "Feed rows that may wait for the shipper.", NULL,
                          &settings.max_feed, 1000000, 10, INT_MAX, PGC_SUSET, 0, NULL, NULL, NULL);
  // To bound the memory of a backend that runs many distinct statements (about 2 kB each).
  DefineCustomIntVariable("pg_lineage.max_shapes", "Statements whose lineage a backend keeps.",
                          NULL, &settings.max_shapes, 5000, 10, 1000000, PGC_SUSET, 0, NULL, NULL,
                          NULL);
  // To bound what one giant statement can cost; above it lineage is by table.
  DefineCustomIntVariable("pg_lineage.max_columns", "Column pairs kept of one statement.", NULL,
                          &settings.max_columns, 10000, 1, 1000000, PGC_SUSET, 0, NULL, NULL, NULL);
  // To bound the call path of deeply nested routines; deeper frames fold.
  DefineCustomIntVariable("pg_lineage.max_path_depth", "Frames kept of a call path.", NULL,
                          &settings.max_path_depth, 64, 1, 1000, PGC_SUSET, 0, NULL, NULL, NULL);
  // To let go of what a job that is no more has done; whole databases rest for longer than one
  // thinks.
  DefineCustomIntVariable(
      "pg_lineage.retire_after", "Observed edges that were not seen for so long end; 0: never.",
      NULL, &settings.retire_after, 0, 0, INT_MAX, PGC_SUSET, GUC_UNIT_S, NULL, NULL, NULL);
}

}  // namespace

void DefineSettings() {
  DefineCaptureSettings();
  DefineNotices();
  DefineLimits();
  MarkGUCPrefixReserved("pg_lineage");
}

uint32 MaskingGeneration() { return masking_generation; }

bool IgnoredSchema(Oid namespace_oid) {
  if (settings.ignore_schemas == NULL || settings.ignore_schemas[0] == '\0') return false;
  if (!ignored.valid) ReadIgnored();
  for (int i = 0; i < ignored.count; i++)
    if (ignored.items[i] == namespace_oid) return true;
  return false;
}

}  // namespace pg_lineage
