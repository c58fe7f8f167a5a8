"""Whether what AWS answers still is what was sent, and what it says in Pulumi's words if not."""

import datetime
import json
from collections.abc import Mapping
from typing import Any


def member(found: Mapping[str, Any], name: str) -> Any:
    """Give a member of an answer, whose case or plural may differ from what was sent."""
    if name in found:
        return found[name]
    # Not through the cache of shapes: an answer is seen once.
    flat = {key.lower(): key for key in found}
    for spelling in (name.lower(), name.lower() + "s", name.lower().removesuffix("s")):
        if spelling in flat:
            return found[flat[spelling]]
    return None


def covers(sent: Any, found: Any) -> bool:  # noqa: PLR0911 - one a kind of value
    """Say whether an answer holds everything that was sent; it may hold AWS's defaults besides."""
    if found is None:
        return sent in (None, "", [], {}, False, 0) or _is_empty(sent)
    if isinstance(sent, dict):
        found = _parsed(found)
        if isinstance(found, list):
            # AWS lists once what was sent alone.
            return any(covers(sent, item) for item in found)
        if not isinstance(found, dict):
            return False
        return all(covers(value, member(found, key)) for key, value in sent.items())
    if isinstance(sent, list):
        return _covers_list(sent, found)
    if isinstance(sent, bool):
        return str(found).lower() == str(sent).lower()
    if isinstance(sent, int | float):
        return _number(found) == float(sent)
    if isinstance(sent, str):
        return _covers_text(sent, found)
    return bool(sent == found)


def _is_empty(sent: Any) -> bool:
    if isinstance(sent, dict):
        return all(_is_empty(value) for value in sent.values())
    return sent in (None, "", [], False, 0)


def _covers_list(sent: list[Any], found: Any) -> bool:
    found = _parsed(found)
    if isinstance(found, str):
        found = found.split(",")
    if isinstance(found, dict):
        pairs = as_map(sent)
        return pairs is not None and covers(pairs, found)
    if not isinstance(found, list) or len(found) != len(sent):
        return False
    left = list(found)
    for item in sent:
        match = next((other for other in left if covers(item, other)), None)
        if match is None:
            return False
        left.remove(match)
    return True


def _covers_text(sent: str, found: Any) -> bool:
    if isinstance(found, str) and sent == found:
        return True
    if isinstance(found, bool | int | float):
        return sent.lower() == str(found).lower() or _number(sent) == _number(found)
    if isinstance(found, list) and all(isinstance(item, str) for item in found):
        return sorted(sent.split(",")) == sorted(found)
    if isinstance(found, datetime.datetime):
        return sent[:19] == found.astimezone(datetime.UTC).isoformat()[:19]
    return sent[:1] in ("{", "[") and _parsed(sent) == _parsed(found)


def _parsed(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def as_map(pairs: Any) -> dict[str, str] | None:
    """Make a map of a list of keys with values; None where it is not such a list."""
    if isinstance(pairs, dict):
        return pairs
    out = {}
    for pair in pairs or []:
        if not isinstance(pair, dict):
            return None
        key = member(pair, "Key") or member(pair, "TagKey") or member(pair, "Name")
        value = member(pair, "Value") or member(pair, "TagValue") or ""
        if key is None:
            return None
        out[key] = value
    return out


def lower_camel(name: str, noun: str = "") -> str:
    """Give AWS's word as Pulumi would write it: `KMSKeyId` is `kmsKeyId`."""
    if noun and name.lower().startswith(noun.lower()) and len(name) > len(noun):
        name = name[len(noun) :]
    capitals = len(name) - len(name.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    if capitals > 1 and capitals < len(name):
        capitals -= 1
    return name[:capitals].lower() + name[capitals:]


def in_pulumi_words(found: Any, noun: str = "") -> Any:
    """Word an answer as Pulumi would, by its names alone."""
    if isinstance(found, dict):
        return {lower_camel(key, noun): in_pulumi_words(item) for key, item in found.items()}
    if isinstance(found, list):
        return [in_pulumi_words(item) for item in found]
    if isinstance(found, datetime.datetime):
        return found.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return found
