"""Limits of AWS: what is at one fits AWS's own models, one beyond is refused in one line."""

import re

import pulumi
import pulumi_aws as aws
import pytest
from aws_models import misfits
from sources_kit import BUS, CODE, HERE, KINESIS, QUEUE, TOPIC

from platform_lib import ArgsError, FunctionApp, grants
from platform_lib.function_app.runtimes import _GONE, RUNTIMES
from platform_lib.function_app.sources.bucket_events import EVENTS
from platform_lib.local.provider.convert import input_shape
from platform_lib.testing import synth

TABLE = f"arn:aws:dynamodb:{HERE}:table/notes"
KEY = f"arn:aws:kms:{HERE}:key/0a1b"
ALL = {
    "queues": [{"name": "orders"}, {"name": "line", "fifo": True}, {"arn": QUEUE}],
    "streams": [{"arn": KINESIS}, {"name": "table", "arn": f"{TABLE}/stream/2026"}],
    "topics": [{"arn": TOPIC}, {"name": "raw", "arn": f"{TOPIC}.fifo", "raw": True}],
    "buckets": [{"bucket": "photos"}, {"name": "b", "bucket": "b-2", "route": "event_bridge"}],
    "event_rules": [{"pattern": {"source": ["shop"]}}],
    "schedules": [{"rate": "1 day"}],
    "log_groups": [{"log_group": "/shop"}],
    "receipt_rules": [{"rule_set_name": "mail"}],
    "invoke_permissions": [{"principal": "123456789012"}],
    "tags": {"team": "notes"},
    "kms_key_arn": KEY,
}
VPC = {"vpc_id": "vpc-1"}
LISTENER = (
    "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/shared/"
    "0123456789abcdef/fedcba9876543210"
)


def made(args, name="notes"):
    return synth(lambda: FunctionApp(name, {**CODE, **args}))


def refused(args):
    def program():
        with pytest.raises(ArgsError) as caught:
            FunctionApp("notes", {**CODE, **args})
        return str(caught.value)

    graph = synth(program)
    assert graph.resources == ()
    assert "\n" not in graph.result
    return graph.result


@pytest.mark.parametrize("name", ["n", "notes", "n" * 24, "n" * 25, "N-" * 25])
@pytest.mark.parametrize(
    "front",
    [
        {"domain": {"name": "notes.example.com", "zone_id": "Z0123"}},
        {"http": {"kind": "function_url"}},
        {"http": {"kind": "load_balancer"}},
        {"ingress": {"listener_arn": LISTENER, "paths": ["/a"], "priority": 50_000}},
        {"ingress": {"kind": "none"}, "provisioned_concurrency": 1, "alarms": {"enabled": False}},
    ],
    ids=str,
)
def test_every_source_behind_every_front_fits_whatever_the_app_is_called(front, name):
    """Names that are made up fit too, and no two resources of a type have the same."""
    assert misfits(made({**ALL, **front}, name)) == []


def test_the_judge_judges():
    overrides = {"function": {"memory_size": 1}, "alias": {"name": "a b"}, "role": {"name": "r"}}
    overrides["scheduler_role"] = {"name": "r"}
    found = misfits(made({**ALL, "overrides": overrides}))
    assert [problem.partition(": ")[0] for problem in found[1:]].count("notes-fn") == 1
    assert any("notes-alias: create_alias.Name: 'a b' does not match" in each for each in found)
    assert "aws:iam/role:Role: two are called r" in found


def rule(**more):
    return {"event_rules": [{"pattern": {"source": ["shop"]}, **more}]}


def paths(place):
    return rule(input_paths={"id": place}, input_template="<id>")


def bus(name):
    return rule(event_bus_name=name)


def cron(length):
    room = length - len("cron( 8 * * ? *)")
    minutes = ("0" if room % 2 else "10") + ",1" * ((room - 1) // 2)
    return {"schedules": [{"cron": f"{minutes} 8 * * ? *"}]}


def subnets(count):
    return {"network": {**VPC, "private_subnet_ids": [f"subnet-{each}" for each in range(count)]}}


def caller(principal):
    return {"invoke_permissions": [{"principal": principal}]}


def writes(arn, to="stream/clicks", **more):
    grant = grants.allow(["kinesis:Put*"], [f"arn:aws:kinesis:{HERE}:{to}"])
    return {"streams": [{"arn": arn, **more}], "grants": [grant]}


def headers(*names):
    cors = {"allow_origins": ["https://a.example"], "allow_headers": list(names)}
    return {"http": {"kind": "function_url", "cors": cors}}


def numeric(number):
    return {"topics": [{"arn": TOPIC, "filter_policy": {"cost": [{"numeric": [">", number]}]}}]}


def throttle(**more):
    return {"http": {"throttle": {"rate": 1.0, "burst": 1, **more}}}


def shared(*most, reserved):
    queues = [{"name": f"q{at}", "maximum_concurrency": each} for at, each in enumerate(most)]
    return {"queues": queues, "reserved_concurrency": reserved}


def hears(pattern, destination=BUS, **more):
    return {"event_rules": [{"pattern": pattern, **more}], "on_failure": destination}


DEFAULT_BUS = f"arn:aws:events:{HERE}:event-bus/default"
ROLE = "arn:aws:iam::123456789012:role/"
LIMITS = [
    (paths("$." + "x" * 254), paths("$." + "x" * 255), "input_paths.id' is '.*1 to 256 char"),
    (paths("$.detail.ab[0]"), paths("$detail"), "must be a JSON path"),
    (bus("b" * 256), bus("b" * 257), "the name or the ARN of an event bus"),
    (bus(BUS), bus(BUS.replace("us-east-1", "nowhere")), "the name or the ARN of an event bus"),
    (bus("a/b.c-d_e"), bus("é"), "the name or the ARN of an event bus"),
    (cron(256), cron(257), r"'schedules\[0\].cron' is .*: must be 1 to 256 characters long"),
    ({"queues": [{"arn": f"arn:aws:sqs:{HERE}:{'q' * 75}.fifo"}]},
     {"queues": [{"arn": f"arn:aws:sqs:{HERE}:{'q' * 76}.fifo"}]}, "must be the ARN of a queue"),
    ({"queues": [{"arn": f"arn:aws:sqs:{HERE}:{'q' * 80}"}]},
     {"queues": [{"arn": f"arn:aws:sqs:{HERE}:{'q' * 81}"}]}, "must be the ARN of a queue"),
    ({"queues": [{"arn": QUEUE}]}, {"queues": [{"arn": QUEUE.replace("123", "١٢٣")}]},
     "must be the ARN of a queue"),
    ({"queues": [{"arn": QUEUE}]}, {"queues": [{"arn": f"{QUEUE}é"}]}, "the ARN of a queue"),
    ({"queues": [{"arn": "arn:aws-us-gov:sqs:us-gov-west-1:123456789012:q"}]},
     {"queues": [{"arn": "arn:aws:sqs:us-east:123456789012:q"}]}, "must be the ARN of a queue"),
    ({"topics": [{"arn": f"arn:aws:sns:{HERE}:{'t' * 251}.fifo", "raw": True}]},
     {"topics": [{"arn": f"arn:aws:sns:{HERE}:{'t' * 252}.fifo", "raw": True}]}, "of a topic"),
    ({"streams": [{"arn": f"{TABLE}/stream/2026-01-01T00:00:00.000"}]},
     {"streams": [{"arn": f"{TABLE}/stream/"}]}, "names a table, not its stream"),
    ({"streams": [{"arn": f"{KINESIS}/consumer/fan:1"}]},
     {"streams": [{"arn": KINESIS.replace("clicks", "klick-é")}]}, "of a DynamoDB or Kinesis str"),
    ({"receipt_rules": [{"rule_set_name": "mail", "after": "a" * 64}]},
     {"receipt_rules": [{"rule_set_name": "mail", "after": "a" * 65}]}, "must be a rule's name"),
    (caller(ROLE + "r" * (2048 - len(ROLE))), caller(ROLE + "r" * (2049 - len(ROLE))), "1 to 2048"),
    ({"environment": {"AB": "1"}}, {"environment": {"AB": "\0"}}, "environment.AB' is .* NUL"),
    ({"tags": {"a b": "ü 1_.:/=+-@"}}, {"tags": {"a": "x,y"}}, "'tags.a' is 'x,y': a tag takes"),
    ({"tags": {"k": "v"}}, {"tags": {"k(1)": "v"}}, r"'tags' is 'k\(1\)': a tag takes letters"),
    (subnets(16), subnets(17), "a function stands in at most 16 subnets"),
    ({"logs": {"kms_key_arn": KEY}}, {"logs": {"kms_key_arn": TOPIC}}, "'logs.kms_key_arn' is '"),
    ({"code": "s3://artifacts/" + "k" * 1024}, {"code": "s3://artifacts/" + "k" * 1025}, "1024 b"),
    (headers("x" * 1024), headers("x" * 1025), r"'http.cors.allow_headers\[0\]' is .* a header's name"),
    (throttle(burst=2**31 - 1), throttle(burst=2**31), "'http.throttle.burst' is 2147483648"),
    (throttle(rate=0.1), throttle(rate=float("inf")), "'http.throttle.rate' is inf: must be"),
    ({"domain": {"name": "a.bc", "zone_id": "Z1"}}, {"domain": {"name": "a.b", "zone_id": "Z1"}},
     "must be a full host name"),
    ({"queues": [{"arn": QUEUE}, {"name": "b", "arn": f"{QUEUE}2"}]},
     {"queues": [{"arn": QUEUE}, {"name": "b", "arn": QUEUE}]}, r"'queues\[1\].arn' .* there twice"),
    ({"streams": [{"arn": KINESIS}, {"name": "b", "arn": f"{KINESIS}2"}]},
     {"streams": [{"arn": KINESIS}, {"name": "b", "arn": KINESIS}]}, r"'streams\[1\].arn' .* twice"),
    ({"topics": [{"arn": TOPIC}, {"name": "b", "arn": TOPIC, "raw": True}]},
     {"topics": [{"arn": TOPIC}, {"name": "b", "arn": TOPIC}]}, r"'topics\[1\].arn' .* there twice"),
    ({"log_groups": [{"log_group": "/a"}, {"name": "b", "log_group": "/a"}]},
     {"log_groups": [{"log_group": "/a", "name": name} for name in "abc"]}, "more than 2 times"),
    (shared(2, 3, reserved=5), shared(2, 3, reserved=4),
     r"'queues\[1\].maximum_concurrency' is 3: .* at most reserved_concurrency, 4"),
    (shared(2, reserved=0), shared(2, reserved=1), "at most reserved_concurrency, 1"),
    (hears({"source": ["shop"]}, event_bus_name="orders"),
     hears({"source": ["lambda"]}, event_bus_name="orders"), "failures that the function itself"),
    (hears({"source": ["lambda"]}, event_bus_name="other"),
     hears({"source": ["lambda"]}, event_bus_name=BUS), "failures that the function itself"),
    (hears({"detail": {"x": [1]}}, DEFAULT_BUS), hears({"account": ["1"]}, DEFAULT_BUS),
     r"'event_rules\[0\].pattern' is .* the failures that the function itself"),
    (writes(KINESIS, "stream/other"), writes(KINESIS), r"'streams\[0\].arn' .* to this stream itself"),
    (writes(KINESIS, filters=[{"data": {"a": ["b"]}}]), writes(f"{KINESIS}/consumer/fan:1", "*"),
     "the function writes to this stream itself, and would call itself"),
    ({"buckets": [{"bucket": "a.b-3"}]}, {"buckets": [{"bucket": "a..b"}]}, "must be a bucket's name"),
    ({"buckets": [{"bucket": "10.0.0.b"}]}, {"buckets": [{"bucket": "10.0.0.1"}]}, "bucket's name"),
    ({"code": "s3://a-b/x..y"}, {"code": "s3://a..b/x"}, "must be s3://bucket/key"),
    ({"schedules": [{"cron": "0 0 29 2 ? *"}]}, {"schedules": [{"cron": "0 0 30 2 ? *"}]},
     "names a day that never comes"),
    (caller(f"{ROLE}path/r"), caller(f"{ROLE}*"), "must be a service, such as"),
    (caller("arn:aws:iam::123456789012:root"), caller("arn:aws:iam::123456789012:group/g"),
     r"'invoke_permissions\[0\].principal' is 'arn:aws:iam::123456789012:group/g': must be"),
    (numeric(1_000_000_000), numeric(1_000_000_001), "has the number 1000000001; SNS compares"),
    (numeric(-0.00001), numeric(-0.000001), "with at most 5 digits behind the point"),
    ({"topics": [{"arn": TOPIC, "filter_policy": {"$or": [{"a": ["b"]}, {"b": ["c"]}]}}]},
     {"topics": [{"arn": TOPIC, "filter_policy": {"$or": ["x"]}}]}, "a list of two objects"),
    ({"schedules": [{"rate": "1 day", "input": {"a": "ü"}}]},
     {"schedules": [{"rate": "1 day", "input": {"a": float("nan")}}]}, r"input' is .* not JSON"),
    (rule(input_template='"<aws.events.rule-arn> <aws.events.event.json>"'),
     rule(input_template='"<aws.events.rule>"'), "stands for nothing; did you mean 'aws.events.rule"),
    (rule(input={}), rule(input={"a": object()}), r"'event_rules\[0\].input' is .* is not JSON"),
]  # fmt: skip


@pytest.mark.parametrize(("good", "bad", "words"), LIMITS, ids=[words for *_, words in LIMITS])
def test_what_is_at_a_limit_fits_and_one_beyond_is_refused(good, bad, words):
    assert misfits(made(good)) == []
    assert re.search(words, refused(bad)), refused(bad)


def test_every_runtime_of_the_model_is_current_gone_or_a_preview():
    known = set(input_shape("lambda", "create_function").members["Runtime"].enum)
    assert set(RUNTIMES) <= known
    gone = {each for each in known if _GONE.fullmatch(each)}
    assert not gone & set(RUNTIMES)
    others = {"custom", "nodejs26.x", "python3.15"}
    assert known - set(RUNTIMES) - gone == others


def test_buckets_have_the_events_that_s3_has():
    shape = input_shape("s3", "put_bucket_notification_configuration")
    functions = shape.members["NotificationConfiguration"].members["LambdaFunctionConfigurations"]
    known = set(functions.member.members["Events"].member.enum)
    assert known - {"s3:TestEvent"} == set(EVENTS)
    args = {"bucket": "photos", "events": sorted(known)}
    assert misfits(made({"buckets": [args]})) == []


@pytest.mark.parametrize(("count", "tagged"), [(10, True), (11, False)])
def test_an_object_of_s3_has_no_tags_where_they_do_not_fit(count, tagged, tmp_path):
    (tmp_path / "requirements.txt").write_text("")
    (tmp_path / "web.py").write_text("def handler(event, context): ...\n")
    tags = {f"key{each}": "value" for each in range(count)}
    args = {"source": str(tmp_path), "handler": "web.handler", "upload": {}, "tags": tags}
    graph = synth(lambda: FunctionApp("notes", args))
    [stored] = [each for each in graph.resources if each.type.endswith(":BucketObjectv2")]
    assert ("tags" in stored.inputs) == tagged
    assert all(len(each.inputs.get("tags", tags)) == count for each in graph.resources)


@pytest.mark.parametrize("bus", ["orders", BUS])
def test_a_rule_that_takes_ones_own_failures_is_refused_when_the_engine_tells_the_bus(bus):
    def program():
        destination, heard = pulumi.Output.from_input(BUS), pulumi.Output.from_input(bus)
        rules = [{"pattern": {"source": [{"prefix": "lam"}]}, "event_bus_name": heard}]
        FunctionApp("notes", {**CODE, "event_rules": rules, "on_failure": destination})

    with pytest.raises(ArgsError, match=r"'event_rules\[0\].pattern' is .* the function itself"):
        synth(program)


def test_one_queue_of_the_program_is_worked_off_by_one_source():
    def program():
        arn = aws.sqs.Queue("orders").arn
        with pytest.raises(ArgsError, match=r"'queues\[1\].arn' is an Output: stands there twice"):
            FunctionApp("notes", {**CODE, "queues": [{"arn": arn}, {"name": "b", "arn": arn}]})
        other = aws.sqs.Queue("others").arn
        FunctionApp("notes", {**CODE, "queues": [{"arn": arn}, {"name": "b", "arn": other}]})

    assert misfits(synth(program)) == []


def test_a_function_that_reads_a_stream_may_write_to_its_table():
    """It may be led by filters or by its own conditions: so it is no error."""
    args = {
        "streams": [{"arn": f"{TABLE}/stream/2026"}],
        "grants": [grants.read_write_table(TABLE)],
    }
    assert misfits(made(args)) == []
