// What of a statement's text may leave the server.
//
// Every literal becomes a parameter, comments go, white space folds; names and keywords stay, also
// names that look like secrets: they are names. The tokens are those of the server's own scanner.
//
//   query_text = ScrubStatement(source, stmt_location, stmt_len, ScrubMode::kNormalized);
//
// * `source` is the whole string that was parsed. It is scanned from its start, so that a location
//   can never lead into the middle of a literal. One statement of it is returned, never a
//   neighbour's text. A location or length that is not known (location < 0, length <= 0) means up
//   to the end; several statements then give NULL.
// * Utility statements are reduced to their command tag (CREATE ROLE, CREATE USER MAPPING, ALTER
//   SYSTEM, DO, CALL, ...), in every mode, but for those that move data or define it by a query:
//   CREATE TABLE AS, CREATE [MATERIALIZED] VIEW, REFRESH, TRUNCATE, COPY (without file, program,
//   options and condition), and EXPLAIN, PREPARE, DECLARE CURSOR of such a statement.
// * Of a leading dbt comment node_id and invocation_id are kept, nothing else.
// * NULL when in doubt: the scanner raises an error, the meaning hangs on a setting that may have
//   changed since (standard_conforming_strings), the string is no statement, or it is longer than
//   1 MB. A result is cut at 32 kB, between two tokens.
//
// The result is allocated in CurrentMemoryContext. Raises nothing but cancel, shutdown and out of
// memory; needs no transaction and touches no table.
#pragma once

#include "edge/server.h"

namespace pg_lineage {

enum class ScrubMode : int {
  kNone = 0,        // no text at all
  kNormalized = 1,  // as described above
  kFull = 2,        // the same statements as written, with their literals; COPY as above
};

const char *ScrubStatement(const char *source, int location, int length, ScrubMode mode);

}  // namespace pg_lineage
