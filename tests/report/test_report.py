#!/usr/bin/env python3
"""The lineage page in a real browser: what a person does with it, and what names must not do.

usage: make report, or: tests/report/test_report.py [-v] [NAME…]   (after make build/make_page)
"""

import os
import pathlib
import subprocess
import tempfile
import time
import unittest

import rows
from browser import Browser

TOP = pathlib.Path(__file__).resolve().parents[2]
MAKE_PAGE = os.environ.get("MAKE_PAGE", str(TOP / "build" / "make_page"))


def setUpModule():
    """One browser and one directory of pages for all tests."""
    global browser, pages
    pages = tempfile.TemporaryDirectory(prefix="pgl-pages.")
    unittest.addModuleCleanup(pages.cleanup)
    browser = Browser()
    unittest.addModuleCleanup(browser.close)


class PageTest(unittest.TestCase):
    """Opens a page; afterwards the console must be empty and the network unasked."""

    def open(self, lines):
        path = pathlib.Path(pages.name) / (self.id() + ".html")
        made = subprocess.run([MAKE_PAGE], input=rows.lines(lines).encode(), capture_output=True,
                              check=True, timeout=60)
        path.write_bytes(made.stdout)
        browser.open(path)
        self.addCleanup(self.check_silence, path.as_uri())
        self.tables = browser.run(
            "return JSON.parse(document.getElementById('data').textContent).tables"
            ".map((table) => table.name)")
        self.edges = browser.run(
            "const data = JSON.parse(document.getElementById('data').textContent);"
            "return data.edges.map((edge) => [data.tables[edge.source].name,"
            " data.tables[edge.target].name])")

    def check_silence(self, address):
        self.assertEqual(browser.console(), [])
        self.assertEqual(browser.requests(), [address])

    def node(self, name, inside=""):
        return f'.node[data-table="{self.tables.index(name)}"] {inside}'.strip()

    def edge(self, source, target, inside=""):
        return f'.edge[data-edge="{self.edges.index([source, target])}"] {inside}'.strip()

    def label(self, source, target):
        return f'.label[data-edge="{self.edges.index([source, target])}"]'

    def names(self, state):
        """The tables that are lit as up, down or on."""
        numbers = browser.run("return [...document.querySelectorAll('.node.' + arguments[0])]"
                              ".map((node) => Number(node.dataset.table))", state)
        return {self.tables[number] for number in numbers}

    def columns(self, state):
        """The columns that are lit, with their tables."""
        return {tuple(pair) for pair in browser.run(
            "return [...document.querySelectorAll('.column.' + arguments[0])].map((row) => "
            "[row.closest('.node').querySelector('.name').textContent,"
            " row.querySelector('text').textContent])", state)}

    def panel(self):
        return browser.text("#panel")

    def search(self, words):
        browser.run("const search = document.getElementById('search'); search.focus();"
                    "search.select()")
        browser.press(*words)


class ShopTest(PageTest):
    """A small graph with everything in it."""

    def setUp(self):
        self.open(rows.shop())

    def test_every_table_and_edge_is_drawn_with_its_kind_and_routine(self):
        self.assertEqual(browser.visible(".node"), 13)
        self.assertEqual(browser.visible(".edge"), 12)  # revenue -> revenue is a mark in its box
        self.assertEqual(browser.text(self.node("erp.products", ".kind")), "foreign table")
        self.assertEqual(browser.text(self.node("file:///var/import/rates.csv", ".kind")),
                         "outside")
        self.assertIn("↻", browser.text(self.node("shop.revenue", ".kind")))
        label = self.label("shop.orders", "shop.sales")
        self.assertEqual(browser.text(label + " text"), "shop.load_sales()")
        tooltip = browser.text(label + " title")
        self.assertIn("INSERT by shop.load_sales(date), executed 31×: IDENTITY, TRANSFORMATION, "
                      "JOIN, FILTER", tooltip)
        self.assertIn("masked", browser.text(self.label("shop.customers", "shop.sales")
                                             + " title"))
        self.assertIn("shop.nightly(date) › shop.load_sales(date)", tooltip)
        self.assertIn("13 tables", browser.text("#counts"))
        self.assertIn("5 routines", browser.text("#counts"))

    def test_columns_appear_on_a_click_and_go_on_the_next(self):
        self.assertEqual(browser.count(".column"), 0)
        transform = "return document.querySelector(arguments[0]).getAttribute('transform')"
        before = browser.run(transform, self.node("shop.control"))
        browser.click(self.node("shop.sales", ".expander"))
        self.assertEqual(browser.visible(self.node("shop.sales", ".column")), 7)
        self.assertEqual(browser.text(self.node("shop.sales", ".column text")), "order_id")
        self.assertEqual(browser.visible(self.edge("shop.orders", "shop.sales", ".pair")), 4)
        self.assertEqual(browser.count(self.edge("erp.products", "shop.products", ".pair")), 0)
        after = browser.run(transform, self.node("shop.control"))
        self.assertNotEqual(before, after)  # what stands below makes room
        browser.click(self.node("shop.sales", ".expander"))
        self.assertEqual(browser.count(".column"), 0)
        self.assertEqual(browser.count(".pair"), 0)

    def test_boxes_do_not_overlap_when_all_columns_are_shown(self):
        browser.click("#expand")
        overlaps = browser.run("""
            const boxes = [...document.querySelectorAll('.node .body')].map(
                (body) => body.getBoundingClientRect());
            return boxes.filter((a, i) => boxes.some((b, j) => i < j && a.left < b.right &&
                b.left < a.right && a.top < b.bottom && b.top < a.bottom)).length""")
        self.assertEqual(overlaps, 0)

    def test_a_table_lights_up_what_is_before_and_behind_it(self):
        browser.click(self.node("shop.revenue", ".head"))
        self.assertEqual(self.names("on"), {"shop.revenue"})
        self.assertEqual(self.names("down"), {"shop.revenue_by_region", "shop.dashboard"})
        self.assertEqual(self.names("up"), {
            "shop.sales", "shop.control", "shop.orders", "shop.order_items", "shop.customers",
            "shop.products", "erp.products", "shop.rates", "file:///var/import/rates.csv"})
        self.assertIn("9 tables upstream", self.panel())
        self.assertIn("Computed from itself", self.panel())
        browser.press("Escape")
        self.assertEqual(self.names("up"), set())

    def test_a_column_is_followed_through_all_tables(self):
        browser.click(self.node("shop.sales", ".expander"))
        browser.click(self.node("shop.sales", '.column[data-column="3"]'))
        self.assertEqual(self.columns("on"), {("sales", "amount")})
        self.assertEqual(self.columns("up"), {("order_items", "quantity"),
                                              ("order_items", "price")})
        self.assertEqual(self.columns("down"), {("revenue", "total"), ("dashboard", "revenue"),
                                                ("revenue_by_region", "total")})
        self.assertIn("numeric(12,2)", self.panel())
        self.assertIn("shop.load_sales(date)", self.panel())
        self.assertEqual(browser.count(".pair.up"), 2)

    def test_an_edge_tells_who_moved_what(self):
        browser.click(self.label("shop.customers", "shop.sales"))
        panel = self.panel()
        for text in ("shop.backfill_regions()", "UPDATE", "shop.load_sales(date)",
                     "shop.nightly(date) › shop.load_sales(date)", "TRANSFORMATION", "masked",
                     "customer_hash", "4,120", "all rows"):
            self.assertIn(text, panel)
        self.assertEqual(self.names("up"), {"shop.customers"})
        browser.click(self.label("shop.orders", "shop.sales"))
        browser.click("#panel summary")
        self.assertIn("WHERE o.status = $1", browser.text("#panel pre"))

    def test_indirect_edges_can_be_switched_off(self):
        weak = self.edge("shop.control", "shop.revenue")
        dashes = browser.run("return getComputedStyle(document.querySelector(arguments[0]))"
                             ".strokeDasharray", weak + " .line")
        self.assertNotEqual(dashes, "none")
        browser.click(self.node("shop.sales", ".expander"))
        self.assertEqual(browser.visible(self.edge("shop.orders", "shop.sales", ".pair")), 4)
        browser.click("#indirect")
        self.assertEqual(browser.visible(weak), 0)
        self.assertEqual(browser.visible(self.label("shop.rates", "shop.sales")), 0)
        self.assertEqual(browser.visible(self.edge("shop.orders", "shop.sales", ".pair")), 2)
        browser.click(self.node("shop.revenue", ".head"))
        self.assertNotIn("shop.control", self.names("up"))
        browser.click("#indirect")
        self.assertIn("shop.control", self.names("up"))

    def test_search_finds_tables_columns_and_routines(self):
        self.search("dashb")
        self.assertEqual(browser.count("#results [role=option]"), 1)
        browser.press("Enter")
        self.assertEqual(self.names("on"), {"shop.dashboard"})
        self.search("customer_hash")
        self.assertIn("column of shop.sales", browser.text("#results"))
        browser.press("Enter")
        self.assertEqual(self.columns("on"), {("sales", "customer_hash")})
        self.search("build_rev")
        browser.press("Enter")
        self.assertIn("shop.build_revenue(integer)", browser.text("#panel h2"))
        self.assertEqual(browser.count(".edge.on"), 2)
        self.search("no such thing")
        self.assertIn("Nothing has this in its name", browser.text("#results"))

    def test_everything_can_be_done_with_the_keyboard(self):
        browser.press("/", *"sales", "Enter")
        browser.run("document.querySelector(arguments[0]).focus()",
                    self.node("shop.sales", ".head"))
        browser.press("Space")
        self.assertEqual(browser.run("return document.querySelector(arguments[0])"
                                     ".getAttribute('aria-expanded')",
                                     self.node("shop.sales", ".head")), "true")
        browser.press("Down", "Enter")
        self.assertEqual(self.columns("on"), {("sales", "order_id")})
        browser.run("document.querySelector(arguments[0]).focus()",
                    self.node("shop.sales", ".head"))
        browser.press("Right", "Enter")
        self.assertEqual(self.names("on"), {"shop.revenue"})
        browser.press("Right", "Right", "Enter")
        self.assertEqual(self.names("on"), {"shop.dashboard"})
        browser.press("Escape", "x")
        self.assertEqual(self.names("on"), set())

    def test_dark_and_light(self):
        background = "return getComputedStyle(document.body).backgroundColor"
        before = browser.run(background)
        browser.click("#theme")
        self.assertNotEqual(browser.run(background), before)
        browser.click("#theme")
        self.assertEqual(browser.run(background), before)

    def test_the_graph_can_be_zoomed_dragged_and_fitted(self):
        where = "return document.getElementById('viewport').getAttribute('transform')"
        start = browser.run(where)
        browser.click("#zoom-in")
        self.assertNotEqual(browser.run(where), start)
        browser.call("POST", "/actions", {"actions": [{
            "type": "pointer", "id": "mouse", "actions": [
                {"type": "pointerMove", "x": 500, "y": 150, "duration": 0},
                {"type": "pointerDown", "button": 0},
                {"type": "pointerMove", "x": 560, "y": 190, "duration": 50},
                {"type": "pointerUp", "button": 0}]}]})
        browser.click("#fit")
        inside = browser.run("""
            const canvas = document.getElementById('canvas').getBoundingClientRect();
            return [...document.querySelectorAll('.node .body')].every((body) => {
              const box = body.getBoundingClientRect();
              return box.left >= canvas.left && box.right <= canvas.right &&
                box.top >= canvas.top && box.bottom <= canvas.bottom; })""")
        self.assertTrue(inside)


class OtherPagesTest(PageTest):
    """Pages at the borders: hostile names, nothing, very much."""

    def test_hostile_names_are_only_names(self):
        self.open(rows.hostile())
        self.assertIn("<script>", browser.text(self.node(f"public.{rows.HOSTILE}", ".name")))
        browser.click("#expand")
        self.assertEqual(browser.text(self.node(f"public.{rows.HOSTILE}", ".column text")),
                         rows.HOSTILE_COLUMN)
        for edge in range(len(self.edges)):
            browser.run("document.querySelector(arguments[0]).dispatchEvent("
                        "new MouseEvent('click', {bubbles: true}))", f'.edge[data-edge="{edge}"]')
        for words in ("owned", "onmouseover", "__proto__", "</script>"):
            self.search(words)
            self.assertGreaterEqual(browser.count("#results [role=option]"), 1, words)
            browser.press("Enter")
        browser.press("Escape", "Escape")
        self.assertTrue(browser.run("return window.owned === undefined"))
        self.assertEqual(browser.count("script:not([nonce])"), 1)  # the data
        self.assertEqual(browser.count("img, b[onclick], [onmouseover]"), 0)

    def test_a_database_without_lineage_says_so(self):
        self.open([])
        self.assertIn("No lineage in shop yet", browser.text("#empty"))
        self.assertIn("0 tables", browser.text("#counts"))

    def test_three_hundred_tables_are_a_matter_of_seconds(self):
        start = time.monotonic()
        self.open(rows.random_graph(300, 480))
        self.assertGreater(browser.count(".node"), 250)
        self.assertLess(time.monotonic() - start, 20)
        self.assertIn("labels appear on pointing", browser.text(".note"))
        self.assertEqual(browser.visible(".label"), 0)
        source, target = self.edges[5]
        self.search(target)
        browser.press("Enter")
        self.assertGreaterEqual(browser.visible(".label.up"), 1)

    def test_thousands_of_tables_still_answer(self):
        self.open(rows.random_graph(4000, 7000))
        self.assertGreater(browser.count(".node"), 3500)
        self.assertIn("Very large graph", browser.text(".note"))
        self.search("table_0207")
        browser.press("Enter")
        self.assertEqual(self.names("on"), {"s0.table_0207"})


if __name__ == "__main__":
    unittest.main()
