"""What AWS answers for each resource type: one row a type.

A row says what a created resource looks like from outside: its id, the name it gets when it is
given none (`auto`, with AWS's limit), and the outputs that its inputs do not hold. Values are
templates over the resource's inputs and the other values of its row; an input of the same name
wins over a row. Beside them a template may use `{account}`, `{region}`, `{logical}` (the
resource's name in Pulumi), `{hex17}`, `{digits10}`, `{upper16}` (made up, stable from run to run)
and `{uuid}`. What a template cannot say is a function of those values.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Values = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How AWS answers for one type."""

    id: "str | Callable[[Values], str]"
    auto: str | None = None
    """The property that is named by Pulumi when the program does not name it."""
    limit: int = 255
    """How long that name may be; the provider refuses longer ones instead of shortening them."""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    added: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What AWS adds to blocks that are inputs."""


def _shape(
    id: "str | Callable[[Values], str]",
    auto: str | None = None,
    limit: int = 255,
    added: Mapping[str, Mapping[str, str]] | None = None,
    **outputs: Any,
) -> Shape:
    return Shape(id=id, auto=auto, limit=limit, added=added or {}, outputs=outputs)


def _arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:{{region}}:{{account}}:{rest}"


def _listener_arn(values: Values) -> str:
    balancer = str(values["loadBalancerArn"]).replace(":loadbalancer/", ":listener/")
    return f"{balancer}/{values['hex16']}"


def _rule_arn(values: Values) -> str:
    listener = str(values["listenerArn"]).replace(":listener/", ":listener-rule/")
    return f"{listener}/{values['hex16']}"


def _service_arn(values: Values) -> str:
    cluster = str(values["cluster"]).rpartition("/")[2]
    place = f"{values['region']}:{values['account']}"
    return f"arn:aws:ecs:{place}:service/{cluster}/{values['name']}"


def _function_arn(values: Values) -> str:
    """An alias' or permission's function, which may be given by name or by ARN."""
    function = str(values["functionName"])
    if function.startswith("arn:"):
        return function
    return f"arn:aws:lambda:{values['region']}:{values['account']}:function:{function}"


def _event_rule_arn(values: Values) -> str:
    bus = str(values.get("eventBusName") or "default").rpartition("/")[2]
    name = values["name"] if bus == "default" else f"{bus}/{values['name']}"
    return f"arn:aws:events:{values['region']}:{values['account']}:rule/{name}"


def _repo_digest(values: Values) -> str:
    if values.get("skipPush"):
        # What was not pushed has its own id alone.
        return f"sha256:{values['hex64']}"
    image = str(values["imageName"])
    head, slash, last = image.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}@sha256:{values['hex64']}"


def _stage_url(values: Values) -> str:
    name = "" if values["name"] == "$default" else values["name"]
    return f"https://{values['apiId']}.execute-api.{values['region']}.amazonaws.com/{name}"


def _validation(values: Values) -> list[dict[str, str]]:
    """The record that proves to ACM whose a name is."""
    name = values["domainName"]
    return [
        {
            "domainName": name,
            "resourceRecordName": f"_{values['hex32']}.{name}.",
            "resourceRecordType": "CNAME",
            "resourceRecordValue": f"_{values['hex32']}.acm-validations.aws.",
        }
    ]


def _parameter_arn(values: Values) -> str:
    place = f"{values['region']}:{values['account']}"
    return f"arn:aws:ssm:{place}:parameter/{str(values['name']).removeprefix('/')}"


def _when(condition: str, template: str) -> Callable[[Values], str | None]:
    """Answer only where the program switched something on."""
    return lambda values: template.format_map(values) if values.get(condition) else None


_INVOKE = "arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/"
_RULE = _shape("{securityGroupRuleId}", securityGroupRuleId="sgr-{hex17}",
               arn=_arn("ec2", "security-group-rule/{securityGroupRuleId}"))  # fmt: skip

SHAPES: Mapping[str, Shape] = {
    # Network and load balancing
    "aws:ec2/securityGroup:SecurityGroup": _shape(
        "sg-{hex17}",
        "name",
        arn=_arn("ec2", "security-group/{id}"),
        ownerId="{account}",
        description="Managed by Pulumi",
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _RULE,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _RULE,
    "aws:lb/loadBalancer:LoadBalancer": _shape(
        "{arn}",
        "name",
        32,
        arn=_arn("elasticloadbalancing", "loadbalancer/app/{name}/{hex16}"),
        arnSuffix="app/{name}/{hex16}",
        dnsName="{name}-{digits10}.{region}.elb.amazonaws.com",
        vpcId="vpc-{hex17}",
        zoneId="Z35SXDOTRQ7X7K",
        loadBalancerType="application",
        ipAddressType="ipv4",
    ),
    "aws:lb/targetGroup:TargetGroup": _shape(
        "{arn}",
        "name",
        32,
        arn=_arn("elasticloadbalancing", "targetgroup/{name}/{hex16}"),
        arnSuffix="targetgroup/{name}/{hex16}",
        loadBalancerArns=[],
    ),
    "aws:lb/listener:Listener": _shape("{arn}", arn=_listener_arn),
    "aws:lb/listenerRule:ListenerRule": _shape("{arn}", arn=_rule_arn),
    # Identity
    "aws:iam/role:Role": _shape(
        "{name}",
        "name",
        64,
        arn="arn:aws:iam::{account}:role{path}{name}",
        path="/",
        uniqueId="AROA{upper16}",
        createDate="2025-01-01T00:00:00Z",
        maxSessionDuration=3600,
    ),
    "aws:iam/rolePolicy:RolePolicy": _shape("{role}:{name}", "name", 128),
    "aws:iam/instanceProfile:InstanceProfile": _shape(
        "{name}",
        "name",
        128,
        arn="arn:aws:iam::{account}:instance-profile{path}{name}",
        path="/",
        uniqueId="AIPA{upper16}",
        createDate="2025-01-01T00:00:00Z",
    ),
    # Logs and alarms
    "aws:cloudwatch/logGroup:LogGroup": _shape(
        "{name}", "name", 512, arn=_arn("logs", "log-group:{name}")
    ),
    # Containers
    "aws:ecs/cluster:Cluster": _shape("{arn}", "name", arn=_arn("ecs", "cluster/{name}")),
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": _shape("{clusterName}"),
    "aws:ecs/taskDefinition:TaskDefinition": _shape(
        "{family}",
        arn=_arn("ecs", "task-definition/{family}:{revision}"),
        arnWithoutRevision=_arn("ecs", "task-definition/{family}"),
        revision=1,
    ),
    "aws:ecs/service:Service": _shape(
        "{arn}", "name", arn=_service_arn, cluster="default", launchType="EC2"
    ),
    "aws:appautoscaling/target:Target": _shape(
        "{resourceId}",
        arn=_arn("application-autoscaling", "scalable-target/{hex34}"),
        roleArn="arn:aws:iam::{account}:role/aws-service-role/{serviceNamespace}"
        ".application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling",
    ),
    "aws:appautoscaling/policy:Policy": _shape(
        "{name}",
        "name",
        arn=_arn(
            "autoscaling",
            "scalingPolicy:{uuid}:resource/{serviceNamespace}/{resourceId}:policyName/{name}",
        ),
        alarmArns=[],
    ),
    "aws:ecr/repository:Repository": _shape(
        "{name}",
        "name",
        256,
        arn=_arn("ecr", "repository/{name}"),
        registryId="{account}",
        repositoryUrl="{account}.dkr.ecr.{region}.amazonaws.com/{name}",
    ),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": _shape("{repository}", registryId="{account}"),
    "docker:index/image:Image": _shape(
        "{imageName}",
        baseImageName="{imageName}",
        repoDigest=_repo_digest,
        registryServer=lambda values: str(values["imageName"]).partition("/")[0],
        platform="linux/amd64",
    ),
    # Virtual machines and storage
    "aws:s3/bucket:Bucket": _shape(
        "{bucket}",
        "bucket",
        63,
        arn="arn:aws:s3:::{bucket}",
        bucketDomainName="{bucket}.s3.amazonaws.com",
        bucketRegion="{region}",
        bucketRegionalDomainName="{bucket}.s3.{region}.amazonaws.com",
        hostedZoneId="Z3AQBSTGFYJSTF",
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _shape("{bucket}"),
    "aws:s3/bucketPolicy:BucketPolicy": _shape("{bucket}"),
    "aws:s3/bucketObjectv2:BucketObjectv2": _shape(
        "{bucket}/{key}",
        arn="arn:aws:s3:::{bucket}/{key}",
        etag="{hex32}",
        versionId="{hex32}",
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": _shape(
        "lt-{hex17}",
        "name",
        128,
        arn=_arn("ec2", "launch-template/{id}"),
        latestVersion=1,
        defaultVersion=1,
    ),
    "aws:autoscaling/group:Group": _shape(
        "{name}",
        "name",
        arn=_arn("autoscaling", "autoScalingGroup:{uuid}:autoScalingGroupName/{name}"),
        predictedCapacity=0,
        warmPoolSize=0,
    ),
    "aws:autoscaling/policy:Policy": _shape(
        "{name}",
        "name",
        arn=_arn(
            "autoscaling",
            "scalingPolicy:{uuid}:autoScalingGroupName/{autoscalingGroupName}:policyName/{name}",
        ),
    ),
    # Functions
    "aws:lambda/function:Function": _shape(
        "{name}",
        "name",
        64,
        arn=_arn("lambda", "function:{name}"),
        qualifiedArn="{arn}:{version}",
        invokeArn=_INVOKE + "{arn}/invocations",
        qualifiedInvokeArn=_INVOKE + "{qualifiedArn}/invocations",
        version=lambda values: "1" if values.get("publish") else "$LATEST",
        codeSha256="{hex43}=",
        sourceCodeSize=1024,
        lastModified="2025-01-01T00:00:00.000+0000",
    ),
    "aws:lambda/layerVersion:LayerVersion": _shape(
        "{arn}",
        arn="{layerArn}:{version}",
        layerArn=_arn("lambda", "layer:{layerName}"),
        version="1",
        codeSha256="{hex43}=",
        sourceCodeSize=1024,
        createdDate="2025-01-01T00:00:00.000+0000",
    ),
    "aws:lambda/alias:Alias": _shape(
        "{arn}",
        "name",
        128,
        arn=lambda values: f"{_function_arn(values)}:{values['name']}",
        invokeArn=_INVOKE + "{arn}/invocations",
    ),
    "aws:lambda/permission:Permission": _shape("{statementId}", "statementId", 100),
    "aws:apigatewayv2/api:Api": _shape(
        "{hex10}",
        "name",
        128,
        arn="arn:aws:apigateway:{region}::/apis/{id}",
        executionArn=_arn("execute-api", "{id}"),
        apiEndpoint="https://{id}.execute-api.{region}.amazonaws.com",
    ),
    "aws:apigatewayv2/integration:Integration": _shape("{hex7}"),
    "aws:apigatewayv2/route:Route": _shape("{hex7}"),
    "aws:apigatewayv2/stage:Stage": _shape(
        "{name}",
        "name",
        128,
        arn="arn:aws:apigateway:{region}::/apis/{apiId}/stages/{name}",
        executionArn=_arn("execute-api", "{apiId}/{name}"),
        invokeUrl=_stage_url,
    ),
    # What calls a function
    "aws:lambda/eventSourceMapping:EventSourceMapping": _shape(
        "{uuid}",
        arn=_arn("lambda", "event-source-mapping:{uuid}"),
        functionArn=_function_arn,
        state="Enabled",
    ),
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": _shape(
        "{functionName}:{qualifier}"
    ),
    "aws:cloudwatch/eventRule:EventRule": _shape("{name}", "name", 64, arn=_event_rule_arn),
    "aws:cloudwatch/eventTarget:EventTarget": _shape("{rule}-{targetId}", "targetId", 64),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _shape(
        "{name}", "name", 255, arn=_arn("cloudwatch", "alarm:{name}")
    ),
    "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter": _shape(
        "cwlsf-{digits10}", "name", 512
    ),
    "aws:s3/bucketNotification:BucketNotification": _shape("{bucket}"),
    "aws:scheduler/schedule:Schedule": _shape(
        "{groupName}/{name}",
        "name",
        64,
        groupName="default",
        arn=_arn("scheduler", "schedule/{groupName}/{name}"),
    ),
    "aws:ses/receiptRule:ReceiptRule": _shape(
        "{name}",
        "name",
        64,
        arn=_arn("ses", "receipt-rule-set/{ruleSetName}:receipt-rule/{name}"),
    ),
    "aws:sns/topicSubscription:TopicSubscription": _shape("{arn}", arn="{topic}:{uuid}"),
    "aws:sqs/queuePolicy:QueuePolicy": _shape("{queueUrl}"),
    "aws:kinesis/stream:Stream": _shape(
        "{arn}", "name", 128, arn=_arn("kinesis", "stream/{name}")
    ),
    "aws:apigatewayv2/authorizer:Authorizer": _shape("{hex7}", "name", 128),
    "aws:apigatewayv2/apiMapping:ApiMapping": _shape("{hex7}"),
    "aws:apigatewayv2/domainName:DomainName": _shape(
        "{domainName}",
        arn="arn:aws:apigateway:{region}::/domainnames/{domainName}",
        apiMappingSelectionExpression="$request.basepath",
        added={
            "domainNameConfiguration": {
                "targetDomainName": "d-{hex10}.execute-api.{region}.amazonaws.com",
                "hostedZoneId": "Z1UJRXOUMOOFQ8",
            }
        },
    ),
    "aws:lambda/functionUrl:FunctionUrl": _shape(
        "{functionName}",
        functionArn=_function_arn,
        functionUrl="https://{hex32}.lambda-url.{region}.on.aws/",
        urlId="{hex32}",
    ),
    "aws:lb/targetGroupAttachment:TargetGroupAttachment": _shape("{targetGroupArn}-{hex26}"),
    # Names
    "aws:acm/certificate:Certificate": _shape(
        "{arn}",
        arn=_arn("acm", "certificate/{uuid}"),
        domainValidationOptions=_validation,
        status="PENDING_VALIDATION",
    ),
    "aws:acm/certificateValidation:CertificateValidation": _shape("2025-01-01 00:00:00 +0000 UTC"),
    "aws:route53/record:Record": _shape(
        "{zoneId}_{name}_{type}", fqdn=lambda values: str(values["name"]).rstrip(".")
    ),
    # What an app works with
    "aws:dynamodb/table:Table": _shape(
        "{name}",
        "name",
        arn=_arn("dynamodb", "table/{name}"),
        streamArn=_when("streamEnabled", "{arn}/stream/{streamLabel}"),
        streamLabel=_when("streamEnabled", "2025-01-01T00:00:00.000"),
        billingMode="PROVISIONED",
    ),
    "aws:secretsmanager/secret:Secret": _shape(
        "{arn}", "name", 512, arn=_arn("secretsmanager", "secret:{name}-{hex6}")
    ),
    "aws:secretsmanager/secretVersion:SecretVersion": _shape(
        "{secretId}|{versionId}", arn="{secretId}", secretArn="{secretId}", versionId="{uuid}"
    ),
    "aws:ssm/parameter:Parameter": _shape(
        "{name}", "name", 1011, arn=_parameter_arn, version=1, tier="Standard"
    ),
    "aws:sqs/queue:Queue": _shape(
        "{url}",
        "name",
        80,
        arn=_arn("sqs", "{name}"),
        url="https://sqs.{region}.amazonaws.com/{account}/{name}",
    ),
    "aws:sns/topic:Topic": _shape(
        "{arn}", "name", 256, arn=_arn("sns", "{name}"), owner="{account}"
    ),
    # Not AWS's, but in every stack
    "pulumi:providers:aws": _shape("{uuid}"),
    "pulumi:providers:docker": _shape("{uuid}"),
}
