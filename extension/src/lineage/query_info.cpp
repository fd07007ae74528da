// Queries and their scopes, as the shape builder meets them.
#include "edge/compat.h"
#include "edge/hash_table.h"
#include "lineage/resolve.h"

namespace pg_lineage {

namespace {

struct QueryEntry {
  Query *query;  // key
  QueryInfo *info;
};

constexpr int kFewQueries = 8;

QueryInfo *FindInfo(Builder *builder, Query *query) {
  if (builder->query_table == nullptr) {
    for (QueryInfo *info : builder->queries) {
      if (info->query == query) return info;
    }
    return nullptr;
  }
  QueryEntry *entry =
      static_cast<QueryEntry *>(hash_search(builder->query_table, &query, HASH_FIND, nullptr));
  return entry == nullptr ? nullptr : entry->info;
}

// Most statements hold a few queries; a table is made for those that hold many.
void Remember(Builder *builder, QueryInfo *info) {
  auto enter = [builder](QueryInfo *each) {
    QueryEntry *entry = static_cast<QueryEntry *>(
        hash_search(builder->query_table, &each->query, HASH_ENTER, nullptr));
    entry->info = each;
  };
  if (builder->query_table != nullptr) {
    enter(info);
    return;
  }
  builder->query_table =
      MakeTable(&QueryEntry::query, "pg_lineage queries", 64, CurrentMemoryContext);
  for (QueryInfo *each : builder->queries) enter(each);
}

struct ReadSearch {
  Builder *builder;
  QueryInfo *info;
  SymBag *out;
};

bool AddReads(Node *node, ReadSearch *search) {
  if (node == nullptr || IsA(node, Query)) return false;
  if (!IsA(node, SubLink)) return expression_tree_walker(node, PGL_WALKER(AddReads), search);
  SubLink *link = reinterpret_cast<SubLink *>(node);
  Query *query = castNode(Query, link->subselect);
  const SymSet rows = QueryRows(search->builder, InfoFor(search->builder, query, search->info));
  for (int i = 0; i < rows.size; i++) {
    if (rows.items[i].kind == kRead && rows.items[i].type == SymType::kRelation)
      search->out->Add(rows.items[i]);
  }
  return AddReads(link->testexpr, search);
}

// A volatile function that runs with a frame of its own: the planner leaves out no column that
// calls one.
bool IsCalledAnyway(Oid function, void *) {
  return function >= FirstNormalObjectId && func_volatile(function) == PROVOLATILE_VOLATILE &&
         TraitsOf(function)->cls != FunctionClass::kOpaque;
}

bool CallsAnyway(Node *node, void *context) {
  if (node == nullptr) return false;
  if (check_functions_in_node(node, IsCalledAnyway, context)) return true;
  if (IsA(node, Query))
    return query_tree_walker(reinterpret_cast<Query *>(node), PGL_WALKER(CallsAnyway), context, 0);
  return expression_tree_walker(node, PGL_WALKER(CallsAnyway), context);
}

}  // namespace

void MeetCallsOfOutputs(Builder *builder, QueryInfo *info) {
  ListCell *cell;
  foreach (cell, QueryOutputs(info->query)) {
    TargetEntry *entry = lfirst_node(TargetEntry, cell);
    Node *expr = reinterpret_cast<Node *>(entry->expr);
    bool column = !entry->resjunk && entry->resno <= info->ncolumns;
    bool known = column && info->column_state[entry->resno - 1] == 2;
    if (known || IsA(expr, Var) || IsA(expr, Const) || !CallsAnyway(expr, nullptr)) continue;
    if (column) {
      (void)QueryColumn(builder, info, entry->resno);
    } else {
      SymBag unused = {};
      AddExpr(builder, info, expr, kIdentity, &unused);
    }
  }
}

void AddReadsOfOutputs(Builder *builder, QueryInfo *info, SymBag *out) {
  if (!info->query->hasSubLinks) return;
  ReadSearch search = {builder, info, out};
  AddReads(reinterpret_cast<Node *>(QueryOutputs(info->query)), &search);
}

List *QueryOutputs(Query *query) {
  return query->commandType == CMD_SELECT ? query->targetList : query->returningList;
}

TargetEntry *EntryOf(List *list, int resno) {
  if (resno >= 1 && resno <= list_length(list)) {
    TargetEntry *entry = list_nth_node(TargetEntry, list, resno - 1);
    if (entry->resno == resno) return entry;
  }
  return get_tle_by_resno(list, static_cast<AttrNumber>(resno));
}

int QueryWidth(const Query *query) {
  int width = 0;
  ListCell *cell;
  foreach (cell, QueryOutputs(const_cast<Query *>(query))) {
    if (!lfirst_node(TargetEntry, cell)->resjunk) width++;
  }
  return width;
}

QueryInfo *InfoFor(Builder *builder, Query *query, QueryInfo *parent) {
  if (QueryInfo *known = FindInfo(builder, query)) return known;
  QueryInfo *info = static_cast<QueryInfo *>(palloc0(sizeof(QueryInfo)));
  info->query = query;
  info->parent = parent;
  info->ncolumns = QueryWidth(query);
  info->columns = static_cast<SymSet *>(palloc0(sizeof(SymSet) * Max(info->ncolumns, 1)));
  info->column_state = static_cast<uint8 *>(palloc0(Max(info->ncolumns, 1)));
  info->generation = builder->generation;
  builder->queries.Append(info);
  if (builder->queries.size > kFewQueries) Remember(builder, info);
  return info;
}

Memo PutAside(Builder *builder) {
  Memo memo = {builder->queries, builder->query_table, builder->bodies};
  builder->queries = {};
  builder->query_table = nullptr;
  builder->bodies = {};
  return memo;
}

void TakeBack(Builder *builder, const Memo &memo) {
  builder->queries = memo.queries;
  builder->query_table = memo.query_table;
  builder->bodies = memo.bodies;
}

CommonTableExpr *FindCte(Builder *, QueryInfo *info, RangeTblEntry *rte, QueryInfo **scope) {
  for (Index level = rte->ctelevelsup; level > 0 && info != nullptr; level--) info = info->parent;
  if (info == nullptr) return nullptr;
  ListCell *cell;
  foreach (cell, info->query->cteList) {
    CommonTableExpr *cte = lfirst_node(CommonTableExpr, cell);
    if (strcmp(cte->ctename, rte->ctename) == 0) {
      *scope = info;
      return cte;
    }
  }
  return nullptr;
}

}  // namespace pg_lineage
