// Which SQL functions get a frame while they run: those that the server never puts in the place of
// their call, if they write or call routines, which then ask for their arguments. One that may be
// inlined must not be asked for, since asking for it keeps the server from inlining; one that only
// reads tables is known by its body.
#include "edge/compat.h"
#include "edge/guard.h"
#include "lineage/resolve.h"

namespace pg_lineage {

namespace {

struct BodyFacts {
  const FormData_pg_proc *proc;
  bool simple;  // one expression, which may stand where the call is
  bool asked;   // changes tables, or calls routines
  bool barred;  // calls what keeps the server from inlining the function
};

// A routine of users, in a language whose statements are seen.
bool IsFollowed(const FormData_pg_proc *proc) {
  return proc->oid >= FirstNormalObjectId && proc->prokind == PROKIND_FUNCTION &&
         proc->prolang != INTERNALlanguageId && proc->prolang != ClanguageId;
}

// The server inlines no call that would lose STRICT, or a promise about volatility.
bool Bars(const BodyFacts *facts, const FormData_pg_proc *called) {
  return (facts->proc->provolatile != PROVOLATILE_VOLATILE &&
          called->provolatile == PROVOLATILE_VOLATILE) ||
         (facts->proc->proisstrict && !called->proisstrict);
}

// Functions of the name, of which the parser will choose one: it bars when each of them would.
void NoteNamed(BodyFacts *facts, const List *name, bool whole) {
  CatCList *found = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(strVal(llast(name))));
  bool asked = false;
  bool bars = found->n_members > 0;
  for (int i = 0; i < found->n_members; i++) {
    const FormData_pg_proc *called =
        reinterpret_cast<Form_pg_proc>(GETSTRUCT(&found->members[i]->tuple));
    asked |= IsFollowed(called);
    bool type = whole && facts->proc->prorettype == VOIDOID && called->prorettype != VOIDOID;
    bars &= type || Bars(facts, called);
  }
  ReleaseSysCacheList(found);
  facts->asked |= asked;
  facts->barred |= bars;
}

bool RawWalker(Node *node, void *context) {
  if (node == nullptr) return false;
  BodyFacts *facts = static_cast<BodyFacts *>(context);
  if (IsA(node, InsertStmt) || IsA(node, UpdateStmt) || IsA(node, DeleteStmt) ||
      IsA(node, MergeStmt)) {
    facts->asked = true;
    return true;
  }
  if (IsA(node, SubLink)) facts->simple = false;
  if (IsA(node, FuncCall)) NoteNamed(facts, reinterpret_cast<FuncCall *>(node)->funcname, false);
  return raw_expression_tree_walker(node, PGL_WALKER(RawWalker), context);
}

bool IsOneExpression(const SelectStmt *select) {
  return select->op == SETOP_NONE && select->valuesLists == NIL && select->withClause == nullptr &&
         select->fromClause == NIL && select->whereClause == nullptr &&
         select->groupClause == NIL && select->havingClause == nullptr &&
         select->windowClause == NIL && select->distinctClause == NIL &&
         select->sortClause == NIL && select->limitOffset == nullptr &&
         select->limitCount == nullptr && list_length(select->targetList) == 1;
}

void ReadRaw(SelectStmt *select, BodyFacts *facts) {
  facts->simple = IsOneExpression(select);
  if (facts->simple) {
    Node *value = linitial_node(ResTarget, select->targetList)->val;
    if (IsA(value, FuncCall)) NoteNamed(facts, reinterpret_cast<FuncCall *>(value)->funcname, true);
  }
  (void)RawWalker(reinterpret_cast<Node *>(select), facts);
}

bool NoteCalled(Oid function, void *context) {
  BodyFacts *facts = static_cast<BodyFacts *>(context);
  HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
  if (!HeapTupleIsValid(tuple)) return false;
  const FormData_pg_proc *called = reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple));
  facts->asked |= IsFollowed(called);
  facts->barred |= Bars(facts, called);
  ReleaseSysCache(tuple);
  return false;
}

bool StoredWalker(Node *node, void *context) {
  if (node == nullptr) return false;
  (void)check_functions_in_node(node, NoteCalled, context);
  if (IsA(node, Query))
    return query_tree_walker(reinterpret_cast<Query *>(node), PGL_WALKER(StoredWalker), context, 0);
  return expression_tree_walker(node, PGL_WALKER(StoredWalker), context);
}

void ReadStored(Query *query, BodyFacts *facts) {
  facts->simple = query->rtable == NIL && query->cteList == NIL && !query->hasSubLinks &&
                  !query->hasAggs && !query->hasWindowFuncs && !query->hasTargetSRFs &&
                  query->jointree->quals == nullptr && query->groupClause == NIL &&
                  query->havingQual == nullptr && query->distinctClause == NIL &&
                  query->sortClause == NIL && query->limitOffset == nullptr &&
                  query->limitCount == nullptr && list_length(query->targetList) == 1;
  facts->asked = query->hasModifyingCTE;
  (void)query_tree_walker(query, PGL_WALKER(StoredWalker), facts, 0);
  if (facts->simple && facts->proc->prorettype == VOIDOID)
    facts->barred |=
        exprType(reinterpret_cast<Node *>(linitial_node(TargetEntry, query->targetList)->expr)) !=
        VOIDOID;
}

// NIL for a text that is no SQL (check_function_bodies was off): the user's fault, and told when
// the function runs. The raw parser holds nothing that an error could leave behind.
List *TryParse(const char *text) {
  MemoryContext caller = CurrentMemoryContext;
  List *volatile parsed = NIL;
  PG_TRY();
  { parsed = raw_parser(text, RAW_PARSE_DEFAULT); }
  PG_CATCH();
  {
    MemoryContextSwitchTo(caller);
    if (MustRethrow()) PG_RE_THROW();
    FlushErrorState();
    parsed = NIL;
  }
  PG_END_TRY();
  return parsed;
}

// Whether the server may put one SELECT in the place of the call: as an expression, or, if the
// function returns rows and is not volatile, as a sub-query.
bool MayBeInlined(const BodyFacts *facts) {
  if (facts->proc->proretset) return facts->proc->provolatile != PROVOLATILE_VOLATILE;
  return facts->simple && !facts->barred;
}

}  // namespace

bool SqlFunctionNeedsFrame(HeapTuple tuple) {
  BodyFacts facts = {reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple)), false, false, false};
  bool is_null = false;
  Datum body = SysCacheGetAttr(PROCOID, tuple, Anum_pg_proc_prosqlbody, &is_null);
  if (!is_null) {
    Node *node = static_cast<Node *>(stringToNode(TextDatumGetCString(body)));
    List *stored = IsA(node, List) ? linitial_node(List, castNode(List, node)) : list_make1(node);
    if (list_length(stored) != 1 || linitial_node(Query, stored)->commandType != CMD_SELECT)
      return true;
    ReadStored(linitial_node(Query, stored), &facts);
  } else {
    Datum source = SysCacheGetAttr(PROCOID, tuple, Anum_pg_proc_prosrc, &is_null);
    List *parsed = TryParse(TextDatumGetCString(source));
    if (list_length(parsed) != 1 || !IsA(linitial_node(RawStmt, parsed)->stmt, SelectStmt))
      return true;
    ReadRaw(reinterpret_cast<SelectStmt *>(linitial_node(RawStmt, parsed)->stmt), &facts);
  }
  return facts.asked && !MayBeInlined(&facts);
}

}  // namespace pg_lineage
