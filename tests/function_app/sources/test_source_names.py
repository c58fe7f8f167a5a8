"""Sources that are renamed: what they have in AWS keeps its place, by `previous_name`."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from platform_lib import ArgsError, FunctionApp
from platform_lib.testing import synth

HERE = "us-east-1:123456789012"
CODE = {"code": "s3://artifacts/notes.zip", "handler": "notes.handler"}
SOURCES = {
    "queue that is made": ("queues", {}),
    "queue that is given": ("queues", {"arn": f"arn:aws:sqs:{HERE}:orders"}),
    "stream": ("streams", {"arn": f"arn:aws:kinesis:{HERE}:stream/clicks"}),
    "topic": ("topics", {"arn": f"arn:aws:sns:{HERE}:news"}),
    "raw topic": ("topics", {"arn": f"arn:aws:sns:{HERE}:news", "raw": True}),
    "bucket": ("buckets", {"bucket": "photos"}),
    "bucket by EventBridge": ("buckets", {"bucket": "photos", "route": "event_bridge"}),
    "rule": ("event_rules", {"pattern": {"source": ["shop"]}}),
    "schedule": ("schedules", {"rate": "1 hour"}),
    "log group": ("log_groups", {"log_group": "/shop"}),
    "receipt rule": ("receipt_rules", {"rule_set_name": "mail"}),
    "permission": (
        "invoke_permissions",
        {"principal": "iot.amazonaws.com", "source_arn": f"arn:aws:iot:{HERE}:rule/a"},
    ),
}
NAMES = ("", "a", "orders", "orders-of-today")
FIXED = ("name", "targetId")
"""Names in AWS that a program may give; all others are made of the first logical name."""


def resources(app, kind, args, name="", **more):
    named = {**args, **({"name": name} if name else {}), **more}
    graph = synth(lambda: FunctionApp(app, {**CODE, kind: [named]}))
    found = {}
    for made in graph.resources:
        [first] = [alias["name"] for alias in made.options.aliases] or [made.name]
        fixed = {word: made.inputs.get(word) for word in FIXED if made.inputs.get(word)}
        assert (made.type, first) not in found
        found[made.type, first] = made.name, fixed
    return found


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    source=st.sampled_from(sorted(SOURCES)),
    app=st.sampled_from(["notes", "n" * 40]),
    names=st.permutations(NAMES),
)
def test_a_renamed_source_is_known_by_its_previous_name_and_keeps_its_names_in_aws(
    source, app, names
):
    kind, args = SOURCES[source]
    old, new, *_ = names
    before = resources(app, kind, args, old)
    plain = resources(app, kind, args, new)

    after = resources(app, kind, args, new, previous_name=old)

    assert set(after) == set(before)
    assert {name for name, _ in after.values()} == {name for name, _ in plain.values()}
    for where, (_, fixed) in before.items():
        # What had no name of ours keeps the one that Pulumi gave it, unless that is too long now.
        assert after[where][1] == fixed or not fixed


def test_what_was_not_renamed_has_no_aliases():
    def program():
        FunctionApp("notes", {**CODE, "queues": [{"name": "orders"}]})

    assert not any(made.options.aliases for made in synth(program).resources)


@pytest.mark.parametrize(
    ("queues", "need"),
    [
        ([{"name": "a", "previous_name": "A"}], "must be a name, or '' where it had none"),
        ([{"name": "a", "previous_name": "a"}], "one of the queues has this name now"),
        ([{"previous_name": ""}], "one of the queues has this name now"),
        ([{"name": "a", "previous_name": "b"}, {"name": "b"}], "one of the queues has this name"),
        ([{"name": "a", "previous_name": ""}, {}], "one of the queues has this name now"),
        (
            [{"name": "a", "previous_name": "c"}, {"name": "b", "previous_name": "c"}],
            r"'queues\[1\].previous_name' is 'c': one of the queues has this name now, or had it",
        ),
    ],
)
def test_a_previous_name_that_is_not_one_sources_own_is_refused(queues, need):
    def program():
        with pytest.raises(ArgsError, match=need):
            FunctionApp("notes", {**CODE, "queues": queues})

    assert synth(program).resources == ()
