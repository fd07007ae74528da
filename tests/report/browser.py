"""A real headless Chromium, driven by chromedriver over the WebDriver protocol.

Standard library only. Records what the page asks the network for and what it writes to the console.

    with Browser() as browser:
        browser.open(path_of_a_file)
        browser.click("#expand")
        assert browser.run("return document.title") == "…"
"""

import base64
import json
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the protocol's name of an element's id
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--window-size=1500,900", "--force-device-scale-factor=1"]
KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "Left": "\ue012", "Up": "\ue013",
        "Right": "\ue014", "Down": "\ue015", "Tab": "\ue004", "Space": " "}


class BrowserError(Exception):
    """What the driver answered in place of a value."""


class Browser:
    """One session; everything of it is gone after the with block."""

    def __init__(self, flags=()):
        self.profile = tempfile.mkdtemp(prefix="pgl-browser.")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self.driver = subprocess.Popen(["chromedriver", f"--port={port}"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.session = None
        try:
            self._start([*FLAGS, *flags, f"--user-data-dir={self.profile}"])
        except BaseException:
            self.close()
            raise

    def _start(self, flags):
        end = time.monotonic() + 60
        while True:
            try:
                self._call("GET", "/status")
                break
            except urllib.error.URLError:
                if time.monotonic() > end or self.driver.poll() is not None:
                    raise
                time.sleep(0.05)
        wanted = {"browserName": "chrome",
                  "goog:chromeOptions": {"args": flags, "binary": shutil.which("chromium")},
                  "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
        answer = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.session = "/session/" + answer["sessionId"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends browser and driver."""
        if self.session is not None:
            try:
                self._call("DELETE", self.session)
            except (BrowserError, OSError):
                pass  # the driver's end below ends the browser too
            self.session = None
        self.driver.terminate()
        try:
            self.driver.wait(20)
        except subprocess.TimeoutExpired:
            self.driver.kill()
        shutil.rmtree(self.profile, ignore_errors=True)

    def _call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        try:
            with self.opener.open(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            value = json.load(error)["value"]
            raise BrowserError(f"{value['error']}: {value['message']}") from None

    def call(self, method, path, body=None):
        """A command of the session."""
        return self._call(method, self.session + path, body)

    def open(self, path):
        """Loads a page from a file; forgets what was logged before it."""
        self.console()
        self.requests()
        self.call("POST", "/url", {"url": pathlib.Path(path).resolve().as_uri()})

    def run(self, script, *arguments):
        """Runs a script in the page and answers what it returns."""
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def find(self, selector):
        """The first element of a CSS selector."""
        found = self.call("POST", "/element", {"using": "css selector", "value": selector})
        return found[ELEMENT]

    def click(self, selector):
        """A click by the pointer into the middle of an element; fails where something covers it."""
        self.call("POST", f"/element/{self.find(selector)}/click", {})

    def text(self, selector):
        """The text of an element as the page holds it."""
        return self.run("return document.querySelector(arguments[0]).textContent", selector)

    def count(self, selector):
        """How many elements there are."""
        return self.run("return document.querySelectorAll(arguments[0]).length", selector)

    def visible(self, selector):
        """How many of the elements are drawn."""
        return self.run("return [...document.querySelectorAll(arguments[0])].filter((element) => "
                        "element.getClientRects().length && "
                        "getComputedStyle(element).visibility === 'visible').length", selector)

    def press(self, *keys):
        """Presses keys one after the other, in whatever has the focus."""
        actions = []
        for key in keys:
            for char in KEYS.get(key, key):
                actions += [{"type": "keyDown", "value": char}, {"type": "keyUp", "value": char}]
        self.call("POST", "/actions", {"actions": [
            {"type": "key", "id": "keyboard", "actions": actions}]})

    def screenshot(self, path):
        """Writes a picture of the window."""
        pathlib.Path(path).write_bytes(base64.b64decode(self.call("GET", "/screenshot")))

    def console(self):
        """What the page wrote to the console since the last call, warnings of the policy too."""
        entries = self.call("POST", "/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries]

    def requests(self):
        """The addresses that pages from files asked for since the last call."""
        found = []
        for entry in self.call("POST", "/se/log", {"type": "performance"}):
            message = json.loads(entry["message"])["message"]
            if message["method"] != "Network.requestWillBeSent":
                continue
            if message["params"]["documentURL"].startswith("file:"):  # not the browser's own pages
                found.append(message["params"]["request"]["url"])
        return found
