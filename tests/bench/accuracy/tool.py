"""The loop round a tool: one case as a line of JSON in, its answer as a line of JSON out."""

import json
import sys
import traceback


def serve(name_of_version, answer):
    """`answer(case) -> (edges, notes)`; what it raises is an empty answer and is reported."""
    out, sys.stdout = sys.stdout, sys.stderr
    print(json.dumps({"version": name_of_version}), file=out, flush=True)
    for line in sys.stdin:
        case = json.loads(line)
        try:
            edges, notes = answer(case)
        except Exception:  # whatever a tool throws at a statement is part of the result
            edges = {"columns": [], "tables": []}
            notes = ["crash: " + traceback.format_exc(limit=-2)]
        print(json.dumps({"case": case["name"], **edges, "notes": notes}), file=out, flush=True)
