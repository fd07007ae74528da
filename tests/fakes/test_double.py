"""The double itself: every line of what was measured on a real server has a test here.

    python3 -m unittest discover -s tests/fakes
"""

import http.client
import json
import pathlib
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from openmetadata_double import BOT_TOKEN, PERSON_TOKEN, OpenMetadataDouble  # noqa: E402

BIGINT = {"name": "id", "dataType": "BIGINT", "dataLength": 1}


def call(double, method, path, body=None, token=BOT_TOKEN, **headers):
    """One request; answers (status, parsed body or None)."""
    kind = "application/json-patch+json" if method == "PATCH" else "application/json"
    request = urllib.request.Request(
        double.url + "/v1" + path, None if body is None else json.dumps(body).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": kind, **headers}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            data = answer.read()
            return answer.status, json.loads(data) if data else None
    except urllib.error.HTTPError as error:
        with error:
            data = error.read()
            return error.code, json.loads(data) if data else None


def table(name, *columns, **more):
    """A create request of a table in svc.db.public."""
    return {"name": name, "databaseSchema": "svc.db.public",
            "columns": list(columns) or [BIGINT], **more}


class DoubleCase(unittest.TestCase):
    """A double with a service, a database and a schema."""

    version = "2.0"

    def setUp(self):
        self.double = OpenMetadataDouble(self.version).start()
        self.addCleanup(self.double.stop)
        service = {"name": "svc", "serviceType": "Postgres"}
        self.assertEqual(self.put("/services/databaseServices", service)[0], 201)
        self.assertEqual(self.put("/databases", {"name": "db", "service": "svc"})[0], 201)
        self.assertEqual(
            self.put("/databaseSchemas", {"name": "public", "database": "svc.db"})[0], 201)

    def put(self, path, body, token=BOT_TOKEN):
        return call(self.double, "PUT", path, body, token)

    def get(self, path, token=BOT_TOKEN):
        return call(self.double, "GET", path, token=token)

    def make(self, name, *columns, **more):
        status, entity = self.put("/tables", table(name, *columns, **more))
        self.assertEqual(status, 201, entity)
        return entity

    def edge(self, upstream, downstream, **details):
        return self.put("/lineage", {"edge": {
            "fromEntity": {"id": upstream["id"], "type": "table"},
            "toEntity": {"id": downstream["id"], "type": "table"}, "lineageDetails": details}})

    def refused(self, path, body, code=400):
        status, answer = self.put(path, body)
        self.assertEqual(status, code, answer)
        self.assertEqual(answer["code"], code)
        self.assertTrue(answer["message"])


class Entities(DoubleCase):
    """Create requests, reading, versions, deletes."""

    def test_put_is_201_when_new_and_200_when_there_with_one_id(self):
        entity = self.make("t")
        status, again = self.put("/tables", table("t"))
        self.assertEqual((status, again["id"]), (200, entity["id"]))
        self.assertEqual(again["fullyQualifiedName"], "svc.db.public.t")

    def test_a_put_that_changes_nothing_leaves_the_version(self):
        entity = self.make("t")
        self.assertEqual(self.put("/tables", table("t"))[1]["version"], entity["version"])
        more = table("t", BIGINT, {"name": "b", "dataType": "INT"})
        self.assertGreater(self.put("/tables", more)[1]["version"], entity["version"])

    def test_bad_bodies_are_400(self):
        self.refused("/tables", table("t", colour="red"))
        self.refused("/tables", table("t", {"name": "c", "dataType": "VARCHAR"}))
        self.refused("/tables", table("t", {"name": "c", "dataType": "ARRAY"}))
        self.refused("/tables", table("t", {"name": "c", "dataType": "INTEGER"}))
        self.refused("/tables", table("t", tableType="Heap"))
        self.refused("/tables", table('a"b'))
        self.refused("/tables", table("a::b"))
        self.refused("/tables", table("x" * 257))
        self.refused("/tables", table("t", {"name": 'a"b', "dataType": "INT"}))
        self.refused("/tables", {"name": "t", "columns": []})
        self.refused("/tables", table("t", tableConstraints=[
            {"constraintType": "UNIQUE", "columns": ["nope"]}]))

    def test_odd_names_are_taken_and_dots_are_quoted(self):
        self.assertEqual(self.make("odd.name")["fullyQualifiedName"], 'svc.db.public."odd.name"')
        for name in ("a b", "a/b", "a%b", "a>b", "é", "over(integer, text)"):
            entity = self.make(name)
            path = "/tables/name/" + urllib.parse.quote(entity["fullyQualifiedName"], safe="")
            self.assertEqual(self.get(path)[1]["id"], entity["id"])

    def test_missing_parents_and_entities_are_404(self):
        self.refused("/tables", {**table("t"), "databaseSchema": "svc.db.nope"}, 404)
        self.assertEqual(self.get("/tables/name/svc.db.public.nope")[0], 404)

    def test_post_of_what_exists_is_409(self):
        self.make("t")
        self.assertEqual(call(self.double, "POST", "/tables", table("t"))[0], 409)

    def test_foreign_keys_must_resolve(self):
        self.make("parent")
        key = {"constraintType": "FOREIGN_KEY", "columns": ["id"]}
        good = {**key, "referredColumns": ["svc.db.public.parent.id"]}
        self.make("child", tableConstraints=[good])
        bad = {**key, "referredColumns": ["svc.db.public.parent.nope"]}
        self.refused("/tables", table("child", tableConstraints=[bad]))

    def test_procedure_languages(self):
        body = {"name": "p(integer)", "databaseSchema": "svc.db.public",
                "storedProcedureCode": {"language": "SQL", "code": "x"}}
        self.assertEqual(self.put("/storedProcedures", body)[0], 201)
        body["storedProcedureCode"]["language"] = "PLpgSQL"
        self.refused("/storedProcedures", body)

    def test_a_persons_description_survives_a_bots_put(self):
        entity = self.make("t", description="by bot")
        patch = [{"op": "add", "path": "/description", "value": "by ann"}]
        status, _ = call(self.double, "PATCH", f"/tables/{entity['id']}", patch, PERSON_TOKEN)
        self.assertEqual(status, 200)
        for body in (table("t", description="by bot again"), table("t")):
            self.assertEqual(self.put("/tables", body)[1]["description"], "by ann")

    def test_optional_fields_only_when_asked_for(self):
        self.make("t", schemaDefinition="create view")
        self.assertNotIn("schemaDefinition", self.get("/tables/name/svc.db.public.t")[1])
        asked = self.get("/tables/name/svc.db.public.t?fields=schemaDefinition")[1]
        self.assertEqual(asked["schemaDefinition"], "create view")
        self.assertEqual(self.get("/tables/name/svc.db.public.t?fields=colour")[0], 400)

    def test_a_soft_delete_keeps_lineage_and_a_put_revives_the_id(self):
        one, two = self.make("one"), self.make("two")
        self.assertEqual(self.edge(one, two)[0], 200)
        self.assertEqual(call(self.double, "DELETE", f"/tables/{one['id']}")[0], 200)
        self.assertEqual(self.get("/tables/name/svc.db.public.one")[0], 404)
        self.assertTrue(self.get("/tables/name/svc.db.public.one?include=all")[1]["deleted"])
        self.assertEqual(self.edge(one, two)[0], 404)
        status, revived = self.put("/tables", table("one"))
        self.assertEqual((status, revived["id"], revived["deleted"]), (200, one["id"], False))
        graph = self.get("/lineage/table/name/svc.db.public.one?downstreamDepth=1")[1]
        self.assertEqual(len(graph["downstreamEdges"]), 1)

    def test_a_hard_delete_loses_both(self):
        one, two = self.make("one"), self.make("two")
        self.edge(one, two)
        call(self.double, "DELETE", f"/tables/{one['id']}?hardDelete=true")
        self.assertNotEqual(self.make("one")["id"], one["id"])
        self.assertEqual(self.double.store.edges, {})

    def test_a_schema_with_tables_is_deleted_only_recursively(self):
        self.make("t")
        path = "/databaseSchemas/name/svc.db.public"
        self.assertEqual(call(self.double, "DELETE", path)[0], 400)
        self.assertEqual(call(self.double, "DELETE", path + "?recursive=true")[0], 200)

    def test_a_rename_is_accepted_and_not_done(self):
        entity = self.make("t")
        patch = [{"op": "replace", "path": "/name", "value": "u"}]
        self.assertEqual(call(self.double, "PATCH", f"/tables/{entity['id']}", patch)[0], 200)
        self.assertEqual(self.get("/tables/name/svc.db.public.t")[1]["version"], 0.1)

    def test_eight_puts_of_one_new_table_at_once_make_one_201_and_some_409(self):
        self.double.latency_ms = 100
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(
            self.put("/tables", table("t"))[0])) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(answers.count(201), 1)
        self.assertIn(409, answers)
        self.assertEqual(set(answers) - {200, 201, 409}, set())

    def test_owners_must_be_there_and_stay_when_a_bot_puts_others(self):
        ann = self.put("/users", {"name": "ann", "email": "ann@x.org"})[1]["id"]
        team = self.put("/teams", {"name": "etl", "teamType": "Group"})[1]["id"]
        self.assertEqual(self.put("/tables", table("t", owners=[{"id": "x", "type": "user"}]))[0],
                         404)
        for owner in ({"id": ann, "type": "user"}, {"id": team, "type": "team"}):
            self.put("/tables", table("t", owners=[owner]))
        self.assertEqual(self.get("/tables/name/svc.db.public.t?fields=owners")[1]["owners"],
                         [{"id": ann, "type": "user"}])

    def test_a_user_is_found_by_mail(self):
        ann = self.put("/users", {"name": "ann", "email": "ann@x.org"})[1]["id"]
        path = "/search/query?index=user_search_index&q=email.keyword:"
        found = self.get(path + urllib.parse.quote('"ann@x.org"'))[1]["hits"]["hits"]
        self.assertEqual([hit["_source"]["id"] for hit in found], [ann])
        self.assertEqual(self.get(path + urllib.parse.quote('"an@x.org"'))[1]["hits"]["hits"], [])

    def test_bulk_tells_failures_in_the_body(self):
        status, answer = self.put("/tables/bulk", [table("a"), table("b::c")])
        self.assertEqual((status, answer["status"]), (200, "partialSuccess"))


class Lineage(DoubleCase):
    """Edges: one per pair, replaced and never merged."""

    def setUp(self):
        super().setUp()
        self.one, self.two = self.make("one"), self.make("two")
        self.pair = {"fromColumns": ["svc.db.public.one.id"], "toColumn": "svc.db.public.two.id"}

    def details(self):
        graph = self.get("/lineage/table/name/svc.db.public.two?upstreamDepth=1")[1]
        return graph["upstreamEdges"][0]["lineageDetails"]

    def test_put_lineage_answers_an_empty_200_and_replaces(self):
        status, answer = self.edge(self.one, self.two, sqlQuery="x", columnsLineage=[self.pair])
        self.assertEqual((status, answer), (200, None))
        self.assertEqual(self.details()["columnsLineage"], [self.pair])
        self.edge(self.one, self.two, source="QueryLineage")
        self.assertNotIn("columnsLineage", self.details())
        self.assertNotIn("sqlQuery", self.details())

    def test_an_unknown_column_makes_the_whole_edge_400(self):
        pair = {**self.pair, "toColumn": "svc.db.public.two.nope"}
        self.assertEqual(self.edge(self.one, self.two, columnsLineage=[self.pair, pair])[0], 400)
        self.assertEqual(self.double.store.edges, {})

    def test_a_dropped_column_leaves_old_lineage_standing(self):
        self.edge(self.one, self.two, columnsLineage=[self.pair])
        self.put("/tables", table("two", {"name": "b", "dataType": "INT"}))
        self.assertEqual(self.details()["columnsLineage"], [self.pair])

    def test_unknown_ends_are_404_and_unknown_fields_400(self):
        self.assertEqual(self.edge({"id": "0" * 36}, self.two)[0], 404)
        self.assertEqual(self.edge(self.one, self.two, colour="red")[0], 400)
        self.assertEqual(self.edge(self.one, self.two, source="Guess")[0], 400)

    def test_a_pipeline_may_be_a_procedure_that_exists(self):
        _, procedure = self.put("/storedProcedures", {
            "name": "p", "databaseSchema": "svc.db.public", "storedProcedureCode": {"code": ""}})
        pipeline = {"id": procedure["id"], "type": "storedProcedure"}
        self.assertEqual(self.edge(self.one, self.two, pipeline=pipeline)[0], 200)
        self.assertEqual(self.details()["pipeline"]["fullyQualifiedName"], "svc.db.public.p")
        pipeline["id"] = "0" * 36
        self.assertEqual(self.edge(self.one, self.two, pipeline=pipeline)[0], 404)

    def test_self_edges_are_accepted(self):
        self.assertEqual(self.edge(self.one, self.one)[0], 200)

    def test_get_lineage_edge_by_id_and_by_name(self):
        path = f"/lineage/getLineageEdge/{self.one['id']}/{self.two['id']}"
        self.assertEqual(self.get(path)[0], 404)
        self.edge(self.one, self.two, sqlQuery="x")
        self.assertEqual(self.get(path)[1]["edge"]["sqlQuery"], "x")
        name = "/lineage/getLineageEdge/table/name/svc.db.public.one/table/name/svc.db.public.two"
        self.assertEqual(self.get(name)[1]["edge"]["sqlQuery"], "x")

    def test_put_and_delete_by_name(self):
        name = "/lineage/table/name/svc.db.public.one/table/name/svc.db.public.two"
        self.assertEqual(self.put(name, {"source": "QueryLineage"}), (200, None))
        self.assertEqual(len(self.double.store.edges), 1)
        self.assertEqual(call(self.double, "DELETE", name)[0], 200)
        self.assertEqual(self.double.store.edges, {})


class OldServer(DoubleCase):
    """What 1.2 does not know."""

    version = "1.2"

    def test_unknown_paths_are_500(self):
        for path in ("/lineage/getLineageEdge/a/b", "/nope", "/tables/a/b/c"):
            self.assertEqual(self.get(path)[0], 500)
        self.refused("/tables/bulk", [], 500)
        self.refused("/lineage/table/name/a/table/name/b", {}, 500)

    def test_the_version_is_told_without_a_token(self):
        self.assertEqual(call(self.double, "GET", "/system/version", token="")[1]["version"],
                         "1.2.0")

    def test_newer_fields_and_types_are_refused(self):
        self.refused("/tables", table("t", schemaDefinition="x"))
        self.refused("/tables", table("t", {"name": "c", "dataType": "MONEY"}))
        self.refused("/tables", table("t", tablePartition={
            "columns": [{"columnName": "id", "intervalType": "TIME-UNIT"}]}))
        self.refused("/storedProcedures", {
            "name": "p", "databaseSchema": "svc.db.public", "storedProcedureCode": {},
            "storedProcedureType": "Function"})


class Faults(DoubleCase):
    """What a test can make the server do."""

    def test_status_and_retry_after_are_played_and_counted(self):
        self.double.fault(status=429, count=2, retry_after=3, path="/tables")
        answers = [self.put("/tables", table("t"))[0] for _ in range(3)]
        self.assertEqual(answers, [429, 429, 201])

    def test_a_bad_token_is_401(self):
        self.assertEqual(call(self.double, "GET", "/tables", token="old")[0], 401)

    def test_a_cut_loses_the_answer_and_apply_keeps_the_effect(self):
        self.double.fault(cut="body", apply=True)
        with self.assertRaises((http.client.HTTPException, OSError)):
            self.put("/tables", table("t"))
        self.assertEqual(self.get("/tables/name/svc.db.public.t")[0], 200)
        self.double.fault(cut="before")
        with self.assertRaises((http.client.HTTPException, OSError)):
            self.put("/tables", table("u"))
        self.assertEqual(self.get("/tables/name/svc.db.public.u")[0], 404)

    def test_a_hang_is_as_long_as_told(self):
        self.double.fault(hang_ms=300)
        before = time.monotonic()
        self.assertEqual(self.get("/tables")[0], 200)
        self.assertGreaterEqual(time.monotonic() - before, 0.3)

    def test_a_stopped_double_keeps_port_and_state(self):
        self.make("t")
        self.double.stop()
        with self.assertRaises(OSError):
            self.get("/tables")
        self.double.start()
        self.assertEqual(self.get("/tables/name/svc.db.public.t")[0], 200)

    def test_a_stopped_double_cuts_connections_that_are_open(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.double.port, timeout=5)
        self.addCleanup(connection.close)
        connection.request("GET", "/api/v1/system/version")
        connection.getresponse().read()
        self.double.stop()
        with self.assertRaises((http.client.HTTPException, OSError)):
            connection.request("GET", "/api/v1/system/version")
            connection.getresponse()

    def test_requests_are_logged_without_the_token(self):
        self.make("t")
        self.assertNotIn(BOT_TOKEN, json.dumps(self.double.requests))
        self.assertEqual(self.double.requests[-1]["status"], 201)

    def test_the_side_door_works_over_http(self):
        base = self.double.url[:-4] + "/__admin/"
        script = json.dumps({"status": 500}).encode()
        urllib.request.urlopen(base + "faults", script).close()
        self.assertEqual(self.get("/tables")[0], 500)
        with urllib.request.urlopen(base + "state") as answer:
            self.assertEqual(len(json.load(answer)["entities"]), 3)

    def test_what_the_models_say_is_a_400_and_kept(self):
        self.double.models = lambda method, path, body: f"no {path}"
        self.assertEqual(self.put("/tables", table("t"))[0], 400)
        self.assertEqual(self.double.complaints, ["PUT /tables: no /v1/tables"])

    def test_a_missing_api_reaches_the_page_of_the_ui(self):
        with urllib.request.urlopen(self.double.url[:-4] + "/v1/tables") as answer:
            self.assertIn("text/html", answer.headers["Content-Type"])


class Tls(unittest.TestCase):
    """The double behind a certificate."""

    def test_only_who_trusts_the_authority_connects(self):
        with tempfile.TemporaryDirectory() as directory:
            key, certificate = f"{directory}/key.pem", f"{directory}/cert.pem"
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key,
                 "-out", certificate, "-days", "1", "-subj", "/CN=localhost",
                 "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
            double = OpenMetadataDouble(tls=(certificate, key)).start()
            self.addCleanup(double.stop)
            url = double.url + "/v1/system/version"
            trusting = ssl.create_default_context(cafile=certificate)
            with urllib.request.urlopen(url, context=trusting) as answer:
                self.assertEqual(answer.status, 200)
            with self.assertRaises(urllib.error.URLError):
                urllib.request.urlopen(url, context=ssl.create_default_context())


if __name__ == "__main__":
    unittest.main()
