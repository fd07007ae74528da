// Expressions, statements and executed texts of a PL/pgSQL body.
#include "capture/plpgsql.h"
#include "lineage/plpgsql_body.h"
#include "lineage/resolve.h"

namespace pg_lineage {

namespace {

void TakeQueries(PlpgsqlBody *body, List *statements, const char *text, ReadExpr *read) {
  read->result = -1;
  ListCell *cell;
  foreach (cell, statements) {
    ListCell *item;
    foreach (item, AnalyseStatement(body, lfirst_node(RawStmt, cell), text)) {
      Query *query = lfirst_node(Query, item);
      bool utility = query->commandType == CMD_UTILITY;
      if (!utility && query->canSetTag && QueryOutputs(query) != NIL)
        read->result = read->queries.size;
      Node *statement = utility ? query->utilityStmt : nullptr;
      Shape *shape = nullptr;
      if (!utility) shape = ReadShape(query);
      if (statement != nullptr && IsA(statement, CallStmt))
        shape = ReadCallShape(reinterpret_cast<CallStmt *>(statement)->funcexpr);
      read->queries.Append({query, shape});
    }
  }
}

// The one expression of a query that reads nothing; NULL: it is another kind of query.
Node *OnlyExpression(const ReadExpr *read) {
  if (read->queries.size != 1 || read->result != 0) return nullptr;
  const Query *query = read->queries.items[0].query;
  if (query->commandType != CMD_SELECT || query->rtable != NIL || query->hasSubLinks ||
      query->hasTargetSRFs || query->hasAggs || list_length(query->targetList) != 1 ||
      query->jointree->quals != nullptr)
    return nullptr;
  return reinterpret_cast<Node *>(linitial_node(TargetEntry, query->targetList)->expr);
}

// The record variable that an expression is, and nothing else; -1: it is something else.
int OnlyRecord(const PlpgsqlBody *body, const ReadExpr *read) {
  Node *expr = OnlyExpression(read);
  if (expr == nullptr || !IsA(expr, Param) || body->dynamic) return -1;
  int dno = reinterpret_cast<Param *>(expr)->paramid - 1;
  return body->function->datums[dno]->dtype == PLPGSQL_DTYPE_REC ? dno : -1;
}

TupleDesc RowTypeOf(Node *expr) {
  TupleDesc row = nullptr;
  if (IsA(expr, Param)) {
    TupleDesc known = lookup_rowtype_tupdesc_domain(exprType(expr), exprTypmod(expr), true);
    if (known == nullptr) return nullptr;
    row = CreateTupleDescCopy(known);
    ReleaseTupleDesc(known);
    return row;
  }
  (void)get_expr_result_type(expr, nullptr, &row);
  return row;
}

void TakeOutputs(PlpgsqlBody *body, const ReadExpr *read, const StatementRun *run, bool fields,
                 HeldRow *out) {
  Query *query = read->queries.items[read->result].query;
  bool apart = fields && run->shape->nfields > 0;
  RunOutputs(body, run, apart, &out->sets);
  out->rows = run->rows;
  if (apart) {
    out->row =
        RowTypeOf(reinterpret_cast<Node *>(linitial_node(TargetEntry, QueryOutputs(query))->expr));
  } else {
    out->row = ExecCleanTypeFromTL(QueryOutputs(query));
  }
  Node *expr = apart ? nullptr : OnlyExpression(read);
  if (expr != nullptr) out->constant = ConstantOf(body, expr);
}

bool RunQueries(PlpgsqlBody *body, const ReadExpr *read, const char *text, bool fields,
                HeldRow *out) {
  for (int i = 0; i < read->queries.size; i++) {
    const ReadQuery &each = read->queries.items[i];
    if (each.shape == nullptr) {
      RunUtility(body, each.query->utilityStmt, text);
      continue;
    }
    StatementRun run = {};
    RunShape(body, each.shape, &run);
    if (i == read->result) TakeOutputs(body, read, &run, fields, out);
  }
  return true;
}

// The values of USING, and their types.
void TakeGiven(PlpgsqlBody *body, List *given, PodVector<HeldRow> *rows, PodVector<Oid> *types) {
  ListCell *cell;
  foreach (cell, given) {
    const PLpgSQL_expr *expr = static_cast<PLpgSQL_expr *>(lfirst(cell));
    HeldRow row = {};
    (void)RunExpression(body, expr, true, &row);
    ReadExpr *read = ReadExpression(body, expr);
    Oid type = UNKNOWNOID;
    if (read != nullptr)
      type = exprType(reinterpret_cast<Node *>(
          linitial_node(TargetEntry, QueryOutputs(read->queries[read->result].query))->expr));
    if (!type_is_rowtype(type)) row.row = nullptr;
    rows->Append(row);
    types->Append(type);
  }
}

// Analyses a text once for each place that executes it.
ReadExpr *ReadText(PlpgsqlBody *body, const PLpgSQL_expr *place, const char *text) {
  for (const ReadTextEntry &entry : body->texts) {
    if (entry.place == place && strcmp(entry.text, text) == 0) return entry.read;
  }
  ReadExpr *read = static_cast<ReadExpr *>(palloc0(sizeof(ReadExpr)));
  body->texts.Append({place, text, read});
  read->result = -1;
  SetNames(body, nullptr);
  read->fine =
      Attempt(body, [&] { TakeQueries(body, raw_parser(text, RAW_PARSE_DEFAULT), text, read); });
  return read;
}

}  // namespace

ReadExpr *ReadExpression(PlpgsqlBody *body, const PLpgSQL_expr *expr) {
  bool found = false;
  ReadExpr *read =
      static_cast<ReadExpr *>(hash_search(body->expressions, &expr, HASH_ENTER, &found));
  if (found) return read->fine ? read : nullptr;
  read->queries = {};
  read->result = -1;
  read->fine = false;
  SetNames(body, expr);
  read->fine = Attempt(body, [&] {
    TakeQueries(body, raw_parser(expr->query, expr->parseMode), expr->query, read);
  });
  return read->fine ? read : nullptr;
}

bool RunExpression(PlpgsqlBody *body, const PLpgSQL_expr *expr, bool fields, HeldRow *out) {
  out->rows = EmptySet();
  if (expr == nullptr) return false;
  ReadExpr *read = ReadExpression(body, expr);
  if (read == nullptr) return false;
  int record = OnlyRecord(body, read);
  if (record >= 0) {
    *out = ReadHeld(body, record);
    return true;
  }
  return Attempt(body, [&] { RunQueries(body, read, expr->query, fields, out); });
}

const SourceSet *ValueOf(PlpgsqlBody *body, const PLpgSQL_expr *expr) {
  HeldRow row = {};
  if (!RunExpression(body, expr, false, &row)) return EmptySet();
  const SourceSet *value = row.rows;
  for (int i = 0; i < row.sets.size; i++) value = UnionSets(value, row.sets[i]);
  return value;
}

bool RunText(PlpgsqlBody *body, const PLpgSQL_expr *text, List *given, HeldRow *out) {
  out->rows = EmptySet();
  HeldRow value = {};
  (void)RunExpression(body, text, false, &value);
  PodVector<HeldRow> rows = {};
  PodVector<Oid> types = {};
  TakeGiven(body, given, &rows, &types);
  if (value.constant == nullptr || value.constant->constisnull) {
    NoteUnanalysed(body, Unanalysed::kDynamic);
    return false;
  }
  Oid output = InvalidOid;
  bool varlena = false;
  getTypeOutputInfo(value.constant->consttype, &output, &varlena);
  const char *words = OidOutputFunctionCall(output, value.constant->constvalue);
  body->given = rows;
  body->given_types = types;
  ReadExpr *read = ReadText(body, text, words);
  if (!read->fine) return false;
  body->dynamic = true;
  bool fine = Attempt(body, [&] { RunQueries(body, read, words, false, out); });
  body->dynamic = false;
  return fine;
}

void RunCallStatement(PlpgsqlBody *body, const PLpgSQL_stmt_call *call) {
  if (!call->is_call) {  // a DO block in a routine
    NoteUnanalysed(body, Unanalysed::kDynamic);
    return;
  }
  ReadExpr *read = ReadExpression(body, call->expr);
  if (read == nullptr) return;
  StatementRun run = {};
  Attempt(body, [&] { RunShape(body, read->queries[0].shape, &run); });
  if (run.observed.items.Empty()) return;
  const CallStmt *statement = castNode(CallStmt, read->queries[0].query->utilityStmt);
  const Observation &last = run.observed.items.Last();
  int column = 0;
  ListCell *cell;
  foreach (cell, statement->outargs) {
    Node *target = static_cast<Node *>(lfirst(cell));
    const SourceSet *set =
        column < last.size ? run.observed.columns[last.first + column].set : EmptySet();
    column++;
    if (IsA(target, Param))
      SetHeld(body, reinterpret_cast<Param *>(target)->paramid - 1,
              UnionSets(set, IndirectPart(body->condition)), nullptr);
  }
}

}  // namespace pg_lineage
