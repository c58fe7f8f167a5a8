"""Every event source through the public constructor: trigger, permission or statement, retries
and where failures end, against a table written from AWS's documentation."""

import json
from collections.abc import Mapping
from dataclasses import is_dataclass

import pulumi
import pulumi_aws as aws
import pytest
from sources_cases import CASES, every_case
from sources_kit import ACCOUNT, QUIET, allow, extra, failures, graph_of, permissions, policy_of

from platform_lib import ArgsError, FunctionApp, grants
from platform_lib.testing import synth


@every_case
def test_a_source_makes_exactly_this(case):
    assert extra(graph_of(**case.args)) == case.made


@every_case
def test_a_trigger_is_bound_to_the_alias_with_these_inputs(case):
    graph = graph_of(**case.args)
    [trigger] = [each for each in graph.resources if each.name == case.trigger]
    assert trigger.inputs == case.inputs(graph)


@every_case
def test_a_service_may_call_the_alias_for_this_source_alone(case):
    graph = graph_of(**case.args)
    source = case.source_arn(graph) if callable(case.source_arn) else case.source_arn
    expected = {
        "action": "lambda:InvokeFunction",
        "function": graph.one(aws.lambda_.Function).outputs["name"],
        "qualifier": "live",
        "principal": case.principal,
        "sourceArn": source,
        **({"sourceAccount": case.source_account} if case.source_account else {}),
    }
    assert permissions(graph) == ([expected] if case.principal else [])


@every_case
def test_the_role_may_do_what_its_sources_need_and_no_more(case):
    graph = graph_of(**case.args)
    logs = graph.one(aws.cloudwatch.LogGroup, "notes-logs").outputs["arn"]
    destination = [allow(["sqs:SendMessage"], failures(graph))] if case.asynchronous else []
    assert policy_of(graph) == [
        allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"{logs}:*"),
        *case.statements(graph),
        *destination,
    ]


@every_case
def test_what_fails_has_a_queue_of_its_own(case):
    graph = graph_of(**case.args)
    configs = [each.inputs for each in graph.all(aws.lambda_.FunctionEventInvokeConfig)]
    if not case.asynchronous:
        assert configs == []
        return
    assert configs == [
        {
            "functionName": graph.one(aws.lambda_.Function).outputs["name"],
            "qualifier": "live",
            "destinationConfig": {"onFailure": {"destination": failures(graph)}},
        }
    ]
    assert graph.one(aws.sqs.Queue, "notes-failures").inputs == {
        "messageRetentionSeconds": 1209600,
        "sqsManagedSseEnabled": True,
    }


@every_case
def test_the_failure_queue_takes_what_these_services_could_not_hand_over(case):
    graph = graph_of(**case.args)
    destination = [each for each in graph.all(aws.sqs.QueuePolicy) if "failures" in each.name]
    expected = [
        {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sqs:SendMessage",
            "Resource": failures(graph),
            "Condition": {"ArnEquals": {"aws:SourceArn": source}},
        }
        for service, source in case.left_by(graph)
    ]
    statements = [json.loads(each.inputs["policy"])["Statement"] for each in destination]
    assert statements == ([expected] if expected else [])


@every_case
def test_every_child_can_be_reached_and_overridden_by_its_path(case):
    graph = graph_of(**case.args)
    named = {each.name for each in graph.resources if each.type.startswith("aws:")}
    shown = dict(_shown(vars(graph.result)))
    assert {child.pulumi_resource_name for child in shown.values()} == named
    graph_of(**case.args, overrides={key: {} for key in shown})


def _shown(of):
    for key, value in of.items():
        if isinstance(value, pulumi.CustomResource):
            yield key, value
        elif isinstance(value, Mapping) or is_dataclass(value):
            inner = value if isinstance(value, Mapping) else vars(value)
            yield from ((f"{key}.{path}", child) for path, child in _shown(inner))


@every_case
def test_a_source_waits_until_it_may_call(case):
    graph = graph_of(**case.args)
    [trigger] = [each for each in graph.resources if each.name == case.trigger]
    names = {each.name for each in trigger.dependencies}
    if case.principal:
        assert any(name.endswith("-permission") for name in names)
    if case.asynchronous:
        assert "notes-invoke-config" in names
    # A mapping is tried with the role's rights when it is made: the function waits for them.
    function = graph.one(aws.lambda_.Function)
    assert "notes-policy" in {each.name for each in function.dependencies}


@every_case
def test_tags_and_the_boundary_are_on_what_a_source_makes(case):
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
    tags = {"team": "notes"}
    graph = graph_of(**case.args, tags=tags, permissions_boundary_arn=boundary)
    for role in graph.all(aws.iam.Role):
        assert role.inputs["permissionsBoundary"] == boundary
    for kind in (aws.sqs.Queue, aws.lambda_.EventSourceMapping, aws.cloudwatch.EventRule):
        for each in graph.all(kind):
            assert each.inputs["tags"] == tags


def test_sources_are_told_apart_by_name_so_that_order_moves_nothing():
    named = [{"name": "orders"}, {"name": "refunds", "fifo": True}, {}]

    def names(queues):
        graph = graph_of(queues=queues)
        return {
            each.name: {key: value for key, value in each.inputs.items() if key != "policy"}
            for each in graph.resources
            if each.type.startswith("aws:") and "queue" in each.name
        }

    assert names(named) == names(named[::-1])
    fewer, more = names(named[:2]), names(named)
    assert fewer.items() <= more.items()
    assert set(more) - set(fewer) == {"notes-queue", "notes-queue-dlq", "notes-queue-mapping"}
    graph = graph_of(queues=named)
    assert set(graph.result.queues) == {"orders", "refunds", "queue"}


def test_a_preview_knows_every_child_of_every_source():
    args = {key: value for case in CASES.values() for key, value in case.args.items()}
    args.pop("buckets")

    def program():
        topic, bucket = aws.sns.Topic("news"), aws.s3.Bucket("photos")
        table = aws.dynamodb.Table(
            "notes",
            hash_key="id",
            attributes=[{"name": "id", "type": "S"}],
            stream_enabled=True,
            stream_view_type="NEW_IMAGE",
        )
        more = {
            "topics": [{"arn": topic.arn}],
            "buckets": [{"bucket": bucket.id}, {"name": "by-rule", "bucket": bucket.id, "route": "event_bridge"}],
            "streams": [{"arn": table.stream_arn}],
        }  # fmt: skip
        shared = {"buckets.bucket.notification": {"eventbridge": True}}
        return FunctionApp("notes", {**QUIET, **args, **more, "overrides": shared})

    assert synth(program, preview=True).counts() == synth(program).counts()


LIMITS = {
    aws.cloudwatch.EventRule: ("name", 64),
    aws.cloudwatch.EventTarget: ("targetId", 64),
    aws.iam.Role: ("name", 64),
    aws.iam.RolePolicy: ("name", 128),
    aws.lambda_.Permission: ("statementId", 100),
    aws.scheduler.Schedule: ("name", 64),
    aws.ses.ReceiptRule: ("name", 64),
    aws.sqs.Queue: ("name", 80),
}
"""What AWS takes for a name: https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html"""


@pytest.mark.parametrize("app", ["n" * 50, "notes"])
@pytest.mark.parametrize("name", [None, "n" * 6])
@every_case
def test_names_as_long_as_they_may_be_still_fit(case, app, name):
    args = {kind: [{**each, "name": name} for each in given] if isinstance(given, list) else given
            for kind, given in case.args.items()}  # fmt: skip
    graph = synth(lambda: FunctionApp(app, {**QUIET, **args}))
    for kind, (word, limit) in LIMITS.items():
        for each in graph.all(kind):
            # Pulumi's automatic name is the logical one, a hyphen and seven letters.
            assert len(each.inputs.get(word, f"{each.name}-0123456")) <= limit, each


def test_stacks_of_one_account_share_a_rule_set():
    mail = {"receipt_rules": [{"rule_set_name": "mail"}]}
    names = {
        synth(lambda: FunctionApp("notes", {**QUIET, **mail}), stack=stack)
        .one(aws.ses.ReceiptRule)
        .inputs["name"]
        for stack in ("development", "staging")
    }
    assert len(names) == 2


def test_recursion_that_only_the_engine_can_tell_is_refused_before_the_trigger_is_made():
    def program():
        bucket = aws.s3.Bucket("photos")
        may = [grants.read_write_bucket(bucket.arn)]
        return FunctionApp("notes", {**QUIET, "buckets": [{"bucket": bucket.id}], "grants": may})

    with pytest.raises(ArgsError, match=r"FunctionApp 'notes': 'buckets\[0\].bucket' is 'photos-"):
        synth(program)


def test_its_own_log_group_is_refused_under_the_name_that_the_engine_gave_it():
    own = graph_of().one(aws.cloudwatch.LogGroup, "notes-logs").outputs["name"]
    with pytest.raises(ArgsError, match=r"'log_groups\[0\].log_group' is .*is the function's own"):
        graph_of(log_groups=[{"log_group": own}])
