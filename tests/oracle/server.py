"""A connection to PostgreSQL through libpq, so that the tests need no driver."""

import ctypes
import ctypes.util
import os


class SqlError(Exception):
    """The server refused a statement."""


def _library():
    lib = ctypes.CDLL(ctypes.util.find_library("pq") or "libpq.so.5")
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    for name, result, arguments in (
        ("PQconnectdb", pointer, [text]),
        ("PQstatus", number, [pointer]),
        ("PQerrorMessage", text, [pointer]),
        ("PQfinish", None, [pointer]),
        ("PQsendQuery", number, [pointer, text]),
        ("PQgetResult", pointer, [pointer]),
        ("PQresultStatus", number, [pointer]),
        ("PQresultErrorMessage", text, [pointer]),
        ("PQntuples", number, [pointer]),
        ("PQnfields", number, [pointer]),
        ("PQgetvalue", text, [pointer, number, number]),
        ("PQgetisnull", number, [pointer, number, number]),
        ("PQclear", None, [pointer]),
        ("PQserverVersion", number, [pointer]),
        ("PQsetNoticeProcessor", pointer, [pointer, pointer, pointer]),
    ):
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


LIB = _library()
_QUIET = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p)(lambda *_: None)
TUPLES_OK, COMMAND_OK, EMPTY = 2, 1, 0


class Connection:
    """One session. PGHOST, PGPORT and PGUSER say where, as for psql."""

    def __init__(self, database):
        user = os.environ.get("PGUSER", "postgres")
        self.handle = LIB.PQconnectdb(f"dbname={database} user={user}".encode())
        if LIB.PQstatus(self.handle) != 0:
            raise SqlError(LIB.PQerrorMessage(self.handle).decode())
        LIB.PQsetNoticeProcessor(self.handle, _QUIET, None)
        self.version = LIB.PQserverVersion(self.handle) // 10000

    def close(self):
        LIB.PQfinish(self.handle)
        self.handle = None

    def run(self, sql):
        """Runs a text of one or more statements; the rows of each as a list of tuples."""
        if not LIB.PQsendQuery(self.handle, sql.encode()):
            raise SqlError(LIB.PQerrorMessage(self.handle).decode())
        answers, error = [], None
        while result := LIB.PQgetResult(self.handle):
            status = LIB.PQresultStatus(result)
            if status == TUPLES_OK:
                answers.append(_rows(result))
            elif status not in (COMMAND_OK, EMPTY):
                error = LIB.PQresultErrorMessage(result).decode().strip() or f"status {status}"
            LIB.PQclear(result)
            if status in (3, 4, 8):
                raise SqlError(f"no COPY through the connection: {sql}")
        if error:
            raise SqlError(error)
        return answers

    def rows(self, sql):
        """The rows of the last statement of a text."""
        return self.run(sql)[-1]


def _rows(result):
    width = LIB.PQnfields(result)
    return [
        tuple(
            (
                None
                if LIB.PQgetisnull(result, row, column)
                else LIB.PQgetvalue(result, row, column).decode()
            )
            for column in range(width)
        )
        for row in range(LIB.PQntuples(result))
    ]
