// The settings, pg_lineage.*: one struct, read directly by whoever needs one.
//
// What changes capture may be set by superusers only (or by those granted SET on it). The values
// belong to the server's GUC machinery: nobody else writes them.
//
//   if (settings.enabled && settings.track != Track::kNone) ...
#pragma once

#include "edge/server.h"

namespace pg_lineage {

// Plain enums: the GUC machinery stores them as int.
enum Track : int { kTrackNone, kTrackTop, kTrackAll };
enum QueryText : int { kQueryTextNone, kQueryTextNormalized, kQueryTextFull };

struct Settings {
  bool enabled;
  int track;       // Track
  int query_text;  // QueryText
  bool capture_ddl;
  bool capture_reads;
  bool track_control_flow;
  bool warn_on_drop;
  char *ignore_schemas;     // list of names; ask IgnoredSchema()
  char *masking_functions;  // list of names, added to the built-in one (lineage/masking.h)
  int max_events;           // entries of the shared hash, fixed at server start
  int max_feed;             // feed rows that may wait for the shipper
  int max_shapes;           // statements whose lineage a backend keeps
  int max_columns;          // column pairs of one statement; above: table level
  int max_path_depth;       // frames of a call path
  int retire_after;         // seconds; 0: edges are not ended for not being seen
};

extern Settings settings;

// Defines all settings and reserves the prefix. Called once from _PG_init.
void DefineSettings();

// True when the schema is listed in pg_lineage.ignore_schemas. Looks only into the syscache.
bool IgnoredSchema(Oid namespace_oid);

// Rises with every change of pg_lineage.masking_functions: what was read from it is stale then.
uint32 MaskingGeneration();

}  // namespace pg_lineage
