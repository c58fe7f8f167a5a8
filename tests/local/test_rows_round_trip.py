"""For every row: what it sent is what its read gives back, or it is listed as dropped."""

import base64
import json

import pytest

from platform_lib.local.account import Account
from platform_lib.local.provider.aws import AwsKinds
from platform_lib.local.provider.check import Autoname
from platform_lib.local.provider.rows import ROWS
from platform_lib.local.provider.values import ARCHIVE, ASSET, SIGNATURE, Asset

TRUST = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }],
})  # fmt: skip
POLICY = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}],
})  # fmt: skip
TAGS = {"team": "notes", "cost": "none"}


class Quiet:
    """A data plane that serves nothing."""

    def endpoint(self, kind, id):
        return f"127.0.0.1:{len(kind)}{len(id)}"

    def changed(self, type, id, action):
        pass


class Lab:
    """Makes resources through the provider, as the engine would."""

    def __init__(self, account):
        self.account = account
        self.kinds = AwsKinds(account, Quiet())
        self._count = 0

    def client(self, service):
        return self.account.client(service)

    def check(self, type, inputs, old=None):
        self._count += 1
        logical = f"r{self._count}"
        checked, failures = self.kinds.check(type, old or {}, inputs, Autoname(logical, b"seed"))
        assert failures == []
        return checked

    def make(self, type, /, **inputs):
        checked = self.check(type, inputs)
        made = self.kinds.create(type, checked, lambda new: None)
        return made.id, made.state, checked

    def state(self, type, /, **inputs):
        return self.make(type, **inputs)[1]

    # What several samples stand on

    def role(self):
        return self.state("aws:iam/role:Role", assumeRolePolicy=TRUST)

    def vpc(self):
        return self.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]

    def subnets(self):
        found = self.client("ec2").describe_subnets()["Subnets"]
        return sorted(one["SubnetId"] for one in found)[:2]

    def group(self):
        return self.state("aws:ec2/securityGroup:SecurityGroup", vpcId=self.vpc())["id"]

    def bucket(self):
        return self.state("aws:s3/bucket:Bucket")["bucket"]

    def function(self, **more):
        return self.state(
            "aws:lambda/function:Function",
            role=self.role()["arn"],
            runtime="python3.13",
            handler="app.handler",
            code=archive(),
            **more,
        )

    def api(self):
        return self.state("aws:apigatewayv2/api:Api", protocolType="HTTP")

    def queue(self):
        return self.state("aws:sqs/queue:Queue")

    def topic(self):
        return self.state("aws:sns/topic:Topic")


def archive(text="def handler(event, context): return {}"):
    inner = {SIGNATURE: ASSET, "hash": text, "text": text}
    return Asset({SIGNATURE: ARCHIVE, "hash": text, "assets": {"app.py": Asset(inner)}})


def asset(text):
    return Asset({SIGNATURE: ASSET, "hash": text, "text": text})


SAMPLES = {
    "aws:apigatewayv2/api:Api": lambda lab: [
        {
            "protocolType": "HTTP",
            "description": "notes",
            "disableExecuteApiEndpoint": True,
            "corsConfiguration": {
                "allowOrigins": ["https://a.example"],
                "allowMethods": ["GET", "POST"],
                "allowHeaders": ["x-one"],
                "exposeHeaders": ["x-two"],
                "allowCredentials": True,
                "maxAge": 60,
            },
            "version": "3",
            "tags": TAGS,
        },
    ],
    "aws:apigatewayv2/integration:Integration": lambda lab: [
        {
            "apiId": lab.api()["id"],
            "integrationType": "AWS_PROXY",
            "integrationUri": lab.function()["arn"],
            "integrationMethod": "POST",
            "payloadFormatVersion": "2.0",
            "timeoutMilliseconds": 29000,
            "description": "to the app",
        }
    ],
    "aws:apigatewayv2/route:Route": lambda lab: [
        {
            "apiId": lab.api()["id"],
            "routeKey": "$default",
            "authorizationType": "NONE",
            "operationName": "all",
            "target": "integrations/abc",
        }
    ],
    "aws:apigatewayv2/stage:Stage": lambda lab: [
        {
            "apiId": lab.api()["id"],
            "name": "$default",
            "autoDeploy": True,
            "description": "the one",
            "accessLogSettings": {
                "destinationArn": "arn:aws:logs:us-east-1:123456789012:log-group:a",
                "format": "$context.requestId",
            },
            "defaultRouteSettings": {
                "throttlingBurstLimit": 10,
                "throttlingRateLimit": 5.5,
                "detailedMetricsEnabled": True,
            },
            "routeSettings": [{"routeKey": "GET /", "throttlingBurstLimit": 1}],
            "stageVariables": {"a": "b"},
            "tags": TAGS,
        }
    ],
    "aws:dynamodb/table:Table": lambda lab: [
        {
            "billingMode": "PAY_PER_REQUEST",
            "hashKey": "id",
            "rangeKey": "at",
            "attributes": [
                {"name": "id", "type": "S"},
                {"name": "at", "type": "N"},
                {"name": "owner", "type": "S"},
            ],
            "globalSecondaryIndexes": [
                {
                    "name": "by-owner",
                    "hashKey": "owner",
                    "rangeKey": "at",
                    "projectionType": "INCLUDE",
                    "nonKeyAttributes": ["title"],
                }
            ],
            "streamEnabled": True,
            "streamViewType": "NEW_AND_OLD_IMAGES",
            "deletionProtectionEnabled": False,
            "serverSideEncryption": {"enabled": True},
            "ttl": {"attributeName": "expires", "enabled": True},
            "pointInTimeRecovery": {"enabled": True},
            "tags": TAGS,
        },
        {
            "hashKey": "id",
            "attributes": [{"name": "id", "type": "S"}],
            "readCapacity": 2,
            "writeCapacity": 3,
        },
    ],
    "aws:iam/role:Role": lambda lab: [
        {
            "assumeRolePolicy": TRUST,
            "description": "the app",
            "path": "/apps/",
            "maxSessionDuration": 7200,
            "permissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess",
            "forceDetachPolicies": True,
            "tags": TAGS,
        },
        {"assumeRolePolicy": TRUST, "namePrefix": "app-"},
    ],
    "aws:iam/rolePolicy:RolePolicy": lambda lab: [{"role": lab.role()["name"], "policy": POLICY}],
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": lambda lab: [
        {"role": lab.role()["name"], "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    ],
    "aws:iam/policy:Policy": lambda lab: [
        {"policy": POLICY, "description": "reads", "path": "/apps/", "tags": TAGS}
    ],
    "aws:iam/instanceProfile:InstanceProfile": lambda lab: [
        {"role": lab.role()["name"], "path": "/apps/", "tags": TAGS}
    ],
    "aws:lambda/function:Function": lambda lab: [
        {
            "role": lab.role()["arn"],
            "runtime": "python3.13",
            "handler": "app.handler",
            "code": archive(),
            "architectures": ["arm64"],
            "description": "notes",
            "environment": {"variables": {"A": "b"}},
            "ephemeralStorage": {"size": 1024},
            "loggingConfig": {"logFormat": "JSON", "logGroup": "/apps/notes"},
            "memorySize": 512,
            "publish": True,
            "reservedConcurrentExecutions": 5,
            "tags": TAGS,
            "timeout": 29,
            "tracingConfig": {"mode": "Active"},
            "vpcConfig": {"subnetIds": lab.subnets(), "securityGroupIds": [lab.group()]},
            "deadLetterConfig": {"targetArn": "arn:aws:sqs:us-east-1:123456789012:dead"},
        },
        {
            "role": lab.role()["arn"],
            "packageType": "Image",
            "imageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/nowhere:1",
            "imageConfig": {"commands": ["app.handler"]},
        },
    ],
    "aws:lambda/alias:Alias": lambda lab: [
        {
            "name": "live",
            "functionName": lab.function(publish=True)["name"],
            "functionVersion": "1",
            "description": "serves",
        }
    ],
    "aws:lambda/permission:Permission": lambda lab: [
        {
            "action": "lambda:InvokeFunction",
            "function": lab.function()["name"],
            "principal": "apigateway.amazonaws.com",
            "sourceArn": "arn:aws:execute-api:us-east-1:123456789012:abc/*/*",
            "statementId": "AllowApi",
        },
    ],
    "aws:lambda/functionUrl:FunctionUrl": lambda lab: [
        {
            "functionName": lab.function()["name"],
            "authorizationType": "NONE",
            "cors": {"allowOrigins": ["*"], "maxAge": 5},
        }
    ],
    "aws:lambda/eventSourceMapping:EventSourceMapping": lambda lab: [
        {
            "functionName": lab.function()["name"],
            "eventSourceArn": lab.queue()["arn"],
            "batchSize": 5,
            "enabled": True,
            "maximumBatchingWindowInSeconds": 1,
            "functionResponseTypes": ["ReportBatchItemFailures"],
        }
    ],
    "aws:cloudwatch/logGroup:LogGroup": lambda lab: [{"retentionInDays": 30, "tags": TAGS}],
    "aws:s3/bucket:Bucket": lambda lab: [{"forceDestroy": True, "tags": TAGS}],
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": lambda lab: [
        {"bucket": lab.bucket(), "blockPublicAcls": True, "restrictPublicBuckets": True}
    ],
    "aws:s3/bucketPolicy:BucketPolicy": lambda lab: [{"bucket": lab.bucket(), "policy": POLICY}],
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        lambda lab: [
            {
                "bucket": lab.bucket(),
                "rules": [
                    {
                        "applyServerSideEncryptionByDefault": {
                            "sseAlgorithm": "aws:kms",
                            "kmsMasterKeyId": "arn:aws:kms:us-east-1:123456789012:key/k",
                        },
                        "bucketKeyEnabled": True,
                    }
                ],
            }
        ]
    ),
    "aws:s3/bucketVersioning:BucketVersioning": lambda lab: [
        {"bucket": lab.bucket(), "versioningConfiguration": {"status": "Enabled"}}
    ],
    "aws:s3/bucketObjectv2:BucketObjectv2": lambda lab: [
        {
            "bucket": lab.bucket(),
            "key": "bundles/a.zip",
            "source": asset("zip"),
            "contentType": "application/zip",
            "cacheControl": "no-cache",
            "contentEncoding": "gzip",
            "metadata": {"app": "notes"},
            "serverSideEncryption": "AES256",
            "storageClass": "STANDARD_IA",
            "tags": TAGS,
        },
        {
            "bucket": lab.bucket(),
            "contentBase64": base64.b64encode(b"\x00\xff").decode(),
        },
    ],
}


@pytest.fixture(scope="module")
def lab():
    with Account() as account:
        yield Lab(account)


def test_every_row_has_a_sample():
    assert sorted(SAMPLES) == sorted(ROWS)


@pytest.mark.parametrize("type", sorted(SAMPLES))
def test_what_was_sent_is_read_back(type, lab):
    for inputs in SAMPLES[type](lab):
        id, state, checked = lab.make(type, **inputs)
        found = lab.kinds.read(type, id, state, checked)
        assert found is not None
        assert found[1] == checked
        assert {word: found[0][word] for word in ROWS[type].outputs if word in state} == {
            word: state[word] for word in ROWS[type].outputs if word in state
        }
        lab.kinds.delete(type, id, state)
        if ROWS[type].delete is not None and not type.endswith("BucketVersioning"):
            assert lab.kinds.read(type, id, state, checked) is None
