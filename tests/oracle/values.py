"""Values by type: what columns are filled with, and what a column's values are changed to."""

import random

# Few values a type, so that joins meet, groups form and conditions turn. The last is extreme.
POOLS = {
    "int": ("1", "2", "3", "4", "5", "0", "-7", "30000"),
    "bigint": ("1", "2", "3", "4", "5", "0", "-7", "30000"),
    "numeric": ("1", "2.5", "3", "4.25", "5", "0", "-7.5", "30000"),
    "text": ("a", "b", "c", "ab", "bca", "", "Zz9", "x-y z, w"),
    "varchar(40)": ("a", "b", "c", "ab", "bca", "", "Zz9", "x-y z, w"),
    "bool": ("t", "f"),
    "date": ("2026-01-01", "2026-01-02", "2026-02-03", "2025-12-31", "2000-02-29", "2099-12-31"),
    "timestamp": ("2026-01-01 10:00", "2026-01-02 00:00", "2026-02-03 23:59", "2000-02-29 01:02"),
    "int[]": ("{1,2,3}", "{4,5,1}", "{2,2}", "{7}", "{3,1,5,9}", "{}", "{30000,0,1}"),
    "text[]": ("{a,b}", "{c}", "{ab,a,Zz9}", "{}", "{b,b}", "{q,r,s}"),
    "jsonb": (
        '{"k": 1, "l": "a"}',
        '{"k": 2, "l": "b"}',
        '{"k": 3, "l": "c", "m": [1, 2]}',
        '{"k": 5, "m": [3]}',
        '{"l": "zz", "k": 0}',
    ),
    "pair": ("(1,a)", "(2,b)", "(3,)", "(,c)", "(5,ab)", "(30000,Zz9)"),
    "xml": ("<r><v>1</v></r>", "<r><v>2</v><v>3</v></r>", "<r><v>7</v></r>", "<r/>"),
    "tsvector": ("'a' 'b'", "'c'", "'ab'", "'zz'"),
}


def pool(column):
    """The values a column may take."""
    return column.pool or POOLS[column.type]


def distinct(values, count):
    """`count` different values of a pool, made up beyond its end for numbers and texts."""
    values = list(values)
    for i in range(len(values), count):
        last = values[0]
        values.append(str(100 + i) if last.lstrip("-").isdigit() else f"{last}{i}")
    return values[:count]


def _other(value, values, step):
    """A value of the pool that differs."""
    if value not in values:
        return values[step % len(values)]
    return values[(values.index(value) + step) % len(values)]


def assignments(column, old, seed):
    """Several new lists of values for a column that holds `old`, each different from it."""
    values, count = pool(column), len(old)
    plan = []
    if column.unique:
        fresh = distinct(values, 3 * count)
        plan.append(old[1:] + old[:1])
        plan.append([fresh[-1 - i] for i in range(count)])
        plan.append([fresh[count + i] for i in range(count)])
    else:
        plan.append([_other(value, values, 1) for value in old])
        plan.append([old[0]] * count)
        plan.append([values[-1]] * count)
        plan.append(old[1:] + old[:1])
        dice = random.Random(f"{seed}.{column.name}")
        plan.append([dice.choice(values) for _ in old])
        plan.append([_other(old[0], values, 2)] + old[1:])
    if not column.not_null and not column.unique:
        plan.append([None] * count)
        plan.append([None] + old[1:])
    seen, useful = {tuple(old)}, []
    for new in plan:
        if tuple(new) not in seen:
            seen.add(tuple(new))
            useful.append(new)
    return useful


def refill(column, count, dice, narrow=False):
    """Wholly new values for a column of `count` rows; `narrow`: few different ones, no NULL, so
    that rows meet."""
    values = list(pool(column))
    if narrow and not column.unique:
        return [dice.choice(values[:4]) for _ in range(count)]
    if column.unique:
        fresh = distinct(values, count + 2)
        dice.shuffle(fresh)
        return fresh[:count]
    if not column.not_null:
        values.append(None)
    return [dice.choice(values) for _ in range(count)]
