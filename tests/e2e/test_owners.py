"""Whom the catalog says to own what: roles by name, e-mails, ownerConfig, and what people set."""

from harness import EndToEnd
from openmetadata_double import PERSON

ROLES = ["own_ann", "own_team", "own_nobody"]
MAIL = "mail@owners.example"


class Owners(EndToEnd):
    """`ingest` of objects that belong to somebody."""

    def setUp(self):
        super().setUp()
        for role in [*ROLES, MAIL]:
            self.pg.sql(f"""DROP ROLE IF EXISTS "{role}"; CREATE ROLE "{role}" """)
            self.addCleanup(self.pg.sql, f'DROP ROLE "{role}"')
            self.addCleanup(self.sql, f'DROP OWNED BY "{role}" CASCADE')
        self.sql(f"""CREATE SCHEMA own AUTHORIZATION own_team;
            CREATE TABLE own.t(a int); ALTER TABLE own.t OWNER TO own_ann;
            CREATE VIEW own.v AS SELECT a FROM own.t; ALTER VIEW own.v OWNER TO "{MAIL}";
            CREATE FUNCTION own.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
            ALTER FUNCTION own.f() OWNER TO own_team;
            CREATE TABLE own.of_nobody(a int); ALTER TABLE own.of_nobody OWNER TO own_nobody""")
        with self.double.lock:
            put = self.double.store.put
            self.users = {
                name: put("user", {"name": name, "email": mail}, PERSON)[1]["id"]
                for name, mail in [("own_ann", "ann@owners.example"), ("someone", MAIL),
                                   ("boss", "boss@owners.example")]}
            self.team = put("team", {"name": "own_team", "teamType": "Group"}, PERSON)[1]["id"]

    def ingest(self, **metadata):
        """Runs the verb with keys of DatabaseMetadata."""
        source = {"sourceConfig": {"config": {"type": "DatabaseMetadata", **metadata}}}
        done = self.once("ingest", "-c", self.workflow(source=source))
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def owner(self, kind, name):
        """(type, id) of each owner, in either form of the request."""
        entity = self.entities(kind)[name]
        owners = entity.get("owners") or [entity["owner"]] if "owner" in entity or \
            entity.get("owners") else []
        return [(owner["type"], owner["id"]) for owner in owners]

    def test_objects_of_every_kind_have_their_role_as_owner(self):
        done = self.ingest(includeOwners=True)
        self.assertEqual(self.owner("table", "own.t"), [("user", self.users["own_ann"])])
        self.assertEqual(self.owner("table", "own.v"), [("user", self.users["someone"])])
        self.assertEqual(self.owner("databaseSchema", "own"), [("team", self.team)])
        self.assertEqual(self.owner("storedProcedure", "own.f"), [("team", self.team)])
        self.assertEqual(self.owner("table", "own.of_nobody"), [])
        self.assertIn("owner own_nobody: no user and no team", done.stderr)

    def test_an_owner_whom_a_person_set_stays(self):
        self.ingest()
        self.assertEqual(self.owner("table", "own.t"), [])
        with self.double.lock:
            store = self.double.store
            table = store.by_name("table", f"svc.{self.database}.own.t")
            key = "owner" if self.version == "1.2" else "owners"
            boss = {"id": self.users["boss"], "type": "user"}
            value = boss if self.version == "1.2" else [boss]
            store.patch(table, [{"op": "add", "path": f"/{key}", "value": value}], PERSON)
        self.ingest(includeOwners=True)
        self.assertEqual(self.owner("table", "own.t"), [("user", self.users["boss"])])

    def test_owner_config_wins_over_roles_and_is_inherited(self):
        self.ingest(includeOwners=True, ownerConfig={
            "databaseSchema": {f"{self.database}.own": "boss"}, "table": {"t": "own_ann"}})
        self.assertEqual(self.owner("table", "own.t"), [("user", self.users["own_ann"])])
        self.assertEqual(self.owner("table", "own.v"), [("user", self.users["boss"])])
        self.assertEqual(self.owner("storedProcedure", "own.f"), [("user", self.users["boss"])])


class OwnersOf12(Owners):
    """The same against a server that knows one owner only."""

    version = "1.2"


class OwnersOf19(Owners):
    """The same against 1.9."""

    version = "1.9"
