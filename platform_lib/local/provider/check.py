"""Check and Diff: what a row takes, what it is called, and what a change of it does."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from platform_lib.local.provider.convert import Converter, empty_of
from platform_lib.local.provider.drift import calls_of
from platform_lib.local.provider.row import TAGS_ALL, Properties, Row
from platform_lib.local.provider.template import fields, is_template
from platform_lib.local.provider.values import plain

HOW = "docs/local_cloud.md, Rows of your own"
"""Where it stands how a user adds to what the local cloud knows."""

DEFAULTS = "__defaults"
"""Input that lists which inputs were filled in by us and not by the user."""


@dataclass(frozen=True)
class Failure:
    """An input that cannot be taken."""

    property: str
    reason: str


@dataclass(frozen=True)
class Autoname:
    """What the engine says of names: see Pulumi's `pulumi:autonaming`.

    Attributes:
        logical: The resource's name in the program.
        seed: The same bytes give the same name.
        proposed: A name that the engine wants. Default: ours is made up.
        off: Whether names must be given.
    """

    logical: str
    seed: bytes = b""
    proposed: str = ""
    off: bool = False


def check(
    row: Row, old: Properties, new: Properties, autoname: Autoname
) -> tuple[Properties, list[Failure]]:
    """Fill defaults in, and find what the row does not take.

    Args:
        row: The resource's row.
        old: The inputs of the last run, empty for a new resource.
        new: The program's inputs, secrets wrapped.
        autoname: How to name it.
    """
    checked = dict(new)
    failures = _find_failures(row, plain(new))
    ours: list[str] = []
    for word, value in row.defaults.items():
        if word not in checked:
            checked[word] = value
            ours.append(word)
    if row.name is not None:
        ours += _name(row, old, checked, autoname, failures)
    checked[DEFAULTS] = sorted(ours)
    return checked, failures


def _find_failures(row: Row, inputs: Properties) -> list[Failure]:
    failures: list[Failure] = []
    for word, value in inputs.items():
        if word in row.ignored or word in row.hooked or word.startswith("__"):
            continue
        if row.name and word == row.name.prefix:
            continue
        if word == "region":
            continue
        if word in row.refused:
            failures.append(Failure(word, f"cannot be imitated locally: {row.refused[word]}"))
        else:
            failures += [_unknown(row, path) for path in unknown_paths(row, word, value)]
    return failures


def unknown_paths(row: Row, word: str, value: Any) -> list[str]:
    """List the paths of an input that no operation of the row takes."""
    prepared = row.prepare({word: value}) if row.prepare else {word: value}
    best: list[str] | None = None
    for call in calls_of(row):
        converter = Converter(row, call)
        taken = [item for item in prepared if converter.top(item) is not None]
        if not taken:
            continue
        for item in taken:
            converter.sent(item, prepared[item])
        if best is None or len(converter.unknown) < len(best):
            best = converter.unknown
    return [word] if best is None else best


def _unknown(row: Row, path: str) -> Failure:
    if path in row.refused:
        return Failure(path, f"cannot be imitated locally: {row.refused[path]}")
    return Failure(
        path,
        f"'{path}' is not known to the local cloud: no operation of {row.type} takes it. Correct "
        f"the name, leave it out, or take it by a row of your own ({HOW})",
    )


def _name(
    row: Row, old: Properties, checked: Properties, autoname: Autoname, failures: list[Failure]
) -> list[str]:
    """Name the resource where the user does not; give the inputs that were filled in."""
    name = row.name
    if name is None:
        return []
    given = plain(checked.get(name.input))
    if given is not None:
        if isinstance(given, str) and len(given) > name.limit:
            reason = f"{given!r} is {len(given)} long, AWS takes at most {name.limit}"
            failures.append(Failure(name.input, reason))
        return []
    if name.input in (old.get(DEFAULTS) or ()) and name.input in old:
        checked[name.input] = old[name.input]
        return [name.input]
    if autoname.off:
        failures.append(Failure(name.input, "must be given: automatic naming is off"))
        return []
    digits = "".join(random.Random(autoname.seed).choices("0123456789abcdef", k=7))  # noqa: S311
    prefix = plain(checked.get(name.prefix)) or name.stem
    made = f"{prefix}{digits}" if prefix else autoname.proposed or f"{autoname.logical}-{digits}"
    made = made.lower() if name.lower else made
    made += ".fifo" if name.fifo and plain(checked.get(name.fifo)) else ""
    if len(made) > name.limit:
        reason = (
            f"the name made up for {autoname.logical!r}, {made!r}, is {len(made)} long, AWS takes "
            f"at most {name.limit}: give a shorter '{name.input}', or a shorter logical name"
        )
        failures.append(Failure(name.input, reason))
    checked[name.input] = made
    return [name.input]


@dataclass(frozen=True)
class Change:
    """What a change of inputs does to a resource."""

    changed: list[str]
    replaces: list[str]
    delete_first: bool


def compared(row: Row, old: Properties, new: Properties) -> tuple[Properties, Properties]:
    """Give inputs before and after a change as the provider compares them.

    What one of the two does not say is there what it is without a program's word: the row's
    default, or what it was where the provider leaves it to AWS.
    """
    before, after = plain(old), plain(new)
    for word in {*before, *after}:
        if word in row.keeps and word not in after:
            after[word] = before[word]
        elif row.unset.get(word) is not None:
            before.setdefault(word, row.unset[word])
            after.setdefault(word, row.unset[word])
    return before, after


def diff(row: Row, old: Properties, new: Properties, ignore: tuple[str, ...] = ()) -> Change:
    """Compare inputs: what changed, and what of it no operation can change in place."""
    before, after = compared(row, old, new)
    words = {*before, *after} - {DEFAULTS, *ignore}
    changed = sorted(word for word in words if before.get(word) != after.get(word))
    # What the provider's default tags make of the tags changes as tags do.
    replaces = [
        word for word in changed if word != TAGS_ALL and _replaces(row, word, before, after)
    ]
    identity = fields(row.id) if is_template(row.id) else set()
    if row.name:
        identity.add(row.name.input)
    # A name that the user gave is taken until its holder is gone; ours is made up anew.
    fixed = bool(identity - {"account", "region"}) and not identity & set(new.get(DEFAULTS) or ())
    return Change(changed, replaces, bool(replaces) and fixed and not identity & set(changed))


def _replaces(row: Row, word: str, before: Properties, after: Properties) -> bool:
    if word in row.replace or (row.name and word == row.name.prefix):
        return True
    if word in row.settled and (word in before) != (word in after):
        return True
    if word in row.ignored or word in row.hooked or (word == "tags" and row.tags):
        return False
    sent = _prepared(row, word, after.get(word, before.get(word)))
    takers = [(Converter(row, call), item) for call in row.update for item in sent]
    takers = [(taker, item) for taker, item in takers if taker.takes([item])]
    if not takers:
        return True
    if word in after or word in row.unset:
        return False
    # It was taken away: can the operation that changes it say "nothing"?
    return not any(
        taker.call.without or (not taker.needs(item) and _can_be_empty(taker, item))
        for taker, item in takers
    )


def _can_be_empty(taker: Converter, word: str) -> bool:
    route = taker.top(word)
    return taker.call.sends_all or (route is not None and empty_of(route.shape) is not None)


def _prepared(row: Row, word: str, value: Any) -> Mapping[str, Any]:
    return row.prepare({word: value}) if row.prepare else {word: value}
