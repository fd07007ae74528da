#include "capture/alter.h"

#include "capture/emit.h"
#include "edge/compat.h"
#include "edge/guard.h"
#include "lineage/resolve.h"
#include "lineage/shape_cache.h"

namespace pg_lineage {

namespace {

const ColumnDef *DefinitionIn(const AlterTableCmd *command) {
  return command->def != nullptr && IsA(command->def, ColumnDef)
             ? reinterpret_cast<const ColumnDef *>(command->def)
             : nullptr;
}

bool ChangesType(const AlterTableCmd *command) {
  const ColumnDef *definition = DefinitionIn(command);
  return command->subtype == AT_AlterColumnType && definition != nullptr &&
         definition->raw_default != nullptr;
}

bool HasDefault(const ColumnDef *definition) {
  ListCell *cell;
  foreach (cell, definition->constraints) {
    if (lfirst_node(Constraint, cell)->contype == CONSTR_DEFAULT) return true;
  }
  return definition->raw_default != nullptr;
}

bool AddsDefault(const AlterTableCmd *command) {
  const ColumnDef *definition = DefinitionIn(command);
  return command->subtype == AT_AddColumn && definition != nullptr && HasDefault(definition);
}

// What the commands of ALTER TABLE put into columns, as entries of a target list: value(relation,
// command, &column) is the expression; NULL: none.
template <typename Value>
List *TargetsOf(const AlterTableStmt *statement, Oid relid, Value value) {
  List *targets = NIL;
  Relation relation = RelationIdGetRelation(relid);
  if (relation == nullptr) return NIL;
  ListCell *cell;
  foreach (cell, statement->cmds) {
    AttrNumber column = 0;
    Node *expr = value(relation, lfirst_node(AlterTableCmd, cell), &column);
    if (expr != nullptr)
      targets =
          lappend(targets, makeTargetEntry(reinterpret_cast<Expr *>(expr), column, nullptr, false));
  }
  RelationClose(relation);
  return targets;
}

// What USING makes of the old row.
Node *UsingValue(Relation relation, const AlterTableCmd *command, AttrNumber *column) {
  if (!ChangesType(command)) return nullptr;
  *column = get_attnum(RelationGetRelid(relation), command->name);
  ParseState *state = make_parsestate(nullptr);
  ParseNamespaceItem *item =
      addRangeTableEntryForRelation(state, relation, AccessShareLock, nullptr, false, true);
  addNSItemToQuery(state, item, false, true, true);
  Node *expr =
      transformExpr(state, static_cast<Node *>(copyObjectImpl(DefinitionIn(command)->raw_default)),
                    EXPR_KIND_ALTER_COL_TRANSFORM);
  free_parsestate(state);
  return expr;
}

// The default of a column that was added; IF NOT EXISTS may have found one of the `width` that were
// there.
Node *DefaultValue(Relation relation, const AlterTableCmd *command, int width, AttrNumber *column) {
  if (!AddsDefault(command)) return nullptr;
  *column = get_attnum(RelationGetRelid(relation), DefinitionIn(command)->colname);
  return *column > width ? build_column_default(relation, *column) : nullptr;
}

void EmitShape(UtilityState *state, const Shape *shape) {
  const ShapeWrite &write = shape->writes[0];
  ResolveContext context = {shape, nullptr, &state->observed};
  Flow flow = {};
  flow.target = write.target;
  flow.operation = Operation::kUpdate;
  flow.origin = Origin::kObserved;
  flow.path = state->path;
  flow.rows = ResolveSet(context, write.rows);
  for (int i = 0; i < write.ncolumns; i++) {
    flow.columns.Append(write.columns[i].column);
    flow.sources.Append(ResolveSet(context, write.columns[i].sources));
  }
  EmitFlow(flow, {}, -1);
}

}  // namespace

bool AlterGivesValues(const AlterTableStmt *statement) {
  if (statement->objtype != OBJECT_TABLE) return false;
  ListCell *cell;
  foreach (cell, statement->cmds) {
    const AlterTableCmd *command = lfirst_node(AlterTableCmd, cell);
    if (ChangesType(command) || AddsDefault(command)) return true;
  }
  return false;
}

void PrepareAlter(UtilityState *state, const AlterTableStmt *statement) {
  bool changes_type = false;
  ListCell *cell;
  foreach (cell, statement->cmds)
    changes_type = changes_type || ChangesType(lfirst_node(AlterTableCmd, cell));
  Oid relid = RangeVarGetRelid(statement->relation, NoLock, true);
  bool temp = false;
  // The lock that the statement takes next, for those who may run it: a weaker one that it had to
  // raise could make two of them wait for each other.
  state->width = OidIsValid(relid) ? RelationWidth(relid) : 0;
  if (!changes_type || !OidIsValid(relid) || !IsNode(relid, &temp) ||
      !compat::OwnsRelation(relid, GetUserId()) ||
      !ConditionalLockRelationOid(relid, AccessExclusiveLock))
    return;
  List *volatile targets = NIL;
  if (!Tried([&] { targets = TargetsOf(statement, relid, UsingValue); })) return;
  RowSpec row = {0, nullptr, false, nullptr, targets};
  state->shape = ShapeCacheKeep(BuildRowShape(relid, row));
}

void EndAlter(UtilityState *state, const AlterTableStmt *statement) {
  if (state->shape != nullptr) EmitShape(state, state->shape);
  Oid relid = RangeVarGetRelid(statement->relation, NoLock, true);
  if (!OidIsValid(relid)) return;
  List *defaults = TargetsOf(
      statement, relid, [&](Relation relation, const AlterTableCmd *command, AttrNumber *column) {
        return DefaultValue(relation, command, state->width, column);
      });
  RowSpec row = {0, nullptr, false, nullptr, defaults};
  if (row.targets != NIL) EmitShape(state, ShapeCacheKeep(BuildRowShape(relid, row)));
}

}  // namespace pg_lineage
