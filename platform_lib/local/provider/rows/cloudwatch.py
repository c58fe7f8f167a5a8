"""CloudWatch alarms."""

from platform_lib.local.provider.row import Call, Look, Name, Row, Tags, because

_ALARM_ARN = "arn:aws:cloudwatch:{region}:{account}:alarm:{id}"

ROWS = (
    Row(
        type="aws:cloudwatch/metricAlarm:MetricAlarm",
        service="cloudwatch",
        noun="Alarm",
        name=Name("name", 255),
        create=Call("put_metric_alarm"),
        id="{name}",
        looks=(Look("describe_alarms", {"AlarmNames": ["{id}"]}, "MetricAlarms[0]"),),
        delete=Call("delete_alarms", {"AlarmNames": ["{id}"]}),
        renames={
            "metricQueries": "Metrics",
            "metricQueries.metric": "MetricStat",
            "metricQueries.metric.dimensions": "Metric.Dimensions",
            "metricQueries.metric.metricName": "Metric.MetricName",
            "metricQueries.metric.namespace": "Metric.Namespace",
        },
        update=(Call("put_metric_alarm"),),
        keeps=("evaluateLowSampleCountPercentiles",),
        unset={"actionsEnabled": True, "treatMissingData": "missing"},
        replace=("name",),
        tags=Tags(
            "tag_resource",
            "untag_resource",
            {"ResourceARN": _ALARM_ARN},
            Look("list_tags_for_resource", {"ResourceARN": _ALARM_ARN}),
        ),
        outputs={"arn": "AlarmArn"},
        refused=because(
            "moto keeps alarms on metrics and on what is computed of them",
            "evaluationCriteria",
            "evaluationInterval",
            "evaluationWindow",
            "warmUpConfiguration",
        ),
    ),
)
