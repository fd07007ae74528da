// The wall between our work and the user's statement.
//
// Everything a hook does for capture runs inside Guarded(): an error of ours is swallowed, counted
// and said once per backend; capture then rests until the transaction ends, because an error caught
// without a subtransaction may have left something half done. Query cancel, shutdown and running
// out of memory are not ours to swallow and go on.
//
//   Guarded("executor start", [&] { ... may ereport ... });
//
// Bodies hold no values with destructors: ereport leaves them by longjmp.
#pragma once

#include "edge/server.h"

namespace pg_lineage {

// True while capture may do its work here: switched on, extension present in this database, no
// parallel worker, no swallowed error in this transaction, not inside our own work.
bool CaptureOn();

// True from a swallowed error to the end of its transaction. Enough for callbacks of what began
// while CaptureOn() held.
extern bool capture_rests;  // written by edge/guard.cpp alone
inline bool CaptureRests() { return capture_rests; }

// The number of what is known of the innermost routine: what was the same at the same number still
// is. Another one, which was never there before, comes with all work that may change something:
// each guarded body, and whoever changes something without a guard. The number of before comes back
// with what it stood for: of a caller, or of a routine that begins as it began before.
extern uint64 work_done;
extern uint64 work_last;    // the highest so far
extern uint64 work_shared;  // … of work that is not known to concern the innermost routine alone
inline void NoteOwnWork() { work_done = ++work_last; }
inline void NoteWork() { work_done = work_shared = ++work_last; }

// Notes a swallowed error; rests capture until the end of the transaction. Called inside a catch.
void NoteSwallowedError(const char *where, ErrorData *error);

// Ends the rest that NoteSwallowedError began; called at the end of every top transaction.
void EndCaptureRest();

// True when an error that was just caught must go on to the user.
bool MustRethrow();

// A context for what one guarded body allocates, emptied when the outermost body ends. Whatever
// must live longer is allocated in a context of its own.
MemoryContext EnterScratch();
void LeaveScratch();

template <typename Body>
inline bool Guarded(const char *where, Body body) {
  MemoryContext caller = MemoryContextSwitchTo(EnterScratch());
  volatile bool fine = true;
  PG_TRY();
  { body(); }
  PG_CATCH();
  {
    MemoryContextSwitchTo(caller);
    if (MustRethrow()) {
      LeaveScratch();
      PG_RE_THROW();
    }
    ErrorData *error = CopyErrorData();
    FlushErrorState();
    NoteSwallowedError(where, error);
    fine = false;
  }
  PG_END_TRY();
  MemoryContextSwitchTo(caller);
  LeaveScratch();
  return fine;
}

// Runs `body` with the rights of another role, as a security-restricted operation: for the analysis
// of texts that are not the user's. It reads constants, and by that may run what their domains
// check. After an error the subtransaction around it gives the rights back.
template <typename Body>
inline void AsRole(Oid role, Body body) {
  Oid user = InvalidOid;
  int security = 0;
  GetUserIdAndSecContext(&user, &security);
  SetUserIdAndSecContext(role,
                         security | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
  body();
  SetUserIdAndSecContext(user, security);
}

// Runs `body`, which analyses what the user wrote, in a subtransaction. False when that raised an
// error: it is the user's, who is told by his own statement, and leaves nothing behind.
template <typename Body>
inline bool Tried(Body body) {
  if (IsInParallelMode() || IsParallelWorker()) return false;
  MemoryContext caller = CurrentMemoryContext;
  ResourceOwner owner = CurrentResourceOwner;
  volatile bool fine = true;
  BeginInternalSubTransaction(nullptr);
  MemoryContextSwitchTo(caller);
  PG_TRY();
  {
    body();
    ReleaseCurrentSubTransaction();
  }
  PG_CATCH();
  {
    MemoryContextSwitchTo(caller);
    const bool rethrow = MustRethrow();
    ErrorData *error = CopyErrorData();
    FlushErrorState();
    RollbackAndReleaseCurrentSubTransaction();
    // Ours has ended first: an exception block that catches the error ends the innermost one.
    CurrentResourceOwner = owner;
    if (rethrow) ReThrowError(error);
    FreeErrorData(error);
    fine = false;
  }
  PG_END_TRY();
  MemoryContextSwitchTo(caller);
  CurrentResourceOwner = owner;
  return fine;
}

}  // namespace pg_lineage
