// The backend's stack of what is running: routines, executor runs, utility statements.
//
// A fixed array; node i's parent is node i-1. PL/pgSQL gives no callback when an error leaves a
// function, so depth is restored by whoever pushed below: ExecutorRun, ExecutorFinish and utility
// hooks restore it on both exits, every plugin callback first cuts back to its own frame
// (CutBackTo), and the end of a transaction with no hook active empties the stack. Beyond kMaxNodes
// the depth is only counted and events are not attributed deeper (counted as degraded).
//
// Memory: nodes are in static memory; what they point to (taint slots, conditions) is in contexts
// owned by capture/plpgsql.cpp. Paths are interned for the life of the backend.
#pragma once

#include "edge/server.h"
#include "queue/event.h"

namespace pg_lineage {

struct RunState;      // capture/executor.h: one running query
struct RoutineFrame;  // capture/frame.h: variables of a routine
struct UtilityState;  // capture/utility.h

enum class NodeKind : uint8 { kRoutine, kRun, kUtility };

struct StackNode {
  NodeKind kind;
  const EventPath *path;  // the chain up to and including this node
  RunState *run;          // kRun; may be NULL for a query without lineage
  RoutineFrame *frame;    // kRoutine
  UtilityState *utility;  // kUtility
};

// Above what max_stack_depth lets routines nest by default; 160 kB of pages touched only when used.
constexpr int kMaxNodes = 4096;

// Every callback of PL/pgSQL asks for the top: so the stack is here, for the functions below alone.
struct CallStack {
  int depth;         // may be above kMaxNodes: what is beyond is only counted
  StackNode beyond;  // stands for all nodes beyond the array: nothing is known of them
  StackNode nodes[kMaxNodes];
};
extern CallStack call_stack;

// The innermost node, or NULL.
inline StackNode *TopNode() {
  const int depth = call_stack.depth;
  if (depth == 0) return nullptr;
  return depth > kMaxNodes ? &call_stack.beyond : &call_stack.nodes[depth - 1];
}
// The node below `node` (towards the outside), or NULL.
inline StackNode *NodeBelow(const StackNode *node) {
  if (node == &call_stack.beyond) return &call_stack.nodes[kMaxNodes - 1];
  return node == &call_stack.nodes[0] ? nullptr : const_cast<StackNode *>(node) - 1;
}
// The innermost routine's frame, or NULL.
inline RoutineFrame *TopFrame() {
  for (int i = Min(call_stack.depth, kMaxNodes) - 1; i >= 0; i--) {
    if (call_stack.nodes[i].kind == NodeKind::kRoutine) return call_stack.nodes[i].frame;
  }
  return nullptr;
}

inline int StackDepth() { return call_stack.depth; }
// Cuts the stack to `depth`, ending routine frames that an error left behind.
inline void CutBackTo(int depth) {
  if (call_stack.depth > depth) call_stack.depth = depth;
}

// The path of the top level.
const EventPath *RootPath();
// The chain of routines that is running now; never NULL. Top level: no frames.
inline const EventPath *CurrentPath() {
  const int depth = Min(call_stack.depth, kMaxNodes);
  return depth == 0 ? RootPath() : call_stack.nodes[depth - 1].path;
}

// Only counts, above what the array holds.
void PushBeyond();
// Returns NULL when the array is full: the depth is counted all the same, nothing is known there.
inline StackNode *PushNode(NodeKind kind) {
  if (call_stack.depth >= kMaxNodes) {
    PushBeyond();
    return nullptr;
  }
  const EventPath *path = CurrentPath();
  StackNode *node = &call_stack.nodes[call_stack.depth++];
  *node = {kind, path, nullptr, nullptr, nullptr};
  return node;
}

// `parent` extended by a routine (InvalidOid: a DO block), as trigger on `trigger_relid` if valid.
const EventPath *ExtendPath(const EventPath *parent, Oid routine_oid, Oid trigger_relid);

// The same if it has been made already; NULL otherwise, nothing is allocated.
const EventPath *KnownPath(const EventPath *parent, Oid routine_oid, Oid trigger_relid);

// Forgets rendered names (something was renamed); only with an empty stack and no live run.
void ResetPaths();

// schema.name(types), quoted where needed, palloc'd in the current context; NULL when it is gone.
char *RenderRoutine(Oid routine_oid);
// schema.name in the same way.
char *RenderRelation(Oid relid);

}  // namespace pg_lineage
