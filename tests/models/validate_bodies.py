#!/usr/bin/env python3
"""Validates requests against the request models of OpenMetadata's own ingestion package.

usage: validate_bodies.py FILE…        FILE: NDJSON of the file sink; "-" is standard input
Exit 1 after naming every line that is refused, and 2 where the models cannot be imported.

Run it with a python made by make_venv.sh. As a module:

    from validate_bodies import validate
    error = validate("PUT", "/v1/tables", body)     # None where the request is in order

What the models let pass although a server refuses it (names with reserved characters, lengths
without a declaration) is checked here too, as measured on a server.
"""

import importlib
import json
import logging
import os
import re
import sys
import types

SCHEMA = "metadata.generated.schema."
NIL = "00000000-0000-0000-0000-000000000000"
LENGTH_TYPES = ("CHAR", "VARCHAR", "BINARY", "VARBINARY")
MAX_NAME = 256

MODELS = {
    "/services/databaseServices": ("api.services.createDatabaseService",
                                   "CreateDatabaseServiceRequest"),
    "/databases": ("api.data.createDatabase", "CreateDatabaseRequest"),
    "/databaseSchemas": ("api.data.createDatabaseSchema", "CreateDatabaseSchemaRequest"),
    "/tables": ("api.data.createTable", "CreateTableRequest"),
    "/storedProcedures": ("api.data.createStoredProcedure", "CreateStoredProcedureRequest"),
    "/classifications": ("api.classification.createClassification",
                         "CreateClassificationRequest"),
    "/tags": ("api.classification.createTag", "CreateTagRequest"),
    "/queries": ("api.data.createQuery", "CreateQueryRequest"),
    "/lineage": ("api.lineage.addLineage", "AddLineageRequest"),
    "/services/ingestionPipelines": ("api.services.ingestionPipelines.createIngestionPipeline",
                                     "CreateIngestionPipelineRequest"),
}
LINEAGE_DETAILS = ("type.entityLineage", "LineageDetails")
PIPELINE_STATUS = ("entity.services.ingestionPipelines.ingestionPipeline", "PipelineStatus")
STATUS_PATH = re.compile(r"^/services/ingestionPipelines/[^/]+/pipelineStatus$")
LOG_PATH = re.compile(r"^/services/ingestionPipelines/logs/[^/]+/[^/]+(/close)?$")
LINEAGE_BY_NAME = re.compile(r"^/lineage/[A-Za-z]+/name/[^/]+/[A-Za-z]+/name/[^/]+$")


def _enter_package():
    """Makes `metadata` importable without running its __init__, which needs the whole client."""
    if "metadata" in sys.modules:
        return
    for entry in sys.path:
        home = os.path.join(entry, "metadata")
        if os.path.isdir(os.path.join(home, "generated", "schema")):
            package = types.ModuleType("metadata")
            package.__path__ = [home]
            sys.modules["metadata"] = package
            # Its hook for names of entities that were read warns that the client is not there;
            # requests do not need it.
            logging.getLogger("metadata").setLevel(logging.ERROR)
            return
    raise ImportError("openmetadata-ingestion is not installed: run tests/models/make_venv.sh")


def _model(where):
    _enter_package()
    module, name = where
    return getattr(importlib.import_module(SCHEMA + module), name)


def _find(path):
    """The model of a path below /v1, and whether the body is a list of requests."""
    path = re.sub(r"^(/api)?/v1(?=/)", "", path.split("?", 1)[0])
    bulk = path.endswith("/bulk")
    if bulk:
        path = path[:-len("/bulk")]
    if path in MODELS:
        return path, MODELS[path], bulk
    if LINEAGE_BY_NAME.match(path):
        return path, LINEAGE_DETAILS, False
    if STATUS_PATH.match(path):
        return path, PIPELINE_STATUS, False
    return path, None, bulk


def _with_ids(reference):
    """A reference by name, as the file sink writes it, with the id that a server would give."""
    if isinstance(reference, dict) and "id" not in reference and "fullyQualifiedName" in reference:
        return dict(reference, id=NIL)
    return reference


def _resolve(path, body):
    """The body with ids in its references."""
    if not isinstance(body, dict) or not path.startswith("/lineage"):
        return body
    body = json.loads(json.dumps(body))
    edge = body.get("edge") if path == "/lineage" else {"lineageDetails": body}
    if not isinstance(edge, dict):
        return body
    for end in ("fromEntity", "toEntity"):
        if end in edge:
            edge[end] = _with_ids(edge[end])
    details = edge.get("lineageDetails")
    if isinstance(details, dict) and "pipeline" in details:
        details["pipeline"] = _with_ids(details["pipeline"])
    return body


def _name_error(what, name):
    if '"' in name or "::" in name:
        return f'{what} {name!r}: a server refuses `"` and `::` in names'
    if not 1 <= len(name) <= MAX_NAME:
        return f"{what} {name!r}: {len(name)} characters, 1 to {MAX_NAME} are taken"
    return None


def _column_errors(columns, path):
    for column in columns:
        where = f"{path}.{column.get('name')}"
        yield _name_error("column", column.get("name", ""))
        kind = column.get("dataType")
        if kind in LENGTH_TYPES and "dataLength" not in column:
            yield f"{where}: {kind} without dataLength"
        if kind == "ARRAY" and "arrayDataType" not in column:
            yield f"{where}: ARRAY without arrayDataType"
        if ("precision" in column) != ("scale" in column):
            yield f"{where}: precision and scale belong together"
        yield from _column_errors(column.get("children") or [], where)


def _table_errors(body):
    names = [column["name"] for column in body["columns"]]
    if len(names) != len(set(names)):
        yield "two columns of one name"
    yield from _column_errors(body["columns"], body["name"])
    for constraint in body.get("tableConstraints") or []:
        for column in constraint.get("columns") or []:
            if column not in names:
                yield f"tableConstraints: there is no column {column!r}"
    for column in (body.get("tablePartition") or {}).get("columns") or []:
        if column.get("columnName") not in names:
            yield f"tablePartition: there is no column {column.get('columnName')!r}"


def _server_errors(path, body):
    """What a server refuses though the models take it."""
    if isinstance(body, dict) and "name" in body and path in MODELS:
        yield _name_error("name", body["name"])
    if path == "/tables":
        yield from _table_errors(body)


def _validate_one(path, model, body):
    try:
        _model(model).model_validate(_resolve(path, body))
    except ValueError as error:  # pydantic's ValidationError is one
        return str(error)
    return next((error for error in _server_errors(path, body) if error), None)


def validate(method, path, body):
    """None where the request is in order, else what is wrong with it."""
    if method not in ("PUT", "POST"):
        return None if method in ("GET", "PATCH", "DELETE") else f"unknown method {method!r}"
    path, model, bulk = _find(path)
    if LOG_PATH.match(path):
        return None  # the package has no model of it
    if model is None:
        return f"no request model is known for {method} {path}"
    if not bulk:
        return _validate_one(path, model, body)
    if not isinstance(body, list):
        return "a bulk request takes a list"
    for number, item in enumerate(body):
        error = _validate_one(path, model, item)
        if error:
            return f"[{number}]: {error}"
    return None


def _check_line(text):
    try:
        request = json.loads(text)
        method, path, body = request["method"], request["path"], request.get("body")
    except (ValueError, KeyError, TypeError) as error:
        return f"no request: {error!r}"
    error = validate(method, path, body)
    return f"{method} {path}: {error}" if error else None


def main(names):
    if not names:
        print(__doc__, file=sys.stderr)
        return 64
    checked = refused = 0
    for name in names:
        stream = sys.stdin if name == "-" else open(name, encoding="utf-8")
        with stream:
            for number, text in enumerate(stream, 1):
                if not text.strip():
                    continue
                checked += 1
                error = _check_line(text)
                if error:
                    refused += 1
                    print(f"{name}:{number}: {error}")
    print(f"{checked} requests, {refused} refused")
    return 1 if refused or not checked else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ImportError as error:
        print(f"validate_bodies.py: {error}", file=sys.stderr)
        sys.exit(2)
