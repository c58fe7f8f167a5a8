"""What FunctionApp takes: its own args, and the nested ones of HTTP, code and event sources."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, NotRequired, TypedDict

import pulumi

from platform_lib.app_args import AppArgs


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


class StartingPosition(str, Enum):
    """Where a stream is read from at first."""

    LATEST = "latest"
    TRIM_HORIZON = "trim_horizon"
    AT_TIMESTAMP = "at_timestamp"


class FilterPolicyScope(str, Enum):
    """What a topic's filter policy looks at."""

    ATTRIBUTES = "attributes"
    BODY = "body"


class BucketRoute(str, Enum):
    """How a bucket's events come."""

    NOTIFICATION = "notification"
    EVENT_BRIDGE = "event_bridge"


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

    kind: NotRequired[HttpKind]
    """What stands before the function. Default: http_api; load_balancer where `ingress` asks for
    what only a load balancer has."""
    routes: NotRequired[Sequence[str]]
    """Routes of an HTTP API, such as `GET /notes/{id}`. Default: `$default`, every request."""
    cors: NotRequired[CorsArgs]
    """Which pages of other origins may call it. Default: the app answers for itself."""
    throttle: NotRequired[ThrottleArgs]
    """How many requests an HTTP API lets through. Default: the account's own limit."""
    authorization: NotRequired[HttpAuthorization]
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


class EventSourceArgs(TypedDict):
    """What every event source takes."""

    name: NotRequired[str]
    """What it is called here; one source of a kind may do without. Default: none."""
    previous_name: NotRequired[str]
    """What it was called before, `""` where it had no name: what it has in AWS stays as it is.
    Default: it was not renamed."""


class QueueArgs(EventSourceArgs):
    """A queue of SQS that the function works off.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
    """

    arn: NotRequired[pulumi.Input[str]]
    """A queue that exists. Default: one is made, encrypted, with a queue for what failed."""
    fifo: NotRequired[bool]
    """Whether the queue keeps order; told from the ARN where it is known. Default: False."""
    batch_size: NotRequired[int]
    """Most messages in a call: 1 to 10000, 10 in a FIFO queue. Above 10 a window is needed.
    Default: 10."""
    batch_window_seconds: NotRequired[int]
    """How long a batch is gathered, 0 to 300 seconds; FIFO queues have no window.
    Default: 0."""
    maximum_concurrency: NotRequired[int]
    """Most calls at once by this queue, 2 to 1000, and those of all queues together at most
    `reserved_concurrency`. Default: as many as Lambda gives."""
    partial_batch: NotRequired[bool]
    """Whether the handler's `batchItemFailures` say which messages come again. A handler that
    returns none has done all. Default: True."""
    filters: NotRequired[Sequence[Mapping[str, Any]]]
    """Patterns, one of which a message must match, at most 10; others are deleted unread.
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
    Default: every message."""
    visibility_timeout_seconds: NotRequired[int]
    """How long a message that is worked on stays hidden, at least six times the function's
    time-out and at most 43200 seconds. Of a given queue: what it has, to be checked.
    Default: six times the time-out."""
    maximum_receives: NotRequired[int]
    """How often a message is tried before it goes to the dead-letter queue, 1 to 1000.
    Default: 5."""
    enabled: NotRequired[bool]
    """Whether messages are taken. Default: True."""


class StreamArgs(EventSourceArgs):
    """A stream of DynamoDB or Kinesis that the function follows.

    https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
    """

    arn: pulumi.Input[str]
    """ARN of the stream: of a table's (not of the table), of Kinesis, or of a consumer of one."""
    starting_position: NotRequired[StartingPosition]
    """Where reading begins: the oldest record there is, the newest, or (Kinesis) a time.
    Default: trim_horizon, so that nothing is missed."""
    starting_timestamp: NotRequired[str]
    """The time, as RFC 3339 in whole seconds; needed by `at_timestamp`. Default: none."""
    batch_size: NotRequired[int]
    """Most records in a call, 1 to 10000. Default: 100."""
    batch_window_seconds: NotRequired[int]
    """How long a batch is gathered, 0 to 300 seconds. Default: 0."""
    parallelization_factor: NotRequired[int]
    """Calls at once for each shard, 1 to 10; order is kept for each key. Default: 1."""
    bisect_on_error: NotRequired[bool]
    """Whether a batch that failed is tried again in halves. Default: True."""
    maximum_retries: NotRequired[int]
    """How often a batch is tried again, 0 to 10000; -1 for ever, which lets one bad record hold
    up its shard. Default: 10."""
    maximum_record_age_seconds: NotRequired[int]
    """Oldest record that is still tried, 60 to 604800 seconds; -1 for any age. Default: 86400."""
    on_failure: NotRequired[pulumi.Input[str]]
    """ARN of a queue, topic or bucket that is told of a batch that was given up; queue and topic
    get where it stands in the stream, a bucket the records too. Default: the app's own queue of
    failures."""
    tumbling_window_seconds: NotRequired[int]
    """Length of the windows over which state is kept, 0 to 900 seconds; each answer of the handler
    must then hold a state, or it counts as failed.
    https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html Default: 0, none."""
    filters: NotRequired[Sequence[Mapping[str, Any]]]
    """Patterns, one of which a record must match, at most 10. Default: every record."""
    partial_batch: NotRequired[bool]
    """Whether the handler's `batchItemFailures` say from which record on the batch comes again.
    Default: True."""
    enabled: NotRequired[bool]
    """Whether records are taken. Default: True."""


class TopicArgs(EventSourceArgs):
    """A topic of SNS that the function hears.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
    """

    arn: pulumi.Input[str]
    """The topic."""
    filter_policy: NotRequired[Mapping[str, Any]]
    """Which messages come.
    https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
    Default: all."""
    filter_policy_scope: NotRequired[FilterPolicyScope]
    """Whether the policy looks at a message's attributes or at its body. Default: attributes."""
    raw: NotRequired[bool]
    """Whether messages come as they were published, without SNS's envelope. SNS gives them so to
    queues only: a queue of ours stands between, and the handler gets that queue's events. A FIFO
    topic needs it. Default: False."""
    fifo: NotRequired[bool]
    """Whether the topic keeps order; told from the ARN where it is known. Default: False."""


class BucketArgs(EventSourceArgs):
    """A bucket of S3 whose events the function gets.

    https://docs.aws.amazon.com/lambda/latest/dg/with-s3.html
    """

    bucket: pulumi.Input[str]
    """Name of the bucket."""
    events: NotRequired[Sequence[str]]
    """What counts, such as `s3:ObjectCreated:*` or `s3:ObjectRemoved:Delete`.
    Default: `s3:ObjectCreated:*`."""
    prefix: NotRequired[str]
    """How keys begin, as they are and without a wildcard. Default: anyhow."""
    suffix: NotRequired[str]
    """How keys end, likewise. Default: anyhow."""
    route: NotRequired[BucketRoute]
    """`notification`: S3 calls the function, and this app is the one owner of the bucket's
    notifications. `event_bridge`: by a rule, beside any number of others, where the bucket's owner
    has switched EventBridge on, as an owner by `notification` does by an override of its own only.
    Default: notification."""


class EventRuleArgs(EventSourceArgs):
    """A rule of EventBridge that calls the function.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
    """

    pattern: Mapping[str, Any]
    """Which events match."""
    event_bus_name: NotRequired[pulumi.Input[str]]
    """Name or ARN of the bus. Default: the account's default bus."""
    input: NotRequired[Mapping[str, Any]]
    """What the function gets in place of the event. Default: the event."""
    input_paths: NotRequired[Mapping[str, str]]
    """Names for parts of the event, as `{"id": "$.detail.id"}`, used in `input_template`.
    Default: none."""
    input_template: NotRequired[str]
    """What the function gets, with `<id>` for each named part. Default: the event."""


class TimerArgs(EventSourceArgs):
    """A time at which the function is called, by EventBridge Scheduler.

    One of `cron`, `rate` and `at`.
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
    """

    cron: NotRequired[str]
    """Six fields, such as `0 8 ? * MON-FRI *`. Default: none."""
    rate: NotRequired[str]
    """How often, such as `5 minutes` or `1 day`. Default: none."""
    at: NotRequired[str]
    """Once, such as `2027-01-31T08:00:00`. Default: none."""
    time_zone: NotRequired[str]
    """IANA name of the time zone of `cron` and `at`. Default: UTC."""
    flexible_window_minutes: NotRequired[int]
    """How much later it may come, 1 to 1440 minutes. Default: on time."""
    input: NotRequired[Mapping[str, Any]]
    """What the function gets. Default: the scheduler's own notice, a `Scheduled Event`."""
    enabled: NotRequired[bool]
    """Whether it runs. Default: True."""


class LogGroupArgs(EventSourceArgs):
    """A log group whose lines the function gets.

    https://docs.aws.amazon.com/lambda/latest/dg/services-cloudwatchlogs.html
    """

    log_group: pulumi.Input[str]
    """Name of the log group; never the function's own."""
    filter_pattern: NotRequired[str]
    """Which lines come, at most 1024 characters.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
    Default: all."""


class ReceiptRuleArgs(EventSourceArgs):
    """A rule of SES that hands mail to the function, without its body: store that by a rule of S3.

    https://docs.aws.amazon.com/lambda/latest/dg/services-ses.html
    """

    rule_set_name: pulumi.Input[str]
    """The rule set, which the account must have made active."""
    recipients: NotRequired[Sequence[str]]
    """Addresses and domains, at most 500. Default: all of the account's verified domains."""
    after: NotRequired[pulumi.Input[str]]
    """Name of the rule that it stands behind. Default: it stands first."""
    require_tls: NotRequired[bool]
    """Whether mail must come encrypted. Default: True."""
    scan: NotRequired[bool]
    """Whether mail is looked at for spam and viruses. Default: True."""
    enabled: NotRequired[bool]
    """Whether the rule holds. Default: True."""


class InvokePermissionArgs(EventSourceArgs):
    """Another service or account that may call the function.

    https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
    """

    principal: str
    """A service, such as `cognito-idp.amazonaws.com`, an account's number, a role's ARN, or `*`
    with `principal_org_id`."""
    source_arn: NotRequired[pulumi.Input[str]]
    """ARN of what calls. A service needs this, `source_account` or `event_source_token`.
    Default: any."""
    source_account: NotRequired[pulumi.Input[str]]
    """Account of what calls, for sources whose ARN does not name it. Default: any."""
    event_source_token: NotRequired[pulumi.Input[str]]
    """The token that Alexa gives, an Alexa skill's ID. Default: none."""
    principal_org_id: NotRequired[pulumi.Input[str]]
    """ID of the organization that the caller must be in. Default: any."""


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
