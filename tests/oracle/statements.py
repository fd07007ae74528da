"""Random statements over random tables: generate(seed) makes one case."""

from draw import Draw
from queries import Queries, Scope
from world import World

DEPTH = 2


def insert_select(world, queries):
    """INSERT INTO t SELECT …"""
    query = queries.query(Scope(), None, DEPTH)
    target = world.target([c.type for c in query.cols])
    for column, made in zip(target.columns, query.cols):
        world.writes(target.name, column.name, made.d)
    world.run.append(f"INSERT INTO {target.name} {query.sql}")


FORMS = [insert_select]


def build(draw, seed):
    """One case from the draws."""
    world = World(draw, seed)
    for _ in range(draw.between(1, 2)):
        world.source()
    form = draw.one(FORMS)
    world.features.add(form.__name__)
    form(world, Queries(world))
    return world.case()


def generate(seed):
    draw = Draw(seed=seed)
    case = build(draw, seed)
    case.choices = draw.choices
    return case
