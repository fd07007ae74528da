#!/usr/bin/env python3
"""The contract double of an OpenMetadata server: a real one cannot be had from the registries.

Answers as measured on a 1.2 server and as the clients of 1.9 and 2.0 expect; every body is also
validated by the request models of openmetadata-ingestion (tests/models/validate_bodies.py).
In a test:     double = OpenMetadataDouble(version="2.0").start(); double.url; double.stop()
From a shell:  openmetadata_double.py --port 8585 --version 1.9
Administration:   GET /__admin/state, GET /__admin/requests, POST /__admin/faults, POST /__admin/set
A stopped double may be started again: its port and its store stay.
"""

import argparse
import contextlib
import importlib
import json
import pathlib
import random
import re
import socket
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from openmetadata_double_routes import Routes  # noqa: E402
from openmetadata_double_rules import VERSIONS, Refused, bad  # noqa: E402
from openmetadata_double_store import Store  # noqa: E402

BOT = {"name": "ingestion-bot", "bot": True}
PERSON = {"name": "ann", "bot": False}
BOT_TOKEN = "bot-token"
PERSON_TOKEN = "person-token"


def load_models():
    """The function validate(method, path, body) of tests/models, which needs pydantic."""
    sys.path.insert(0, str(HERE.parent / "models"))
    return importlib.import_module("validate_bodies").validate


class OpenMetadataDouble:
    """One server: a store, tokens, faults to play, a log of every request, and a lock for them.

    `models` is validate(method, path, body), which raises or answers a complaint; None leaves the
    models out. `tls` is (certificate file, key file).
    """

    def __init__(self, version="2.0", port=0, models=None, tls=None, latency_ms=0):
        self.store = Store(version)
        self.lock = threading.Lock()
        self.tokens = {BOT_TOKEN: BOT, PERSON_TOKEN: PERSON}
        self.faults = []
        self.requests = []
        self.complaints = []
        self.creating = set()
        self.chance = random.Random(19505)
        self.latency_ms = latency_ms
        self.models = models
        self.port = port
        self.tls = tls
        self.server = None
        self.open_sockets = set()

    @property
    def url(self):
        """What hostPort of a workflow says."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/api"

    def start(self):
        """Listens on the port, or on a free one, which it keeps."""
        double = self

        class BoundHandler(Handler):
            """A handler that knows its double."""

        BoundHandler.double = double
        ThreadingHTTPServer.allow_reuse_address = True
        ThreadingHTTPServer.daemon_threads = True
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), BoundHandler)
        if self.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.tls)
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self):
        """Goes away as a killed process does: open connections are cut."""
        if self.server is None:
            return
        self.server.shutdown()
        self.server.server_close()
        for connection in list(self.open_sockets):
            with contextlib.suppress(OSError):  # the other side was faster
                connection.shutdown(socket.SHUT_RDWR)
        self.server = None

    def fault(self, **script):
        """Plays a fault: status, body, count (-1: for ever), chance (of each request), retry_after,
        hang_ms, cut ("before" or "body"), apply (cut after the work is done), method, path
        (searched as a regular expression)."""
        script.setdefault("count", 1)
        with self.lock:
            self.faults.append(script)

    def clear_faults(self):
        """Ends every fault that is still to be played."""
        with self.lock:
            self.faults.clear()

    def take_fault(self, method, path):
        """The fault that hits this request, if any; counted down."""
        with self.lock:
            for script in self.faults:
                if script.get("method") not in (None, method):
                    continue
                if not re.search(script.get("path", ""), path):
                    continue
                if script["count"] == 0 or self.chance.random() >= script.get("chance", 1):
                    continue
                script["count"] -= 1 if script["count"] > 0 else 0
                return dict(script)
        return None

    def log(self, entry):
        """Remembers a request; the token itself is not kept."""
        with self.lock:
            entry["n"] = len(self.requests)
            self.requests.append(entry)

    def validate(self, method, path, body):
        """The judgement of the request models; a complaint is a 400 and is kept for the test."""
        if self.models is None or method not in ("PUT", "POST") or body is None:
            return
        try:
            complaint = self.models(method, "/v1" + path, body)
        except (ValueError, TypeError) as error:
            complaint = error
        if complaint:
            with self.lock:
                self.complaints.append(f"{method} {path}: {complaint}")
            raise bad(f"models: {complaint}")


class Handler(BaseHTTPRequestHandler):
    """One connection. Errors become {"code":…,"message":…} as the server writes them."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes: else each answer takes 40 ms
    double = None

    def setup(self):
        super().setup()
        self.double.open_sockets.add(self.connection)

    def finish(self):
        self.double.open_sockets.discard(self.connection)
        try:
            super().finish()
        except (OSError, ValueError):
            pass  # the test has cut this connection

    def handle(self):
        try:
            super().handle()
        except (OSError, ValueError):
            self.close_connection = True  # cut by the client or by stop()

    def log_message(self, format, *args):  # noqa: A002 - the name is inherited
        """Silent: the log of requests is kept in memory."""

    def do_GET(self):
        self.serve()

    do_PUT = do_POST = do_PATCH = do_DELETE = do_GET

    def serve(self):
        """Reads one request, plays a fault or answers it, and logs both."""
        started = time.time()
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        url = urlsplit(self.path)
        if url.path.startswith("/__admin/"):
            return self.answer(*admin(self.double, self.command, url.path[9:], raw))
        entry = {
            "at": started, "method": self.command, "path": self.path,
            "headers": {key: value for key, value in self.headers.items()
                        if key.lower() != "authorization"},
            "body": raw.decode("utf-8", "replace"),
        }
        fault = self.double.take_fault(self.command, self.path)
        if fault and fault.get("hang_ms"):
            time.sleep(fault["hang_ms"] / 1000)
        if fault and not fault.get("apply") and ("status" in fault or "cut" in fault):
            status, headers = fault.get("status", 200), {}
            body = fault.get("body", {"code": status, "message": "a scripted fault"})
        else:
            status, headers, body = self.dispatch(url, raw)
        if fault and "retry_after" in fault:
            headers["Retry-After"] = str(fault["retry_after"])
        entry["status"] = "cut" if fault and fault.get("cut") else status
        self.double.log(entry)
        if fault and fault.get("cut"):
            return self.cut(fault["cut"])
        return self.answer(status, headers, body)

    def dispatch(self, url, raw):
        """(status, headers, body) of a request that no fault has hit."""
        if not url.path.startswith("/api/v1/"):
            return 200, {"Content-Type": "text/html"}, "<!doctype html><title>OpenMetadata</title>"
        path = url.path[len("/api/v1"):]
        try:
            user = self.user(path)
            body = self.parse(raw)
            self.double.validate(self.command, path, body)
            status, answer = Routes(self.double, user).route(
                self.command, path, dict(parse_qsl(url.query)), body)
        except Refused as refused:
            return refused.code, {}, {"code": refused.code, "message": str(refused)}
        return status, {}, answer

    def user(self, path):
        """Who asks; 401 for an unknown token."""
        if path == "/system/version":
            return BOT
        given = self.headers.get("Authorization") or ""
        with self.double.lock:
            user = self.double.tokens.get(given[7:]) if given.startswith("Bearer ") else None
        if user is None:
            raise Refused(401, "Token verification failed")
        return user

    def parse(self, raw):
        """The JSON of the body; a patch must say so in its content type."""
        if not raw:
            return None
        kind = (self.headers.get("Content-Type") or "").split(";")[0].strip().lower()
        expected = "application/json-patch+json" if self.command == "PATCH" else "application/json"
        if kind != expected:
            raise Refused(415, "HTTP 415 Unsupported Media Type")
        try:
            return json.loads(raw)
        except ValueError as error:
            raise bad("Unable to process JSON") from error

    def answer(self, status, headers, body):
        """Writes an answer; None is an empty body."""
        data = b"" if body is None else (
            body.encode() if isinstance(body, str) else json.dumps(body).encode())
        self.send_response(status)
        for key, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def cut(self, where):
        """Ends the connection without an answer ("before") or in the middle of it ("body")."""
        if where == "body":
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b'{"id":"')
        self.close_connection = True


def admin(double, method, path, raw):
    """The side door of tests; no token asked."""
    body = json.loads(raw) if raw else {}
    if (method, path) == ("GET", "state"):
        with double.lock:
            return 200, {}, double.store.dump()
    if (method, path) == ("GET", "requests"):
        with double.lock:
            return 200, {}, double.requests
    if (method, path) == ("POST", "faults"):
        double.fault(**body)
        return 200, {}, {}
    if (method, path) == ("DELETE", "faults"):
        double.clear_faults()
        return 200, {}, {}
    if (method, path) == ("POST", "set"):
        with double.lock:
            double.latency_ms = body.get("latency_ms", double.latency_ms)
            if "token" in body:
                double.tokens = {body["token"]: BOT, PERSON_TOKEN: PERSON}
        return 200, {}, {}
    return 404, {}, {"code": 404, "message": f"no such door: {method} /__admin/{path}"}


def main():
    """Runs until it is interrupted; prints its address first."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--version", choices=sorted(VERSIONS), default="2.0")
    parser.add_argument("--latency", type=int, default=0, metavar="MS")
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    parser.add_argument("--token", default=BOT_TOKEN, help="the token of the ingestion bot")
    parser.add_argument("--no-models", action="store_true", help="without the request models")
    options = parser.parse_args()
    try:
        models = None if options.no_models else load_models()
    except ImportError as error:
        sys.exit(f"the request models cannot be loaded ({error}); say --no-models to do without")
    double = OpenMetadataDouble(options.version, options.port, models, options.tls,
                                options.latency)
    double.tokens = {options.token: BOT, PERSON_TOKEN: PERSON}
    double.start()
    print(f"listening on {double.url}", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        double.stop()


if __name__ == "__main__":
    main()
