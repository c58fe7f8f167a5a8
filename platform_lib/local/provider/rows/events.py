"""EventBridge: buses, rules, and what rules hand events to."""

from platform_lib.local.provider.row import Call, Look, Name, Properties, Row, Tags, because


def _state(inputs: Properties) -> Properties:
    """Word whether a rule is enabled as AWS does."""
    if "isEnabled" not in inputs:
        return inputs
    bare = {word: item for word, item in inputs.items() if word != "isEnabled"}
    return {"state": "ENABLED" if inputs["isEnabled"] else "DISABLED", **bare}


_RULE = {"Name": "{name}", "EventBusName": "{eventBusName}"}
_BUS = {"Name": "{id}"}
_BUS_ARN = "arn:aws:events:{region}:{account}:event-bus/{id}"

ROWS = (
    Row(
        type="aws:cloudwatch/eventBus:EventBus",
        service="events",
        name=Name("name", 256),
        create=Call("create_event_bus"),
        id="{name}",
        looks=(Look("describe_event_bus", _BUS),),
        delete=Call("delete_event_bus", _BUS),
        update=(
            Call(
                "update_event_bus",
                _BUS,
                takes=("deadLetterConfig", "description", "kmsKeyIdentifier"),
                whole=True,
            ),
        ),
        tags=Tags(
            "tag_resource",
            "untag_resource",
            {"ResourceARN": _BUS_ARN},
            Look("list_tags_for_resource", {"ResourceARN": _BUS_ARN}),
        ),
        outputs={"arn": "Arn"},
        ignored={"logConfig": "what a bus does is not logged here"},
        refused={"eventSourceName": "there are no partners whose events could be taken"},
    ),
    Row(
        type="aws:cloudwatch/eventRule:EventRule",
        service="events",
        name=Name("name", 64),
        create=Call("put_rule"),
        id="{name}",
        looks=(Look("describe_rule", _RULE),),
        delete=Call("delete_rule", _RULE),
        prepare=_state,
        update=(Call("put_rule"),),
        back={"isEnabled": "State=='ENABLED'"},
        keeps=("isEnabled", "state"),
        replace=("name", "eventBusName"),
        # A rule of the default bus has no bus in its ARN: only AWS says what it is.
        tags=Tags(
            "tag_resource",
            "untag_resource",
            {"ResourceARN": "{arn}"},
            Look("list_tags_for_resource", {"ResourceARN": "{Arn}"}),
        ),
        outputs={"arn": "Arn"},
        ignored={"forceDestroy": "no rule here is one that a service of AWS's made"},
    ),
    Row(
        type="aws:cloudwatch/eventTarget:EventTarget",
        service="events",
        # The provider makes the id up without the resource's name, which may be longer.
        name=Name("targetId", 64, stem="target-"),
        create=Call("put_targets"),
        id="{rule}-{targetId}",
        looks=(
            Look(
                "list_targets_by_rule",
                {"Rule": "{rule}", "EventBusName": "{eventBusName}"},
                "Targets[?Id=='{targetId}']",
                "Targets",
            ),
        ),
        delete=Call(
            "remove_targets",
            {"Rule": "{rule}", "EventBusName": "{eventBusName}", "Ids": ["{targetId}"]},
        ),
        renames={
            "arn": "Targets.Arn",
            "deadLetterConfig": "Targets.DeadLetterConfig",
            "input": "Targets.Input",
            "inputPath": "Targets.InputPath",
            "inputTransformer": "Targets.InputTransformer",
            "inputTransformer.inputPaths": "InputPathsMap",
            "retryPolicy": "Targets.RetryPolicy",
            "roleArn": "Targets.RoleArn",
            "sqsTarget": "Targets.SqsParameters",
            "targetId": "Targets.Id",
        },
        update=(Call("put_targets"),),
        replace=("rule", "eventBusName", "targetId"),
        dropped=because("the target is asked for by it", "rule", "eventBusName"),
        ignored={"forceDestroy": "no rule here is one that a service of AWS's made"},
        refused=because(
            "rules hand events to functions, queues, topics and buses here",
            "appsyncTarget",
            "batchTarget",
            "ecsTarget",
            "httpTarget",
            "kinesisTarget",
            "redshiftTarget",
            "runCommandTargets",
            "sagemakerPipelineTarget",
        ),
    ),
)
