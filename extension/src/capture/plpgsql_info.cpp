#include "capture/plpgsql_info.h"

#include "capture/plpgsql_dynamic.h"
#include "edge/compat.h"
#include "edge/hash_table.h"
#include "edge/recent.h"
#include "lineage/plpgsql_body.h"
#include "queue/routine_ends.h"

namespace pg_lineage {

namespace {

HTAB *info_table = nullptr;  // PLpgSQL_function * -> FunctionInfo *

Recent<const PLpgSQL_function *, FunctionInfo> recent = {};

struct InfoEntry {
  PLpgSQL_function *function;  // key
  FunctionInfo *info;
};

constexpr Jumps kReturns = {true, true, 0};
constexpr Jumps kFails = {true, false, 0};

// A jump that ends a round of a loop or leaves a block.
Jumps Leaving(uint32 id) { return {false, false, id}; }

// Those of the jumps in a statement that lead out of it.
Jumps OutOf(uint32 id, Jumps inside) {
  if (inside.leaves == id) inside.leaves = 0;
  return inside;
}

Jumps VisitList(FunctionInfo *info, List *body, uint32 parent, int conditions,
                bool handler = false);

void Forget(void *arg) {
  recent.Forget(static_cast<PLpgSQL_function *>(arg));
  if (info_table != nullptr) hash_search(info_table, &arg, HASH_REMOVE, nullptr);
}

// The loop, or the labelled block, that an EXIT or CONTINUE ends a round of.
uint32 LeftBy(const FunctionInfo *info, PLpgSQL_stmt_exit *jump) {
  uint32 id = info->statements[jump->stmtid].parent;
  for (; id != 0; id = info->statements[id].parent) {
    PLpgSQL_stmt *around = info->statements[id].statement;
    const char *label = LabelOf(around);
    if (jump->label == nullptr ? IsLoop(around->cmd_type)
                               : label != nullptr && strcmp(label, jump->label) == 0)
      break;
  }
  return id;
}

// What WHEN OTHERS does not take: assert_failure and query_canceled.
bool IsBesideOthers(const char *condition) {
  static const char *const names[] = {"assert_failure", "P0004", "query_canceled", "57014"};
  for (const char *name : names) {
    if (strcmp(condition, name) == 0) return true;
  }
  return false;
}

// True when the routine's text says that a RAISE is of such a one.
bool RaisesBesideOthers(const PLpgSQL_stmt_raise *raise) {
  if (raise->condname != nullptr) return IsBesideOthers(raise->condname);
  ListCell *cell;
  foreach (cell, raise->options) {
    const PLpgSQL_raise_option *option = static_cast<PLpgSQL_raise_option *>(lfirst(cell));
    const char *text = option->expr->query;
    const char *end = strchr(text, '\'') == text ? strrchr(text, '\'') : text;
    if (option->opt_type == PLPGSQL_RAISEOPTION_ERRCODE && end > text)
      return IsBesideOthers(pnstrdup(text + 1, end - text - 1));
  }
  return false;
}

// True when a block has a handler for every error.
bool TakesErrors(const PLpgSQL_stmt *statement) {
  if (statement->cmd_type != PLPGSQL_STMT_BLOCK) return false;
  const PLpgSQL_stmt_block *block = As<PLpgSQL_stmt_block>(statement);
  if (block->exceptions == nullptr) return false;
  ListCell *cell;
  foreach (cell, block->exceptions->exc_list) {
    const PLpgSQL_condition *condition = static_cast<PLpgSQL_exception *>(lfirst(cell))->conditions;
    for (; condition != nullptr; condition = condition->next)
      if (compat::IsOthers(condition)) return true;
  }
  return false;
}

// RAISE of an error leaves the block whose handlers take it, or the function.
Jumps RaisedFrom(const FunctionInfo *info, const PLpgSQL_stmt *raise) {
  if (RaisesBesideOthers(As<PLpgSQL_stmt_raise>(raise))) return {true, false, 0};
  const StatementInfo *inner = &info->statements[raise->stmtid];
  for (; inner->parent != 0; inner = &info->statements[inner->parent])
    if (!inner->handler && TakesErrors(info->statements[inner->parent].statement))
      return Leaving(inner->parent);
  return kFails;
}

// Both; of two statements that are left, of which one stands in the other, the outer.
Jumps Both(const FunctionInfo *info, const Jumps &a, const Jumps &b) {
  uint32 outer = b.leaves;
  for (uint32 id = b.leaves; id != 0 && a.leaves != 0; id = info->statements[id].parent) {
    if (id == a.leaves) outer = id;
  }
  return {a.out_of_function || b.out_of_function, a.returns || b.returns,
          outer == 0 ? a.leaves : outer};
}

Jumps VisitIf(FunctionInfo *info, PLpgSQL_stmt_if *statement) {
  uint32 id = statement->stmtid;
  Jumps jumps = VisitList(info, statement->then_body, id, 1);
  int conditions = 1;
  ListCell *cell;
  foreach (cell, statement->elsif_list) {
    List *arm = static_cast<PLpgSQL_if_elsif *>(lfirst(cell))->stmts;
    jumps = Both(info, jumps, VisitList(info, arm, id, ++conditions));
  }
  return Both(info, jumps, VisitList(info, statement->else_body, id, conditions));
}

// The test expression counts as the first condition.
Jumps VisitCase(FunctionInfo *info, PLpgSQL_stmt_case *statement) {
  uint32 id = statement->stmtid;
  Jumps jumps = {};
  int conditions = statement->t_expr == nullptr ? 0 : 1;
  ListCell *cell;
  foreach (cell, statement->case_when_list) {
    List *arm = static_cast<PLpgSQL_case_when *>(lfirst(cell))->stmts;
    jumps = Both(info, jumps, VisitList(info, arm, id, ++conditions));
  }
  return Both(info, jumps, VisitList(info, statement->else_stmts, id, conditions));
}

Jumps VisitBlock(FunctionInfo *info, PLpgSQL_stmt_block *block) {
  const Jumps body = VisitList(info, block->body, block->stmtid, 0);
  if (block->exceptions == nullptr) return body;
  Jumps handlers = {};
  ListCell *cell;
  foreach (cell, block->exceptions->exc_list) {
    List *action = static_cast<PLpgSQL_exception *>(lfirst(cell))->action;
    handlers = Both(info, handlers, VisitList(info, action, block->stmtid, 0, true));
  }
  Jumps skipped = body;
  skipped.out_of_function = body.returns;  // the other ways out are failures themselves
  info->statements[block->stmtid].around_failure =
      OutOf(block->stmtid, Both(info, skipped, handlers));
  return Both(info, body, handlers);
}

// Visits what stands inside a statement; returns the jumps in it.
Jumps VisitInside(FunctionInfo *info, PLpgSQL_stmt *statement) {
  if (IsLoop(statement->cmd_type))
    return VisitList(info, LoopBody(statement), statement->stmtid,
                     statement->cmd_type == PLPGSQL_STMT_WHILE ? 1 : 0);
  switch (statement->cmd_type) {
    case PLPGSQL_STMT_BLOCK:
      return VisitBlock(info, As<PLpgSQL_stmt_block>(statement));
    case PLPGSQL_STMT_IF:
      return VisitIf(info, As<PLpgSQL_stmt_if>(statement));
    case PLPGSQL_STMT_CASE:
      return VisitCase(info, As<PLpgSQL_stmt_case>(statement));
    case PLPGSQL_STMT_EXIT:
      return Leaving(LeftBy(info, As<PLpgSQL_stmt_exit>(statement)));
    case PLPGSQL_STMT_RETURN:
      info->may_refuse_row = info->may_refuse_row || As<PLpgSQL_stmt_return>(statement)->retvarno !=
                                                         info->function->new_varno;
      return kReturns;
    case PLPGSQL_STMT_RAISE:
      if (As<PLpgSQL_stmt_raise>(statement)->elog_level < ERROR) return {};
      return RaisedFrom(info, statement);
    case PLPGSQL_STMT_ASSERT:
      return kFails;
    default:
      return {};
  }
}

// True when something is to be evaluated before the first statement inside.
bool Opens(PLpgSQL_stmt *statement) {
  switch (statement->cmd_type) {
    case PLPGSQL_STMT_BLOCK:
      return As<PLpgSQL_stmt_block>(statement)->n_initvars > 0;
    case PLPGSQL_STMT_FORI:
    case PLPGSQL_STMT_FOREACH_A:
      return true;
    default:
      return false;
  }
}

bool Decides(PLpgSQL_stmt_type type) {
  return IsLoop(type) || type == PLPGSQL_STMT_IF || type == PLPGSQL_STMT_CASE ||
         type == PLPGSQL_STMT_EXIT || type == PLPGSQL_STMT_ASSERT;
}

// Notes all of a statement but where it stands, which was noted before: jumps inside look at it.
void VisitStatement(FunctionInfo *info, PLpgSQL_stmt *statement) {
  StatementInfo *entry = &info->statements[statement->stmtid];
  entry->statement = statement;
  entry->decides = Decides(statement->cmd_type);
  entry->opens = Opens(statement);
  entry->jumps = OutOf(statement->stmtid, VisitInside(info, statement));
}

// FOUND in the text of an expression: the variable, or a name that costs a little for nothing.
void LookForFound(PLpgSQL_expr *expr, void *arg) {
  FunctionInfo *info = static_cast<FunctionInfo *>(arg);
  if (expr == nullptr) return;
  for (const char *c = expr->query; *c != '\0' && !info->looks_at_outcome; c++)
    info->looks_at_outcome = pg_strncasecmp(c, "found", 5) == 0;
}

Jumps VisitList(FunctionInfo *info, List *body, uint32 parent, int conditions, bool handler) {
  Jumps all = {};
  ListCell *cell;
  foreach (cell, body) {
    PLpgSQL_stmt *statement = static_cast<PLpgSQL_stmt *>(lfirst(cell));
    if (statement->stmtid >= info->size) continue;
    StatementInfo *entry = &info->statements[statement->stmtid];
    entry->parent = parent;
    entry->conditions = static_cast<int16>(conditions);
    entry->handler = handler;
    VisitStatement(info, statement);
    all = Both(info, all, entry->jumps);
    if (statement->cmd_type == PLPGSQL_STMT_GETDIAG) info->looks_at_outcome = true;
    ForEachExpression(statement, LookForFound, info);
    ForEachQuery(statement, LookForFound, info);
  }
  return all;
}

FunctionInfo *Build(PLpgSQL_function *function) {
  MemoryContext caller = MemoryContextSwitchTo(function->fn_cxt);
  FunctionInfo *info = static_cast<FunctionInfo *>(palloc0(sizeof(FunctionInfo)));
  info->function = function;
  info->body = OidIsValid(function->fn_oid) ? BodyText(function->fn_oid) : 0;
  info->size = function->nstatements + 1;
  info->statements = static_cast<StatementInfo *>(palloc0(sizeof(StatementInfo) * info->size));
  PLpgSQL_stmt *block = reinterpret_cast<PLpgSQL_stmt *>(function->action);
  if (block->stmtid < info->size) VisitStatement(info, block);
  for (uint32 id = 1; id < info->size; id++) {
    if (info->statements[id].statement != nullptr)
      NoteAssigned(info, info->statements[id].statement);
  }
  MemoryContextCallback *callback =
      static_cast<MemoryContextCallback *>(palloc0(sizeof(MemoryContextCallback)));
  callback->func = Forget;
  callback->arg = function;
  MemoryContextRegisterResetCallback(function->fn_cxt, callback);
  MemoryContextSwitchTo(caller);
  return info;
}

void VisitExprList(List *list, void (*visit)(PLpgSQL_expr *, void *), void *arg) {
  ListCell *cell;
  foreach (cell, list) visit(static_cast<PLpgSQL_expr *>(lfirst(cell)), arg);
}

}  // namespace

FunctionInfo *KnownInfo(PLpgSQL_function *function) {
  if (FunctionInfo *info = recent.Find(function)) return info;
  if (info_table == nullptr) return nullptr;
  InfoEntry *entry =
      static_cast<InfoEntry *>(hash_search(info_table, &function, HASH_FIND, nullptr));
  if (entry == nullptr) return nullptr;
  recent.Keep(function, entry->info);
  return entry->info;
}

FunctionInfo *InfoOf(PLpgSQL_function *function) {
  if (info_table == nullptr)
    info_table =
        MakeTable(&InfoEntry::function, "pg_lineage PL/pgSQL functions", 64, TopMemoryContext);
  if (FunctionInfo *known = KnownInfo(function)) return known;
  FunctionInfo *info = Build(function);
  InfoEntry *entry =
      static_cast<InfoEntry *>(hash_search(info_table, &function, HASH_ENTER, nullptr));
  entry->info = info;
  return info;
}

bool IsLoop(PLpgSQL_stmt_type type) {
  return type == PLPGSQL_STMT_LOOP || type == PLPGSQL_STMT_WHILE || type == PLPGSQL_STMT_FORI ||
         type == PLPGSQL_STMT_FORS || type == PLPGSQL_STMT_FORC || type == PLPGSQL_STMT_DYNFORS ||
         type == PLPGSQL_STMT_FOREACH_A;
}

const char *LabelOf(const PLpgSQL_stmt *statement) {
  switch (statement->cmd_type) {
    case PLPGSQL_STMT_BLOCK:
      return As<PLpgSQL_stmt_block>(statement)->label;
    case PLPGSQL_STMT_LOOP:
      return As<PLpgSQL_stmt_loop>(statement)->label;
    case PLPGSQL_STMT_WHILE:
      return As<PLpgSQL_stmt_while>(statement)->label;
    case PLPGSQL_STMT_FORI:
      return As<PLpgSQL_stmt_fori>(statement)->label;
    case PLPGSQL_STMT_FORS:
    case PLPGSQL_STMT_FORC:
    case PLPGSQL_STMT_DYNFORS:
      return As<PLpgSQL_stmt_forq>(statement)->label;
    case PLPGSQL_STMT_FOREACH_A:
      return As<PLpgSQL_stmt_foreach_a>(statement)->label;
    default:
      return nullptr;
  }
}

List *LoopBody(const PLpgSQL_stmt *loop) {
  switch (loop->cmd_type) {
    case PLPGSQL_STMT_LOOP:
      return As<PLpgSQL_stmt_loop>(loop)->body;
    case PLPGSQL_STMT_WHILE:
      return As<PLpgSQL_stmt_while>(loop)->body;
    case PLPGSQL_STMT_FORI:
      return As<PLpgSQL_stmt_fori>(loop)->body;
    case PLPGSQL_STMT_FOREACH_A:
      return As<PLpgSQL_stmt_foreach_a>(loop)->body;
    default:
      return As<PLpgSQL_stmt_forq>(loop)->body;
  }
}

PLpgSQL_expr *ConditionOf(PLpgSQL_stmt *statement, int index) {
  switch (statement->cmd_type) {
    case PLPGSQL_STMT_IF: {
      PLpgSQL_stmt_if *branch = As<PLpgSQL_stmt_if>(statement);
      if (index == 0) return branch->cond;
      if (index > list_length(branch->elsif_list)) return nullptr;
      return static_cast<PLpgSQL_if_elsif *>(list_nth(branch->elsif_list, index - 1))->cond;
    }
    case PLPGSQL_STMT_CASE: {
      PLpgSQL_stmt_case *branch = As<PLpgSQL_stmt_case>(statement);
      if (branch->t_expr != nullptr && index-- == 0) return branch->t_expr;
      if (index >= list_length(branch->case_when_list)) return nullptr;
      return static_cast<PLpgSQL_case_when *>(list_nth(branch->case_when_list, index))->expr;
    }
    case PLPGSQL_STMT_WHILE:
      return index == 0 ? As<PLpgSQL_stmt_while>(statement)->cond : nullptr;
    case PLPGSQL_STMT_EXIT:
      return index == 0 ? As<PLpgSQL_stmt_exit>(statement)->cond : nullptr;
    case PLPGSQL_STMT_ASSERT:
      return index == 0 ? As<PLpgSQL_stmt_assert>(statement)->cond : nullptr;
    default:
      return nullptr;
  }
}

void ForEachQuery(PLpgSQL_stmt *statement, void (*visit)(PLpgSQL_expr *, void *), void *arg) {
  switch (statement->cmd_type) {
    case PLPGSQL_STMT_EXECSQL:
      visit(As<PLpgSQL_stmt_execsql>(statement)->sqlstmt, arg);
      break;
    case PLPGSQL_STMT_PERFORM:
      visit(As<PLpgSQL_stmt_perform>(statement)->expr, arg);
      break;
    case PLPGSQL_STMT_CALL:
      visit(As<PLpgSQL_stmt_call>(statement)->expr, arg);
      break;
    case PLPGSQL_STMT_FORS:
      visit(As<PLpgSQL_stmt_fors>(statement)->query, arg);
      break;
    case PLPGSQL_STMT_RETURN_QUERY:
      if (As<PLpgSQL_stmt_return_query>(statement)->query != nullptr)
        visit(As<PLpgSQL_stmt_return_query>(statement)->query, arg);
      break;
    case PLPGSQL_STMT_OPEN:
      if (As<PLpgSQL_stmt_open>(statement)->query != nullptr)
        visit(As<PLpgSQL_stmt_open>(statement)->query, arg);
      break;
    default:
      break;
  }
}

void ForEachExpression(PLpgSQL_stmt *statement, void (*visit)(PLpgSQL_expr *, void *), void *arg) {
  for (int i = 0; PLpgSQL_expr *condition = ConditionOf(statement, i); i++) visit(condition, arg);
  if (PLpgSQL_expr *text = DynamicText(statement)) visit(text, arg);
  VisitExprList(UsingOf(statement), visit, arg);
  switch (statement->cmd_type) {
    case PLPGSQL_STMT_ASSIGN:
      visit(As<PLpgSQL_stmt_assign>(statement)->expr, arg);
      break;
    case PLPGSQL_STMT_RETURN:
      if (As<PLpgSQL_stmt_return>(statement)->expr != nullptr)
        visit(As<PLpgSQL_stmt_return>(statement)->expr, arg);
      break;
    case PLPGSQL_STMT_RETURN_NEXT:
      if (As<PLpgSQL_stmt_return_next>(statement)->expr != nullptr)
        visit(As<PLpgSQL_stmt_return_next>(statement)->expr, arg);
      break;
    case PLPGSQL_STMT_FORI: {
      PLpgSQL_stmt_fori *loop = As<PLpgSQL_stmt_fori>(statement);
      visit(loop->lower, arg);
      visit(loop->upper, arg);
      if (loop->step != nullptr) visit(loop->step, arg);
      break;
    }
    case PLPGSQL_STMT_FOREACH_A:
      visit(As<PLpgSQL_stmt_foreach_a>(statement)->expr, arg);
      break;
    case PLPGSQL_STMT_RAISE:
      VisitExprList(As<PLpgSQL_stmt_raise>(statement)->params, visit, arg);
      break;
    default:
      break;
  }
}

int FieldIndex(PLpgSQL_rec *record, const char *name, int *width) {
  const bool empty = record->erh == nullptr;
  if (empty && record->rectypeid == RECORDOID) return -1;
  TupleDesc desc = empty ? lookup_rowtype_tupdesc_domain(record->rectypeid, -1, true)
                         : expanded_record_get_tupdesc(record->erh);
  const int number = desc == nullptr ? 0 : FieldOf(desc, name);
  if (number > 0) *width = desc->natts;
  if (empty && desc != nullptr) ReleaseTupleDesc(desc);
  return number - 1;
}

}  // namespace pg_lineage
