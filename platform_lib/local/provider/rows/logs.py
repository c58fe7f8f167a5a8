"""CloudWatch Logs."""

from platform_lib.local.provider.row import Call, Look, Name, Row, Tags, because

_GROUP = {"logGroupName": "{id}"}
_RETENTION = Call(
    "put_retention_policy",
    _GROUP,
    takes=("retentionInDays",),
    without="delete_retention_policy",
)

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
        delete=Call("delete_log_group", _GROUP),
        also=(_RETENTION,),
        update=(
            _RETENTION,
            Call(
                "associate_kms_key",
                _GROUP,
                takes=("kmsKeyId",),
                without="disassociate_kms_key",
            ),
        ),
        tags=Tags(
            "tag_log_group",
            "untag_log_group",
            _GROUP,
            Look("list_tags_log_group", _GROUP, "tags", "tags"),
        ),
        keeps=("logGroupClass",),
        outputs={"arn": "arn:aws:logs:{region}:{account}:log-group:{name}"},
        dropped={"logGroupClass": "moto forgets it"},
        ignored={"skipDestroy": "only says what a destroy leaves; locally it leaves nothing"},
    ),
    Row(
        type="aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter",
        service="logs",
        name=Name("name", 512),
        create=Call("put_subscription_filter"),
        id="{logGroup}|{name}",
        looks=(
            Look(
                "describe_subscription_filters",
                {"logGroupName": "{logGroup}", "filterNamePrefix": "{name}"},
                "subscriptionFilters[?filterName=='{name}']|[0]",
            ),
        ),
        delete=Call(
            "delete_subscription_filter", {"logGroupName": "{logGroup}", "filterName": "{name}"}
        ),
        renames={"logGroup": "logGroupName", "name": "filterName"},
        update=(Call("put_subscription_filter"),),
        keeps=("roleArn",),
        unset={"distribution": "ByLogStream"},
        replace=("destinationArn", "logGroup", "name"),
        dropped=because(
            "moto forgets it", "applyOnTransformedLogs", "distribution", "emitSystemFields"
        ),
    ),
)
