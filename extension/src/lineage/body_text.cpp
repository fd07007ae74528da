// Texts that a routine puts together of what it says itself: what EXECUTE will run.
#include "edge/compat.h"
#include "lineage/plpgsql_body.h"

namespace pg_lineage {

namespace {

// Functions of pg_catalog that make texts of texts and look at nothing else.
bool MakesText(Oid function) {
  switch (function) {
    case F_FORMAT_TEXT:
    case F_FORMAT_TEXT_ANY:
    case F_TEXTCAT:
    case F_TEXTANYCAT:
    case F_ANYTEXTCAT:
    case F_CONCAT:
    case F_CONCAT_WS:
    case F_QUOTE_IDENT:
    case F_QUOTE_LITERAL_TEXT:
    case F_QUOTE_LITERAL_ANYELEMENT:
    case F_QUOTE_NULLABLE_TEXT:
    case F_QUOTE_NULLABLE_ANYELEMENT:
    case F_LOWER_TEXT:
    case F_UPPER_TEXT:
    case F_REPLACE:
    case F_BTRIM_TEXT:
    case F_TEXT_NAME:
    case F_NAME_TEXT:
      return true;
    default:
      return false;
  }
}

bool CallsOther(Oid function, void *) {
  // Input and output functions of built-in types; a cast looks at nothing else.
  return function >= FirstNormalObjectId;
}

Const *HeldConstant(const PlpgsqlBody *body, const Param *param) {
  int dno = param->paramid - 1;
  if (body->dynamic) return nullptr;
  PLpgSQL_datum_type type = body->function->datums[dno]->dtype;
  if (type != PLPGSQL_DTYPE_VAR && type != PLPGSQL_DTYPE_PROMISE) return nullptr;
  Const *constant = body->state.held[dno].constant;
  return constant != nullptr && constant->consttype == param->paramtype ? constant : nullptr;
}

bool IsUnknown(Node *node, PlpgsqlBody *body) {
  if (node == nullptr) return false;
  switch (nodeTag(node)) {
    case T_Const:
    case T_List:
    case T_RelabelType:
    case T_CollateExpr:
    case T_ArrayExpr:
      break;
    case T_SubscriptingRef:
      if (reinterpret_cast<SubscriptingRef *>(node)->refassgnexpr != nullptr) return true;
      break;
    case T_CoerceViaIO:
      if (check_functions_in_node(node, CallsOther, nullptr)) return true;
      break;
    case T_FuncExpr:
      if (!MakesText(reinterpret_cast<FuncExpr *>(node)->funcid)) return true;
      break;
    case T_OpExpr:
      set_opfuncid(reinterpret_cast<OpExpr *>(node));
      if (!MakesText(reinterpret_cast<OpExpr *>(node)->opfuncid)) return true;
      break;
    case T_Param:
      return HeldConstant(body, reinterpret_cast<Param *>(node)) == nullptr;
    default:
      return true;
  }
  return expression_tree_walker(node, PGL_WALKER(IsUnknown), body);
}

Node *WithConstants(Node *node, PlpgsqlBody *body) {
  if (node == nullptr) return nullptr;
  if (IsA(node, Param))
    return reinterpret_cast<Node *>(HeldConstant(body, reinterpret_cast<Param *>(node)));
  return expression_tree_mutator(node, PGL_MUTATOR(WithConstants), body);
}

Const *Evaluate(Node *expr) {
  Oid type = exprType(expr);
  EState *estate = CreateExecutorState();
  ExprState *state = ExecPrepareExpr(reinterpret_cast<Expr *>(expr), estate);
  bool null = false;
  Datum value = ExecEvalExprSwitchContext(state, MakePerTupleExprContext(estate), &null);
  int16 length = 0;
  bool by_value = false;
  get_typlenbyval(type, &length, &by_value);
  if (!null) value = datumCopy(value, by_value, length);
  Const *constant =
      makeConst(type, exprTypmod(expr), exprCollation(expr), length, value, null, by_value);
  FreeExecutorState(estate);
  return constant;
}

}  // namespace

Const *ConstantOf(PlpgsqlBody *body, Node *expr) {
  if (IsUnknown(expr, body)) return nullptr;
  Node *known = WithConstants(expr, body);
  if (IsA(known, Const)) return reinterpret_cast<Const *>(known);
  Const *value = nullptr;
  AsRole(body->owner, [&] { value = Evaluate(known); });
  return value;
}

}  // namespace pg_lineage
