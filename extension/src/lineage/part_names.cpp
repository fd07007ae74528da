#include "lineage/part_names.h"

#include "lineage/resolve.h"

namespace pg_lineage {

const char *ConstantName(Node *expr) {
  while (Node *inner = PassedThrough(expr)) expr = inner;
  if (!IsA(expr, Const)) return nullptr;
  const Const *constant = reinterpret_cast<Const *>(expr);
  if (constant->constisnull) return nullptr;
  Oid output = InvalidOid;
  bool varlena = false;
  switch (constant->consttype) {
    case TEXTOID:
    case VARCHAROID:
    case UNKNOWNOID:
    case NAMEOID:
    case INT4OID:
      getTypeOutputInfo(constant->consttype, &output, &varlena);
      return OidOutputFunctionCall(output, constant->constvalue);
    default:
      return nullptr;
  }
}

bool ConstantNames(List *exprs, PodVector<const char *> *names) {
  ListCell *cell;
  foreach (cell, exprs) {
    const char *name = ConstantName(static_cast<Node *>(lfirst(cell)));
    if (name == nullptr) return false;
    names->Append(name);
  }
  return true;
}

bool NamesInArray(Node *expr, PodVector<const char *> *names) {
  while (Node *inner = PassedThrough(expr)) expr = inner;
  if (IsA(expr, ArrayExpr))
    return ConstantNames(reinterpret_cast<ArrayExpr *>(expr)->elements, names);
  if (!IsA(expr, Const)) return false;
  const Const *constant = reinterpret_cast<Const *>(expr);
  if (constant->constisnull || constant->consttype != TEXTARRAYOID) return false;
  ArrayType *array = DatumGetArrayTypeP(constant->constvalue);
  Datum *items = nullptr;
  bool *nulls = nullptr;
  int size = 0;
  deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &items, &nulls, &size);
  for (int i = 0; i < size; i++) {
    if (nulls[i]) return false;
    names->Append(TextDatumGetCString(items[i]));
  }
  return ARR_NDIM(array) <= 1;
}

bool MayBeElement(const char *name) {
  if (*name == '-') name++;
  return *name != '\0' && strspn(name, "0123456789") == strlen(name);
}

}  // namespace pg_lineage
