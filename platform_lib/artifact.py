"""Which of the ways to give an app was taken."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import pulumi

from platform_lib.checks import InvalidInput


def chosen_way(args: Mapping[str, Any], ways: tuple[frozenset[str], ...]) -> frozenset[str]:
    """Find the one way whose fields are all given, and no field of another way besides."""
    fields = frozenset[str]().union(*ways)
    given = frozenset(field for field in fields if field in args)
    if given not in ways:
        allowed = "; or ".join(" with ".join(sorted(way, key=_source_first)) for way in ways)
        field = min(given, key=_source_first) if given else "source"
        got = ", ".join(sorted(given)) or "none of them"
        need = f"exactly one way to give the app is needed: {allowed}; got {got}"
        raise InvalidInput(field, args.get(field), need)
    return given


def _source_first(field: str) -> tuple[bool, str]:
    return field != "source", field


def text_version(text: pulumi.Input[str]) -> pulumi.Output[str]:
    """Name a ready artifact by its address, for want of its content."""
    return pulumi.Output.from_input(text).apply(
        lambda known: hashlib.sha256(str(known).encode()).hexdigest()[:16]
    )


_S3_URI = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(\S+)")


def split_s3_uri(field: str, uri: str) -> tuple[str, str]:
    """Split `s3://bucket/key`."""
    found = _S3_URI.fullmatch(uri)
    if found is None:
        raise InvalidInput(field, uri, "must be s3://bucket/key")
    return found[1], found[2]
