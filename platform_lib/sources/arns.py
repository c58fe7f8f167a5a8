"""ARNs that are given to sources: what they name, and which kinds a place takes."""

import re
from collections.abc import Sequence

import pulumi

from platform_lib.checks import InvalidInput

_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):(?P<service>[a-z0-9-]+):(?P<region>[a-z0-9-]*):"
    r"(?P<account>\d{12})?:(?P<resource>\S+)"
)

KINDS = {
    "bucket": re.compile(r"arn:aws[a-z-]*:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"),
    "event bus": re.compile(r"arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:event-bus/[\w./-]+"),
    "function": re.compile(r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]+(:[\w$-]+)?"),
    "queue": re.compile(r"arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[\w-]{1,80}(\.fifo)?"),
    "topic": re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}(\.fifo)?"),
}
"""What can be named -> how its ARN looks."""


def service_of(arn: object) -> str:
    """Name the service of an ARN; empty for what is none."""
    found = _ARN.fullmatch(str(arn))
    return found["service"] if found else ""


def check_arn(field: str, arn: pulumi.Input[str], kinds: Sequence[str]) -> None:
    """Refuse a known ARN that names none of the kinds."""
    if isinstance(arn, str) and not any(KINDS[kind].fullmatch(arn) for kind in kinds):
        need = f"must be the ARN of {_listed(kinds)}"
        raise InvalidInput(field, arn, need)


def _listed(kinds: Sequence[str]) -> str:
    words = [f"an {kind}" if kind[0] in "aeiou" else f"a {kind}" for kind in kinds]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def is_fifo(arn: pulumi.Input[str]) -> bool | None:
    """Tell whether a queue or topic keeps order; None where that is not known yet."""
    return arn.endswith(".fifo") if isinstance(arn, str) else None
