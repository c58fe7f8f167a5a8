"""The mocks answer like AWS in shape, for every type that has a row."""

import functools
import re

import pulumi
import pulumi_aws as aws
import pulumi_docker as docker
import pytest
from pulumi import _types

from platform_lib.testing import AwsMocks, UnmockedInvokeError, synth
from platform_lib.testing.answers import class_of
from platform_lib.testing.invokes import INVOKES
from platform_lib.testing.shapes import SHAPES

ACCOUNT = "123456789012"

CLASSES = [
    "aws.ec2.SecurityGroup",
    "aws.vpc.SecurityGroupIngressRule",
    "aws.vpc.SecurityGroupEgressRule",
    "aws.lb.LoadBalancer",
    "aws.lb.TargetGroup",
    "aws.lb.Listener",
    "aws.lb.ListenerRule",
    "aws.cloudwatch.LogGroup",
    "aws.cloudwatch.MetricAlarm",
    "aws.iam.Role",
    "aws.iam.RolePolicy",
    "aws.iam.InstanceProfile",
    "aws.ecs.Cluster",
    "aws.ecs.ClusterCapacityProviders",
    "aws.ecs.TaskDefinition",
    "aws.ecs.Service",
    "aws.appautoscaling.Target",
    "aws.appautoscaling.Policy",
    "aws.ecr.Repository",
    "aws.ecr.LifecyclePolicy",
    "docker.Image",
    "aws.s3.Bucket",
    "aws.s3.BucketPublicAccessBlock",
    "aws.s3.BucketPolicy",
    "aws.s3.BucketObjectv2",
    "aws.ec2.LaunchTemplate",
    "aws.autoscaling.Group",
    "aws.autoscaling.Policy",
    "aws.lambda_.Function",
    "aws.lambda_.Alias",
    "aws.lambda_.LayerVersion",
    "aws.lambda_.Permission",
    "aws.apigatewayv2.Api",
    "aws.apigatewayv2.Integration",
    "aws.apigatewayv2.Route",
    "aws.apigatewayv2.Stage",
    "aws.apigatewayv2.Authorizer",
    "aws.apigatewayv2.ApiMapping",
    "aws.apigatewayv2.DomainName",
    "aws.lambda_.FunctionUrl",
    "aws.lb.TargetGroupAttachment",
    "aws.acm.Certificate",
    "aws.acm.CertificateValidation",
    "aws.route53.Record",
    "aws.dynamodb.Table",
    "aws.secretsmanager.Secret",
    "aws.secretsmanager.SecretVersion",
    "aws.ssm.Parameter",
    "aws.sqs.Queue",
    "aws.sns.Topic",
    "aws.lambda_.EventSourceMapping",
    "aws.lambda_.FunctionEventInvokeConfig",
    "aws.cloudwatch.EventRule",
    "aws.cloudwatch.EventTarget",
    "aws.cloudwatch.LogSubscriptionFilter",
    "aws.s3.BucketNotification",
    "aws.scheduler.Schedule",
    "aws.ses.ReceiptRule",
    "aws.sns.TopicSubscription",
    "aws.sqs.QueuePolicy",
    "aws.kinesis.Stream",
    "aws.Provider",
    "docker.Provider",
]


@functools.cache
def load(path):
    package, *steps = path.split(".")
    return functools.reduce(getattr, steps, {"aws": aws, "docker": docker}[package])


def test_every_row_is_a_type_of_the_installed_providers():
    assert sorted(SHAPES) == sorted(load(path).pulumi_type for path in CLASSES)


@pytest.mark.parametrize("path", CLASSES)
def test_a_row_names_only_properties_that_the_class_has(path):
    kind = load(path)
    if path.endswith(".Provider"):
        return
    shape = SHAPES[kind.pulumi_type]
    properties = set(_types.resource_types(kind))
    assert set(shape.outputs) | ({shape.auto} - {None}) <= properties
    assert class_of(kind.pulumi_type) is kind


@pytest.mark.parametrize("path", [path for path in CLASSES if not path.endswith(".Provider")])
def test_a_row_answers_id_and_arn_whatever_inputs_lack(path):
    kind = load(path)
    # As in a preview where every input is unknown: what a row makes of it has no gaps.
    args = pulumi.runtime.MockResourceArgs(kind.pulumi_type, "thing", {})
    id, state = AwsMocks().new_resource(args)
    assert id
    # A rule's target has the ARN of what it calls, as an input.
    if "arn" in _types.resource_types(kind) and kind is not aws.cloudwatch.EventTarget:
        arn = r"arn:aws:[a-z0-9-]+:([a-z0-9-]+)?:(\d{12})?:.+"
        # These take over an ARN that is one of their inputs.
        assert re.fullmatch(
            rf"{arn}|unknown-(loadBalancerArn|listenerArn|secretId|topic)[/:]?[\w-]*", state["arn"]
        )
    assert not [value for value in state.values() if isinstance(value, str) and "{" in value]


def made(program, **options):
    return synth(program, **options)


def test_names_addresses_and_arns_fit_together():
    def program():
        balancer = aws.lb.LoadBalancer("web", subnets=["subnet-1", "subnet-2"])
        aws.lb.Listener("http", load_balancer_arn=balancer.arn, default_actions=[])
        function = aws.lambda_.Function("fn", role="arn:aws:iam::1:role/r", publish=True)
        alias = aws.lambda_.Alias(
            "live",
            name="live",
            function_name=function.name,
            function_version=function.version,
        )
        api = aws.apigatewayv2.Api("api", protocol_type="HTTP")
        stage = aws.apigatewayv2.Stage("stage", api_id=api.id, name="$default")
        cluster = aws.ecs.Cluster("cluster")
        service = aws.ecs.Service("service", cluster=cluster.arn)
        queue = aws.sqs.Queue("jobs")
        image = docker.Image("image", image_name="123.dkr.ecr.eu-west-1.amazonaws.com/app:v1")
        return {
            "dns": balancer.dns_name,
            "alias": alias.arn,
            "invoke": alias.invoke_arn,
            "url": stage.invoke_url,
            "service": service.arn,
            "queue": queue.id,
            "digest": image.repo_digest,
            "name": balancer.name,
        }

    graph = made(program)
    found = graph.value(graph.result)
    balancer, listener = graph.one(aws.lb.LoadBalancer), graph.one(aws.lb.Listener)
    assert re.fullmatch(r"web-[0-9a-f]{7}", found["name"])
    assert re.fullmatch(rf"{found['name']}-\d{{10}}\.us-east-1\.elb\.amazonaws\.com", found["dns"])
    arn = rf"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:loadbalancer/app/"
    assert re.fullmatch(rf"{arn}web-[0-9a-f]{{7}}/[0-9a-f]{{16}}", balancer.id)
    assert listener.id.startswith(balancer.id.replace("loadbalancer", "listener") + "/")
    name = graph.one(aws.lambda_.Function).state["name"]
    assert found["alias"] == f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}:live"
    assert found["invoke"].endswith(f"/functions/{found['alias']}/invocations")
    api = graph.one(aws.apigatewayv2.Api)
    assert found["url"] == f"https://{api.id}.execute-api.us-east-1.amazonaws.com/"
    assert api.state["api_endpoint"] == found["url"].rstrip("/")
    cluster = graph.one(aws.ecs.Cluster).state["name"]
    service = graph.one(aws.ecs.Service).state["name"]
    assert found["service"] == f"arn:aws:ecs:us-east-1:{ACCOUNT}:service/{cluster}/{service}"
    assert found["queue"].startswith(f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/jobs-")
    assert re.fullmatch(
        r"123\.dkr\.ecr\.eu-west-1\.amazonaws\.com/app@sha256:[0-9a-f]{64}", found["digest"]
    )


def test_answers_are_the_same_in_every_run():
    def program():
        aws.ec2.SecurityGroup("one")
        aws.secretsmanager.Secret("two")

    first, second = made(program), made(program)
    assert [dict(item.state) for item in first.resources] == [
        dict(item.state) for item in second.resources
    ]


def test_children_of_two_kinds_of_component_with_one_name_are_two_resources():
    def program():
        for kind in ("One", "Two"):
            parent = pulumi.ComponentResource(f"test:index:{kind}", "parent")
            aws.sqs.Queue("jobs", opts=pulumi.ResourceOptions(parent=parent))

    first, second = made(program).all(aws.sqs.Queue)
    assert first.id != second.id


def test_the_name_given_is_the_name():
    graph = made(lambda: aws.sqs.Queue("jobs", name="orders"))
    assert graph.one(aws.sqs.Queue).state["arn"] == f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"
    prefixed = made(lambda: aws.iam.Role("r", name_prefix="app-", assume_role_policy="{}"))
    assert re.fullmatch(r"app-\d{26}", prefixed.one(aws.iam.Role).state["name"])


def test_a_generated_name_that_is_too_long_is_refused_as_by_the_provider():
    name = "a" * 24
    made(lambda: aws.lb.TargetGroup(name))
    with pytest.raises(ValueError, match="33 characters long; AWS takes 32"):
        made(lambda: aws.lb.TargetGroup(name + "a"))


@pytest.mark.parametrize(
    ("given", "region"),
    [
        ({"mocks": AwsMocks(region="eu-north-1")}, "eu-north-1"),
        ({"config": {"aws:region": "eu-west-3"}}, "eu-west-3"),
        ({}, "us-east-1"),
    ],
)
def test_the_region_is_the_accounts(given, region):
    graph = made(lambda: (aws.sqs.Queue("q"), aws.get_region().region)[1], **given)
    assert graph.one(aws.sqs.Queue).state["region"] == region
    assert region in graph.one(aws.sqs.Queue).state["arn"]
    assert graph.result == region


def test_an_explicit_provider_has_its_own_region():
    def program():
        opts = pulumi.ResourceOptions(provider=aws.Provider("eu", region="eu-west-1"))
        aws.sqs.Queue("there", opts=opts)
        aws.sqs.Queue("here")
        aws.sqs.Queue("elsewhere", region="ap-south-1")

    graph = made(program)
    regions = {q.name: q.state["arn"].split(":")[3] for q in graph.all(aws.sqs.Queue)}
    assert regions == {"there": "eu-west-1", "here": "us-east-1", "elsewhere": "ap-south-1"}
    assert graph.one(aws.sqs.Queue, "there").provider is graph.one(aws.Provider)
    assert graph.one(aws.sqs.Queue, "here").provider is None


def test_a_resource_that_exists_is_known_by_its_id():
    def program():
        aws.dynamodb.Table.get("table", "orders")
        arn = "arn:aws:elasticloadbalancing:eu-west-1:210987654321:loadbalancer/app/web/0123456789"
        aws.lb.LoadBalancer.get("balancer", arn)

    graph = made(program)
    table, balancer = graph.one(aws.dynamodb.Table), graph.one(aws.lb.LoadBalancer)
    assert (table.id, table.state["name"], table.read) == ("orders", "orders", True)
    assert table.state["arn"] == f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/orders"
    assert balancer.state["name"] == "web"
    assert balancer.state["dns_name"].endswith(".eu-west-1.elb.amazonaws.com")
    assert graph.counts() == {}


def test_a_type_without_a_row_gets_what_its_class_has():
    def program():
        return aws.kms.Key("key").arn, aws.route53.Zone("zone", name="example.com")

    graph = made(program)
    key = graph.one(aws.kms.Key)
    assert key.state["arn"] == f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{key.id}"
    zone = graph.one(aws.route53.Zone)
    assert zone.id.startswith("zone-")
    assert zone.state["arn"] == f"arn:aws:route53::{ACCOUNT}:zone/{zone.id}"
    assert "region" not in zone.state


def test_answers_of_ones_own():
    mocks = AwsMocks(
        resources={
            "aws:kms/key:Key": {"id": "key-1", "keyId": "abc"},
            "aws:sqs/queue:Queue": lambda args: {"url": f"https://queues/{args.name}"},
        },
        invokes={
            "aws:ec2/getAmi:getAmi": {"id": "ami-1"},
            "aws:kms/getAlias:getAlias": lambda args: {"targetKeyId": args["name"]},
        },
    )

    def program():
        aws.kms.Key("key")
        aws.sqs.Queue("jobs")
        return aws.ec2.get_ami().id, aws.kms.get_alias(name="alias/x").target_key_id

    graph = made(program, mocks=mocks)
    assert graph.one(aws.kms.Key).id == "key-1"
    assert graph.one(aws.kms.Key).state["key_id"] == "abc"
    assert graph.one(aws.sqs.Queue).state["url"] == "https://queues/jobs"
    assert graph.result == ("ami-1", "alias/x")


def test_an_unmocked_invoke_says_how_to_add_it():
    with pytest.raises(UnmockedInvokeError) as caught:
        made(lambda: aws.ec2.get_ami(owners=["self"]))
    assert "aws:ec2/getAmi:getAmi with {'owners': ['self']} has no answer" in str(caught.value)
    assert 'AwsMocks(invokes={"aws:ec2/getAmi:getAmi": {...}})' in str(caught.value)
    with pytest.raises(UnmockedInvokeError, match="there is no SSM parameter '/my/own'"):
        made(lambda: aws.ssm.get_parameter(name="/my/own"))


def test_the_default_network():
    def program():
        vpc = aws.ec2.get_vpc(default=True)
        zones = aws.get_availability_zones(state="available")
        by_zone = [
            aws.ec2.get_subnets(
                filters=[
                    {"name": "vpc-id", "values": [vpc.id]},
                    {"name": "availability-zone-id", "values": [zone]},
                ]
            ).ids
            for zone in zones.zone_ids
        ]
        places = [aws.ec2.get_subnet(id=ids[0]).availability_zone_id for ids in by_zone]
        return vpc, zones, by_zone, places

    vpc, zones, by_zone, places = made(program).result
    assert re.fullmatch(r"vpc-[0-9a-f]{17}", vpc.id)
    assert zones.names == ["us-east-1a", "us-east-1b", "us-east-1c"]
    assert zones.zone_ids == ["use1-az4", "use1-az6", "use1-az1"]
    assert [len(ids) for ids in by_zone] == [1, 1, 1]
    assert places == zones.zone_ids


def test_subnets_of_ones_own_lie_in_different_zones():
    def program():
        return [aws.ec2.get_subnet(id=f"subnet-{n}a").availability_zone for n in (1, 2, 3, 1)]

    assert made(program).result == ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1a"]


def test_what_an_account_says_of_itself():
    def program():
        parameter = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
        return {
            "account": aws.get_caller_identity().account_id,
            "partition": aws.get_partition().partition,
            "dns": aws.get_partition().dns_suffix,
            "image": aws.ssm.get_parameter(name=parameter).insecure_value,
            "token": aws.ecr.get_authorization_token().proxy_endpoint,
        }

    found = made(program, mocks=AwsMocks(account_id="210987654321")).result
    assert re.fullmatch(r"ami-[0-9a-f]{17}", found.pop("image"))
    assert found == {
        "account": "210987654321",
        "partition": "aws",
        "dns": "amazonaws.com",
        "token": "https://210987654321.dkr.ecr.us-east-1.amazonaws.com",
    }


def test_a_policy_document_is_written_as_the_provider_writes_it():
    def program():
        return aws.iam.get_policy_document(
            statements=[
                {
                    "actions": ["sts:AssumeRole"],
                    "principals": [{"type": "Service", "identifiers": ["ec2.amazonaws.com"]}],
                },
                {
                    "sid": "Read",
                    "effect": "Deny",
                    "actions": ["s3:GetObject", "s3:ListBucket"],
                    "resources": ["*"],
                    "conditions": [
                        {"test": "StringEquals", "variable": "aws:a", "values": ["x"]},
                        {"test": "StringEquals", "variable": "aws:b", "values": ["y"]},
                    ],
                },
            ]
        ).minified_json

    assert made(program).result == (
        '{"Version":"2012-10-17","Statement":['
        '{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"}},'
        '{"Sid":"Read","Effect":"Deny","Action":["s3:ListBucket","s3:GetObject"],"Resource":"*",'
        '"Condition":{"StringEquals":{"aws:a":"x","aws:b":"y"}}}]}'
    )


def test_every_invoke_token_is_one_that_pulumi_aws_sends():
    asked = {
        "aws:autoscaling/getAmiIds:getAmiIds": aws.autoscaling.get_ami_ids,
        "aws:ec2/getVpc:getVpc": lambda: aws.ec2.get_vpc(default=True),
        "aws:ec2/getSubnets:getSubnets": aws.ec2.get_subnets,
        "aws:ec2/getSubnet:getSubnet": lambda: aws.ec2.get_subnet(id="subnet-1"),
        "aws:index/getAvailabilityZones:getAvailabilityZones": aws.get_availability_zones,
        "aws:index/getCallerIdentity:getCallerIdentity": aws.get_caller_identity,
        "aws:index/getRegion:getRegion": aws.get_region,
        "aws:index/getPartition:getPartition": aws.get_partition,
        "aws:ssm/getParameter:getParameter": lambda: aws.ssm.get_parameter(name="/aws/service/x"),
        "aws:ecr/getAuthorizationToken:getAuthorizationToken": aws.ecr.get_authorization_token,
        "aws:ecr/getImages:getImages": lambda: aws.ecr.get_images(repository_name="notes"),
        "aws:iam/getPolicyDocument:getPolicyDocument": aws.iam.get_policy_document,
        "aws:lb/getListener:getListener": lambda: aws.lb.get_listener(arn="a:listener/app/b/c/d"),
        "aws:lb/getLoadBalancer:getLoadBalancer": lambda: aws.lb.get_load_balancer(
            arn="a/app/b/c"
        ),
    }
    graph = made(lambda: [ask() for ask in asked.values()])
    assert [invoke.token for invoke in graph.invokes] == list(asked) == list(INVOKES)
