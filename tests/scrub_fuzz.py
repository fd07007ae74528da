#!/usr/bin/env python3
"""Random statements full of secrets against the text scrubber; no secret may survive.

usage: tests/with_cluster.sh tests/scrub_fuzz.py [--rounds N] [--seed N]

Three kinds of text go through lineage._scrub() of the server that PGHOST and PGPORT name:
  sound    built from the grammar below, alone or between neighbours: secrets in every literal and
           comment must be gone, statements that are kept must give a text (but for backslashes,
           whose meaning can be in doubt), and scrubbing that text again must change nothing;
  flipped  the same under the other standard_conforming_strings than the one it was written for:
           wrong readings must give no text, never a secret;
  broken   sound ones cut, doubled and stirred: the server must survive and no literal remain.
"""
import argparse
import os
import random
import re
import subprocess
import sys

KEPT = ("SELECT {x} FROM t WHERE a = {x}", "INSERT INTO t (a, b) VALUES ({x}, {x})",
        "UPDATE t SET a = {x} WHERE b IN ({x}, {x})", "WITH c AS (SELECT {x} AS y) SELECT y FROM c",
        "DELETE FROM t USING s WHERE f(t.a, {x})", "SELECT dblink({x}, {x})", "TABLE t",
        "MERGE INTO t USING s ON t.a = {x} WHEN MATCHED THEN UPDATE SET b = {x}",
        "CREATE TABLE n AS SELECT {x} AS y", "CREATE OR REPLACE VIEW v AS SELECT {x} AS y",
        "CREATE MATERIALIZED VIEW m AS VALUES ({x})", "SELECT {x} AS y INTO n",
        "COPY t (a) FROM {s} WITH (NULL {s})", "COPY (SELECT {x}) TO PROGRAM {s}",
        "EXPLAIN (ANALYZE) INSERT INTO t SELECT {x}", "PREPARE p AS SELECT {x}, $1",
        "DECLARE c CURSOR FOR SELECT {x}", "(SELECT {x}) UNION ALL (SELECT {x})")
TAG_ONLY = ("CREATE ROLE r PASSWORD {s}", "ALTER ROLE r PASSWORD {s}", "CALL p({x}, {x})",
            "CREATE USER MAPPING FOR r SERVER s OPTIONS (password {s})", "EXECUTE p({x})",
            "CREATE SERVER s FOREIGN DATA WRAPPER f OPTIONS (host {s})", "NOTIFY c, {s}",
            "CREATE SUBSCRIPTION s CONNECTION {s} PUBLICATION p", "SET my.name = {s}",
            "ALTER SYSTEM SET archive_command = {s}", "COMMENT ON TABLE t IS {s}", "DO {s}",
            "CREATE TABLE n (a text DEFAULT {x})", "PREPARE TRANSACTION {s}",
            "EXPLAIN EXECUTE p({x})", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS {s}")
GAPS = (" ", "  ", "\n", "\t", "\r\n")


class Text:
    """Makes texts, and knows the secrets it hid in them."""

    def __init__(self, rng, standard):
        self.rng = rng
        self.standard = standard
        self.secrets = []

    def secret(self):
        word = "z" + "".join(self.rng.choice("bcdfghjkmpqvwxz") for _ in range(11))
        self.secrets.append(word)
        return word

    def number(self):
        digits = "".join(self.rng.choice("123456789") for _ in range(9))
        self.secrets.append(digits)
        return self.rng.choice(("{}", "-{}", "{}.5", ".{}", "{}e7", "- {}")).format(digits)

    def string(self):
        noise = self.rng.choice(("", "''", '"', "--", "/*", "*/", ";", "$$", "$1", "%", "\n", "é"))
        word = noise + self.secret() + self.rng.choice(("", noise.replace("''", "")))
        tag = self.rng.choice(("", "q", "_x1"))
        forms = [f"'{word}'", f"'{word}'\n '{self.secret()}'", f"n'{word}'",
                 f"E'{word}\\'{self.secret()}\\\\'", f"e'\\x41{word}\\n'"]
        if "$" not in word:
            forms.append(f"${tag}${word}${tag}$")
        if self.standard:
            forms += [f"'{word}\\'", f"U&'{word}'", f"U&'{word}\\0041'"]
        else:
            forms += [f"'{word}\\'{self.secret()}'", f"'\\\\{word}'"]
        return self.rng.choice(forms)

    def bits(self):
        digits = "".join(self.rng.choice("01") for _ in range(24))
        self.secrets.append(digits)
        return self.rng.choice("bB") + f"'{digits}'"

    def literal(self):
        kind = self.rng.random()
        if kind < 0.65:
            return self.string()
        return self.number() if kind < 0.9 else self.bits()

    def gap(self):
        if self.rng.random() < 0.75:
            return self.rng.choice(GAPS)
        return self.rng.choice((" /* {} */ ", " /* a /* {} ' */ b */ ", " -- {} '\n",
                                ' /* {{"app": "dbt", "x": "{}"}} */ ')).format(self.secret())

    def statement(self, pattern):
        """Fills in a pattern: literals, and gaps between its words."""
        parts = []
        for word in pattern.split(" "):
            if parts:
                parts.append(self.gap())
            while "{" in word:
                word = word.replace("{x}", self.literal(), 1) if "{x}" in word else \
                    word.replace("{s}", self.string(), 1)
                if not re.search(r"\{[xs]\}", word):
                    break
            parts.append(word)
        return "".join(parts)


def make_case(rng, standard):
    """(source, location, length, secrets, whether a text must come out)"""
    text = Text(rng, standard)
    kept = rng.random() < 0.7
    own = text.statement(rng.choice(KEPT if kept else TAG_ONLY))
    if rng.random() < 0.6:
        return own, -1, 0, text.secrets, kept
    before = text.statement(rng.choice(KEPT + TAG_ONLY)) + ";"
    after = ";" + text.statement(rng.choice(KEPT + TAG_ONLY))
    where = len(before.encode())
    return before + own + after, where, len(own.encode()), text.secrets, kept


def stir(rng, source):
    """Cuts, doubles and swaps pieces of a text."""
    for _ in range(rng.randint(1, 4)):
        a, b = sorted(rng.randint(0, len(source)) for _ in range(2))
        source = rng.choice((source[:a] + source[b:], source[:b] + source[a:],
                             source[b:] + source[a:b] + source[:a],
                             source[:a] + rng.choice("'\"\\$/*-;({é\x01") + source[a:]))
    return source


def copy_field(value):
    return str(value).replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace(
        "\t", "\\t")


def run(cases, standard):
    """Scrubs all cases in one session; returns [(text, text scrubbed again)], None for no text."""
    rows = "".join(f"{n}\t{copy_field(c[0])}\t{c[1]}\t{c[2]}\n" for n, c in enumerate(cases))
    script = (f"SET standard_conforming_strings = {'on' if standard else 'off'};\n"
              "CREATE TEMP TABLE c (n int, source text, location int, length int);\n"
              f"COPY c FROM stdin;\n{rows}\\.\n"
              "COPY (SELECT t.s, lineage._scrub(t.s) FROM c, LATERAL "
              "(SELECT lineage._scrub(source, location, length) AS s) t ORDER BY n) TO stdout;\n")
    done = subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-"], text=True,
                          input=script, capture_output=True, check=False)
    if done.returncode != 0:
        sys.exit(f"scrub_fuzz: the server gave up:\n{done.stderr}")
    lines = done.stdout.split("\n")[:-1]
    return [tuple(None if f == "\\N" else f for f in line.split("\t")) for line in lines]


def literal_left(text):
    """A quote outside a quoted name, or a number outside a name."""
    bare = re.sub(r'"(?:[^"]|"")*"', "", re.sub(r"^/\*.*?\*/ ", "", text))
    return "'" in bare or re.search(r"(?<![\w$])\d", bare) is not None


def judge(kind, case, texts, standard):
    """The reason why a result is wrong, or None."""
    source, _, _, secrets, kept = case
    text, again = texts
    if text is None:
        sure = kind == "sound" and kept and "\\" not in source
        return "no text" if sure else None
    if kind == "broken":
        return "a literal is left" if literal_left(text) else None
    for secret in secrets:
        if secret in text:
            return f"secret {secret} survived"
    if kind == "sound" and kept and again != text:
        return f"scrubbing again gives {again!r}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=20, help="of 1000 statements each")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    args = parser.parse_args()
    subprocess.run(["psql", "-X", "-q", "-c", "CREATE EXTENSION IF NOT EXISTS pg_lineage"],
                   check=True, capture_output=True)
    rng = random.Random(args.seed)
    passed, failed, texts_seen = 0, 0, 0
    for turn in range(args.rounds):
        written_for = turn % 2 == 0
        sound = [make_case(rng, written_for) for _ in range(1000)]
        broken = [(stir(rng, c[0]),) + c[1:] for c in sound]
        for kind, cases, standard in (("sound", sound, written_for),
                                      ("flipped", sound, not written_for),
                                      ("broken", broken, written_for)):
            for case, texts in zip(cases, run(cases, standard), strict=True):
                reason = judge(kind, case, texts, standard)
                texts_seen += texts[0] is not None
                passed += reason is None
                failed += reason is not None
                if reason is not None and failed <= 5:
                    print(f"{kind}, standard_conforming_strings {standard}: {reason}\n"
                          f"  source {case[:3]!r}\n  text   {texts[0]!r}")
    print(f"seed {args.seed}: {texts_seen} texts of {passed + failed} statements")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
