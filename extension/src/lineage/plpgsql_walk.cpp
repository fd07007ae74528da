// The statements of a PL/pgSQL body, all branches.
#include "edge/guc.h"
#include "lineage/plpgsql_body.h"

namespace pg_lineage {

namespace {

constexpr int kMaxTableRounds = 20;
constexpr int kMaxSteps = 50000;

void WalkStatement(PlpgsqlBody *body, PLpgSQL_stmt *statement);

void WalkList(PlpgsqlBody *body, List *statements) {
  ListCell *cell;
  foreach (cell, statements) {
    if (body->state.dead) return;
    WalkStatement(body, static_cast<PLpgSQL_stmt *>(lfirst(cell)));
  }
}

// What decides that the present statement runs.
void SetCondition(PlpgsqlBody *body) {
  const SourceSet *set = body->base_condition;
  for (const ConditionScope *scope = body->scopes; scope != nullptr; scope = scope->outer)
    set = UnionSets(set, scope->condition);
  body->condition = settings.track_control_flow ? set : EmptySet();
}

// Walks statements inside of `around`, of which `condition` decides whether they run. Returns that
// with what jumps among them have added.
const SourceSet *WalkUnder(PlpgsqlBody *body, List *statements, const SourceSet *condition,
                           const PLpgSQL_stmt *around) {
  ConditionScope scope = {condition, around->stmtid, body->scopes};
  body->scopes = &scope;
  WalkList(body, statements);
  body->scopes = scope.outer;
  SetCondition(body);
  return scope.condition;
}

const SourceSet *ConditionBy(PlpgsqlBody *body, const PLpgSQL_expr *expr) {
  return AsCondition(ValueOf(body, expr));
}

// IF x THEN RETURN; EXIT WHEN x; WHILE x LOOP … RETURN: what follows the statement runs because x
// was not so.
void NoteJump(PlpgsqlBody *body, const PLpgSQL_stmt *statement, const SourceSet *condition) {
  if (statement->stmtid >= body->info->size || condition->size == 0) return;
  const Jumps &jumps = body->info->statements[statement->stmtid].jumps;
  if (jumps.out_of_function) body->base_condition = UnionSets(body->base_condition, condition);
  if (jumps.leaves == 0) return;
  for (ConditionScope *scope = body->scopes; scope != nullptr; scope = scope->outer) {
    scope->condition = UnionSets(scope->condition, condition);
    if (scope->stmtid == jumps.leaves) return;
  }
}

// Arms of IF and CASE: each from the same state, then joined.
struct Arms {
  const PLpgSQL_stmt *statement;
  HeldState before;
  HeldState after;
  const SourceSet *conditions;
  const SourceSet *inside;  // those of jumps in them
};

void WalkArm(PlpgsqlBody *body, Arms *arms, List *statements) {
  body->state = CopyState(body, arms->before);
  body->branches++;
  const SourceSet *all = WalkUnder(body, statements, arms->conditions, arms->statement);
  body->branches--;
  arms->inside = UnionSets(arms->inside, all);
  JoinState(body, &arms->after, body->state);
}

void EndArms(PlpgsqlBody *body, Arms *arms) {
  body->state = arms->after;
  if (body->state.held == nullptr) {
    body->state = arms->before;
    body->state.dead = true;
  }
  NoteJump(body, arms->statement, UnionSets(arms->conditions, arms->inside));
  SetCondition(body);
}

void WalkIf(PlpgsqlBody *body, const PLpgSQL_stmt_if *branch) {
  const SourceSet *first = ConditionBy(body, branch->cond);
  Arms arms = {reinterpret_cast<const PLpgSQL_stmt *>(branch), body->state, {}, first, EmptySet()};
  WalkArm(body, &arms, branch->then_body);
  ListCell *cell;
  foreach (cell, branch->elsif_list) {
    const PLpgSQL_if_elsif *arm = static_cast<PLpgSQL_if_elsif *>(lfirst(cell));
    body->state = CopyState(body, arms.before);
    arms.conditions = UnionSets(arms.conditions, ConditionBy(body, arm->cond));
    WalkArm(body, &arms, arm->stmts);
  }
  WalkArm(body, &arms, branch->else_body);
  EndArms(body, &arms);
}

void WalkCase(PlpgsqlBody *body, const PLpgSQL_stmt_case *branch) {
  Arms arms = {
      reinterpret_cast<const PLpgSQL_stmt *>(branch), body->state, {}, EmptySet(), EmptySet()};
  if (branch->t_expr != nullptr) {
    HeldRow test = {};
    if (RunExpression(body, branch->t_expr, false, &test)) {
      AssignHeld(body, branch->t_varno, test);
      if (test.row != nullptr && test.row->natts == 1)
        body->state.held[branch->t_varno].type = TupleDescAttr(test.row, 0)->atttypid;
      for (const SourceSet *set : test.sets)
        arms.conditions = UnionSets(arms.conditions, AsCondition(set));
    }
    arms.before = body->state;
  }
  ListCell *cell;
  foreach (cell, branch->case_when_list) {
    const PLpgSQL_case_when *arm = static_cast<PLpgSQL_case_when *>(lfirst(cell));
    body->state = CopyState(body, arms.before);
    arms.conditions = UnionSets(arms.conditions, ConditionBy(body, arm->expr));
    WalkArm(body, &arms, arm->stmts);
  }
  if (branch->have_else) WalkArm(body, &arms, branch->else_stmts);
  EndArms(body, &arms);
}

// Walks a loop until no variable gains anything. `start` sets the loop's variables and gives what
// decides about its rounds, of which there may be none, but for LOOP.
template <typename Start>
void WalkLoop(PlpgsqlBody *body, const PLpgSQL_stmt *loop, Start start) {
  const bool endless = loop->cmd_type == PLPGSQL_STMT_LOOP;
  JumpTarget target = {LabelOf(loop), true, {}, {}, body->jumps};
  body->jumps = &target;
  body->branches++;
  HeldState around = CopyState(body, body->state);
  uint64 tables = HeldInTables(body->definitions);
  const SourceSet *conditions = EmptySet();
  bool gained = true;
  for (int round = 0; gained; round++) {  // ends: sets only grow
    body->state = CopyState(body, around);
    const SourceSet *condition = start();
    if (!endless) JoinState(body, &target.exits, body->state);
    conditions = UnionSets(conditions, WalkUnder(body, LoopBody(loop), condition, loop));
    JoinState(body, &body->state, target.nexts);
    gained = JoinState(body, &around, body->state);
    uint64 now = HeldInTables(body->definitions);
    if (now != tables && !gained) {  // what is made anew in each round may never come to rest
      gained = round < kMaxTableRounds;
      if (!gained) NoteUnanalysed(body, Unanalysed::kLimit);
    }
    tables = now;
  }
  body->branches--;
  body->jumps = target.outer;
  if (!endless) JoinState(body, &target.exits, around);
  body->state = target.exits;
  if (body->state.held == nullptr) {
    body->state = around;
    body->state.dead = true;
  }
  NoteJump(body, loop, conditions);
  SetCondition(body);
}

const SourceSet *StartInteger(PlpgsqlBody *body, const PLpgSQL_stmt_fori *loop) {
  const SourceSet *lower = ValueOf(body, loop->lower);
  const SourceSet *bounds = UnionSets(lower, ValueOf(body, loop->upper));
  const SourceSet *value = lower;
  if (loop->step != nullptr) {
    const SourceSet *step = ValueOf(body, loop->step);
    bounds = UnionSets(bounds, step);
    value = UnionSets(value, step);
  }
  SourceBag bag = {};
  bag.AddSet(value, kTransformation);
  bag.AddSet(AsCondition(bounds), kIdentity);
  SetHeld(body, loop->var->dno, bag.items.Empty() ? EmptySet() : bag.Intern(), nullptr);
  return AsCondition(bounds);
}

const SourceSet *StartArray(PlpgsqlBody *body, const PLpgSQL_stmt_foreach_a *loop) {
  const SourceSet *array = ValueOf(body, loop->expr);
  SourceBag bag = {};
  bag.AddSet(array, kTransformation);
  SetHeld(body, loop->varno, bag.items.Empty() ? EmptySet() : bag.Intern(), nullptr);
  return AsCondition(array);
}

// Rows into a loop's variable; they decide about its rounds.
const SourceSet *StartRows(PlpgsqlBody *body, const PLpgSQL_variable *target, const HeldRow &row) {
  AssignHeld(body, target->dno, row);
  return AsCondition(row.rows);
}

void WalkForCursor(PlpgsqlBody *body, const PLpgSQL_stmt_forc *loop) {
  OpenBound(body, loop->curvar, loop->argquery);
  WalkLoop(body, reinterpret_cast<const PLpgSQL_stmt *>(loop),
           [&] { return StartRows(body, loop->var, FetchFrom(body, loop->curvar)); });
}

void WalkForQuery(PlpgsqlBody *body, const PLpgSQL_stmt *statement) {
  const PLpgSQL_stmt_forq *loop = As<PLpgSQL_stmt_forq>(statement);
  WalkLoop(body, statement, [&] {
    HeldRow row = {};
    if (statement->cmd_type == PLPGSQL_STMT_FORS) {
      (void)RunExpression(body, As<PLpgSQL_stmt_fors>(statement)->query, false, &row);
    } else {
      (void)RunText(body, As<PLpgSQL_stmt_dynfors>(statement)->query,
                    As<PLpgSQL_stmt_dynfors>(statement)->params, &row);
    }
    return StartRows(body, loop->var, row);
  });
}

void Declare(PlpgsqlBody *body, const PLpgSQL_stmt_block *block) {
  for (int i = 0; i < block->n_initvars; i++) {
    int dno = block->initvarnos[i];
    const PLpgSQL_variable *variable =
        reinterpret_cast<PLpgSQL_variable *>(body->function->datums[dno]);
    HeldRow value = {};
    if (variable->default_val != nullptr)
      (void)RunExpression(body, variable->default_val, variable->dtype == PLPGSQL_DTYPE_REC,
                          &value);
    AssignHeld(body, dno, value);
  }
}

void WalkBlock(PlpgsqlBody *body, const PLpgSQL_stmt_block *block) {
  const PLpgSQL_stmt *around = reinterpret_cast<const PLpgSQL_stmt *>(block);
  Declare(body, block);
  JumpTarget target = {block->label, false, {}, {}, body->jumps};
  body->jumps = &target;
  if (block->exceptions == nullptr) {
    (void)WalkUnder(body, block->body, EmptySet(), around);
  } else {
    HandlerScope handler = {CopyState(body, body->state), body->handlers};
    body->handlers = &handler;
    body->branches++;
    (void)WalkUnder(body, block->body, EmptySet(), around);
    body->handlers = handler.outer;
    HeldState after = body->state;
    ListCell *cell;
    foreach (cell, block->exceptions->exc_list) {
      body->state = CopyState(body, handler.state);
      SetHeld(body, block->exceptions->sqlstate_varno, EmptySet(), nullptr);
      SetHeld(body, block->exceptions->sqlerrm_varno, EmptySet(), nullptr);
      List *action = static_cast<PLpgSQL_exception *>(lfirst(cell))->action;
      (void)WalkUnder(body, action, EmptySet(), around);
      JoinState(body, &after, body->state);
    }
    body->branches--;
    body->state = after;
  }
  body->jumps = target.outer;
  JoinState(body, &body->state, target.exits);
}

bool Means(const PLpgSQL_stmt_exit *jump, const JumpTarget *target) {
  if (jump->label == nullptr) return target->loop;
  return target->label != nullptr && strcmp(jump->label, target->label) == 0;
}

void WalkExit(PlpgsqlBody *body, const PLpgSQL_stmt_exit *jump) {
  const SourceSet *condition = EmptySet();
  if (jump->cond != nullptr) condition = ConditionBy(body, jump->cond);
  JumpTarget *target = body->jumps;
  while (target != nullptr && !Means(jump, target)) target = target->outer;
  if (target == nullptr || !target->loop) KeepTables(body);
  if (target != nullptr)  // else the routine itself, by its name
    JoinState(body, jump->is_exit ? &target->exits : &target->nexts, body->state);
  if (jump->cond == nullptr) body->state.dead = true;
  NoteJump(body, reinterpret_cast<const PLpgSQL_stmt *>(jump), condition);
}

void WalkStatement(PlpgsqlBody *body, PLpgSQL_stmt *statement) {
  CHECK_FOR_INTERRUPTS();
  if (++body->steps > kMaxSteps || stack_is_too_deep())
    ereport(ERROR, (errcode(ERRCODE_STATEMENT_TOO_COMPLEX), errmsg("routine is too large")));
  SetCondition(body);
  switch (statement->cmd_type) {
    case PLPGSQL_STMT_BLOCK:
      WalkBlock(body, As<PLpgSQL_stmt_block>(statement));
      break;
    case PLPGSQL_STMT_IF:
      WalkIf(body, As<PLpgSQL_stmt_if>(statement));
      break;
    case PLPGSQL_STMT_CASE:
      WalkCase(body, As<PLpgSQL_stmt_case>(statement));
      break;
    case PLPGSQL_STMT_LOOP:
      WalkLoop(body, statement, [] { return EmptySet(); });
      break;
    case PLPGSQL_STMT_WHILE:
      WalkLoop(body, statement,
               [&] { return ConditionBy(body, As<PLpgSQL_stmt_while>(statement)->cond); });
      break;
    case PLPGSQL_STMT_FORI:
      WalkLoop(body, statement,
               [&] { return StartInteger(body, As<PLpgSQL_stmt_fori>(statement)); });
      break;
    case PLPGSQL_STMT_FOREACH_A:
      WalkLoop(body, statement,
               [&] { return StartArray(body, As<PLpgSQL_stmt_foreach_a>(statement)); });
      break;
    case PLPGSQL_STMT_FORS:
    case PLPGSQL_STMT_DYNFORS:
      WalkForQuery(body, statement);
      break;
    case PLPGSQL_STMT_FORC:
      WalkForCursor(body, As<PLpgSQL_stmt_forc>(statement));
      break;
    case PLPGSQL_STMT_EXIT:
      WalkExit(body, As<PLpgSQL_stmt_exit>(statement));
      break;
    case PLPGSQL_STMT_ASSERT:
      NoteJump(body, statement, ConditionBy(body, As<PLpgSQL_stmt_assert>(statement)->cond));
      break;
    default:
      RunSimple(body, statement);
      break;
  }
  for (HandlerScope *handler = body->handlers; handler != nullptr; handler = handler->outer)
    JoinState(body, &handler->state, body->state);
}

}  // namespace

void WalkBody(PlpgsqlBody *body) {
  WalkStatement(body, reinterpret_cast<PLpgSQL_stmt *>(body->function->action));
}

}  // namespace pg_lineage
