"""What event sources of a FunctionApp take."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, NotRequired, TypedDict

import pulumi

from platform_lib.app_args import WordOf


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
    kms_key_arn: NotRequired[pulumi.Input[str]]
    """ARN of a key of yours that encrypts the given queue: the role may decrypt by it. A queue
    that is made has the app's own `kms_key_arn`. Default: none."""
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
    kms_key_arn: NotRequired[pulumi.Input[str]]
    """ARN of a key of yours that encrypts the stream, or its table: the role may decrypt by it.
    Default: none."""
    starting_position: NotRequired[WordOf[StartingPosition]]
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
    filter_policy_scope: NotRequired[WordOf[FilterPolicyScope]]
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
    route: NotRequired[WordOf[BucketRoute]]
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
