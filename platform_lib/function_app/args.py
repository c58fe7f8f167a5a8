"""What FunctionApp takes: its own args, and the nested ones of HTTP and code."""

from collections.abc import Sequence
from enum import Enum
from typing import NotRequired, TypedDict

import pulumi

from platform_lib.app_args import AppArgs, WordOf
from platform_lib.function_app.source_args import (
    BucketArgs,
    EventRuleArgs,
    InvokePermissionArgs,
    LogGroupArgs,
    QueueArgs,
    ReceiptRuleArgs,
    StreamArgs,
    TimerArgs,
    TopicArgs,
)


class HttpKind(str, Enum):
    """What stands before a function."""

    HTTP_API = "http_api"
    FUNCTION_URL = "function_url"
    LOAD_BALANCER = "load_balancer"


class HttpAuthorization(str, Enum):
    """Who may send requests."""

    NONE = "none"
    IAM = "iam"
    JWT = "jwt"


class CorsArgs(TypedDict):
    """Which pages of other origins a browser lets call the app."""

    allow_origins: NotRequired[Sequence[str]]
    """Origins, such as `https://www.example.com`, or `*`. Default: none."""
    allow_methods: NotRequired[Sequence[str]]
    """HTTP methods, or `*`. Default: none."""
    allow_headers: NotRequired[Sequence[str]]
    """Headers that a request may have, or `*`. Default: none."""
    expose_headers: NotRequired[Sequence[str]]
    """Headers of an answer that a page may read, or `*`. Default: none."""
    allow_credentials: NotRequired[bool]
    """Whether cookies go along; not together with an origin of `*`. Default: False."""
    max_age_seconds: NotRequired[int]
    """How long a browser keeps the answer, 0 to 86400 seconds. Default: not said."""


class ThrottleArgs(TypedDict):
    """How many requests an HTTP API lets through; the rest are answered with 429."""

    rate: float
    """Requests a second, over time."""
    burst: int
    """Requests at once."""


class JwtArgs(TypedDict):
    """Whose tokens an HTTP API trusts."""

    issuer: pulumi.Input[str]
    """The issuer's https address, whose OpenID configuration names its keys."""
    audiences: Sequence[pulumi.Input[str]]
    """Audiences (client IDs), one of which a token must be for."""
    scopes: NotRequired[Sequence[str]]
    """Scopes, one of which a token must have. Default: none is asked for."""


class HttpArgs(TypedDict):
    """How a function answers HTTP."""

    kind: NotRequired[WordOf[HttpKind]]
    """What stands before the function. Default: http_api; load_balancer where `ingress` asks for
    what only a load balancer has."""
    routes: NotRequired[Sequence[str]]
    """Routes of an HTTP API, such as `GET /notes/{id}`. Default: `$default`, every request."""
    cors: NotRequired[CorsArgs]
    """Which pages of other origins may call it. Default: the app answers for itself."""
    throttle: NotRequired[ThrottleArgs]
    """How many requests an HTTP API lets through. Default: the account's own limit."""
    authorization: NotRequired[WordOf[HttpAuthorization]]
    """Who may send requests: `none` lets everyone, `iam` who signs as a principal that may,
    `jwt` who has a token (HTTP API only). Default: none."""
    jwt: NotRequired[JwtArgs]
    """Whose tokens are trusted; needed by `jwt`. Default: none."""
    streaming: NotRequired[bool]
    """Whether a function URL passes the answer on as it is written: what an image, a Node.js
    runtime or one of your own can do, and Lambda's Python cannot. Default: False."""
    multi_value_headers: NotRequired[bool]
    """Whether a load balancer hands over every value of a header or query parameter.
    Default: True."""


class UploadArgs(TypedDict):
    """Where the code is kept in S3."""

    bucket: NotRequired[pulumi.Input[str]]
    """Name of a bucket. Default: one is made, private, encrypted and versioned."""


class FunctionAppArgs(AppArgs):
    """What FunctionApp takes.

    One of `source` with `app`, `source` with `handler`, `code` with `handler`, `inline`, and
    `image_uri`. Event sources call a handler: an `app` answers HTTP only.
    """

    handler: NotRequired[str]
    """A plain Lambda handler, as `module.function`. Default: none, `app` is served."""
    code: NotRequired[str]
    """Path or `s3://` URI of a ready zip. Default: none."""
    inline: NotRequired[str]
    """Text of a Python module of at most 4096 characters that has `handler`. Default: none."""
    image_uri: NotRequired[pulumi.Input[str]]
    """URI of a ready image in ECR. Default: none."""
    runtime: NotRequired[str]
    """Lambda's runtime; one that is not Python takes `code` and `handler`.
    Default: that of `python_version`."""
    upload: NotRequired[UploadArgs]
    """Where the code is kept in S3, for zips above 50 MB. Default: it goes to Lambda directly."""
    dependencies_as_layer: NotRequired[bool]
    """Whether the dependencies of `source` are a layer of their own, so that a change of the code
    uploads the code alone. Default: False."""
    layers: NotRequired[Sequence[pulumi.Input[str]]]
    """ARNs of layer versions, at most five with ours. Default: none."""
    memory_mib: NotRequired[int]
    """Memory in MiB, 128 to 10240; the processor's share grows with it. Default: 512."""
    timeout_seconds: NotRequired[int]
    """How long one call may take, 1 to 900 seconds; the HTTP API gives up after 30.
    Default: 29."""
    ephemeral_storage_mib: NotRequired[int]
    """Size of /tmp in MiB, 512 to 10240. Default: 512."""
    reserved_concurrency: NotRequired[int]
    """Calls at once that are kept for this function, and its most; 0 stops every call.
    Default: none, it shares the account's."""
    provisioned_concurrency: NotRequired[int]
    """Calls at once that are kept warm, at least 1 and at most `reserved_concurrency`; not with a
    `rollout` of `weighted`. Default: none."""
    provisioned_concurrency_maximum: NotRequired[int]
    """Up to how many are kept warm when 70 % of them are in use. Default: no more."""
    snap_start: NotRequired[bool]
    """Whether a snapshot of the started function starts it. For Python 3.12, Java 11, .NET 8 and
    later, from a zip, without provisioned concurrency and with /tmp of 512 MiB. Default: False."""
    alias: NotRequired[str]
    """Name of the alias that callers are bound to: letters, digits, `-` and `_`, not digits alone,
    at most 128. Default: live."""
    http: NotRequired[HttpArgs]
    """How the function answers HTTP. Default: by an HTTP API."""
    queues: NotRequired[Sequence[QueueArgs]]
    """SQS queues that it works off. Default: none."""
    streams: NotRequired[Sequence[StreamArgs]]
    """DynamoDB and Kinesis streams that it follows. Default: none."""
    topics: NotRequired[Sequence[TopicArgs]]
    """SNS topics that it hears. Default: none."""
    buckets: NotRequired[Sequence[BucketArgs]]
    """S3 buckets whose events it gets. Default: none."""
    event_rules: NotRequired[Sequence[EventRuleArgs]]
    """EventBridge rules that call it. Default: none."""
    schedules: NotRequired[Sequence[TimerArgs]]
    """Times at which it is called. Default: none."""
    log_groups: NotRequired[Sequence[LogGroupArgs]]
    """Log groups whose lines it gets. Default: none."""
    receipt_rules: NotRequired[Sequence[ReceiptRuleArgs]]
    """SES rules that hand it mail. Default: none."""
    invoke_permissions: NotRequired[Sequence[InvokePermissionArgs]]
    """Who else may call it. Default: none."""
    retries: NotRequired[int]
    """How often an asynchronous call that failed is tried again, 0 to 2. Default: 2."""
    maximum_age_seconds: NotRequired[int]
    """How long an asynchronous call may wait, 60 to 21600 seconds. Default: 21600."""
    on_failure: NotRequired[pulumi.Input[str]]
    """ARN of a queue, topic, bucket, event bus or function that gets what failed, with the error.
    Default: a queue is made where anything calls asynchronously, with an alarm on its depth."""
    dead_letter: NotRequired[pulumi.Input[str]]
    """ARN of a queue or topic that gets the bare event of what failed, in place of `on_failure`.
    Default: none."""
