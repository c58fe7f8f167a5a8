import json

import pytest

from platform_lib.local.desired import Desired
from platform_lib.local.permissions import Permissions, permitted

QUEUE = "arn:aws:sqs:us-east-1:123456789012:jobs"
TOPIC = "arn:aws:sns:us-east-1:123456789012:news"
SEND = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": QUEUE}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (SEND, True),
        ({**SEND, "Action": ["sqs:receive*", "SQS:Send*"]}, True),
        ({**SEND, "Action": "*", "Resource": ["*"]}, True),
        ({**SEND, "Action": "sqs:Receive*"}, False),
        ({**SEND, "Resource": QUEUE + "-other"}, False),
        ({**SEND, "Resource": "arn:aws:sqs:*:123456789012:job?"}, True),
        ({"Effect": "Allow", "NotAction": "sqs:Delete*", "Resource": "*"}, True),
        ({"Effect": "Allow", "NotAction": "sqs:Send*", "Resource": "*"}, False),
        ({"Effect": "Allow", "Action": "*", "NotResource": QUEUE}, False),
        ({**SEND, "Condition": {"StringEquals": {"AWS:SourceAccount": "123456789012"}}}, True),
        ({**SEND, "Condition": {"StringEquals": {"aws:SourceAccount": ["1", "2"]}}}, False),
        ({**SEND, "Condition": {"StringNotEquals": {"aws:SourceAccount": "1"}}}, True),
        ({**SEND, "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:new*"}}}, True),
        ({**SEND, "Condition": {"ArnLike": {"aws:SourceArn": "arn:*:news"}}}, False),
        ({**SEND, "Condition": {"StringEquals": {"aws:PrincipalTag/x": "1"}}}, False),
        ({**SEND, "Condition": {"StringEqualsIfExists": {"aws:PrincipalTag/x": "1"}}}, True),
        ({**SEND, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}, True),
        ({**SEND, "Condition": {"NumericLessThan": {"aws:Hour": "3"}}}, False),
    ],
)
def test_what_a_statement_allows(statement, expected):
    facts = {"aws:SourceArn": TOPIC, "aws:SourceAccount": "123456789012"}
    assert permitted([statement], "sqs:SendMessage", QUEUE, facts=facts) is expected


def test_a_denial_wins_wherever_it_stands():
    deny = {**SEND, "Effect": "Deny"}
    assert not permitted([SEND, deny], "sqs:SendMessage", QUEUE)
    assert not permitted([deny, SEND], "sqs:SendMessage", QUEUE)
    insecure = {**deny, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    assert permitted([SEND, insecure], "sqs:SendMessage", QUEUE)


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("*", True),
        ({"AWS": "*"}, True),
        ({"Service": "sns.amazonaws.com"}, True),
        ({"Service": ["events.amazonaws.com", "sns.amazonaws.com"]}, True),
        ({"Service": "events.amazonaws.com"}, False),
        ({"AWS": "arn:aws:iam::123456789012:root"}, False),
        (None, False),
    ],
)
def test_whom_a_statement_means(principal, expected):
    statement = {**SEND, "Principal": principal}
    asked = permitted([statement], "sqs:SendMessage", QUEUE, principal="sns.amazonaws.com")
    assert asked is expected


def test_a_role_by_its_own_and_its_attached_policies(account):
    iam = account.client("iam")
    permissions = Permissions(Desired(account.account_id, account.region))
    role = iam.create_role(RoleName="worker", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    assert not permissions.role_allows(role, "sqs:SendMessage", QUEUE)
    assert not permissions.role_allows(role + "x", "sqs:SendMessage", QUEUE)
    iam.put_role_policy(
        RoleName="worker",
        PolicyName="send",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": SEND}),
    )
    assert permissions.role_allows(role, "sqs:SendMessage", QUEUE)
    assert not permissions.role_allows(role, "sns:Publish", TOPIC)
    iam.attach_role_policy(
        RoleName="worker", PolicyArn="arn:aws:iam::aws:policy/AmazonSNSFullAccess"
    )
    assert permissions.role_allows(role, "sns:Publish", TOPIC)


def test_a_service_by_the_policy_of_a_queue_and_a_topic(account):
    sqs, sns = account.client("sqs"), account.client("sns")
    permissions = Permissions(Desired(account.account_id, account.region))
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    assert not permissions.service_may("sns.amazonaws.com", "sqs:SendMessage", QUEUE, TOPIC)
    grant = {
        **SEND,
        "Principal": {"Service": "sns.amazonaws.com"},
        "Condition": {"ArnEquals": {"aws:SourceArn": TOPIC}},
    }
    policy = json.dumps({"Statement": [grant]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    assert permissions.service_may("sns.amazonaws.com", "sqs:SendMessage", QUEUE, TOPIC)
    assert not permissions.service_may("sns.amazonaws.com", "sqs:SendMessage", QUEUE, TOPIC + "x")
    sns.create_topic(Name="news")
    rule = "arn:aws:events:us-east-1:123456789012:rule/r"
    assert not permissions.service_may("events.amazonaws.com", "sns:Publish", TOPIC, rule)
    grant = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": TOPIC,
    }
    sns.set_topic_attributes(
        TopicArn=TOPIC,
        AttributeName="Policy",
        AttributeValue=json.dumps({"Version": "2012-10-17", "Statement": [grant]}),
    )
    assert permissions.service_may("events.amazonaws.com", "sns:Publish", TOPIC, rule)


def test_an_alias_has_permissions_of_its_own(account):
    client = account.client("lambda")
    role = account.client("iam").create_role(RoleName="fn", AssumeRolePolicyDocument="{}")
    arn = client.create_function(
        FunctionName="fn",
        Runtime="python3.11",
        Handler="main.handle",
        Role=role["Role"]["Arn"],
        Code={"ZipFile": b"PK\x05\x06" + 18 * b"\0"},
    )["FunctionArn"]
    version = client.publish_version(FunctionName="fn")["Version"]
    client.create_alias(FunctionName="fn", Name="live", FunctionVersion=version)
    client.add_permission(
        FunctionName="fn",
        Qualifier="live",
        StatementId="topic",
        Principal="sns.amazonaws.com",
        Action="lambda:InvokeFunction",
        SourceArn=TOPIC,
        SourceAccount="123456789012",
    )
    permissions = Permissions(Desired(account.account_id, account.region))

    def may(resource, source=TOPIC, service="sns.amazonaws.com"):
        return permissions.service_may(service, "lambda:InvokeFunction", resource, source)

    assert may(f"{arn}:live")
    assert not may(f"{arn}:live", TOPIC + "x")
    assert not may(f"{arn}:live", service="s3.amazonaws.com")
    assert not may(arn)
    assert not may(f"{arn}x:live")
