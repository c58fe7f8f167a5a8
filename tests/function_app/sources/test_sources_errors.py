"""Bad input of event sources: one line that names the input, before anything registers."""

import json
import string

import pulumi
import pulumi_aws as aws
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sources_kit import BUS, CODE, HERE, KINESIS, QUEUE, TABLE_STREAM, TOPIC

from platform_lib import ArgsError, FunctionApp, grants
from platform_lib.testing import synth

TABLE = f"arn:aws:dynamodb:{HERE}:table/notes"
RULE = {"pattern": {"source": ["shop"]}}
PHOTOS = {"bucket": "photos"}
MAIL = {"rule_set_name": "mail"}


def fails(args, match):
    def program():
        with pytest.raises(ArgsError, match=match) as caught:
            FunctionApp("notes", {**CODE, **args})
        return str(caught.value)

    graph = synth(program)
    assert graph.resources == ()
    assert "\n" not in graph.result
    assert graph.result.startswith("FunctionApp 'notes': ")


def queue(**more):
    return {"queues": [more]}


def stream(**more):
    return {"streams": [{"arn": KINESIS, **more}]}


def rule(**more):
    return {"event_rules": [{**RULE, **more}]}


def timer(**more):
    return {"schedules": [more]}


def caller(**more):
    return {"invoke_permissions": [more]}


BAD = [
    (queue(arn="orders"), r"'queues\[0\].arn' is 'orders': must be the ARN of a queue"),
    (queue(arn=TOPIC), "must be the ARN of a queue"),
    (queue(bach_size=1), r"'queues\[0\].bach_size' is 1: no such input; did you mean 'batch_size'"),
    (queue(batch_size=0), r"'queues\[0\].batch_size' is 0: must be 1 to 10000 messages"),
    (queue(batch_size=10001, batch_window_seconds=1), "is 10001: must be 1 to 10000 messages"),
    (queue(batch_size=11), "batches above 10 messages need batch_window_seconds"),
    (queue(fifo=True, batch_size=11), "is 11: must be 1 to 10 messages"),
    (queue(fifo=True, batch_window_seconds=1), "a FIFO queue has no window"),
    (queue(arn=f"{QUEUE}.fifo", fifo=False), r"'queues\[0\].fifo' is False: the given queue's name"),
    (queue(arn=QUEUE, fifo=True), r"'queues\[0\].fifo' is True: the given queue's name"),
    (queue(batch_window_seconds=301), "is 301: must be 0 to 300 seconds"),
    (queue(maximum_concurrency=1), "is 1: must be 2 to 1000 calls"),
    (queue(maximum_concurrency=1001), "is 1001: must be 2 to 1000 calls"),
    (queue(maximum_receives=0), "is 0: must be 1 to 1000"),
    (queue(arn=QUEUE, maximum_receives=5), "belongs to the redrive policy of the given queue"),
    (queue(visibility_timeout_seconds=173), "six times timeout_seconds and the batch window: 174"),
    (queue(arn=QUEUE, visibility_timeout_seconds=30), "must be at least six times"),
    (queue(visibility_timeout_seconds=43201), "is 43201: must be 0 to 43200 seconds"),
    (queue(filters=[{"body": ["a"]}] * 11), "at most 10 filters fit on a source"),
    (queue(filters=[{"body": "a"}]), r"'queues\[0\].filters\[0\]' is "),
    (queue(filters=[{"body": [{"begins": "a"}]}]), r"'queues\[0\].filters\[0\]' is "),
    (queue(filters=[{"body": [{"wildcard": "a*"}]}]), r"'queues\[0\].filters\[0\]' is "),
    (queue(filters=[{"data": {"a": ["b"]}}]), "a message has no 'data', and all would be deleted"),
    (queue(filters=[{"Body": ["a"]}]), "did you mean 'body'"),
    (queue(filters=[{"$or": [{"body": ["a"]}, {"dynamodb": ["b"]}]}]), "a message has no 'dynamodb'"),
    (
        queue(filters=[{"attributes": {"ApproximateReceiveCount": [{"numeric": [">", 1]}]}}]),
        "attributes.ApproximateReceiveCount: an attribute of a message is text in the record",
    ),
    (
        queue(filters=[{"messageAttributes": {"n": {"stringValue": [5]}}}]),
        "messageAttributes.n.stringValue: an attribute of a message is text",
    ),
    (stream(filters=[{"body": {"a": ["b"]}}]), "a record of Kinesis has no 'body'"),
    (stream(filters=[{"partitionKey": [5]}]), "partitionKey: a key and a sequence number is text"),
    (
        stream(arn=TABLE_STREAM, filters=[{"data": {"a": ["b"]}}]),
        "a record of DynamoDB has no 'data'; what changed is in 'dynamodb'",
    ),
    *(
        (
            stream(arn=TABLE_STREAM, filters=[{"dynamodb": {image: {"age": {"N": [value]}}}}]),
            f"dynamodb.{image}.age.N: a value of DynamoDB, a number too, is text in the record",
        )
        for image in ("Keys", "NewImage", "OldImage")
        for value in (5, 0.5, {"numeric": [">", 4]}, {"anything-but": [5, 6]})
    ),
    (
        stream(arn=TABLE_STREAM, filters=[{"dynamodb.NewImage.m.M.n": {"N": [5]}}]),
        "dynamodb.NewImage.m.M.n.N: a value of DynamoDB",
    ),
    ({"event_rules": [{"pattern": {"eventName": ["PutObject"]}}]}, "an event has no 'eventName'"),
    ({"event_rules": [{"pattern": {"detailType": ["a"]}}]}, "did you mean 'detail-type'"),
    (rule(input_paths={"id": "$.detail['id']"}, input_template="<id>"), "JSON path in dot notation"),
    (rule(input_paths={"id": "$.detail[0"}, input_template="<id>"), "JSON path in dot notation"),
    (queue(filters=["{"]), r"'queues\[0\].filters\[0\]' is '{': must be a mapping"),
    ({"queues": [{}, {"name": "dlq"}]}, "must not end in one of alarm, dlq, mapping"),
    (queue(name="orders-mapping"), "must not end in one of alarm, dlq, mapping"),
    (queue(name="Orders"), "must be small letters, digits and single hyphens"),
    (queue(name="o" * 70), "must be at most 51 characters long behind the component's name"),
    ({"queues": [{}, {}]}, r"'queues\[1\].name' is None: another of the queues has no name"),
    ({"queues": [{"name": "a"}, {"name": "a"}]}, r"'queues\[1\].name' is 'a': another of the q"),
    ({"queues": [{}, {"name": "queue"}]}, "another of the queues is called 'queue' too"),
    ({"queues": {"arn": QUEUE}}, "'queues' is .*: must be a list"),
    ({**queue(arn=QUEUE), "grants": [grants.send_to_queue(QUEUE)]}, "writes to this queue itself"),
    ({**queue(arn=QUEUE), "on_failure": QUEUE}, "the function writes to this queue itself"),
    ({**queue(arn=QUEUE), "dead_letter": QUEUE}, "the function writes to this queue itself"),
    ({**queue(arn=QUEUE), **stream(on_failure=QUEUE)}, "the function writes to this queue itself"),
    (
        {**queue(arn=QUEUE), "grants": [grants.allow(["sqs:Send*"], [f"arn:aws:sqs:{HERE}:*"])]},
        "the function writes to this queue itself",
    ),
    (stream(arn=TABLE), "names a table, not its stream"),
    (stream(arn=""), "the table has no stream"),
    (stream(arn=QUEUE), "must be the ARN of a DynamoDB or Kinesis stream, or of a consumer"),
    ({"streams": [{}]}, r"'streams\[0\]' is {}: lacks 'arn'"),
    (stream(batch_size=10001), "is 10001: must be 1 to 10000 records"),
    (stream(batch_window_seconds=-1), "is -1: must be 0 to 300 seconds"),
    (stream(parallelization_factor=11), "is 11: must be 1 to 10 calls a shard"),
    (stream(maximum_retries=-2), "is -2: must be 0 to 10000"),
    (stream(maximum_retries=10001), "is 10001: must be 0 to 10000"),
    (stream(maximum_record_age_seconds=59), "is 59: must be 60 to 604800 seconds"),
    (stream(maximum_record_age_seconds=604801), "is 604801: must be 60 to 604800 seconds"),
    (stream(tumbling_window_seconds=901), "is 901: must be 0 to 900 seconds"),
    (stream(on_failure=BUS), "must be the ARN of a queue, a topic or a bucket"),
    (stream(on_failure=f"arn:aws:lambda:{HERE}:function:x"), "a queue, a topic or a bucket"),
    (stream(on_failure=f"{QUEUE}.fifo"), "a FIFO queue or topic cannot be told of failures"),
    ({**stream(), "on_failure": BUS}, "is needed: a stream takes a queue, topic or bucket"),
    (stream(starting_position="newest"), "must be one of 'latest', 'trim_horizon'"),
    (stream(starting_position="at_timestamp"), r"starting_timestamp' is None: is needed"),
    (stream(starting_timestamp="2026-01-31T08:00:00Z"), "goes with starting_position"),
    (
        stream(starting_position="at_timestamp", starting_timestamp="yesterday"),
        "must be RFC 3339",
    ),
    (
        stream(starting_position="at_timestamp", starting_timestamp="2026-01-31T08:00:00.5Z"),
        "must be RFC 3339 in whole seconds",
    ),
    (
        stream(starting_position="at_timestamp", starting_timestamp="2026-02-31T08:00:00Z"),
        "must be RFC 3339",
    ),
    (
        stream(starting_position="at_timestamp", starting_timestamp="0001-01-01T00:00:00+01:00"),
        "must be RFC 3339",
    ),
    (
        stream(starting_position="at_timestamp", starting_timestamp="2026-01-31T08:00:00"),
        "must be RFC 3339",
    ),
    (
        stream(
            arn=f"{TABLE}/stream/2026",
            starting_position="at_timestamp",
            starting_timestamp="2026-01-31T08:00:00Z",
        ),
        "a stream of DynamoDB begins at 'latest' or 'trim_horizon'",
    ),
    ({"topics": [{"arn": QUEUE}]}, "must be the ARN of a topic"),
    ({"topics": [{"arn": f"{TOPIC}.fifo"}]}, "a FIFO topic calls no function: give raw=True"),
    ({"topics": [{"arn": TOPIC, "raw": True, "fifo": True}]}, "the given topic's name says otherwise"),
    ({"topics": [{"arn": TOPIC, "filter_policy_scope": "body"}]}, "needs a filter_policy"),
    ({"topics": [{"arn": TOPIC, "filter_policy": {}}]}, "must have 1 to 5 keys"),
    (
        {"topics": [{"arn": TOPIC, "filter_policy": {key: ["a"] for key in "abcdef"}}]},
        "must have 1 to 5 keys",
    ),
    ({"topics": [{"arn": TOPIC, "filter_policy": {"a": "b"}}]}, "must be a list of values"),
    ({"topics": [{"arn": TOPIC, "filter_policy": {"a": {"b": ["c"]}}}]}, "scope 'body'"),
    (
        {"topics": [{"arn": TOPIC, "filter_policy": {"a": [{"prefx": "b"}]}}]},
        r"'topics\[0\].filter_policy' is .*: a: no operator 'prefx'; known are",
    ),
    ({"topics": [{"arn": TOPIC, "filter_policy": {"a": [{"numeric": [">", "1"]}]}}]}, "a: numeric "),
    (
        {"topics": [{"arn": TOPIC, "filter_policy": {"a": list("0123456789abc"), "b": list("0123456789abc")}}]},
        "comes to 169 combinations of values; SNS takes 150",
    ),
    (
        {
            "topics": [
                {
                    "arn": TOPIC,
                    "filter_policy": {"a": {"b": [str(each) for each in range(76)]}},
                    "filter_policy_scope": "body",
                }
            ]
        },
        "comes to 152 combinations of values; SNS takes 150",
    ),
    ({"topics": [{"arn": TOPIC}], "grants": [grants.publish_to_topic(TOPIC)]}, "this topic itself"),
    ({"buckets": [{"bucket": "arn:aws:s3:::photos"}]}, "must be a bucket's name .no ARN.: 3 to 63"),
    ({"buckets": [{**PHOTOS, "events": []}]}, "needs an event"),
    ({"buckets": [{**PHOTOS, "events": ["s3:ObjectCreate:*"]}]}, "did you mean 's3:ObjectCreated:"),
    ({"buckets": [{**PHOTOS, "events": ["s3:ObjectRemoved:*"] * 2}]}, "names an event twice"),
    ({"buckets": [{**PHOTOS, "prefix": "p" * 1025}]}, "must be 0 to 1024 characters long"),
    ({"buckets": [{**PHOTOS, "suffix": "*.jpg"}]}, "'buckets.0..suffix' is '.*.jpg': must be without"),
    ({"buckets": [{**PHOTOS, "route": "sns"}]}, "must be one of 'notification', 'event_bridge'"),
    (
        {"buckets": [{**PHOTOS, "route": "event_bridge", "events": ["s3:ObjectRemoved:Delete"]}]},
        "is not told apart by EventBridge",
    ),
    ({"buckets": [PHOTOS, {**PHOTOS, "name": "b"}]}, r"'buckets\[1\]' is '\*': an object may match"),
    (
        {
            "buckets": [
                {**PHOTOS, "prefix": "in/", "suffix": ".jpg"},
                {**PHOTOS, "name": "b", "events": ["s3:ObjectCreated:Put"], "prefix": "in/new/"},
            ]
        },
        r"an object may match buckets\[0\] of the same bucket too",
    ),
    (
        {"buckets": [PHOTOS], "grants": [grants.read_write_bucket("arn:aws:s3:::photos")]},
        "writes to this bucket itself",
    ),
    (
        {"buckets": [{**PHOTOS, "prefix": "in/"}],
         "grants": [grants.allow(["s3:PutObject"], ["arn:aws:s3:::photos/i*"])]},
        "writes to this bucket itself",
    ),
    (
        {"buckets": [{**PHOTOS, "suffix": ".jpg"}],
         "grants": [grants.read_write_bucket("arn:aws:s3:::photos")]},
        "writes to this bucket itself",
    ),
    ({"buckets": [PHOTOS], "grants": [grants.allow(["s3:PutObject"], ["*"])]}, "to this bucket its"),
    (
        {"buckets": [PHOTOS], "grants": [grants.allow(["s3:PutObject"], ["arn:aws:s3:::*"])]},
        "writes to this bucket itself",
    ),
    (
        {"buckets": [{**PHOTOS, "prefix": "in/"}],
         "grants": [grants.allow(["s3:putobject"], ["arn:aws:s3:::phot?s/*"])]},
        "writes to this bucket itself",
    ),
    ({"buckets": [PHOTOS], "on_failure": "arn:aws:s3:::photos"}, "writes to this bucket itself"),
    (
        {"buckets": [{**PHOTOS, "prefix": "aws/"}], "on_failure": "arn:aws:s3:::photos"},
        "writes to this bucket itself",
    ),
    (
        {"buckets": [PHOTOS], **stream(on_failure="arn:aws:s3:::photos")},
        "writes to this bucket itself",
    ),
    ({"event_rules": [{"pattern": {}}]}, r"'event_rules\[0\].pattern' is {}"),
    ({"event_rules": [{"pattern": {"source": "shop"}}]}, r"'event_rules\[0\].pattern' is "),
    ({"event_rules": [{"pattern": "{}"}]}, "must be a mapping"),
    (rule(event_bus_name="my bus"), "must be the name or the ARN of an event bus"),
    (rule(input={"a": 1}, input_template="<a>"), "give a constant input, or a template, not both"),
    (rule(input_paths={"id": "$.id"}), "needs an input_template"),
    (rule(input_paths={"id": "id"}, input_template="<id>"), "must be a JSON path"),
    (rule(input_paths={"aws.x": "$.id"}, input_template="x"), "does not begin with AWS"),
    (rule(input_template='{"a": <id>}'), "<id> stands for nothing: name it in input_paths"),
    (rule(input_template="x" * 8193), "must be 1 to 8192 characters long"),
    (rule(name="r" * 71), "must be at most 70 characters long behind the component's name"),
    ({"log_groups": [{"log_group": "/a", "name": "g" * 66}]}, "must be at most 65 characters long"),
    (caller(principal=HERE[-12:], name="c" * 69), "must be at most 68 characters long"),
    ({"receipt_rules": [{**MAIL, "name": "r" * 68}]}, "must be at most 67 characters long"),
    (timer(), "needs one of cron, rate and at"),
    (timer(cron="0 8 * * ? *", rate="1 day"), "needs one of cron, rate and at"),
    (timer(cron="0 8 * * *"), r"'schedules\[0\].cron' is '0 8 \* \* \*': has 5 fields"),
    (timer(cron="cron(0 8 * * ? *)"), r"leave cron\( \) out: the field says it"),
    (timer(rate="rate(5 minutes)"), r"leave rate\( \) out: the field says it"),
    (timer(cron="0 8 1 * MON *"), r"'schedules\[0\].cron' is "),
    (timer(cron="0 25 * * ? *"), r"'schedules\[0\].cron' is "),
    (timer(rate="5"), r"'schedules\[0\].rate' is '5': is not a positive number of minutes"),
    (timer(rate="1 minutes"), r"'schedules\[0\].rate' is '1 minutes'"),
    (timer(rate="0 minutes"), r"'schedules\[0\].rate' is '0 minutes'"),
    (timer(at="tomorrow"), r"'schedules\[0\].at' is 'tomorrow'"),
    (timer(cron="0 8 * * ? *", time_zone="Berlin"), "must be an IANA name"),
    (timer(rate="1 day", time_zone="Europe/Berlin"), "a rate has no time zone; take cron"),
    (timer(rate="1 day", flexible_window_minutes=0), "is 0: must be 1 to 1440 minutes"),
    (timer(rate="1 day", flexible_window_minutes=1441), "is 1441: must be 1 to 1440 minutes"),
    ({"log_groups": [{"log_group": "a b"}]}, "must be a log group's name, not its ARN"),
    ({"log_groups": [{"log_group": f"arn:aws:logs:{HERE}:log-group:x"}]}, "name, not its ARN"),
    ({"log_groups": [{"log_group": "x", "filter_pattern": "a" * 1025}]}, "0 to 1024 characters"),
    ({"log_groups": [{"log_group": "x", "filter_pattern": "{ $.a = 1"}]}, "must end with '}'"),
    ({"log_groups": [{"log_group": "x", "filter_pattern": "[ip, user"}]}, "must end with ']'"),
    ({"log_groups": [{"log_group": "x", "filter_pattern": "{ $.a == 1 }"}]}, "cannot compare"),
    ({"log_groups": [{"log_group": "x", "filter_pattern": "{ ($.a = 1 }"}]}, "is missing"),
    (
        {"log_groups": [{"log_group": "/mine"}], "overrides": {"log_group": {"name": "/mine"}}},
        "is the function's own",
    ),
    ({"receipt_rules": [{"rule_set_name": "a b"}]}, "must be a rule set's name"),
    ({"receipt_rules": [{**MAIL, "recipients": ["me"]}]}, "must be an address, a domain"),
    ({"receipt_rules": [{**MAIL, "recipients": ["a.example"] * 501}]}, "at most 500 recipients"),
    (caller(principal="edgelambda.amazonaws.com"), "Lambda@Edge runs a version in us-east-1"),
    (caller(principal="states.amazonaws.com"), "Step Functions calls by a role of its own"),
    (caller(principal="appsync.amazonaws.com"), "the statement in the output invoke_statement"),
    (caller(principal="scheduler.amazonaws.com"), "EventBridge Scheduler calls by a role"),
    (caller(principal="firehose.amazonaws.com"), "Data Firehose calls by a role of its own"),
    (caller(principal="*"), "would let everybody call: give principal_org_id"),
    (caller(principal="*", source_account=HERE[-12:]), "would let everybody call"),
    (caller(principal="everybody"), "must be a service"),
    (caller(principal="iot.amazonaws.com"), "is needed for a service"),
    (caller(principal="s3.amazonaws.com", source_arn="arn:aws:s3:::b"), "source_account' is None"),
    (caller(principal="iot.amazonaws.com", source_arn="x"), "source_arn' is 'x': must be an ARN"),
    (caller(principal="iot.amazonaws.com", source_account="1"), "an account's number of 12 digits"),
    (caller(principal="123456789012", principal_org_id="org"), "must be an organization's ID"),
    (
        caller(principal="alexa-appkit.amazon.com", event_source_token="a b"),
        "must be at most 256 letters",
    ),
    ({"retries": 3}, "'retries' is 3: must be 0 to 2"),
    ({"retries": -1}, "'retries' is -1: must be 0 to 2"),
    ({"maximum_age_seconds": 59}, "'maximum_age_seconds' is 59: must be 60 to 21600 seconds"),
    ({"maximum_age_seconds": 21601}, "is 21601: must be 60 to 21600 seconds"),
    ({"on_failure": QUEUE, "dead_letter": TOPIC}, "give on_failure or dead_letter, not both"),
    ({"on_failure": "arn:aws:s3:::b/x"}, "the ARN of a queue, a topic, a bucket, an event bus or a f"),
    ({"dead_letter": "arn:aws:s3:::failures"}, "'dead_letter' is .*: must be the ARN of a queue or"),
    (
        {**stream(), "dead_letter": "arn:aws:s3:::failures"},
        "'dead_letter' is .*: must be the ARN of a queue or a topic",
    ),
    ({"dead_letter": BUS}, "'dead_letter' is .*: must be the ARN of a queue or a topic"),
    ({"on_failure": f"{QUEUE}.fifo"}, "a FIFO queue or topic cannot take failures"),
]  # fmt: skip


@pytest.mark.parametrize(("args", "match"), BAD, ids=[match[:50] for _, match in BAD])
def test_bad_input_is_one_line_before_anything_registers(args, match):
    fails(args, match)


SOURCES = {
    "queues": [{}],
    "streams": [{"arn": KINESIS}],
    "topics": [{"arn": TOPIC}],
    "buckets": [PHOTOS],
    "event_rules": [RULE],
    "schedules": [{"rate": "1 day"}],
    "log_groups": [{"log_group": "/shop"}],
    "receipt_rules": [MAIL],
}


def test_filters_that_can_match_are_taken():
    message = [
        {"body": {"a": [5, {"numeric": [">", 1]}]}},
        {"messageAttributes": {"n": {"stringValue": ["5"]}}},
        {"data": [{"exists": False}]},
    ]
    changed = [
        {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"age": {"N": ["5"]}}}},
        {"dynamodb": {"NewImage": {"ok": {"BOOL": [True]}, "N": {"S": [{"prefix": "a"}]}}}},
        {"dynamodb": {"SizeBytes": [{"numeric": [">", 9]}]}},
    ]
    put = [{"data": {"n": [5]}, "partitionKey": ["5"]}, {"approximateArrivalTimestamp": [1.5]}]

    def program():
        FunctionApp(
            "notes",
            {
                **CODE,
                "queues": [{"filters": message}],
                "streams": [
                    {"name": "table", "arn": TABLE_STREAM, "filters": changed},
                    {"name": "clicks", "arn": KINESIS, "filters": put},
                    # Which kind it is only the engine knows.
                    {"name": "later", "arn": pulumi.Output.from_input(KINESIS + "2"), "filters": [*put, *changed]},
                ],
                "event_rules": [{"pattern": {"detail.eventName": ["PutObject"]}}],
            },
        )  # fmt: skip

    graph = synth(program)
    mappings = graph.all(aws.lambda_.EventSourceMapping)
    assert sorted(len(each.inputs["filterCriteria"]["filters"]) for each in mappings) == [
        2,
        3,
        3,
        5,
    ]


@pytest.mark.parametrize("kind", sorted(SOURCES))
def test_an_app_that_answers_http_takes_no_events(kind, tmp_path):
    (tmp_path / "requirements.txt").write_text("")
    (tmp_path / "web.py").write_text("async def app(scope, receive, send): ...\n")

    def program():
        args = {"source": str(tmp_path), "app": "web:app", kind: SOURCES[kind]}
        with pytest.raises(ArgsError, match=f"'{kind}' is .*: an app answers HTTP only"):
            FunctionApp("notes", args)

    assert synth(program).resources == ()


def test_a_second_app_cannot_own_a_buckets_notifications():
    def program():
        FunctionApp("one", {**CODE, "buckets": [PHOTOS]})
        with pytest.raises(ArgsError, match="'one' has this bucket's notifications already"):
            FunctionApp("two", {**CODE, "buckets": [PHOTOS]})

    synth(program)


@pytest.mark.parametrize("kind", ["buckets", "log_groups"])
def test_an_arn_in_place_of_a_name_is_found_when_the_engine_tells(kind):
    def program():
        bucket, group = aws.s3.Bucket("photos"), aws.cloudwatch.LogGroup("shop")
        sources = {"buckets": [{"bucket": bucket.arn}], "log_groups": [{"log_group": group.arn}]}
        return FunctionApp("notes", {**CODE, kind: sources[kind]})

    with pytest.raises(ArgsError, match=rf"'{kind}\[0\].* is 'arn:aws:.*: must be a .*'s name"):
        synth(program)


def test_a_second_app_is_found_when_the_engine_tells_that_its_bucket_is_the_same():
    def program():
        bucket = aws.s3.Bucket("photos", bucket="photos")
        FunctionApp("one", {**CODE, "buckets": [{"bucket": bucket.id}]})
        FunctionApp("two", {**CODE, "buckets": [{"bucket": bucket.bucket}]})

    with pytest.raises(
        ArgsError, match=r"'buckets\[0\].bucket' is 'photos': .* already, and a buck"
    ):
        synth(program)


BY_RULE = {**PHOTOS, "route": "event_bridge", "name": "rule"}


@pytest.mark.parametrize("order", [[PHOTOS, BY_RULE], [BY_RULE, PHOTOS]])
@pytest.mark.parametrize("apart", [True, False])
def test_the_owner_of_a_buckets_notifications_must_leave_eventbridge_on(order, apart):
    """Whoever sets the notifications sets EventBridge's switch too."""
    owner = {**CODE, "overrides": {"buckets.bucket.notification": {"eventbridge": True}}}

    def program(*overridden):
        if not apart:
            FunctionApp("one", {**(overridden[0] if overridden else CODE), "buckets": order})
            return
        for name, bucket in zip(("one", "two"), order, strict=True):
            shares = bool(overridden) and bucket is PHOTOS
            FunctionApp(name, {**(owner if shares else CODE), "buckets": [bucket]})

    def refused():
        with pytest.raises(ArgsError, match="and with them switches EventBridge off"):
            program()

    synth(refused)
    synth(lambda: program(owner))


def test_any_number_of_apps_may_hear_of_a_bucket_by_eventbridge():
    def program():
        for name in ("one", "two", "three"):
            FunctionApp(name, {**CODE, "buckets": [BY_RULE]})

    assert len(synth(program).all(aws.cloudwatch.EventRule)) == 3


def test_a_prefix_that_the_function_does_not_write_to_is_no_recursion():
    args = {
        "buckets": [{**PHOTOS, "prefix": "in/", "suffix": ".jpg"}],
        "grants": [
            grants.read_bucket("arn:aws:s3:::photos"),
            grants.allow(["s3:PutObject"], ["arn:aws:s3:::photos/out/*"]),
            grants.allow(["s3:PutObject"], ["arn:aws:s3:::photos/*.txt"]),
            grants.read_write_bucket("arn:aws:s3:::other"),
            grants.allow(["s3:PutObject"], ["arn:aws:s3:::photos-*/*"]),
        ],
    }
    synth(lambda: FunctionApp("notes", {**CODE, **args}))


def test_outputs_are_not_judged():
    def program():
        unknown = pulumi.Output.from_input(QUEUE)
        FunctionApp("notes", {**CODE, "queues": [{"arn": unknown}]})

    synth(program)


def outcome(args):
    """Make the app: the error's text, or None."""

    def program():
        try:
            FunctionApp("notes", {**CODE, **args})
        except ArgsError as problem:
            return str(problem)
        return None

    graph = synth(program)
    assert graph.result is None or graph.resources == ()
    return graph.result


quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(
    size=st.integers(-5, 10_005),
    window=st.integers(-2, 303),
    fifo=st.booleans(),
    concurrency=st.none() | st.integers(0, 1003),
    timeout=st.integers(1, 900),
    visibility=st.none() | st.integers(0, 43_205),
)
def test_queues_are_taken_exactly_within_awss_limits(
    size, window, fifo, concurrency, timeout, visibility
):
    given_queue = {
        "batch_size": size,
        "batch_window_seconds": window,
        "fifo": fifo,
        "maximum_concurrency": concurrency,
        "visibility_timeout_seconds": visibility,
    }
    good = (
        1 <= size <= (10 if fifo else 10_000)
        and 0 <= window <= 300
        and not (fifo and window)
        and (size <= 10 or window >= 1)
        and (concurrency is None or 2 <= concurrency <= 1000)
        and (visibility is None or 6 * timeout + window <= visibility <= 43_200)
    )
    problem = outcome({"queues": [given_queue], "timeout_seconds": timeout})
    assert (problem is None) == good, problem


@quick
@given(
    size=st.integers(0, 10_002),
    factor=st.integers(0, 12),
    retries=st.integers(-3, 10_003),
    age=st.sampled_from([-2, -1, 0, 59, 60, 86_400, 604_800, 604_801]),
    tumbling=st.integers(-1, 902),
)
def test_streams_are_taken_exactly_within_awss_limits(size, factor, retries, age, tumbling):
    args = {
        "arn": KINESIS,
        "batch_size": size,
        "parallelization_factor": factor,
        "maximum_retries": retries,
        "maximum_record_age_seconds": age,
        "tumbling_window_seconds": tumbling,
    }
    good = (
        1 <= size <= 10_000
        and 1 <= factor <= 10
        and -1 <= retries <= 10_000
        and (age == -1 or 60 <= age <= 604_800)
        and 0 <= tumbling <= 900
    )
    problem = outcome({"streams": [args]})
    assert (problem is None) == good, problem


@quick
@given(name=st.text(string.ascii_letters + string.digits + "-_. é", min_size=1, max_size=60))
def test_a_name_is_taken_or_refused_and_never_fails_later(name):
    problem = outcome({"queues": [{"name": name}], "event_rules": [{**RULE, "name": name}]})
    assert problem is None or ".name' is " in problem


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@quick
@given(pattern=st.dictionaries(st.text(max_size=5), json_values, max_size=3))
def test_any_pattern_is_taken_as_it_is_or_refused_by_name(pattern):
    problem = outcome({"event_rules": [{"pattern": pattern}], "queues": [{"filters": [pattern]}]})
    if problem is not None:
        assert "pattern' is " in problem or "filters[0]' is " in problem
    else:
        json.dumps(pattern)
