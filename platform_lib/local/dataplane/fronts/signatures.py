"""Requests that are signed for IAM, as far as that can be told here.

A request must carry a signature of version 4 for the service that it goes to. Whose it is, and
whether it is right, is not checked: the account's keys are made up, and any will do.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

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


def iam_context(access_key: str, account_id: str) -> dict[str, Any]:
    """Word who signed, as a function is told."""
    user = f"arn:aws:iam::{account_id}:root"
    return {
        "accessKey": access_key,
        "accountId": account_id,
        "callerId": account_id,
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": user,
        "userId": account_id,
    }
