"""Makes a failing case smaller: fewer and smaller choices that still fail in the same way."""


def _kind(verdict):
    """What a failure is about; a smaller case must fail alike."""
    kinds = {line.split(":")[0] for line in verdict.disagreements}
    return {"unsound"} if "unsound" in kinds else kinds


def shrink(build, judge, case, verdict, budget=400):
    """The smallest case found, with its verdict.

    build(choices) -> Case replays choices; judge(case) -> Verdict.
    """
    wanted = _kind(verdict)
    best = [case, verdict]  # changed in place
    tried = 0

    def better(choices):
        nonlocal tried
        if tried >= budget:
            return False
        tried += 1
        try:
            candidate = build(choices)
        except (IndexError, ValueError, KeyError):
            return False
        if _size(candidate) >= _size(best[0]):
            return False
        found = judge(candidate)
        if found.skipped or not wanted & _kind(found):
            return False
        best[:] = [candidate, found]
        return True

    progress = True
    while progress and tried < budget:
        progress = _pass(best, better)
    return tuple(best)


def _size(case):
    text = "".join(case.setup) + "".join(case.run) + "".join(t.create() for t in case.tables)
    rows = sum(len(t.rows) for t in case.tables)
    return (len(text) + 10 * rows, len(case.choices), sum(case.choices))


def _pass(best, better):
    """One round: cut blocks out, set blocks to 0, then single choices to 0."""
    progress = False
    length = 64
    while length:
        at = 0
        while at < len(best[0].choices):
            choices = best[0].choices
            if better(choices[:at] + choices[at + length :]):
                progress = True
                continue
            choices = best[0].choices
            block = choices[at : at + length]
            if any(block) and better(choices[:at] + [0] * len(block) + choices[at + length :]):
                progress = True
            at += length
        length //= 2
    return progress
