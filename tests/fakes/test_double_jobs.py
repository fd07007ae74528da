"""What ingestion workflows ask of the double: search, Test Connection, queries, what is stale."""

import json
import unittest
import urllib.parse

from openmetadata_double import PERSON_TOKEN
from test_double import DoubleCase, call, table


class Jobs(DoubleCase):
    """A double with two tables, one of them a view."""

    def setUp(self):
        super().setUp()
        self.assertEqual(self.put("/tables", table("t"))[0], 201)
        self.assertEqual(self.put("/tables", table("v", tableType="View",
                                                   schemaDefinition="SELECT 1"))[0], 201)

    def found(self, resource="query", index="table_search_index", **parameters):
        """The names that a search finds, in its order."""
        text = urllib.parse.urlencode({"index": index, **parameters})
        status, answer = self.get(f"/search/{resource}?{text}")
        self.assertEqual(status, 200, answer)
        return [hit["_source"]["name"] for hit in answer["hits"]["hits"]]

    def test_a_field_is_found_by_its_value_and_by_a_wildcard(self):
        def by_name(name):
            return self.found("fieldQuery", fieldName="fullyQualifiedName", fieldValue=name)
        self.assertEqual(by_name("svc.db.public.t"), ["t"])
        self.assertEqual(by_name("svc.*.t"), ["t"])
        self.assertEqual(by_name("svc.db.public"), [])

    def test_clauses_are_joined_as_bool_says(self):
        view = {"term": {"tableType": "View"}}
        named = {"term": {"service.name.keyword": "svc"}}
        defined = {"exists": {"field": "schemaDefinition"}}

        def by(**clauses):
            return self.found(query_filter=json.dumps({"query": {"bool": clauses}}))
        self.assertEqual(by(must=[view, named, defined]), ["v"])
        self.assertEqual(by(must=[named], must_not=defined), ["t"])
        self.assertEqual(by(should=[view, {"term": {"name": "t"}}]), ["t", "v"])
        self.assertEqual(by(must=[view], should=[{"term": {"name": "t"}}]), [])

    def test_pages_follow_each_other_in_either_order(self):
        self.assertEqual(self.found(size=1), ["t"])
        self.assertEqual(self.found(size=1, search_after="svc.db.public.t"), ["v"])
        self.assertEqual(self.found(sort_order="desc", search_after="svc.db.public.v"), ["t"])

    def test_what_the_search_does_not_know_is_refused(self):
        for query in ("index=nowhere", "index=table_search_index&q=some+words",
                      "index=table_search_index&query_filter="
                      + urllib.parse.quote('{"query": {"fuzzy": {"name": "t"}}}')):
            self.assertEqual(self.get(f"/search/query?{query}")[0], 400, query)

    def test_what_a_run_has_not_seen_is_deleted_in_its_scope(self):
        self.put("/databaseSchemas", {"name": "other", "database": "svc.db"})
        self.put("/tables", {**table("far"), "databaseSchema": "svc.db.other"})
        status, answer = call(self.double, "DELETE", "/tables/deleteStale", {
            "scopeFqn": "svc.db.public", "scopeEntityType": "databaseSchema",
            "seenFqns": ["svc.db.public.t"], "recursive": True})
        self.assertEqual((status, answer["numberOfRowsPassed"]), (200, 1))
        self.assertEqual(self.get("/tables/name/svc.db.public.v")[0], 404)
        self.assertEqual(self.get("/tables/name/svc.db.public.t")[0], 200)
        self.assertEqual(self.get("/tables/name/svc.db.other.far")[0], 200)

    def test_the_steps_of_test_connection_are_told(self):
        base = "/services/testConnectionDefinitions/name/"
        status, answer = self.get(base + "Postgres.testConnectionDefinition")
        self.assertEqual((status, answer["steps"][0]["name"]), (200, "CheckAccess"))
        self.assertEqual(self.get(base + "Mysql.testConnectionDefinition")[0], 404)

    def test_the_same_text_is_the_same_query(self):
        body = {"query": "SELECT 1", "service": "svc"}
        self.assertEqual(self.put("/queries", body)[0], 201)
        status, query = self.put("/queries", body)
        self.assertEqual((status, query["name"]), (200, "b1698e52a0f16203489454196a0c6307"))

    def test_a_bulk_request_may_override_what_people_wrote(self):
        self.put("/tables", table("t", description="of people"), token=PERSON_TOKEN)

        def described(query):
            self.assertEqual(self.put(f"/tables/bulk?{query}", [table("t", description="new")])[0],
                             200)
            return self.get("/tables/name/svc.db.public.t")[1]["description"]
        self.assertEqual(described("async=false"), "of people")
        self.assertEqual(described("async=false&overrideMetadata=false"), "of people")
        self.assertEqual(described("async=false&overrideMetadata=true"), "new")

    def test_a_patch_of_an_edge_is_judged_as_a_put_is(self):
        path = "/lineage/table/name/svc.db.public.t/table/name/svc.db.public.v"
        self.assertEqual(self.put(path, {"source": "ViewLineage"})[0], 200)

        def patch(value):
            return call(self.double, "PATCH", path, [
                {"op": "add", "path": "/columnsLineage", "value": [
                    {"fromColumns": [f"svc.db.public.t.{value}"],
                     "toColumn": "svc.db.public.v.id"}]}])[0]
        self.assertEqual(patch("gone"), 400)
        self.assertEqual(patch("id"), 200)
        (edge,) = self.double.store.edges.values()
        self.assertEqual((edge["source"], len(edge["columnsLineage"])), ("ViewLineage", 1))


if __name__ == "__main__":
    unittest.main()
