// Statements without a plan, as far as they move data. Tables that a body creates are made, empty,
// as temporary ones inside the subtransaction that is rolled back, so that what follows can be
// analysed. They are made by the function below the command: no event trigger fires, no default or
// constraint is taken over.
#include "edge/compat.h"
#include "lineage/body.h"
#include "lineage/declared.h"
#include "lineage/resolve.h"
#include "lineage/temp_tables.h"

namespace pg_lineage {

namespace {

constexpr int kMostPartitions = 4096;

bool IsSimulated(const Definitions *definitions, Oid relid) {
  for (int i = 0; i < definitions->simulated.size; i++) {
    if (definitions->simulated.items[i].relid == relid) return true;
  }
  return false;
}

// A temporary table that a body creates.
struct Design {
  const char *name;
  List *columns;              // all of them
  List *own;                  // … that no parent gives
  List *parents;              // RangeVar
  const PartitionSpec *root;  // it has partitions; NULL: none
  bool partition;             // of its only parent
};

bool SameColumns(Relation relation, List *columns) {
  TupleDesc row = RelationGetDescr(relation);
  bool same = row->natts == list_length(columns);
  for (int i = 0; same && i < row->natts; i++) {
    const ColumnDef *column = static_cast<ColumnDef *>(list_nth(columns, i));
    same = strcmp(NameStr(TupleDescAttr(row, i)->attname), column->colname) == 0 &&
           TupleDescAttr(row, i)->atttypid == typenameTypeId(nullptr, column->typeName);
  }
  return same;
}

bool SameParents(Oid relid, const Design &design) {
  if (design.parents == NIL) return !has_superclass(relid);
  ListCell *cell;
  foreach (cell, design.parents) {
    const Oid parent = RangeVarGetRelid(lfirst_node(RangeVar, cell), NoLock, true);
    if (!list_member_oid(find_all_inheritors(parent, NoLock, nullptr), relid)) return false;
  }
  return true;
}

bool Meets(Oid relid, const Design &design) {
  Relation relation = relation_open(relid, AccessShareLock);
  bool root = relation->rd_rel->relkind == RELKIND_PARTITIONED_TABLE;
  bool same = root == (design.root != nullptr) &&
              relation->rd_rel->relispartition == design.partition &&
              SameColumns(relation, design.columns) && SameParents(relid, design);
  relation_close(relation, NoLock);
  return same;
}

// What is below it goes, too.
void Unmake(Definitions *definitions, Oid relid) {
  ObjectAddress address;
  ObjectAddressSet(address, RelationRelationId, relid);
  performDeletion(&address, DROP_CASCADE, PERFORM_DELETION_INTERNAL | PERFORM_DELETION_QUIETLY);
  CommandCounterIncrement();
  PodVector<SimulatedTable> *tables = &definitions->simulated;
  int left = 0;
  for (int i = 0; i < tables->size; i++) {
    if (SearchSysCacheExists1(RELOID, ObjectIdGetDatum(tables->items[i].relid))) {
      tables->items[left++] = tables->items[i];
    } else {
      TempForget(tables->items[i].relid);
    }
  }
  tables->size = left;
}

bool CollectColumns(Node *node, List **columns) {
  if (node == nullptr) return false;
  if (IsA(node, ColumnRef)) {
    *columns = lappend(*columns, node);
    return false;
  }
  return raw_expression_tree_walker(node, PGL_WALKER(CollectColumns), columns);
}

// The body's expressions and bounds are not computed: of the columns of the key each one says
// whether it is null, which can always be hashed, and each partition takes another remainder.
PartitionSpec *HashSpec(const PartitionSpec *written) {
  List *columns = NIL;
  ListCell *cell;
  foreach (cell, written->partParams) {
    const PartitionElem *element = lfirst_node(PartitionElem, cell);
    if (element->name == nullptr) {
      (void)CollectColumns(element->expr, &columns);
      continue;
    }
    ColumnRef *column = makeNode(ColumnRef);
    column->fields = list_make1(makeString(element->name));
    columns = lappend(columns, column);
  }
  PartitionSpec *spec = makeNode(PartitionSpec);
  compat::SetHashStrategy(spec);
  foreach (cell, columns) {
    NullTest *test = makeNode(NullTest);
    test->arg = static_cast<Expr *>(lfirst(cell));
    test->nulltesttype = IS_NULL;
    PartitionElem *element = makeNode(PartitionElem);
    element->expr = reinterpret_cast<Node *>(test);
    spec->partParams = lappend(spec->partParams, element);
  }
  return spec;
}

PartitionBoundSpec *NextBound(Definitions *definitions) {
  PartitionBoundSpec *bound = makeNode(PartitionBoundSpec);
  bound->strategy = PARTITION_STRATEGY_HASH;
  bound->modulus = kMostPartitions;
  bound->remainder = definitions->partitions++;
  return bound;
}

// Makes an empty temporary table; the one made before, when another branch makes the same.
Oid Simulate(Activation *activation, const Design &design, bool lasting) {
  Definitions *definitions = activation->definitions;
  RangeVar *target = makeRangeVar(nullptr, pstrdup(design.name), -1);
  target->relpersistence = RELPERSISTENCE_TEMP;
  Oid known = RangeVarGetRelid(target, NoLock, true);
  if (OidIsValid(known) && IsSimulated(definitions, known)) {
    if (Meets(known, design)) return known;
    Unmake(definitions, known);
  }
  CreateStmt *create = makeNode(CreateStmt);
  create->relation = target;
  create->tableElts = design.own;
  create->inhRelations = design.parents;
  if (design.partition) create->partbound = NextBound(definitions);
  if (design.root != nullptr) create->partspec = HashSpec(design.root);
  create->oncommit = ONCOMMIT_NOOP;
  ObjectAddress made = DefineRelation(create, RELKIND_RELATION, GetUserId(), nullptr, nullptr);
  CommandCounterIncrement();
  definitions->simulated.Append({made.objectId, lasting, activation->summary, false});
  activation->summary->temporary = true;
  return made.objectId;
}

// Where a statement that creates a table puts its rows.
struct Created {
  Oid relid;
  bool temp;
};

bool IsTemporary(const RangeVar *name) {
  return name->relpersistence == RELPERSISTENCE_TEMP ||
         (name->schemaname != nullptr && strcmp(name->schemaname, "pg_temp") == 0);
}

// A table that lasts is written where it is there already; else it is nobody we know, and stands
// empty for what reads it.
Created Create(Activation *activation, const RangeVar *target, const Design &design) {
  if (IsTemporary(target)) return {Simulate(activation, design, false), true};
  Oid there = RangeVarGetRelid(target, NoLock, true);
  if (OidIsValid(there)) return {there, false};
  NoteUnanalysed(activation, Unanalysed::kMissing);
  if (target->schemaname == nullptr) (void)Simulate(activation, design, true);
  return {InvalidOid, false};
}

void Write(Activation *activation, const Created &target, Operation operation,
           const PodVector<const SourceSet *> &sets, const SourceSet *rows) {
  SummaryWrite write = {};
  write.target = target.relid;
  write.operation = operation;
  write.rows = UnionSets(rows, WriteCondition(activation));
  for (int i = 0; i < sets.size; i++) {
    write.columns.Append(static_cast<int16>(i + 1));
    write.sources.Append(sets.items[i]);
  }
  NoteTableWrite(activation, write, target.temp);
}

// What the statement's query gives; false when it has none that can be analysed.
bool RunInner(Activation *activation, Query *query, PodVector<const SourceSet *> *sets,
              const SourceSet **rows) {
  if (query->commandType == CMD_UTILITY) {  // EXECUTE of a prepared statement
    NoteUnanalysed(activation, Unanalysed::kDynamic);
    return false;
  }
  StatementRun run = {};
  RunShape(activation, ReadShape(linitial_node(Query, QueryRewrite(copyObject(query)))), &run);
  RunOutputs(activation, &run, false, sets);
  *rows = run.rows;
  return true;
}

void RunCreateTableAs(Activation *activation, CreateTableAsStmt *create) {
  if (create->objtype == OBJECT_MATVIEW) return;  // its definition says so itself, once it is there
  Query *query = castNode(Query, create->query);
  PodVector<const SourceSet *> sets = {};
  const SourceSet *rows = EmptySet();
  if (!RunInner(activation, query, &sets, &rows)) return;
  List *columns = NIL;
  ListCell *cell;
  foreach (cell, QueryOutputs(query)) {
    const TargetEntry *entry = lfirst_node(TargetEntry, cell);
    if (entry->resjunk) continue;
    const char *name = list_length(columns) < list_length(create->into->colNames)
                           ? strVal(list_nth(create->into->colNames, list_length(columns)))
                           : entry->resname;
    Node *expr = reinterpret_cast<Node *>(entry->expr);
    Oid type = exprType(expr);
    columns = lappend(columns, makeColumnDef(name, type, exprTypmod(expr), get_typcollation(type)));
  }
  const RangeVar *into = create->into->rel;
  Created target = Create(activation, into, {into->relname, columns, columns, NIL, nullptr, false});
  if (create->into->skipData || !OidIsValid(target.relid)) return;
  Write(activation, target, Operation::kCreateTableAs, sets, rows);
}

// The columns of another relation or row type.
List *ColumnsOf(TupleDesc row) {
  List *columns = NIL;
  for (int i = 0; i < row->natts; i++) {
    Form_pg_attribute attribute = TupleDescAttr(row, i);
    if (attribute->attisdropped) continue;
    columns = lappend(columns, makeColumnDef(NameStr(attribute->attname), attribute->atttypid,
                                             attribute->atttypmod, attribute->attcollation));
  }
  return columns;
}

List *ColumnsOfRelation(const RangeVar *name) {
  Relation relation = relation_openrv(name, AccessShareLock);
  List *columns = ColumnsOf(RelationGetDescr(relation));
  relation_close(relation, NoLock);
  return columns;
}

// serial and kin are no types.
Oid TypeOfColumn(const ColumnDef *column, int32 *typmod) {
  *typmod = -1;
  if (list_length(column->typeName->names) == 1) {
    const char *name = strVal(linitial(column->typeName->names));
    if (strcmp(name, "serial") == 0 || strcmp(name, "serial4") == 0) return INT4OID;
    if (strcmp(name, "bigserial") == 0 || strcmp(name, "serial8") == 0) return INT8OID;
    if (strcmp(name, "smallserial") == 0 || strcmp(name, "serial2") == 0) return INT2OID;
  }
  Oid type = InvalidOid;
  typenameTypeIdAndMod(nullptr, column->typeName, &type, typmod);
  return type;
}

// The columns that a CREATE TABLE gives itself.
List *OwnColumns(const CreateStmt *create) {
  List *columns = NIL;
  ListCell *cell;
  if (create->ofTypename != nullptr) {
    TupleDesc row = lookup_rowtype_tupdesc(typenameTypeId(nullptr, create->ofTypename), -1);
    columns = ColumnsOf(row);
    ReleaseTupleDesc(row);
  }
  foreach (cell, create->tableElts) {
    Node *element = static_cast<Node *>(lfirst(cell));
    if (IsA(element, TableLikeClause)) {
      columns = list_concat(
          columns, ColumnsOfRelation(reinterpret_cast<TableLikeClause *>(element)->relation));
    } else if (IsA(element, ColumnDef) &&
               reinterpret_cast<ColumnDef *>(element)->typeName != nullptr) {
      const ColumnDef *column = reinterpret_cast<ColumnDef *>(element);
      int32 typmod = -1;
      Oid type = TypeOfColumn(column, &typmod);
      columns =
          lappend(columns, makeColumnDef(column->colname, type, typmod, get_typcollation(type)));
    }
  }
  return columns;
}

// Adds columns that are not there by their names.
List *WithColumns(List *columns, const List *more) {
  ListCell *cell;
  foreach (cell, more) {
    const ColumnDef *column = lfirst_node(ColumnDef, cell);
    bool there = false;
    ListCell *known;
    foreach (known, columns)
      there = there || strcmp(lfirst_node(ColumnDef, known)->colname, column->colname) == 0;
    if (!there) columns = lappend(columns, lfirst(cell));
  }
  return columns;
}

// A child of temporary tables is one of them; what lasts is not touched, its columns are copied.
void RunCreateTable(Activation *activation, const CreateStmt *create) {
  bool temp = IsTemporary(create->relation);
  if (!temp && OidIsValid(RangeVarGetRelid(create->relation, NoLock, true))) return;
  bool child = temp && create->inhRelations != NIL;
  List *columns = NIL;
  ListCell *cell;
  foreach (cell, create->inhRelations) {
    const RangeVar *parent = lfirst_node(RangeVar, cell);
    child = child && IsSimulated(activation->definitions, RangeVarGetRelid(parent, NoLock, true));
    columns = WithColumns(columns, ColumnsOfRelation(parent));
  }
  List *own = OwnColumns(create);
  columns = WithColumns(columns, own);
  Design design = {
      create->relation->relname,          columns, child ? own : columns,
      child ? create->inhRelations : NIL, nullptr, child && create->partbound != nullptr};
  if (temp) design.root = create->partspec;
  (void)Create(activation, create->relation, design);
}

void RunRefresh(Activation *activation, const RefreshMatViewStmt *refresh) {
  Relation relation = relation_openrv(refresh->relation, AccessShareLock);
  Query *query = DefinitionOf(relation);
  Created target = {RelationGetRelid(relation), false};
  PodVector<const SourceSet *> sets = {};
  const SourceSet *rows = EmptySet();
  bool fine = query != nullptr && RunInner(activation, query, &sets, &rows);
  relation_close(relation, NoLock);
  if (fine && !refresh->skipData) Write(activation, target, Operation::kRefresh, sets, rows);
}

void Empty(const Activation *activation, const RangeVar *name) {
  Oid relid = RangeVarGetRelid(name, NoLock, true);
  if (!OidIsValid(relid)) return;
  if (MayForget(activation, relid)) TempClear(relid);
  ListCell *cell;
  foreach (cell, name->inh ? TempChildren(relid) : NIL) {
    if (MayForget(activation, lfirst_oid(cell))) TempClear(lfirst_oid(cell));
  }
}

void RunTruncate(const Activation *activation, const TruncateStmt *truncate) {
  ListCell *cell;
  foreach (cell, truncate->relations) Empty(activation, lfirst_node(RangeVar, cell));
}

// A temporary table that the body has made gets a column, empty whatever its default says.
// Never of a domain: to add one plans its default and its checks, which calls functions, of whoever
// wrote them and with our rights.
void RunAlter(const Activation *activation, const AlterTableStmt *alter) {
  Oid relid = RangeVarGetRelid(alter->relation, NoLock, true);
  if (alter->objtype != OBJECT_TABLE || !IsSimulated(activation->definitions, relid)) return;
  List *commands = NIL;
  ListCell *cell;
  foreach (cell, alter->cmds) {
    const AlterTableCmd *command = lfirst_node(AlterTableCmd, cell);
    if (command->subtype != AT_AddColumn) continue;
    const ColumnDef *column = castNode(ColumnDef, command->def);
    if (get_attnum(relid, column->colname) != InvalidAttrNumber) continue;  // by another branch
    int32 typmod = -1;
    const Oid type = TypeOfColumn(column, &typmod);
    const Oid base = getBaseTypeAndTypmod(type, &typmod);
    AlterTableCmd *add = makeNode(AlterTableCmd);
    add->subtype = AT_AddColumn;
    add->def = reinterpret_cast<Node *>(
        makeColumnDef(column->colname, base, typmod, get_typcollation(type)));
    commands = lappend(commands, add);
  }
  if (commands == NIL) return;
  EventTriggerInhibitCommandCollection();  // we may be inside another command, which collects
  PG_TRY();
  { AlterTableInternal(relid, commands, alter->relation->inh); }
  PG_FINALLY();
  { EventTriggerUndoInhibitCommandCollection(); }
  PG_END_TRY();
  CommandCounterIncrement();
}

// … or another name, itself or a column of it.
void RunRename(const Activation *activation, RenameStmt *rename) {
  if (rename->relation == nullptr || rename->renameType == OBJECT_TABCONSTRAINT) return;
  Oid relid = RangeVarGetRelid(rename->relation, NoLock, true);
  if (!IsSimulated(activation->definitions, relid)) return;
  if (rename->renameType == OBJECT_TABLE) {
    RenameRelationInternal(relid, rename->newname, false, false);
  } else if (rename->renameType == OBJECT_COLUMN &&
             get_attnum(relid, rename->newname) == InvalidAttrNumber) {
    (void)renameatt(rename);
  }
  CommandCounterIncrement();
}

// The table stays for what other branches say of it.
void RunDrop(const Activation *activation, const DropStmt *drop) {
  if (drop->removeType != OBJECT_TABLE) return;
  ListCell *cell;
  foreach (cell, drop->objects)
    Empty(activation, makeRangeVarFromNameList(lfirst_node(List, cell)));
}

}  // namespace

void RunUtility(Activation *activation, Node *statement, const char *) {
  activation->summary->analysed = true;
  switch (nodeTag(statement)) {
    case T_CallStmt: {
      StatementRun run = {};
      RunShape(activation, ReadCallShape(reinterpret_cast<CallStmt *>(statement)->funcexpr), &run);
      break;
    }
    case T_CreateTableAsStmt:
      RunCreateTableAs(activation, reinterpret_cast<CreateTableAsStmt *>(statement));
      break;
    case T_CreateStmt:
      RunCreateTable(activation, reinterpret_cast<CreateStmt *>(statement));
      break;
    case T_AlterTableStmt:
      RunAlter(activation, reinterpret_cast<AlterTableStmt *>(statement));
      break;
    case T_RenameStmt:
      RunRename(activation, reinterpret_cast<RenameStmt *>(statement));
      break;
    case T_TruncateStmt:
      RunTruncate(activation, reinterpret_cast<TruncateStmt *>(statement));
      break;
    case T_DropStmt:
      RunDrop(activation, reinterpret_cast<DropStmt *>(statement));
      break;
    case T_RefreshMatViewStmt:
      RunRefresh(activation, reinterpret_cast<RefreshMatViewStmt *>(statement));
      break;
    case T_CopyStmt:
    case T_DoStmt:
    case T_ExecuteStmt:
      NoteUnanalysed(activation, Unanalysed::kDynamic);
      break;
    default:
      break;
  }
}

}  // namespace pg_lineage
