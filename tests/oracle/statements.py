"""Random statements over random tables: generate(seed) makes one case."""

import composites
import composites_more
import forms_bodies
import forms_corners
import forms_events
import forms_more
import forms_newer
import forms_oddities
import forms_outside
import forms_rare
import forms_schema
import forms_seldom
import forms_session
import forms_sole
import forms_unusual
import forms_write
from draw import Draw
from forms_schema import add_view
from functions import add_function
from queries import Queries
from world import World

FORMS = (
    forms_write.FORMS * 2
    + forms_schema.FORMS
    + forms_session.FORMS
    + composites.FORMS
    + forms_more.FORMS
    + forms_events.FORMS
    + forms_outside.FORMS
    + forms_sole.FORMS
    + composites_more.FORMS
    + forms_bodies.FORMS
    + forms_rare.FORMS
    + forms_corners.FORMS
    + forms_oddities.FORMS
    + forms_seldom.FORMS
    + forms_unusual.FORMS
)


def build(draw, seed):
    """One case from the draws."""
    world = World(draw, seed)
    for _ in range(draw.between(1, 2)):
        world.source(dropped=draw.chance(15))
    queries = Queries(world)
    if draw.chance(15):
        world.need_composite()
        world.source(types=["pair", "int"])
    if draw.chance(25):
        add_function(world, queries)
    if draw.chance(25):
        add_view(world, queries)
    for _ in range(draw.between(1, 2)):
        form = draw.one(FORMS + forms_newer.forms())
        world.features.add(form.__name__)
        form(world, queries)
    return world.case()


def generate(seed):
    draw = Draw(seed=seed)
    case = build(draw, seed)
    case.choices = draw.choices
    return case
