"""Which actions on which resources an operation needs, for the services that apps call.

A row says where the resource's name is in a request, and how its ARN is made of it. Operations
that are for no resource are for `*`. What no row knows is judged without its resource: it is
allowed where the action is allowed for any.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from platform_lib.local.desired import Desired
from platform_lib.local.permissions import Fact
from platform_lib.local.rights.asked import Asked
from platform_lib.local.rights.keys import key_actions
from platform_lib.local.rights.s3_actions import s3_needs


@dataclass(frozen=True, kw_only=True)
class Need:
    """One action that a request needs, and on what.

    Attributes:
        action: Such as `sqs:SendMessage`.
        resource: An ARN, `*` for an action on no resource, None where it is not known.
        facts: What conditions may ask of the request.
    """

    action: str
    resource: str | None
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the account is in which a request asks, and what is in it."""

    region: str
    account: str
    desired: Desired

    def arn(self, service: str, resource: str) -> str:
        """Return an ARN in this region and account."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"


Maker = Callable[[Any, Mapping[str, Any], Place], str | Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class _Service:
    """How a service's requests name its resources.

    Attributes:
        prefix: Of its actions, where that is not the name that its requests are signed for.
        makes: Parameter -> what makes an ARN of its value; the first that is there counts.
        renamed: Operation -> action, where they differ.
        everything: Operations that are for no resource, whatever they name.
        only: What the rows of `makes` are for, where the same names mean other things elsewhere.
        facts: Parameter -> condition key.
    """

    prefix: str = ""
    makes: Mapping[str, Maker] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    everything: frozenset[str] = frozenset()
    only: re.Pattern[str] = re.compile(".*")
    facts: Mapping[str, str] = field(default_factory=dict)


def needs(asked: Asked, place: Place) -> Sequence[Need]:
    """Return what a request needs, the keys included; all of it must be allowed."""
    key = str(asked.parameters.get("SSEKMSKeyId") or "")
    return [
        each
        for need in _needs(asked, place)
        for each in (
            need,
            *(
                Need(action=action, resource=arn, facts=facts)
                for action, arn, facts in key_actions(
                    need.action, need.resource or "", key, place.desired
                )
            ),
        )
    ]


def _needs(asked: Asked, place: Place) -> Sequence[Need]:
    if asked.model == "s3":
        return [
            *(
                Need(action=action, resource=resource, facts=facts)
                for action, resource, facts in s3_needs(asked)
            ),
            *_to_learn_that_it_is_missing(asked, place),
        ]
    special = _SPECIAL.get((asked.service, asked.operation))
    if special is not None:
        return list(special(asked.parameters, place))
    service = _SERVICES.get(asked.service)
    if service is None:
        prefix = _PREFIXES.get(asked.service, asked.service)
        return [Need(action=f"{prefix}:{asked.operation or '*'}", resource=None)]
    action = service.renamed.get(asked.operation, asked.operation)
    name = f"{service.prefix or asked.service}:{action or '*'}"
    facts = {
        key: str(asked.parameters[parameter])
        for parameter, key in service.facts.items()
        if asked.parameters.get(parameter)
    }
    arns = _arns(service, asked, place)
    return [Need(action=name, resource=arn, facts=facts) for arn in arns]


def _arns(service: _Service, asked: Asked, place: Place) -> Sequence[str | None]:
    if asked.operation in service.everything:
        return ["*"]
    makes = service.makes if service.only.fullmatch(asked.operation) else {}
    for parameter, make in makes.items():
        value = asked.parameters.get(parameter)
        if value:
            made = make(value, asked.parameters, place)
            return [made] if isinstance(made, str) else (made or [None])
    return [None]


def _to_learn_that_it_is_missing(asked: Asked, place: Place) -> Iterator[Need]:
    """Who may not list a bucket is refused an object that is not there, by the right to list.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    bucket, key = asked.parameters.get("Bucket"), asked.parameters.get("Key")
    reads = asked.operation in ("GetObject", "HeadObject")
    if reads and not place.desired.has_object(str(bucket), str(key)):
        yield Need(action="s3:ListBucket", resource=f"arn:aws:s3:::{bucket}")


def _named(service: str, before: str = "") -> Maker:
    """Take a name or an ARN."""

    def make(value: Any, _: Mapping[str, Any], place: Place) -> str:
        text = str(value)
        return text if text.startswith("arn:") else place.arn(service, before + text)

    return make


def _queue(value: Any, _: Mapping[str, Any], place: Place) -> str:
    return place.arn("sqs", str(value).rstrip("/").rpartition("/")[2])


def _topic_of_subscription(value: Any, _: Mapping[str, Any], __: Place) -> str:
    return str(value).rpartition(":")[0]


def _table(value: Any, parameters: Mapping[str, Any], place: Place) -> str:
    arn = _named("dynamodb", "table/")(value, parameters, place)
    index = parameters.get("IndexName")
    return f"{arn}/index/{index}" if index else str(arn)


def _tables(value: Any, parameters: Mapping[str, Any], place: Place) -> list[str]:
    return [_table(name, {}, place) for name in value] if isinstance(value, dict) else []


def _shard(value: Any, _: Mapping[str, Any], __: Place) -> str | Sequence[str]:
    """Read the stream from an iterator: of a table its ARN stands there, before a bar."""
    arn = str(value).partition("|")[0]
    if arn.startswith("arn:"):
        return arn
    return []


def _kinesis_shard(value: Any, _: Mapping[str, Any], place: Place) -> str | Sequence[str]:
    try:
        stream = base64.b64decode(str(value)).decode().partition(":")[0]
    except ValueError:
        return []
    return place.arn("kinesis", f"stream/{stream}")


def _function(value: Any, parameters: Mapping[str, Any], place: Place) -> str:
    base, _, inside = str(value).rsplit(":function:", maxsplit=1)[-1].partition(":")
    qualifier = inside or str(parameters.get("Qualifier") or "")
    return place.arn("lambda", f"function:{base}" + (f":{qualifier}" if qualifier else ""))


def _log_group(value: Any, parameters: Mapping[str, Any], place: Place) -> str:
    text = str(value)
    name = text.partition(":log-group:")[2].removesuffix(":*") if text[:4] == "arn:" else text
    stream = parameters.get("logStreamName") or ""
    return place.arn("logs", f"log-group:{name}:log-stream:{stream}")


def _secret(value: Any, _: Mapping[str, Any], place: Place) -> str:
    found = place.desired.secret(str(value))
    if found is not None:
        return str(found.arn)
    text = str(value)
    return text if text.startswith("arn:") else place.arn("secretsmanager", f"secret:{text}")


def _parameter(value: Any, _: Mapping[str, Any], place: Place) -> str:
    text = str(value)
    if text.startswith("arn:"):
        return text
    # A version or a label behind a colon is no part of the name.
    return place.arn("ssm", f"parameter/{text.partition(':')[0].lstrip('/')}")


def _parameters(value: Any, parameters: Mapping[str, Any], place: Place) -> list[str]:
    return [_parameter(each, parameters, place) for each in value]


def _key(value: Any, _: Mapping[str, Any], place: Place) -> str:
    found = place.desired.key(str(value))
    text = str(value)
    return str(found.arn) if found else text if text[:4] == "arn:" else place.arn("kms", text)


def _key_of_text(value: Any, _: Mapping[str, Any], place: Place) -> str | Sequence[str]:
    """Read the key from what it encrypted: in the account its id stands first."""
    try:
        key = base64.b64decode(str(value))[:36].decode()
    except ValueError:
        return "*"
    found = place.desired.key(key)
    return str(found.arn) if found else "*"


def _schedule(value: Any, parameters: Mapping[str, Any], place: Place) -> str:
    group = parameters.get("GroupName") or parameters.get("groupName") or "default"
    return place.arn("scheduler", f"schedule/{group}/{value}")


def _rule(value: Any, parameters: Mapping[str, Any], place: Place) -> str:
    bus = str(parameters.get("EventBusName") or "default").rpartition("/")[2]
    return place.arn("events", f"rule/{value}" if bus == "default" else f"rule/{bus}/{value}")


def _identity(value: Any, _: Mapping[str, Any], place: Place) -> str:
    """Take an address; a name before it, and where it has no identity, what its domain has."""
    found = re.search(r"<([^>]+)>", str(value))
    address = found[1] if found else str(value).strip()
    return place.arn("ses", f"identity/{place.desired.mail_identity(address)}")


def _put_events(parameters: Mapping[str, Any], place: Place) -> Iterator[Need]:
    buses: dict[str, tuple[set[str], set[str]]] = {}
    for each in parameters.get("Entries") or ():
        if not isinstance(each, Mapping):
            continue
        bus = str(each.get("EventBusName") or "default")
        arn = bus if bus.startswith("arn:") else place.arn("events", f"event-bus/{bus}")
        sources, types = buses.setdefault(arn, (set(), set()))
        sources.add(str(each.get("Source", "")))
        types.add(str(each.get("DetailType", "")))
    for arn, (sources, types) in buses.items():
        facts = {"events:source": sorted(sources), "events:detail-type": sorted(types)}
        yield Need(action="events:PutEvents", resource=arn, facts=facts)


def _transaction(parameters: Mapping[str, Any], place: Place) -> Iterator[Need]:
    """A transaction needs the action of each of its parts."""
    actions = {
        "ConditionCheck": "ConditionCheckItem",
        "Delete": "DeleteItem",
        "Get": "GetItem",
        "Put": "PutItem",
        "Update": "UpdateItem",
    }
    found = {
        (f"dynamodb:{actions[kind]}", _table(part["TableName"], {}, place)): None
        for each in parameters.get("TransactItems") or ()
        for kind, part in (each or {}).items()
        if kind in actions and isinstance(part, Mapping) and part.get("TableName")
    }
    yield from (Need(action=action, resource=arn) for action, arn in found)


_VERBS = {"select": "Select", "insert": "Insert", "update": "Update", "delete": "Delete"}
_STATEMENT = re.compile(
    r"\s*(select\b.*?\bfrom|insert\s+into|update|delete\s+from)\s+"
    r"(?:\"([^\"]+)\"|([\w.-]+))(?:\s*\.\s*\"([^\"]+)\")?",
    re.IGNORECASE | re.DOTALL,
)


def _partiql(parameters: Mapping[str, Any], place: Place) -> Iterator[Need]:
    """Statements of PartiQL are actions of their own, on the table that each names."""
    listed = parameters.get("Statements") or parameters.get("TransactStatements") or [parameters]
    for each in listed:
        found = _STATEMENT.match(str((each or {}).get("Statement", "")))
        if found is None:
            continue
        verb = _VERBS[found[1].split()[0].lower()]
        arn = _table(found[2] or found[3], {"IndexName": found[4]}, place)
        yield Need(action=f"dynamodb:PartiQL{verb}", resource=arn)


def _assume(parameters: Mapping[str, Any], place: Place) -> Iterator[Need]:
    facts = {}
    if parameters.get("ExternalId"):
        facts["sts:ExternalId"] = str(parameters["ExternalId"])
    if parameters.get("RoleSessionName"):
        facts["sts:RoleSessionName"] = str(parameters["RoleSessionName"])
    yield Need(action="sts:AssumeRole", resource=str(parameters.get("RoleArn", "")), facts=facts)


def _encrypt_anew(parameters: Mapping[str, Any], place: Place) -> Iterator[Need]:
    old = parameters.get("SourceKeyId")
    text = parameters.get("CiphertextBlob", "")
    source = _key(old, parameters, place) if old else _key_of_text(text, parameters, place)
    target = _key(parameters.get("DestinationKeyId", ""), parameters, place)
    yield Need(action="kms:ReEncryptFrom", resource=str(source))
    yield Need(action="kms:ReEncryptTo", resource=target)


def _passing(action: str, service: str, make: Maker, *path: str) -> Any:
    """Say that an operation hands a role to a service, which is a right of its own."""

    def both(parameters: Mapping[str, Any], place: Place) -> Iterator[Need]:
        name = parameters.get("Name") or parameters.get("FunctionName") or ""
        yield Need(action=action, resource=str(make(name, parameters, place)))
        role: Any = parameters
        for step in path:
            role = role.get(step) if isinstance(role, Mapping) else None
        if isinstance(role, str):
            facts = {"iam:PassedToService": service}
            yield Need(action="iam:PassRole", resource=role, facts=facts)

    return both


def _nothing(_: Mapping[str, Any], __: Place) -> Iterator[Need]:
    return iter(())


_PREFIXES: Mapping[str, str] = {
    "iotdata": "iot",
    "lex": "lex",
    "monitoring": "cloudwatch",
    "tagging": "tag",
}
"""Where a service's actions have another prefix than the name its requests are signed for."""

_SPECIAL: Mapping[tuple[str, str], Any] = {
    # Nobody can be kept from asking who he is.
    ("sts", "GetCallerIdentity"): _nothing,
    ("sts", "AssumeRole"): _assume,
    # It needs no rights of the caller: the token is what counts.
    ("sts", "AssumeRoleWithWebIdentity"): _nothing,
    ("sts", "AssumeRoleWithSAML"): _nothing,
    ("kms", "ReEncrypt"): _encrypt_anew,
    ("events", "PutEvents"): _put_events,
    ("dynamodb", "TransactGetItems"): _transaction,
    ("dynamodb", "TransactWriteItems"): _transaction,
    ("dynamodb", "ExecuteStatement"): _partiql,
    ("dynamodb", "BatchExecuteStatement"): _partiql,
    ("dynamodb", "ExecuteTransaction"): _partiql,
    ("scheduler", "CreateSchedule"): _passing(
        "scheduler:CreateSchedule", "scheduler.amazonaws.com", _schedule, "Target", "RoleArn"
    ),
    ("scheduler", "UpdateSchedule"): _passing(
        "scheduler:UpdateSchedule", "scheduler.amazonaws.com", _schedule, "Target", "RoleArn"
    ),
    ("lambda", "CreateFunction"): _passing(
        "lambda:CreateFunction", "lambda.amazonaws.com", _function, "Role"
    ),
}

_SERVICES: Mapping[str, _Service] = {
    "sqs": _Service(
        makes={"QueueUrl": _queue, "QueueName": _named("sqs"), "SourceArn": _named("sqs")},
        renamed={
            "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
            "DeleteMessageBatch": "DeleteMessage",
            "SendMessageBatch": "SendMessage",
        },
        everything=frozenset({"ListQueues"}),
    ),
    "sns": _Service(
        makes={
            "TopicArn": _named("sns"),
            "TargetArn": _named("sns"),
            "ResourceArn": _named("sns"),
            "SubscriptionArn": _topic_of_subscription,
            "Name": _named("sns"),
        },
        renamed={"PublishBatch": "Publish"},
        everything=frozenset(
            {
                "CreatePlatformApplication",
                "GetSubscriptionAttributes",
                "ListSubscriptions",
                "ListTopics",
                "SetSubscriptionAttributes",
                "Unsubscribe",
            }
        ),
        facts={"Protocol": "sns:Protocol", "Endpoint": "sns:Endpoint"},
    ),
    "dynamodb": _Service(
        makes={
            "TableName": _table,
            "RequestItems": _tables,
            "ResourceArn": _named("dynamodb"),
            "TableArn": _named("dynamodb"),
            "StreamArn": _named("dynamodb"),
            "ShardIterator": _shard,
        },
        everything=frozenset(
            {
                "DescribeEndpoints",
                "DescribeLimits",
                "ListBackups",
                "ListContributorInsights",
                "ListExports",
                "ListGlobalTables",
                "ListImports",
                "ListStreams",
                "ListTables",
            }
        ),
    ),
    "kinesis": _Service(
        makes={
            "ConsumerARN": _named("kinesis"),
            "StreamARN": _named("kinesis"),
            "ResourceARN": _named("kinesis"),
            "StreamName": _named("kinesis", "stream/"),
            "ShardIterator": _kinesis_shard,
        },
        everything=frozenset(
            {
                "DescribeLimits",
                "DisableEnhancedMonitoring",
                "EnableEnhancedMonitoring",
                "ListStreams",
                "UpdateShardCount",
                "UpdateStreamMode",
            }
        ),
    ),
    "firehose": _Service(
        makes={"DeliveryStreamName": _named("firehose", "deliverystream/")},
        everything=frozenset({"ListDeliveryStreams"}),
    ),
    "events": _Service(
        makes={"Rule": _rule, "Name": _rule},
        only=re.compile(".*(Rule|Targets|TargetsByRule)"),
        everything=frozenset(
            {
                "ListEventBuses",
                "ListRuleNamesByTarget",
                "ListRules",
                "PutPermission",
                "RemovePermission",
                "TestEventPattern",
            }
        ),
    ),
    "scheduler": _Service(
        makes={"Name": _schedule},
        only=re.compile("(Get|Delete)Schedule"),
        everything=frozenset({"ListScheduleGroups", "ListSchedules"}),
    ),
    "states": _Service(
        makes={
            "stateMachineArn": _named("states"),
            "executionArn": _named("states"),
            "activityArn": _named("states"),
        },
        everything=frozenset(
            {
                "ListActivities",
                "ListStateMachines",
                "SendTaskFailure",
                "SendTaskHeartbeat",
                "SendTaskSuccess",
            }
        ),
    ),
    "secretsmanager": _Service(
        makes={"SecretId": _secret, "Name": _secret},
        everything=frozenset({"BatchGetSecretValue", "GetRandomPassword", "ListSecrets"}),
        facts={
            "SecretId": "secretsmanager:SecretId",
            "VersionStage": "secretsmanager:VersionStage",
            "VersionId": "secretsmanager:VersionId",
            "Name": "secretsmanager:Name",
        },
    ),
    "ssm": _Service(
        makes={"Name": _parameter, "Names": _parameters, "Path": _parameter},
        only=re.compile(".*Parameter.*"),
        everything=frozenset({"DescribeParameters"}),
    ),
    "kms": _Service(
        makes={
            "KeyId": _key,
            "SourceKeyId": _key,
            "TargetKeyId": _key,
            "CiphertextBlob": _key_of_text,
        },
        everything=frozenset(
            {"CreateKey", "GenerateRandom", "ListAliases", "ListKeys", "ListRetirableGrants"}
        ),
    ),
    "lambda": _Service(
        makes={"FunctionName": _function, "Resource": _named("lambda")},
        only=re.compile("(?!UpdateEventSourceMapping).*"),
        renamed={
            "Invoke": "InvokeFunction",
            "InvokeWithResponseStream": "InvokeFunction",
            "GetLayerVersionByArn": "GetLayerVersion",
        },
        everything=frozenset(
            {
                "CreateEventSourceMapping",
                "GetAccountSettings",
                "ListEventSourceMappings",
                "ListFunctions",
                "ListLayers",
                "ListLayerVersions",
            }
        ),
    ),
    "logs": _Service(
        makes={
            "logGroupName": _log_group,
            "logGroupIdentifier": _log_group,
        },
        only=re.compile(
            "(Create|Delete)(LogGroup|LogStream|SubscriptionFilter)|PutLogEvents|GetLogEvents|"
            "FilterLogEvents|DescribeLogStreams|PutRetentionPolicy|PutSubscriptionFilter|StartQuery"
        ),
    ),
    "monitoring": _Service(
        prefix="cloudwatch",
        everything=frozenset(
            {"GetMetricData", "GetMetricStatistics", "ListMetrics", "PutMetricData"}
        ),
        facts={"Namespace": "cloudwatch:namespace"},
    ),
    "ses": _Service(
        makes={
            "FromEmailAddress": _identity,
            "Source": _identity,
            "EmailIdentity": _identity,
        },
        only=re.compile("Send.*|(Create|Delete|Get)EmailIdentity"),
        facts={"FromEmailAddress": "ses:FromAddress", "Source": "ses:FromAddress"},
    ),
    "sts": _Service(everything=frozenset({"GetAccessKeyInfo", "GetSessionToken"})),
    "xray": _Service(
        everything=frozenset(
            {
                "GetSamplingRules",
                "GetSamplingTargets",
                "GetTraceSummaries",
                "PutTelemetryRecords",
                "PutTraceSegments",
            }
        )
    ),
}
