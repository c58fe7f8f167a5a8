"""An account with its data plane, and functions whose work is done by the test itself."""

import json
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from dataplane_kit import new_name

from platform_lib.local.account import Account
from platform_lib.local.dataplane import DataPlane
from platform_lib.local.dataplane.functions.functions import ThrottledError
from platform_lib.local.dataplane.functions.runtime_api import Outcome, failure

EMPTY_ZIP = b"PK\x05\x06" + 18 * b"\0"
ACCOUNT = "123456789012"
REGION = "us-east-1"


def arn(service, name):
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"


@dataclass
class Call:
    """One run of a function."""

    arn: str
    event: object
    id: str
    lineage: object
    time: float


@dataclass
class Cloud:
    """An account and its data plane, in which functions answer what the test says.

    `calls` are the runs so far. `answers` maps a function's name to what its next runs come to: an
    exception fails, and so does what is left of a list that ran out; anything else is returned.
    """

    account: Account
    plane: DataPlane
    said: list = field(default_factory=list)
    calls: list = field(default_factory=list)
    answers: dict = field(default_factory=dict)

    def client(self, service):
        return self.account.client(service)

    @property
    def clock(self):
        return self.plane._context.clock

    async def invoke(self, arn, payload, *, lineage=None, request_id=None):
        from platform_lib.local.dataplane.lineage import Lineage

        name = arn.partition(":function:")[2].partition(":")[0]
        after = (lineage or Lineage()).after(name)
        if self.plane._context.desired.function(name).reserved_concurrency == 0:
            raise ThrottledError(f"{name} takes no calls")
        event = json.loads(payload)
        self.calls.append(Call(arn, event, request_id, after, self.clock.now()))
        version = str(self.plane._context.desired.function(arn).version)
        answers = self.answers.get(name, [None])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            failed = failure(type(answer).__name__, str(answer))
            return Outcome(payload=failed.payload, failed=True, version=version), []
        return Outcome(payload=json.dumps(answer).encode(), version=version), ["a line"]

    def calls_of(self, function):
        return [call for call in self.calls if f"{call.arn}:".startswith(f"{function.arn}:")]

    def function(self, *answers, **settings):
        return Function(self, answers, **settings)

    def queue(self, *grants, **attributes):
        return Queue(self, grants, attributes)


class Function:
    """A function with a version and an alias `live`, whose role allows everything."""

    def __init__(self, cloud, answers=(), role_may=("*",), **settings):
        self.cloud, self.name = cloud, new_name("fn")
        self.client = cloud.client("lambda")
        if answers:
            cloud.answers[self.name] = list(answers)
        iam = cloud.client("iam")
        self.role = iam.create_role(RoleName=self.name, AssumeRolePolicyDocument="{}")["Role"]
        if role_may:
            grant = {"Effect": "Allow", "Action": list(role_may), "Resource": "*"}
            document = json.dumps({"Version": "2012-10-17", "Statement": [grant]})
            iam.put_role_policy(RoleName=self.name, PolicyName="p", PolicyDocument=document)
        self.arn = self.client.create_function(
            FunctionName=self.name,
            Runtime="python3.11",
            Handler="main.handle",
            Role=self.role["Arn"],
            Code={"ZipFile": EMPTY_ZIP},
            **settings,
        )["FunctionArn"]
        self.client.publish_version(FunctionName=self.name)
        self.alias = self.client.create_alias(
            FunctionName=self.name, Name="live", FunctionVersion="1"
        )["AliasArn"]

    def allow(self, service, source=None, qualifier="live", **more):
        self.statement = new_name("s")
        self.client.add_permission(
            FunctionName=self.name,
            StatementId=self.statement,
            Action="lambda:InvokeFunction",
            Principal=service,
            **({"Qualifier": qualifier} if qualifier else {}),
            **({"SourceArn": source} if source else {}),
            **more,
        )
        return self

    def forbid(self):
        """Take back what was allowed last."""
        self.client.remove_permission(
            FunctionName=self.name, StatementId=self.statement, Qualifier="live"
        )

    def configure(self, **config):
        self.client.put_function_event_invoke_config(
            FunctionName=self.name, Qualifier="live", **config
        )
        return self

    def send(self, event, qualifier="live"):
        return self.client.invoke(
            FunctionName=self.name,
            Qualifier=qualifier,
            InvocationType="Event",
            Payload=json.dumps(event).encode(),
        )

    @property
    def calls(self):
        return self.cloud.calls_of(self)

    @property
    def events(self):
        return [call.event for call in self.calls]


class Queue:
    """A queue; `grants` are services that may send to it."""

    def __init__(self, cloud, grants=(), attributes=None):
        self.client, self.name = cloud.client("sqs"), new_name("queue")
        self.url = self.client.create_queue(QueueName=self.name)["QueueUrl"]
        self.arn = arn("sqs", self.name)
        if grants:
            statement = {
                "Effect": "Allow",
                "Principal": {"Service": list(grants)},
                "Action": "sqs:SendMessage",
                "Resource": self.arn,
            }
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            self.client.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": policy})

    def close(self):
        self.client.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": ""})

    def messages(self):
        """Return everything in it, with attributes; it stays there, unseen for a while."""
        found = []
        while got := self.client.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
            VisibilityTimeout=3600,
        ).get("Messages"):
            found += got
        return found

    def bodies(self):
        return [json.loads(message["Body"]) for message in self.messages()]


@contextmanager
def events_cloud(tmp_path):
    said = []
    with Account() as account:
        plane = DataPlane(account, tmp_path, said.append, docker=False)
        cloud = Cloud(account, plane, said)
        plane._functions.invoke = plane._pollers._invoke = cloud.invoke
        plane._pollers._stream_tools = replace(plane._pollers._stream_tools, invoke=cloud.invoke)
        plane.start()
        try:
            yield cloud
        finally:
            plane.stop()
