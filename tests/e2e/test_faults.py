"""The catalog, the shipper and the network break; nothing is lost and nothing is invented."""

import random
import re
import signal
import subprocess
import threading
import unittest

from harness import ROLE, EndToEnd, wait_until
from openmetadata_double import BOT, PERSON, PERSON_TOKEN

TABLES = "CREATE TABLE src (a int, b int, c int); CREATE TABLE dst (a int, b int, c int);"


class ServerFaults(EndToEnd):
    """Whatever the server does for a while is waited for; then everything arrives."""

    setup_sql = TABLES

    def arrives(self):
        """A fact committed now reaches the catalog."""
        self.sql("INSERT INTO dst (a) SELECT a FROM src")
        self.wait_edge("public.src", "public.dst")
        self.wait_drained()
        self.assertEqual(self.sql("SELECT count(*) FROM lineage._parked"), [["0"]])

    def shipping(self):
        """A shipper that has nothing left to do."""
        shipper = self.ship()
        self.wait_table("public.dst")
        self.wait_drained()
        return shipper

    def test_a_server_that_is_down_at_the_start_is_waited_for(self):
        self.double.stop()
        shipper = self.ship()
        self.sql("INSERT INTO dst (a) SELECT a FROM src")
        wait_until(shipper.log, "a word about the server that is not there")
        self.assertTrue(shipper.running(), shipper.log())
        self.double.start()
        self.wait_edge("public.src", "public.dst")

    def test_a_server_that_goes_away_and_comes_back(self):
        shipper = self.shipping()
        self.double.stop()
        self.sql("INSERT INTO dst (a) SELECT a FROM src")
        wait_until(lambda: self.pending() > 0 and shipper.log(), "a fact that waits")
        self.double.start()
        self.wait_edge("public.src", "public.dst")
        self.wait_drained()

    def test_a_fact_that_commits_while_the_feed_is_read_is_not_slept_over(self):
        shipper = self.shipping()
        shipper.process.send_signal(signal.SIGSTOP)
        reader = threading.Thread(target=self.sql, args=(
            "SELECT f.id FROM pg_sleep(2) AS p, lineage._sink AS s,"
            " lineage._feed(s.name || p::text, 100) AS f",))
        reader.start()
        sleepers = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
        wait_until(lambda: self.sql(sleepers), "a reader with a snapshot")
        self.sql("INSERT INTO dst (a) SELECT a FROM src")
        reader.join()
        shipper.process.send_signal(signal.SIGCONT)
        self.wait_edge("public.src", "public.dst")
        self.wait_drained()

    def test_a_rotated_token_is_read_again_after_401(self):
        self.shipping()
        with self.double.lock:
            self.double.tokens = {"next-token": BOT, PERSON_TOKEN: PERSON}
        self.sql("INSERT INTO dst (a) SELECT a FROM src")
        wait_until(lambda: [entry for entry in self.double.requests if entry["status"] == 401],
                   "a request with the old token")
        self.token_file.write_text("next-token\n")
        self.wait_edge("public.src", "public.dst")
        self.wait_drained()

    def test_passing_answers_are_tried_again(self):
        self.shipping()
        for number, status in enumerate((409, 429, 500, 502, 503, 504, 408)):
            with self.subTest(status=status):
                self.double.fault(status=status, count=3, method="PUT")
                self.sql(f"CREATE TABLE t{number} (a int)")
                self.wait_table(f"public.t{number}")
        self.arrives()

    def test_retry_after_is_respected(self):
        self.shipping()
        self.double.fault(status=429, count=1, retry_after=2, method="PUT", path="/lineage")
        self.sql("INSERT INTO dst (a) SELECT a FROM src")
        self.wait_edge("public.src", "public.dst")
        tries = [entry["at"] for entry in self.requests("PUT", "/lineage")]
        self.assertGreaterEqual(tries[1] - tries[0], 1.9)

    def test_a_server_that_hangs_is_given_up_and_tried_again(self):
        self.shipping()
        self.double.fault(hang_ms=5000, count=1, method="PUT", path="/lineage", cut="before")
        self.arrives()

    def test_a_connection_cut_before_in_and_after_the_work(self):
        self.shipping()
        for number, fault in enumerate((
                {"cut": "before"}, {"cut": "body"}, {"cut": "before", "apply": True},
                {"cut": "body", "apply": True})):
            with self.subTest(**fault):
                self.double.fault(count=2, **fault)
                self.sql(f"CREATE TABLE t{number} AS SELECT a FROM src")
                self.wait_edge("public.src", f"public.t{number}")
        self.arrives()

    def test_answers_that_make_no_sense_are_tried_again(self):
        self.shipping()
        answers = ("<html>please log in</html>", "{", "[]", "null", '{"id":7}')
        for number, body in enumerate(answers):
            with self.subTest(body=body):
                self.double.fault(status=200, body=body, count=2, path="/(tables|databases)")
                self.sql(f"CREATE TABLE t{number} AS SELECT a FROM src")
                self.wait_edge("public.src", f"public.t{number}")
        self.arrives()

    def test_a_catalog_that_lost_everything_is_filled_again(self):
        self.shipping()
        with self.double.lock:
            self.double.store = type(self.double.store)(self.version)
        self.sql("CREATE TABLE fresh AS SELECT a FROM src")
        self.wait_edge("public.src", "public.fresh")
        self.wait_drained()
        self.assertEqual(self.sql("SELECT count(*) FROM lineage._parked"), [["0"]])

    def test_a_database_server_that_restarts_is_waited_for(self):
        shipper = self.shipping()
        self.pg.stop_server()
        self.pg.start()
        self.arrives()
        self.assertTrue(shipper.running(), shipper.log())


class Parking(EndToEnd):
    """What can never succeed is put aside with its reason and stops nothing else."""

    setup_sql = TABLES

    def test_a_refused_table_is_parked_shown_and_tried_again(self):
        self.double.fault(status=400, count=-1, method="PUT", path="/tables$")
        workflow = self.workflow(shipper={"retry": {"baseMs": 20, "maxMs": 50,
                                                    "parkAfterAttempts": 3}})
        shipper = self.ship(workflow=workflow)
        wait_until(lambda: self.sql("SELECT 1 FROM lineage._parked"), self.said)
        self.sql("CREATE SCHEMA other")
        wait_until(lambda: "other" in self.entities("databaseSchema"),
                   lambda: "a schema behind the refused tables" + self.said())
        self.wait_drained()
        done = self.once("parked", "-c", workflow)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("public.src", done.stdout)
        self.assertIn("400", done.stdout)
        self.assertTrue(shipper.running(), shipper.log())
        self.double.clear_faults()
        done = self.once("retry", "-c", workflow)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.wait_table("public.src")
        self.wait_table("public.dst")
        wait_until(lambda: self.sql("SELECT count(*) FROM lineage._parked") == [["0"]],
                   lambda: f"an empty list of parked things; it holds "
                   f"{self.sql('SELECT * FROM lineage._parked')} {self.said()}")

    def test_a_table_that_is_tried_again_brings_its_edges(self):
        shipper = self.ship()
        self.sql("INSERT INTO dst (a) SELECT a FROM src")
        self.wait_edge("public.src", "public.dst")
        self.wait_drained()
        self.double.fault(status=400, count=-1, method="PUT", path="/tables")
        self.sql("ALTER TABLE src ADD COLUMN more int")
        wait_until(lambda: self.sql("SELECT 1 FROM lineage._parked"), self.said)
        self.wait_drained()
        self.assertEqual(shipper.stop(), 0)
        self.double.clear_faults()
        before = len(self.requests("PUT", "/lineage"))
        done = self.once("retry", "-c", self.workflow())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(self.requests("PUT", "/lineage")) - before, 1)
        self.assertEqual(self.sql("SELECT count(*) FROM lineage._parked"), [["0"]])

    def test_a_refused_edge_stops_no_other_edge(self):
        shipper = self.ship()
        self.wait_table("public.dst")
        self.wait_drained()
        self.double.fault(status=400, count=1, method="PUT", path="/lineage")
        self.sql("INSERT INTO dst (a) SELECT a FROM src")
        self.sql("CREATE TABLE other AS SELECT a FROM src")
        self.wait_edge("public.src", "public.other")
        wait_until(lambda: self.sql("SELECT 1 FROM lineage._parked") or
                   ("public.src", "public.dst") in self.edges(),
                   lambda: "a parked edge, or one that came through" + self.said())
        self.assertTrue(shipper.running(), shipper.log())
        done = self.once("retry", "-c", self.workflow())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.wait_edge("public.src", "public.dst")


class SecondShipper(EndToEnd):
    """One active shipper per database."""

    setup_sql = TABLES

    def test_a_second_one_waits_and_takes_over(self):
        first = self.ship()
        self.wait_table("public.dst")
        self.wait_drained()
        second = self.ship()
        wait_until(lambda: re.search(r"(?i)wait|another|active", second.log()),
                   lambda: "a word of the second one that it waits: " + second.log())
        self.sql("INSERT INTO dst (a) SELECT a FROM src")
        self.wait_edge("public.src", "public.dst")
        self.assertTrue(second.running())
        first.kill()
        self.sql("CREATE TABLE other AS SELECT b FROM src")
        self.wait_edge("public.src", "public.other")
        self.assertEqual(second.stop(), 0)


class Kills(EndToEnd):
    """kill -9 at any moment: no edge is lost, none is invented."""

    setup_sql = "CREATE TABLE src (a int, b int);"
    rounds = 20

    def commit_some(self, name):
        """Three transactions of which some roll back; notes what must arrive."""
        for step in range(3):
            table = f"{name}_{step}"
            end = "ROLLBACK" if random.random() < 0.3 else "COMMIT"
            self.sql(f"BEGIN; CREATE TABLE {table} AS SELECT a, b FROM src; {end}")
            if end == "COMMIT":
                self.expected.add(("public.src", f"public.{table}"))

    def judge(self):
        """Exactly the edges of what was committed, whole, and nothing put aside."""
        wait_until(lambda: set(self.edges()) >= self.expected,
                   lambda: f"edges {self.expected - set(self.edges())} {self.said()}")
        self.wait_drained()
        self.assertEqual(set(self.edges()), self.expected)
        for pair in self.expected:
            self.assertEqual(self.pairs(*pair), {("a", "a"), ("b", "b")})
        self.assertEqual(self.sql("SELECT count(*) FROM lineage._parked"), [["0"]])

    def setUp(self):
        super().setUp()
        random.seed(19505)
        self.expected = set()

    def test_random_kills_of_the_shipper_lose_nothing(self):
        workflow = self.workflow()
        for number in range(self.rounds):
            shipper = self.ship(workflow=workflow)
            if number % 3 == 0:
                self.double.fault(cut="body", apply=number % 2 == 0, count=1, method="PUT")
            self.commit_some(f"t{number}")
            try:
                shipper.process.wait(timeout=random.uniform(0, 0.5))
            except subprocess.TimeoutExpired:
                shipper.kill()
        self.double.clear_faults()
        self.ship(workflow=workflow)
        self.judge()

    def test_kills_of_its_backend_lose_nothing(self):
        shipper = self.ship()
        for number in range(self.rounds):
            self.commit_some(f"t{number}")
            self.sql(f"""SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                         WHERE usename = '{ROLE}' AND datname = current_database()""")
        self.judge()
        self.assertTrue(shipper.running(), shipper.log())

    def test_crashes_of_the_database_server_lose_nothing(self):
        shipper = self.ship()
        for number in range(3):
            self.commit_some(f"t{number}")
            self.pg.stop_server("immediate")
            self.pg.start()
        self.judge()
        self.assertTrue(shipper.running(), shipper.log())

    def test_a_catalog_that_comes_and_goes_loses_nothing(self):
        self.ship()
        for number in range(self.rounds // 2):
            self.double.stop()
            self.commit_some(f"t{number}")
            self.double.start()
            self.commit_some(f"u{number}")
        self.judge()


if __name__ == "__main__":
    unittest.main()
