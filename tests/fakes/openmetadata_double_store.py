"""The state of the OpenMetadata double: entities, versions, soft deletes and lineage edges.

One Store is one server's database; it outlives the HTTP server in front of it, so that a test can
stop and start the server. Not locked: the caller holds one lock around every call. Everything that
a server refuses raises Refused (openmetadata_double_rules.py).
"""

import copy
import hashlib
import time
import uuid

from openmetadata_double_rules import (
    COLLECTIONS,
    Refused,
    bad,
    check_create,
    check_details,
    check_reference,
    closed,
    quote_name,
)
from openmetadata_double_runs import Runs

KINDS = {entry[0]: entry for entry in COLLECTIONS.values()}
# What GET answers only when `fields` asks for it.
ON_DEMAND = set(
    "owner owners tags tableConstraints tablePartition viewDefinition schemaDefinition extension "
    "domain domains dataProducts lifeCycle sourceHash".split()
)
KNOWN_FIELDS = ON_DEMAND | set(
    "columns usageSummary followers joins customMetrics dataModel testSuite tables pipelines "
    "tableProfilerConfig profile location databaseSchemas processedLineage votes".split()
)
# What a bot's PUT cannot take from an entity once it is set.
STICKY = ("description", "displayName", "owner", "owners", "domain", "domains")
LINEAGE_DEPTH = 3


def now_ms():
    """The clock of the server, in epoch milliseconds."""
    return int(time.time() * 1000)


def merge_tags(old, new):
    """Tags are only ever added by a PUT."""
    seen = {tag.get("tagFQN") for tag in old}
    return old + [tag for tag in new if tag.get("tagFQN") not in seen]


class Store:
    """Entities by id and by name, and one edge per pair of entities."""

    def __init__(self, version="2.0"):
        self.version = version
        self.entities = {}
        self.kinds = {}
        self.names = {}
        self.edges = {}
        self.runs = Runs(self)

    # ---- look-up -------------------------------------------------------------------------------

    def by_id(self, kind, entity_id, include="non-deleted"):
        """The entity with an id, or 404."""
        entity = self.entities.get(entity_id)
        if entity is None or self.kinds[entity_id] != kind:
            raise Refused(404, f"{kind} instance for {entity_id} not found")
        deleted = entity["deleted"]
        if (include == "non-deleted" and deleted) or (include == "deleted" and not deleted):
            raise Refused(404, f"{kind} instance for {entity_id} not found")
        return entity

    def by_name(self, kind, fqn, include="non-deleted"):
        """The entity with a fully qualified name, or 404."""
        entity_id = self.names.get((kind, fqn))
        if entity_id is None:
            raise Refused(404, f"{kind} instance for {fqn} not found")
        try:
            return self.by_id(kind, entity_id, include)
        except Refused:
            raise Refused(404, f"{kind} instance for {fqn} not found") from None

    def reference(self, entity_id):
        """An entity reference as the server fills it."""
        entity = self.entities[entity_id]
        return {
            "id": entity_id,
            "type": self.kinds[entity_id],
            "name": entity["name"],
            "fullyQualifiedName": entity["fullyQualifiedName"],
            "deleted": entity["deleted"],
        }

    def shown(self, entity, fields):
        """What a GET shows of an entity: the optional fields only where asked for."""
        wanted = {field.strip() for field in fields.split(",") if field.strip()}
        unknown = wanted - KNOWN_FIELDS - {"*"}
        if unknown:
            raise bad(f"Invalid field name {sorted(unknown)[0]}")
        if "*" in wanted:
            return entity
        return {key: value for key, value in entity.items()
                if key not in ON_DEMAND or key in wanted}

    def listed(self, kind, params):
        """A page of a collection, filtered by the parent's name, ordered by name."""
        include = params.get("include", "non-deleted")
        rows = []
        for entity_id, entity in self.entities.items():
            if self.kinds[entity_id] != kind:
                continue
            if include != "all" and entity["deleted"] != (include == "deleted"):
                continue
            scopes = [params[key] for key in ("service", "database", "databaseSchema")
                      if key in params]
            if all(entity["fullyQualifiedName"].startswith(scope + ".") for scope in scopes):
                rows.append(self.shown(entity, params.get("fields", "")))
        rows.sort(key=lambda row: row["fullyQualifiedName"])
        start = int(params.get("after", "0"))
        limit = int(params.get("limit", "10"))
        paging = {"total": len(rows)}
        if start + limit < len(rows):
            paging["after"] = str(start + limit)
        return {"data": rows[start:start + limit], "paging": paging}

    # ---- create and update ---------------------------------------------------------------------

    def put(self, kind, body, user, create_only=False):
        """Creates or updates; answers (201 or 200, the entity)."""
        if kind == "query" and isinstance(body, dict) and "query" in body:
            # The server derives the name; the same text is the same query.
            body = {"name": hashlib.md5(body["query"].encode()).hexdigest(), **body}
        check_create(kind, body, self.version)
        _, parent_field, parent_kind = KINDS[kind]
        name = quote_name(body["name"])
        parent = None
        if parent_field:
            given = body[parent_field]
            parent = (self.by_id(parent_kind, given["id"]) if isinstance(given, dict)
                      else self.by_name(parent_kind, given))
            name = f"{parent['fullyQualifiedName']}.{name}"
        for owner in body.get("owners") or [body.get("owner")]:
            if owner is not None:
                self.by_id(owner.get("type"), owner.get("id"))
        if kind == "table":
            self._check_referred(body)
            for label in body.get("tags") or []:
                self.by_name("tag", label.get("tagFQN"))
        entity_id = self.names.get((kind, name))
        if entity_id is not None:
            if create_only:
                raise Refused(409, "Entity already exists")
            return 200, self._update(self.entities[entity_id], kind, body, user)
        entity = self._new(kind, body, name, user)
        if parent:
            entity[parent_field] = self.reference(parent["id"])
        return 201, entity

    def _check_referred(self, body):
        for constraint in body.get("tableConstraints") or []:
            for fqn in constraint.get("referredColumns") or []:
                table = fqn.rpartition('."')[0] if fqn.endswith('"') else fqn.rpartition(".")[0]
                owner = self.by_name("table", table)
                if fqn not in self.column_names(owner):
                    raise bad(f"Invalid column FQN {fqn}")

    def _new(self, kind, body, fqn, user):
        entity = {key: value for key, value in copy.deepcopy(body).items() if value is not None}
        entity.update(id=str(uuid.uuid4()), fullyQualifiedName=fqn, version=0.1,
                      updatedAt=now_ms(), updatedBy=user["name"], deleted=False)
        if kind == "table":
            entity["columns"] = self._columns(body["columns"], fqn, [], True)
        if kind == "databaseService":
            mask_password(entity)
        self.entities[entity["id"]] = entity
        self.kinds[entity["id"]] = kind
        self.names[(kind, fqn)] = entity["id"]
        return entity

    def _columns(self, columns, parent, before, bot):
        known = {column["name"]: column for column in before}
        done = []
        for position, given in enumerate(columns, 1):
            column = {key: value for key, value in copy.deepcopy(given).items()
                      if value is not None}
            old = known.get(column["name"], {})
            if old.get("description") and (bot or "description" not in column):
                column["description"] = old["description"]
            if old.get("tags") or column.get("tags"):
                column["tags"] = merge_tags(old.get("tags", []), column.get("tags", []))
            column.setdefault("ordinalPosition", position)
            column["fullyQualifiedName"] = f"{parent}.{quote_name(column['name'])}"
            if column.get("children"):
                column["children"] = self._columns(
                    column["children"], column["fullyQualifiedName"], old.get("children", []), bot)
            done.append(column)
        return done

    def _update(self, entity, kind, body, user):
        _, parent_field, _ = KINDS[kind]
        wanted = copy.deepcopy(entity)
        wanted["deleted"] = False
        for field in set(body) | (set(entity) & {"tableConstraints", "tablePartition"}):
            value = body.get(field)
            if field in ("name", "columns", parent_field):
                continue
            if field in STICKY and user["bot"] and entity.get(field):
                continue
            if field == "tags":
                wanted["tags"] = merge_tags(entity.get("tags", []), value or [])
            elif value is None:
                wanted.pop(field, None)
            else:
                wanted[field] = copy.deepcopy(value)
        if kind == "databaseService":
            mask_password(wanted)
        dropped = False
        if kind == "table":
            wanted["columns"] = self._columns(
                body["columns"], entity["fullyQualifiedName"], entity["columns"], user["bot"])
            names = {column["name"] for column in wanted["columns"]}
            dropped = any(column["name"] not in names for column in entity["columns"])
        if wanted != entity:
            self._changed(wanted, user, dropped)
            entity.clear()
            entity.update(wanted)
        return entity

    def _changed(self, entity, user, major=False):
        version = entity["version"]
        entity["version"] = float(int(version) + 1) if major else round(version + 0.1, 1)
        entity["updatedAt"] = now_ms()
        entity["updatedBy"] = user["name"]

    def patch(self, entity, operations, user):
        """RFC 6902, add, replace and remove; a rename is accepted and not done."""
        wanted = copy.deepcopy(entity)
        for operation in operations:
            closed(operation, {"op", "path", "value", "from"}, "JsonPatchOperation")
            if operation["path"] in ("/name", "/fullyQualifiedName", "/id"):
                continue
            apply_patch(wanted, operation)
        if wanted != entity:
            self._changed(wanted, user)
            entity.clear()
            entity.update(wanted)
        return entity

    # ---- delete --------------------------------------------------------------------------------

    def delete(self, entity, user, recursive, hard):
        """Soft delete keeps lineage and id; hard delete loses both."""
        prefix = entity["fullyQualifiedName"] + "."
        below = [other for other in self.entities.values()
                 if other["fullyQualifiedName"].startswith(prefix) and (hard or
                                                                        not other["deleted"])]
        if below and not recursive:
            kind = self.kinds[entity["id"]]
            raise bad(f"{kind} is not empty")
        for gone in below + [entity]:
            if hard:
                self._forget(gone)
            elif not gone["deleted"]:
                gone["deleted"] = True
                self._changed(gone, user)
        return entity

    def _forget(self, entity):
        kind = self.kinds.pop(entity["id"])
        del self.entities[entity["id"]]
        del self.names[(kind, entity["fullyQualifiedName"])]
        for pair in [pair for pair in self.edges if entity["id"] in pair]:
            del self.edges[pair]

    # ---- lineage -------------------------------------------------------------------------------

    def column_names(self, entity):
        """The fully qualified names of the columns of a table, nested ones too."""
        names = []
        for column in entity.get("columns", []):
            names.append(column["fullyQualifiedName"])
            names.extend(self.column_names({"columns": column.get("children", [])}))
        return names

    def put_edge(self, source, target, details, user):
        """Replaces the edge between two entities; there is one per pair, whatever its details."""
        details = copy.deepcopy(details or {})
        check_details(details, self.version)
        known_from, known_to = set(self.column_names(source)), set(self.column_names(target))
        for pair in details.get("columnsLineage") or []:
            for column in pair.get("fromColumns") or []:
                if column not in known_from:
                    raise bad(f"Invalid column FQN {column}")
            if pair.get("toColumn") not in known_to:
                raise bad(f"Invalid column FQN {pair.get('toColumn')}")
        if details.get("pipeline"):
            pipeline = details["pipeline"]
            self.by_id(pipeline["type"], pipeline["id"])
            details["pipeline"] = self.reference(pipeline["id"])
        details.setdefault("source", "Manual")
        if self.version != "1.2":
            details.setdefault("updatedAt", now_ms())
            details.setdefault("updatedBy", user["name"])
        self.edges[(source["id"], target["id"])] = details

    def put_edge_request(self, body, user):
        """The body of PUT /lineage: both ends by reference, 404 where one is missing."""
        closed(body, {"edge"}, "AddLineage")
        edge = body.get("edge")
        closed(edge, {"fromEntity", "toEntity", "description", "lineageDetails"}, "EntitiesEdge")
        ends = []
        for end in ("fromEntity", "toEntity"):
            check_reference(edge.get(end))
            ends.append(self.by_id(edge[end]["type"], edge[end]["id"]))
        self.put_edge(ends[0], ends[1], edge.get("lineageDetails"), user)

    def patch_edge(self, source, target, operations, user):
        """A JSON patch of an edge's details, judged as if they had been put."""
        wanted = copy.deepcopy(self.edge(source, target))
        for operation in operations:
            apply_patch(wanted, operation)
        self.put_edge(source, target, wanted, user)

    def edge(self, source, target):
        """The details of one edge, or 404."""
        details = self.edges.get((source["id"], target["id"]))
        if details is None:
            raise Refused(404, f"Lineage edge not found between {source['id']} and {target['id']}")
        return details

    def lineage(self, entity, upstream, downstream):
        """The graph around an entity as GET /lineage answers it."""
        found = {"entity": self.reference(entity["id"])}
        nodes = set()
        for key, depth, near in (("upstreamEdges", upstream, 1),
                                 ("downstreamEdges", downstream, 0)):
            found[key] = []
            level, seen = {entity["id"]}, set()
            for _ in range(min(depth, LINEAGE_DEPTH)):
                rows = [pair for pair in self.edges if pair[near] in level and pair not in seen]
                seen.update(rows)
                found[key] += [{"fromEntity": pair[0], "toEntity": pair[1],
                                "lineageDetails": self.edges[pair]} for pair in rows]
                level = {pair[1 - near] for pair in rows}
                nodes |= level
        found["nodes"] = [self.reference(node) for node in sorted(nodes - {entity["id"]})]
        return found

    # ---- for tests -----------------------------------------------------------------------------

    def dump(self):
        """Everything, with edges by name, in one order."""
        entities = [{"kind": self.kinds[entity_id], **entity}
                    for entity_id, entity in self.entities.items()]
        edges = [{"from": self.entities[pair[0]]["fullyQualifiedName"],
                  "to": self.entities[pair[1]]["fullyQualifiedName"], "details": details}
                 for pair, details in self.edges.items()]
        return {
            "version": self.version,
            "entities": sorted(entities, key=lambda row: (row["kind"], row["fullyQualifiedName"])),
            "edges": sorted(edges, key=lambda row: (row["from"], row["to"])),
            "runs": self.runs.dump(),
        }


def mask_password(entity):
    """A server never shows the password of a stored connection, only a stand-in of its own."""
    auth = entity.get("connection", {}).get("config", {}).get("authType", {})
    if isinstance(auth, dict) and auth.get("password"):
        digest = hashlib.sha256(auth["password"].encode()).hexdigest()[:8]
        auth["password"] = auth["password"] if auth["password"][:5] == "fernet" else (
            f"fernet:{digest}")


def apply_patch(document, operation):
    """One operation of a JSON patch on a document; 400 where the path leads nowhere."""
    steps = [step.replace("~1", "/").replace("~0", "~")
             for step in operation["path"].lstrip("/").split("/")]
    place = document
    try:
        for step in steps[:-1]:
            place = place[int(step)] if isinstance(place, list) else place[step]
        last = steps[-1]
        if operation["op"] == "remove":
            del place[int(last) if isinstance(place, list) else last]
        elif isinstance(place, list):
            if operation["op"] == "replace":
                place[int(last)] = operation["value"]
            else:
                place.insert(len(place) if last == "-" else int(last), operation["value"])
        else:
            place[last] = operation["value"]
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise bad(f"JSON patch cannot be applied: {operation['path']}") from error
