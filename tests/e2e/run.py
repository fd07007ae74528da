#!/usr/bin/env python3
"""Runs the end-to-end tests and those of the double; the last line is their count.

    tests/e2e/run.py [-k PATTERN] [-v]        what it needs: README.md beside it
"""

import argparse
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent


def main():
    """Discovers, runs, counts; exit code 1 when something failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-k", action="append", metavar="PATTERN", help="only tests that match")
    parser.add_argument("-v", action="store_true", help="one line per test")
    options = parser.parse_args()
    loader = unittest.TestLoader()
    if options.k:
        loader.testNamePatterns = [f"*{pattern}*" for pattern in options.k]
    suite = unittest.TestSuite()
    for directory in (HERE.parent / "fakes", HERE):
        suite.addTests(loader.discover(str(directory), top_level_dir=str(directory)))
    result = unittest.TextTestRunner(verbosity=2 if options.v else 1).run(suite)
    failed = {getattr(test, "test_case", test).id()
              for test, _ in result.failures + result.errors}
    skipped = len(result.skipped)
    passed = max(result.testsRun - len(failed) - skipped, 0)
    print(f"{passed} passed, {len(failed)} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
