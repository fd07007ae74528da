// Bodies in SQL: quoted, or stored as parsed (BEGIN ATOMIC, RETURN).
#include "capture/plpgsql.h"
#include "edge/compat.h"
#include "lineage/body.h"
#include "lineage/resolve.h"

namespace pg_lineage {

namespace {

const SourceSet *Argument(Activation *activation, int paramid, int field) {
  return Symbolic(activation->summary, paramid - 1, field, kIdentity);
}

// A type that stands for a polymorphic one: nobody calls, so nobody says which.
Oid StandIn(Oid type) {
  switch (type) {
    case ANYARRAYOID:
    case ANYCOMPATIBLEARRAYOID:
      return INT4ARRAYOID;
    case ANYRANGEOID:
    case ANYCOMPATIBLERANGEOID:
      return INT4RANGEOID;
    case ANYMULTIRANGEOID:
    case ANYCOMPATIBLEMULTIRANGEOID:
      return INT4MULTIRANGEOID;
    default:
      return IsPolymorphic(type) ? INT4OID : type;
  }
}

// A call whose arguments are known by type alone.
Node *TypicalCall(HeapTuple routine) {
  Form_pg_proc proc = reinterpret_cast<Form_pg_proc>(GETSTRUCT(routine));
  FuncExpr *call = makeNode(FuncExpr);
  call->funcid = proc->oid;
  call->funcresulttype = StandIn(proc->prorettype);
  for (int i = 0; i < proc->pronargs; i++) {
    Param *argument = makeNode(Param);
    argument->paramtype = StandIn(proc->proargtypes.values[i]);
    argument->paramtypmod = -1;
    call->args = lappend(call->args, argument);
  }
  return reinterpret_cast<Node *>(call);
}

// The last statement that returns rows is the result.
void TakeResult(Activation *activation, const StatementRun *run, Oid result_type) {
  Summary *summary = activation->summary;
  if (run->shape->noutputs == 0) return;
  PodVector<const SourceSet *> sets = {};
  RunOutputs(activation, run, true, &sets);
  SpreadOverLive(result_type, &sets);
  summary->result.columns.size = 0;
  summary->result.rows = EmptySet();
  AddResultRow(&summary->result, sets.size, sets.items,
               UnionSets(run->rows, activation->condition));
}

void RunQueries(Activation *activation, List *queries, const char *text, Oid result_type) {
  ListCell *cell;
  foreach (cell, queries) {
    Query *query = lfirst_node(Query, cell);
    if (query->commandType == CMD_UTILITY) {
      RunUtility(activation, query->utilityStmt, text);
      continue;
    }
    StatementRun run = {};
    RunShape(activation, ReadShape(query), &run);
    if (query->canSetTag) TakeResult(activation, &run, result_type);
  }
}

void ReadStored(Activation *activation, Datum body, Oid result_type) {
  Node *node = static_cast<Node *>(stringToNode(TextDatumGetCString(body)));
  List *queries = IsA(node, List) ? linitial_node(List, castNode(List, node)) : list_make1(node);
  ListCell *cell;
  foreach (cell, queries) {
    Query *query = lfirst_node(Query, cell);
    Attempt(activation, [&] {
      AcquireRewriteLocks(query, true, false);
      RunQueries(activation, QueryRewrite(query), nullptr, result_type);
    });
  }
}

void ReadQuoted(Activation *activation, HeapTuple routine, const char *text, Oid result_type) {
  List *statements = NIL;
  bool parsed = Attempt(activation, [&] {
    statements = raw_parser(text, RAW_PARSE_DEFAULT);
    activation->parser_argument =
        prepare_sql_fn_parse_info(routine, TypicalCall(routine), InvalidOid);
    activation->parser_setup = reinterpret_cast<ParserSetupHook>(sql_fn_parser_setup);
  });
  activation->summary->known = parsed;
  ListCell *cell;
  foreach (cell, statements) {
    RawStmt *statement = lfirst_node(RawStmt, cell);
    Attempt(activation, [&] {
      RunQueries(activation, AnalyseStatement(activation, statement, text), text, result_type);
    });
  }
}

}  // namespace

void ReadSqlBody(Activation *activation, HeapTuple routine) {
  bool none = false;
  Oid result_type = reinterpret_cast<Form_pg_proc>(GETSTRUCT(routine))->prorettype;
  activation->parameter = Argument;
  activation->summary->known = activation->summary->analysed = true;
  Datum body = SysCacheGetAttr(PROCOID, routine, Anum_pg_proc_prosqlbody, &none);
  if (!none) {
    ReadStored(activation, body, result_type);
    return;
  }
  Datum source = SysCacheGetAttr(PROCOID, routine, Anum_pg_proc_prosrc, &none);
  ReadQuoted(activation, routine, TextDatumGetCString(source), result_type);
}

}  // namespace pg_lineage
