#include "queue/ddl_net.h"

#include "edge/compat.h"
#include "edge/hash_table.h"

namespace pg_lineage {
namespace {

// An object as the transaction leaves it.
struct NetObject {
  bool created;
  bool dropped;
  const char *identity;      // the last known
  const char *old_identity;  // the first known
  int first_row;
  int last_row;
  int chosen;  // row that goes to the feed, -1: none
};

struct ObjectKey {
  Oid classid;
  Oid objid;
  int32 objsubid;
};
struct ObjectEntry {
  ObjectKey key;  // first: hash key
  int number;
};

struct Netting {
  HTAB *objects_by_key;
  PodVector<NetObject> objects;
  PodVector<NetDdl> rows;
  PodVector<int> next_row;  // the next row of the same object, -1: the last
};

// The number of the record's object. Objects without an OID never are netted.
int ObjectOf(Netting *net, const DdlRecord &record) {
  bool found = false;
  ObjectEntry *entry = NULL;
  if (OidIsValid(record.objid)) {
    ObjectKey key = {record.classid, record.objid, record.objsubid};
    entry = static_cast<ObjectEntry *>(hash_search(net->objects_by_key, &key, HASH_ENTER, &found));
    if (found) return entry->number;
    entry->number = net->objects.size;
  }
  net->objects.Append(NetObject{false, false, NULL, NULL, -1, -1, -1});
  return net->objects.size - 1;
}

// Joins two JSON arrays given as text; either may be NULL.
const char *JoinArrays(const char *first, const char *second) {
  if (first == NULL || second == NULL) return first == NULL ? second : first;
  size_t end = strlen(first);
  while (end > 0 && first[end - 1] != ']') end--;
  const char *start = strchr(second, '[');
  if (end == 0 || start == NULL) return first;
  const char *inside = start + 1 + strspn(start + 1, " \t\r\n");
  size_t before = end - 1;
  while (before > 0 && strchr(" \t\r\n", first[before - 1]) != NULL) before--;
  if (*inside == ']') return first;
  if (first[before - 1] == '[') return second;
  return psprintf("%.*s, %s", static_cast<int>(before), first, inside);
}

// The row of the object with the record's tag, or -1.
int RowOf(Netting *net, int object, const DdlRecord &record) {
  for (int row = net->objects[object].first_row; row >= 0; row = net->next_row[row])
    if (strcmp(net->rows[row].record.command_tag, record.command_tag) == 0) return row;
  return -1;
}

void Merge(DdlRecord *into, const DdlRecord &record) {
  into->subcommands = JoinArrays(into->subcommands, record.subcommands);
  if (into->old_identity == NULL) into->old_identity = record.old_identity;
  if (record.object_identity != NULL) into->object_identity = record.object_identity;
  into->drop |= record.drop;
  into->create |= record.create;
  into->keeps_columns &= record.keeps_columns;
}

void AddRecord(Netting *net, const DdlRecord &record) {
  int number = ObjectOf(net, record);
  int row = RowOf(net, number, record);
  NetObject *object = &net->objects[number];
  if (row >= 0) {
    Merge(&net->rows[row].record, record);
  } else {
    row = net->rows.size;
    net->rows.Append(NetDdl{record, number, false});
    net->next_row.Append(-1);
    if (object->last_row >= 0) net->next_row[object->last_row] = row;
    if (object->first_row < 0) object->first_row = row;
    object->last_row = row;
  }
  object->created |= record.create;
  object->dropped |= record.drop;
  if (object->old_identity == NULL && !object->created) object->old_identity = record.old_identity;
  if (record.object_identity != NULL) object->identity = record.object_identity;
}

// The row that tells the feed what became of an object: its drop, else its creation under the name
// it has now, else its rename, else its last change.
int ChooseRow(Netting *net, const NetObject &object) {
  if (object.created && object.dropped) return -1;
  int renamed = -1;
  for (int row = object.first_row; row >= 0; row = net->next_row[row]) {
    const DdlRecord &record = net->rows[row].record;
    if (object.dropped ? record.drop : object.created && record.create) return row;
    if (record.old_identity != NULL) renamed = row;
  }
  return renamed >= 0 ? renamed : object.last_row;
}

}  // namespace

PodVector<NetDdl> NetDdlOf(const PendingDdl *ddl, int nddl) {
  Netting net = {};
  if (nddl == 1 && !(ddl->record.create && ddl->record.drop)) {  // as each statement of a restore
    net.rows.Append(NetDdl{ddl->record, 0, true});
    return net.rows;
  }
  net.objects_by_key = MakeTable(&ObjectEntry::key, "pg_lineage ddl", 64, CurrentMemoryContext);
  for (int i = 0; i < nddl; i++) AddRecord(&net, ddl[i].record);
  for (NetObject &object : net.objects) {
    int row = ChooseRow(&net, object);
    if (row < 0) continue;
    net.rows[row].feed = true;
    // A table that was renamed, then dropped: its old name may be nobody's now.
    if (object.dropped && net.rows[row].record.old_identity == NULL)
      net.rows[row].record.old_identity = object.old_identity;
    if (object.dropped) continue;
    if (object.identity != NULL) net.rows[row].record.object_identity = object.identity;
    if (!object.created) net.rows[row].record.old_identity = object.old_identity;
  }
  return net.rows;
}

}  // namespace pg_lineage
