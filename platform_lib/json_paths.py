"""The small part of JSONPath that EventBridge and CloudWatch Logs know."""

import re
from typing import Any, Final

MISSING: Final = object()
"""What a path gives that leads nowhere."""

_STEP = re.compile(r"\.([\w\-/]+)|\[(\d+)\]|\.?\[['\"]([^'\"]+)['\"]\]|\.\*|\[\*\]")


def find(path: str, value: Any) -> Any:
    """Return what a path such as `$.detail.items[0].name` leads to, or MISSING.

    Raises:
        ValueError: The path cannot be read, or leads to several places.
    """
    steps = _steps(path)
    if None in steps:
        raise ValueError(f"the local cloud reads no wildcard, as in path {path!r}")
    found = _walk(steps, value)
    return found[0] if found else MISSING


def select(path: str, value: Any) -> Any:
    """Return what a path leads to as EventBridge gives it: with a wildcard, a list of all.

    A wildcard, as in `$.detail.items[*].name`, leads to every item of a list and every value of
    an object; where there are none, the list is empty.

    Raises:
        ValueError: The path cannot be read.
    """
    steps = _steps(path)
    return _walk(steps, value) if None in steps else find(path, value)


def _walk(steps: list[str | int | None], value: Any) -> list[Any]:
    places = [value]
    for step in steps:
        places = [inner for place in places for inner in _inside(place, step)]
    return places


def _inside(place: Any, step: str | int | None) -> list[Any]:
    if step is None:
        return list(place.values()) if isinstance(place, dict) else _items(place)
    if isinstance(step, int):
        return _items(place)[step : step + 1]
    return [place[step]] if isinstance(place, dict) and step in place else []


def _items(place: Any) -> list[Any]:
    return place if isinstance(place, list) else []


def _steps(path: str) -> list[str | int | None]:
    """Split a path into names, numbers, and None for a wildcard."""
    if not path.startswith("$"):
        raise ValueError(f"path {path!r} does not begin with $")
    found: list[str | int | None] = []
    at = 1
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            raise ValueError(f"the local cloud cannot read {path[at:]!r} of path {path!r}")
        at = step.end()
        name, index, quoted = step.groups()
        found.append(int(index) if index is not None else name or quoted)
    return found
