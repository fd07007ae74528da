// Functions as lineage sees them: opaque, traced at run time, or read from their SQL body.
#include "edge/compat.h"
#include "edge/guard.h"
#include "edge/guc.h"
#include "edge/hash_filter.h"
#include "edge/hash_table.h"
#include "edge/recent.h"
#include "lineage/masking.h"
#include "lineage/resolve.h"
#include "lineage/routine_path.h"
#include "lineage/summary.h"

namespace pg_lineage {

namespace {

HTAB *traits_table = nullptr;
bool traits_stale = false;
uint32 masking_seen = 0;
Recent<Oid, const FunctionTraits> recent = {};

HashFilter kept_hashes = {};

void InvalidateTraits(Datum, int, uint32 hash) { traits_stale |= kept_hashes.MayHave(hash); }

void EnsureTraits() {
  static bool registered = false;
  if (!registered) {
    CacheRegisterSyscacheCallback(PROCOID, InvalidateTraits, static_cast<Datum>(0));
    registered = true;
  }
  if (masking_seen != MaskingGeneration()) traits_stale = true;
  masking_seen = MaskingGeneration();
  if (traits_stale && traits_table != nullptr) {
    recent.Clear();
    kept_hashes.Clear();
    hash_destroy(traits_table);
    traits_table = nullptr;
  }
  traits_stale = false;
  if (traits_table != nullptr) return;
  traits_table = MakeTable(&FunctionTraits::oid, "pg_lineage functions", 128, TopMemoryContext);
}

FunctionClass Classify(HeapTuple tuple) {
  Form_pg_proc proc = reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple));
  if (proc->oid < FirstNormalObjectId) return FunctionClass::kOpaque;
  if (proc->prokind != PROKIND_FUNCTION && proc->prokind != PROKIND_PROCEDURE)
    return FunctionClass::kOpaque;
  if (proc->prolang == INTERNALlanguageId || proc->prolang == ClanguageId)
    return FunctionClass::kOpaque;
  return proc->prolang == SQLlanguageId ? FunctionClass::kSqlBody : FunctionClass::kTraced;
}

// A frame for what the server calls through the function manager: SQL functions that are never
// inlined and may write, and languages that have no hook of their own. PL/pgSQL has its plugin.
bool NeedsFrame(HeapTuple tuple) {
  Form_pg_proc proc = reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple));
  if (proc->oid < FirstNormalObjectId || proc->prolang == INTERNALlanguageId ||
      proc->prolang == ClanguageId)
    return false;
  if (proc->prolang != SQLlanguageId) return proc->prolang != get_language_oid("plpgsql", true);
  if (proc->prokind == PROKIND_PROCEDURE || proc->prosecdef ||
      !heap_attisnull(tuple, Anum_pg_proc_proconfig, nullptr))
    return true;
  return SqlFunctionNeedsFrame(tuple);
}

// Functions in C that run queries: these of the server, and of extensions those that return rows.
bool RunsQueries(HeapTuple tuple) {
  static const char *const kOfServer[] = {"query_to_xml",  "query_to_xml_and_xmlschema",
                                          "table_to_xml",  "table_to_xml_and_xmlschema",
                                          "cursor_to_xml", "ts_stat",
                                          "ts_rewrite"};
  Form_pg_proc proc = reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple));
  if (proc->oid >= FirstNormalObjectId) return proc->prolang == ClanguageId && proc->proretset;
  for (const char *name : kOfServer) {
    if (strcmp(name, NameStr(proc->proname)) == 0) return true;
  }
  return false;
}

// Grows with the functions met; a session calls few of them twice in one statement.
PodVector<Oid> several_sites;

void NoteSeveralSites(Oid function) {
  if (CalledAtSeveralSites(function)) return;
  several_sites.context = TopMemoryContext;
  several_sites.Append(function);
}

// The site of a call that is met first. Stored trees (views, BEGIN ATOMIC) have lost their places:
// such a call is given one that no text has, which the plan made of the tree keeps.
int NumberedSite(Node *call, int number) {
  constexpr int kFirst = kAnySite - 1;
  if (CallSite(call) != kAnySite) return CallSite(call);
  if (IsA(call, FuncExpr)) reinterpret_cast<FuncExpr *>(call)->location = kFirst - number;
  if (IsA(call, OpExpr)) reinterpret_cast<OpExpr *>(call)->location = kFirst - number;
  return CallSite(call);
}

// With whose rights a body is analysed: with those that it runs with. One that is read though
// nobody runs it: its owner's, who could do that by himself.
Oid ReaderOf(HeapTuple tuple) {
  Form_pg_proc proc = reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple));
  return proc->prosecdef || ReadsBodies() ? proc->proowner : GetUserId();
}

// The statements of a SQL function's body, analysed and rewritten.
List *AnalyseBody(HeapTuple tuple, Node *call, Oid collation) {
  bool is_null = false;
  Datum body = SysCacheGetAttr(PROCOID, tuple, Anum_pg_proc_prosqlbody, &is_null);
  List *queries = NIL;
  ListCell *cell;
  if (!is_null) {
    Node *node = static_cast<Node *>(stringToNode(TextDatumGetCString(body)));
    List *stored = IsA(node, List) ? linitial_node(List, castNode(List, node)) : list_make1(node);
    foreach (cell, stored) {
      Query *query = lfirst_node(Query, cell);
      AcquireRewriteLocks(query, true, false);
      queries = list_concat(queries, pg_rewrite_query(query));
    }
    return queries;
  }
  Datum source = SysCacheGetAttr(PROCOID, tuple, Anum_pg_proc_prosrc, &is_null);
  char *code = TextDatumGetCString(source);
  SQLFunctionParseInfoPtr info = prepare_sql_fn_parse_info(tuple, call, collation);
  const int level = EnterPathOf(tuple);
  foreach (cell, raw_parser(code, RAW_PARSE_DEFAULT)) {
    ParseState *state = make_parsestate(nullptr);
    state->p_sourcetext = code;
    sql_fn_parser_setup(state, info);
    Query *query = nullptr;
    AsRole(ReaderOf(tuple),
           [&] { query = transformTopLevelStmt(state, lfirst_node(RawStmt, cell)); });
    free_parsestate(state);
    queries = list_concat(
        queries, query->commandType == CMD_UTILITY ? list_make1(query) : QueryRewrite(query));
  }
  LeavePathOf(level);
  return queries;
}

// NIL when it cannot be analysed: a body whose temporary tables do not exist yet is no error.
List *TryAnalyseBody(HeapTuple tuple, Node *call, Oid collation) {
  List *volatile queries = NIL;
  bool fine = Tried([&] { queries = AnalyseBody(tuple, call, collation); });
  return fine ? queries : NIL;
}

// The statement that gives the function's result: the last one that returns rows.
Query *ResultQuery(List *queries) {
  Query *result = nullptr;
  ListCell *cell;
  foreach (cell, queries) {
    Query *query = lfirst_node(Query, cell);
    if (query->canSetTag && query->commandType != CMD_UTILITY) result = query;
  }
  return result == nullptr || QueryOutputs(result) == NIL ? nullptr : result;
}

// SELECT ROW(…) or SELECT t FROM t: the one column stands for the whole row of the result.
bool GivesOneRowValue(Query *query) {
  if (QueryWidth(query) != 1) return false;
  TargetEntry *entry = linitial_node(TargetEntry, QueryOutputs(query));
  return type_is_rowtype(exprType(reinterpret_cast<Node *>(entry->expr)));
}

List *ExpandArguments(Oid function, Node *call, List *args) {
  HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
  if (!HeapTupleIsValid(tuple)) return args;
  Oid result =
      IsA(call, FuncExpr) ? reinterpret_cast<FuncExpr *>(call)->funcresulttype : InvalidOid;
  List *expanded =
      OidIsValid(result) ? expand_function_arguments(args, false, result, tuple) : args;
  ReleaseSysCache(tuple);
  return expanded;
}

// True inside the body of `function`: a recursive call adds nothing, but bodies without number.
bool InBodyOf(const QueryInfo *info, Oid function) {
  for (; info != nullptr; info = info->body_caller) {
    while (info->parent != nullptr) info = info->parent;
    if (info->body_function == function) return true;
  }
  return false;
}

// Brings the body in once per call node.
QueryInfo *BodyRoot(Builder *builder, QueryInfo *info, Node *call, Oid function, List *args) {
  for (int i = 0; i < builder->bodies.size; i++) {
    if (builder->bodies[i].call == call) return builder->bodies[i].root;
  }
  CHECK_FOR_INTERRUPTS();
  QueryInfo *root = nullptr;
  HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
  const bool fits = builder->body_depth < kMaxBodyDepth && builder->bodies.size < kMaxBodies;
  builder->cut = builder->cut || !fits;
  if (HeapTupleIsValid(tuple) && fits && !InBodyOf(info, function)) {
    Query *query = ResultQuery(TryAnalyseBody(tuple, call, exprInputCollation(call)));
    if (query != nullptr) {
      root = InfoFor(builder, query, nullptr);
      root->body_args = ExpandArguments(function, call, args);
      root->body_caller = info;
      root->body_function = function;
      builder->reads_anew |= func_volatile(function) == PROVOLATILE_VOLATILE;
      int nargs = Max(list_length(root->body_args), 1);
      root->body_arg_sets = static_cast<SymSet *>(palloc(sizeof(SymSet) * nargs));
      for (int i = 0; i < nargs; i++) root->body_arg_sets[i].size = -1;
    }
  }
  if (HeapTupleIsValid(tuple)) ReleaseSysCache(tuple);
  builder->bodies.Append({call, root});
  return root;
}

}  // namespace

const FunctionTraits *KnownTraits(Oid function) {
  if (traits_stale || masking_seen != MaskingGeneration()) return nullptr;
  return recent.Find(function);
}

const FunctionTraits *TraitsOf(Oid function) {
  if (const FunctionTraits *known = KnownTraits(function)) return known;
  EnsureTraits();
  bool found = false;
  FunctionTraits *traits =
      static_cast<FunctionTraits *>(hash_search(traits_table, &function, HASH_ENTER, &found));
  if (found) {
    recent.Keep(function, traits);
    return traits;
  }
  kept_hashes.Add(GetSysCacheHashValue1(PROCOID, ObjectIdGetDatum(function)));
  *traits = {function, FunctionClass::kOpaque, false, PartRole::kNone, false, false,
             false,    RemoteCall::kNone,      false};
  HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
  if (!HeapTupleIsValid(tuple)) return traits;
  Form_pg_proc proc = reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple));
  traits->cls = Classify(tuple);
  traits->masking = IsMaskingFunction(NameStr(proc->proname), proc->pronamespace);
  traits->part = PartRoleOf(tuple);
  traits->strict = proc->proisstrict;
  traits->remote = RemoteCallOf(tuple);
  traits->runs_queries = traits->remote == RemoteCall::kNone && RunsQueries(tuple);
  traits->needs_frame = NeedsFrame(tuple);
  traits->hides_values = traits->cls == FunctionClass::kTraced && traits->needs_frame;
  ReleaseSysCache(tuple);
  return traits;
}

int CallSite(Node *call) {
  if (call == nullptr) return kAnySite;
  if (IsA(call, FuncExpr)) return reinterpret_cast<FuncExpr *>(call)->location;
  if (IsA(call, OpExpr)) return reinterpret_cast<OpExpr *>(call)->location;
  return kAnySite;
}

bool CalledAtSeveralSites(Oid function) {
  for (int i = 0; i < several_sites.size; i++) {
    if (several_sites.items[i] == function) return true;
  }
  return false;
}

void AddArguments(Builder *builder, QueryInfo *info, int index, List *args) {
  builder->call_rounds[index] = builder->generation;
  for (int i = 0; i < builder->calls[index].nargs; i++) {
    Node *arg = static_cast<Node *>(list_nth(args, i));
    SymBag bag = {};
    AddExpr(builder, info, arg, kIdentity, &bag);
    bag.AddSet(builder->calls[index].args[i], kIdentity);
    builder->calls[index].args[i] = bag.Finish();
    ShapeFields fields = FieldsOf(builder, info, arg);
    ShapeFields *known = &builder->calls[index].fields[i];
    if (builder->recursion != nullptr) {  // of rounds, fields by number are joined
      if (fields.names != nullptr) fields = {};
      fields.inner = nullptr;
    }
    for (int f = 0; f < Min(fields.size, known->size); f++) {
      SymBag both = {};
      both.AddSet(fields.sets[f], kIdentity);
      both.AddSet(known->sets[f], kIdentity);
      fields.sets[f] = both.Finish();
    }
    builder->calls[index].fields[i] = fields;
  }
}

int CallIndex(Builder *builder, QueryInfo *info, Node *call, Oid function, List *args) {
  for (int i = 0; i < builder->call_nodes.size; i++) {
    if (builder->call_nodes[i] != call) continue;
    if (builder->recursion != nullptr && builder->call_rounds[i] != builder->generation) {
      builder->calls_loop = true;
      AddArguments(builder, info, i, ExpandArguments(function, call, args));
    }
    return i;
  }
  List *expanded = ExpandArguments(function, call, args);
  ShapeCall entry = {};
  entry.function = function;
  entry.nargs = list_length(expanded);
  entry.args = static_cast<SymSet *>(palloc0(sizeof(SymSet) * Max(entry.nargs, 1)));
  entry.fields = static_cast<ShapeFields *>(palloc0(sizeof(ShapeFields) * Max(entry.nargs, 1)));
  entry.site = NumberedSite(call, builder->calls.size);
  for (ShapeCall &other : builder->calls) {
    if (other.function != function) continue;
    NoteSeveralSites(function);
    if (other.site == entry.site) other.site = entry.site = kAnySite;
  }
  int index = builder->calls.size;
  builder->calls.Append(entry);
  builder->call_nodes.Append(call);
  builder->call_rounds.Append(builder->generation);
  AddArguments(builder, info, index, expanded);
  return index;
}

namespace {

// The position, in a body's output list, of a column of the function's row type: dropped columns
// have a number and no place.
int PlaceInBody(Oid function, int column, int width) {
  Oid type = get_func_rettype(function);
  if (type == RECORDOID || !type_is_rowtype(type)) return column;
  TupleDesc desc = lookup_rowtype_tupdesc_domain(type, -1, true);
  if (desc == nullptr) return column;
  int live = 0;
  int place = 0;
  for (int i = 0; i < desc->natts; i++) {
    if (TupleDescAttr(desc, i)->attisdropped) continue;
    live++;
    if (i + 1 == column) place = live;
  }
  bool dropped = live < desc->natts;
  ReleaseTupleDesc(desc);
  return dropped && width == live ? place : column;
}

}  // namespace

bool AddSqlBody(Builder *builder, QueryInfo *info, Node *call, Oid function, List *args,
                FieldPath column, uint8 kind, SymBag *out) {
  QueryInfo *root = BodyRoot(builder, info, call, function, args);
  if (root == nullptr) return false;
  builder->body_depth++;
  int place = PlaceInBody(function, column.field, root->ncolumns);
  if (column.field == kCallRows) {
    out->AddSet(QueryRows(builder, root), kind);
  } else if (column.field != 0 && GivesOneRowValue(root->query)) {
    TargetEntry *entry = linitial_node(TargetEntry, QueryOutputs(root->query));
    AddField(builder, root, reinterpret_cast<Node *>(entry->expr), column, kind, out);
  } else if (column.field == 0 || root->ncolumns == 1) {
    if (column.then != nullptr) AddOutputField(builder, root, 1, *column.then, kind, out);
    for (int i = 1; i <= root->ncolumns && column.then == nullptr; i++)
      out->AddSet(QueryColumn(builder, root, i), kind);
    out->AddSet(QueryRows(builder, root), IsDirect(kind) ? kIdentity : kind);
  } else if (column.then != nullptr) {
    AddOutputField(builder, root, place, *column.then, kind, out);
  } else {
    out->AddSet(QueryColumn(builder, root, place), kind);
  }
  builder->body_depth--;
  if (!TraitsOf(function)->strict) return true;
  ListCell *cell;  // whether an argument is NULL decides about the result
  foreach (cell, root->body_args)
    AddExpr(builder, info, static_cast<Node *>(lfirst(cell)), Compose(kind, kConditional), out);
  return true;
}

bool AddBodyParam(Builder *builder, QueryInfo *info, Param *param, FieldPath field, uint8 kind,
                  SymBag *out) {
  while (info != nullptr && info->body_arg_sets == nullptr) info = info->parent;
  if (info == nullptr) return false;
  int index = param->paramid - 1;
  if (index < 0 || index >= list_length(info->body_args)) return true;
  Node *arg = static_cast<Node *>(list_nth(info->body_args, index));
  if (field.field != 0) {
    AddField(builder, info->body_caller, arg, field, kind, out);
    return true;
  }
  if (info->body_generation != builder->generation) {
    info->body_generation = builder->generation;  // results of a finished round hold
    for (int i = 0; builder->recursion != nullptr && i < list_length(info->body_args); i++)
      info->body_arg_sets[i].size = -1;
  }
  if (info->body_arg_sets[index].size < 0) {
    SymBag bag = {};
    AddExpr(builder, info->body_caller, arg, kIdentity, &bag);
    info->body_arg_sets[index] = bag.Finish();
  }
  out->AddSet(info->body_arg_sets[index], kind);
  return true;
}

namespace {

bool HoldsCall(const SymBag &bag) {
  for (const Sym &sym : bag.items) {
    if (sym.type == SymType::kCall) return true;
  }
  return false;
}

}  // namespace

void AddCall(Builder *builder, QueryInfo *info, Node *call, Oid function, List *args,
             FieldPath column, uint8 kind, SymBag *out) {
  const FunctionTraits traits = *TraitsOf(function);
  if (traits.masking) kind |= kMaskingBit;
  // Its statements run in a frame of their own, which asks for the arguments.
  if (traits.cls == FunctionClass::kSqlBody && traits.needs_frame)
    CallIndex(builder, info, call, function, args);
  if (traits.cls == FunctionClass::kSqlBody) {
    SymBag body = {};
    if (AddSqlBody(builder, info, call, function, args, column, kind, &body) &&
        !(traits.needs_frame && HoldsCall(body))) {
      for (const Sym &sym : body.items) out->Add(sym);
      return;
    }
  }
  // … and what they gave is known there, with what the calls in them gave.
  if (traits.cls == FunctionClass::kTraced || traits.needs_frame) {
    AddCallPart(CallIndex(builder, info, call, function, args), column, kind, out);
    return;
  }
  if (traits.remote == RemoteCall::kConnect && IsA(call, FuncExpr))
    NoteConnection(reinterpret_cast<FuncExpr *>(call));
  bool rows = column.field == kCallRows;
  if (traits.runs_queries) {
    int index = CallIndex(builder, info, call, kQueriesRun, NIL);
    out->Add({static_cast<uint32>(index), static_cast<int16>(rows ? kCallRows : 0),
              rows ? kind : Compose(kind, kTransformation), SymType::kCall});
  }
  if (rows) return;
  // A column of its rows, or a part of its one value.
  const FieldPath *part = type_is_rowtype(exprType(call)) ? &column : column.then;
  if (part != nullptr && part->field != 0 &&
      (AddPart(builder, info, call, function, args, *part, kind, out) ||
       AddRowThrough(builder, info, call, function, args, *part, kind, out)))
    return;
  if (AskedNames *asked = column.AskedAtEnd()) asked->unknown = true;
  ListCell *cell;
  foreach (cell, args)
    AddExpr(builder, info, static_cast<Node *>(lfirst(cell)), Compose(kind, kTransformation), out);
}

}  // namespace pg_lineage
