"""Random statements over random tables: generate(seed) makes one case."""

import functools
import sys

import composites
import composites_more
import forms_bodies
import forms_corners
import forms_events
import forms_fields
import forms_frames
import forms_further
import forms_json
import forms_members
import forms_more
import forms_newer
import forms_oddities
import forms_outside
import forms_parts
import forms_rare
import forms_remote
import forms_schema
import forms_seldom
import forms_session
import forms_sole
import forms_unusual
import forms_whole
import forms_wordings
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
    + forms_json.FORMS
    + forms_parts.FORMS
    + forms_remote.FORMS
    + forms_frames.FORMS
    + forms_further.FORMS
    + forms_fields.FORMS
    + forms_wordings.FORMS
    + forms_members.FORMS
    + forms_whole.FORMS
)


WITH_WAYS = (
    composites_more, forms_bodies, forms_corners, forms_fields, forms_frames, forms_further,
    forms_json, forms_members, forms_oddities, forms_parts, forms_rare, forms_remote,
    forms_seldom, forms_sole, forms_unusual, forms_whole, forms_wordings,
)


def each():
    """Every form once; one that has ways once for each of them."""
    found = []
    for form in [*dict.fromkeys(FORMS), *forms_newer.forms()]:
        module = sys.modules[form.__module__]
        if module not in WITH_WAYS:
            found.append(form)
    for module in WITH_WAYS:
        found += [functools.partial(taken, way) for way in module.WAYS]
    return found


def taken(way, world, queries):
    """A way of a form, over a table of its own."""
    if way.__module__ == composites_more.__name__:
        world.need_composite()
    way(world, forms_sole.alone(world))


def in_turn(number):
    """The case of this number when all forms and ways have their turn, again and again."""
    forms = each()
    return build(Draw(seed=number), number, forms[number % len(forms)])


def build(draw, seed, only=None):
    """One case from the draws; of the form `only`, if one is given."""
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
    for _ in range(1 if only else draw.between(1, 2)):
        form = only or draw.one(FORMS + forms_newer.forms())
        world.features.add(getattr(form, "__name__", "way"))
        form(world, queries)
    return world.case()


def generate(seed):
    draw = Draw(seed=seed)
    case = build(draw, seed)
    case.choices = draw.choices
    return case
