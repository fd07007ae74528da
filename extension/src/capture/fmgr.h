// Frames for routines that PL/pgSQL's plugin does not show: SQL functions that are not inlined
// anyway, and other languages. Through fmgr_hook, asked for so selectively that no function loses
// inlining.
#pragma once

namespace pg_lineage {

void InstallFmgrHook();

}  // namespace pg_lineage
