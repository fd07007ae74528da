// Tokens of a statement's text, by the server's own scanner; the lower half of queue/scrub.h.
//
//   Statement statement = {source};
//   if (ScanStatement(start, stop, &statement)) ... statement.tokens[statement.first] ...
//
// The text is scanned from its beginning, as the parser did, so that no token of the statement can
// begin inside a literal or comment. All memory is of the current context. Nothing is raised but
// cancel, shutdown and out of memory, and nothing is said to client or log.
#pragma once

#include "edge/guard.h"
#include "edge/pod_vector.h"
#include "edge/server.h"

namespace pg_lineage {

enum class TokenClass : uint8 { kLiteral, kParam, kKeyword, kName, kSign };

struct Token {
  int start;
  int end;
  TokenClass token_class;
  int param;            // kParam: its number
  const char *keyword;  // kKeyword: canonical spelling
};

// The tokens of one statement: [first, last) of all those scanned.
struct Statement {
  const char *source;
  PodVector<Token> tokens;
  int first;
  int last;
};

// Finds the tokens between two offsets of statement->source, without trailing semicolons. False
// when the text cannot be scanned, when its meaning is not certain, when a token lies across a
// border, or when there is no token.
bool ScanStatement(int start, int stop, Statement *statement);

// Runs `work` so that it neither raises (but cancel, shutdown, out of memory) nor says anything to
// client or log: the scanner warns of escapes and of long names, which the user has read already.
// False when it failed.
template <typename Work>
bool Quietly(const Work &work) {
  MemoryContext context = CurrentMemoryContext;
  const int client_level = client_min_messages;
  const int log_level = log_min_messages;
  const uint32 interrupts_held = InterruptHoldoffCount;
  volatile bool ok = true;
  client_min_messages = ERROR;
  log_min_messages = ERROR;
  PG_TRY();
  { work(); }
  PG_CATCH();
  {
    client_min_messages = client_level;
    log_min_messages = log_level;
    if (MustRethrow()) PG_RE_THROW();
    MemoryContextSwitchTo(context);
    FlushErrorState();
    InterruptHoldoffCount = interrupts_held;
    ok = false;
  }
  PG_END_TRY();
  client_min_messages = client_level;
  log_min_messages = log_level;
  return ok;
}

}  // namespace pg_lineage
