#include "lineage/body.h"

namespace pg_lineage {

void ReadPlpgsqlBody(Activation *activation, HeapTuple, Trigger *) {
  NoteUnanalysed(activation, Unanalysed::kLanguage, true);
}

}  // namespace pg_lineage
