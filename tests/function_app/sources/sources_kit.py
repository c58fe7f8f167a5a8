"""A function with sources, and what a test asks of what came of them."""

import hashlib
import json

import pulumi_aws as aws

from platform_lib import FunctionApp
from platform_lib.testing import synth

CODE = {"code": "s3://artifacts/notes.zip", "handler": "notes.handler"}
QUIET = {**CODE, "ingress": {"kind": "public"}, "alarms": {"enabled": False}}
HERE = "us-east-1:123456789012"
ACCOUNT = "123456789012"
RECEIPT = "notes-receipt-" + hashlib.sha256(b"notes-receipt\0project\0stack").hexdigest()[:7]
QUEUE = f"arn:aws:sqs:{HERE}:orders"
TOPIC = f"arn:aws:sns:{HERE}:news"
BUS = f"arn:aws:events:{HERE}:event-bus/orders"
OTHER = f"arn:aws:lambda:{HERE}:function:other"
BUCKET = "arn:aws:s3:::failed-records"
KINESIS = f"arn:aws:kinesis:{HERE}:stream/clicks"
TABLE_STREAM = f"arn:aws:dynamodb:{HERE}:table/notes/stream/2025-01-01T00:00:00.000"
PLAIN = {
    "platform-lib:index:FunctionApp": 1,
    "aws:apigatewayv2/api:Api": 1,
    "aws:apigatewayv2/integration:Integration": 1,
    "aws:apigatewayv2/route:Route": 1,
    "aws:apigatewayv2/stage:Stage": 1,
    "aws:cloudwatch/logGroup:LogGroup": 2,
    "aws:iam/role:Role": 1,
    "aws:iam/rolePolicy:RolePolicy": 1,
    "aws:lambda/alias:Alias": 1,
    "aws:lambda/function:Function": 1,
    "aws:lambda/permission:Permission": 1,
}


def graph_of(**args):
    return synth(lambda: FunctionApp("notes", {**QUIET, **args}))


def policy_of(graph, name="notes-policy"):
    return json.loads(graph.one(aws.iam.RolePolicy, name).inputs["policy"])["Statement"]


def extra(graph):
    """What a source adds to a plain function, type by type."""
    counts = graph.counts()
    more = {token: count - PLAIN.get(token, 0) for token, count in counts.items()}
    assert all(count >= 0 for count in more.values())
    assert set(PLAIN) <= set(counts)
    return {token.rpartition(":")[2]: count for token, count in more.items() if count}


def live(graph):
    return graph.one(aws.lambda_.Alias).outputs["arn"]


def failures(graph):
    return graph.one(aws.sqs.Queue, "notes-failures").outputs["arn"]


ASYNCHRONOUS = {"Queue": 1, "FunctionEventInvokeConfig": 1}
"""The home of failures, which whatever calls and does not wait brings along."""


def allow(actions, resource):
    return {"Effect": "Allow", "Action": actions, "Resource": resource}


def own_permissions(graph):
    """The permissions of sources, without the API's."""
    return [each for each in graph.all(aws.lambda_.Permission) if each.name != "notes-permission"]


def permissions(graph):
    return [each.inputs for each in own_permissions(graph)]
