"""ARNs that are given to sources: what they name, and which kinds a place takes."""

import re
from collections.abc import Sequence

import pulumi

from platform_lib.checks import InvalidInput

REGION = r"(?:eusc-)?[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-[0-9]"
"""How a region's name looks, as Lambda's own model has it."""

_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):(?P<service>[a-z0-9-]+):(?P<region>[a-z0-9-]*):"
    r"(?P<account>\d{12})?:(?P<resource>\S+)"
)

ACCOUNT = "123456789012"
HERE = f"us-east-1:{ACCOUNT}"
"""A region and an account as an ARN has them, where only the length counts: no region's name is
shorter."""

KINDS = {
    kind: re.compile(f"arn:aws[a-z-]*:{rest}", re.ASCII)
    for kind, rest in {
        "bucket": r"s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
        "event bus": rf"events:{REGION}:\d{{12}}:event-bus/[\w./-]{{1,256}}",
        "function": rf"lambda:{REGION}:\d{{12}}:function:[\w-]{{1,64}}(:[\w$-]{{1,128}})?",
        # The suffix of what keeps order counts too.
        "queue": rf"sqs:{REGION}:\d{{12}}:(?![\w.-]{{81}})[\w-]+(\.fifo)?",
        "topic": rf"sns:{REGION}:\d{{12}}:(?![\w.-]{{257}})[\w-]+(\.fifo)?",
    }.items()
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


def known(text: pulumi.Input[str]) -> str:
    """Give what is known already of a part of an ARN; empty where that is nothing."""
    return text if isinstance(text, str) else ""


def is_fifo(arn: pulumi.Input[str]) -> bool | None:
    """Tell whether a queue or topic keeps order; None where that is not known yet."""
    return arn.endswith(".fifo") if isinstance(arn, str) else None
