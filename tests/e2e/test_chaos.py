"""Random work under random faults: the catalog ends with exactly what was committed."""

import random
import unittest

from harness import EndToEnd, wait_until

COLUMNS = ("a", "b", "c", "d")


class Chaos(EndToEnd):
    """Some tables, random statements between them, and everything that can go wrong."""

    tables = 8

    def setUp(self):
        super().setUp()
        self.random = random.Random(self.id())
        self.expected = {}
        columns = ", ".join(f"{column} int" for column in COLUMNS)
        self.sql("".join(f"CREATE TABLE t{number} ({columns});" for number in range(self.tables))
                 + "".join(f"""
          CREATE PROCEDURE p{number}(source text, target text, column_name text)
          LANGUAGE plpgsql AS $$ BEGIN
            EXECUTE format('INSERT INTO %I (%I) SELECT %I FROM %I', target, column_name,
                           column_name, source);
          END $$;""" for number in range(3)))

    def statement(self):
        """A random write; answers its text and the column pairs that it makes."""
        source, target = self.random.sample(range(self.tables), 2)
        first, second = self.random.choice(COLUMNS), self.random.choice(COLUMNS)
        kind = self.random.randrange(3)
        if kind == 0:
            text = f"INSERT INTO t{target} ({second}) SELECT {first} + 1 FROM t{source};"
        elif kind == 1:
            text = f"UPDATE t{target} x SET {second} = y.{first} FROM t{source} y;"
        else:
            text = f"CALL p{self.random.randrange(3)}('t{source}', 't{target}', '{first}');"
            second = first
        return text, (f"public.t{source}", f"public.t{target}"), (first, second)

    def work(self):
        """A transaction of some statements and savepoints, of which a part rolls back."""
        text, done = "BEGIN;", []
        for number in range(self.random.randint(1, 3)):
            statement, tables, columns = self.statement()
            undone = self.random.random() < 0.25
            text += f"SAVEPOINT s{number};{statement}"
            text += f"ROLLBACK TO s{number};" if undone else ""
            done += [] if undone else [(tables, columns)]
        if self.random.random() < 0.25:
            self.sql(text + "ROLLBACK")
            return
        self.sql(text + "COMMIT")
        for tables, columns in done:
            self.expected.setdefault(tables, set()).add(columns)

    def found(self):
        """What the catalog has, in the form of `expected`."""
        return {tables: self.pairs(*tables) for tables in self.edges()}

    def difference(self):
        """What is missing and what is too much, for people."""
        found = self.found()
        keys = set(found) | set(self.expected)
        return {key: (self.expected.get(key), found.get(key)) for key in keys
                if found.get(key) != self.expected.get(key)}

    def judge(self):
        """Equal to the last pair, nothing parked."""
        wait_until(lambda: self.found() == self.expected,
                   lambda: f"these (expected, found): {self.difference()} parked: "
                   f"{self.sql('SELECT object, reason FROM lineage._parked')} {self.said()}")
        self.wait_drained()
        self.assertEqual(self.found(), self.expected)
        self.assertEqual(self.sql("SELECT count(*) FROM lineage._parked"), [["0"]])

    def test_random_work_while_the_shipper_is_killed(self):
        workflow = self.workflow()
        for number in range(25):
            if number % 3 == 0 and self.shippers:
                self.shippers[-1].kill()
            if number % 3 == 0:
                self.ship(workflow=workflow)
            self.work()
        self.judge()

    def test_random_work_while_every_third_request_fails(self):
        for fault in ({"status": 409, "method": "PUT"}, {"status": 500}, {"status": 503},
                      {"cut": "before"}, {"cut": "body", "apply": True}):
            self.double.fault(count=-1, chance=0.08, **fault)
        self.ship()
        for _ in range(25):
            self.work()
        self.judge()

    def test_random_work_while_the_catalog_is_slow(self):
        self.double.latency_ms = 60
        self.ship()
        for _ in range(25):
            self.work()
        self.judge()

    def test_kills_in_the_first_snapshot_lose_nothing(self):
        self.sql("".join(f"CREATE TABLE w{number} AS SELECT a, b FROM t1;"
                         for number in range(40)))
        for number in range(40):
            self.expected[("public.t1", f"public.w{number}")] = {("a", "a"), ("b", "b")}
        self.double.latency_ms = 10
        workflow = self.workflow()
        for _ in range(8):
            shipper = self.ship(workflow=workflow)
            count = len(self.double.requests) + self.random.randint(1, 25)
            wait_until(lambda: len(self.double.requests) >= count or not shipper.running()
                       or self.pending() == 0, self.said)
            shipper.kill()
        self.ship(workflow=workflow)
        self.judge()
        self.assertEqual(len(self.entities("table")), 40 + self.tables)


if __name__ == "__main__":
    unittest.main()
