// What a value is made of: one rule per expression node.
#include "edge/compat.h"
#include "edge/hash_table.h"
#include "lineage/resolve.h"
#include "lineage/shape_cache.h"

namespace pg_lineage {

namespace {

struct WalkContext {
  Builder *builder;
  QueryInfo *info;
  uint8 kind;
  SymBag *out;
};

void AddList(Builder *builder, QueryInfo *info, List *list, uint8 kind, SymBag *out) {
  ListCell *cell;
  foreach (cell, list) AddExpr(builder, info, static_cast<Node *>(lfirst(cell)), kind, out);
}

// One child of a node without a rule of its own.
bool AddChild(Node *node, WalkContext *context) {
  if (node != nullptr) AddExpr(context->builder, context->info, node, context->kind, context->out);
  return false;
}

void AddVar(Builder *builder, QueryInfo *info, Var *var, uint8 kind, SymBag *out) {
  QueryInfo *scope = Climb(info, var->varlevelsup);
  if (scope == nullptr || var->varattno < 0) return;  // system columns are no data
  AddRteColumn(builder, scope, var->varno, var->varattno, kind, out);
}

struct ParamEntry {
  uint64 key;
  int index;
};

constexpr int kFewParams = 32;

uint64 ParamKey(int paramid, int field) {
  return (static_cast<uint64>(static_cast<uint32>(paramid)) << 16) | static_cast<uint16>(field);
}

// Drivers insert thousands of rows with a parameter for every value: no linear search there.
void RememberParams(Builder *builder) {
  int first = builder->params.size - 1;
  if (builder->param_table == nullptr) {
    builder->param_table =
        MakeTable(&ParamEntry::key, "pg_lineage params", 256, CurrentMemoryContext);
    first = 0;
  }
  for (int i = first; i < builder->params.size; i++) {
    uint64 key = ParamKey(builder->params[i].paramid, builder->params[i].field);
    static_cast<ParamEntry *>(hash_search(builder->param_table, &key, HASH_ENTER, nullptr))->index =
        i;
  }
}

// UPDATE (a, b) = (SELECT …): the sub-query stands as a junk entry of the same target list; each
// arm of a MERGE counts its sub-queries from 1.
void AddMultiExpr(Builder *builder, QueryInfo *info, int paramid, uint8 kind, SymBag *out) {
  ListCell *cell;
  foreach (cell, info->assigned) {
    TargetEntry *entry = lfirst_node(TargetEntry, cell);
    if (!IsA(entry->expr, SubLink)) continue;
    SubLink *link = reinterpret_cast<SubLink *>(entry->expr);
    if (link->subLinkType != MULTIEXPR_SUBLINK || link->subLinkId != (paramid >> 16)) continue;
    QueryInfo *sub = InfoFor(builder, castNode(Query, link->subselect), info);
    out->AddSet(QueryColumn(builder, sub, paramid & 0xFFFF), kind);
    out->AddSet(QueryRows(builder, sub), kIdentity);
    return;
  }
}

// WHERE CURRENT OF: what decided about the rows of the cursor's query chose the row. Which cursor a
// PL/pgSQL variable names is known when the statement runs.
void AddCursor(Builder *builder, const CurrentOfExpr *current, SymBag *out) {
  if (current->cursor_name == nullptr) {
    int index = ParamIndex(builder, current->cursor_param, kCursorRows);
    out->Add({static_cast<uint32>(index), 0, kIdentity, SymType::kParam});
    return;
  }
  Portal portal = GetPortalByName(current->cursor_name);
  uint64 key = 0;
  if (!PortalIsValid(portal) || portal->queryDesc == nullptr ||
      !ReadTag(portal->queryDesc->plannedstmt, &key))
    return;
  const Shape *shape = ShapeCacheFind(key);
  for (int i = 0; shape != nullptr && i < shape->rows.size; i++) {
    const Sym &sym = shape->rows.items[i];
    if (sym.type == SymType::kRelation || sym.type == SymType::kTemp) out->Add(sym);
  }
}

void AddAggregate(Builder *builder, QueryInfo *info, Aggref *aggregate, uint8 kind, SymBag *out) {
  uint8 value = Compose(kind, kAggregation);
  if (TraitsOf(aggregate->aggfnoid)->masking) value |= kMaskingBit;
  AddList(builder, info, aggregate->aggdirectargs, value, out);
  List *args = NIL;
  ListCell *cell;
  foreach (cell, aggregate->args) {
    TargetEntry *entry = lfirst_node(TargetEntry, cell);
    if (!entry->resjunk) args = lappend(args, entry->expr);
    AddExpr(builder, info, reinterpret_cast<Node *>(entry->expr),
            entry->resjunk ? Compose(kind, kSort) : value, out);
  }
  AddExpr(builder, info, reinterpret_cast<Node *>(aggregate->aggfilter), Compose(kind, kFilter),
          out);
  AddSupportCalls(builder, info, reinterpret_cast<Node *>(aggregate), aggregate->aggfnoid, args,
                  value, out);
}

}  // namespace

void AddWindowClause(Builder *builder, QueryInfo *info, Index winref, uint8 kind, SymBag *out) {
  ListCell *cell;
  foreach (cell, info->query->windowClause) {
    WindowClause *window = lfirst_node(WindowClause, cell);
    if (window->winref != winref) continue;
    List *clauses[] = {window->partitionClause, window->orderClause};
    for (List *clause : clauses) {
      ListCell *item;
      foreach (item, clause) {
        Node *expr =
            get_sortgroupclause_expr(lfirst_node(SortGroupClause, item), info->query->targetList);
        AddExpr(builder, info, expr, kind, out);
      }
    }
    AddExpr(builder, info, window->startOffset, kind, out);
    AddExpr(builder, info, window->endOffset, kind, out);
  }
}

namespace {

void AddWindowFunction(Builder *builder, QueryInfo *info, WindowFunc *function, uint8 kind,
                       SymBag *out) {
  uint8 value = Compose(kind, function->winagg ? kAggregation : kTransformation);
  if (TraitsOf(function->winfnoid)->masking) value |= kMaskingBit;
  AddList(builder, info, function->args, value, out);
  AddExpr(builder, info, reinterpret_cast<Node *>(function->aggfilter), Compose(kind, kFilter),
          out);
  AddWindowClause(builder, info, function->winref, Compose(kind, kWindow), out);
  if (function->winagg)
    AddSupportCalls(builder, info, reinterpret_cast<Node *>(function), function->winfnoid,
                    function->args, value, out);
}

void AddSubLink(Builder *builder, QueryInfo *info, SubLink *link, uint8 kind, SymBag *out) {
  QueryInfo *sub = InfoFor(builder, castNode(Query, link->subselect), info);
  SymSet rows = QueryRows(builder, sub);
  switch (link->subLinkType) {
    case EXISTS_SUBLINK:
      out->AddSet(rows, IsDirect(kind) ? kIdentity : kind);
      return;
    case EXPR_SUBLINK:
    case ARRAY_SUBLINK:
      out->AddSet(QueryColumn(builder, sub, 1),
                  link->subLinkType == ARRAY_SUBLINK ? Compose(kind, kTransformation) : kind);
      break;
    default:  // ANY, ALL, ROWCOMPARE: what is compared
      for (int i = 1; i <= sub->ncolumns; i++)
        out->AddSet(QueryColumn(builder, sub, i), Compose(kind, kTransformation));
      AddExpr(builder, info, link->testexpr, Compose(kind, kTransformation), out);
      break;
  }
  out->AddSet(rows, IsDirect(kind) ? kIdentity : kind);
}

// A FuncExpr: a cast that loses nothing keeps the value, all else makes a new one.
void AddFunction(Builder *builder, QueryInfo *info, FuncExpr *expr, uint8 kind, SymBag *out) {
  bool cast = expr->funcformat == COERCE_EXPLICIT_CAST || expr->funcformat == COERCE_IMPLICIT_CAST;
  if (cast && expr->funcid < FirstNormalObjectId) {
    Node *arg = static_cast<Node *>(linitial(expr->args));
    // An implicit length coercion of a string raises an error rather than cut it.
    bool length = list_length(expr->args) > 1;
    bool lossless = LosslessCast(exprType(arg), expr->funcresulttype) &&
                    (!length || (expr->funcformat == COERCE_IMPLICIT_CAST &&
                                 TypeCategory(expr->funcresulttype) == TYPCATEGORY_STRING));
    AddExpr(builder, info, arg, lossless ? kind : Compose(kind, kTransformation), out);
    return;
  }
  AddCall(builder, info, reinterpret_cast<Node *>(expr), expr->funcid, expr->args,
          expr->funcretset || type_is_rowtype(expr->funcresulttype) ? 0 : 1, kind, out);
}

// Operators: built-in ones are plain transformations, others may call a routine of the user's.
void AddOperator(Builder *builder, QueryInfo *info, Node *node, Oid opno, Oid function, List *args,
                 uint8 kind, SymBag *out) {
  if (!OidIsValid(function)) function = get_opcode(opno);
  if (function < FirstNormalObjectId) {
    AddList(builder, info, args, Compose(kind, kTransformation), out);
  } else {
    AddCall(builder, info, node, function, args, type_is_rowtype(exprType(node)) ? 0 : 1, kind,
            out);
  }
}

void AddSubscript(Builder *builder, QueryInfo *info, SubscriptingRef *ref, uint8 kind,
                  SymBag *out) {
  uint8 value = Compose(kind, kTransformation);
  uint8 index = Compose(kind, kConditional);
  AddExpr(builder, info, reinterpret_cast<Node *>(ref->refexpr), value, out);
  AddExpr(builder, info, reinterpret_cast<Node *>(ref->refassgnexpr), value, out);
  AddList(builder, info, ref->refupperindexpr, index, out);
  AddList(builder, info, ref->reflowerindexpr, index, out);
}

// Casts of an array: element by element, to other lengths too.
bool LosslessElements(const ArrayCoerceExpr *cast) {
  Oid from = get_element_type(exprType(reinterpret_cast<Node *>(cast->arg)));
  Node *element = reinterpret_cast<Node *>(cast->elemexpr);
  bool length = IsA(element, FuncExpr) && list_length(castNode(FuncExpr, element)->args) > 1;
  return !length && LosslessCast(from, get_element_type(cast->resulttype));
}

// The rest of AddExpr: nodes that make a new value of what they hold.
void AddComposed(Builder *builder, QueryInfo *info, Node *expr, uint8 kind, SymBag *out) {
  uint8 value = Compose(kind, kTransformation);
  switch (nodeTag(expr)) {
    case T_CoerceViaIO: {
      CoerceViaIO *cast = reinterpret_cast<CoerceViaIO *>(expr);
      Oid from = exprType(reinterpret_cast<Node *>(cast->arg));
      bool lossless = TypeCategory(cast->resulttype) == TYPCATEGORY_STRING ||
                      LosslessCast(from, cast->resulttype);
      AddExpr(builder, info, reinterpret_cast<Node *>(cast->arg), lossless ? kind : value, out);
      break;
    }
    case T_ArrayCoerceExpr: {
      ArrayCoerceExpr *cast = reinterpret_cast<ArrayCoerceExpr *>(expr);
      AddExpr(builder, info, reinterpret_cast<Node *>(cast->arg),
              LosslessElements(cast) ? kind : value, out);
      break;
    }
    case T_NullIfExpr: {
      List *args = reinterpret_cast<NullIfExpr *>(expr)->args;
      AddExpr(builder, info, static_cast<Node *>(linitial(args)), value, out);
      AddExpr(builder, info, static_cast<Node *>(lsecond(args)), Compose(kind, kConditional), out);
      break;
    }
    case T_ConvertRowtypeExpr: {  // a child's row as its parent's, which has fewer columns
      TupleDesc row = lookup_rowtype_tupdesc(exprType(expr), -1);
      int width = row->natts;
      ReleaseTupleDesc(row);
      for (int i = 1; i <= width; i++) AddField(builder, info, expr, i, value, out);
      break;
    }
    case T_FieldSelect: {
      FieldSelect *select = reinterpret_cast<FieldSelect *>(expr);
      AddField(builder, info, reinterpret_cast<Node *>(select->arg), select->fieldnum, kind, out);
      break;
    }
    default: {
      WalkContext context = {builder, info, value, out};
      expression_tree_walker(expr, PGL_WALKER(AddChild), &context);
      break;
    }
  }
}

}  // namespace

QueryInfo *Climb(QueryInfo *info, Index levels) {
  for (; levels > 0 && info != nullptr; levels--) info = info->parent;
  return info;
}

Node *PassedThrough(Node *expr) {
  switch (nodeTag(expr)) {
    case T_RelabelType:
      return reinterpret_cast<Node *>(reinterpret_cast<RelabelType *>(expr)->arg);
    case T_CoerceToDomain:
      return reinterpret_cast<Node *>(reinterpret_cast<CoerceToDomain *>(expr)->arg);
    case T_CollateExpr:
      return reinterpret_cast<Node *>(reinterpret_cast<CollateExpr *>(expr)->arg);
    case T_NamedArgExpr:
      return reinterpret_cast<Node *>(reinterpret_cast<NamedArgExpr *>(expr)->arg);
    default:
      return nullptr;
  }
}

int ParamIndex(Builder *builder, int paramid, int field) {
  if (builder->param_table != nullptr) {
    uint64 key = ParamKey(paramid, field);
    ParamEntry *entry =
        static_cast<ParamEntry *>(hash_search(builder->param_table, &key, HASH_FIND, nullptr));
    if (entry != nullptr) return entry->index;
  } else {
    for (int i = 0; i < builder->params.size; i++) {
      if (builder->params[i].paramid == paramid && builder->params[i].field == field) return i;
    }
  }
  builder->params.Append({paramid, static_cast<int16>(field)});
  if (builder->params.size > kFewParams) RememberParams(builder);
  return builder->params.size - 1;
}

void AddParam(Builder *builder, QueryInfo *info, Param *param, FieldPath field, uint8 kind,
              SymBag *out) {
  if (param->paramkind == PARAM_MULTIEXPR) {
    AddMultiExpr(builder, info, param->paramid, kind, out);
  } else if (param->paramkind == PARAM_EXTERN) {
    if (AddBodyParam(builder, info, param, field, kind, out)) return;
    if (AskedNames *asked = field.AskedAtEnd()) {
      const FieldPath before = field.BeforeQuestion();
      const int16 path = PathNumber(before);
      asked->unknown |= path == kWholeValue && before.field != 0;
      int index = ParamIndex(builder, param->paramid, path);
      asked->same.Add({static_cast<uint32>(index), 0, kind, SymType::kParam});
      return;
    }
    const int16 path = PathNumber(field);
    if (field.name != nullptr) kind = Compose(kind, kTransformation);
    int index = ParamIndex(builder, param->paramid, path);
    out->Add({static_cast<uint32>(index), 0, field.KindOf(kind), SymType::kParam});
  }
}

void AddExpr(Builder *builder, QueryInfo *info, Node *expr, uint8 kind, SymBag *out) {
  if (expr == nullptr || builder->degraded) return;
  if (++builder->nodes > kMaxNodesVisited || stack_is_too_deep()) {
    builder->degraded = true;
    return;
  }
  if (Node *inner = PassedThrough(expr)) {
    AddExpr(builder, info, inner, kind, out);
    return;
  }
  switch (nodeTag(expr)) {
    case T_Var:
      AddVar(builder, info, reinterpret_cast<Var *>(expr), kind, out);
      break;
    case T_Const:
    case T_CaseTestExpr:
    case T_CoerceToDomainValue:
    case T_GroupingFunc:
    case T_SetToDefault:
    case T_NextValueExpr:
    case T_SQLValueFunction:
      break;
    case T_CurrentOfExpr:
      AddCursor(builder, reinterpret_cast<CurrentOfExpr *>(expr), out);
      break;
    case T_Param:
      AddParam(builder, info, reinterpret_cast<Param *>(expr), 0, kind, out);
      break;
    case T_Aggref:
      AddAggregate(builder, info, reinterpret_cast<Aggref *>(expr), kind, out);
      break;
    case T_WindowFunc:
      AddWindowFunction(builder, info, reinterpret_cast<WindowFunc *>(expr), kind, out);
      break;
    case T_CaseExpr:
      AddCase(builder, info, reinterpret_cast<CaseExpr *>(expr), nullptr, kind, out);
      break;
    case T_SubLink:
      AddSubLink(builder, info, reinterpret_cast<SubLink *>(expr), kind, out);
      break;
    case T_FuncExpr:
      if (AddSelected(builder, info, expr, kind, out)) break;
      AddFunction(builder, info, reinterpret_cast<FuncExpr *>(expr), kind, out);
      break;
    case T_OpExpr:
    case T_DistinctExpr: {
      if (AddSelected(builder, info, expr, kind, out)) break;
      OpExpr *op = reinterpret_cast<OpExpr *>(expr);
      AddOperator(builder, info, expr, op->opno, op->opfuncid, op->args, kind, out);
      break;
    }
    case T_ScalarArrayOpExpr: {
      ScalarArrayOpExpr *op = reinterpret_cast<ScalarArrayOpExpr *>(expr);
      AddOperator(builder, info, expr, op->opno, op->opfuncid, op->args, kind, out);
      break;
    }
    case T_SubscriptingRef:
      if (AddSelected(builder, info, expr, kind, out)) break;
      AddSubscript(builder, info, reinterpret_cast<SubscriptingRef *>(expr), kind, out);
      break;
    default:
      AddComposed(builder, info, expr, kind, out);
      break;
  }
}

}  // namespace pg_lineage
