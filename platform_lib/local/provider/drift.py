"""What an input is now, read back from the account."""

from collections.abc import Mapping
from typing import Any

import jmespath

from platform_lib.local.provider.compare import as_map, covers, in_pulumi_words, member
from platform_lib.local.provider.convert import Converter, Route
from platform_lib.local.provider.row import TAGS_ALL, Call, Properties, Row
from platform_lib.local.provider.values import Secret, has_secret, plain


def calls_of(row: Row) -> tuple[Call, ...]:
    """Give every operation of a row that takes inputs."""
    return (row.create, *row.also, *row.update)


def current_value(row: Row, word: str, value: Any, sent: Any, found: Mapping[str, Any]) -> Any:
    """Give an input as it is now: the value itself where AWS still holds what was sent.

    Args:
        row: The resource's row.
        word: The input.
        value: Its value in the program, secrets wrapped.
        sent: Its value as it was prepared for sending; None where it was not sent.
        found: What was read.
    """
    unread = {
        *row.ignored,
        *row.dropped,
        *(set(row.hooked) - set(row.back) - set(row.attributes)),
        "region",
        TAGS_ALL,
    }
    if row.name:
        unread.add(row.name.prefix)
    if word.startswith("__") or word in unread or not row.looks:
        return value
    same, now = _compare(row, word, value, sent, found)
    if same:
        return value
    return Secret(now) if has_secret(value) and now is not None else now


def _compare(
    row: Row, word: str, value: Any, sent: Any, found: Mapping[str, Any]
) -> tuple[bool, Any]:
    if word == "tags" and isinstance(sent, dict):
        tags = user_tags(found)
        return tags == sent, tags or None
    if word in row.back:
        now = jmespath.search(row.back[word], found)
        return covers(plain(value), now) or covers(sent, now), in_pulumi_words(now)
    if Converter(row, row.create).is_attribute(word):
        attributes = as_map(member(found, "Attributes")) or {}
        sent_pairs = dict(Converter(row, row.create).attributes(word, sent))
        now = {key: attributes.get(key) for key in sent_pairs}
        alone = row.attributes.get(word)
        return covers(sent_pairs, now), now[alone] if alone else in_pulumi_words(now)
    now = None
    for call in calls_of(row):
        converter = Converter(row, call)
        members = None if sent is None else converter.sent(word, sent)
        if members is None:
            continue
        if covers(members, found):
            return True, value
        route = converter.top(word)
        if now is None and route is not None:
            now = _at(found, route)
    return False, in_pulumi_words(now)


def _at(found: Any, route: Route) -> Any:
    for step in route.path:
        while isinstance(found, list) and found:
            found = found[0]
        found = member(found, step) if isinstance(found, Mapping) else None
    return found


def user_tags(found: Mapping[str, Any]) -> dict[str, str]:
    """Give the tags in an answer without AWS's own, which begin with `aws:`."""
    tags = as_map(member(found, "Tags") or member(found, "TagSet") or member(found, "TagList"))
    return {key: value for key, value in (tags or {}).items() if not key.startswith("aws:")}


def imported(row: Row, found: Mapping[str, Any]) -> Properties:
    """Make inputs of what was read, for a resource that no program made."""
    inside = member(found, row.into) if row.into else None
    words: Properties = in_pulumi_words({**found, **(inside or {})}, row.noun)
    for word, source in row.back.items():
        words[word] = in_pulumi_words(jmespath.search(source, found))
    tags = user_tags(found)
    taken = [Converter(row, call) for call in calls_of(row)]
    out = {
        word: value
        for word, value in words.items()
        if value not in (None, "", [], {})
        and word not in row.ignored
        and (word in row.back or any(converter.top(word) for converter in taken))
    }
    out.pop("tags", None)
    hidden = {word: Secret(out[word]) for word in row.secret if word in out}
    return {**out, **hidden, **({"tags": tags} if tags else {})}
