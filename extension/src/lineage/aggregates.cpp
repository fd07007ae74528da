// Aggregates of the user's own: their value is made of their arguments, and of what the functions
// behind them read as they run.
#include "lineage/resolve.h"

namespace pg_lineage {

namespace {

// The arguments' sources; the state is made of them, too.
SymSet AllOf(Builder *builder, QueryInfo *info, List *args) {
  SymBag bag = {};
  ListCell *cell;
  foreach (cell, args) AddExpr(builder, info, static_cast<Node *>(lfirst(cell)), kIdentity, &bag);
  return bag.Finish();
}

int SupportIndex(Builder *builder, QueryInfo *info, Node *call, Oid function, List *args) {
  for (int i = 0; i < builder->call_nodes.size; i++) {
    if (builder->call_nodes[i] == call && builder->calls[i].function == function) return i;
  }
  ShapeCall entry = {};
  entry.function = function;
  entry.site = kAnySite;
  entry.supports = true;
  entry.nargs = list_length(args) + 1;
  entry.args = static_cast<SymSet *>(palloc0(sizeof(SymSet) * entry.nargs));
  entry.fields = static_cast<ShapeFields *>(palloc0(sizeof(ShapeFields) * entry.nargs));
  entry.args[0] = AllOf(builder, info, args);
  for (int i = 1; i < entry.nargs; i++) {
    SymBag bag = {};
    AddExpr(builder, info, static_cast<Node *>(list_nth(args, i - 1)), kIdentity, &bag);
    entry.args[i] = bag.Finish();
  }
  builder->calls.Append(entry);
  builder->call_nodes.Append(call);
  builder->call_rounds.Append(builder->generation);
  return builder->calls.size - 1;
}

// A SQL function behind an aggregate is read like any other; its first argument is the state.
void AddSqlSupport(Builder *builder, QueryInfo *info, Oid function, List *args, uint8 kind,
                   SymBag *out) {
  RowExpr *state = makeNode(RowExpr);
  state->args = args;
  state->row_typeid = RECORDOID;
  state->row_format = COERCE_IMPLICIT_CAST;
  state->location = -1;
  FuncExpr *call = makeFuncExpr(function, get_func_rettype(function), lcons(state, list_copy(args)),
                                InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL);
  (void)AddSqlBody(builder, info, reinterpret_cast<Node *>(call), function, call->args, 0, kind,
                   out);
}

}  // namespace

void AddSupportCalls(Builder *builder, QueryInfo *info, Node *call, Oid aggregate, List *args,
                     uint8 kind, SymBag *out) {
  if (aggregate < FirstNormalObjectId) return;
  HeapTuple tuple = SearchSysCache1(AGGFNOID, ObjectIdGetDatum(aggregate));
  if (!HeapTupleIsValid(tuple)) return;
  Form_pg_aggregate form = reinterpret_cast<Form_pg_aggregate>(GETSTRUCT(tuple));
  Oid functions[] = {form->aggtransfn, form->aggfinalfn};
  ReleaseSysCache(tuple);
  for (Oid function : functions) {
    if (!OidIsValid(function)) continue;
    FunctionClass cls = TraitsOf(function)->cls;
    if (cls == FunctionClass::kSqlBody) AddSqlSupport(builder, info, function, args, kind, out);
    if (cls != FunctionClass::kTraced) continue;
    int index = SupportIndex(builder, info, call, function, args);
    out->Add({static_cast<uint32>(index), 0, kind, SymType::kCall});
  }
}

}  // namespace pg_lineage
