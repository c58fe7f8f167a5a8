"""A refusal, in the words and the shape in which each service gives it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from platform_lib.local.permissions import Caller
from platform_lib.local.rights.actions import Need
from platform_lib.local.rights.asked import Asked

_TEXT = 0x60
_MAP = 0xA0
_SHORT, _BYTE, _WORD = 24, 256, 65536


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """An answer of HTTP that refuses."""

    status: str
    headers: Sequence[tuple[str, str]]
    body: bytes


def words(asked: Asked, caller: Caller, need: Need, why: str) -> str:
    """Say who may not do what on what, and why, as AWS does.

    SQS writes its actions in lower case, S3 puts ARNs into quotes, Secrets Manager does not say
    which key; all is so in what people report: aws/serverless-application-model#3633,
    aws-samples/serverless-patterns#2457, mongodb/mongodbatlas-cloudformation-resources#982.
    """
    action, resource = need.action, need.resource or "*"
    if _is_key_of(asked, need) and asked.service == "secretsmanager":
        return "Access to KMS is not allowed"
    if action.startswith("sqs:"):
        why = why.replace(action, action.lower())
        action = action.lower()
    elif action.startswith("sns:"):
        why = why.replace(action, action.replace("sns:", "SNS:"))
        action = action.replace("sns:", "SNS:")
    elif action.startswith("s3:") and need.resource:
        resource = f'"{resource}"'
    on = "" if action.startswith("ec2:") and resource == "*" else f" on resource: {resource}"
    return f"User: {caller.arn} is not authorized to perform: {action}{on} {why}"


def refused(asked: Asked, need: Need, told: str) -> Refusal:
    """Word a refusal for a request's protocol."""
    request = str(uuid.uuid4())
    # Botocore's models of these services have an error of its own for what a key refuses.
    own = _OF_KEYS.get(asked.service) if _is_key_of(asked, need) else None
    kind, code, status, body = _SHAPES[asked.protocol](asked, told, request, own)
    headers = [("Content-Type", kind), ("x-amzn-RequestId", request)]
    if code:
        headers.append(("x-amzn-ErrorType", code))
    if asked.service == "sqs" and asked.protocol == "json":
        headers.append(("x-amzn-query-error", f"{own or 'AccessDenied'};Sender"))
    if asked.protocol == "cbor":
        headers.append(("smithy-protocol", "rpc-v2-cbor"))
    if asked.method == "HEAD":
        body = b""
    headers.append(("Content-Length", str(len(body))))
    return Refusal(status=status, headers=headers, body=body)


_OF_KEYS = {
    "kinesis": "KMSAccessDeniedException",
    "sns": "KMSAccessDenied",
    "sqs": "KmsAccessDenied",
}


def _is_key_of(asked: Asked, need: Need) -> bool:
    """Whether it is not the service's own resource that refuses, but the key that encrypts it."""
    return need.action.startswith("kms:") and asked.service != "kms"


_Shape = tuple[str, str, str, bytes]
_DENIED = "AccessDeniedException"


def _json(asked: Asked, told: str, _: str, own: str | None) -> _Shape:
    # Services that spoke the query protocol once keep its code in a shape of their own.
    code = own or ("AccessDenied" if asked.service == "sqs" else _DENIED)
    code = f"com.amazonaws.sqs#{code}" if asked.service == "sqs" else code
    status = "403 Forbidden" if asked.service == "sqs" else "400 Bad Request"
    body = json.dumps({"__type": code, "Message": told, "message": told}).encode()
    return "application/x-amz-json-1.0", "", status, body


def _rest_json(_: Asked, told: str, __: str, ___: str | None) -> _Shape:
    body = json.dumps({"Message": told, "message": told}).encode()
    return "application/json", _DENIED, "403 Forbidden", body


def _cbor(_: Asked, told: str, __: str, ___: str | None) -> _Shape:
    pairs = {"__type": f"com.amazonaws#{_DENIED}", "message": told}
    parts = [_cbor_text(text) for pair in pairs.items() for text in pair]
    body = bytes([_MAP | len(pairs)]) + b"".join(parts)
    return "application/cbor", "", "403 Forbidden", body


def _cbor_text(text: str) -> bytes:
    """Write a text as CBOR (RFC 8949): its length, then itself."""
    content = text.encode()
    size = len(content)
    if size < _SHORT:
        return bytes([_TEXT | size]) + content
    if size < _BYTE:
        return bytes([_TEXT | 24, size]) + content
    return bytes([_TEXT | 25]) + size.to_bytes(2, "big") + content[: _WORD - 1]


def _query(_: Asked, told: str, request: str, own: str | None) -> _Shape:
    text = (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{own or 'AccessDenied'}</Code>"
        f"<Message>{escape(told)}</Message></Error>"
        f"<RequestId>{request}</RequestId></ErrorResponse>"
    )
    return "text/xml", "", "403 Forbidden", text.encode()


def _ec2(_: Asked, told: str, request: str, __: str | None) -> _Shape:
    text = (
        "<Response><Errors><Error><Code>UnauthorizedOperation</Code>"
        f"<Message>You are not authorized to perform this operation. {escape(told)}</Message>"
        f"</Error></Errors><RequestID>{request}</RequestID></Response>"
    )
    return "text/xml", "", "403 Forbidden", text.encode()


def _rest_xml(asked: Asked, told: str, request: str, _: str | None) -> _Shape:
    error = f"<Code>AccessDenied</Code><Message>{escape(told)}</Message>"
    if asked.service == "s3":
        text = f"<Error>{error}<RequestId>{request}</RequestId></Error>"
    else:
        text = (
            f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error>"
            f"<RequestId>{request}</RequestId></ErrorResponse>"
        )
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return "application/xml", "", "403 Forbidden", (head + text).encode()


_SHAPES: dict[str, Callable[[Asked, str, str, str | None], _Shape]] = {
    "json": _json,
    "rest-json": _rest_json,
    "rest-xml": _rest_xml,
    "query": _query,
    "ec2": _ec2,
    "cbor": _cbor,
}
