"""What ingestion workflows ask of the double beside entities: steps of Test Connection, and search.

Facts of the client's models and of its requests. Search sees what the store holds, at once; it
knows the clauses that the clients use, and refuses others. The caller holds the store's lock.
"""

import fnmatch
import json
import re

from openmetadata_double_rules import Refused, bad

INDEXES = {"database_service_search_index": "databaseService", "table_search_index": "table",
           "stored_procedure_search_index": "storedProcedure", "query_search_index": "query",
           "user_search_index": "user", "team_search_index": "team"}
# Steps of the definition for Postgres, as its client knows them; True: without it nothing works.
_STEPS = {"CheckAccess": True, "GetDatabases": False, "GetSchemas": True, "GetTables": True,
          "GetViews": False, "GetTags": False, "GetQueries": False}


def connection_definition(name):
    """GET of a Test Connection definition by name."""
    if name != "Postgres.testConnectionDefinition":
        raise Refused(404, f"testConnectionDefinition instance for {name} not found")
    return {"id": "a1f5bc6e-0000-4000-8000-000000000001", "name": "Postgres",
            "fullyQualifiedName": name, "displayName": "Postgres Test Connection",
            "description": "Steps of Test Connection.", "version": 0.1,
            "steps": [{"name": step, "mandatory": mandatory, "description": step}
                      for step, mandatory in _STEPS.items()]}


def search(store, resource, query):
    """GET /search/query and /search/fieldQuery: a page of what matches, by name."""
    kind = INDEXES.get(query.get("index"))
    if kind is None:
        raise bad(f"the double has no index {query.get('index')!r}")
    if resource == "fieldQuery":
        wanted = {"wildcard": {query.get("fieldName"): query.get("fieldValue")}}
    elif query.get("query_filter"):
        wanted = json.loads(query["query_filter"]).get("query", {})
    else:
        wanted = _of_text(query.get("q", ""))
    documents = sorted((_document(store, entity) for entity in store.entities.values()
                        if store.kinds[entity["id"]] == kind and not entity["deleted"]
                        and _matches(wanted, _document(store, entity))),
                       key=lambda found: found["fullyQualifiedName"],
                       reverse=query.get("sort_order") == "desc")
    after = query.get("search_after")
    rest = [found for found in documents if after is None or (
        found["fullyQualifiedName"] < after if query.get("sort_order") == "desc"
        else found["fullyQualifiedName"] > after)]
    start = int(query.get("from", "0"))
    page = rest[start:start + int(query.get("size", "10"))]
    return {"hits": {
        "total": {"value": len(documents), "relation": "eq"},
        "hits": [{"_index": query["index"], "_id": found["id"], "_source": found,
                  "sort": [found["fullyQualifiedName"]]} for found in page]}}


def _of_text(text):
    """The clause that a query string means: everything, or one field and its exact value."""
    if text in ("", "*"):
        return {"match_all": {}}
    asked = re.fullmatch(r'([\w.]+):"(.*)"', text)
    if asked is None:
        raise bad(f"the double cannot search for {text!r}")
    return {"term": {asked[1]: asked[2]}}


def _document(store, entity):
    """What the index holds of an entity: itself, and its service by name."""
    service = store.names.get(("databaseService", entity["fullyQualifiedName"].split(".")[0]))
    return {**entity, **({"service": store.reference(service)} if service else {})}


def _value(document, field):
    """The value of a field given by its path; `.keyword` is the same value, unbroken."""
    for step in field.removesuffix(".keyword").split("."):
        document = document.get(step) if isinstance(document, dict) else None
    return document


def _matches(clause, document):
    """Whether a document fulfils a clause of the search language."""
    (verb, rest), = clause.items()
    if verb == "match_all":
        return True
    if verb == "bool":
        return _all(rest, document)
    if verb == "exists":
        return _value(document, rest["field"]) is not None
    if verb == "query_string":
        name = rest["query"].removesuffix(" AND isBot:false").lower()
        return not document.get("isBot") and any(
            str(_value(document, field)).lower() == name for field in rest["fields"])
    if verb in ("term", "wildcard"):
        (field, wanted), = rest.items()
        found = _value(document, field)
        if verb == "wildcard":
            return isinstance(found, str) and fnmatch.fnmatchcase(found, wanted)
        return found == (wanted["value"] if isinstance(wanted, dict) else wanted)
    raise bad(f"the double cannot search with {verb!r}")


def _all(clauses, document):
    """A bool clause: all of must, one of should, none of must_not."""
    def listed(name):
        given = clauses.get(name, [])
        return given if isinstance(given, list) else [given]
    should = listed("should")
    return (all(_matches(clause, document) for clause in listed("must") + listed("filter"))
            and (not should or any(_matches(clause, document) for clause in should))
            and not any(_matches(clause, document) for clause in listed("must_not")))


def delete_stale(store, kind, body, user):
    """Takes the entities of a scope that a run has not seen out of the catalog, softly."""
    scope, seen = body["scopeFqn"] + ".", set(body["seenFqns"])
    store.by_name(body["scopeEntityType"].replace("service", "databaseService"), body["scopeFqn"])
    gone = [entity for entity in list(store.entities.values())
            if store.kinds[entity["id"]] == kind and not entity["deleted"]
            and entity["fullyQualifiedName"].startswith(scope)
            and entity["fullyQualifiedName"] not in seen]
    for entity in gone:
        store.delete(entity, user, recursive=bool(body.get("recursive")), hard=False)
    return {"dryRun": False, "status": "success", "numberOfRowsProcessed": len(gone),
            "numberOfRowsPassed": len(gone), "numberOfRowsFailed": 0,
            "successRequest": [{"request": entity["fullyQualifiedName"]} for entity in gone],
            "failedRequest": []}
