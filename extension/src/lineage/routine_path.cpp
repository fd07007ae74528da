#include "lineage/routine_path.h"

namespace pg_lineage {

int EnterPathOf(HeapTuple routine) {
  bool none = false;
  Datum settings = SysCacheGetAttr(PROCOID, routine, Anum_pg_proc_proconfig, &none);
  if (none) return -1;
  static const char kName[] = "search_path=";
  const char *path = nullptr;
  Datum *items = nullptr;
  int size = 0;
  deconstruct_array(DatumGetArrayTypeP(settings), TEXTOID, -1, false, TYPALIGN_INT, &items, nullptr,
                    &size);
  for (int i = 0; i < size; i++) {
    const char *item = TextDatumGetCString(items[i]);
    if (strncmp(item, kName, strlen(kName)) == 0) path = item + strlen(kName);
  }
  if (path == nullptr) return -1;
  int level = NewGUCNestLevel();
  (void)set_config_option("search_path", path, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
                          false);
  return level;
}

void LeavePathOf(int level) {
  if (level >= 0) AtEOXact_GUC(true, level);
}

}  // namespace pg_lineage
