"""CloudWatch Logs."""

from platform_lib.local.provider.row import Call, Look, Name, Row, Tags

ROWS = (
    Row(
        type="aws:cloudwatch/logGroup:LogGroup",
        service="logs",
        noun="logGroup",
        name=Name("name", 512),
        create=Call("create_log_group"),
        id="{name}",
        looks=(
            Look(
                "describe_log_groups",
                {"logGroupNamePrefix": "{id}"},
                "logGroups[?logGroupName=='{id}']|[0]",
            ),
        ),
        delete=Call("delete_log_group", {"logGroupName": "{id}"}),
        also=(Call("put_retention_policy", {"logGroupName": "{id}"}, takes=("retentionInDays",)),),
        update=(
            Call("put_retention_policy", {"logGroupName": "{id}"}, takes=("retentionInDays",)),
            Call("associate_kms_key", {"logGroupName": "{id}"}, takes=("kmsKeyId",)),
        ),
        tags=Tags(
            "tag_log_group",
            "untag_log_group",
            {"logGroupName": "{id}"},
            Look("list_tags_log_group", {"logGroupName": "{id}"}, "tags", "tags"),
        ),
        outputs={"arn": "arn:aws:logs:{region}:{account}:log-group:{name}"},
        ignored={"skipDestroy": "only says what a destroy leaves; locally it leaves nothing"},
    ),
)
