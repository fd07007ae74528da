"""The planted faults: *.mutants, by theme.

    # name: what is wrong with it
    - the text that is there, once in all of extension/src/lineage (indents do not count)
    + what stands instead; nothing: it is gone
    ~ a pattern: generated cases with such a text are tried first

`specs.py --check` prints every fault that does not apply exactly once (tests/gates.sh): whoever
changes such a line moves the fault along, or plants another one of that kind.
"""

import dataclasses
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
SOURCES = "extension/src/lineage"


@dataclasses.dataclass
class Mutant:
    """One fault; `old` and `new` are lines."""

    name: str
    what: str
    old: list
    new: list
    hint: str = ""

    def pattern(self):
        return re.compile(r"[ \t]*\n[ \t]*".join(re.escape(line) for line in self.old))

    def plant(self, sources):
        """(path, text with the fault) of the one source it applies to; sources: path -> text."""
        found = {path: len(self.pattern().findall(text)) for path, text in sources.items()}
        if sum(found.values()) != 1:
            raise ValueError(f"{self.name}: applies {sum(found.values())} times")
        path = max(found, key=found.get)
        return path, self.pattern().sub(lambda _: "\n".join(self.new), sources[path])


def read(path):
    """The faults of one file, in its order."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            name, _, what = line[2:].partition(": ")
            found.append(Mutant(name, what, [], []))
        elif line[:1] in ("-", "+"):
            (found[-1].old if line[0] == "-" else found[-1].new).append(line[1:].strip())
        elif line[:1] == "~":
            found[-1].hint = line[1:].strip()
        elif line.strip():
            raise ValueError(f"{path.name}: none of # - + ~: {line}")
    return found


def read_all():
    return [mutant for path in sorted(HERE.glob("*.mutants")) for mutant in read(path)]


def read_sources(top=ROOT):
    return {path: path.read_text(encoding="utf-8") for path in sorted(top.glob(SOURCES + "/*.cpp"))}


def check():
    names, sources = set(), read_sources()
    for mutant in read_all():
        if mutant.name in names:
            print(f"{mutant.name}: a second one of this name")
        names.add(mutant.name)
        try:
            mutant.plant(sources)
        except ValueError as error:
            print(error)


if __name__ == "__main__" and sys.argv[1:] == ["--check"]:
    check()
