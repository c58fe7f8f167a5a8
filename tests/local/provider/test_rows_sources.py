"""Changes in place of event sources, and what moto needed for them."""

import json

import pytest
from botocore.exceptions import ClientError
from rows_kit import TAGS, Made
from rows_samples_sources import DAILY, alias, bus, opened, rule, rule_set

from platform_lib.local.errors import LocalCloudError


def test_a_mapping_gains_and_loses_settings(lab):
    made = Made(
        lab,
        "aws:lambda/eventSourceMapping:EventSourceMapping",
        functionName=alias(lab)["arn"],
        eventSourceArn=lab.queue()["arn"],
        batchSize=5,
        filterCriteria={"filters": [{"pattern": "{}"}]},
        functionResponseTypes=["ReportBatchItemFailures"],
        scalingConfig={"maximumConcurrency": 2},
        maximumBatchingWindowInSeconds=5,
        tags=TAGS,
    )
    made.change(batchSize=7, enabled=False)
    made.change("filterCriteria", "scalingConfig", "maximumBatchingWindowInSeconds", "enabled")
    made.change("functionResponseTypes", tags={"a": "b"})
    found = lab.client("lambda").get_event_source_mapping(UUID=made.id)
    assert (found["State"], found["MaximumBatchingWindowInSeconds"]) == ("Enabled", 0)
    assert not found["FilterCriteria"] and not found["FunctionResponseTypes"]
    other = alias(lab)["arn"]
    made.change(functionName=other)
    assert made.state["functionArn"] == other
    assert made.replaces(eventSourceArn=lab.queue()["arn"]) == ["eventSourceArn"]


def test_a_stream_mapping_gains_and_loses_settings(lab):
    made = Made(
        lab,
        "aws:lambda/eventSourceMapping:EventSourceMapping",
        functionName=alias(lab)["arn"],
        eventSourceArn=lab.stream(),
        startingPosition="LATEST",
        maximumRetryAttempts=2,
        maximumRecordAgeInSeconds=60,
        parallelizationFactor=2,
        bisectBatchOnFunctionError=True,
        tumblingWindowInSeconds=10,
        destinationConfig={"onFailure": {"destinationArn": lab.queue()["arn"]}},
    )
    made.change(maximumRetryAttempts=0, parallelizationFactor=3)
    made.change(
        "maximumRetryAttempts",
        "maximumRecordAgeInSeconds",
        "parallelizationFactor",
        "bisectBatchOnFunctionError",
        "tumblingWindowInSeconds",
        "destinationConfig",
    )
    found = lab.client("lambda").get_event_source_mapping(UUID=made.id)
    # The provider leaves these three to AWS: taken away, they stay.
    assert (found["MaximumRetryAttempts"], found["MaximumRecordAgeInSeconds"]) == (0, 60)
    assert (found["ParallelizationFactor"], found["TumblingWindowInSeconds"]) == (3, 0)
    assert found["BisectBatchOnFunctionError"] is False
    assert found["DestinationConfig"] == {}
    assert made.replaces(startingPosition="TRIM_HORIZON") == ["startingPosition"]


def test_asynchronous_invocation_changes(lab):
    made = Made(
        lab,
        "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
        functionName=(name := alias(lab)["functionName"]),
        qualifier="live",
        maximumRetryAttempts=0,
        maximumEventAgeInSeconds=60,
    )
    made.change(destinationConfig={"onFailure": {"destination": lab.queue()["arn"]}})
    made.change("maximumEventAgeInSeconds", maximumRetryAttempts=2)
    found = lab.client("lambda").get_function_event_invoke_config(
        FunctionName=name, Qualifier="live"
    )
    assert "MaximumEventAgeInSeconds" not in found
    assert made.replaces("qualifier") == ["qualifier"]


def test_a_bus_a_rule_and_its_target_change(lab):
    home = Made(lab, "aws:cloudwatch/eventBus:EventBus", name=lab.fresh("bus"), description="a")
    home.change("description", deadLetterConfig={"arn": lab.queue()["arn"]})
    made = Made(
        lab,
        "aws:cloudwatch/eventRule:EventRule",
        eventBusName=home.id,
        eventPattern=json.dumps({"source": ["a"]}),
        description="a",
    )
    target = Made(
        lab,
        "aws:cloudwatch/eventTarget:EventTarget",
        rule=made.id,
        eventBusName=home.id,
        arn=alias(lab)["arn"],
        input="{}",
    )
    # Its id does not grow with its name: that may be longer than an id can be.
    assert target.inputs["targetId"].startswith("target-")
    made.change("description", eventPattern=json.dumps({"source": ["b"]}), state="DISABLED")
    target.change("input", inputPath="$.detail")
    target.change("inputPath", inputTransformer={"inputTemplate": '"hello"'})
    target.change(retryPolicy={"maximumRetryAttempts": 3}, arn=lab.queue()["arn"])
    # A changed rule keeps its targets.
    targets = lab.client("events").list_targets_by_rule(Rule=made.id, EventBusName=home.id)
    assert [each["Id"] for each in targets["Targets"]] == [target.inputs["targetId"]]
    assert made.replaces(eventBusName="default") == ["eventBusName"]
    assert target.replaces(rule="other") == ["rule"]
    other = bus(lab)["name"]
    with pytest.raises(LocalCloudError, match="does not exist on EventBus"):
        lab.state(
            "aws:cloudwatch/eventTarget:EventTarget",
            rule=rule(lab)["name"],
            eventBusName=other,
            arn=lab.queue()["arn"],
        )


def test_a_schedule_changes_as_a_whole(lab):
    target = {"arn": alias(lab)["arn"], "roleArn": lab.role()["arn"]}
    made = Made(
        lab,
        "aws:scheduler/schedule:Schedule",
        **DAILY,
        target={**target, "input": "{}"},
        description="a",
        endDate="2027-06-01T00:00:00Z",
    )
    made.change(scheduleExpression="rate(2 hours)", state="DISABLED")
    made.change("endDate", "description", actionAfterCompletion="DELETE")
    made.change(target={**target, "retryPolicy": {"maximumRetryAttempts": 1}})
    made.change(flexibleTimeWindow={"mode": "FLEXIBLE", "maximumWindowInMinutes": 5})
    found = lab.client("scheduler").get_schedule(Name=made.inputs["name"], GroupName="default")
    assert found.get("EndDate") is None
    assert found["Target"]["RetryPolicy"] == {"MaximumRetryAttempts": 1}
    assert made.replaces(groupName="other") == ["groupName"]
    with pytest.raises(LocalCloudError, match=r"ResourceNotFound.*other does not exist"):
        lab.state("aws:scheduler/schedule:Schedule", **DAILY, target=target, groupName="other")


def test_a_log_group_has_two_filters_that_change(lab):
    group = lab.state("aws:cloudwatch/logGroup:LogGroup")["name"]
    type = "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter"
    first, second = (
        Made(lab, type, logGroup=group, destinationArn=alias(lab)["arn"], filterPattern=pattern)
        for pattern in ("ERROR", "WARN")
    )
    first.change(filterPattern="FATAL")
    second.change(filterPattern="?FATAL ?WARN")
    with pytest.raises(LocalCloudError, match="LimitExceeded"):
        Made(lab, type, logGroup=group, destinationArn=alias(lab)["arn"], filterPattern="")
    assert first.replaces(name="other") == ["name"]
    assert first.replaces(destinationArn=alias(lab)["arn"]) == ["destinationArn"]


def test_rules_for_mail_change_and_move(lab):
    name = rule_set(lab)
    type = "aws:ses/receiptRule:ReceiptRule"
    action = {"functionArn": alias(lab)["arn"], "invocationType": "Event", "position": 1}
    first, second, third = (
        Made(lab, type, ruleSetName=name, enabled=True, lambdaActions=[action]) for _ in range(3)
    )

    def order():
        found = lab.client("ses").describe_receipt_rule_set(RuleSetName=name)
        return [each["Name"] for each in found["Rules"]]

    assert order() == [third.id, second.id, first.id]
    third.change(after=first.id)
    assert order() == [second.id, first.id, third.id]
    second.change(after=first.id)
    assert order() == [first.id, second.id, third.id]
    third.change("after")
    assert order() == [third.id, first.id, second.id]
    third.change(recipients=["a@notes.example"], enabled=False)
    third.change(
        lambdaActions=[{**action, "position": 2}],
        stopActions=[{"scope": "RuleSet", "position": 1}],
    )
    found = lab.client("ses").describe_receipt_rule(RuleSetName=name, RuleName=third.id)
    assert [set(each) for each in found["Rule"]["Actions"]] == [{"StopAction"}, {"LambdaAction"}]
    third.change("recipients", "stopActions", lambdaActions=[action])
    assert third.replaces(ruleSetName="other") == ["ruleSetName"]
    lab.kinds.delete(third.type, third.id, third.state)
    assert order() == [first.id, second.id]
    with pytest.raises(LocalCloudError, match="Could not assume the provided IAM role"):
        lab.state(
            type,
            ruleSetName=name,
            s3Actions=[
                {
                    "bucketName": lab.bucket(),
                    "iamRoleArn": "arn:aws:iam::123456789012:role/gone",
                    "position": 1,
                }
            ],
        )


def test_an_active_set_is_no_more_when_another_one_is(lab):
    type = "aws:ses/activeReceiptRuleSet:ActiveReceiptRuleSet"
    first = Made(lab, type, ruleSetName=rule_set(lab))
    second = Made(lab, type, ruleSetName=rule_set(lab))
    assert lab.kinds.read(type, first.id, first.state, first.inputs) is None
    assert lab.kinds.read(type, second.id, second.state, second.inputs) is not None
    lab.kinds.delete(type, second.id, second.state)


def test_what_a_bucket_tells_of_changes(lab):
    arn = opened(lab, alias(lab)["arn"])
    one = {"lambdaFunctionArn": arn, "events": ["s3:ObjectCreated:*"]}
    made = Made(
        lab,
        "aws:s3/bucketNotification:BucketNotification",
        bucket=lab.bucket(),
        lambdaFunctions=[one],
    )
    made.change(lambdaFunctions=[{**one, "filterPrefix": "a/", "filterSuffix": ".b"}])
    made.change(eventbridge=True)
    client = lab.client("s3")
    found = client.get_bucket_notification_configuration(Bucket=made.id)
    assert found["EventBridgeConfiguration"] == {}
    assert found["LambdaFunctionConfigurations"][0]["Filter"]["Key"]["FilterRules"] == [
        {"Name": "prefix", "Value": "a/"},
        {"Name": "suffix", "Value": ".b"},
    ]
    made.change("lambdaFunctions")
    made.change(eventbridge=False)
    assert "EventBridgeConfiguration" not in client.get_bucket_notification_configuration(
        Bucket=made.id
    )
    assert made.replaces(bucket="other") == ["bucket"]


@pytest.mark.parametrize("kind", ["lambdaFunctions", "queues", "topics"])
def test_a_bucket_tells_nobody_who_does_not_let_it_in(kind, lab):
    key, arn = {
        "lambdaFunctions": ("lambdaFunctionArn", alias(lab)["arn"]),
        "queues": ("queueArn", lab.queue()["arn"]),
        "topics": ("topicArn", lab.topic()["arn"]),
    }[kind]
    type = "aws:s3/bucketNotification:BucketNotification"
    inputs = {"bucket": lab.bucket(), kind: [{key: arn, "events": ["s3:ObjectCreated:*"]}]}
    with pytest.raises(LocalCloudError, match=f"InvalidArgument: Unable to validate.*{arn}"):
        lab.state(type, **inputs)
    if kind == "lambdaFunctions":
        # Opening the function itself does not open its alias.
        opened(lab, arn.removesuffix(":live"))
        with pytest.raises(LocalCloudError, match="Unable to validate"):
            lab.state(type, **inputs)
    opened(lab, arn)
    Made(lab, type, **inputs)


def test_policies_of_queues_and_topics_change(lab):
    def policy(action):
        statement = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*"}
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    queue = Made(
        lab,
        "aws:sqs/queuePolicy:QueuePolicy",
        queueUrl=lab.queue()["url"],
        policy=policy("sqs:SendMessage"),
    )
    queue.change(policy=policy("sqs:ReceiveMessage"))
    topic = Made(
        lab,
        "aws:sns/topicPolicy:TopicPolicy",
        arn=lab.topic()["arn"],
        policy=policy("sns:Publish"),
    )
    topic.change(policy=policy("sns:Subscribe"))
    lab.kinds.delete(topic.type, topic.id, topic.state)
    found = lab.client("sns").get_topic_attributes(TopicArn=topic.id)["Attributes"]["Policy"]
    (statement,) = json.loads(found)["Statement"]
    assert statement["Resource"] == topic.id
    assert statement["Condition"] == {"StringEquals": {"AWS:SourceOwner": "123456789012"}}


def test_a_subscription_gains_and_loses_settings(lab):
    made = Made(
        lab,
        "aws:sns/topicSubscription:TopicSubscription",
        topic=lab.topic()["arn"],
        protocol="lambda",
        endpoint=alias(lab)["arn"],
        filterPolicy=json.dumps({"a": ["b"]}),
    )
    # A policy that is nested is right for a body only: the scope goes first.
    made.change(filterPolicy=json.dumps({"a": {"b": ["c"]}}), filterPolicyScope="MessageBody")
    made.change(redrivePolicy=json.dumps({"deadLetterTargetArn": lab.queue()["arn"]}))
    made.change("redrivePolicy", "filterPolicy", "filterPolicyScope")
    client = lab.client("sns")
    found = client.get_subscription_attributes(SubscriptionArn=made.id)["Attributes"]
    assert not found.get("RedrivePolicy") and not found.get("FilterPolicy")
    assert found.get("FilterPolicyScope") != "MessageBody"
    assert made.replaces(endpoint=alias(lab)["arn"]) == ["endpoint"]


def test_a_kinesis_stream_changes_in_place(lab):
    made = Made(lab, "aws:kinesis/stream:Stream", shardCount=1)
    made.change(shardCount=2)
    made.change(retentionPeriod=72, encryptionType="KMS", kmsKeyId="alias/aws/kinesis")
    made.change("encryptionType", "kmsKeyId", retentionPeriod=48)
    made.change("retentionPeriod", shardLevelMetrics=["IncomingBytes", "OutgoingBytes"])
    made.change(shardLevelMetrics=["IncomingBytes"])
    made.change("shardLevelMetrics")
    made.change("shardCount", streamModeDetails={"streamMode": "ON_DEMAND"})
    found = lab.client("kinesis").describe_stream_summary(StreamName=made.inputs["name"])
    summary = found["StreamDescriptionSummary"]
    assert (summary["RetentionPeriodHours"], summary["EncryptionType"]) == (24, "NONE")
    assert summary["EnhancedMonitoring"] == [{"ShardLevelMetrics": []}]
    assert made.replaces(name="other") == ["name"]


def test_a_stream_goes_with_its_consumers_only_where_the_program_says_so(lab):
    made = Made(lab, "aws:kinesis/stream:Stream", shardCount=1, enforceConsumerDeletion=True)
    Made(lab, "aws:kinesis/streamConsumer:StreamConsumer", streamArn=made.id)
    lab.kinds.delete(made.type, made.id, made.state)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        lab.client("kinesis").describe_stream_summary(StreamName=made.inputs["name"])


def test_an_alarm_changes_as_a_whole(lab):
    made = Made(
        lab,
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        namespace="AWS/Lambda",
        metricName="Errors",
        dimensions={"FunctionName": "a", "Resource": "a:live"},
        statistic="Sum",
        comparisonOperator="GreaterThanThreshold",
        threshold=1,
        period=60,
        evaluationPeriods=1,
        alarmActions=[lab.topic()["arn"]],
        tags=TAGS,
    )
    made.change(threshold=5, treatMissingData="breaching")
    made.change("alarmActions", "treatMissingData", dimensions={"FunctionName": "b"})
    made.change("statistic", extendedStatistic="p95")
    found = lab.client("cloudwatch").describe_alarms(AlarmNames=[made.id])["MetricAlarms"][0]
    assert found["AlarmActions"] == [] and "Statistic" not in found
    assert made.replaces(name="other") == ["name"]


def test_a_table_streams_from_an_update_on(lab):
    made = Made(
        lab,
        "aws:dynamodb/table:Table",
        billingMode="PAY_PER_REQUEST",
        hashKey="id",
        attributes=[{"name": "id", "type": "S"}],
    )
    assert not made.state.get("streamArn")
    made.change(streamEnabled=True, streamViewType="NEW_AND_OLD_IMAGES")
    first = made.state["streamArn"]
    lab.client("dynamodb").put_item(TableName=made.id, Item={"id": {"S": "a"}})
    streams = lab.client("dynamodbstreams")
    shard = streams.describe_stream(StreamArn=first)["StreamDescription"]["Shards"][0]
    iterator = streams.get_shard_iterator(
        StreamArn=first, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    (record,) = streams.get_records(ShardIterator=iterator)["Records"]
    assert record["dynamodb"]["NewImage"] == {"id": {"S": "a"}}
    Made(
        lab,
        "aws:lambda/eventSourceMapping:EventSourceMapping",
        functionName=alias(lab)["arn"],
        eventSourceArn=first,
        startingPosition="TRIM_HORIZON",
    )
    made.change("streamViewType", streamEnabled=False)
