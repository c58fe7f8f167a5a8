"""Event patterns: which events an EventBridge rule or a Lambda filter lets through.

Fields of a pattern are all to match, values of a field's list are alternatives, and an object in
such a list is an operator. Pure functions: components check what they were given, and the local
cloud matches real events.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
"""

import ipaddress
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
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
    except RecursionError:
        raise ValueError("is nested too deep") from None
    if branches > _BRANCHES:
        raise ValueError(f"its $or make {branches} combinations, AWS takes {_BRANCHES}")


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
            count = 0
            for each in rule:
                if not isinstance(each, Mapping):
                    problem = _told(here, "must be a list of objects")
                    raise ValueError(problem)  # noqa: TRY004 - one kind for callers
                count += _check_fields(each, at, for_lambda=for_lambda, inside_or=True)
            branches *= count
            continue
        if inside_or and name in _OPERATORS:
            raise ValueError(_told(here, "an operator cannot be a field inside $or"))
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
    try:
        ipaddress.ip_network(operand, strict=False)
    except (ValueError, TypeError):
        return "takes a range of addresses such as 10.0.0.0/24"
    return None if isinstance(operand, str) and "/" in operand else "takes ADDRESS/BITS"


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
        if len(operand) != 1 or next(iter(operand)) not in _INSIDE_ANYTHING_BUT:
            return f"takes values, or one of {', '.join(_INSIDE_ANYTHING_BUT)}"
        [(operator, inner)] = operand.items()
        texts = inner if _is_list(inner) else [inner]
        if not texts or not all(isinstance(text, str) and text for text in texts):
            return f"with {operator} takes text, or a list of texts, none of them empty"
        if operator == "wildcard":
            return next((bad for text in texts if (bad := _check_wildcard(text))), None)
        return None
    values = operand if _is_list(operand) else [operand]
    texts_only = all(isinstance(value, str) for value in values)
    numbers_only = all(_is_number(value) for value in values)
    if not values or not (texts_only or numbers_only):
        return "takes text or a number, or a list of texts only or of numbers only"
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


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Tell whether a pattern that `check_pattern` passed lets an event through.

    A list in the event stands for each of its values. Fields below a list of objects must match
    within one of those objects.
    """
    return _match_fields(pattern, event, (), event)


def _match_fields(fields: Mapping[str, Any], node: Any, at: Path, root: Any) -> bool:
    # Nothing is below an empty list, so what is to be absent there is.
    return any(
        all(_match_field(name, rule, each, at, root) for name, rule in fields.items())
        for each in list(_items(node)) or [None]
    )


def _match_field(name: str, rule: Any, node: Any, at: Path, root: Any) -> bool:
    if name == "$or":
        return any(_match_fields(each, node, at, root) for each in rule)
    here = (*at, name)
    value = node[name] if isinstance(node, Mapping) and name in node else _MISSING
    if isinstance(rule, Mapping):
        return _match_fields(rule, value, here, root)
    leaves = [] if value is _MISSING else [leaf for leaf in _items(value) if _is_leaf(leaf)]
    for each in rule:
        if isinstance(each, Mapping) and "exists" in each:
            # Absent means absent everywhere: another object of a list may have the field.
            found = leaves if each["exists"] else _leaves_at(root, here)
            if bool(found) == each["exists"]:
                return True
        elif any(_match_value(each, leaf) for leaf in leaves):
            return True
    return False


_MISSING: Final = object()


def _items(value: Any) -> Iterator[Any]:
    """Yield the values of a list, at every depth; a value that is no list is its own."""
    if _is_list(value):
        for each in value:
            yield from _items(each)
    else:
        yield value


def _is_leaf(value: Any) -> bool:
    return not isinstance(value, Mapping)


def _leaves_at(node: Any, path: Path) -> list[Any]:
    nodes = list(_items(node))
    for name in path:
        nodes = [
            leaf
            for each in nodes
            if isinstance(each, Mapping) and name in each
            for leaf in _items(each[name])
        ]
    return [each for each in nodes if _is_leaf(each)]


def _match_value(wanted: Any, value: Any) -> bool:
    if not isinstance(wanted, Mapping):
        return _equal(wanted, value)
    [(operator, operand)] = wanted.items()
    match operator:
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


def _excluded(operand: Any, value: Any) -> bool:
    if isinstance(operand, Mapping):
        [(operator, inner)] = operand.items()
        texts = inner if _is_list(inner) else [inner]
        return isinstance(value, str) and any(_match_text(operator, text, value) for text in texts)
    return any(_equal(each, value) for each in (operand if _is_list(operand) else [operand]))


def _match_text(operator: str, operand: Any, value: str) -> bool:
    if isinstance(operand, Mapping):
        value, operand = value.lower(), operand["equals-ignore-case"].lower()
    match operator:
        case "prefix":
            return value.startswith(str(operand))
        case "suffix":
            return value.endswith(str(operand))
        case "wildcard":
            return _wildcard_regex(operand).fullmatch(value) is not None
    return value.lower() == str(operand).lower()


def _in_range(network: str, value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


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


def _wildcard_regex(pattern: str) -> re.Pattern[str]:
    pieces = (".*" if part is None else re.escape(part) for part in _wildcard_parts(pattern))
    return re.compile("".join(pieces), re.DOTALL)
