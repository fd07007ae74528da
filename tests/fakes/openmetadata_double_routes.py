"""The paths of the OpenMetadata double: what each release has, and what it answers there."""

import time
from urllib.parse import unquote

from openmetadata_double_jobs import connection_definition, delete_stale, search
from openmetadata_double_rules import COLLECTIONS, VERSIONS, Refused, quote_name
from openmetadata_double_runs import PIPELINES
from openmetadata_double_store import now_ms


def collection_of(parts):
    """The collection that a path begins with; that of services has two steps."""
    return "/".join(parts[:2]) if parts[0] == "services" else parts[0]


class Routes:
    """One authenticated request on its way to the store."""

    def __init__(self, double, user):
        self.double = double
        self.store = double.store
        self.user = user

    def route(self, method, path, query, body):
        """(status, answer) or Refused; a path that is nowhere is 500, as the real server has it."""
        parts = [unquote(part) for part in path.strip("/").split("/")]
        creating = self.creating(method, parts, body)
        with self.double.lock:
            lost_race = creating in self.double.creating
            if creating and not lost_race:
                self.double.creating.add(creating)
        time.sleep(self.double.latency_ms / 1000)
        try:
            with self.double.lock:
                if lost_race:
                    raise Refused(409, "Entity already exists")
                return self.dispatch(method, parts, query, body)
        finally:
            if creating and not lost_race:
                with self.double.lock:
                    self.double.creating.discard(creating)

    def creating(self, method, parts, body):
        """What a request is about to create: (type, parent, name), or None if it is there."""
        collection = collection_of(parts)
        if method != "PUT" or len(parts) != len(collection.split("/")):
            return None
        if collection not in COLLECTIONS or not isinstance(body, dict):
            return None
        kind, parent_field, _ = COLLECTIONS[collection]
        try:
            name = quote_name(str(body.get("name")))
        except Refused:
            return None  # the store says why
        key = (kind, f"{body.get(parent_field)}.{name}" if parent_field else name)
        with self.double.lock:
            return None if key in self.store.names else key

    def dispatch(self, method, parts, query, body):
        """Finds the resource of a path."""
        if parts == ["system", "version"] and method == "GET":
            return 200, {"version": VERSIONS[self.store.version], "revision": "double",
                         "timestamp": now_ms()}
        if parts[:3] == ["services", "testConnectionDefinitions", "name"] and method == "GET":
            return 200, connection_definition(parts[3])
        if parts in (["search", "query"], ["search", "fieldQuery"]) and method == "GET":
            return 200, search(self.store, parts[1], query)
        if parts[0] == "lineage":
            return self.lineage(method, parts[1:], query, body)
        collection = collection_of(parts)
        if collection in COLLECTIONS:
            rest = parts[len(collection.split("/")):]
            if collection == PIPELINES:
                found = self.store.runs.route(method, rest, body)
                if found is not None:
                    return found
            return self.entity(COLLECTIONS[collection][0], method, rest, query, body)
        raise self.nowhere(parts)

    def nowhere(self, parts):
        """The answer to a path that this release does not have."""
        return Refused(500, f"HTTP 404 Not Found: /{'/'.join(parts)}")

    def entity(self, kind, method, rest, query, body):
        """A collection, or one entity of it by id or by name."""
        if not rest and method in ("PUT", "POST"):
            return self.store.put(kind, body, self.user, create_only=method == "POST")
        if not rest and method == "GET":
            return 200, self.store.listed(kind, query)
        if rest == ["bulk"] and method == "PUT" and self.store.version == "2.0":
            return 200, self.bulk(kind, body, query.get("overrideMetadata") == "true")
        if rest == ["deleteStale"] and method == "DELETE" and self.store.version == "2.0":
            return 200, delete_stale(self.store, kind, body, self.user)
        if not rest or rest == ["bulk"] or len(rest) > 2 or (len(rest) == 2 and rest[0] != "name"):
            raise self.nowhere([kind, *rest])
        include = query.get("include", "non-deleted")
        if method == "DELETE" and query.get("hardDelete") == "true":
            include = "all"
        entity = (self.store.by_name(kind, rest[1], include) if len(rest) == 2
                  else self.store.by_id(kind, rest[0], include))
        if method == "GET":
            return 200, self.store.shown(entity, query.get("fields", ""))
        if method == "DELETE":
            return 200, self.store.delete(entity, self.user, query.get("recursive") == "true",
                                          query.get("hardDelete") == "true")
        if method == "PATCH" and (len(rest) == 1 or self.store.version == "2.0"):
            return 200, self.store.patch(entity, body, self.user)
        raise self.nowhere([kind, *rest])

    def bulk(self, kind, bodies, override):
        """An array of create requests; failures are told in the body of a 200.

        With `override` a bot may replace what people wrote, as they may themselves.
        """
        user = {**self.user, "bot": self.user["bot"] and not override}
        good, failed = [], []
        for body in bodies:
            try:
                status, entity = self.store.put(kind, body, user)
                good.append({"request": entity["fullyQualifiedName"], "status": status})
            except Refused as refused:
                failed.append({"request": str(body.get("name")), "status": refused.code,
                               "message": str(refused)})
        status = "partialSuccess" if good and failed else "failure" if failed else "success"
        return {"dryRun": False, "status": status, "numberOfRowsProcessed": len(bodies),
                "numberOfRowsPassed": len(good), "numberOfRowsFailed": len(failed),
                "successRequest": good, "failedRequest": failed}

    def lineage(self, method, rest, query, body):
        """Edges and graphs; the forms by name exist in 2.0 only, getLineageEdge not in 1.2."""
        old, new = self.store.version == "1.2", self.store.version == "2.0"
        if method == "PUT" and not rest:
            self.store.put_edge_request(body, self.user)
            return 200, None
        if rest[:1] == ["getLineageEdge"] and method == "GET" and not old:
            return 200, {"edge": self.store.edge(*self.ends(rest[1:], new))}
        named = len(rest) == 3 and rest[1] == "name"
        if method == "GET" and (len(rest) == 2 or named):
            entity = (self.store.by_name(rest[0], rest[2]) if named
                      else self.store.by_id(rest[0], rest[1]))
            return 200, self.store.lineage(entity, int(query.get("upstreamDepth", 1)),
                                           int(query.get("downstreamDepth", 1)))
        if method == "PUT" and new and len(rest) == 6:
            self.store.put_edge(*self.ends(rest, True), body, self.user)
            return 200, None
        if method == "PATCH" and (len(rest) == 4 or (new and len(rest) == 6)):
            self.store.patch_edge(*self.ends(rest, new), body, self.user)
            return 200, None
        if method == "DELETE" and (len(rest) == 4 or (new and len(rest) == 6)):
            source, target = self.ends(rest, new)
            self.store.edge(source, target)
            del self.store.edges[(source["id"], target["id"])]
            return 200, None
        raise self.nowhere(["lineage", *rest])

    def ends(self, rest, by_name):
        """The two entities of a path: /type/name/fqn twice, /type/id twice, or two ids."""
        if len(rest) == 6 and by_name and rest[1] == rest[4] == "name":
            return self.store.by_name(rest[0], rest[2]), self.store.by_name(rest[3], rest[5])
        if len(rest) == 4:
            return self.store.by_id(rest[0], rest[1]), self.store.by_id(rest[2], rest[3])
        if len(rest) == 2:
            kinds = self.store.kinds
            return tuple(self.store.by_id(kinds.get(end, "entity"), end) for end in rest)
        raise self.nowhere(["lineage", *rest])
