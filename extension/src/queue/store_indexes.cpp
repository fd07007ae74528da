#include "queue/store_indexes.h"

#include "edge/compat.h"

namespace pg_lineage {

bool LockStoreRelation(Oid oid, LOCKMODE mode, bool wait) {
  if (!wait) return ConditionalLockRelationOid(oid, mode);
  LockRelationOid(oid, mode);
  return true;
}

bool NoteIndexForm(Relation index, StoreIndex *known) {
  const IndexInfo *info = BuildIndexInfo(index);
  const FormData_pg_index *form = index->rd_index;
  if (index->rd_rel->relam != BTREE_AM_OID || info->ii_Expressions != NIL ||
      info->ii_ExclusionOps != NULL)
    return false;
  *known = StoreIndex{RelationGetRelid(index), InvalidAttrNumber, 0, {}};
  known->nkeys = Min(form->indnkeyatts, kMaxStoreKeys);
  for (int k = 0; k < known->nkeys; k++) known->keys[k] = form->indkey.values[k];
  if (info->ii_Predicate == NIL) return true;
  const Node *predicate = static_cast<const Node *>(linitial(info->ii_Predicate));
  if (list_length(info->ii_Predicate) != 1 || !IsA(predicate, OpExpr)) return false;
  const OpExpr *unequal = reinterpret_cast<const OpExpr *>(predicate);
  if (unequal->opfuncid != F_OIDNE || !IsA(linitial(unequal->args), Var) ||
      !IsA(lsecond(unequal->args), Const))
    return false;
  const Const *zero = lsecond_node(Const, unequal->args);
  known->not_zero = linitial_node(Var, unequal->args)->varattno;
  return !zero->constisnull && DatumGetObjectId(zero->constvalue) == InvalidOid;
}

Relation StoreIndexOf(StoreTable *table, int number) {
  Relation *index = &table->indexes[number];
  if (*index != NULL) return *index;
  const Oid oid = table->known[number].oid;
  if (!LockStoreRelation(oid, table->mode, false))
    ereport(ERROR, (errcode(ERRCODE_LOCK_NOT_AVAILABLE),
                    errmsg("index %u of table \"%s.%s\" is locked", oid, kSchema,
                           RelationGetRelationName(table->relation))));
  *index = index_open(oid, NoLock);
  return *index;
}

void StoreInsertIndex(StoreTable *table, int number, const Datum *values, const bool *nulls) {
  const AttrNumber not_zero = table->known[number].not_zero;
  if (not_zero > 0 && DatumGetObjectId(values[not_zero - 1]) == InvalidOid) return;
  Relation index = StoreIndexOf(table, number);
  const FormData_pg_index *form = index->rd_index;
  if (!form->indisready) return;
  Datum keys[INDEX_MAX_KEYS];
  bool key_nulls[INDEX_MAX_KEYS];
  for (int k = 0; k < form->indnatts; k++) {
    const int column = form->indkey.values[k] - 1;
    keys[k] = values[column];
    key_nulls[k] = nulls[column];
  }
  index_insert(index, keys, key_nulls, &table->slot->tts_tid, table->relation,
               form->indisunique ? UNIQUE_CHECK_YES : UNIQUE_CHECK_NO, false, &table->plain);
}

Relation StoreIndexFor(StoreTable *table, const ScanKeyData *keys, int nkeys) {
  for (int i = 0; i < table->nindexes && nkeys > 0; i++) {
    const StoreIndex &known = table->known[i];
    bool fits = known.nkeys >= nkeys && !ReindexIsProcessingIndex(known.oid);
    for (int k = 0; fits && k < nkeys; k++) fits = known.keys[k] == keys[k].sk_attno;
    if (fits && known.not_zero > 0)  // has no row with zero
      fits =
          keys[0].sk_attno == known.not_zero && OidIsValid(DatumGetObjectId(keys[0].sk_argument));
    if (fits && StoreIndexOf(table, i)->rd_index->indisvalid) return table->indexes[i];
  }
  return NULL;
}

}  // namespace pg_lineage
