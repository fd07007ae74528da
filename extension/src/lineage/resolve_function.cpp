// Functions in FROM: their columns, what decides about their rows, and what dblink reads.
#include "lineage/resolve.h"

namespace pg_lineage {

namespace {

// The columns that a function in FROM gives: those that the statement defines, else those of the
// function's row type.
PodVector<const char *> ColumnsOf(const RangeTblFunction *function) {
  PodVector<const char *> names = {};
  ListCell *cell;
  foreach (cell, function->funccolnames) names.Append(strVal(lfirst(cell)));
  TupleDesc row = names.Empty() ? get_expr_result_tupdesc(function->funcexpr, true) : nullptr;
  for (int i = 0; row != nullptr && i < row->natts; i++)
    names.Append(NameStr(TupleDescAttr(row, i)->attname));
  return names;
}

// A column of what another database gives; 0: that it is read.
void AddRemote(RangeTblFunction *function, int column, uint8 kind, SymBag *out) {
  FuncExpr *call = reinterpret_cast<FuncExpr *>(function->funcexpr);
  RemoteCall remote = TraitsOf(call->funcid)->remote;
  if (remote != RemoteCall::kRows && remote != RemoteCall::kResult) return;
  const PodVector<const char *> names = ColumnsOf(function);
  if (column > names.size) return;
  out->Add({RemoteDataset(call, remote, names.size, names.items), static_cast<int16>(column), kind,
            SymType::kRemote});
}

}  // namespace

void AddFunctionRows(Builder *builder, QueryInfo *info, RangeTblEntry *rte, SymBag *out) {
  ListCell *cell;
  foreach (cell, rte->functions) {
    RangeTblFunction *function = lfirst_node(RangeTblFunction, cell);
    Node *expr = function->funcexpr;
    if (!IsA(expr, FuncExpr)) {
      AddExpr(builder, info, expr, kFilter, out);
      continue;
    }
    FuncExpr *call = reinterpret_cast<FuncExpr *>(expr);
    ListCell *arg;
    foreach (arg, call->args)
      AddExpr(builder, info, static_cast<Node *>(lfirst(arg)), kFilter, out);
    AddRemote(function, 0, kRead, out);
    AddCall(builder, info, expr, call->funcid, call->args, kCallRows, kIdentity, out);
  }
}

bool AddFunctionColumn(Builder *builder, QueryInfo *info, RangeTblEntry *rte, int attno,
                       const FieldPath *then, uint8 kind, SymBag *out) {
  int first = 1;
  ListCell *cell;
  foreach (cell, rte->functions) {
    RangeTblFunction *function = lfirst_node(RangeTblFunction, cell);
    if (attno < first + function->funccolcount) {
      FieldPath column(attno - first + 1, then);
      Node *expr = function->funcexpr;
      if (!IsA(expr, FuncExpr)) {
        AddExpr(builder, info, expr, Compose(kind, kTransformation), out);
        return true;
      }
      if (AddNamedColumn(builder, info, function, column, kind, out)) return true;
      FuncExpr *call = reinterpret_cast<FuncExpr *>(expr);
      AddRemote(function, column.field, column.KindOf(kind), out);
      AddCall(builder, info, expr, call->funcid, call->args, column, kind, out);
      return true;
    }
    first += function->funccolcount;
  }
  return false;
}

}  // namespace pg_lineage
