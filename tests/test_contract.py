"""What holds for every component, whatever it runs on: one suite over all three."""

import base64
import inspect
import json
import tempfile
import typing
import zipfile
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pytest

import platform_lib
from platform_lib import TARGETS, AppArgs, ArgsError, grants
from platform_lib.local.dataplane.apps.units import read_user_data
from platform_lib.testing import synth

TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/notes"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf"
PARAMETER = "arn:aws:ssm:us-east-1:123456789012:parameter/token"
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
_FOLDER = tempfile.TemporaryDirectory()
CODE = Path(_FOLDER.name, "notes.zip")
with zipfile.ZipFile(CODE, "w") as archive:
    archive.writestr("notes.py", "def handler(event, context): return {}\n")
READY = {
    "container": {"image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/notes:1"},
    "function": {"code": str(CODE), "handler": "notes.handler"},
    "vm": {"bundle": "s3://artifacts/notes.zip", "start_command": "python3 -m notes"},
}
FRONT = {
    "aws:ec2/securityGroup:SecurityGroup": 2,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": 2,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": 2,
    "aws:lb/loadBalancer:LoadBalancer": 1,
    "aws:lb/targetGroup:TargetGroup": 1,
    "aws:lb/listener:Listener": 1,
}
COUNTS = {
    "container": {
        **FRONT,
        "platform-lib:index:ContainerApp": 1,
        "aws:cloudwatch/logGroup:LogGroup": 1,
        "aws:iam/role:Role": 2,
        "aws:iam/rolePolicy:RolePolicy": 2,
        "aws:ecs/cluster:Cluster": 1,
        "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": 1,
        "aws:ecs/taskDefinition:TaskDefinition": 1,
        "aws:ecs/service:Service": 1,
        "aws:appautoscaling/target:Target": 1,
        "aws:appautoscaling/policy:Policy": 1,
    },
    "function": {
        "platform-lib:index:FunctionApp": 1,
        "aws:cloudwatch/logGroup:LogGroup": 2,
        "aws:iam/role:Role": 1,
        "aws:iam/rolePolicy:RolePolicy": 1,
        "aws:lambda/function:Function": 1,
        "aws:lambda/alias:Alias": 1,
        "aws:lambda/permission:Permission": 1,
        "aws:apigatewayv2/api:Api": 1,
        "aws:apigatewayv2/integration:Integration": 1,
        "aws:apigatewayv2/route:Route": 1,
        "aws:apigatewayv2/stage:Stage": 1,
    },
    "vm": {
        **FRONT,
        "platform-lib:index:VmApp": 1,
        "aws:cloudwatch/logGroup:LogGroup": 1,
        "aws:iam/role:Role": 1,
        "aws:iam/rolePolicy:RolePolicy": 1,
        "aws:iam/instanceProfile:InstanceProfile": 1,
        "aws:ec2/launchTemplate:LaunchTemplate": 1,
        "aws:autoscaling/group:Group": 1,
        "aws:autoscaling/policy:Policy": 1,
    },
}

every_target = pytest.mark.parametrize("target", sorted(TARGETS))


def make(target, name="notes", opts=None, **args):
    return TARGETS[target](name, {**READY[target], **args}, opts)


def graph_of(target, **args):
    return synth(lambda: make(target, **args))


PLAIN = {"alarms": {"enabled": False}}
"""The plain app whose resources are counted; alarms are counted with the alarms."""


def variables_of(target, graph):
    """Give the variables of an app, as its target is told them."""
    if target == "function":
        return graph.one(aws.lambda_.Function).inputs["environment"]["variables"]
    if target == "container":
        text = graph.one(aws.ecs.TaskDefinition).inputs["containerDefinitions"]
        return {each["name"]: each["value"] for each in json.loads(text)[0]["environment"]}
    data = graph.one(aws.ec2.LaunchTemplate).inputs["userData"]
    return dict(read_user_data(base64.b64decode(data)).env)


@every_target
def test_an_app_gets_the_same_variables_everywhere(target):
    variables = variables_of(target, graph_of(target, environment={"MINE": "b"}))
    # Lambda sets the region itself; an image says where its home is.
    ours = {"MINE", "APP_NAME", "APP_TARGET", "APP_VERSION", "PORT", "PYTHONUNBUFFERED"}
    region = {"AWS_REGION", "AWS_DEFAULT_REGION"}
    more = {
        "container": region,
        "function": {"HOME"},
        # The unit's own, in front of what the app is given.
        "vm": region | {"HOME", "PATH", "PYTHONPATH"},
    }
    assert set(variables) == ours | more[target]
    assert variables["PYTHONUNBUFFERED"] == "1"
    homes = {"function": "/tmp", "vm": "/var/lib/app", "container": None}
    assert variables.get("HOME") == homes[target]


@every_target
def test_a_user_has_the_last_word_on_home_and_output(target):
    given = {"HOME": "/srv", "PYTHONUNBUFFERED": "", "WEB_CONCURRENCY": "3"}
    variables = variables_of(target, graph_of(target, environment=given))
    assert {name: variables[name] for name in given} == given


@every_target
def test_a_plain_app_makes_exactly_these_resources(target):
    graph = graph_of(target, grants=[grants.read_write_table(TABLE)], **PLAIN)
    assert graph.counts() == dict(sorted(COUNTS[target].items()))


@every_target
def test_every_child_has_the_component_as_parent_and_its_name_as_prefix(target):
    graph = graph_of(target, grants=[grants.read_write_table(TABLE)])
    component = graph.all(TARGETS[target])[0]
    assert component.parent is None or component.parent.type == "pulumi:pulumi:Stack"
    children = [each for each in graph.resources if each.type.startswith("aws:")]
    assert children
    for child in children:
        assert child.parent is component, child
        assert child.name.startswith("notes-"), child


@every_target
def test_outputs_are_registered_once_and_are_the_annotated_attributes(target):
    graph = graph_of(target)
    component = graph.one(TARGETS[target])
    assert len(component.registered) == 1
    shown = {name for name in TARGETS[target].__annotations__ if getattr(graph.result, name)}
    assert set(component.registered[0]) == shown
    for name in ("url", "dns_name", "role_arn", "role_name", "log_group_name", "version"):
        assert component.outputs[name], name
    assert component.outputs["url"].endswith(component.outputs["dns_name"])
    app = graph.result
    for name in ("hosted_zone_id", "security_group_id", "target_group_arn"):
        assert hasattr(app, name)


@every_target
def test_tags_are_on_every_child_that_takes_tags(target):
    graph = graph_of(target, tags={"team": "notes"}, grants=[grants.read_table(TABLE)])
    tagged = 0
    for child in graph.resources:
        if child.type == "aws:autoscaling/group:Group":
            tags = {tag["key"]: tag["value"] for tag in child.inputs["tags"]}
            assert tags == {"Name": "notes", "team": "notes"}
        elif child.type.startswith("aws:") and "tags" in _inputs_of(child.type):
            assert child.inputs["tags"] == {"team": "notes"}, child
            tagged += 1
    assert tagged > 3


def _inputs_of(token):
    module, kind = token.removeprefix("aws:").split("/")[0], token.rpartition(":")[2]
    module = {"lambda": "lambda_"}.get(module, module)
    args = getattr(getattr(aws, module), f"{kind}Args")
    return inspect.signature(args.__init__).parameters


@every_target
def test_the_boundary_is_on_every_role(target):
    graph = graph_of(target, permissions_boundary_arn=BOUNDARY)
    for role in graph.all(aws.iam.Role):
        assert role.inputs["permissionsBoundary"] == BOUNDARY


@every_target
def test_a_star_as_resource_stands_only_where_the_documented_list_has_it(target):
    allowed = {
        "ecr:GetAuthorizationToken",
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    }
    graph = graph_of(target, grants=[grants.read_table(TABLE)], secrets={"TOKEN": SECRET})
    for policy in graph.all(aws.iam.RolePolicy):
        for statement in json.loads(policy.inputs["policy"])["Statement"]:
            assert all("*" not in action for action in statement["Action"])
            if statement["Resource"] == "*":
                assert set(statement["Action"]) <= allowed


@every_target
def test_grants_and_secrets_become_exact_statements(target):
    graph = graph_of(
        target,
        grants=[grants.publish_to_topic("arn:aws:sns:us-east-1:123456789012:news")],
        secrets={"TOKEN": f"{SECRET}#key", "OTHER": PARAMETER},
    )
    statements = [
        statement
        for policy in graph.all(aws.iam.RolePolicy)
        for statement in json.loads(policy.inputs["policy"])["Statement"]
    ]
    assert {
        "Effect": "Allow",
        "Action": ["sns:Publish"],
        "Resource": ["arn:aws:sns:us-east-1:123456789012:news"],
    } in statements
    assert {
        "Effect": "Allow",
        "Action": ["secretsmanager:GetSecretValue"],
        "Resource": SECRET,
    } in statements
    assert {
        "Effect": "Allow",
        "Action": ["kms:Decrypt"],
        "Resource": "arn:aws:kms:us-east-1:123456789012:key/*",
        "Condition": {
            "StringEquals": {
                "kms:ViaService": "secretsmanager.us-east-1.amazonaws.com",
                "kms:EncryptionContext:SecretARN": SECRET,
            }
        },
    } in statements
    assert {
        "Effect": "Allow",
        # ECS asks in the plural, our start-up code on the others in the singular.
        "Action": ["ssm:GetParameters" if target == "container" else "ssm:GetParameter"],
        "Resource": PARAMETER,
    } in statements


@every_target
def test_the_log_group_forgets_after_thirty_days_or_as_told(target):
    for given, days in (({}, 30), ({"logs": {"retention_days": 7}}, 7)):
        for group in graph_of(target, **given).all(aws.cloudwatch.LogGroup):
            assert group.inputs["retentionInDays"] == days


@every_target
def test_an_override_has_the_last_word_and_none_takes_ours_away(target):
    overrides = {"log_group": {"retention_in_days": 90}, "role": {"description": "mine"}}
    graph = graph_of(target, overrides=overrides)
    assert graph.one(aws.cloudwatch.LogGroup, "notes-logs").inputs["retentionInDays"] == 90
    assert graph.one(aws.iam.Role, "notes-role").inputs["description"] == "mine"
    graph = graph_of(target, overrides={"log_group": {"retention_in_days": None}})
    assert "retentionInDays" not in graph.one(aws.cloudwatch.LogGroup, "notes-logs").inputs


@every_target
def test_every_key_of_a_child_is_an_attribute_and_can_be_overridden(target):
    graph = graph_of(target, grants=[grants.read_table(TABLE)])
    children = {
        key: value
        for key, value in vars(graph.result).items()
        if isinstance(value, pulumi.CustomResource)
    }
    made = [each for each in graph.resources if each.type.startswith("aws:")]
    assert len(children) == len(made)
    for key in children:
        # An empty override of a known child is fine; of an unknown one it would be an error.
        graph_of(target, grants=[grants.read_table(TABLE)], overrides={key: {}})


@every_target
def test_options_of_the_caller_reach_children_by_parentage_alone(target):
    def program():
        west = aws.Provider("west", region="eu-west-1")
        opts = pulumi.ResourceOptions(provider=west, protect=True)
        return make(target, opts=opts)

    graph = synth(program)
    children = [each for each in graph.resources if each.type.startswith("aws:")]
    for child in children:
        assert child.provider is not None, child
        assert child.provider.name == "west", child
        assert child.options.protect, child


@every_target
def test_many_apps_live_in_one_program(target):
    graph = synth(lambda: [make(target, name) for name in ("one", "two", "three")])
    for token, count in graph_of(target).counts().items():
        assert graph.counts()[token] == 3 * count


@every_target
def test_equal_programs_give_equal_inputs(target):
    environment = {"BB": "2", "AA": "1"}
    secrets = {"Y": PARAMETER, "X": SECRET}

    def inputs(environment, secrets):
        graph = graph_of(target, environment=environment, secrets=secrets)
        # An archive is an object of its own each time; the engine compares its hash.
        return {
            each.urn: {key: value for key, value in each.inputs.items() if key != "code"}
            for each in graph.resources
        }

    other_order = dict(reversed(environment.items())), dict(reversed(secrets.items()))
    assert inputs(environment, secrets) == inputs(*other_order)


@pytest.mark.parametrize("target", ["vm", "container"])
def test_a_variable_of_one_letter_is_refused_on_a_function_alone(target):
    assert graph_of(target, environment={"X": "1", "_X": "2"}).resources


@every_target
def test_names_as_long_as_they_may_be_still_work(target):
    graph = synth(lambda: make(target, "n" * 50))
    for kind, limit in ((aws.lb.LoadBalancer, 32), (aws.lb.TargetGroup, 32)):
        for each in graph.all(kind):
            assert len(each.inputs["name"]) <= limit
    limits = {aws.iam.Role: 64, aws.lambda_.Function: 64, aws.s3.Bucket: 63}
    for kind, limit in limits.items():
        for each in graph.all(kind):
            # Pulumi's automatic name is the logical one, a hyphen and seven letters.
            assert len(each.name) + 8 <= limit, each


@every_target
def test_a_preview_knows_every_child(target):
    graph = synth(lambda: make(target), preview=True)
    assert graph.counts() == graph_of(target).counts()


GOOD = {
    "port": 80,
    "interface": "wsgi",
    "python_version": "3.11",
    "architecture": "x86_64",
    "stage": "development",
    "ingress": {"kind": "public"},
    "rollout": {"strategy": "rolling"},
    "alarms": {"enabled": False},
    "health_check_path": "/",
    "scaling": {"minimum": 2, "maximum": 2, "cpu_percent": 10},
    "environment": {"KEY": "value"},
    "secrets": {},
    "grants": [],
    "tags": {},
}


@every_target
@pytest.mark.parametrize("field", sorted(GOOD))
def test_no_shared_field_is_an_error_because_of_the_target(target, field):
    graph_of(target, **{field: GOOD[field]})


BAD = [
    ({"prot": 80}, "'prot' is 80: no such input; did you mean 'port'"),
    ({"port": "80"}, "'port' is '80': must be a whole number"),
    ({"port": 0}, "'port' is 0: must be 1 to 65535"),
    ({"port": 65536}, "'port' is 65536: must be 1 to 65535"),
    ({"health_check_path": "health"}, "'health_check_path' is 'health': must begin with '/'"),
    ({"health_check_path": "/a b"}, "'health_check_path' is '/a b'"),
    ({"python_version": "3.10"}, "'python_version' is '3.10': must be one of '3.11'"),
    ({"architecture": "riscv"}, "'architecture' is 'riscv': must be one of 'arm64', 'x86_64'"),
    ({"interface": "cgi"}, "'interface' is 'cgi': must be one of 'asgi', 'wsgi'"),
    ({"stage": "production"}, "'stage' is 'production': not available in this release"),
    ({"stage": "staging"}, "'stage' is 'staging': must be one of 'development'"),
    ({"kms_key_arn": "key/1"}, "'kms_key_arn' is 'key/1': (not available|must be an ARN)"),
    ({"alarms": {"enabled": "no"}}, "'alarms.enabled' is 'no': must be True or False"),
    ({"rollout": {"strategy": "canary"}}, "'rollout.* is .*: (not available|a function has 'ro)"),
    ({"scaling": {"requests_per_target": 9}}, "'scaling.requests_per_target' is 9: not avail"),
    ({"scaling": {"schedules": [{"cron": "x"}]}}, "'scaling.schedules' is .*: not available"),
    ({"scaling": {"minimum": 5, "maximum": 4}}, "'scaling.maximum' is 4: must be at least"),
    ({"scaling": {"maximum": 5001}}, "'scaling.maximum' is 5001: must be 1 to 5000"),
    ({"scaling": {"minimum": 0}}, "'scaling.minimum' is 0: must be 1 to 1000"),
    ({"scaling": {"cpu_percent": 5}}, "'scaling.cpu_percent' is 5: must be 10 to 90 percent"),
    ({"scaling": {"minimun": 2}}, "'scaling.minimun' is 2: no such input; did you mean 'min"),
    ({"logs": {"retention_days": 31}}, "'logs.retention_days' is 31: must be one of 1, 3, 5"),
    ({"environment": {"A-B": "x"}}, "'environment' is 'A-B': a variable's name must match"),
    ({"environment": {"PORT": "1"}}, "'environment' is 'PORT': every app gets this one"),
    ({"environment": {"A": 1}}, "'environment.A' is 1: must be text"),
    ({"environment": {"A": "x"}, "secrets": {"A": SECRET}}, "'secrets' is 'A': stands in envir"),
    ({"secrets": {"A": "my-secret"}}, "'secrets.A' is 'my-secret': must be the ARN of a Secr"),
    ({"secrets": {"A": f"{PARAMETER}#key"}}, "'secrets.A' is .*: must be the ARN of a Secrets"),
    ({"grants": [{"actions": ["s3:Get"], "resources": ["bucket"]}]}, "must be an ARN"),
    ({"grants": [{"actions": ["*"], "resources": ["*"]}]}, "must be service:Action"),
    ({"grants": [{"actions": [], "resources": ["*"]}]}, "needs an action and a resource"),
    ({"grants": [{"actions": ["s3:Get"]}]}, "'grants\\[0\\]' is .*: lacks 'resources'"),
    ({"permissions_boundary_arn": "boundary"}, "'permissions_boundary_arn' is 'boundary'"),
    ({"tags": {"aws:x": "y"}}, "'tags' is 'aws:x': a tag's key"),
    ({"overrides": {"logs": {}}}, "'overrides.logs' is {}: no such child; known are "),
    (
        {"overrides": {"role": {"descriptoin": "x"}}},
        "'overrides.role.descriptoin' is 'x': no such property; did you mean 'description'",
    ),
    ({"source": "/no/such/place"}, "(there is no such directory|exactly one way)"),
]


@every_target
@pytest.mark.parametrize(("bad", "message"), BAD, ids=[str(bad)[:40] for bad, _ in BAD])
def test_bad_input_is_one_line_before_anything_registers(target, bad, message):
    def program():
        with pytest.raises(ArgsError, match=message) as caught:
            make(target, **bad)
        return str(caught.value)

    graph = synth(program)
    assert graph.resources == ()
    assert graph.result.startswith(f"{TARGETS[target].__name__} 'notes': ")
    assert "\n" not in graph.result


LATER = [
    (
        {"ingress": {"kind": "internal"}},
        "'ingress' is {'kind': 'internal'}: not available in this rel",
    ),
    ({"domain": {"name": "a.example"}}, "'domain' is .*: not available in this release"),
    ({"kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/1"}, "'kms_key_arn' .* available"),
    ({"alarms": {"enabled": True}}, "'alarms' is .*: not available in this release"),
    ({"alarms": {"error_percent": 1}}, "'alarms' is .*: not available in this release"),
    ({"rollout": {"strategy": "all_at_once"}}, "'rollout' is .*: not available in this release"),
]


@pytest.mark.parametrize("target", ["container", "vm"])
@pytest.mark.parametrize(("later", "message"), LATER, ids=[str(later) for later, _ in LATER])
def test_what_only_a_function_has_yet_is_refused(target, later, message):
    def program():
        with pytest.raises(ArgsError, match=message):
            make(target, **later)

    assert synth(program).resources == ()


@every_target
def test_what_the_program_must_know_cannot_be_an_output(target):
    def program():
        with pytest.raises(ArgsError, match=r"'port' .* must be known when the program runs"):
            make(target, port=pulumi.Output.from_input(80))

    assert synth(program).resources == ()


@every_target
def test_a_value_is_shown_without_the_words_of_python(target):
    def program():
        arn = pulumi.Output.from_input("arn")
        with pytest.raises(
            ArgsError, match=r"'grants' is {'resources': .an Output.}: must be a list"
        ):
            make(target, grants={"resources": [arn]})

    assert synth(program).resources == ()


@every_target
@pytest.mark.parametrize("name", ["", "1app", "my_app", "äpp", "n" * 51, None])
def test_a_bad_name_is_refused(target, name):
    def program():
        with pytest.raises(ArgsError, match=r"'name' is .*: must match \[A-Za-z\]"):
            make(target, name)

    assert synth(program).resources == ()


@every_target
@pytest.mark.parametrize("given", [{}, {"source": "x", "app": "a:b"}])
def test_an_artifact_that_is_missing_or_doubled_is_refused(target, given):
    args = given and {**READY[target], **given}

    def program():
        with pytest.raises(ArgsError, match="exactly one way to give the app is needed: "):
            TARGETS[target]("notes", args)

    assert synth(program).resources == ()


@every_target
def test_one_subnet_or_subnets_of_one_zone_are_refused(target):
    kind = "private_subnet_ids" if target == "function" else "public_subnet_ids"

    def program(subnets):
        with pytest.raises(ArgsError) as caught:
            make(target, network={"vpc_id": "vpc-1", kind: subnets})
        return str(caught.value)

    graph = synth(lambda: program(["subnet-1"]))
    assert "needs at least two subnets, in two zones" in graph.result
    assert graph.resources == ()


def test_the_public_names_are_sorted_and_are_all_there_is():
    assert platform_lib.__all__ == sorted(platform_lib.__all__)
    assert dir(platform_lib) == platform_lib.__all__
    for name in platform_lib.__all__:
        assert getattr(platform_lib, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        platform_lib.Nothing  # noqa: B018


def test_every_field_of_every_args_says_what_its_default_is():
    values = [getattr(platform_lib, name) for name in platform_lib.__all__]
    for owner in (value for value in values if typing.is_typeddict(value)):
        source = inspect.getsource(owner)
        body = source[source.index(":\n") :]
        for field in owner.__annotations__:
            if field not in body:
                continue  # inherited: checked with its owner
            after = body.partition(f"    {field}: ")[2]
            if after.startswith("NotRequired"):
                described = after.split('"""')[1]
                assert "Default: " in described, f"{owner.__name__}.{field}"
    assert "source" in AppArgs.__annotations__


BALANCER = {"http": {"kind": "load_balancer"}}
LISTENER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/a/50dc6c495c0c9188/f2f7dc8efc522ab2"
NETWORK = {
    "vpc_id": "vpc-1",
    "public_subnet_ids": ["subnet-1", "subnet-2"],
    "private_subnet_ids": ["subnet-3", "subnet-4"],
}
DOMAIN = {"name": "notes.example.com", "zone_id": "Z0123456789ABC"}


@pytest.mark.parametrize(
    ("target", "args", "warns"),
    [
        ("container", {}, True),
        ("container", {"ingress": {"plain_http": False}}, True),
        ("container", {"ingress": {"plain_http": True}}, False),
        ("vm", {}, True),
        ("vm", {"ingress": {"plain_http": True}}, False),
        ("function", BALANCER, True),
        ("function", {"ingress": {"kind": "internal"}, "network": NETWORK}, True),
        ("function", {**BALANCER, "ingress": {"plain_http": True}}, False),
        ("function", {**BALANCER, "domain": DOMAIN}, False),
        ("function", {"ingress": {"listener_arn": LISTENER, "hosts": ["a.example.com"]}}, False),
        ("function", {}, False),
        ("function", {"ingress": {"plain_http": True}}, False),
        ("function", {"http": {"kind": "function_url"}}, False),
    ],
)
def test_plain_http_of_a_balancer_of_ours_is_one_warning(target, args, warns, monkeypatch):
    said = []
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *rest: said.append(text))
    graph_of(target, **args)
    line = (
        "notes: its load balancer answers by plain HTTP, which who is on the way can read and "
        "change; where that is meant, say so by ingress.plain_http=True"
    )
    assert said == ([line] if warns else [])
