"""What two catalogs hold, field by field, and the list of the differences that are wanted.

A catalog is the dump of a double. Facts() makes it comparable: {(kind, object, field): value},
names without service and database, lists by the name of what is in them. A difference is a field
that is not the same in both, or an entity that only one has (field `entity`).

The list is text: blocks of lines `KIND OBJECT | FIELD | PEER -> OURS`, values as JSON or `-` where
there is none; each block begins with its reason, in lines with `# `. `*` is any text,
everywhere. `@NAME ` before a line limits it to one scenario.
"""

import json
import re

# What a server adds, and what is different by its nature: ids, times, hashes.
SERVER_FIELDS = {"id", "version", "updatedAt", "updatedBy", "deleted", "sourceHash", "kind",
                 "fullyQualifiedName", "name", "service", "database", "databaseSchema",
                 "classification", "processedLineage"}
LINE = re.compile(r"(?:@(?P<scenario>\S+) )?(?P<kind>\S+) (?P<object>.*?) \| (?P<field>.*?) \| "
                  r"(?P<peer>.*) -> (?P<ours>.*)")


def _named(items, key):
    """[(name, item)] of a list, the name being what tells its items apart."""
    return [(str(item.get(key)), item) for item in items]


def _flat(value, path, shorten):
    """{path: scalar} of what is below a field."""
    field = path.rsplit(".", 1)[-1]
    if isinstance(value, dict):
        if set(value) >= {"id", "type"}:  # a reference
            return {path: shorten(value.get("fullyQualifiedName") or value["id"])}
        out = {}
        for key, item in value.items():
            if key not in ("fullyQualifiedName",):
                out.update(_flat(item, f"{path}.{key}", shorten))
        return out
    if isinstance(value, list):
        if field in ("columns", "children") and all(isinstance(item, dict) for item in value):
            key = "columnName" if value and "columnName" in value[0] else "name"
            pairs = _named(value, key)
        elif field == "tags":
            pairs = _named(value, "tagFQN")
        elif field == "tableConstraints":
            texts = sorted(shorten(json.dumps(item, sort_keys=True)) for item in value)
            return {f"{path}.{text}": True for text in texts}
        elif field == "owners":
            return {path: sorted(item["id"] for item in value)}
        else:
            return {path: value}
        out = {}
        for name, item in pairs:
            out[f"{path}.{name}"] = True
            for inner, scalar in _flat(item, f"{path}.{name}", shorten).items():
                if inner not in (f"{path}.{name}.name", f"{path}.{name}.tagFQN",
                                 f"{path}.{name}.columnName"):
                    out[inner] = scalar
        return out
    if isinstance(value, str):
        return {path: shorten(re.sub(r"\s+", " ", value).strip())}
    return {path: value}


def facts(dump, prefix, names):
    """A dump as {(kind, object, field): value}; `prefix` goes from names, `names` are of ids."""
    def shorten(text):
        return text.replace(prefix + ".", "")

    out = {}
    for entity in dump["entities"]:
        kind, thing = entity["kind"], shorten(entity["fullyQualifiedName"])
        out[(kind, thing, "entity")] = "deleted" if entity["deleted"] else "there"
        for field, value in entity.items():
            if field not in SERVER_FIELDS:
                for path, scalar in _flat(value, field, shorten).items():
                    if path == "owners":
                        scalar = [names.get(owner, owner) for owner in scalar]
                    out[(kind, thing, path)] = scalar
    for edge in dump["edges"]:
        thing = f"{shorten(edge['from'])} > {shorten(edge['to'])}"
        details = edge["details"]
        out[("edge", thing, "entity")] = "there"
        for field in ("source", "description", "sqlQuery"):
            if field in details:
                out[("edge", thing, field)] = shorten(re.sub(r"\s+", " ", details[field]).strip())
        if details.get("pipeline"):
            out[("edge", thing, "pipeline")] = shorten(details["pipeline"]["fullyQualifiedName"])
        for pair in details.get("columnsLineage") or []:
            for column in pair["fromColumns"]:
                step = f"{shorten(column)} > {shorten(pair['toColumn'])}"
                out[("edge", thing, f"columns.{step}")] = pair.get("function", True)
    return out


def differences(peer, ours):
    """[(kind, object, field, peer's value as text, our value as text)] of two sets of facts.

    Of an entity that only one side has, that is all that is told.
    """
    found = []
    for key in sorted(set(peer) | set(ours)):
        kind, thing, _ = key
        whole = (kind, thing, "entity")
        if key != whole and (whole not in peer or whole not in ours):
            continue
        if key != whole and "deleted" in (peer[whole], ours[whole]):
            continue
        if peer.get(key) != ours.get(key) or (key in peer) != (key in ours):
            found.append((*key, *(json.dumps(side[key], ensure_ascii=False) if key in side else "-"
                                  for side in (peer, ours))))
    return found


def _glob(pattern, text):
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.S) is not None


class Wanted:
    """The list of wanted differences; remembers which of its lines have occurred."""

    def __init__(self, path):
        self.entries = []
        reason = None
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.startswith("# "):
                reason = line[2:]
            elif not line.strip():
                reason = None
            else:
                entry = LINE.fullmatch(line)
                if entry is None or reason is None:
                    raise SystemExit(f"{path}:{number}: " + (
                        "not KIND OBJECT | FIELD | PEER -> OURS" if entry is None
                        else "a block begins with its reason, in a line with '# '"))
                self.entries.append([number, line, entry, False])

    def covers(self, scenario, difference):
        """Whether a line is about the difference; every such line has occurred then."""
        kind, thing, field, peer, ours = difference
        covered = False
        for entry in self.entries:
            known = entry[2]
            if (known["scenario"] in (None, scenario) and known["kind"] == kind
                    and _glob(known["object"], thing) and _glob(known["field"], field)
                    and _glob(known["peer"], peer) and _glob(known["ours"], ours)):
                entry[3] = covered = True
        return covered

    def idle(self, scenarios):
        """[(line number, line)] that say what did not occur, of the scenarios that were run."""
        return [(number, line) for number, line, known, occurred in self.entries
                if not occurred and known["scenario"] in (None, *scenarios)]
