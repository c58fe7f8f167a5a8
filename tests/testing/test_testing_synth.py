"""A program under synth: what the graph tells, and that runs know nothing of each other."""

import asyncio
import subprocess
import sys
import threading

import pulumi
import pulumi_aws as aws
import pytest
from pulumi.output import Unknown

from platform_lib.testing import UNKNOWN, AwsMocks, synth


class Pair(pulumi.ComponentResource):
    """A queue and a topic that knows it."""

    def __init__(self, name, opts=None):
        super().__init__("test:index:Pair", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.queue = aws.sqs.Queue(f"{name}-queue", visibility_timeout_seconds=30, opts=child)
        self.topic = aws.sns.Topic(f"{name}-topic", display_name=self.queue.name, opts=child)
        self.arn = self.queue.arn
        self.register_outputs({"arn": self.arn})


def test_a_resource_is_found_by_class_by_token_and_by_name():
    graph = synth(lambda: [Pair("a"), Pair("b")])
    by_class = graph.one(aws.sqs.Queue, "a-queue")
    assert by_class is graph.one("aws:sqs/queue:Queue", "a-queue")
    assert [found.name for found in graph.all(aws.sqs.Queue)] == ["a-queue", "b-queue"]
    assert [found.name for found in graph.all(Pair)] == ["a", "b"]
    assert graph.one("test:index:Pair", "a") is graph.one(Pair, "a")
    assert graph.counts() == {
        "aws:sns/topic:Topic": 2,
        "aws:sqs/queue:Queue": 2,
        "test:index:Pair": 2,
    }


class SlowFirst(AwsMocks):
    """Mocks that take longer to make what comes first."""

    def new_resource(self, args):
        if args.name.endswith("-0"):
            threading.Event().wait(0.05)
        return super().new_resource(args)


def test_the_graph_has_the_order_of_the_program():
    def program():
        for number in range(8):
            aws.sqs.Queue(f"queue-{number}")

    names = [found.name for found in synth(program, mocks=SlowFirst()).all(aws.sqs.Queue)]
    assert names == [f"queue-{number}" for number in range(8)]


def test_what_is_not_there_is_an_error_that_helps():
    graph = synth(lambda: [Pair("a"), Pair("b")])
    with pytest.raises(LookupError, match=r"there are 2 of aws:sqs/queue:Queue: a-queue, b-queue"):
        graph.one(aws.sqs.Queue)
    with pytest.raises(LookupError, match=r"named 'c'; of this type there are: a-queue, b-queue"):
        graph.one(aws.sqs.Queue, "c")
    with pytest.raises(LookupError, match=r"did you mean aws:sqs/queue:Queue\?"):
        graph.one("aws:sqs/Queue:Queue")
    assert graph.all(aws.kms.Key) == []


def test_inputs_are_read_in_camel_case_and_in_snake_case():
    def program():
        aws.ecs.Service(
            "service",
            desired_count=2,
            network_configuration={"subnets": ["subnet-1"], "assign_public_ip": True},
            tags={"cost_center": "7"},
        )

    inputs = synth(program).one(aws.ecs.Service).inputs
    network = {"subnets": ["subnet-1"], "assignPublicIp": True}
    assert inputs["desiredCount"] == inputs["desired_count"] == inputs.get("desired_count") == 2
    assert inputs["networkConfiguration"] == inputs["network_configuration"] == network
    assert inputs["network_configuration"]["assign_public_ip"] is True
    assert inputs["tags"] == {"cost_center": "7"}
    assert isinstance(inputs["desired_count"], int)
    assert "desired_count" in inputs
    assert "launch_type" not in inputs
    assert inputs.get("launch_type", "none") == "none"
    with pytest.raises(KeyError, match=r"launch_type.*there are: desiredCount"):
        inputs["launch_type"]


def test_parents_dependencies_and_providers_are_resources_of_the_graph():
    def program():
        provider = aws.Provider("eu", region="eu-west-1")
        pair = Pair("a", pulumi.ResourceOptions(provider=provider))
        aws.sqs.Queue("after", opts=pulumi.ResourceOptions(depends_on=[pair.topic]))

    graph = synth(program)
    pair, queue, topic = (
        graph.one(Pair),
        graph.one(aws.sqs.Queue, "a-queue"),
        graph.one(aws.sns.Topic),
    )
    assert (pair.parent, queue.parent, topic.parent) == (None, pair, pair)
    assert topic.dependencies == (queue,)
    assert topic.property_dependencies == {"displayName": (queue,)}
    after = graph.one(aws.sqs.Queue, "after")
    assert after.dependencies == (topic,)
    assert after.property_dependencies == {}
    assert queue.provider is topic.provider is graph.one(aws.Provider)
    assert after.provider is None
    assert queue.urn == "urn:pulumi:stack::project::test:index:Pair$aws:sqs/queue:Queue::a-queue"
    assert after.urn == "urn:pulumi:stack::project::aws:sqs/queue:Queue::after"


def test_a_urn_holds_every_component_above():
    def program():
        above = pulumi.ComponentResource("test:index:Above", "above")
        Pair("a", pulumi.ResourceOptions(parent=above))

    queue = synth(program).one(aws.sqs.Queue)
    assert queue.urn.split("::")[2] == "test:index:Above$test:index:Pair$aws:sqs/queue:Queue"


def test_options_are_told_as_the_engine_hears_them():
    def program():
        aws.sqs.Queue("plain")
        aws.sqs.Queue(
            "full",
            opts=pulumi.ResourceOptions(
                protect=True,
                retain_on_delete=True,
                delete_before_replace=False,
                ignore_changes=["visibilityTimeoutSeconds"],
                replace_on_changes=["fifoQueue"],
                replacement_trigger=pulumi.Output.from_input(["a", 1]),
                additional_secret_outputs=["url"],
                aliases=[pulumi.Alias(name="old"), "urn:pulumi:stack::project::a:b:C::d"],
                custom_timeouts=pulumi.CustomTimeouts(create="10m"),
            ),
        )

    graph = synth(program)
    options = graph.one(aws.sqs.Queue, "full").options
    assert options.protect
    assert options.retain_on_delete
    assert options.delete_before_replace is False
    assert options.ignore_changes == ("visibilityTimeoutSeconds",)
    assert options.replace_on_changes == ("fifoQueue",)
    assert options.replacement_trigger == ["a", 1]
    assert options.additional_secret_outputs == ("url",)
    assert options.aliases[0]["name"] == "old"
    assert options.aliases[1] == "urn:pulumi:stack::project::a:b:C::d"
    assert options.custom_timeouts == {"create": "10m"}
    plain = graph.one(aws.sqs.Queue, "plain").options
    assert plain.delete_before_replace is plain.replacement_trigger is None
    assert plain.aliases == plain.ignore_changes == ()
    assert not plain.protect


def test_exports_and_registered_outputs_are_plain_values():
    def program():
        pair = Pair("a")
        pulumi.export("arn", pair.arn)
        pulumi.export("nested", {"names": [pair.queue.name]})

    graph = synth(program)
    queue = graph.one(aws.sqs.Queue)
    assert graph.outputs == {
        "arn": queue.state["arn"],
        "nested": {"names": [queue.state["name"]]},
    }
    assert graph.one(Pair).registered == ({"arn": queue.state["arn"]},)
    assert graph.one(Pair).outputs == {"arn": queue.state["arn"]}
    assert queue.outputs is queue.state


def test_secrets_stay_secret_and_are_named():
    def program():
        secret = aws.secretsmanager.SecretVersion(
            "s", secret_id="arn", secret_string=pulumi.Output.secret("hush")
        )
        aws.ssm.Parameter("p", type="String", value=secret.secret_string, description="open")
        told = pulumi.ResourceOptions(additional_secret_outputs=["url"])
        queue = aws.sqs.Queue("q", policy=pulumi.Output.secret("{}"), opts=told)
        aws.sns.Topic("echoed", display_name=queue.policy)
        aws.sns.Topic("told", display_name=queue.url)
        aws.sns.Topic("open", display_name=queue.name)
        aws.lambda_.Function(
            "f", role="r", environment={"variables": {"A": pulumi.Output.secret("b"), "C": "d"}}
        )

    graph = synth(program)
    assert graph.one(aws.secretsmanager.SecretVersion).secrets == {"secretString"}
    # What came back from the cloud is as secret as what was sent.
    assert graph.one(aws.ssm.Parameter).secrets == {"value"}
    assert graph.one(aws.ssm.Parameter).inputs["value"] == "hush"
    topics = {topic.name: topic.secrets for topic in graph.all(aws.sns.Topic)}
    assert topics == {"echoed": {"displayName"}, "told": {"displayName"}, "open": set()}
    function = graph.one(aws.lambda_.Function)
    assert function.secrets == {"environment"}
    assert function.inputs["environment"] == {"variables": {"A": "b", "C": "d"}}


def test_assets_are_assets():
    def program():
        code = pulumi.AssetArchive({"a.py": pulumi.StringAsset("x = 1")})
        aws.lambda_.Function("f", role="r", code=code)
        aws.s3.BucketObjectv2("o", bucket="b", source=pulumi.FileAsset("app.zip"))

    graph = synth(program)
    code = graph.one(aws.lambda_.Function).inputs["code"]
    assert code.assets["a.py"].text == "x = 1"
    assert graph.one(aws.s3.BucketObjectv2).inputs["source"].path == "app.zip"


def test_values_are_read_and_checked_without_an_apply():
    graph = synth(lambda: Pair("a"))
    pair = graph.result
    assert graph.value({"arns": [pair.arn, "plain"]}) == {
        "arns": [graph.one(aws.sqs.Queue).state["arn"], "plain"]
    }
    graph.check(pair.arn, lambda arn: arn.startswith("arn:aws:sqs:"))
    with pytest.raises(AssertionError, match="the check returned False for 'arn:aws:sqs:"):
        graph.check(pair.arn, lambda arn: arn.startswith("arn:aws:sns:"))


@pytest.mark.applies_may_wait
def test_an_output_made_after_the_program_has_no_value():
    graph = synth(lambda: Pair("a"))

    async def too_late():
        graph.value(graph.result.arn.apply(str))

    with pytest.raises(RuntimeError, match="made after the program had ended"):
        asyncio.run(too_late())


@pytest.mark.applies_may_wait  # the very thing that is shown
def test_a_preview_does_not_know_what_only_the_cloud_tells():
    ran = []

    def program():
        pair = Pair("a")
        pair.queue.name.apply(ran.append)
        pair.arn.apply(ran.append)
        pulumi.export("arn", pair.arn)
        aws.lambda_.Function("f", role=pair.arn, environment={"variables": {"A": pair.arn}})
        return pair

    graph = synth(program, preview=True)
    queue, function = graph.one(aws.sqs.Queue), graph.one(aws.lambda_.Function)
    assert queue.id is None
    # Known, as in a real preview: what the program gave, and the name, which is picked beforehand.
    assert set(queue.state) == {"name", "visibilityTimeoutSeconds"}
    assert ran == [queue.state["name"]]
    assert isinstance(function.inputs["role"], Unknown)
    assert isinstance(function.inputs["environment"]["variables"]["A"], Unknown)
    assert graph.outputs["arn"] is UNKNOWN
    assert graph.value(graph.result.arn) is UNKNOWN
    assert graph.value(graph.result.queue.visibility_timeout_seconds) == 30
    with pytest.raises(AssertionError, match="not known in a preview"):
        graph.check(graph.result.arn, str)


def test_a_preview_hides_what_a_teams_own_mocks_make_up():
    class Mocks(pulumi.runtime.Mocks):
        def new_resource(self, args):
            return f"{args.name}-id", {**args.inputs, "arn": "made up"}

        def call(self, args):
            return {}

    graph = synth(lambda: Pair("a").arn, mocks=Mocks(), preview=True)
    assert isinstance(graph.value(graph.result), Unknown)
    assert graph.one(aws.sqs.Queue).id is None
    assert synth(lambda: Pair("a").arn, mocks=Mocks()).outputs == {}


def test_is_dry_run_tells_a_preview():
    assert synth(pulumi.runtime.is_dry_run, preview=True).result is True
    assert synth(pulumi.runtime.is_dry_run).result is False


def test_config_project_and_stack():
    def program():
        config = pulumi.Config()
        return (
            config.require("target"),
            config.require_int("count"),
            config.require_object("zones"),
            pulumi.Config("aws").require("region"),
            pulumi.get_project(),
            pulumi.get_stack(),
        )

    given = {"target": "vm", "count": 3, "zones": ["a"], "aws:region": "eu-west-1"}
    graph = synth(program, config=given, project="shop", stack="live")
    assert graph.result == ("vm", 3, ["a"], "eu-west-1", "shop", "live")
    with pytest.raises(pulumi.ConfigMissingError):
        synth(program)


def test_two_resources_of_one_name_are_refused_as_by_the_engine():
    with pytest.raises(ValueError, match=r"Duplicate resource URN .*aws:sqs/queue:Queue::q'"):
        synth(lambda: [aws.sqs.Queue("q"), aws.sqs.Queue("q")])


@pytest.mark.parametrize("preview", [False, True])
def test_errors_are_raised_where_the_test_stands(preview):
    def in_program():
        aws.sqs.Queue("q")
        raise ZeroDivisionError("in the program")

    def in_apply():
        aws.sqs.Queue("q").name.apply(lambda name: 1 / 0)

    class Broken(AwsMocks):
        def new_resource(self, args):
            raise ZeroDivisionError("in the mocks")

    for program, mocks in ((in_program, None), (in_apply, None), (lambda: Pair("a"), Broken())):
        with pytest.raises(ZeroDivisionError):
            synth(program, mocks=mocks, preview=preview)


def test_a_resource_made_late_is_waited_for():
    def program():
        queue = aws.sqs.Queue("first")
        queue.arn.apply(
            lambda arn: aws.sqs.Queue("second").arn.apply(lambda _: aws.sqs.Queue("third"))
        )

    assert [found.name for found in synth(program).all(aws.sqs.Queue)] == [
        "first",
        "second",
        "third",
    ]


def test_an_async_program():
    async def program():
        await asyncio.sleep(0)
        return Pair("a")

    graph = synth(program)
    assert graph.value(graph.result.arn) == graph.one(aws.sqs.Queue).state["arn"]


def test_it_works_inside_a_loop_that_runs():
    async def test():
        return synth(lambda: Pair("a"))

    assert asyncio.run(test()).counts()["aws:sqs/queue:Queue"] == 1


def test_runs_know_nothing_of_each_other():
    def first():
        pulumi.export("a", aws.sqs.Queue("one").arn)

    assert set(synth(first, config={"x": "1"}, project="p1", preview=True).outputs) == {"a"}
    graph = synth(lambda: (aws.sqs.Queue("two"), pulumi.Config("p1").get("x"))[1])
    assert graph.outputs == {}
    assert graph.result is None
    assert [found.name for found in graph.resources] == ["two"]


def test_a_failed_run_leaves_nothing_behind():
    def program():
        pulumi.Output.from_input("x").apply(lambda _: asyncio.sleep(3600))
        aws.sqs.Queue("q")

    threads = set(threading.enumerate())
    with pytest.raises(LookupError, match="no such thing"):
        synth(program, mocks=_Failing())
    assert set(threading.enumerate()) == threads
    assert len(synth(lambda: Pair("a")).resources) == 3


class _Failing(AwsMocks):
    def new_resource(self, args):
        raise LookupError("no such thing")


def test_the_callers_own_mocks_and_config_stay_as_they_were():
    class Mine(pulumi.runtime.Mocks):
        def new_resource(self, args):
            return "mine", {**args.inputs, "arn": "mine"}

        def call(self, args):
            return {}

    async def own_test():
        pulumi.runtime.set_all_config({"shop:a": "b"})
        pulumi.runtime.set_mocks(Mine(), project="shop", stack="mine")
        synth(lambda: Pair("a"), project="other", config={"a": "c"})
        assert (pulumi.get_project(), pulumi.get_stack()) == ("shop", "mine")
        assert pulumi.Config().get("a") == "b"
        found = await pulumi.Output.all(aws.sqs.Queue("q").arn).future()
        synth(lambda: Pair("b"))
        return found

    assert asyncio.run(own_test()) == ["mine"]


def test_what_a_program_asks_is_recorded():
    graph = synth(lambda: aws.ec2.get_vpc(default=True))
    (invoke,) = graph.invokes
    assert (invoke.token, invoke.args) == ("aws:ec2/getVpc:getVpc", {"default": True})


FAILING = """
import pulumi
import pulumi_aws as aws
from platform_lib.testing import synth

def program():
    first = aws.sqs.Queue("first", name=pulumi.Output.from_input(1).apply(lambda _: 1 / 0))
    aws.sqs.Queue("next", opts=pulumi.ResourceOptions(depends_on=[first]))

try:
    synth(program)
except ZeroDivisionError as problem:
    print(problem)
"""


def test_a_failure_is_told_once_and_not_by_everything_that_waits_for_it():
    command = [sys.executable, "-W", "ignore", "-c", FAILING]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("division by zero\n", "")
