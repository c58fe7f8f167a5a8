"""Calls to the account with a role's credentials: who may, and in which words who may not."""

import json
import subprocess
import sys
import urllib.error
import urllib.request

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from dataplane_kit import create_role, document, grant, new_name

from platform_lib.local.account import Account

ACCOUNT = "123456789012"
HERE = f"us-east-1:{ACCOUNT}"
ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}


@pytest.fixture(scope="module")
def said():
    return []


@pytest.fixture(scope="module")
def account(said):
    with Account(say=said.append) as running:
        running.client("s3").create_bucket(Bucket="notes")
        running.client("dynamodb").create_table(
            TableName="notes",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )
        yield running


class App:
    """Somebody with a role's credentials."""

    def __init__(self, account, *actions, **settings):
        self.account = account
        self.role = create_role(account, *actions, **settings)
        self.name = self.role.rpartition("/")[2]
        self.given = account.sessions.give(self.role, "me")

    def client(self, service):
        return self.account.client_of(self.given, service)

    def grant(self, *actions, **more):
        grant(self.account, self.role, *actions, **more)

    @property
    def arn(self):
        return f"arn:aws:sts::{ACCOUNT}:assumed-role/{self.name}/me"


@pytest.fixture
def app(account, said):
    said.clear()
    return App(account)


def refused(call, *args, **parameters):
    with pytest.raises(ClientError) as caught:
        call(*args, **parameters)
    answer = caught.value.response
    return (
        answer["Error"]["Code"],
        answer["ResponseMetadata"]["HTTPStatusCode"],
        answer["Error"]["Message"],
    )


def words(app, action, resource, shown=""):
    on = f" on resource: {resource}" if resource else ""
    return (
        f"User: {app.arn} is not authorized to perform: {shown or action}{on} because no "
        f"identity-based policy allows the {shown or action} action"
    )


def test_each_protocol_refuses_in_aws_own_words_and_code(account, app):
    table, topic = f"arn:aws:dynamodb:{HERE}:table/notes", f"arn:aws:sns:{HERE}:news"
    call = app.client("dynamodb").get_item
    assert refused(call, TableName="notes", Key={"id": {"S": "1"}}) == (
        "AccessDeniedException",
        400,
        words(app, "dynamodb:GetItem", table),
    )
    url = account.client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
    assert refused(app.client("sqs").send_message, QueueUrl=url, MessageBody="x") == (
        "AccessDenied",
        403,
        words(app, "sqs:SendMessage", f"arn:aws:sqs:{HERE}:jobs", "sqs:sendmessage"),
    )
    assert refused(app.client("sns").publish, TopicArn=topic, Message="x") == (
        "AccessDenied",
        403,
        words(app, "sns:Publish", topic, "SNS:Publish"),
    )
    assert refused(app.client("s3").get_object, Bucket="notes", Key="a/b c") == (
        "AccessDenied",
        403,
        words(app, "s3:GetObject", '"arn:aws:s3:::notes/a/b c"'),
    )
    code, status, _ = refused(app.client("s3").head_object, Bucket="notes", Key="a")
    assert (code, status) == ("403", 403)
    call = app.client("lambda").invoke
    assert refused(call, FunctionName="f", Qualifier="live") == (
        "AccessDeniedException",
        403,
        words(app, "lambda:InvokeFunction", f"arn:aws:lambda:{HERE}:function:f:live"),
    )
    call = app.client("cloudwatch").put_metric_data
    code, _, told = refused(call, Namespace="n", MetricData=[{"MetricName": "m", "Value": 1}])
    assert code in ("AccessDenied", "AccessDeniedException")
    assert told == words(app, "cloudwatch:PutMetricData", "*")
    code, status, told = refused(app.client("ec2").describe_vpcs)
    assert (code, status) == ("UnauthorizedOperation", 403)
    assert told.endswith(words(app, "ec2:DescribeVpcs", ""))


def test_what_is_granted_works_at_once_and_what_is_taken_back_does_not(app):
    table = app.client("dynamodb")
    app.grant("dynamodb:PutItem", resources=f"arn:aws:dynamodb:{HERE}:table/notes")
    table.put_item(TableName="notes", Item={"id": {"S": "1"}})
    assert refused(table.get_item, TableName="notes", Key={"id": {"S": "1"}})
    app.grant("dynamodb:GetItem", resources=f"arn:aws:dynamodb:{HERE}:table/n*")
    assert table.get_item(TableName="notes", Key={"id": {"S": "1"}})["Item"]
    assert refused(table.put_item, TableName="notes", Item={"id": {"S": "1"}})


def test_the_screen_says_once_which_statement_is_missing_and_which_line_gives_it(app, said):
    table = f"arn:aws:dynamodb:{HERE}:table/notes"
    for _ in range(2):
        refused(app.client("dynamodb").scan, TableName="notes")
    refused(app.client("s3").put_object, Bucket="notes", Key="a", Body=b"")
    refused(app.client("dynamodb").list_tables)
    scan, put, listed = said
    assert scan == (
        f"role {app.name}: refused dynamodb:Scan on {table}, as on AWS, because no "
        "identity-based policy allows the dynamodb:Scan action. Missing: "
        f'{{"Effect": "Allow", "Action": "dynamodb:Scan", "Resource": "{table}"}}. '
        f'In the app: grants=[grants.read_table("{table}")]'
    )
    assert put.endswith('grants=[grants.read_write_bucket("arn:aws:s3:::notes")]')
    assert listed.endswith('grants=[grants.allow(["dynamodb:ListTables"], ["*"])]')


@pytest.mark.parametrize(
    ("service", "call", "parameters", "line"),
    [
        ("sqs", "send_message", {"QueueUrl": f"http://x/{ACCOUNT}/q", "MessageBody": "x"}, f'send_to_queue("arn:aws:sqs:{HERE}:q")'),
        ("sqs", "receive_message", {"QueueUrl": f"http://x/{ACCOUNT}/q"}, f'receive_from_queue("arn:aws:sqs:{HERE}:q")'),
        ("sns", "publish", {"TopicArn": f"arn:aws:sns:{HERE}:t", "Message": "x"}, f'publish_to_topic("arn:aws:sns:{HERE}:t")'),
        ("secretsmanager", "get_secret_value", {"SecretId": "s"}, f'read_secret("arn:aws:secretsmanager:{HERE}:secret:s")'),
        ("s3", "list_objects_v2", {"Bucket": "b1b"}, 'read_bucket("arn:aws:s3:::b1b")'),
        ("s3", "delete_object", {"Bucket": "b1b", "Key": "k"}, 'read_write_bucket("arn:aws:s3:::b1b")'),
        ("dynamodb", "query", {"TableName": "table", "IndexName": "index", "KeyConditionExpression": "a = a"}, f'read_table("arn:aws:dynamodb:{HERE}:table/table")'),
        ("dynamodb", "delete_item", {"TableName": "t", "Key": {"id": {"S": "1"}}}, f'read_write_table("arn:aws:dynamodb:{HERE}:table/t")'),
        ("ssm", "get_parameter", {"Name": "/p"}, f'allow(["ssm:GetParameter"], ["arn:aws:ssm:{HERE}:parameter/p"])'),
    ],
)  # fmt: skip
def test_the_line_that_gives_the_right_is_the_narrowest(
    app, said, service, call, parameters, line
):
    # The address in a queue's URL is the client's affair.
    refused(getattr(app.client(service), call), **parameters)
    assert said[-1].endswith(f"In the app: grants=[grants.{line}]")


def test_who_may_do_everything(account, app):
    for key in ("testing", "AKIAOFNOBODY00000000"):
        client = boto3.client(
            "sqs",
            region_name="us-east-1",
            endpoint_url=account.endpoint,
            aws_access_key_id=key,
            aws_secret_access_key="x",
        )
        client.list_queues()


@pytest.mark.parametrize("permissions", [True, False])
def test_the_account_judges_unless_it_is_told_not_to(permissions):
    code = (
        "import sys\n"
        "from platform_lib.local.account import Account\n"
        f"with Account(permissions={permissions}) as account:\n"
        "    given = account.sessions.give('arn:aws:iam::123456789012:role/none', 'me')\n"
        "    try:\n"
        "        account.client_of(given, 'sqs').list_queues()\n"
        "    except Exception as problem:\n"
        "        sys.exit(type(problem).__name__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.stderr.strip() == ("ClientError" if permissions else "")


def test_who_a_session_is_is_no_secret_to_it(app):
    assert app.client("sts").get_caller_identity()["Arn"] == app.arn


def test_an_iam_user_is_judged_by_its_own_and_its_groups_policies(account):
    iam, name = account.client("iam"), new_name("user")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    sqs = boto3.client(
        "sqs",
        region_name="us-east-1",
        endpoint_url=account.endpoint,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    _, _, told = refused(sqs.list_queues)
    assert told.startswith(f"User: arn:aws:iam::{ACCOUNT}:user/{name} is not authorized")
    iam.create_group(GroupName=name)
    iam.add_user_to_group(GroupName=name, UserName=name)
    statement = {"Effect": "Allow", "Action": "sqs:List*", "Resource": "*"}
    iam.put_group_policy(GroupName=name, PolicyName="p", PolicyDocument=document(statement))
    sqs.list_queues()


def test_a_managed_policy_and_a_boundary_count(account, app):
    iam, sqs = account.client("iam"), app.client("sqs")
    read = "arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"
    iam.attach_role_policy(RoleName=app.name, PolicyArn=read)
    sqs.list_queues()
    boundary = iam.create_policy(
        PolicyName=new_name("p"),
        PolicyDocument=document({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}),
    )["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName=app.name, PermissionsBoundary=boundary)
    _, _, told = refused(sqs.list_queues)
    assert told.endswith("because no permissions boundary allows the sqs:listqueues action")
    iam.delete_role_permissions_boundary(RoleName=app.name)
    sqs.list_queues()


def test_the_policy_of_a_queue_a_topic_a_bucket_and_a_secret_count(account, app):
    name = new_name("own")

    def policy(action, resource="*", effect="Allow", **more):
        principal = {"Principal": {"AWS": app.role}}
        statement = {"Effect": effect, "Action": action, "Resource": resource, **principal}
        return document({**statement, **more})

    sqs = account.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    send = app.client("sqs").send_message
    refused(send, QueueUrl=url, MessageBody="x")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy("sqs:SendMessage")})
    send(QueueUrl=url, MessageBody="x")

    sns = account.client("sns")
    topic = sns.create_topic(Name=name)["TopicArn"]
    publish = app.client("sns").publish
    refused(publish, TopicArn=topic, Message="x")
    sns.set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=policy("sns:Publish", topic)
    )
    publish(TopicArn=topic, Message="x")

    put = app.client("s3").put_object
    refused(put, Bucket="notes", Key="k", Body=b"")
    allow = policy("s3:PutObject", "arn:aws:s3:::notes/*")
    account.client("s3").put_bucket_policy(Bucket="notes", Policy=allow)
    put(Bucket="notes", Key="k", Body=b"")
    app.grant("s3:*")
    deny = policy("s3:PutObject", "arn:aws:s3:::notes/*", "Deny")
    account.client("s3").put_bucket_policy(Bucket="notes", Policy=deny)
    _, _, told = refused(put, Bucket="notes", Key="k", Body=b"")
    assert told.endswith("with an explicit deny in a resource-based policy")
    account.client("s3").delete_bucket_policy(Bucket="notes")

    secrets = account.client("secretsmanager")
    arn = secrets.create_secret(Name=name, SecretString="s")["ARN"]
    get = app.client("secretsmanager").get_secret_value
    _, _, told = refused(get, SecretId=name)
    # A name is its secret's ARN, six letters and all.
    assert f"on resource: {arn} because" in told
    secrets.put_resource_policy(
        SecretId=name, ResourcePolicy=policy("secretsmanager:GetSecretValue")
    )
    assert get(SecretId=arn)["SecretString"] == "s"


def test_a_key_counts_by_its_own_policy_first(account, app):
    kms, mine = account.client("kms"), app.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key)
    _, _, told = refused(mine.encrypt, KeyId="alias/mine", Plaintext=b"x")
    assert f"kms:Encrypt on resource: {key} because no identity-based policy" in told
    app.grant("kms:*", resources=key)
    sealed = mine.encrypt(KeyId="alias/mine", Plaintext=b"x")["CiphertextBlob"]
    assert mine.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"x"
    # Without the account in its policy, no policy of the account's reaches the key.
    other = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    stranger = {**other, "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/stranger"}}
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=document(stranger))
    _, _, told = refused(mine.decrypt, CiphertextBlob=sealed)
    assert told.endswith("because no resource-based policy allows the kms:Decrypt action")
    named = {**other, "Principal": {"AWS": app.role}}
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=document(named))
    app.grant("s3:ListAllMyBuckets")
    assert mine.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"x"


def test_a_role_is_taken_on_by_whom_it_trusts_and_a_session_policy_limits(account, app):
    iam, sts, name = account.client("iam"), app.client("sts"), new_name("other")
    trust = {"Effect": "Allow", "Principal": ROOT, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))
    arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    grant(account, arn, "sqs:*")
    asked = {"RoleArn": arn, "RoleSessionName": "two"}
    assert refused(sts.assume_role, **asked)[2].endswith(
        "because no identity-based policy allows the sts:AssumeRole action"
    )
    app.grant("sts:AssumeRole", resources=arn)
    only = document({"Effect": "Allow", "Action": "sqs:GetQueueUrl", "Resource": "*"})
    given = sts.assume_role(**asked, Policy=only)["Credentials"]
    sqs = boto3.client(
        "sqs",
        region_name="us-east-1",
        endpoint_url=account.endpoint,
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )
    account.client("sqs").create_queue(QueueName=name)
    sqs.get_queue_url(QueueName=name)
    assert "because no session policy allows" in refused(sqs.list_queues)[2]
    stranger = {**trust, "Principal": {"Service": "lambda.amazonaws.com"}}
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=document(stranger))
    assert refused(sts.assume_role, **asked)[2].endswith(
        "because no resource-based policy allows the sts:AssumeRole action"
    )


def test_conditions_see_the_request(account, app):
    put = app.client("s3").put_object
    condition = {"StringEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}
    app.grant("s3:PutObject", Condition=condition)
    refused(put, Bucket="notes", Key="k", Body=b"")
    put(Bucket="notes", Key="k", Body=b"", ServerSideEncryption="aws:kms")
    lists = app.client("s3").list_objects_v2
    app.grant("s3:ListBucket", Condition={"StringLike": {"s3:prefix": "mine/*"}})
    refused(lists, Bucket="notes")
    lists(Bucket="notes", Prefix="mine/2026")
    app.grant("sqs:ListQueues", Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}})
    refused(app.client("sqs").list_queues)
    account.client("iam").tag_role(RoleName=app.name, Tags=[{"Key": "team", "Value": "notes"}])
    app.grant("s3:ListBucket", resources="arn:aws:s3:::${aws:PrincipalTag/team}")
    lists(Bucket="notes")


def test_a_presigned_address_has_the_rights_of_who_signed_it(account, app):
    account.client("s3").put_object(Bucket="notes", Key="signed", Body=b"yes")
    for version in ("s3v4", "s3"):
        client = boto3.client(
            "s3",
            region_name="us-east-1",
            endpoint_url=account.endpoint,
            aws_access_key_id=app.given.key,
            aws_secret_access_key=app.given.secret,
            aws_session_token=app.given.token,
            config=Config(signature_version=version, s3={"addressing_style": "path"}),
        )
        url = client.generate_presigned_url("get_object", {"Bucket": "notes", "Key": "signed"})
        app.grant("s3:ListAllMyBuckets")
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(url)
        assert caught.value.code == 403
        assert b"s3:GetObject" in caught.value.read()
        app.grant("s3:GetObject")
        assert urllib.request.urlopen(url).read() == b"yes"


def test_who_may_not_list_does_not_learn_that_an_object_is_missing(app):
    app.grant("s3:GetObject")
    code, status, told = refused(app.client("s3").get_object, Bucket="notes", Key="missing")
    assert (code, status) == ("AccessDenied", 403)
    assert "is not authorized to perform: s3:ListBucket" in told
    assert refused(app.client("s3").head_object, Bucket="notes", Key="missing")[1] == 403
    app.grant("s3:GetObject", "s3:ListBucket")
    assert refused(app.client("s3").get_object, Bucket="notes", Key="missing")[0] == "NoSuchKey"


def test_each_object_of_a_deletion_is_judged(account, app):
    s3 = account.client("s3")
    keys = ["mine/1", "theirs/<1>", "mine/2"]
    for key in keys:
        s3.put_object(Bucket="notes", Key=key, Body=b"")
    delete = {"Objects": [{"Key": key} for key in keys]}
    mine = app.client("s3")
    answer = mine.delete_objects(Bucket="notes", Delete=delete)
    assert [(each["Key"], each["Code"]) for each in answer["Errors"]] == [
        (key, "AccessDenied") for key in keys
    ]
    assert "Deleted" not in answer
    app.grant("s3:DeleteObject", resources="arn:aws:s3:::notes/mine/*")
    answer = mine.delete_objects(Bucket="notes", Delete=delete)
    assert [each["Key"] for each in answer["Deleted"]] == ["mine/1", "mine/2"]
    (error,) = answer["Errors"]
    assert (error["Key"], error["Code"]) == ("theirs/<1>", "AccessDenied")
    assert "is not authorized to perform: s3:DeleteObject" in error["Message"]
    assert s3.head_object(Bucket="notes", Key="theirs/<1>")


def test_who_signs_nothing_is_let_through(account):
    client = boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=account.endpoint,
        config=Config(signature_version=UNSIGNED, s3={"addressing_style": "path"}),
    )
    client.list_objects_v2(Bucket="notes")


def test_a_body_that_is_read_is_put_back(app):
    """Judging reads parameters out of the body, and the account must still find it there."""
    app.grant("dynamodb:*")
    table = app.client("dynamodb")
    text = "x" * 100_000
    table.put_item(TableName="notes", Item={"id": {"S": "big"}, "text": {"S": text}})
    found = table.get_item(TableName="notes", Key={"id": {"S": "big"}})["Item"]
    assert json.dumps(found["text"]) == json.dumps({"S": text})


def test_a_key_of_ones_own_asks_for_its_grant_too(account, app, said):
    kms, name = account.client("kms"), new_name("sealed")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    use = f'In the app: grants=[grants.use_key("{key}")]'
    app.grant("sqs:*", "sns:*", "s3:*", "secretsmanager:*", "dynamodb:*", "kinesis:*")

    sqs = app.client("sqs")
    attributes = {"KmsMasterKeyId": key}
    url = account.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    code, _, told = refused(sqs.send_message, QueueUrl=url, MessageBody="x")
    assert code == "KmsAccessDenied"
    assert f"is not authorized to perform: kms:GenerateDataKey on resource: {key} because" in told
    assert said[-1].endswith(use)

    sns = account.client("sns")
    topic = sns.create_topic(Name=name, Attributes=attributes)["TopicArn"]
    code, _, told = refused(app.client("sns").publish, TopicArn=topic, Message="x")
    assert (code, "kms:GenerateDataKey" in told) == ("KMSAccessDenied", True)

    account.client("s3").create_bucket(Bucket=name)
    rule = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    account.client("s3").put_bucket_encryption(
        Bucket=name,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": rule}]
        },
    )
    account.client("s3").put_object(Bucket=name, Key="a", Body=b"")
    s3 = app.client("s3")
    assert "kms:GenerateDataKey" in refused(s3.put_object, Bucket=name, Key="b", Body=b"")[2]
    code, _, told = refused(s3.get_object, Bucket=name, Key="a")
    assert (code, "kms:Decrypt" in told) == ("AccessDenied", True)

    secrets = account.client("secretsmanager")
    secrets.create_secret(Name=name, SecretString="s", KmsKeyId=key)
    code, _, told = refused(app.client("secretsmanager").get_secret_value, SecretId=name)
    assert (code, told) == ("AccessDeniedException", "Access to KMS is not allowed")

    account.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key},
    )
    assert "kms:Decrypt" in refused(app.client("dynamodb").scan, TableName=name)[2]

    # The key of AWS that a table has else asks nothing.
    aws = {"Enabled": True, "SSEType": "KMS"}
    account.client("dynamodb").update_table(TableName="notes", SSESpecification=aws)
    app.client("dynamodb").scan(TableName="notes")

    via = {"StringEquals": {"kms:ViaService": "sqs.us-east-1.amazonaws.com"}}
    grant_both = [
        {"Effect": "Allow", "Action": ["sqs:*", "s3:*", "secretsmanager:*"], "Resource": "*"},
        {"Effect": "Allow", "Action": "kms:*", "Resource": key, "Condition": via},
    ]
    account.client("iam").put_role_policy(
        RoleName=app.name, PolicyName="p", PolicyDocument=document(*grant_both)
    )
    sqs.send_message(QueueUrl=url, MessageBody="x")
    assert sqs.receive_message(QueueUrl=url)["Messages"]
    refused(s3.get_object, Bucket=name, Key="a")
    app.grant("s3:*", "secretsmanager:*", "kms:*")
    assert s3.get_object(Bucket=name, Key="a")["Body"].read() == b""
    assert app.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"] == "s"
