// Every difference between PostgreSQL releases, and nothing else. No other file tests
// PG_VERSION_NUM.
//
// Built and tested on 15, 17 and 18; the arms for 16 come from its sources and are untested.
#pragma once

#include "edge/server.h"

#if PG_VERSION_NUM < 150000
#error "pg_lineage needs PostgreSQL 15 or newer"
#endif

// ---- core -------------------------------------------------------------------------------------

// 16 typed the callbacks of the tree walkers; before, they were bool (*)().
#if PG_VERSION_NUM >= 160000
#define PGL_WALKER(function) (function)
#define PGL_MUTATOR(function) (function)
#else
#define PGL_MUTATOR(function) (reinterpret_cast<Node *(*)()>(reinterpret_cast<void *>(function)))
#define PGL_WALKER(function) (reinterpret_cast<bool (*)()>(reinterpret_cast<void *>(function)))
#endif

// 18 dropped ExecutorRun's execute_once.
#if PG_VERSION_NUM >= 180000
#define PGL_RUN_PARAMS QueryDesc *query_desc, ScanDirection direction, uint64 count
#define PGL_RUN_ARGS query_desc, direction, count
#else
#define PGL_RUN_PARAMS \
  QueryDesc *query_desc, ScanDirection direction, uint64 count, bool execute_once
#define PGL_RUN_ARGS query_desc, direction, count, execute_once
#endif

namespace pg_lineage {
namespace compat {

// 17 put the number of the backend's transaction into a pair with the backend's own.
inline LocalTransactionId LocalTransaction() {
#if PG_VERSION_NUM >= 170000
  return MyProc->vxid.lxid;
#else
  return MyProc->lxid;
#endif
}

// 16 keeps relid and relkind in the RTE of an expanded view; up to 15 relid is cleared and the
// first entry of the sub-query's range table is the rule's OLD entry. Returns the view, or
// InvalidOid.
inline Oid ExpandedView(const RangeTblEntry *rte) {
#if PG_VERSION_NUM >= 160000
  if (rte->rtekind == RTE_SUBQUERY && OidIsValid(rte->relid) && rte->relkind == RELKIND_VIEW)
    return rte->relid;
#else
  if (rte->rtekind == RTE_SUBQUERY && rte->subquery != NULL && rte->subquery->rtable != NIL) {
    RangeTblEntry *old = linitial_node(RangeTblEntry, rte->subquery->rtable);
    if (old->rtekind == RTE_RELATION && old->relkind == RELKIND_VIEW && old->alias != NULL &&
        strcmp(old->alias->aliasname, "old") == 0)
      return old->relid;
  }
#endif
  return InvalidOid;
}

// 16 made the strategy of a partitioned table an enumeration; before, it was as written.
inline void SetHashStrategy(PartitionSpec *spec) {
#if PG_VERSION_NUM >= 160000
  spec->strategy = PARTITION_STRATEGY_HASH;
#else
  spec->strategy = pstrdup("hash");
#endif
}

// 18 has RTE_GROUP between the grouped columns and what they are made of.
inline bool IsGroupRte(const RangeTblEntry *rte) {
#if PG_VERSION_NUM >= 180000
  return rte->rtekind == RTE_GROUP;
#else
  (void)rte;
  return false;
#endif
}

inline List *GroupExpressions(const RangeTblEntry *rte) {
#if PG_VERSION_NUM >= 180000
  return rte->groupexprs;
#else
  (void)rte;
  return NIL;
#endif
}

// A body of a routine, by its row in pg_proc: one replaced in the same transaction has its xmin.
inline uint64 BodyVersion(TransactionId xmin, const ItemPointerData &place) {
  uint64 block = ItemPointerGetBlockNumberNoCheck(&place);
  return hash_combine64(xmin, block << 16 | ItemPointerGetOffsetNumberNoCheck(&place)) | 1;
}

// The body that a compiled function has.
inline uint64 FunctionVersion(const PLpgSQL_function *function) {
#if PG_VERSION_NUM >= 180000
  return BodyVersion(function->cfunc.fn_xmin, function->cfunc.fn_tid);
#else
  return BodyVersion(function->fn_xmin, function->fn_tid);
#endif
}

// 17 has JSON_TABLE: an expression of its own for each column, and arguments that are passed in.
inline List *TableFuncColumnValues(const TableFunc *function) {
#if PG_VERSION_NUM >= 170000
  return function->colvalexprs;
#else
  (void)function;
  return NIL;
#endif
}

inline Node *TableFuncPassed(const TableFunc *function) {
#if PG_VERSION_NUM >= 170000
  return reinterpret_cast<Node *>(function->passingvalexprs);
#else
  (void)function;
  return NULL;
#endif
}

// 18 returns the row before, too.
inline bool ReturnsOldOrNew(const Query *query) {
#if PG_VERSION_NUM >= 180000
  return contain_vars_returning_old_or_new(reinterpret_cast<Node *>(query->returningList));
#else
  (void)query;
  return false;
#endif
}

// 17 moved MERGE's join condition out of the join tree.
inline Node *MergeJoinCondition(const Query *query) {
#if PG_VERSION_NUM >= 170000
  return query->mergeJoinCondition;
#else
  (void)query;
  return NULL;
#endif
}

}  // namespace compat
}  // namespace pg_lineage

// ---- plpgsql ----------------------------------------------------------------------------------

namespace pg_lineage {
namespace compat {

// 18 keeps what validates a compiled function in a struct of the server's own cache.
inline void InvalidateCompiled(PLpgSQL_function *function) {
#if PG_VERSION_NUM >= 180000
  function->cfunc.fn_xmin = InvalidTransactionId;
#else
  function->fn_xmin = InvalidTransactionId;
#endif
}

inline bool IsInUse(const PLpgSQL_function *function) {
#if PG_VERSION_NUM >= 180000
  return function->cfunc.use_count != 0;
#else
  return function->use_count != 0;
#endif
}

// WHEN OTHERS of an EXCEPTION clause. 18 gave it a number of its own: zero is
// successful_completion.
inline bool IsOthers(const PLpgSQL_condition *condition) {
#if PG_VERSION_NUM >= 180000
  return condition->sqlerrstate == PLPGSQL_OTHERS;
#else
  return condition->sqlerrstate == 0;
#endif
}

}  // namespace compat
}  // namespace pg_lineage

// ---- store ------------------------------------------------------------------------------------

namespace pg_lineage {
namespace compat {

// 16 made one function of the access checks per kind of object, and one of the ownership checks.
inline bool OwnsRelation(Oid relid, Oid role) {
#if PG_VERSION_NUM >= 160000
  return object_ownercheck(RelationRelationId, relid, role);
#else
  return pg_class_ownercheck(relid, role);
#endif
}

// 18 lets the caller count what a scan reads.
inline IndexScanDesc BeginIndexScan(Relation heap, Relation index, Snapshot snapshot, int nkeys) {
#if PG_VERSION_NUM >= 180000
  return index_beginscan(heap, index, snapshot, NULL, nkeys, 0);
#else
  return index_beginscan(heap, index, snapshot, nkeys, 0);
#endif
}

inline bool MayExecute(Oid function, Oid role) {
#if PG_VERSION_NUM >= 160000
  return object_aclcheck(ProcedureRelationId, function, role, ACL_EXECUTE) == ACLCHECK_OK;
#else
  return pg_proc_aclcheck(function, role, ACL_EXECUTE) == ACLCHECK_OK;
#endif
}

}  // namespace compat
}  // namespace pg_lineage

// ---- ddl --------------------------------------------------------------------------------------

namespace pg_lineage {
namespace compat {

// Privilege MAINTAIN came with 17 (16 took it back before its release).
#if PG_VERSION_NUM >= 170000
constexpr AclMode kAclMaintain = ACL_MAINTAIN;
#else
constexpr AclMode kAclMaintain = ACL_NO_RIGHTS;
#endif

// ALTER TABLE's sub-commands that not every release has: up to 15 a recursing one changes into a
// kind of its own, 17 added SET EXPRESSION. NULL: an internal step.
inline const char *SubcommandNameOfRelease(AlterTableType subtype) {
  switch (subtype) {
#if PG_VERSION_NUM >= 170000
    case AT_SetExpression:
      return "SET EXPRESSION";
#endif
#if PG_VERSION_NUM < 160000
    case AT_AddColumnRecurse:
      return "ADD COLUMN";
    case AT_AddConstraintRecurse:
      return "ADD CONSTRAINT";
    case AT_DropColumnRecurse:
      return "DROP COLUMN";
    case AT_DropConstraintRecurse:
      return "DROP CONSTRAINT";
    case AT_ValidateConstraintRecurse:
      return "VALIDATE CONSTRAINT";
#endif
    default:
      return NULL;
  }
}

// True for those of them that are about a column.
inline bool IsColumnSubcommandOfRelease(AlterTableType subtype) {
#if PG_VERSION_NUM >= 170000
  return subtype == AT_SetExpression;
#elif PG_VERSION_NUM < 160000
  return subtype == AT_AddColumnRecurse || subtype == AT_DropColumnRecurse;
#else
  (void)subtype;
  return false;
#endif
}

}  // namespace compat
}  // namespace pg_lineage
