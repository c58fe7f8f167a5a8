"""How long a function's own policy becomes at least, as far as that is known before it is made."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import pulumi

from platform_lib.checks import InvalidInput
from platform_lib.function_app.sources.source import Source

ACCOUNT = "123456789012"
HERE = f"us-east-1:{ACCOUNT}"
"""A region and an account as an ARN has them, where only the length counts: no region's name is
shorter."""

_LIMIT = 20_480
"""Bytes: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

_CONDITIONS = {
    "source_arn": ("ArnLike", "AWS:SourceArn"),
    "source_account": ("StringEquals", "AWS:SourceAccount"),
    "event_source_token": ("StringEquals", "lambda:EventSourceToken"),
    "principal_org_id": ("StringEquals", "aws:PrincipalOrgID"),
}


def known(text: pulumi.Input[str]) -> str:
    """Give what is known already of a part of an ARN; empty where that is nothing."""
    return text if isinstance(text, str) else ""


def check_policy(sources: Iterable[Source], overrides: Mapping[str, Any]) -> None:
    """Refuse more permissions than one alias can hold, where their least size tells it.

    What is named by Pulumi, known later or overridden counts as nothing, so that AWS may still
    refuse what passes here.
    """
    sizes: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for one in sources:
        prefix = one.at.key("")
        if one.permission is not None and not any(key.startswith(prefix) for key in overrides):
            sizes[one.at.kind] += len(_statement(one.permission).encode())
            counts[one.at.kind] += 1
    if sizes.total() > _LIMIT:
        [(kind, _)] = sizes.most_common(1)
        need = (
            f"the permissions of all sources come to at least {sizes.total()} bytes, and a "
            f"function's own policy holds {_LIMIT}; divide the sources among functions"
        )
        raise InvalidInput(kind, counts[kind], need)


def _statement(permission: Mapping[str, Any]) -> str:
    """Word a permission as it stands in the policy, without what is not known."""
    known = {word: text for word, text in permission.items() if isinstance(text, str)}
    conditions: dict[str, dict[str, str]] = {}
    for word, (operator, key) in _CONDITIONS.items():
        if word in known:
            conditions.setdefault(operator, {})[key] = known[word]
    statement = {
        "Sid": "",
        "Effect": "Allow",
        "Principal": known["principal"],
        "Action": "lambda:InvokeFunction",
        "Resource": f"arn:aws:lambda:{HERE}:function::",
        **({"Condition": conditions} if conditions else {}),
    }
    return json.dumps(statement, separators=(",", ":"), ensure_ascii=False)
