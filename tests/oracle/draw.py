"""Choices as a list of numbers, so that a case can be replayed and made smaller.

A generator asks for all its decisions here. What was chosen is kept; given the list again, the same
case comes out, and given a shorter one with smaller numbers, a simpler case: the first alternative
is the plainest one everywhere, and a list that has ended answers 0.
"""

import random

server_version = 15  # of the server under test: what may be generated


class Draw:
    def __init__(self, seed=None, choices=None):
        self.random = random.Random(seed) if choices is None else None
        self.given = choices or []
        self.choices = []

    def below(self, limit):
        """A number from 0 to limit - 1."""
        if limit <= 1:
            return 0
        if self.random is not None:
            number = self.random.randrange(limit)
        else:
            at = len(self.choices)
            number = min(self.given[at], limit - 1) if at < len(self.given) else 0
        self.choices.append(number)
        return number

    def between(self, low, high):
        return low + self.below(high - low + 1)

    def one(self, items):
        """One of the items; the first is the plainest."""
        return items[self.below(len(items))]

    def chance(self, percent):
        """True in so many of a hundred draws; False is the plain answer."""
        return self.below(100) >= 100 - percent

    def some(self, items, least=1, most=None):
        """Some of the items in their order, at least `least`."""
        items = list(items)
        count = self.between(min(least, len(items)), min(most or len(items), len(items)))
        picked = []
        for _ in range(count):
            picked.append(items.pop(self.below(len(items))))
        return picked
