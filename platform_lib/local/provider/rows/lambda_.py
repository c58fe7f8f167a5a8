"""Lambda: functions, their versions' aliases, who may invoke them, and what feeds them."""

import json

from platform_lib.local.account import Account
from platform_lib.local.provider.calls import call_aws
from platform_lib.local.provider.row import Call, Look, Name, Properties, Row, Tags, because


def _reserve(account: Account, state: Properties) -> None:
    """Reserve concurrency, or free it where none is asked for (-1 says so too)."""
    wanted = state.get("reservedConcurrentExecutions", -1)
    request = {"FunctionName": state["id"]}
    if wanted >= 0:
        reserve = {**request, "ReservedConcurrentExecutions": wanted}
        call_aws(account, "lambda", "put_function_concurrency", reserve)
    else:
        call_aws(account, "lambda", "delete_function_concurrency", request)


def _created(account: Account, state: Properties) -> None:
    if "reservedConcurrentExecutions" in state:
        _reserve(account, state)


_NOT_VERSIONED = {
    "publish",
    "region",
    "reservedConcurrentExecutions",
    "sourceCodeHash",
    "tags",
    "__defaults",
}


def _updated(account: Account, before: Properties, after: Properties) -> None:
    """Reserve anew, and publish what code and configuration became."""
    word = "reservedConcurrentExecutions"
    if before.get(word) != after.get(word):
        _reserve(account, after)
    words = (set(before) | set(_INPUTS)) - _NOT_VERSIONED
    changed = any(before.get(word) != after.get(word) for word in words)
    if after.get("publish") and (changed or not before.get("publish")):
        call_aws(account, "lambda", "publish_version", {"FunctionName": after["id"]})


def _statement(account: Account, values: Properties, found: Properties) -> Properties | None:
    """Find one permission in a function's policy."""
    for statement in json.loads(found.get("Policy", "{}")).get("Statement", []):
        if statement["Sid"] == values["statementId"]:
            principal = statement["Principal"]
            if not isinstance(principal, str):
                principal = next(iter(principal.values()))
            asked = values.get("principal")
            if principal == f"arn:aws:iam::{asked}:root":
                # AWS words an account so.
                principal = asked
            conditions = statement.get("Condition", {})
            return {
                "Action": statement["Action"],
                "Principal": principal,
                "StatementId": statement["Sid"],
                "Conditions": {
                    key.lower(): value
                    for test in conditions.values()
                    for key, value in test.items()
                },
            }
    return None


def _name_layer(account: Account, values: Properties, found: Properties) -> Properties | None:
    """Add a layer's name, which the answer has in the ARN only."""
    return {**found, "LayerName": found["LayerArn"].rpartition(":")[2]}


def _delete_layer(account: Account, state: Properties) -> None:
    """Delete a version of a layer by its number, which Pulumi has as a text."""
    layer, _, number = state["id"].rpartition(":")
    request = {"LayerName": layer.rpartition(":")[2], "VersionNumber": int(number)}
    call_aws(account, "lambda", "delete_layer_version", request)


def _url_id(account: Account, values: Properties, found: Properties) -> Properties:
    """Add the part of a URL by which Lambda names it."""
    host = found["FunctionUrl"].partition("://")[2]
    return {**found, "UrlId": host.partition(".")[0]}


_FUNCTION = {"FunctionName": "{id}"}
_ARN = "arn:aws:lambda:{region}:{account}:function:{id}"
_INVOKE = "arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions"
_ALIAS = {"FunctionName": "{functionName}", "Name": "{name}"}
_QUALIFIED = {"FunctionName": "{functionName}", "Qualifier": "{qualifier}"}
_MAPPING = {"UUID": "{id}"}
_MAPPING_ARN = "arn:aws:lambda:{region}:{account}:event-source-mapping:{id}"

_CODE = ("code", "s3Bucket", "s3Key", "s3ObjectVersion", "imageUri", "architectures")
_CONFIGURATION = (
    "deadLetterConfig",
    "description",
    "environment",
    "ephemeralStorage",
    "fileSystemConfig",
    "handler",
    "imageConfig",
    "kmsKeyArn",
    "layers",
    "loggingConfig",
    "memorySize",
    "role",
    "runtime",
    "snapStart",
    "timeout",
    "tracingConfig",
    "vpcConfig",
)
_INPUTS = (*_CODE, *_CONFIGURATION)

ROWS = (
    Row(
        type="aws:lambda/function:Function",
        service="lambda",
        noun="Function",
        name=Name("name", 64),
        create=Call("create_function"),
        id="{name}",
        looks=(
            Look("get_function_configuration", _FUNCTION),
            Look(
                "list_versions_by_function",
                _FUNCTION,
                "{Published: max_by(Versions[?Version!='$LATEST'], &to_number(Version)).Version}",
            ),
            Look("get_function_concurrency", _FUNCTION),
        ),
        delete=Call("delete_function", _FUNCTION),
        defaults={"memorySize": 128, "timeout": 3, "packageType": "Zip"},
        renames={
            "code": "Code.ZipFile",
            "s3Bucket": "Code.S3Bucket",
            "s3Key": "Code.S3Key",
            "s3ObjectVersion": "Code.S3ObjectVersion",
            "imageUri": "Code.ImageUri",
            "sourceKmsKeyArn": "Code.SourceKMSKeyArn",
            "vpcConfig.ipv6AllowedForDualStack": "Ipv6AllowedForDualStack",
        },
        update=(
            Call(
                "update_function_code",
                _FUNCTION,
                takes=_CODE,
                renames={
                    "code": "ZipFile",
                    "s3Bucket": "S3Bucket",
                    "s3Key": "S3Key",
                    "s3ObjectVersion": "S3ObjectVersion",
                    "imageUri": "ImageUri",
                },
                whole=True,
            ),
            Call("update_function_configuration", _FUNCTION, takes=_CONFIGURATION),
        ),
        keeps=("architectures", "ephemeralStorage", "loggingConfig", "tracingConfig"),
        unset={
            "deadLetterConfig": {"targetArn": ""},
            "environment": {"variables": {}},
            "imageConfig": {},
            "kmsKeyArn": "",
            "snapStart": {"applyOn": "None"},
            "vpcConfig": {"subnetIds": [], "securityGroupIds": []},
        },
        hooked=("reservedConcurrentExecutions", "publish"),
        back={
            "imageConfig": "ImageConfigResponse.ImageConfig",
            "layers": "Layers[].Arn",
            "reservedConcurrentExecutions": "ReservedConcurrentExecutions",
        },
        created=_created,
        updated=_updated,
        replace=("packageType",),
        tags=Tags(
            "tag_resource",
            "untag_resource",
            {"Resource": _ARN},
            Look("list_tags", {"Resource": _ARN}),
        ),
        outputs={
            "arn": _ARN,
            "version": "Published || '$LATEST'",
            "codeSha256": "CodeSha256",
            "lastModified": "LastModified",
            "sourceCodeSize": "CodeSize",
            "invokeArn": f"{_INVOKE}/{_ARN}/invocations",
            "qualifiedArn": "{arn}:{version}",
            "qualifiedInvokeArn": f"{_INVOKE}/{_ARN}:{{version}}/invocations",
        },
        volatile=(
            "version",
            "codeSha256",
            "lastModified",
            "sourceCodeSize",
            "qualifiedArn",
            "qualifiedInvokeArn",
        ),
        dropped={
            **because("a read gives the code's hash, not where it came from", *_CODE[:-1]),
            "sourceKmsKeyArn": "moto forgets it",
        },
        ignored={
            "snapStart.optimizationStatus": "AWS says it, nobody sets it",
            "vpcConfig.vpcId": "AWS says it, nobody sets it",
            "sourceCodeHash": "the code itself is compared",
            "codeSha256": "the code itself is compared",
            "skipDestroy": "locally a destroy leaves nothing",
            "useResourceTimeoutForPropagation": "nothing has to propagate",
            **because(
                "a security group is not held back by a function's network interfaces here",
                "replaceSecurityGroupsOnDestroy",
                "replacementSecurityGroupIds",
            ),
        },
        refused={
            "capacityProviderConfig": "managed instances are not imitated",
            "codeSigningConfigArn": "signatures are not checked",
            "durableConfig": "durable functions are not imitated",
            "publishTo": "only versions that are published with numbers are imitated",
            "tenancyConfig": "tenants are not imitated",
        },
    ),
    Row(
        type="aws:lambda/layerVersion:LayerVersion",
        service="lambda",
        create=Call("publish_layer_version"),
        id="LayerVersionArn",
        looks=(Look("get_layer_version_by_arn", {"Arn": "{id}"}),),
        seen=_name_layer,
        deleting=_delete_layer,
        keeps=("sourceCodeHash",),
        unset={"skipDestroy": False},
        replace=("skipDestroy", "sourceCodeHash"),
        renames={
            "code": "Content.ZipFile",
            "s3Bucket": "Content.S3Bucket",
            "s3Key": "Content.S3Key",
            "s3ObjectVersion": "Content.S3ObjectVersion",
        },
        outputs={
            "arn": "LayerVersionArn",
            "layerArn": "LayerArn",
            "version": "to_string(Version)",
            "codeSha256": "Content.CodeSha256",
            "sourceCodeSize": "Content.CodeSize",
            "createdDate": "CreatedDate",
        },
        dropped=because(
            "a read gives the code's hash, not where it came from",
            *("code", "s3Bucket", "s3Key", "s3ObjectVersion"),
        ),
        ignored={
            "skipDestroy": "locally a destroy leaves nothing",
            "sourceCodeHash": "the code itself is compared",
        },
    ),
    Row(
        type="aws:lambda/alias:Alias",
        service="lambda",
        name=Name("name", 128),
        create=Call("create_alias"),
        id="AliasArn",
        looks=(Look("get_alias", _ALIAS),),
        delete=Call("delete_alias", _ALIAS),
        update=(
            Call(
                "update_alias", _ALIAS, takes=("functionVersion", "description", "routingConfig")
            ),
        ),
        unset={"routingConfig": {"additionalVersionWeights": {}}},
        # It is asked for by its function, whose name or ARN the user may give.
        dropped={"functionName": "the answer has it in the ARN only"},
        outputs={"arn": "AliasArn", "invokeArn": f"{_INVOKE}/{{arn}}/invocations"},
    ),
    Row(
        type="aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig",
        service="lambda",
        create=Call("put_provisioned_concurrency_config"),
        id="{functionName},{qualifier}",
        looks=(Look("get_provisioned_concurrency_config", _QUALIFIED),),
        delete=Call("delete_provisioned_concurrency_config", _QUALIFIED),
        update=(Call("put_provisioned_concurrency_config"),),
        replace=("functionName", "qualifier"),
        back={"provisionedConcurrentExecutions": "RequestedProvisionedConcurrentExecutions"},
        dropped=because("it is asked for by it", "functionName", "qualifier"),
        ignored={"skipDestroy": "locally a destroy leaves nothing"},
    ),
    Row(
        type="aws:lambda/permission:Permission",
        service="lambda",
        name=Name("statementId", 100),
        create=Call("add_permission"),
        id="{statementId}",
        looks=(Look("get_policy", {"FunctionName": "{function}", "Qualifier": "{qualifier}"}),),
        seen=_statement,
        delete=Call(
            "remove_permission",
            {
                "FunctionName": "{function}",
                "StatementId": "{statementId}",
                "Qualifier": "{qualifier}",
            },
        ),
        renames={"function": "FunctionName"},
        back={
            "sourceArn": 'Conditions."aws:sourcearn"',
            "sourceAccount": 'Conditions."aws:sourceaccount"',
            "eventSourceToken": 'Conditions."lambda:eventsourcetoken"',
            "functionUrlAuthType": 'Conditions."lambda:functionurlauthtype"',
            "invokedViaFunctionUrl": 'Conditions."lambda:invokedviafunctionurl"',
            "principalOrgId": 'Conditions."aws:principalorgid"',
        },
        dropped=because("the policy is asked for by it", "function", "qualifier"),
    ),
    Row(
        type="aws:lambda/functionUrl:FunctionUrl",
        service="lambda",
        create=Call("create_function_url_config"),
        # Of the alias, where there is one.
        id="FunctionArn",
        looks=(Look("get_function_url_config", _QUALIFIED),),
        seen=_url_id,
        delete=Call("delete_function_url_config", _QUALIFIED),
        defaults={"invokeMode": "BUFFERED"},
        renames={"authorizationType": "AuthType"},
        update=(
            Call(
                "update_function_url_config",
                _QUALIFIED,
                takes=("authorizationType", "cors", "invokeMode"),
            ),
        ),
        unset={"cors": {}},
        replace=("functionName", "qualifier"),
        dropped=because("the URL is asked for by it", "functionName", "qualifier"),
        endpoint=("function_url", "{id}"),
        outputs={
            "functionArn": "FunctionArn",
            "functionUrl": "http://{endpoint}/",
            "urlId": "UrlId",
        },
    ),
    Row(
        type="aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
        service="lambda",
        create=Call("put_function_event_invoke_config"),
        id="FunctionArn",
        looks=(Look("get_function_event_invoke_config", _QUALIFIED),),
        delete=Call("delete_function_event_invoke_config", _QUALIFIED),
        update=(Call("put_function_event_invoke_config"),),
        unset={"maximumRetryAttempts": 2},
        replace=("functionName", "qualifier"),
        dropped=because("it is asked for by it", "functionName", "qualifier"),
    ),
    Row(
        type="aws:lambda/eventSourceMapping:EventSourceMapping",
        service="lambda",
        create=Call("create_event_source_mapping"),
        id="UUID",
        looks=(Look("get_event_source_mapping", _MAPPING),),
        delete=Call("delete_event_source_mapping", _MAPPING),
        renames={"destinationConfig.onFailure.destinationArn": "Destination"},
        update=(
            Call(
                "update_event_source_mapping",
                _MAPPING,
                takes=(
                    "batchSize",
                    "bisectBatchOnFunctionError",
                    "destinationConfig",
                    "enabled",
                    "filterCriteria",
                    "functionName",
                    "functionResponseTypes",
                    "kmsKeyArn",
                    "maximumBatchingWindowInSeconds",
                    "maximumRecordAgeInSeconds",
                    "maximumRetryAttempts",
                    "metricsConfig",
                    "parallelizationFactor",
                    "scalingConfig",
                    "tumblingWindowInSeconds",
                ),
            ),
        ),
        keeps=("maximumRecordAgeInSeconds", "maximumRetryAttempts", "parallelizationFactor"),
        unset={
            # What it is depends on the source: the provider leaves it to AWS.
            "batchSize": None,
            "destinationConfig": {},
            "enabled": True,
            "filterCriteria": {},
            "maximumBatchingWindowInSeconds": 0,
            "metricsConfig": {},
            "scalingConfig": {},
            "tumblingWindowInSeconds": 0,
        },
        tags=Tags(
            "tag_resource",
            "untag_resource",
            {"Resource": _MAPPING_ARN},
            Look("list_tags", {"Resource": _MAPPING_ARN}),
        ),
        outputs={"arn": "EventSourceMappingArn", "uuid": "UUID", "functionArn": "FunctionArn"},
        volatile=("functionArn",),
        dropped={"functionName": "the answer has the ARN, whichever way it was given"},
        back={"enabled": "State=='Enabled'"},
        ignored={"useResourceTimeoutForPropagation": "nothing has to propagate"},
        refused=because(
            "only queues and streams of this account feed functions here",
            "amazonManagedKafkaEventSourceConfig",
            "documentDbEventSourceConfig",
            "provisionedPollerConfig",
            "queues",
            "selfManagedEventSource",
            "selfManagedKafkaEventSourceConfig",
            "sourceAccessConfigurations",
            "topics",
        ),
    ),
)
