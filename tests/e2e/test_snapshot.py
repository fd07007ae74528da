"""Snapshots asked for in SQL are carried out by the shipper, and how far they are is seen."""

import os
import pty
import unittest

from harness import EndToEnd, Shipper, wait_until

# The first run of a sink asks for the database and all of its tables.
TABLES = "".join(f"CREATE TABLE t{i} (a int);" for i in range(20))


class Snapshot(EndToEnd):
    """The shipper carries snapshots out and says in lineage.health how far they are."""

    setup_sql = TABLES

    def health(self):
        """(waiting, total, done, whether the times are in order)."""
        return self.sql("SELECT snapshot_waiting, snapshot_total, snapshot_done,"
                        " snapshot_started <= snapshot_reported FROM lineage.health")[0]

    def wait_health(self, *wanted):
        """Waits for a state."""
        wait_until(lambda: self.health() == list(wanted),
                   lambda: f"{wanted}; it is {self.health()} {self.said()}")

    def test_health_shows_what_waits_what_is_done_and_since_when(self):
        asked = self.sql("SELECT lineage.snapshot()")[0][0]
        self.assertEqual(asked, "20")
        self.assertEqual(self.health(), ["20", "", "", ""])  # nobody has begun
        self.double.fault(status=503, count=-1, method="PUT", path="/tables")
        self.ship()
        wait_until(lambda: self.health()[1:3] == ["41", "0"], lambda: f"{self.health()}")
        self.double.clear_faults()
        self.wait_health("0", "41", "41", "t")  # the first run asks for one, too
        self.assertEqual(len(self.entities("table")), 20)

    def test_the_next_one_is_counted_anew_and_a_restart_goes_on(self):
        shipper = self.ship()
        self.wait_health("0", "21", "21", "t")
        self.double.fault(status=503, count=-1, method="PUT", path="/tables")
        self.sql("ALTER TABLE t3 ADD COLUMN b int; ALTER TABLE t4 ADD COLUMN b int;"
                 "SELECT lineage.snapshot_table('t3'), lineage.snapshot_table('t4')")
        wait_until(lambda: self.health()[:2] == ["2", "2"], lambda: f"{self.health()}")
        shipper.kill()
        self.double.clear_faults()
        self.ship()
        self.wait_health("0", "2", "2", "t")
        self.assertEqual(len(self.entities("table")["public.t3"]["columns"]), 2)

    def test_many_tables_cost_few_requests(self):
        self.ship()
        self.wait_health("0", "21", "21", "t")
        before = len(self.requests("PUT", "/tables"))
        self.sql("BEGIN;" + "".join(f"ALTER TABLE t{i} ADD COLUMN b int;" for i in range(20))
                 + "COMMIT")
        wait_until(lambda: all(len(table["columns"]) == 2
                               for table in self.entities("table").values()), self.said)
        self.wait_drained()
        self.assertLessEqual(len(self.requests("PUT", "/tables")) - before, 3)


class Bar(EndToEnd):
    """What a person sees, and what a log file gets."""

    version = "1.9"
    setup_sql = TABLES

    def seen(self, *arguments):
        """What `ingest` writes to a terminal while each request takes a while."""
        self.double.fault(hang_ms=50, count=-1)
        try:
            ours, theirs = pty.openpty()
        except OSError as error:  # a bare chroot, where nobody mounted /dev/pts
            self.skipTest(f"no terminal to be had here: {error}")
        with open(ours, "rb", buffering=0) as terminal:
            shipper = Shipper(["ingest", "-c", str(self.workflow()), *arguments], "/dev/null",
                              self.environment, stderr=theirs)
            os.close(theirs)
            text = b""
            while True:
                try:
                    piece = terminal.read(65536)
                except OSError:  # the other end is closed
                    break
                if not piece:
                    break
                text += piece
            shipper.process.communicate()
            self.assertEqual(shipper.process.returncode, 0, text)
        return text.decode()

    def test_a_terminal_shows_a_bar_with_counts_and_time_left(self):
        text = self.seen()
        self.assertRegex(text, r"\r\x1b\[K" + self.database + r" \[#+-+\] \d+/\d+ \d+% \d+/s")
        self.assertRegex(text, r"\d+:\d\d left")
        self.assertRegex(text, r"\r\x1b\[K20\d\d-\d\d-\d\d [^\r]* sent")  # a line takes its place

    def test_json_and_a_file_get_no_bar(self):
        self.assertNotIn("\x1b", self.seen("--log-format", "json"))
        done = self.once("ingest", "-c", self.workflow())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("\x1b", done.stderr)


if __name__ == "__main__":
    unittest.main()
