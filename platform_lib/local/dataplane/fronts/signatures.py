"""Requests that are signed for IAM, as far as that can be told here.

A request must carry a signature of version 4 for the service that it goes to. Whether it is right
is not checked. A role or a user whose key it is made with is judged by its policies; the account's
own key, and an unknown one, may do everything.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from aiohttp.web import BaseRequest

from platform_lib.local.account import Account
from platform_lib.local.rights.actions import Need
from platform_lib.local.rights.judge import request_facts

_HEADER = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=(?P<key>[\w-]+)/\d{8}/[\w-]+/(?P<service>[\w-]+)/aws4_request,"
    r"\s*SignedHeaders=[\w;-]+,\s*Signature=[0-9a-f]+"
)
_CREDENTIAL = re.compile(r"(?P<key>[\w-]+)/\d{8}/[\w-]+/(?P<service>[\w-]+)/aws4_request")


def signer(headers: Mapping[str, str], query: str, service: str) -> str | None:
    """Name the access key that a request is signed with for a service; None where it is not."""
    found = _HEADER.fullmatch(headers.get("Authorization", "").strip())
    if found is None:
        given = parse_qs(query)
        signed = (
            given.get("X-Amz-Algorithm") == ["AWS4-HMAC-SHA256"] and "X-Amz-Signature" in given
        )
        found = _CREDENTIAL.fullmatch(given.get("X-Amz-Credential", [""])[0]) if signed else None
    return found["key"] if found is not None and found["service"] == service else None


def iam_context(account: Account, access_key: str) -> dict[str, Any]:
    """Word who signed, as a function is told."""
    known = account.sessions.known(access_key)
    user = known.caller.arn if known else f"arn:aws:iam::{account.account_id}:root"
    user_id = known.caller.facts["aws:userid"] if known else account.account_id
    return {
        "accessKey": access_key,
        "accountId": account.account_id,
        "callerId": user_id,
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": user,
        "userId": user_id,
    }


def may(account: Account, access_key: str, wanted: Sequence[Need], request: BaseRequest) -> bool:
    """Whether who signed may do all of this; where not, the screen says why."""
    known = account.judge.known(access_key) if account.judge else None
    if account.judge is None or known is None:
        return True
    agent = request.headers.get("User-Agent", "")
    facts = request_facts(account.region, request.remote or "127.0.0.1", agent)
    there = account.judge.there(account.region)
    return account.judge.refused_to(known, wanted, facts, there) is None
