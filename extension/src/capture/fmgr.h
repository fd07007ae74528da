// Frames for routines that PL/pgSQL's plugin does not show: SQL functions that are not inlined
// anyway, and other languages. Through fmgr_hook, asked for so selectively that no function loses
// inlining.
#pragma once

#include "edge/server.h"

namespace pg_lineage {

void InstallFmgrHook();

// Where the call of `function` that has just begun stands in its statement; kAnySite when it was
// not asked for. Only the first to ask is told.
int TakeCallSite(Oid function);

}  // namespace pg_lineage
