"""A function behind a front: what a test gives it, and which resources each kind is made of."""

import pytest

from platform_lib import ArgsError, FunctionApp
from platform_lib.testing import synth

CODE = {"code": "s3://artifacts/notes.zip", "handler": "notes.handler"}
IMAGE = {"image_uri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/notes:1"}
CORE = {
    "platform-lib:index:FunctionApp": 1,
    "aws:cloudwatch/logGroup:LogGroup": 1,
    "aws:iam/role:Role": 1,
    "aws:iam/rolePolicy:RolePolicy": 1,
    "aws:lambda/function:Function": 1,
    "aws:lambda/alias:Alias": 1,
}
API = {
    **CORE,
    "aws:cloudwatch/logGroup:LogGroup": 2,
    "aws:apigatewayv2/api:Api": 1,
    "aws:apigatewayv2/integration:Integration": 1,
    "aws:apigatewayv2/route:Route": 1,
    "aws:apigatewayv2/stage:Stage": 1,
    "aws:lambda/permission:Permission": 1,
}
NAMED = {
    "aws:acm/certificate:Certificate": 1,
    "aws:acm/certificateValidation:CertificateValidation": 1,
    "aws:route53/record:Record": 2,
}
TARGET = {
    **CORE,
    "aws:lambda/permission:Permission": 1,
    "aws:lb/targetGroup:TargetGroup": 1,
    "aws:lb/targetGroupAttachment:TargetGroupAttachment": 1,
}
BALANCER = {
    **TARGET,
    "aws:ec2/securityGroup:SecurityGroup": 1,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": 1,
    "aws:lb/loadBalancer:LoadBalancer": 1,
    "aws:lb/listener:Listener": 1,
}
ZONE = "Z0123456789ABCDEFGHIJ"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0f0f-1"
DOMAIN = {"name": "notes.example.com", "zone_id": ZONE}
BALANCERS = "arn:aws:elasticloadbalancing:us-east-1:123456789012"
LISTENER = f"{BALANCERS}:listener/app/shared/0123456789abcdef/fedcba9876543210"
BALANCER_ARN = f"{BALANCERS}:loadbalancer/app/shared/0123456789abcdef"
JWT = {"issuer": "https://id.example.com/", "audiences": ["notes"]}
NETWORK = {
    "vpc_id": "vpc-0123456789abcdef0",
    "public_subnet_ids": ["subnet-a", "subnet-b"],
    "private_subnet_ids": ["subnet-c", "subnet-d"],
}
POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"


def graph_of(http=None, name="notes", **args):
    given = {**({} if "image_uri" in args else CODE), "alarms": {"enabled": False}, **args}
    return synth(lambda: FunctionApp(name, {**given, **({"http": http} if http else {})}))


def fails(match, http=None, **args):
    def program():
        with pytest.raises(ArgsError, match=match):
            FunctionApp("notes", {**CODE, **args, **({"http": http} if http else {})})

    assert synth(program).resources == ()


def counts(graph, expected):
    assert graph.counts() == dict(sorted(expected.items()))
