"""How sources of one kind are told apart, and what their children are called."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pulumi

from platform_lib.checks import InvalidInput
from platform_lib.records import record

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_OURS = (
    "alarm",
    "dlq",
    "mapping",
    "notification",
    "permission",
    "policy",
    "subscription",
    "target",
)
"""What the names of our own children end in."""
_SUFFIX = 8
"""What Pulumi adds to a logical name to make a physical one."""

STATEMENT_ID_LIMIT = 100
"""Of the name of a permission, which is the longest of most sources' names."""

READABLE_LIMIT = 140
"""For what has no name in AWS, or one that is shortened: this keeps logical names readable."""


@record
class SourceName:
    """A source among those of its kind."""

    kind: str
    """The field of the args, such as `queues`."""
    name: str
    """What the user calls it; the word for the kind where there is no name."""
    suffix: str
    """What its children's logical names have behind the component's: `queue-orders`."""
    previous_suffix: str
    """What they had before it was renamed; the same where it was not."""

    def key(self, child: str) -> str:
        """Name one of its children as `overrides` does."""
        return f"{self.kind}.{self.name}.{child}"


def check_repeated(
    kind: str, word: str, given: Sequence[Mapping[str, Any]], need: str, *, most: int = 1
) -> None:
    """Refuse what stands there more often than AWS takes it of one function.

    Of Outputs two are alike where they are one, as a resource's `arn` always is.
    """
    seen: Counter[pulumi.Input[str]] = Counter()
    for at, args in enumerate(given):
        source = args.get(word)
        if source is None:
            continue
        seen[source] += 1
        if seen[source] > most:
            raise InvalidInput(f"{kind}[{at}].{word}", source, need)


def named_sources(
    kind: str,
    word: str,
    given: Sequence[Mapping[str, Any]],
    *,
    app: str,
    limit: int = STATEMENT_ID_LIMIT,
    longest: str = "-permission",
) -> Iterator[tuple[str, SourceName, Mapping[str, Any]]]:
    """Give the path in the args, the name and the args of each source of a kind.

    A name, not a place in the list, tells sources apart: so one more, or another order, moves none
    of them. `limit` is AWS's for the physical name whose logical name is the longest, which is
    that of the source with `longest` behind it.
    """
    _check_previous_names(kind, given)
    seen: set[str] = set()
    for at, args in enumerate(given):
        path = f"{kind}[{at}]"
        own = args.get("name")
        if own is not None and not _NAME.fullmatch(own):
            need = "must be small letters, digits and single hyphens, and begin with a letter"
            raise InvalidInput(f"{path}.name", own, need)
        if own is not None and own.split("-")[-1] in _OURS:
            need = f"must not end in one of {', '.join(_OURS)}: our own children's names do"
            raise InvalidInput(f"{path}.name", own, need)
        name = own or word
        if name in seen:
            need = f"another of the {kind} is called {name!r} too; give each a name of its own"
            if own is None:
                need = f"another of the {kind} has no name either; give all but one a name"
            raise InvalidInput(f"{path}.name", own, need)
        seen.add(name)
        suffix = f"{word}-{own}" if own else word
        room = limit - _SUFFIX - len(f"{app}-{word}-{longest}")
        if len(name) > room and own:
            need = f"must be at most {max(room, 0)} characters long behind the component's name"
            raise InvalidInput(f"{path}.name", own, need)
        previous = args.get("previous_name", own)
        yield (
            path,
            SourceName(
                kind=kind,
                name=name,
                suffix=suffix,
                previous_suffix=f"{word}-{previous}" if previous else word,
            ),
            args,
        )


def _check_previous_names(kind: str, given: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a previous name that does not say whose resources become whose."""
    taken = {args.get("name", "") for args in given}
    for at, args in enumerate(given):
        previous = args.get("previous_name")
        if previous is None:
            continue
        field = f"{kind}[{at}].previous_name"
        if previous and not _NAME.fullmatch(previous):
            raise InvalidInput(field, previous, "must be a name, or '' where it had none")
        if previous in taken:
            need = (
                f"one of the {kind} has this name now, or had it before; leave previous_name out "
                "once every stack has the new name, and trade names in two steps"
            )
            raise InvalidInput(field, previous, need)
        taken.add(previous)
