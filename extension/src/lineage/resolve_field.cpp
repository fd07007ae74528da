// What one field of a composite value is made of, followed to where the row was put together; also
// through arrays of rows, whose elements are not told apart.
#include "edge/compat.h"
#include "lineage/resolve.h"
#include "lineage/row_types.h"

namespace pg_lineage {

namespace {

// Whichever of the values it is: the field of each.
void AddFieldOfEach(Builder *builder, QueryInfo *info, List *values, FieldPath field, uint8 kind,
                    SymBag *out) {
  ListCell *cell;
  foreach (cell, values)
    AddField(builder, info, static_cast<Node *>(lfirst(cell)), field, kind, out);
}

bool AddColumnField(Builder *builder, QueryInfo *scope, RangeTblEntry *rte, int attno,
                    FieldPath field, uint8 kind, SymBag *out);

// The value is taken whole, where its parts were asked for.
void NoteUnknown(const FieldPath &field) {
  if (AskedNames *asked = field.AskedAtEnd()) asked->unknown = true;
}

// What `path` leads to in a value; NULL: all of it.
void AddRest(Builder *builder, QueryInfo *info, Node *expr, const FieldPath *path, uint8 kind,
             SymBag *out) {
  if (path == nullptr) {
    AddExpr(builder, info, expr, kind, out);
  } else {
    AddField(builder, info, expr, *path, kind, out);
  }
}

// A composite column of an entry that is made elsewhere in the statement; false for stored ones.
bool AddColumnField(Builder *builder, QueryInfo *scope, RangeTblEntry *rte, int attno,
                    FieldPath field, uint8 kind, SymBag *out) {
  if (OidIsValid(compat::ExpandedView(rte))) return false;
  switch (rte->rtekind) {
    case RTE_SUBQUERY:
      AddOutputField(builder, InfoFor(builder, rte->subquery, scope), attno, field, kind, out);
      return true;
    case RTE_CTE: {
      QueryInfo *owner = nullptr;
      CommonTableExpr *cte = FindCte(builder, scope, rte, &owner);
      if (cte == nullptr || cte->cterecursive) return false;
      QueryInfo *query = InfoFor(builder, castNode(Query, cte->ctequery), owner);
      AddOutputField(builder, query, attno, field, kind, out);
      return true;
    }
    case RTE_FUNCTION:
      return AddFunctionColumn(builder, scope, rte, attno, &field, kind, out);
    case RTE_JOIN:
      AddField(builder, scope, static_cast<Node *>(list_nth(rte->joinaliasvars, attno - 1)), field,
               kind, out);
      return true;
    case RTE_VALUES: {
      ListCell *cell;
      foreach (cell, rte->values_lists)
        AddField(builder, scope, static_cast<Node *>(list_nth(lfirst_node(List, cell), attno - 1)),
                 field, kind, out);
      return true;
    }
    default:
      if (!compat::IsGroupRte(rte) || attno > list_length(compat::GroupExpressions(rte)))
        return false;
      AddField(builder, scope,
               static_cast<Node *>(list_nth(compat::GroupExpressions(rte), attno - 1)), field, kind,
               out);
      return true;
  }
}

bool AddVarField(Builder *builder, QueryInfo *info, Var *var, FieldPath field, uint8 kind,
                 SymBag *out) {
  QueryInfo *scope = Climb(info, var->varlevelsup);
  if (scope == nullptr || var->varattno < 0) return false;
  if (var->varattno == 0) {  // a field of the whole row is a column
    RangeTblEntry *entry = rt_fetch(var->varno, scope->query->rtable);
    if (field.asked != nullptr) {
      field.asked->AddAll(entry->eref->colnames);
      return true;
    }
    if (field.name != nullptr) {
      field = FieldPath(PlaceOfName(entry->eref->colnames, field.name), field.then);
      if (field.field == 0) return true;
    }
    if (field.then == nullptr ||
        !AddColumnField(builder, scope, entry, field.field, *field.then, kind, out)) {
      NoteUnknown(field);
      AddRteColumn(builder, scope, var->varno, field.field, field.KindOf(kind), out);
    }
    return true;
  }
  OnConflictExpr *conflict = scope->query->onConflict;
  if (conflict != nullptr && var->varno == conflict->exclRelIndex) {
    TargetEntry *put = EntryOf(scope->query->targetList, var->varattno);
    if (put != nullptr)
      AddField(builder, scope, reinterpret_cast<Node *>(put->expr), field, kind, out);
    return true;
  }
  RangeTblEntry *rte = rt_fetch(var->varno, scope->query->rtable);
  return AddColumnField(builder, scope, rte, var->varattno, field, kind, out);
}

// The field of the one column of a sub-query, and what decides about its row.
bool AddSubLinkField(Builder *builder, QueryInfo *info, SubLink *link, FieldPath field, uint8 kind,
                     SymBag *out) {
  if (link->subLinkType == ARRAY_SUBLINK) {
    kind = Compose(kind, kTransformation);
  } else if (link->subLinkType != EXPR_SUBLINK) {
    return false;
  }
  QueryInfo *query = InfoFor(builder, castNode(Query, link->subselect), info);
  AddOutputField(builder, query, 1, field, kind, out);
  out->AddSet(QueryRows(builder, query), IsDirect(kind) ? kIdentity : kind);
  return true;
}

bool HoldsRows(Oid type) {
  Oid element = get_element_type(type);
  if (OidIsValid(element)) type = element;
  return type_is_rowtype(type) || IsJson(type);
}

// What a cast by the text was made of, where that keeps the fields: of rows by their place, of
// JSON. So PL/pgSQL assigns rows, and arrays of them, to variables of another row type.
Node *KeptByText(Node *expr) {
  Node *value = nullptr;
  Oid from = InvalidOid;
  Oid to = exprType(expr);
  if (IsA(expr, CoerceViaIO)) {
    value = reinterpret_cast<Node *>(reinterpret_cast<CoerceViaIO *>(expr)->arg);
    from = exprType(value);
  } else if (IsA(reinterpret_cast<ArrayCoerceExpr *>(expr)->elemexpr, CoerceViaIO)) {
    value = reinterpret_cast<Node *>(reinterpret_cast<ArrayCoerceExpr *>(expr)->arg);
    from = get_element_type(exprType(value));
    to = get_element_type(to);
  }
  if (value == nullptr) return nullptr;
  bool kept = (type_is_rowtype(from) && type_is_rowtype(to)) || (IsJson(from) && IsJson(to));
  return kept ? value : nullptr;
}

// array_agg(row): the field of each, and what the aggregate looks at besides.
bool AddAggregateField(Builder *builder, QueryInfo *info, Aggref *aggregate, FieldPath field,
                       uint8 kind, SymBag *out) {
  Oid result = get_func_rettype(aggregate->aggfnoid);
  const FunctionTraits *traits = TraitsOf(aggregate->aggfnoid);
  bool collects = IsPolymorphic(result) || traits->part == PartRole::kAggregate;
  if (!collects || list_length(aggregate->aggargtypes) != 1) return false;
  uint8 value = Compose(kind, kAggregation) | (traits->masking ? kMaskingBit : 0);
  ListCell *cell;
  foreach (cell, aggregate->args) {
    TargetEntry *entry = lfirst_node(TargetEntry, cell);
    Node *expr = reinterpret_cast<Node *>(entry->expr);
    if (entry->resjunk) {
      AddExpr(builder, info, expr, Compose(kind, kSort), out);
    } else {
      AddField(builder, info, expr, field, value, out);
    }
  }
  AddExpr(builder, info, reinterpret_cast<Node *>(aggregate->aggfilter), Compose(kind, kFilter),
          out);
  return true;
}

// rows[i].field, and rows after rows[i] := row. False for a part of a JSON value that is not told.
bool AddElementField(Builder *builder, QueryInfo *info, SubscriptingRef *ref, FieldPath field,
                     uint8 kind, SymBag *out) {
  uint8 value = Compose(kind, kTransformation);
  uint8 index = Compose(kind, kConditional);
  if (AddSubscriptPart(builder, info, ref, field, kind, out)) return true;
  if (IsJson(ref->refcontainertype)) return false;
  AddField(builder, info, reinterpret_cast<Node *>(ref->refexpr), field, value, out);
  if (ref->refassgnexpr != nullptr)
    AddField(builder, info, reinterpret_cast<Node *>(ref->refassgnexpr), field, value, out);
  List *subscripts = list_concat_copy(ref->refupperindexpr, ref->reflowerindexpr);
  ListCell *cell;
  foreach (cell, subscripts) AddExpr(builder, info, static_cast<Node *>(lfirst(cell)), index, out);
  return true;
}

bool AddFunctionField(Builder *builder, QueryInfo *info, Node *call, Oid function, List *args,
                      FieldPath field, uint8 kind, SymBag *out) {
  if (AddPart(builder, info, call, function, args, field, kind, out)) return true;
  bool row = type_is_rowtype(exprType(call));
  if (!row && TraitsOf(function)->cls == FunctionClass::kOpaque)  // only some are followed into
    return AddRowThrough(builder, info, call, function, args, field, kind, out);
  if (row && field.name != nullptr) {  // RECORD: what the function says of itself
    TupleDesc desc = nullptr;
    if (get_expr_result_type(call, nullptr, &desc) == TYPEFUNC_SCALAR || desc == nullptr)
      return false;
    if (field.asked != nullptr) {
      field.asked->AddAll(desc);
      return true;
    }
    field = FieldPath(NumberIn(desc, field.name), field.then);
    if (field.field == 0) return true;
  }
  AddCall(builder, info, call, function, args, row ? field : FieldPath(1, &field), kind, out);
  AddCall(builder, info, call, function, args, kCallRows, IsDirect(kind) ? kIdentity : kind, out);
  return true;
}

// lag(row) and kin hand one of their rows on; jsonb_agg(row) an array of them.
bool AddWindowField(Builder *builder, QueryInfo *info, WindowFunc *function, FieldPath field,
                    uint8 kind, SymBag *out) {
  Node *call = reinterpret_cast<Node *>(function);
  const FunctionTraits *traits = TraitsOf(function->winfnoid);
  if (traits->part == PartRole::kAggregate) {
    uint8 value = Compose(kind, kAggregation) | (traits->masking ? kMaskingBit : 0);
    AddFieldOfEach(builder, info, function->args, field, value, out);
    AddExpr(builder, info, reinterpret_cast<Node *>(function->aggfilter), Compose(kind, kFilter),
            out);
  } else if (!AddRowThrough(builder, info, call, function->winfnoid, function->args, field, kind,
                            out)) {
    return false;
  }
  AddWindowClause(builder, info, function->winref, Compose(kind, kWindow), out);
  return true;
}

// True when an assigned value is made by assigning to a part of what was there before (which a
// CaseTestExpr stands for), and leaves the field as it was.
bool Keeps(Node *value, const FieldPath *field) {
  if (IsA(value, SubscriptingRef)) {
    SubscriptingRef *ref = reinterpret_cast<SubscriptingRef *>(value);
    return ref->refexpr != nullptr && IsA(ref->refexpr, CaseTestExpr);
  }
  if (!IsA(value, FieldStore)) return false;
  FieldStore *store = reinterpret_cast<FieldStore *>(value);
  if (!IsA(store->arg, CaseTestExpr)) return false;
  for (int i = list_length(store->newvals) - 1; field != nullptr && i >= 0; i--) {
    if (list_nth_int(store->fieldnums, i) == field->field &&
        !Keeps(static_cast<Node *>(list_nth(store->newvals, i)), field->then))
      return false;
  }
  return true;
}

// row.field := value leaves the other fields as they are. Of several assignments to one field the
// last comes last.
void AddStoredField(Builder *builder, QueryInfo *info, FieldStore *store, FieldPath field,
                    uint8 kind, SymBag *out) {
  for (int i = list_length(store->newvals) - 1; i >= 0; i--) {
    if (list_nth_int(store->fieldnums, i) != field.field) continue;
    Node *value = static_cast<Node *>(list_nth(store->newvals, i));
    AddRest(builder, info, value, field.then, kind, out);
    if (!Keeps(value, field.then)) return;
  }
  AddField(builder, info, reinterpret_cast<Node *>(store->arg), field, kind, out);
}

// True when the field could be told from the others.
bool AddKnownField(Builder *builder, QueryInfo *info, Node *expr, FieldPath field, uint8 kind,
                   SymBag *out) {
  switch (nodeTag(expr)) {
    case T_Param:
      if (reinterpret_cast<Param *>(expr)->paramkind != PARAM_EXTERN) return false;
      AddParam(builder, info, reinterpret_cast<Param *>(expr), field, kind, out);
      return true;
    case T_RowExpr: {
      RowExpr *row = reinterpret_cast<RowExpr *>(expr);
      List *args = row->args;
      if (field.name != nullptr) {
        if (row->colnames == NIL) return false;
        if (field.asked != nullptr) {
          field.asked->AddAll(row->colnames);
          return true;
        }
        field = FieldPath(PlaceOfName(row->colnames, field.name), field.then);
        if (field.field == 0) return true;
      }
      if (field.field > list_length(args)) return false;
      Node *put = static_cast<Node *>(list_nth(args, field.field - 1));
      AddRest(builder, info, put, field.then, kind, out);
      return true;
    }
    case T_FieldSelect: {  // of a row in a row
      FieldSelect *select = reinterpret_cast<FieldSelect *>(expr);
      AddField(builder, info, reinterpret_cast<Node *>(select->arg), {select->fieldnum, &field},
               kind, out);
      return true;
    }
    case T_FieldStore:
      AddStoredField(builder, info, reinterpret_cast<FieldStore *>(expr), field, kind, out);
      return true;
    case T_FuncExpr: {
      FuncExpr *call = reinterpret_cast<FuncExpr *>(expr);
      return AddFunctionField(builder, info, expr, call->funcid, call->args, field, kind, out);
    }
    case T_OpExpr: {
      OpExpr *op = reinterpret_cast<OpExpr *>(expr);
      Oid function = OidIsValid(op->opfuncid) ? op->opfuncid : get_opcode(op->opno);
      return AddFunctionField(builder, info, expr, function, op->args, field, kind, out);
    }
    case T_Aggref:
      return AddAggregateField(builder, info, reinterpret_cast<Aggref *>(expr), field, kind, out);
    case T_WindowFunc:
      return AddWindowField(builder, info, reinterpret_cast<WindowFunc *>(expr), field, kind, out);
    case T_SubscriptingRef:
      return AddElementField(builder, info, reinterpret_cast<SubscriptingRef *>(expr), field, kind,
                             out);
    case T_CoerceViaIO:
    case T_ArrayCoerceExpr: {
      Node *row = KeptByText(expr);
      if (row == nullptr) return false;
      AddField(builder, info, row, field, Compose(kind, kTransformation), out);
      return true;
    }
    case T_ArrayExpr:
      AddFieldOfEach(builder, info, reinterpret_cast<ArrayExpr *>(expr)->elements, field,
                     Compose(kind, kTransformation), out);
      return true;
    case T_Var:
      return AddVarField(builder, info, reinterpret_cast<Var *>(expr), field, kind, out);
    case T_CaseExpr:
      AddCase(builder, info, reinterpret_cast<CaseExpr *>(expr), &field, kind, out);
      return true;
    case T_CoalesceExpr: {
      ListCell *cell;
      foreach (cell, reinterpret_cast<CoalesceExpr *>(expr)->args)
        AddPartOrNull(builder, info, static_cast<Node *>(lfirst(cell)), field,
                      Compose(kind, kTransformation), out);
      return true;
    }
    case T_SubLink:
      return AddSubLinkField(builder, info, reinterpret_cast<SubLink *>(expr), field, kind, out);
    default:
      return false;
  }
}

}  // namespace

void AddCase(Builder *builder, QueryInfo *info, CaseExpr *expr, const FieldPath *path, uint8 kind,
             SymBag *out) {
  uint8 condition = Compose(kind, kConditional);
  uint8 value = Compose(kind, kTransformation);
  AddExpr(builder, info, reinterpret_cast<Node *>(expr->arg), condition, out);
  ListCell *cell;
  foreach (cell, expr->args) {
    CaseWhen *when = lfirst_node(CaseWhen, cell);
    AddExpr(builder, info, reinterpret_cast<Node *>(when->expr), condition, out);
    AddRest(builder, info, reinterpret_cast<Node *>(when->result), path, value, out);
  }
  AddRest(builder, info, reinterpret_cast<Node *>(expr->defresult), path, value, out);
}

uint8 FieldPath::KindOf(uint8 kind) const {
  return then == nullptr ? kind : Compose(kind, kTransformation);
}

void AddOutputField(Builder *builder, QueryInfo *query, int resno, FieldPath field, uint8 kind,
                    SymBag *out) {
  if (query->query->setOperations != nullptr) {
    PodVector<Leaf> leaves = {};
    CollectLeaves(query->query->setOperations, false, false, &leaves);
    for (const Leaf &leaf : leaves) {
      if (leaf.excluded) continue;
      Query *arm = rt_fetch(leaf.rtindex, query->query->rtable)->subquery;
      AddOutputField(builder, InfoFor(builder, arm, query), resno, field, kind, out);
    }
    return;
  }
  TargetEntry *entry = EntryOf(QueryOutputs(query->query), resno);
  if (entry == nullptr) return;
  ResolveOutput(builder, query, [&] {
    AddField(builder, query, reinterpret_cast<Node *>(entry->expr), field, kind, out);
  });
}

bool AddRowThrough(Builder *builder, QueryInfo *info, Node *call, Oid function, List *args,
                   FieldPath field, uint8 kind, SymBag *out) {
  Oid *types = nullptr;
  int size = 0;
  if (!HoldsRows(exprType(call)) || TraitsOf(function)->cls != FunctionClass::kOpaque ||
      !IsPolymorphic(get_func_signature(function, &types, &size)))
    return false;
  uint8 value = Compose(kind, kTransformation);
  ListCell *cell;
  foreach (cell, args) {
    Node *arg = static_cast<Node *>(lfirst(cell));
    int position = foreach_current_index(cell);
    if (position < size && IsPolymorphic(types[position]) && HoldsRows(exprType(arg))) {
      AddField(builder, info, arg, field, value, out);
    } else {
      AddExpr(builder, info, arg, value, out);
    }
  }
  return true;
}

void AddField(Builder *builder, QueryInfo *info, Node *expr, FieldPath field, uint8 kind,
              SymBag *out) {
  if (builder->degraded) return;
  if (++builder->nodes > kMaxNodesVisited || stack_is_too_deep()) {
    builder->degraded = true;
    return;
  }
  if (field.AskedAtEnd() != nullptr && (IsA(expr, Const) || !MayHoldParts(exprType(expr)))) return;
  if (field.name != nullptr) {
    if (field.asked != nullptr && AddNamesOf(exprType(expr), exprTypmod(expr), field.asked)) return;
    int number = NumberOfField(exprType(expr), exprTypmod(expr), field.name);
    if (number == 0) return;
    if (number > 0) field = FieldPath(number, field.then);
  }
  if (IsA(expr, ConvertRowtypeExpr)) {  // of a child table's row to its parent's
    ConvertRowtypeExpr *convert = reinterpret_cast<ConvertRowtypeExpr *>(expr);
    Node *row = reinterpret_cast<Node *>(convert->arg);
    int there = SameField(convert->resulttype, field.field, exprType(row));
    if (there > 0) AddField(builder, info, row, FieldPath(there, field.then), kind, out);
    return;
  }
  if (Node *inner = PassedThrough(expr)) {
    AddField(builder, info, inner, field, kind, out);
    return;
  }
  // Each use of a value is followed by itself: through a chain of sub-queries that use one twice
  // these are exponentially many.
  bool follow = builder->nodes <= kMaxNodesForParts;
  if (follow && AddKnownField(builder, info, expr, field, kind, out)) return;
  NoteUnknown(field);
  AddExpr(builder, info, expr, Compose(kind, kTransformation), out);
}

}  // namespace pg_lineage
