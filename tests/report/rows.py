"""Rows of lineage._edge_rows() for the pages that the browser tests look at."""

import json
import random

IDENTITY, TRANSFORMATION, AGGREGATION, JOIN, FILTER, GROUP_BY, SORT, CONDITIONAL, WINDOW = (
    0, 1, 2, 8, 9, 10, 11, 12, 13)
MASKED = 16


def row(source, target, pairs, routine=None, path=(), operation="INSERT", kinds=("r", "r"),
        executions=1, rows=None, origin="observed", query=None):
    """One fact; `pairs` are (source column, target column or None for the rows, kind)."""
    return {
        "source_table": source, "source_kind": kinds[0],
        "target_table": target, "target_kind": kinds[1],
        "source_columns": [pair[0] for pair in pairs],
        "target_columns": [pair[1] for pair in pairs], "kinds": [pair[2] for pair in pairs],
        "routine": routine, "call_path": list(path), "operation": operation, "origin": origin,
        "first_seen": "2026-01-01 00:00:00", "last_seen": "2026-01-02 00:00:00",
        "executions": executions, "row_count": rows, "query": query,
    }


NIGHTLY = "shop.nightly(date)"


def shop():
    """A small shop: every kind of table, every kind of edge."""
    load, revenue = "shop.load_sales(date)", "shop.build_revenue(integer)"
    return [
        row("shop.orders", "shop.sales",
            [("id", "order_id", IDENTITY), ("ordered_at", "sold_on", TRANSFORMATION),
             ("status", None, FILTER), ("customer_id", None, JOIN)],
            load, [NIGHTLY, load], executions=31, rows=4120,
            query="INSERT INTO shop.sales SELECT … FROM shop.orders o JOIN shop.order_items i "
                  "ON … WHERE o.status = $1"),
        row("shop.order_items", "shop.sales",
            [("quantity", "amount", AGGREGATION), ("price", "amount", AGGREGATION),
             ("order_id", None, JOIN), ("product_id", "product_id", IDENTITY)],
            load, [NIGHTLY, load], executions=31, rows=4120),
        row("shop.customers", "shop.sales",
            [("email", "customer_hash", TRANSFORMATION | MASKED), ("id", None, JOIN)],
            load, [NIGHTLY, load], executions=31, rows=4120),
        row("shop.customers", "shop.sales", [("region", "region", IDENTITY)],
            "shop.backfill_regions()", ["shop.backfill_regions()"], "UPDATE", rows=12),
        row("shop.sales", "shop.revenue",
            [("amount", "total", AGGREGATION), ("sold_on", "day", IDENTITY),
             ("sold_on", None, GROUP_BY), ("region", "region", IDENTITY),
             ("region", "rank", WINDOW)],
            revenue, [NIGHTLY, revenue], "MERGE", ("r", "p"), 31, 310),
        row("shop.revenue", "shop.revenue", [("total", "total", TRANSFORMATION)],
            revenue, [NIGHTLY, revenue], "UPDATE", ("p", "p"), 31, 310),
        row("shop.control", "shop.revenue", [("enabled", None, CONDITIONAL)],
            revenue, [NIGHTLY, revenue], "MERGE", ("r", "p"), 31),
        row("shop.revenue", "shop.revenue_by_region",
            [("total", "total", AGGREGATION), ("region", "region", IDENTITY),
             ("region", None, GROUP_BY)],
            operation="REFRESH", kinds=("p", "m"), executions=30, origin="observed"),
        row("shop.revenue_by_region", "shop.dashboard",
            [("total", "revenue", IDENTITY), ("region", "region", IDENTITY)],
            operation="CREATE VIEW", kinds=("m", "v"), executions=0, origin="declared"),
        row("erp.products", "shop.products",
            [("sku", "sku", IDENTITY), ("title", "name", TRANSFORMATION)],
            "shop.sync_products()", [NIGHTLY, "shop.sync_products()"], "MERGE", ("f", "r")),
        row("shop.products", "shop.sales", [("category", "category", IDENTITY)],
            load, [NIGHTLY, load], executions=31, rows=4120),
        row("shop.orders", "shop.order_audit",
            [("id", "order_id", IDENTITY), ("status", "new_status", IDENTITY)],
            "shop.audit_order()", ["shop.audit_order() on shop.orders"], "INSERT"),
        row("file:///var/import/rates.csv", "shop.rates", [("rate", "rate", IDENTITY)],
            operation="COPY FROM", kinds=("u", "r"), rows=42),
        row("shop.rates", "shop.sales", []),
    ] + [["shop.sales", column, kind] for column, kind in (
        ("order_id", "bigint"), ("product_id", "bigint"), ("sold_on", "date"),
        ("amount", "numeric(12,2)"), ("customer_hash", "text"), ("region", "text"),
        ("category", "text"))]


HOSTILE = '"<script>window.owned=1</script>"'
HOSTILE_COLUMN = "<img src=x onerror=window.owned=2>"
HOSTILE_ROUTINE = 'public."</script><script>window.owned=3</script>"(text)'


def hostile():
    """Names that try to break out of wherever they are put."""
    breaker = "]]>--></title></svg></style><script>window.owned=4</script>"
    return [
        row(f"public.{HOSTILE}", "public.\"a\"\"b'c&amp;\"",
            [(HOSTILE_COLUMN, "\" onmouseover=window.owned=5 x=\"", IDENTITY),
             ("__proto__", "constructor", IDENTITY), (breaker, None, FILTER)],
            HOSTILE_ROUTINE, [HOSTILE_ROUTINE, breaker], query=breaker),
        row("http://x/?a=\"><script>window.owned=6</script>", f"public.{HOSTILE}",
            [("${window.owned=7}", HOSTILE_COLUMN, IDENTITY)], kinds=("u", "r"),
            operation="<b>COPY</b>"),
        row(f"public.{HOSTILE}", "public.\"表" + "長い名前" * 12 + "\"",
            [("\u2028\u202e{{7*7}}", "привет", IDENTITY)]),
    ]


def random_graph(tables, edges, seed=7):
    """A graph of a given size without cycles, some columns on each edge."""
    pick = random.Random(seed)
    result = []
    for _ in range(edges):
        target = pick.randrange(1, tables)
        source = max(0, target - 1 - int(pick.expovariate(8 / tables)))
        pairs = [(f"c{i}", f"c{pick.randrange(8)}", IDENTITY) for i in range(pick.randrange(1, 5))]
        routine = f"s{target % 9}.load_{target}()"
        result.append(row(f"s{source % 9}.table_{source:04}", f"s{target % 9}.table_{target:04}",
                          pairs, routine, [routine]))
    return result


def lines(rows):
    """The form that make_page reads."""
    return "".join(json.dumps(entry) + "\n" for entry in rows)
