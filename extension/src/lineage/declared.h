// Lineage read from definitions: what views, materialised views, generated columns and rules are
// made of, and what routines would write.
//
// Looks only at catalogs and at bodies (lineage/summary.h), executes nothing, and hands events with
// origin "declared" to the store like any other.
#pragma once

#include "edge/server.h"

namespace pg_lineage {

// Makes the declared events of one relation: CREATE VIEW, CREATE MATERIALIZED VIEW, GENERATED.
// Does nothing for other relations, temporary ones and those that capture ignores. In the
// transaction that defines it; errors are the caller's to guard (edge/guard.h).
void DeclareRelation(Oid relid);

// The same of what a rule's actions write: INSERT, UPDATE and MERGE. What a rule said before and
// does not say now ends, all of it where it is disabled.
void DeclareRule(Oid rule);
void DeclareRules(Oid relid);

// The relation that a rewrite rule is on; InvalidOid: it is gone. There is no syscache by OID.
Oid RelationOfRule(Oid rule);

// DeclareRelation for one that was there before, rules included: in a subtransaction that is rolled
// back. What cannot be analysed is counted by its reason; only cancel and the like are raised.
void DeclareRelationAgain(Oid relid);

// The defining query of a view or a materialised view; NULL: it has none.
Query *DefinitionOf(Relation relation);

// How much of a routine's body could be read.
enum class Analysed : uint8 {
  kNothing,
  kPart,
  kAll,  // every statement, and nothing dynamic or opaque is left that could write
};

// Makes the declared events of one routine, in a subtransaction that is rolled back: routine and
// call_path are that routine, where a value comes by an argument those it calls too. A trigger
// function once for each trigger that uses it. A routine that only returns values has no edge of
// its own. What cannot be analysed is counted by its reason; only cancel and the like are raised.
Analysed DeclareRoutine(Oid function);

// Between the two, what was read of one object serves the others: many in one statement. Ends with
// the current memory context.
void DeclareMany();

}  // namespace pg_lineage
