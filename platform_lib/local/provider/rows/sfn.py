"""Step Functions: state machines are kept, and not run."""

from platform_lib.local.provider.row import Call, Look, Name, Row, Tags

_MACHINE = {"stateMachineArn": "{id}"}

ROWS = (
    Row(
        type="aws:sfn/stateMachine:StateMachine",
        service="stepfunctions",
        name=Name("name", 80),
        create=Call("create_state_machine"),
        id="stateMachineArn",
        looks=(Look("describe_state_machine", _MACHINE),),
        delete=Call("delete_state_machine", _MACHINE),
        update=(Call("update_state_machine", _MACHINE),),
        replace=("name", "type"),
        defaults={"type": "STANDARD"},
        renames={
            "loggingConfiguration.logDestination": (
                "destinations.cloudWatchLogsLogGroup.logGroupArn"
            ),
        },
        dropped={"publish": "it says how to write, not what is there"},
        ignored={"encryptionConfiguration": "nothing is kept of an execution here"},
        tags=Tags(
            "tag_resource",
            "untag_resource",
            {"resourceArn": "{id}"},
            Look("list_tags_for_resource", {"resourceArn": "{id}"}, "{Tags: tags}"),
        ),
        outputs={
            "arn": "{id}",
            "creationDate": "to_string(creationDate)",
            "status": "status",
        },
    ),
)
