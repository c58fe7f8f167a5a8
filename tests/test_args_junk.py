"""Junk in any place of a function's args: taken for what it is, or one line that names the place."""

import copy

import pytest
from aws_models import misfits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from platform_lib import ArgsError, FunctionApp, grants
from platform_lib.testing import synth

HERE = "us-east-1:123456789012"
KEY = f"arn:aws:kms:{HERE}:key/0a1b"
ARGS = {
    "code": "s3://artifacts/notes.zip",
    "handler": "notes.handler",
    "runtime": "python3.13",
    "python_version": "3.13",
    "architecture": "arm64",
    "interface": "asgi",
    "stage": "development",
    "port": 8080,
    "health_check_path": "/health",
    "environment": {"COLOUR": "blue"},
    "grants": [grants.read_bucket("arn:aws:s3:::photos")],
    "network": {"vpc_id": "vpc-1", "private_subnet_ids": ["subnet-1", "subnet-2"]},
    "ingress": {"kind": "public"},
    "scaling": {"minimum": 1, "maximum": 2, "cpu_percent": 50},
    "rollout": {"strategy": "weighted", "percent": 5, "previous_version": "7"},
    "logs": {"retention_days": 30, "kms_key_arn": KEY},
    "alarms": {"error_percent": 5.0, "latency_ms": 1000, "topic_arn": f"arn:aws:sns:{HERE}:ops"},
    "domain": {"name": "notes.example.com", "zone_id": "Z0123"},
    "kms_key_arn": KEY,
    "permissions_boundary_arn": "arn:aws:iam::123456789012:policy/edge",
    "tags": {"team": "notes"},
    "layers": [f"arn:aws:lambda:{HERE}:layer:tools:1"],
    "memory_mib": 256,
    "timeout_seconds": 29,
    "ephemeral_storage_mib": 512,
    "reserved_concurrency": 9,
    "alias": "live",
    "http": {
        "kind": "http_api",
        "routes": ["GET /notes/{id}"],
        "cors": {"allow_origins": ["https://a.example"], "max_age_seconds": 60},
        "throttle": {"rate": 10.0, "burst": 5},
        "authorization": "jwt",
        "jwt": {"issuer": "https://id.example.com", "audiences": ["notes"], "scopes": ["read"]},
    },
    "queues": [
        {"batch_size": 20, "batch_window_seconds": 1, "filters": [{"body": {"a": ["b"]}}]},
        {"name": "given", "arn": f"arn:aws:sqs:{HERE}:orders", "maximum_concurrency": 2},
    ],
    "streams": [
        {
            "arn": f"arn:aws:kinesis:{HERE}:stream/clicks",
            "starting_position": "at_timestamp",
            "starting_timestamp": "2026-01-31T08:00:00Z",
            "on_failure": f"arn:aws:sqs:{HERE}:lost",
        }
    ],
    "topics": [
        {
            "arn": f"arn:aws:sns:{HERE}:news",
            "filter_policy": {"a": {"b": ["c", {"prefix": "d"}]}},
            "filter_policy_scope": "body",
        },
        {"name": "raw", "arn": f"arn:aws:sns:{HERE}:olds", "raw": True},
    ],
    "buckets": [{"bucket": "photos", "events": ["s3:ObjectCreated:*"], "prefix": "in/"}],
    "event_rules": [
        {
            "pattern": {"source": ["shop"]},
            "event_bus_name": "orders",
            "input_paths": {"id": "$.detail.id"},
            "input_template": '{"id": <id>}',
        },
        {"name": "fixed", "pattern": {"detail": {"a": [1]}}, "input": {"kind": "tidy"}},
    ],
    "schedules": [
        {"cron": "0 8 * * ? *", "time_zone": "Europe/Berlin", "input": {"a": [1, "b"]}},
        {"name": "often", "rate": "5 minutes", "flexible_window_minutes": 5},
        {"name": "once", "at": "2030-01-31T08:00:00", "enabled": False},
    ],
    "log_groups": [{"log_group": "/shop", "filter_pattern": "ERROR"}],
    "receipt_rules": [{"rule_set_name": "mail", "recipients": ["a@b.example"], "after": "first"}],
    "invoke_permissions": [
        {"principal": "iot.amazonaws.com", "source_arn": f"arn:aws:iot:{HERE}:rule/x"},
        {"name": "org", "principal": "*", "principal_org_id": "o-a1b2c3d4e5"},
    ],
    "retries": 1,
    "maximum_age_seconds": 60,
    "on_failure": f"arn:aws:events:{HERE}:event-bus/failures",
}
"""Something good in every place."""


def places(value, path=()):
    """Name every place in the args, whole branches too."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, each in value.items():
            yield from places(each, (*path, key))
    elif isinstance(value, list):
        for at, each in enumerate(value):
            yield from places(each, (*path, at))


def put(path, junk, args=ARGS):
    args = copy.deepcopy(args)
    node = args
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = junk
    return args


def outcome(args):
    """Make the app: the error's text, or what AWS would refuse of it."""

    def program():
        try:
            FunctionApp("notes", args)
        except ArgsError as problem:
            return str(problem)
        return None

    graph = synth(program)
    if graph.result is None:
        # The IDs of a network are taken as they come.
        return [each for each in misfits(graph) if ".SubnetIds[]: " not in each]
    assert graph.resources == ()
    assert "\n" not in graph.result
    graph.result.encode()
    return graph.result


def nested(depth):
    value = ["x"]
    for _ in range(depth):
        value = {"a": value}
    return value


class Unprintable:
    def __repr__(self):
        raise RuntimeError("no words")


TEXTS = [
    *(
        "",
        " ",
        "a\nb",
        "\ud800",
        "\0",
        "é" * 40,
        "١٢٣٤٥٦٧٨٩٠١٢",
        "a" * 1100,
        "*",
        "arn:aws:s3:::x",
    ),
    *("arn:aws:sqs:us-east-1:١٢٣٤٥٦٧٨٩٠١٢:q", f"arn:aws:sqs:{HERE}:é", f"arn:aws:sqs:{HERE}:a\n"),
    *("1", "$LATEST", "٣", "../x", "{}", "<id>", "cron(0 8 * * ? *)", "0 8 * * * *", "1 minutes"),
]
JUNK = st.one_of(
    st.sampled_from([None, True, False, 0, -1, 1, 2**31, 2**63, 10**400, 10**5000, -(10**5000)]),
    st.sampled_from([0.5, 1e308, float("nan"), float("inf"), -float("inf"), 1j]),
    st.sampled_from([b"", b"x", bytearray(b"x"), (), [], {}, set(), object(), Unprintable(), int]),
    st.sampled_from([[[]], [None], [{}], [[{}]], {"": ""}, {1: 2}, {"a": {}}, {"a\nb": 1}, {"\ud800": 1}]),
    st.sampled_from([nested(3), nested(200), nested(5000), [nested(900)]]),
    st.sampled_from(TEXTS),
    st.text(max_size=8),
)  # fmt: skip


BROKE_OUT = [
    (("memory_mib",), 10**5000),
    (("memory_mib",), Unprintable()),
    (("architecture",), Unprintable()),
    (("stage",), nested(5000)),
    (("http", "throttle", "rate"), 10**400),
    (("http", "throttle", "burst"), 10**400),
    (("http", "throttle", "rate"), float("inf")),
    (("queues",), b""),
    (("environment",), {"\ud800": "1"}),
    (("environment",), {"A\nB": 1}),
    (("environment", "COLOUR"), "\ud800"),
    (("environment", "COLOUR"), "\0"),
    (("code",), "\0"),
    (("tags", "team"), "\ud800"),
    (("event_rules", 0, "input_template"), "\ud800"),
    (("event_rules", 0, "pattern"), {"a": {1: ["x"], "b": ["x"]}}),
    (("event_rules", 0, "pattern"), {"a": [float("nan")]}),
    (("event_rules", 0, "pattern", "source"), {1: 2}),
    (("event_rules", 0, "pattern"), nested(5000)),
    (("event_rules", 1, "input"), {"a": object()}),
    (("event_rules", 1, "input"), nested(5000)),
    (("schedules", 0, "input"), {"a": {1: 2, "b": 1}}),
    (("schedules", 0, "input"), {"a": float("nan")}),
    (("schedules", 0, "input"), {"a": "\ud800"}),
    (("topics", 0, "filter_policy"), nested(5000)),
    (("topics", 0, "filter_policy"), {"$or": ["x"]}),
]
"""What once came out as something else than an ArgsError, or was taken."""


@pytest.mark.parametrize(("place", "junk"), BROKE_OUT, ids=lambda each: "")
def test_what_once_broke_out_is_refused_in_one_line(place, junk):
    assert place[0] in outcome(put(place, junk))


def in_another_language(value):
    """What a hosted component gets: every number is a float."""
    if isinstance(value, dict):
        return {key: in_another_language(each) for key, each in value.items()}
    if isinstance(value, list):
        return [in_another_language(each) for each in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


FREE_JSON = {
    **ARGS,
    "queues": [{"filters": [{"body": {"a": [5, {"numeric": [">", 0, "<=", 9]}]}}]}],
    "topics": [
        {
            "arn": f"arn:aws:sns:{HERE}:news",
            "filter_policy": {"a": [5, {"anything-but": [7]}]},
            "filter_policy_scope": "body",
        }
    ],
    "event_rules": [
        {"pattern": {"detail": {"a": [5, {"numeric": ["=", 7]}]}}, "input": {"a": [5, [1]]}}
    ],
    "schedules": [{"rate": "5 minutes", "input": {"a": {"b": [5, -1, 0.5, True, None, "5"]}}}],
    "overrides": {"function": {"environment": {"variables": {"A": 5}}}},
}


def test_whole_numbers_of_another_language_make_the_same_app():
    def made(args):
        graph = synth(lambda: FunctionApp("notes", args) and None)
        return {(each.type, each.name): each.inputs for each in graph.resources}

    theirs = made(in_another_language(FREE_JSON))
    assert theirs == made(FREE_JSON)
    texts = [str(inputs) for inputs in theirs.values()]
    assert any('"a":[5,{"numeric":[">",0,"<=",9]}]' in text for text in texts)
    # A half stays one.
    assert any('[5, -1, 0.5, true, null, "5"]' in text for text in texts)


def test_the_good_args_are_good():
    assert outcome(ARGS) == []


def at_place(path):
    value = ARGS
    for step in path:
        value = value[step]
    return value


TEXT_PLACES = [each for each in places(ARGS) if isinstance(at_place(each), str)]


@pytest.mark.parametrize("place", TEXT_PLACES, ids=lambda each: ".".join(map(str, each)))
def test_a_line_break_in_any_text_is_refused_in_one_line_or_fits(place):
    for text in (f"{at_place(place)}\n", f"\n{at_place(place)}", f"{at_place(place)}\0"):
        found = outcome(put(place, text))
        assert found == [] or isinstance(found, str), (place, text, found)


@settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(place=st.sampled_from(sorted(places(ARGS), key=str)), junk=JUNK)
def test_junk_is_refused_in_one_line_or_fits(place, junk):
    found = outcome(put(place, junk))
    assert found == [] or isinstance(found, str), (place, junk, found)


EDGES = [-1, 0, 1, 2, 5, 6, 10, 11, 59, 60, 99, 100, 128, 300, 301, 512, 513, 900, 901, 1000, 1001]
EDGES += [1440, 1441, 10_000, 10_001, 10_240, 21_600, 21_601, 43_200, 86_400, 604_800, 604_801]


@st.composite
def near(draw, value):
    """Draw a value of the same type, which may be good too."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return draw(st.sampled_from([value - 1, value + 1, *EDGES]))
    if isinstance(value, float):
        return draw(st.sampled_from([0.0, 1e-300, 0.5, 100.0, 100.1, 1e300]))
    if isinstance(value, str):
        at = draw(st.integers(0, len(value)))
        letters = draw(
            st.sampled_from(["", "a", "A", "-", "_", ".", " ", "*", "/", ":", "é", "0", "\n"])
        )
        return draw(
            st.sampled_from([
                value[:at] + letters + value[at:],
                value[:at] + letters + value[at + 1 :],
                value[:at] + letters,
                value + "a" * draw(st.sampled_from([20, 50, 64, 128, 200, 260, 2000])),
            ])
        )  # fmt: skip
    if isinstance(value, list):
        return draw(st.sampled_from([[], value * 2, value * 20, [*value, *map(renamed, value)]]))
    dropped = draw(st.sampled_from(sorted(value, key=str) or [""]))
    return {key: each for key, each in value.items() if key != dropped}


def renamed(source):
    return {**source, "name": "again"} if isinstance(source, dict) else source


@settings(
    max_examples=50, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(data=st.data())
def test_what_is_nearly_good_fits_or_is_refused_in_one_line(data):
    args = ARGS
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(sorted(places(args), key=str)))
        value = args
        for step in place:
            value = value[step]
        args = put(place, data.draw(near(value)), args)
    found = outcome(args)
    assert found == [] or isinstance(found, str), found
