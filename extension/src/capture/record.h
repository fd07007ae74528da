// What the parts of a value that a variable holds are made of; interned, so that an assignment
// copies a pointer. Memory: until FramesReset() (capture/frame.h), as that of the sets in them.
#pragma once

#include "edge/pod_vector.h"
#include "edge/server.h"
#include "lineage/source_set.h"

namespace pg_lineage {

// The fields of a row or of the rows in an array, or the keys of a JSON object.
struct RecordTaint {
  int size;
  int height;  // of the records in it, one in the other
  int below;   // the parts of its parts, as often as one who goes through all meets them
  const char *const *names;         // of keys, as InternName() gives them; NULL: a row
  const RecordTaint *const *inner;  // the parts of each part, if known; NULL: of none
  const SourceSet *others;          // what decides about any other key
  mutable const SourceSet *all;     // all parts together; NULL until RecordUnion() is asked
  const SourceSet *fields[FLEXIBLE_ARRAY_MEMBER];
};

// A record that is being put together.
struct RecordParts {
  bool named;
  PodVector<const char *> names;  // as many as fields, or none
  PodVector<const SourceSet *> fields;
  PodVector<const RecordTaint *> inner;  // as many as fields
  const SourceSet *others;

  void Add(const char *name, const SourceSet *set, const RecordTaint *parts);
  const RecordTaint *Intern();
};
const RecordTaint *InternRecord(int size, const SourceSet *const *fields);
// `record` with another field in place `index` (from 0), of which no parts are known.
const RecordTaint *RecordWith(const RecordTaint *record, int index, const SourceSet *set);
// The same if it was asked for lately; NULL otherwise, nothing is allocated.
const RecordTaint *KnownRecordWith(const RecordTaint *record, int index, const SourceSet *set);
void RecordsReset();

// All parts together.
const SourceSet *RecordUnion(const RecordTaint *record);
// The part at a path (lineage/field_paths.h) of a value whose sources are `whole`, and whose parts,
// if they are known, are `record`.
const SourceSet *RecordPart(const RecordTaint *record, const SourceSet *whole, int16 path);
// The parts of that part; NULL: not known.
const RecordTaint *RecordAt(const RecordTaint *record, int16 path);
// `record` used in the way of `kind`, with `added` in every part.
const RecordTaint *RecordUsed(const RecordTaint *record, uint8 kind, const SourceSet *added);
// One or the other; NULL when their parts cannot be compared.
const RecordTaint *EitherRecord(const RecordTaint *a, const RecordTaint *b);
// The parts of part `number` (from 0), NULL where nothing is known of them.
inline const RecordTaint *InnerRecord(const RecordTaint *record, int number) {
  return record == nullptr || record->inner == nullptr || number >= record->size
             ? nullptr
             : record->inner[number];
}

}  // namespace pg_lineage
