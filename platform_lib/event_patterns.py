"""Event patterns: which events an EventBridge rule or a Lambda filter lets through.

Fields of a pattern are all to match, values of a field's list are alternatives, and an object in
such a list is an operator. Pure functions: components check what they were given, and the local
cloud matches real events. What AWS's documents leave open is answered as AWS's own matcher does,
release 2.1.0 of github.com/aws/event-ruler, which was run beside this module. Not imitated are its
slips: alternatives of one `$or` that begin with the same value of a field lose their others, a
range of IPv6 can hold a number or an address of IPv4. Undocumented there, and refused here:
`exactly`.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
"""

import ipaddress
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import count, pairwise
from typing import Any, Final

MAX_LENGTH: Final = 4096
"""Characters of a pattern; EventBridge allows half of it until a quota is raised."""

_NUMBERS: Final = 5_000_000_000
"""What `numeric` can compare: from the negative of this to this."""

_BRANCHES: Final = 1000
"""Combinations that the `$or` of one pattern may come to."""

_OPERATORS: Final = (
    "anything-but",
    "cidr",
    "equals-ignore-case",
    "exists",
    "numeric",
    "prefix",
    "suffix",
    "wildcard",
)
_RESERVED: Final = frozenset(
    {
        *(*_OPERATORS, "exactly", "=", "<", "<=", ">", ">="),
        *("regex", "not-wildcard", "not-equals-ignore-case"),
        *("date-after", "date-on-or-after", "date-before", "date-on-or-before", "in-date-range"),
        *("ip-address-in-range", "ip-address-not-in-range"),
    }
)
"""What no field inside `$or` may be called: operators, and words kept for later ones."""

_LAMBDA_OPERATORS: Final = tuple(word for word in _OPERATORS if word not in ("cidr", "wildcard"))
_INSIDE_ANYTHING_BUT: Final = ("equals-ignore-case", "prefix", "suffix", "wildcard")

_COMPARISONS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "=": lambda value, limit: value == limit,
    "<": lambda value, limit: value < limit,
    "<=": lambda value, limit: value <= limit,
    ">": lambda value, limit: value > limit,
    ">=": lambda value, limit: value >= limit,
}

Path = tuple[str, ...]


def check_pattern(
    pattern: Mapping[str, Any], *, for_lambda: bool = False, limit: int = MAX_LENGTH
) -> None:
    """Refuse a pattern that AWS would.

    Args:
        pattern: The pattern, as parsed from JSON.
        for_lambda: Whether it filters an event source mapping, which knows fewer operators.
        limit: Characters that fit.

    Raises:
        ValueError: What is wrong, and at which field.
    """
    if not isinstance(pattern, Mapping):
        raise ValueError("must be an object of fields")  # noqa: TRY004 - one kind for callers
    try:
        text = json.dumps(
            pattern, separators=(",", ":"), sort_keys=True, allow_nan=False, ensure_ascii=False
        )
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"is not JSON: {error}") from None
    if len(text) > limit:
        raise ValueError(f"is {len(text)} characters of JSON long, AWS takes {limit}")
    try:
        branches = _check_fields(pattern, (), for_lambda=for_lambda, inside_or=False)
        if branches > _BRANCHES:
            raise ValueError(f"its $or make {branches} combinations, AWS takes {_BRANCHES}")
        _branches(pattern, ())
    except RecursionError:
        raise ValueError("is nested too deep") from None


def _check_fields(
    fields: Mapping[str, Any], at: Path, *, for_lambda: bool, inside_or: bool
) -> int:
    """Check an object of fields; return how many combinations its `$or` make."""
    if not fields:
        raise ValueError(_told(at, "an empty object matches nothing"))
    branches = 1
    for name, rule in fields.items():
        if not isinstance(name, str):
            problem = _told(at, f"the name {name!r} is no text")
            raise ValueError(problem)  # noqa: TRY004 - one kind for callers
        here = (*at, name)
        if name == "$or":
            if not _is_list(rule) or len(rule) < 2:
                raise ValueError(_told(here, "must be a list of two objects or more"))
            alternatives = 0
            for each in rule:
                if not isinstance(each, Mapping):
                    problem = _told(here, "must be a list of objects")
                    raise ValueError(problem)  # noqa: TRY004 - one kind for callers
                alternatives += _check_fields(each, at, for_lambda=for_lambda, inside_or=True)
            branches *= alternatives
            continue
        if inside_or and name in _RESERVED:
            raise ValueError(_told(here, "a field inside $or cannot have the name of an operator"))
        if isinstance(rule, Mapping):
            branches *= _check_fields(rule, here, for_lambda=for_lambda, inside_or=inside_or)
        elif not _is_list(rule) or not rule:
            raise ValueError(_told(here, "must be a list of at least one value, or an object"))
        else:
            for each in rule:
                _check_value(each, here, _LAMBDA_OPERATORS if for_lambda else _OPERATORS)
    return branches


def _check_value(value: Any, at: Path, known: Sequence[str]) -> None:
    if not isinstance(value, Mapping):
        if _is_list(value):
            raise ValueError(_told(at, "a list inside the list of values is not allowed"))
        return
    if len(value) != 1:
        raise ValueError(_told(at, "an operator is an object with one key"))
    [(operator, operand)] = value.items()
    if operator not in known:
        raise ValueError(_told(at, f"no operator {operator!r}; known are {', '.join(known)}"))
    problem = _CHECKS[operator](operand)
    if problem is None and operator == "anything-but" and isinstance(operand, Mapping):
        problem = None if "wildcard" in known else "takes values only in a Lambda filter"
    if problem is not None:
        raise ValueError(_told(at, f"{operator} {problem}"))


def _check_affix(operand: Any) -> str | None:
    if isinstance(operand, Mapping):
        inner = operand.get("equals-ignore-case")
        good = len(operand) == 1 and isinstance(inner, str)
        return None if good else "takes text or {'equals-ignore-case': text}"
    return None if isinstance(operand, str) else "takes text"


def _check_text(operand: Any) -> str | None:
    return None if isinstance(operand, str) else "takes text"


def _check_exists(operand: Any) -> str | None:
    return None if isinstance(operand, bool) else "takes true or false"


def _check_cidr(operand: Any) -> str | None:
    if not isinstance(operand, str) or _address_range(operand) is None:
        return (
            "takes ADDRESS/BITS, such as 10.0.0.0/24, of at most 31 bits, with IPv6 127; one "
            "address is given as it is, without cidr"
        )
    return None


def _check_wildcard(operand: Any) -> str | None:
    if not isinstance(operand, str):
        return "takes text"
    try:
        parts = _wildcard_parts(operand)
    except ValueError as error:
        return str(error)
    if any(a is None and b is None for a, b in pairwise(parts)):
        return "takes no two * in a row"
    return None


def _check_numeric(operand: Any) -> str | None:
    if not _is_list(operand) or len(operand) not in (2, 4):
        return "takes a list such as ['>', 0, '<=', 5]"
    words, limits = operand[::2], operand[1::2]
    for word, limit in zip(words, limits, strict=True):
        if word not in _COMPARISONS:
            return f"has no comparison {word!r}; known are {' '.join(_COMPARISONS)}"
        if not _is_number(limit) or not -_NUMBERS <= limit <= _NUMBERS:
            return f"compares numbers from {-_NUMBERS} to {_NUMBERS}"
    if len(words) == 2:
        if words[0] not in (">", ">=") or words[1] not in ("<", "<="):
            return "takes two comparisons only as a range: > or >= first, then < or <="
        if limits[0] >= limits[1]:
            return "has a range that nothing is in: the first number must be the smaller"
    return None


def _check_anything_but(operand: Any) -> str | None:
    if isinstance(operand, Mapping):
        return _check_anything_but_operator(operand)
    values = operand if _is_list(operand) else [operand]
    texts_only = all(isinstance(value, str) for value in values)
    numbers_only = all(_is_number(value) for value in values)
    if not values or not (texts_only or numbers_only):
        return "takes text or a number, or a list of texts only or of numbers only"
    return None


def _check_anything_but_operator(operand: Mapping[str, Any]) -> str | None:
    if len(operand) != 1 or next(iter(operand)) not in _INSIDE_ANYTHING_BUT:
        return f"takes values, or one of {', '.join(_INSIDE_ANYTHING_BUT)}"
    [(operator, inner)] = operand.items()
    texts = inner if _is_list(inner) else [inner]
    if not texts or not all(isinstance(text, str) for text in texts):
        return f"with {operator} takes text, or a list of texts"
    if operator in ("prefix", "suffix") and not all(texts):
        return f"with {operator} takes text that is not empty"
    if operator == "wildcard":
        return next((bad for text in texts if (bad := _check_wildcard(text))), None)
    return None


_CHECKS: Final[Mapping[str, Callable[[Any], str | None]]] = {
    "anything-but": _check_anything_but,
    "cidr": _check_cidr,
    "equals-ignore-case": _check_text,
    "exists": _check_exists,
    "numeric": _check_numeric,
    "prefix": _check_affix,
    "suffix": _check_affix,
    "wildcard": _check_wildcard,
}


def _told(at: Path, problem: str) -> str:
    return f"{'.'.join(at)}: {problem}" if at else problem


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _is_number(value: object) -> bool:
    # bool is an int in Python; JSON's true is no number.
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _branches(fields: Mapping[str, Any], at: Path) -> list[Mapping[str, Sequence[Any]]]:
    """Spread `$or` out: each branch has the values of every path that must match with the others.

    A dot in a name stands for a step down, so that `{"a.b": ...}` is `{"a": {"b": ...}}`.

    Raises:
        ValueError: Two places name one path, of which AWS takes the last alone, or none.
    """
    found: list[Mapping[str, Sequence[Any]]] = [{}]
    for name, rule in fields.items():
        if name == "$or":
            more = [branch for each in rule for branch in _branches(each, at)]
        elif isinstance(rule, Mapping):
            more = _branches(rule, (*at, name))
        else:
            more = [{".".join((*at, name)): rule}]
        found = [_joined(one, other) for one in found for other in more]
    return found


def values_by_path(
    pattern: Mapping[str, Any], at: Path = ()
) -> Iterator[tuple[str, Sequence[Any]]]:
    """Yield each path that a checked pattern names, as `detail.state`, with its values."""
    for name, rule in pattern.items():
        if name == "$or":
            for each in rule:
                yield from values_by_path(each, at)
        elif isinstance(rule, Mapping):
            yield from values_by_path(rule, (*at, name))
        else:
            yield ".".join((*at, name)), rule


def _joined(
    one: Mapping[str, Sequence[Any]], other: Mapping[str, Sequence[Any]]
) -> Mapping[str, Sequence[Any]]:
    for path in other:
        if path in one:
            raise ValueError(f"{path}: is named twice, which AWS does not take; join the values")
    return {**one, **other}


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Tell whether a pattern that `check_pattern` passed lets an event through.

    A list in the event stands for each of its values. Fields below a list of objects must match
    within one of those objects. A dot in a name, of the pattern or of the event, stands for a step
    down.
    """
    leaves: dict[str, list[_Leaf]] = {}
    for path, leaf in _leaves(event, (), {}, count()):
        leaves.setdefault(path, []).append(leaf)
    return any(_match_branch(branch, leaves) for branch in _branches(pattern, ()))


_Place = Mapping[int, int]
"""Where in lists something stands: the number of a list -> the number of the value in it."""

_Leaf = tuple[Any, _Place]
"""A value that is neither an object nor a list, and where it stands."""


def _leaves(
    node: Any, at: Path, place: _Place, lists: Iterator[int]
) -> Iterator[tuple[str, _Leaf]]:
    if isinstance(node, Mapping):
        for name, value in node.items():
            yield from _leaves(value, (*at, name), place, lists)
    elif _is_list(node):
        number = next(lists)
        for index, each in enumerate(node):
            inner = isinstance(each, Mapping) or _is_list(each)
            yield from _leaves(each, at, {**place, number: index} if inner else place, lists)
    else:
        yield ".".join(at), (node, place)


def _match_branch(
    branch: Mapping[str, Sequence[Any]], leaves: Mapping[str, Sequence[_Leaf]]
) -> bool:
    places: list[Sequence[_Place]] = []
    for path, values in branch.items():
        found = leaves.get(path, ())
        # Absent means absent everywhere: another object of a list may have the field.
        if not found and {"exists": False} in values:
            continue
        fitting = [place for value, place in found if any(_match_value(v, value) for v in values)]
        if not fitting:
            return False
        places.append(fitting)
    return _agree(places, {})


def _agree(places: Sequence[Sequence[_Place]], chosen: _Place) -> bool:
    """Tell whether a place can be chosen for each path, with one value of each list in all."""
    if not places:
        return True
    return any(
        all(chosen.get(number, index) == index for number, index in place.items())
        and _agree(places[1:], {**chosen, **place})
        for place in places[0]
    )


def _match_value(wanted: Any, value: Any) -> bool:
    if not isinstance(wanted, Mapping):
        return _equal(wanted, value) or _same_address(wanted, value)
    [(operator, operand)] = wanted.items()
    match operator:
        case "exists":
            return bool(operand)
        case "anything-but":
            return not _excluded(operand, value)
        case "numeric":
            pairs = zip(operand[::2], operand[1::2], strict=True)
            return _is_number(value) and all(
                _COMPARISONS[word](value, limit) for word, limit in pairs
            )
        case "cidr":
            return _in_range(operand, value)
    return isinstance(value, str) and _match_text(operator, operand, value)


def _equal(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, bool) or isinstance(value, bool):
        return wanted is value
    return bool(wanted == value)


def _same_address(wanted: Any, value: Any) -> bool:
    """Tell whether two texts are one address: `2001:db8::1` is `2001:DB8:0::1`."""
    if not isinstance(wanted, str) or not isinstance(value, str):
        return False
    address = _address(wanted)
    return address is not None and address == _address(value)


def _excluded(operand: Any, value: Any) -> bool:
    if isinstance(operand, Mapping):
        [(operator, inner)] = operand.items()
        texts = inner if _is_list(inner) else [inner]
        return isinstance(value, str) and any(_match_text(operator, text, value) for text in texts)
    return any(_equal(each, value) for each in (operand if _is_list(operand) else [operand]))


def _match_text(operator: str, operand: Any, value: str) -> bool:
    any_case = operator == "equals-ignore-case"
    if isinstance(operand, Mapping):
        any_case, operand = True, operand["equals-ignore-case"]
    return _regex(operator, operand, any_case=any_case).fullmatch(value) is not None


@lru_cache(maxsize=1024)
def _regex(operator: str, text: str, *, any_case: bool) -> re.Pattern[str]:
    parts = _wildcard_parts(text) if operator == "wildcard" else list(text)
    body = "".join(".*" if part is None else _letter(part, any_case=any_case) for part in parts)
    before = ".*" if operator == "suffix" else ""
    after = ".*" if operator == "prefix" else ""
    return re.compile(f"{before}{body}{after}", re.DOTALL)


def _letter(letter: str, *, any_case: bool) -> str:
    """Word a letter in both its cases, of which one may be longer, as "SS" of "ß"."""
    if not any_case or ord(letter) > 0xFFFF:
        return re.escape(letter)
    return f"(?:{re.escape(letter.lower())}|{re.escape(letter.upper())})"


_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@lru_cache(maxsize=1024)
def _address(text: str) -> _Address | None:
    """Read an address; its numbers may have zeros in front, and IPv4 may be written as IPv6."""
    if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3}){3}", text):
        text = ".".join(str(int(part)) for part in text.split("."))
    elif not re.fullmatch(r"[0-9a-fA-F:]*:[0-9a-fA-F:]*", text):
        return None
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


@lru_cache(maxsize=1024)
def _address_range(text: str) -> tuple[_Address, _Address] | None:
    """Read ADDRESS/BITS as the first and the last address; None where it is none AWS takes."""
    head, _, bits = text.partition("/")
    address = _address(head)
    if address is None or not re.fullmatch(r"[0-9]{1,3}", bits):
        return None
    if int(bits) >= address.max_prefixlen:
        return None
    network = ipaddress.ip_network((address, int(bits)), strict=False)
    return network.network_address, network.broadcast_address


def _in_range(text: str, value: Any) -> bool:
    address = _address(value) if isinstance(value, str) else None
    limits = _address_range(text)
    if address is None or limits is None or address.version != limits[0].version:
        return False
    return bool(int(limits[0]) <= int(address) <= int(limits[1]))


def _wildcard_parts(pattern: str) -> list[str | None]:
    """Split a wildcard into its letters, None for each `*` that stands for any text."""
    parts: list[str | None] = []
    letters = iter(pattern)
    for letter in letters:
        if letter == "\\":
            escaped = next(letters, "")
            if escaped not in ("*", "\\"):
                raise ValueError("takes a backslash only before * or another backslash")
            parts.append(escaped)
        else:
            parts.append(None if letter == "*" else letter)
    return parts
