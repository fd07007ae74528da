// From a run's shape and what it met to events in the store.
//
// Called at the end of a run (or of a trigger, a COPY, a definition). The first time a combination
// of shape, path and sources is met the event is built and rendered; afterwards it is one look-up.
// Called inside Guarded(): what is allocated on the way goes with its scratch context.
// The look-up table is the backend's own; EmitReset() drops it with the interned sets.
#pragma once

#include "capture/executor.h"
#include "edge/server.h"
#include "queue/event.h"

namespace pg_lineage {

// One target with all that flows into it.
struct Flow {
  Oid target;  // InvalidOid: target_uri
  const char *target_uri;
  const char **target_columns;  // names, for a URI
  int ntarget_columns;
  Operation operation;
  Origin origin;
  const EventPath *path;
  PodVector<int16> columns;
  PodVector<const SourceSet *> sources;  // same length
  const SourceSet *rows;
  bool empties, replaces;  // of a temporary table: see ShapeWrite
};

// Hands a flow to the store, or to the map of temporary tables. `key`: of all that it depends on,
// interned sets by pointer; 0: it is not kept.
void EmitFlow(const Flow &flow, const StatementText &text, int64 row_count, uint64 key = 0);
// Hands on the flow to `target` that was kept under `key`; false: none was.
bool EmitKept(Oid target, uint64 key);
uint64 MixPointer(uint64 key, const void *pointer);

// All writes of a finished run.
void EmitRun(RunState *run);
// What a utility statement (CREATE TABLE AS, REFRESH, COPY …) stored of a run's output.
void EmitOutputs(Oid target, Operation operation, const EventPath *path, int size,
                 const SourceSet *const *outputs, const SourceSet *rows, const StatementText &text,
                 int64 row_count);

// The text of one statement of `source`, as the settings want it kept.
StatementText TextOf(const char *source, int location, int length);

void EmitReset();

}  // namespace pg_lineage
