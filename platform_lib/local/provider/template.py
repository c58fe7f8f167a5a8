"""Templates of rows: strings in which `{name}` stands for a property."""

import re
from collections.abc import Mapping
from typing import Any

_FIELD = re.compile(r"\{([A-Za-z_][A-Za-z0-9_.]*)\}")


def is_template(text: Any) -> bool:
    """Say whether something is to be filled in: a string with a field, or a list or mapping."""
    return not isinstance(text, str) or _FIELD.search(text) is not None


def fields(template: Any) -> set[str]:
    """Name every field of a template, at every depth."""
    if isinstance(template, str):
        return set(_FIELD.findall(template))
    if isinstance(template, Mapping):
        return set().union(*(fields(item) for item in template.values()))
    if isinstance(template, list):
        return set().union(*(fields(item) for item in template))
    return set()


def fill(template: Any, values: Mapping[str, Any]) -> Any:
    """Fill a template in; None where it names something that is absent.

    A template that is one field alone keeps the value's type; members that turn out None are left
    out of a mapping.
    """
    if isinstance(template, Mapping):
        filled = {key: fill(item, values) for key, item in template.items()}
        # A block of which nothing is known is left out with its members.
        empty = {key for key, item in filled.items() if item == {} and template[key]}
        return {key: item for key, item in filled.items() if item is not None and key not in empty}
    if isinstance(template, list):
        return [fill(item, values) for item in template]
    if not isinstance(template, str):
        return template
    alone = _FIELD.fullmatch(template)
    if alone:
        return _get(values, alone[1])
    if any(_get(values, name) is None for name in _FIELD.findall(template)):
        return None
    return _FIELD.sub(lambda found: str(_get(values, found[1])), template)


def _get(values: Mapping[str, Any], dotted: str) -> Any:
    value: Any = values
    for step in dotted.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def read_back(template: str, text: str) -> dict[str, str]:
    """Find the fields of a template in what it was filled to; nothing where it does not fit."""
    pattern = ""
    end = 0
    for found in _FIELD.finditer(template):
        pattern += re.escape(template[end : found.start()]) + f"(?P<{found[1]}>.+?)"
        end = found.end()
    match = re.fullmatch(pattern + re.escape(template[end:]), text)
    return match.groupdict() if match else {}
