import ipaddress
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_lib.event_patterns import check_pattern, matches

EVENT = {
    "version": "0",
    "detail-type": "EC2 Instance State-change Notification",
    "source": "aws.ec2",
    "time": "2026-10-02T16:24:49Z",
    "resources": ["arn:aws:ec2:::a", "arn:aws:ec2:::b"],
    "none": None,
    "empty": "",
    "nothing": [],
    "detail": {
        "state": "running",
        "count": 5,
        "limit": 301.8,
        "ok": True,
        "ip": "10.0.0.33",
        "path": "dir/sub/File.PNG",
        "people": [{"first": "Ada", "last": "B"}, {"first": "Cy", "last": "D", "age": 3}],
    },
}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"source": ["aws.ec2"]}, True),
        ({"source": ["aws.s3", "aws.ec2"]}, True),
        ({"source": ["AWS.EC2"]}, False),
        ({"source": ["aws.ec2"], "version": ["1"]}, False),
        ({"resources": ["arn:aws:ec2:::b"]}, True),
        ({"none": [None]}, True),
        ({"source": [None]}, False),
        ({"empty": [""]}, True),
        ({"detail": {"ok": [True]}}, True),
        ({"detail": {"ok": [1]}}, False),
        ({"detail": {"count": [5.0]}}, True),
        ({"detail": {"count": ["5"]}}, False),
        ({"detail": ["running"]}, False),
        ({"source": [{"prefix": "aws."}]}, True),
        ({"source": [{"prefix": "AWS."}]}, False),
        ({"source": [{"prefix": {"equals-ignore-case": "AWS."}}]}, True),
        ({"detail": {"path": [{"suffix": ".png"}]}}, False),
        ({"detail": {"path": [{"suffix": {"equals-ignore-case": ".png"}}]}}, True),
        ({"detail": {"count": [{"prefix": "5"}]}}, False),
        ({"source": [{"equals-ignore-case": "AWS.ec2"}]}, True),
        ({"detail": {"state": [{"anything-but": "stopped"}]}}, True),
        ({"detail": {"state": [{"anything-but": ["stopped", "running"]}]}}, False),
        ({"detail": {"count": [{"anything-but": [4, 5]}]}}, False),
        ({"detail": {"count": [{"anything-but": "5"}]}}, True),
        ({"detail": {"absent": [{"anything-but": "x"}]}}, False),
        ({"resources": [{"anything-but": "arn:aws:ec2:::a"}]}, True),
        ({"detail": {"state": [{"anything-but": {"prefix": "run"}}]}}, False),
        ({"detail": {"state": [{"anything-but": {"suffix": ["x", "y"]}}]}}, True),
        ({"detail": {"state": [{"anything-but": {"equals-ignore-case": "RUNNING"}}]}}, False),
        ({"detail": {"path": [{"anything-but": {"wildcard": "*/sub/*"}}]}}, False),
        ({"detail": {"count": [{"numeric": [">", 0, "<=", 5]}]}}, True),
        ({"detail": {"count": [{"numeric": [">", 5]}]}}, False),
        ({"detail": {"limit": [{"numeric": ["=", 3.018e2]}]}}, True),
        ({"detail": {"state": [{"numeric": ["=", 1]}]}}, False),
        ({"detail": {"ok": [{"numeric": ["=", 1]}]}}, False),
        ({"detail": {"ip": [{"cidr": "10.0.0.0/24"}]}}, True),
        ({"detail": {"ip": [{"cidr": "10.0.1.0/24"}]}}, False),
        ({"detail": {"state": [{"cidr": "10.0.1.0/24"}]}}, False),
        ({"detail": {"count": [{"exists": True}]}}, True),
        ({"detail": {"count": [{"exists": False}]}}, False),
        ({"detail": {"absent": [{"exists": False}]}}, True),
        ({"absent": {"deep": [{"exists": False}]}}, True),
        ({"detail": [{"exists": True}]}, False),
        ({"detail": [{"exists": False}]}, True),
        ({"nothing": [{"exists": True}]}, False),
        ({"nothing": {"deep": [{"exists": False}]}}, True),
        ({"none": [{"exists": True}]}, True),
        ({"detail": {"path": [{"wildcard": "dir/*/*.PNG"}]}}, True),
        ({"detail": {"path": [{"wildcard": "dir/*.png"}]}}, False),
        ({"$or": [{"source": ["x"]}, {"detail": {"count": [5]}}]}, True),
        ({"source": ["x"], "$or": [{"version": ["0"]}, {"detail": {"count": [5]}}]}, False),
        ({"detail": {"$or": [{"count": [4]}, {"state": ["running"]}]}}, True),
        ({"detail": {"people": {"first": ["Ada"], "last": ["B"]}}}, True),
        ({"detail": {"people": {"first": ["Ada"], "last": ["D"]}}}, False),
        ({"detail": {"people": {"age": [{"exists": False}]}}}, False),
    ],
)
def test_a_pattern_and_an_event(pattern, expected):
    check_pattern(pattern)
    assert matches(pattern, EVENT) is expected


RULER = [
    json.loads(line)
    for line in Path(__file__).with_name("event_ruler_cases.jsonl").read_text().splitlines()
]
"""What release 2.1.0 of github.com/aws/event-ruler answered; None is a pattern that it refused."""


@pytest.mark.parametrize(
    "case", RULER, ids=lambda case: f"{json.dumps(case['pattern'])} {json.dumps(case['event'])}"
)
def test_what_the_matcher_of_aws_answers(case):
    try:
        check_pattern(case["pattern"])
    except ValueError:
        found = None
    else:
        found = matches(case["pattern"], case["event"])
    assert found is case["answer"]


def test_a_pattern_that_is_refused_for_one_path_in_two_places():
    for pattern in (
        {"a.b": ["x"], "a": {"b": ["y"]}},
        {"$or": [{"a.b": ["x"]}, {"c": ["x"]}], "a": {"b": ["y"]}},
    ):
        with pytest.raises(ValueError, match=r"a\.b: is named twice"):
            check_pattern(pattern)
    check_pattern({"$or": [{"a.b": ["x"]}, {"a": {"b": ["y"]}}]})


def test_fields_that_are_chosen_within_one_of_many_objects():
    many = [{"b": at, "c": at + 1} for at in range(2000)]
    rule = {"a": {"b": [{"numeric": [">=", 0]}], "c": [1999], "d": [{"exists": False}]}}
    check_pattern(rule)
    assert matches(rule, {"a": many})
    assert not matches({"a": {"b": [1999], "c": [1999]}}, {"a": many})


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ([], "must be an object of fields"),
        ({}, "an empty object matches nothing"),
        ({"a": {"b": {}}}, "a.b: an empty object"),
        ({"a": "x"}, "a: must be a list of at least one value, or an object"),
        ({"a": []}, "a: must be a list of at least one value"),
        ({"a": {"b": [["x"]]}}, "a.b: a list inside the list"),
        ({"a": [{"equal": "x"}]}, "a: no operator 'equal'; known are anything-but"),
        ({"a": [{}]}, "a: an operator is an object with one key"),
        ({"a": [{"prefix": "x", "suffix": "y"}]}, "a: an operator is an object with one key"),
        ({"a": [{"prefix": 5}]}, "a: prefix takes text"),
        ({"a": [{"suffix": {"prefix": "x"}}]}, "a: suffix takes text or"),
        ({"a": [{"equals-ignore-case": ["x"]}]}, "a: equals-ignore-case takes text"),
        ({"a": [{"exists": "true"}]}, "a: exists takes true or false"),
        ({"a": [{"cidr": "10.0.0.0/33"}]}, "a: cidr takes ADDRESS/BITS"),
        ({"a": [{"cidr": "10.0.0.1/32"}]}, "one address is given as it is, without cidr"),
        ({"a": [{"cidr": "2001:db8::1/128"}]}, "of at most 31 bits, with IPv6 127"),
        ({"a": [{"exactly": "x"}]}, "a: no operator 'exactly'"),
        ({"$or": [{"regex": ["x"]}, {"a": ["x"]}]}, "regex: a field inside"),
        ({"a": [{"anything-but": {"suffix": ["x", ""]}}]}, "takes text that is not empty"),
        ({"a": [{"cidr": "10.0.0.0"}]}, "a: cidr takes ADDRESS/BITS"),
        ({"a": [{"wildcard": "x**y"}]}, "a: wildcard takes no two"),
        ({"a": [{"wildcard": "x\\y"}]}, "a: wildcard takes a backslash only before"),
        ({"a": [{"numeric": 5}]}, "a: numeric takes a list such as"),
        ({"a": [{"numeric": ["=="]}]}, "a: numeric takes a list such as"),
        ({"a": [{"numeric": ["==", 5]}]}, "a: numeric has no comparison '=='"),
        ({"a": [{"numeric": ["=", "5"]}]}, "a: numeric compares numbers from -5000000000 to"),
        ({"a": [{"numeric": ["<", 5_000_000_001]}]}, "a: numeric compares numbers"),
        ({"a": [{"numeric": ["<", 1, ">", 0]}]}, "a: numeric takes two comparisons only as"),
        ({"a": [{"numeric": [">", 5, "<", 5]}]}, "a: numeric has a range that nothing is in"),
        ({"a": [{"anything-but": []}]}, "a: anything-but takes text or a number"),
        ({"a": [{"anything-but": ["x", 1]}]}, "a: anything-but takes text or a number"),
        ({"a": [{"anything-but": True}]}, "a: anything-but takes text or a number"),
        ({"a": [{"anything-but": {"numeric": ["=", 1]}}]}, "a: anything-but takes values, or"),
        ({"a": [{"anything-but": {"prefix": ""}}]}, "anything-but with prefix takes text"),
        ({"a": [{"anything-but": {"wildcard": "**"}}]}, "takes no two"),
        ({"$or": [{"a": ["x"]}]}, r"\$or: must be a list of two objects or more"),
        ({"$or": [{"a": ["x"]}, "b"]}, r"\$or: must be a list of objects"),
        (
            {"$or": [{"prefix": ["x"]}, {"a": ["x"]}]},
            "prefix: a field inside [$]or cannot have the name of",
        ),
        ({"$or": [{"a": {"prefix": ["x"]}}, {"b": ["x"]}]}, "a.prefix: a field inside"),
        ({"a": ["x" * 4096]}, "characters of JSON long, AWS takes 4096"),
        ({"a": [b"x"]}, "is not JSON"),
        (
            {f"f{at}": {"$or": [{f"g{n}": ["x"]} for n in range(11)]} for at in range(3)},
            "1331 combinations, AWS takes 1000",
        ),
    ],
)
def test_a_bad_pattern_is_told(pattern, told):
    with pytest.raises(ValueError, match=told):
        check_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ({"a": [{"wildcard": "x*"}]}, "no operator 'wildcard'"),
        ({"a": [{"cidr": "10.0.0.0/8"}]}, "no operator 'cidr'"),
        ({"a": [{"anything-but": {"prefix": "x"}}]}, "takes values only in a Lambda filter"),
    ],
)
def test_lambda_knows_fewer_operators(pattern, told):
    check_pattern(pattern)
    with pytest.raises(ValueError, match=told):
        check_pattern(pattern, for_lambda=True)
    check_pattern({"$or": [{"a": [{"suffix": "x"}]}, {"b": [None]}]}, for_lambda=True)


names = st.text("abc", min_size=1, max_size=2)
scalars = st.none() | st.booleans() | st.integers(-9, 9) | st.text("abAB*\\", max_size=4)
leaves = scalars | st.lists(scalars, min_size=1, max_size=3)
events = st.recursive(
    st.dictionaries(names, leaves, min_size=1, max_size=3),
    lambda inner: st.dictionaries(names, leaves | inner, min_size=1, max_size=3),
    max_leaves=6,
)


def pattern_of(event):
    """Word an event as the pattern of exactly its values."""
    return {
        name: pattern_of(value)
        if isinstance(value, dict)
        else value
        if isinstance(value, list)
        else [value]
        for name, value in event.items()
    }


@given(events)
def test_every_event_matches_the_pattern_of_its_own_values(event):
    pattern = pattern_of(event)
    check_pattern(pattern)
    assert matches(pattern, event)
    assert matches(pattern, json.loads(json.dumps(event)))


@given(events, events)
def test_or_is_one_or_the_other(one, other):
    a, b = pattern_of(one), pattern_of(other)
    for event in (one, other):
        assert matches({"$or": [a, b]}, event) == (matches(a, event) or matches(b, event))


@given(scalars, st.text("abAB", min_size=1, max_size=3) | st.integers(-9, 9))
def test_anything_but_is_the_opposite_of_equal(value, wanted):
    equal = matches({"a": [wanted]}, {"a": value})
    assert matches({"a": [{"anything-but": wanted}]}, {"a": value}) is not equal
    assert matches({"a": [{"anything-but": [wanted]}]}, {"a": value}) is not equal


@given(st.integers(-9, 9), st.integers(-9, 9), st.integers(-9, 9))
def test_a_numeric_range(value, low, high):
    pattern = {"a": [{"numeric": [">=", low, "<", high]}]}
    if low >= high:
        with pytest.raises(ValueError, match="range that nothing is in"):
            check_pattern(pattern)
    else:
        check_pattern(pattern)
        assert matches(pattern, {"a": value}) is (value in range(low, high))


def covers(pattern, text):
    """A wildcard without backslashes, by its definition."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return covers(pattern[1:], text) or (bool(text) and covers(pattern, text[1:]))
    return bool(text) and pattern[0] == text[0] and covers(pattern[1:], text[1:])


@given(st.text("ab*", max_size=6), st.text("ab*\n", max_size=8))
def test_a_wildcard(pattern, text):
    rule = {"a": [{"wildcard": pattern}]}
    if "**" in pattern:
        with pytest.raises(ValueError, match="no two"):
            check_pattern(rule)
    else:
        check_pattern(rule)
        assert matches(rule, {"a": text}) is covers(pattern, text)
    escaped = text.replace("\\", "\\\\").replace("*", "\\*")
    assert matches({"a": [{"wildcard": escaped}]}, {"a": text})


@given(st.ip_addresses(), st.ip_addresses(), st.integers(0, 31))
def test_a_range_of_addresses(address, base, bits):
    network = ipaddress.ip_network((base, bits), strict=False)
    rule = {"a": [{"cidr": str(network)}]}
    check_pattern(rule)
    # IPv4 may be written as IPv6.
    address = getattr(address, "ipv4_mapped", None) or address
    assert matches(rule, {"a": str(address)}) is (address in network)


@given(st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(names, inner)))
def test_any_json_is_passed_or_refused_in_words(value):
    for for_lambda in (False, True):
        try:
            check_pattern({"a": value}, for_lambda=for_lambda)
        except ValueError as error:
            assert str(error)
        else:
            assert matches({"a": value}, EVENT) in (True, False)
