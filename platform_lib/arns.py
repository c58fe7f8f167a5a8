"""ARNs: how those of each kind look, what one names, and the partition that it begins with."""

import re
from collections.abc import Sequence

import pulumi

from platform_lib.checks import InvalidInput

BUCKET_NAME = (
    r"(?!xn--|sthree-|[a-z0-9.-]*\.\.|[0-9]+(?:\.[0-9]+){3}(?![a-z0-9.-]))"
    r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
)
"""How a bucket's name looks.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
"""

_REGION = r"(?:eusc-)?[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-[0-9]"
"""How a region's name looks, as Lambda's own model has it."""

_HERE = rf"{_REGION}:\d{{12}}"

_ANY = re.compile(
    r"arn:aws[a-z-]*:(?P<service>[a-z0-9-]+):[a-z0-9-]*:(\d{12}|aws|\*)?:\S+", re.ASCII
)

_KINDS = {
    kind: re.compile(f"arn:aws[a-z-]*:{rest}", re.ASCII)
    for kind, rest in {
        "boundary": r"iam::(\d{12}|aws):policy/\S{1,640}",
        "bucket": rf"s3:::{BUCKET_NAME}",
        "caller": rf"[a-z0-9-]+:({_REGION})?:(\d{{12}})?:\S+",
        "certificate": rf"acm:{_HERE}:certificate/[A-Za-z0-9-]+",
        "event bus": rf"events:{_HERE}:event-bus/[\w./-]{{1,256}}",
        "function": rf"lambda:{_HERE}:function:[\w-]{{1,64}}(:[\w$-]{{1,128}})?",
        "key": rf"kms:{_HERE}:key/[A-Za-z0-9-]{{1,64}}",
        "layer": rf"lambda:{_HERE}:layer:[\w-]{{1,140}}:[1-9][0-9]*",
        "listener": (
            rf"elasticloadbalancing:{_HERE}:"
            r"listener/app/[A-Za-z0-9-]{1,32}/[0-9a-f]{16}/[0-9a-f]{16}"
        ),
        "parameter": rf"ssm:{_HERE}:parameter/[^\s#]+",
        # No part of it can be a wildcard.
        "principal": (
            r"(iam::\d{12}:(root|(role|user)/[^\s*?]+)"
            r"|sts::\d{12}:(assumed-role|federated-user)/[^\s*?]+)"
        ),
        # The suffix of what keeps order counts too.
        "queue": rf"sqs:{_HERE}:(?![\w.-]{{81}})[\w-]+(\.fifo)?",
        # With one key of it behind a #, where it is JSON.
        "secret": rf"secretsmanager:{_HERE}:secret:[^\s#]+(#[^\s#]+)?",
        "stream": (
            rf"(dynamodb:{_HERE}:table/[\w.-]+/stream/\S+"
            rf"|kinesis:{_HERE}:stream/[\w.-]+(/consumer/\S+)?)"
        ),
        "table": rf"dynamodb:{_HERE}:table/[\w.-]+(/stream)?/?",
        "topic": rf"sns:{_HERE}:(?![\w.-]{{257}})[\w-]+(\.fifo)?",
    }.items()
}
"""What can be named -> how its ARN looks."""

_PARTITIONS = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
    "eusc-": "aws-eusc",
}
"""How a region's name begins -> its partition; all others are in `aws`."""


def is_arn(text: str, *kinds: str) -> bool:
    """Tell whether a text is the ARN of one of the kinds; of anything where none is given."""
    if not kinds:
        return _ANY.fullmatch(text) is not None
    return any(_KINDS[kind].fullmatch(text) for kind in kinds)


def check_arn(field: str, arn: pulumi.Input[str], kinds: Sequence[str]) -> None:
    """Refuse a known ARN that names none of the kinds."""
    if isinstance(arn, str) and not is_arn(arn, *kinds):
        raise InvalidInput(field, arn, f"must be the ARN of {_listed(kinds)}")


def _listed(kinds: Sequence[str]) -> str:
    words = [f"an {kind}" if kind[0] in "aeiou" else f"a {kind}" for kind in kinds]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def service_of(arn: object) -> str:
    """Name the service of an ARN; empty for what is none."""
    found = _ANY.fullmatch(str(arn))
    return found["service"] if found else ""


def is_fifo(arn: pulumi.Input[str]) -> bool | None:
    """Tell whether a queue or topic keeps order; None where that is not known yet."""
    return arn.endswith(".fifo") if isinstance(arn, str) else None


def partition_of(region: str | None) -> str:
    """Name the partition that a region lies in."""
    found = (_PARTITIONS[each] for each in _PARTITIONS if str(region).startswith(each))
    return next(found, "aws")
