"""EventBridge Scheduler."""

from platform_lib.local.provider.row import Call, Look, Name, Row, Tags, because

_SCHEDULE = {"Name": "{name}", "GroupName": "{groupName}"}
_GROUP_ARN = "arn:aws:scheduler:{region}:{account}:schedule-group/{id}"

ROWS = (
    Row(
        type="aws:scheduler/schedule:Schedule",
        service="scheduler",
        name=Name("name", 64),
        create=Call("create_schedule"),
        id="{groupName}/{name}",
        looks=(Look("get_schedule", _SCHEDULE),),
        delete=Call("delete_schedule", _SCHEDULE),
        # All of it: what an update leaves out is as if it never was.
        update=(Call("update_schedule", whole=True),),
        replace=("name", "groupName"),
        defaults={"groupName": "default", "scheduleExpressionTimezone": "UTC", "state": "ENABLED"},
        outputs={"arn": "Arn"},
        refused=because(
            "schedules call functions, queues, topics and buses here",
            "target.ecsParameters",
            "target.kinesisParameters",
            "target.sagemakerPipelineParameters",
        ),
    ),
    Row(
        type="aws:scheduler/scheduleGroup:ScheduleGroup",
        service="scheduler",
        name=Name("name", 64),
        create=Call("create_schedule_group"),
        id="{name}",
        looks=(Look("get_schedule_group", {"Name": "{id}"}),),
        delete=Call("delete_schedule_group", {"Name": "{id}"}),
        tags=Tags(
            "tag_resource",
            "untag_resource",
            {"ResourceArn": _GROUP_ARN},
            Look("list_tags_for_resource", {"ResourceArn": _GROUP_ARN}),
        ),
        outputs={
            "arn": "Arn",
            "creationDate": "to_string(CreationDate)",
            "lastModificationDate": "to_string(LastModificationDate)",
            "state": "State",
        },
    ),
)
