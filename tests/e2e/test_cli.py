"""Bad input: the message names the key, the value and the fix; the exit code is sysexits'."""

import contextlib
import json
import os
import socket
import threading
import unittest

from harness import ROLE, Cluster, EndToEnd, free_port

GONE = object()


class BadWorkflow(EndToEnd):
    """Configuration errors: 78, before anything is connected."""

    def workflow_with(self, path, value):
        """The workflow with one key set, or taken out."""
        file = self.workflow()
        document = json.loads(file.read_text())
        place = document
        for step in path[:-1]:
            place = place.setdefault(step, {})
        if value is GONE:
            place.pop(path[-1], None)
        else:
            place[path[-1]] = value
        file.write_text(json.dumps(document))
        return file

    def fails(self, path, value, *words, code=os.EX_CONFIG):
        """Every verb that reads the file refuses it with these words in its message."""
        file = self.workflow_with(path, value)
        for verb in ("check", "ingest"):
            done = self.once(verb, "-c", file)
            said = done.stdout + done.stderr
            with self.subTest(path=path, value=value, verb=verb):
                self.assertEqual(done.returncode, code, said)
                for word in words:
                    self.assertIn(word, said)
                self.assertNotIn("terminate called", said)

    CONNECTION = ("source", "serviceConnection", "config")
    SERVER = ("workflowConfig", "openMetadataServerConfig")

    def test_missing_keys_are_named(self):
        for path in ((*self.CONNECTION, "username"), (*self.CONNECTION, "hostPort"),
                     (*self.CONNECTION, "database"), ("source", "serviceName"),
                     (*self.SERVER, "hostPort")):
            self.fails(path, GONE, path[-1])
        self.fails(("source",), GONE, "source")
        self.fails(("workflowConfig",), GONE, "openMetadataServerConfig")

    def test_wrong_values_are_named(self):
        self.fails((*self.CONNECTION, "sslMode"), "sometimes", "sslMode", "sometimes", "require")
        self.fails((*self.CONNECTION, "hostPort"), "db.example:many", "hostPort", "db.example:many")
        self.fails((*self.SERVER, "hostPort"), "om.example", "hostPort", "om.example", "http")
        self.fails((*self.SERVER, "verifySSL"), "maybe", "verifySSL", "maybe", "validate")
        self.fails(("sink", "type"), "carrier-pigeon", "carrier-pigeon", "metadata-rest")
        self.fails(("source", "sourceConfig", "config", "type"), "Nope", "Nope", "DatabaseMetadata")
        self.fails(("shipper", "batchSize"), "lots", "batchSize", "lots")
        self.fails(("source", "sourceConfig", "config", "schemaFilterPattern"),
                   {"includes": ["("]}, "(")

    def test_an_unset_variable_is_named(self):
        self.fails((*self.SERVER, "securityConfig"), {"jwtToken": "${E2E_NOT_SET}"},
                   "E2E_NOT_SET", "jwtToken", code=os.EX_NOPERM)

    def test_a_token_file_that_is_not_there_is_named(self):
        path = str(self.dir / "no-token")  # not shown: it could be a token after all
        self.fails((*self.SERVER, "securityConfig"), {"jwtToken": path}, "jwtToken", "path")

    def test_an_unknown_key_is_warned_about_by_name(self):
        file = self.workflow_with(("source", "sourceConfig", "config", "includeTabels"), True)
        done = self.once("check", "-c", file)
        self.assertIn("includeTabels", done.stdout + done.stderr)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_file_that_is_none(self):
        done = self.once("check", "-c", self.dir / "nowhere.yaml")
        self.assertEqual(done.returncode, os.EX_CONFIG, done.stderr)
        self.assertIn("nowhere.yaml", done.stderr)
        broken = self.dir / "broken.yaml"
        broken.write_text("source: [unclosed\n")
        done = self.once("check", "-c", broken)
        self.assertEqual(done.returncode, os.EX_CONFIG, done.stderr)
        self.assertIn("broken.yaml", done.stderr)


class CommandLine(EndToEnd):
    """Usage errors: 64."""

    def test_usage_errors(self):
        for arguments, word in ((["fly"], "fly"), ([], "VERB"), (["run"], "-c"),
                                (["check", "-c", self.workflow(), "--sink", "pigeon:x"], "pigeon"),
                                (["check", "-c", self.workflow(), "--log-level", "loud"], "loud"),
                                (["check", "-c", self.workflow(), "--nonsense"], "nonsense")):
            with self.subTest(arguments=arguments):
                done = self.once(*arguments)
                self.assertEqual(done.returncode, os.EX_USAGE, done.stdout + done.stderr)
                self.assertIn(word, done.stdout + done.stderr)

    def test_help_is_no_error(self):
        done = self.once("--help")
        self.assertEqual(done.returncode, 0)
        for verb in ("run", "ingest", "lineage", "report", "check", "parked", "retry"):
            self.assertIn(verb, done.stdout)

    def test_a_token_on_no_command_line(self):
        self.assertNotIn("token", self.once("--help").stdout.lower().replace("token file", ""))


class Unreachable(EndToEnd):
    """Servers that are not what the workflow says."""

    def workflow_to(self, **connection):
        """A workflow with another database connection."""
        file = self.workflow()
        document = json.loads(file.read_text())
        document["source"]["serviceConnection"]["config"].update(connection)
        file.write_text(json.dumps(document))
        return file

    def fails(self, workflow, code, *words, verb="ingest"):
        """A verb that runs once ends with a code and these words."""
        done = self.once(verb, "-c", workflow)
        said = done.stdout + done.stderr
        self.assertEqual(done.returncode, code, said)
        for word in words:
            self.assertIn(word, said)
        return said

    def test_no_server_at_all(self):
        port = free_port()
        self.fails(self.workflow_to(hostPort=f"127.0.0.1:{port}"), os.EX_UNAVAILABLE, str(port))

    def test_something_that_is_no_postgresql(self):
        def answer(listener):
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        connection.recv(100)
                        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            threading.Thread(target=answer, args=(listener,), daemon=True).start()
            port = listener.getsockname()[1]
            for mode in "prefer", "disable":
                self.fails(self.workflow_to(hostPort=f"127.0.0.1:{port}", sslMode=mode),
                           os.EX_UNAVAILABLE, "not a PostgreSQL server", "hostPort")
            listener.shutdown(socket.SHUT_RDWR)

    def test_something_that_says_nothing(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            self.fails(self.workflow_to(hostPort=f"127.0.0.1:{port}"), os.EX_UNAVAILABLE, str(port))

    def test_a_wrong_password(self):
        said = self.fails(self.workflow_to(authType={"password": "wrong-canary-3f"}),
                          os.EX_NOPERM, ROLE)
        self.assertNotIn("wrong-canary-3f", said)

    def test_a_database_that_does_not_exist(self):
        self.fails(self.workflow_to(database="nowhere"), os.EX_CONFIG, "nowhere")

    def test_no_extension(self):
        self.sql("DROP EXTENSION pg_lineage")
        for verb in ("check", "lineage"):
            said = self.fails(self.workflow(), os.EX_UNAVAILABLE, "CREATE EXTENSION pg_lineage",
                              verb=verb)
            self.assertIn(self.database, said)

    def test_no_rights(self):
        self.sql(f"DROP EXTENSION pg_lineage; CREATE EXTENSION pg_lineage; DROP OWNED BY {ROLE}")
        self.fails(self.workflow(), os.EX_NOPERM, "lineage.grant_shipper", verb="check")

    def test_no_catalog(self):
        self.double.stop()
        self.fails(self.workflow(), os.EX_UNAVAILABLE, self.double.url, verb="check")
        self.double.start()

    def test_a_refused_token(self):
        self.token_file.write_text("stale\n")
        self.fails(self.workflow(), os.EX_NOPERM, "401", verb="check")

    def test_a_page_instead_of_the_api(self):
        self.fails(self.workflow(server={"hostPort": self.double.url.removesuffix("/api")}),
                   os.EX_CONFIG, "/api", verb="check")


class NotPreloaded(EndToEnd):
    """A server that has the extension but not the library from its start."""

    @classmethod
    def setUpClass(cls):
        cls.bare = Cluster(preload="")
        cls.addClassCleanup(cls.bare.stop)

    def setUp(self):
        super().setUp()
        self.pg.sql("SELECT 1")
        self.pg = self.bare
        self.log_start = 10 ** 9  # CREATE EXTENSION warns there, as it should
        self.pg.sql("CREATE DATABASE bare")
        self.addCleanup(self.pg.sql, "DROP DATABASE bare WITH (FORCE)")
        self.pg.sql(f"CREATE EXTENSION pg_lineage; SELECT lineage.grant_shipper('{ROLE}')", "bare")

    def test_check_tells_the_setting(self):
        file = self.workflow()
        document = json.loads(file.read_text())
        document["source"]["serviceConnection"]["config"]["database"] = "bare"
        file.write_text(json.dumps(document))
        done = self.once("check", "-c", file)
        self.assertEqual(done.returncode, os.EX_UNAVAILABLE, done.stdout + done.stderr)
        self.assertIn("shared_preload_libraries", done.stdout + done.stderr)


class Check(EndToEnd):
    """What check says when all is well, and about what is not."""

    def test_all_is_well(self):
        done = self.once("check", "-c", self.workflow())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("PostgreSQL", done.stdout)
        self.assertIn(self.double.url, done.stdout)

    def test_it_warns_of_a_publication_for_all_tables(self):
        self.sql("CREATE PUBLICATION everything FOR ALL TABLES")
        done = self.once("check", "-c", self.workflow())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("everything", done.stdout + done.stderr)

    def test_it_writes_nothing(self):
        self.once("check", "-c", self.workflow())
        self.assertEqual([entry for entry in self.double.requests if entry["method"] != "GET"], [])


if __name__ == "__main__":
    unittest.main()
