#include "capture/prepared.h"

#include "capture/executor.h"
#include "edge/guard.h"
#include "lineage/shape_cache.h"

namespace pg_lineage {

namespace {

bool IsConstant(const Node *argument) {
  while (IsA(argument, TypeCast)) argument = reinterpret_cast<const TypeCast *>(argument)->arg;
  return IsA(argument, A_Const);
}

// SELECT of the arguments, as the types of the parameters want them.
Query *ArgumentsQuery(const ExecuteStmt *execute) {
  const PreparedStatement *prepared = FetchPreparedStatement(execute->name, false);
  Query *query = makeNode(Query);
  query->commandType = CMD_SELECT;
  query->canSetTag = true;
  query->jointree = makeFromExpr(NIL, nullptr);
  ParseState *state = make_parsestate(nullptr);
  ListCell *cell;
  foreach (cell, execute->params) {
    const int number = foreach_current_index(cell) + 1;
    Node *argument = transformExpr(state, static_cast<Node *>(copyObjectImpl(lfirst(cell))),
                                   EXPR_KIND_EXECUTE_PARAMETER);
    if (prepared != nullptr && number <= prepared->plansource->num_params)
      argument = coerce_to_target_type(state, argument, exprType(argument),
                                       prepared->plansource->param_types[number - 1], -1,
                                       COERCION_ASSIGNMENT, COERCE_IMPLICIT_CAST, -1);
    if (argument == nullptr) break;  // the user's error, who is told by his own statement
    query->targetList = lappend(query->targetList,
                                makeTargetEntry(reinterpret_cast<Expr *>(argument),
                                                static_cast<AttrNumber>(number), nullptr, false));
  }
  free_parsestate(state);
  return query;
}

}  // namespace

ExecuteStmt *ComputingExecuteIn(Node *statement) {
  for (;;) {
    Node *inner = nullptr;
    if (IsA(statement, ExplainStmt)) inner = reinterpret_cast<ExplainStmt *>(statement)->query;
    if (IsA(statement, CreateTableAsStmt))
      inner = reinterpret_cast<CreateTableAsStmt *>(statement)->query;
    if (inner == nullptr) break;
    if (!IsA(inner, Query)) return nullptr;
    statement = reinterpret_cast<Query *>(inner)->utilityStmt;
    if (statement == nullptr) return nullptr;
  }
  if (!IsA(statement, ExecuteStmt)) return nullptr;
  ExecuteStmt *execute = reinterpret_cast<ExecuteStmt *>(statement);
  ListCell *cell;
  foreach (cell, execute->params) {
    if (!IsConstant(static_cast<const Node *>(lfirst(cell)))) return execute;
  }
  return nullptr;
}

void PrepareExecute(UtilityState *state, ExecuteStmt *execute) {
  Query *volatile query = nullptr;
  if (!Tried([&] { query = ArgumentsQuery(execute); })) return;
  state->shape = ShapeCacheKeep(BuildShape(query));
}

bool TakeArguments(RunState *run, const UtilityState *utility) {
  const Shape *arguments = utility->shape;
  // A function of SQL that computes an argument has parameters of its own.
  if (arguments == nullptr || arguments->noutputs == 0 || run->dest == DestSQLFunction)
    return false;
  const ResolveContext context = UtilityContext(utility);
  for (int i = 0; i < run->shape->nparams; i++) {
    const int number = run->shape->params[i].paramid;
    if (number >= 1 && number <= arguments->noutputs)
      run->params[i] = UnionSets(ResolveSet(context, arguments->outputs[number - 1]),
                                 IndirectPart(ResolveSet(context, arguments->rows)));
  }
  return true;
}

}  // namespace pg_lineage
