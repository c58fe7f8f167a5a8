"""The small part of JSONPath that EventBridge and CloudWatch Logs know."""

import re
from typing import Any, Final

MISSING: Final = object()
"""What a path gives that leads nowhere."""

_STEP = re.compile(r"\.([\w\-/]+)|\[(\d+)\]|\.?\[['\"]([^'\"]+)['\"]\]")


def find(path: str, value: Any) -> Any:
    """Return what a path such as `$.detail.items[0].name` leads to, or MISSING.

    Raises:
        ValueError: The path is none that can be read.
    """
    if not path.startswith("$"):
        raise ValueError(f"path {path!r} does not begin with $")
    for key in _steps(path):
        if isinstance(key, int):
            inside = isinstance(value, list) and key < len(value)
        else:
            inside = isinstance(value, dict) and key in value
        if not inside:
            return MISSING
        value = value[key]
    return value


def _steps(path: str) -> list[str | int]:
    found: list[str | int] = []
    at = 1
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            raise ValueError(f"the local cloud cannot read {path[at:]!r} of path {path!r}")
        at = step.end()
        name, index, quoted = step.groups()
        found.append(int(index) if index is not None else name or quoted)
    return found
