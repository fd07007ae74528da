// Statements without a plan, as far as they move data.
#include "lineage/body.h"

namespace pg_lineage {

namespace {

// CALL: the procedure's own body says what it writes, given these arguments.
void RunCall(Activation *activation, CallStmt *call) {
  StatementRun run = {};
  RunShape(activation, ReadCallShape(call->funcexpr), &run);
}

}  // namespace

void RunUtility(Activation *activation, Node *statement, const char *) {
  switch (nodeTag(statement)) {
    case T_CallStmt:
      RunCall(activation, reinterpret_cast<CallStmt *>(statement));
      break;
    case T_CreateTableAsStmt:
    case T_RefreshMatViewStmt:
    case T_CopyStmt:
    case T_DoStmt:
    case T_ExecuteStmt:
      NoteUnanalysed(activation, Unanalysed::kError, true);
      break;
    default:
      break;
  }
}

}  // namespace pg_lineage
