#include "queue/node_rows.h"

#include "edge/compat.h"
#include "edge/hash_table.h"
#include "queue/node_names.h"
#include "queue/rows.h"

namespace pg_lineage {
namespace {

constexpr char kUriKind = 'u';

struct DoneNode {
  uint64 key;  // first: hash key; see NodeKey()
  int64 id;
  bool made;  // by this writer
  bool flowed_into;
};

// The row that the node should have.
struct NodeForm {
  Datum values[kNodeNatts];
  bool nulls[kNodeNatts];
  Datum &operator[](NodeColumn column) { return values[column - 1]; }
};

void SetName(NodeForm *form, const char *schema, const char *name) {
  (*form)[kNodeSchema] = CStringGetTextDatum(schema);
  (*form)[kNodeName] = CStringGetTextDatum(name);
  (*form)[kNodeNameKey] = Int64GetDatum(static_cast<int64>(NameKey(schema, name)));
}

// A hash of an array of names.
uint64 ColumnsKey(Datum columns) {
  const struct varlena *bytes = PG_DETOAST_DATUM_PACKED(columns);
  return hash_bytes_extended(reinterpret_cast<const unsigned char *>(VARDATA_ANY(bytes)),
                             static_cast<int>(VARSIZE_ANY_EXHDR(bytes)), 0);
}

NodeForm FormOf(const NodeWriter *writer, const EventNode &node, const NodeNames *names) {
  NodeForm form = {};
  const char *schema = names == NULL ? "" : names->schema;
  const char *name = names == NULL ? node.uri : names->name;
  form[kNodeRelid] = ObjectIdGetDatum(node.relid);
  form[kNodeKind] = CharGetDatum(names == NULL ? kUriKind : names->relkind);
  SetName(&form, schema, name);
  form[kNodeColumns] = names == NULL ? NameTextArray(node.columns, node.ncolumns)
                                     : NameTextArray(names->columns, names->natts);
  form[kNodeColumnsKey] = Int64GetDatum(static_cast<int64>(ColumnsKey(form[kNodeColumns])));
  form[kNodeDatabase] = Int64GetDatum(writer->stamp);
  return form;
}

Datum Stored(NodeWriter *writer, HeapTuple tuple, NodeColumn column) {
  bool null;
  return heap_getattr(tuple, column, RelationGetDescr(writer->table->relation), &null);
}

bool SameColumn(NodeWriter *writer, HeapTuple tuple, NodeForm &form, NodeColumn column) {
  return SameBytes(Stored(writer, tuple, column), form[column]);
}

bool UpToDate(NodeWriter *writer, HeapTuple tuple, NodeForm &form) {
  return DatumGetObjectId(Stored(writer, tuple, kNodeRelid)) ==
             DatumGetObjectId(form[kNodeRelid]) &&
         DatumGetInt64(Stored(writer, tuple, kNodeDatabase)) == writer->stamp &&
         DatumGetChar(Stored(writer, tuple, kNodeKind)) == DatumGetChar(form[kNodeKind]) &&
         SameColumn(writer, tuple, form, kNodeSchema) &&
         SameColumn(writer, tuple, form, kNodeName) &&
         SameColumn(writer, tuple, form, kNodeColumns);
}

// Puts a new version of a row in place of the old one. An UPDATE would be seen by logical decoding.
// When another transaction is at the row it stays as it is, for a later commit.
void Replace(NodeWriter *writer, HeapTuple tuple, NodeForm &form) {
  form[kNodeId] = Stored(writer, tuple, kNodeId);
  writer->replaced = true;
  if (StoreDelete(writer->table, &tuple->t_self, false))
    StoreInsert(writer->table, form.values, form.nulls);
}

// True when the row is of a relation that is no more, or of another database, and otherwise the
// same.
bool CanTakeOver(NodeWriter *writer, HeapTuple tuple, NodeForm &form) {
  Oid relid = DatumGetObjectId(Stored(writer, tuple, kNodeRelid));
  bool here = DatumGetInt64(Stored(writer, tuple, kNodeDatabase)) == writer->stamp;
  if (here && OidIsValid(relid) && SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relid)))
    return false;
  return SameColumn(writer, tuple, form, kNodeSchema) &&
         SameColumn(writer, tuple, form, kNodeName) &&
         SameColumn(writer, tuple, form, kNodeColumns);
}

// The row of a living relation by OID; brought up to date. 0 when there is none.
int64 FindByRelid(NodeWriter *writer, NodeForm &form) {
  ScanKeyData key;
  int64 id = 0;
  StoreKey(&key, kNodeRelid, F_OIDEQ, form[kNodeRelid]);
  SysScanDesc scan = StoreScan(writer->table, SnapshotSelf, &key, 1);
  HeapTuple tuple;
  while (id == 0 && (tuple = systable_getnext(scan)) != NULL) {
    if (DatumGetInt64(Stored(writer, tuple, kNodeDatabase)) != writer->stamp) continue;
    id = DatumGetInt64(Stored(writer, tuple, kNodeId));
    if (!UpToDate(writer, tuple, form)) Replace(writer, tuple, form);
  }
  StoreEndScan(scan);
  return id;
}

// The row by the name and columns that `known` has: of a URI, or one to be taken over, which then
// becomes `form`. 0 when there is none. Not by the name alone: a restore has a client: for each
// table.
int64 FindByName(NodeWriter *writer, NodeForm &known, NodeForm &form) {
  ScanKeyData keys[2];
  int64 id = 0;
  StoreKey(&keys[0], kNodeNameKey, F_INT8EQ, known[kNodeNameKey]);
  StoreKey(&keys[1], kNodeColumnsKey, F_INT8EQ, known[kNodeColumnsKey]);
  SysScanDesc scan = StoreScan(writer->table, SnapshotSelf, keys, 2);
  HeapTuple tuple;
  while (id == 0 && (tuple = systable_getnext(scan)) != NULL) {
    if (!CanTakeOver(writer, tuple, known)) continue;
    id = DatumGetInt64(Stored(writer, tuple, kNodeId));
    if (!UpToDate(writer, tuple, form)) Replace(writer, tuple, form);
  }
  StoreEndScan(scan);
  return id;
}

// The relid, or a hash of a URI and its columns: one URI, such as client:, stands for many
// datasets.
uint64 NodeKey(const EventNode &node) {
  if (OidIsValid(node.relid)) return node.relid;
  uint64 key = NameKey("", node.uri);
  for (int i = 0; i < node.ncolumns && node.columns != NULL; i++)
    key = hash_combine64(key, node.columns[i] == NULL ? 0 : NameKey("", node.columns[i]));
  return hash_combine64(key, node.ncolumns);
}

}  // namespace

uint64 NameKey(const char *schema, const char *name) {
  uint64 hash = hash_bytes_extended(reinterpret_cast<const unsigned char *>(schema),
                                    static_cast<int>(strlen(schema)), 0);
  return hash_bytes_extended(reinterpret_cast<const unsigned char *>(name),
                             static_cast<int>(strlen(name)), hash);
}

NodeWriter BeginNodes(StoreTable *table) {
  NodeWriter writer = {table, CurrentMemoryContext, NULL, DatabaseStamp(), false, {}};
  writer.met.context = CurrentMemoryContext;
  return writer;
}

void KeepNodes(const NodeWriter *writer) {
  for (const MetNode &met : writer->met) ExpectNodeId(writer->table, met);
}

namespace {

// Finds the row of a node that is not known, or makes it. True when it was made.
bool FindOrMake(NodeWriter *writer, const EventNode &node, const NodeNames *names, int64 *id) {
  NodeForm form = FormOf(writer, node, names);
  *id = names == NULL ? 0 : FindByRelid(writer, form);
  if (*id == 0) *id = FindByName(writer, form, form);
  if (*id != 0) return false;
  *id = TakeIds(1);
  form[kNodeId] = Int64GetDatum(*id);
  StoreInsert(writer->table, form.values, form.nulls);
  return true;
}

}  // namespace

int64 NodeRow(NodeWriter *writer, const EventNode &node) {
  if (writer->done == NULL)
    writer->done = MakeTable(&DoneNode::key, "pg_lineage nodes", 64, writer->context);
  uint64 key = NodeKey(node);
  DoneNode *done = static_cast<DoneNode *>(hash_search(writer->done, &key, HASH_FIND, NULL));
  if (done != NULL) return done->id;
  const NodeNames *names = OidIsValid(node.relid) ? NodeNamesOf(node.relid, true) : NULL;
  if (names == NULL && OidIsValid(node.relid)) return 0;
  const bool lasts = names == NULL || NamesHold(names);
  const uint32 version = names == NULL ? 0 : names->version;
  int64 id = lasts ? KnownNodeId(writer->table, key, version) : 0;
  bool made = false;
  if (id == 0) {
    writer->replaced = false;
    made = FindOrMake(writer, node, names, &id);
    if (lasts && !writer->replaced) writer->met.Append(MetNode{key, id, version});
  }
  done = static_cast<DoneNode *>(hash_search(writer->done, &key, HASH_ENTER, NULL));
  done->id = id;
  done->made = made;
  done->flowed_into = false;
  return id;
}

namespace {

DoneNode *DoneOf(const NodeWriter *writer, const EventNode &node) {
  if (writer->done == NULL) return NULL;
  uint64 key = NodeKey(node);
  return static_cast<DoneNode *>(hash_search(writer->done, &key, HASH_FIND, NULL));
}

}  // namespace

bool MadeNodeRow(const NodeWriter *writer, Oid relid) {
  const DoneNode *done = DoneOf(writer, EventNode{relid, NULL, NULL, 0});
  return done != NULL && done->made;
}

bool FirstInto(NodeWriter *writer, const EventNode &target) {
  DoneNode *done = DoneOf(writer, target);
  if (done == NULL || !done->made || done->flowed_into) return false;
  return done->flowed_into = true;
}

namespace {

bool HasRow(NodeWriter *writer, Oid relid) {
  ScanKeyData key;
  StoreKey(&key, kNodeRelid, F_OIDEQ, ObjectIdGetDatum(relid));
  SysScanDesc scan = StoreScan(writer->table, SnapshotSelf, &key, 1);
  bool found = HeapTupleIsValid(systable_getnext(scan));
  StoreEndScan(scan);
  return found;
}

}  // namespace

void RefreshNodeRow(NodeWriter *writer, Oid relid, const char *old_identity) {
  // Most relations never were in a lineage: what they are called now need not be read.
  if (old_identity == NULL && !HasRow(writer, relid)) return;
  if (!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relid))) return;
  EventNode node = {relid, NULL, NULL, 0};
  NodeForm form = FormOf(writer, node, NodeNamesOf(relid, true));
  if (FindByRelid(writer, form) != 0 || old_identity == NULL) return;
  NodeForm old = form;
  List *parts = NIL;
  if (!SplitIdentifierString(pstrdup(old_identity), '.', &parts) || list_length(parts) != 2) return;
  SetName(&old, static_cast<char *>(linitial(parts)), static_cast<char *>(lsecond(parts)));
  (void)FindByName(writer, old, form);
}

void AdoptNodes(NodeWriter *writer) {
  SysScanDesc scan = StoreScan(writer->table, SnapshotSelf, NULL, 0);
  HeapTuple tuple;
  while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
    bool here = DatumGetInt64(Stored(writer, tuple, kNodeDatabase)) == writer->stamp;
    if (here || !OidIsValid(DatumGetObjectId(Stored(writer, tuple, kNodeRelid)))) continue;
    const char *schema = TextDatumGetCString(Stored(writer, tuple, kNodeSchema));
    Oid schema_oid = get_namespace_oid(schema, true);
    if (!OidIsValid(schema_oid)) continue;
    Oid relid =
        get_relname_relid(TextDatumGetCString(Stored(writer, tuple, kNodeName)), schema_oid);
    if (!OidIsValid(relid)) continue;
    NodeForm form = FormOf(writer, EventNode{relid, NULL, NULL, 0}, NodeNamesOf(relid, true));
    if (SameColumn(writer, tuple, form, kNodeColumns)) Replace(writer, tuple, form);
  }
  StoreEndScan(scan);
}

void RefreshNodesOfSchema(NodeWriter *writer, Oid schema) {
  List *relids = NIL;
  SysScanDesc scan = StoreScan(writer->table, SnapshotSelf, NULL, 0);
  HeapTuple tuple;
  while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
    Oid relid = DatumGetObjectId(Stored(writer, tuple, kNodeRelid));
    bool here = DatumGetInt64(Stored(writer, tuple, kNodeDatabase)) == writer->stamp;
    if (here && OidIsValid(relid) && get_rel_namespace(relid) == schema)
      relids = lappend_oid(relids, relid);
  }
  StoreEndScan(scan);
  ListCell *cell;
  foreach (cell, relids) RefreshNodeRow(writer, lfirst_oid(cell), NULL);
  list_free(relids);
}

namespace {

NodeRecord RecordOf(NodeWriter *writer, HeapTuple tuple) {
  NodeRecord record = {};
  Datum *items;
  bool *nulls;
  record.id = DatumGetInt64(Stored(writer, tuple, kNodeId));
  record.relid = DatumGetObjectId(Stored(writer, tuple, kNodeRelid));
  record.here = OidIsValid(record.relid) &&
                DatumGetInt64(Stored(writer, tuple, kNodeDatabase)) == writer->stamp;
  record.schema = TextDatumGetCString(Stored(writer, tuple, kNodeSchema));
  record.name = TextDatumGetCString(Stored(writer, tuple, kNodeName));
  deconstruct_array(DatumGetArrayTypeP(Stored(writer, tuple, kNodeColumns)), TEXTOID, -1, false,
                    TYPALIGN_INT, &items, &nulls, &record.ncolumns);
  record.columns = static_cast<const char **>(palloc0(sizeof(char *) * Max(record.ncolumns, 1)));
  for (int i = 0; i < record.ncolumns; i++)
    if (!nulls[i]) record.columns[i] = TextDatumGetCString(items[i]);
  return record;
}

PodVector<NodeRecord> NodesBy(NodeWriter *writer, ScanKeyData *key, int nkeys) {
  PodVector<NodeRecord> records = {};
  SysScanDesc scan = StoreScan(writer->table, SnapshotSelf, key, nkeys);
  HeapTuple tuple;
  while (HeapTupleIsValid(tuple = systable_getnext(scan))) records.Append(RecordOf(writer, tuple));
  StoreEndScan(scan);
  return records;
}

// Gives a row another form; its id stays.
template <typename Change>
void ChangeNode(NodeWriter *writer, int64 id, const Change &change) {
  ScanKeyData key;
  StoreKey(&key, kNodeId, F_INT8EQ, Int64GetDatum(id));
  SysScanDesc scan = StoreScan(writer->table, SnapshotSelf, &key, 1);
  HeapTuple tuple = systable_getnext(scan);
  if (HeapTupleIsValid(tuple)) {
    Datum values[kNodeNatts + kMaxStoreColumns];  // dropped columns are deformed, too
    bool nulls[kNodeNatts + kMaxStoreColumns];
    heap_deform_tuple(tuple, RelationGetDescr(writer->table->relation), values, nulls);
    NodeForm form = {};
    memcpy(form.values, values, sizeof(form.values));
    memcpy(form.nulls, nulls, sizeof(form.nulls));
    change(&form);
    Replace(writer, tuple, form);
  }
  StoreEndScan(scan);
}

// True when a relation that lives here has other columns than its row.
bool HasOtherColumns(const NodeRecord &record) {
  for (int i = 0; i < record.ncolumns; i++) {
    HeapTuple tuple = SearchSysCacheAttNum(record.relid, static_cast<AttrNumber>(i + 1));
    bool lives = HeapTupleIsValid(tuple);
    if (lives) ReleaseSysCache(tuple);
    if (lives != (record.columns[i] != NULL)) return true;
  }
  return false;
}

}  // namespace

Datum NameTextArray(const char *const *texts, int n) {
  if (n == 0) return PointerGetDatum(construct_empty_array(TEXTOID));
  Datum *values = static_cast<Datum *>(palloc(sizeof(Datum) * n));
  bool *nulls = static_cast<bool *>(palloc(sizeof(bool) * n));
  for (int i = 0; i < n; i++) {
    nulls[i] = texts == NULL || texts[i] == NULL;
    values[i] = nulls[i] ? (Datum)0 : CStringGetTextDatum(texts[i]);
  }
  int dims[1] = {n};
  int lower[1] = {1};
  return PointerGetDatum(
      construct_md_array(values, nulls, 1, dims, lower, TEXTOID, -1, false, TYPALIGN_INT));
}

bool ReadNodeById(NodeWriter *writer, int64 id, NodeRecord *record) {
  ScanKeyData key;
  StoreKey(&key, kNodeId, F_INT8EQ, Int64GetDatum(id));
  PodVector<NodeRecord> found = NodesBy(writer, &key, 1);
  if (!found.Empty()) *record = found[0];
  return !found.Empty();
}

PodVector<NodeRecord> NodesOfRelation(NodeWriter *writer, Oid relid) {
  ScanKeyData key;
  StoreKey(&key, kNodeRelid, F_OIDEQ, ObjectIdGetDatum(relid));
  PodVector<NodeRecord> found = NodesBy(writer, &key, 1);
  int kept = 0;
  for (const NodeRecord &record : found)
    if (record.here) found[kept++] = record;
  found.size = kept;
  return found;
}

PodVector<NodeRecord> StaleNodes(NodeWriter *writer) {
  PodVector<NodeRecord> all = NodesBy(writer, NULL, 0);
  int kept = 0;
  for (const NodeRecord &record : all) {
    if (!record.here) continue;
    bool gone = !SearchSysCacheExists1(RELOID, ObjectIdGetDatum(record.relid));
    if (gone || HasOtherColumns(record)) all[kept++] = record;
  }
  all.size = kept;
  return all;
}

void HandNodeTo(NodeWriter *writer, int64 id, Oid relid) {
  const NodeNames *names = NodeNamesOf(relid, true);
  if (names == NULL) return;
  NodeForm wanted = FormOf(writer, EventNode{relid, NULL, NULL, 0}, names);
  ChangeNode(writer, id, [&](NodeForm *form) { *form = wanted; });
}

void LeaveNodeName(NodeWriter *writer, int64 id) {
  ChangeNode(writer, id,
             [](NodeForm *form) { (*form)[kNodeRelid] = ObjectIdGetDatum(InvalidOid); });
}

}  // namespace pg_lineage
