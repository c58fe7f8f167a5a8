"""Inputs for the rows of event sources: usual ones, and what few programs give."""

import json

from rows_kit import POLICY, TAGS

DAILY = {
    "flexibleTimeWindow": {"mode": "OFF"},
    "scheduleExpression": "rate(1 day)",
}


def rule(lab, **more):
    """Give an EventBridge rule."""
    pattern = json.dumps({"source": ["notes"]})
    return lab.state("aws:cloudwatch/eventRule:EventRule", eventPattern=pattern, **more)


def bus(lab):
    """Give an event bus."""
    return lab.state("aws:cloudwatch/eventBus:EventBus", name=lab.fresh("bus"))


def rule_set(lab):
    """Give a set of rules for mail."""
    type = "aws:ses/receiptRuleSet:ReceiptRuleSet"
    return lab.state(type, ruleSetName=lab.fresh("set"))["ruleSetName"]


def alias(lab):
    """Give an alias of a new function."""
    function = lab.function(publish=True)["name"]
    return lab.state(
        "aws:lambda/alias:Alias", name="live", functionName=function, functionVersion="1"
    )


def opened(lab, arn):
    """Let S3 reach a function, its alias, a queue or a topic."""
    service, name = arn.split(":")[2], arn.split(":")[6 if ":lambda:" in arn else 5]
    if service == "lambda":
        lab.state(
            "aws:lambda/permission:Permission",
            action="lambda:InvokeFunction",
            function=name,
            principal="s3.amazonaws.com",
            **({"qualifier": "live"} if arn.endswith(":live") else {}),
        )
        return arn
    statement = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Resource": arn}
    statement["Action"] = {"sqs": "sqs:SendMessage", "sns": "sns:Publish"}[service]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    if service == "sqs":
        url = lab.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
        lab.state("aws:sqs/queuePolicy:QueuePolicy", queueUrl=url, policy=policy)
    else:
        lab.state("aws:sns/topicPolicy:TopicPolicy", arn=arn, policy=policy)
    return arn


SAMPLES = {
    "aws:cloudwatch/eventBus:EventBus": lambda lab: [
        {
            "name": lab.fresh("bus"),
            "description": "orders",
            "deadLetterConfig": {"arn": lab.queue()["arn"]},
            "kmsKeyIdentifier": "alias/events",
            "tags": TAGS,
        }
    ],
    "aws:cloudwatch/eventRule:EventRule": lambda lab: [
        {
            "description": "orders",
            "eventPattern": json.dumps({"source": ["notes"], "detail": {"a": [{"exists": True}]}}),
            "eventBusName": bus(lab)["name"],
            "state": "ENABLED",
            "roleArn": lab.role()["arn"],
            "tags": TAGS,
        },
        {"scheduleExpression": "rate(5 minutes)", "isEnabled": False, "tags": TAGS},
    ],
    "aws:cloudwatch/eventTarget:EventTarget": lambda lab: [
        {
            "rule": rule(lab)["name"],
            "arn": alias(lab)["arn"],
            "inputTransformer": {
                "inputPaths": {"key": "$.detail.object.key"},
                "inputTemplate": '{"key": <key>}',
            },
            "deadLetterConfig": {"arn": lab.queue()["arn"]},
            "retryPolicy": {"maximumEventAgeInSeconds": 60, "maximumRetryAttempts": 0},
        },
        {"rule": rule(lab)["name"], "arn": lab.queue()["arn"], "inputPath": "$.detail"},
    ],
    "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter": lambda lab: [
        {
            "logGroup": lab.state("aws:cloudwatch/logGroup:LogGroup")["name"],
            "destinationArn": alias(lab)["arn"],
            "filterPattern": "?ERROR ?WARN",
            "distribution": "Random",
        }
    ],
    "aws:cloudwatch/metricAlarm:MetricAlarm": lambda lab: [
        {
            "namespace": "AWS/SQS",
            "metricName": "ApproximateNumberOfMessagesVisible",
            "dimensions": {"QueueName": "failures"},
            "statistic": "Maximum",
            "comparisonOperator": "GreaterThanThreshold",
            "threshold": 0,
            "period": 60,
            "evaluationPeriods": 1,
            "datapointsToAlarm": 1,
            "treatMissingData": "notBreaching",
            "alarmDescription": "something failed",
            "actionsEnabled": True,
            "alarmActions": [lab.topic()["arn"]],
            "okActions": [lab.topic()["arn"]],
            "insufficientDataActions": [lab.topic()["arn"]],
            "unit": "Count",
            "tags": TAGS,
        }
    ],
    "aws:kinesis/stream:Stream": lambda lab: [
        {
            "shardCount": 2,
            "retentionPeriod": 48,
            "encryptionType": "KMS",
            "kmsKeyId": "alias/aws/kinesis",
            "shardLevelMetrics": ["IncomingBytes"],
            "enforceConsumerDeletion": True,
            "tags": TAGS,
        },
        {"streamModeDetails": {"streamMode": "ON_DEMAND"}},
    ],
    "aws:kinesis/streamConsumer:StreamConsumer": lambda lab: [{"streamArn": lab.kinesis()}],
    "aws:s3/bucketNotification:BucketNotification": lambda lab: [
        {
            "bucket": lab.bucket(),
            "lambdaFunctions": [
                {
                    "lambdaFunctionArn": opened(lab, alias(lab)["arn"]),
                    "events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:Delete"],
                    "filterPrefix": "in/",
                    "filterSuffix": ".csv",
                },
                {
                    "lambdaFunctionArn": opened(lab, lab.function()["arn"]),
                    "events": ["s3:ObjectRestore:*"],
                },
            ],
            "eventbridge": True,
        },
        {"bucket": lab.bucket(), "eventbridge": True},
    ],
    "aws:scheduler/schedule:Schedule": lambda lab: [
        {
            "description": "tidies up",
            "flexibleTimeWindow": {"mode": "FLEXIBLE", "maximumWindowInMinutes": 15},
            "scheduleExpression": "cron(0 7 * * ? *)",
            "scheduleExpressionTimezone": "Europe/Vienna",
            "target": {
                "arn": alias(lab)["arn"],
                "roleArn": lab.role()["arn"],
                "input": json.dumps({"job": "tidy"}),
                "deadLetterConfig": {"arn": lab.queue()["arn"]},
                "retryPolicy": {"maximumEventAgeInSeconds": 60, "maximumRetryAttempts": 0},
            },
        }
    ],
    "aws:scheduler/scheduleGroup:ScheduleGroup": lambda lab: [{"tags": TAGS}],
    "aws:ses/activeReceiptRuleSet:ActiveReceiptRuleSet": lambda lab: [
        {"ruleSetName": rule_set(lab)}
    ],
    "aws:ses/receiptRule:ReceiptRule": lambda lab: [
        {
            "ruleSetName": rule_set(lab),
            "recipients": ["notes.example"],
            "enabled": True,
            "scanEnabled": True,
            "tlsPolicy": "Require",
            "lambdaActions": [
                {"functionArn": alias(lab)["arn"], "invocationType": "Event", "position": 1}
            ],
        }
    ],
    "aws:ses/receiptRuleSet:ReceiptRuleSet": lambda lab: [{"ruleSetName": lab.fresh("set")}],
    "aws:sns/topicPolicy:TopicPolicy": lambda lab: [{"arn": lab.topic()["arn"], "policy": POLICY}],
    "aws:sns/topicSubscription:TopicSubscription": lambda lab: [
        {
            "topic": lab.topic()["arn"],
            "protocol": "lambda",
            "endpoint": alias(lab)["arn"],
            "filterPolicy": json.dumps({"a": ["b"]}),
            "redrivePolicy": json.dumps({"deadLetterTargetArn": lab.queue()["arn"]}),
        }
    ],
    "aws:sqs/queuePolicy:QueuePolicy": lambda lab: [
        {"queueUrl": lab.queue()["url"], "policy": POLICY}
    ],
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": lambda lab: [
        {
            "functionName": alias(lab)["functionName"],
            "qualifier": "live",
            "destinationConfig": {
                "onFailure": {"destination": lab.queue()["arn"]},
                "onSuccess": {"destination": lab.topic()["arn"]},
            },
            "maximumEventAgeInSeconds": 60,
            "maximumRetryAttempts": 0,
        },
        {"functionName": lab.function()["arn"], "maximumRetryAttempts": 1},
    ],
    "aws:lambda/eventSourceMapping:EventSourceMapping": lambda lab: [
        {
            "functionName": alias(lab)["arn"],
            "eventSourceArn": lab.queue()["arn"],
            "batchSize": 5,
            "enabled": True,
            "maximumBatchingWindowInSeconds": 1,
            "functionResponseTypes": ["ReportBatchItemFailures"],
            "scalingConfig": {"maximumConcurrency": 2},
            "metricsConfig": {"metrics": ["EventCount"]},
            "filterCriteria": {"filters": [{"pattern": '{"body":{"a":["b"]}}'}]},
            "kmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/k",
            "tags": TAGS,
        }
    ],
    "aws:lambda/permission:Permission": lambda lab: [
        {
            "action": "lambda:InvokeFunction",
            "function": alias(lab)["functionName"],
            "qualifier": "live",
            "principal": "s3.amazonaws.com",
            "sourceArn": "arn:aws:s3:::notes",
            "sourceAccount": "123456789012",
            "principalOrgId": "o-1234567890",
            "statementId": "AllowBucket",
        },
    ],
}

MORE = {
    "aws:cloudwatch/eventTarget:EventTarget": lambda lab: [
        {
            "eventBusName": (name := bus(lab)["name"]),
            "rule": rule(lab, eventBusName=name)["name"],
            "arn": lab.state("aws:sqs/queue:Queue", fifoQueue=True)["arn"],
            "input": "{}",
            "roleArn": lab.role()["arn"],
            "sqsTarget": {"messageGroupId": "one"},
            "targetId": "mine",
        },
    ],
    "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter": lambda lab: [
        {
            "name": "all",
            "logGroup": lab.state("aws:cloudwatch/logGroup:LogGroup")["name"],
            "destinationArn": lab.kinesis(),
            "filterPattern": "",
            "roleArn": lab.role()["arn"],
        }
    ],
    "aws:cloudwatch/metricAlarm:MetricAlarm": lambda lab: [
        {
            "namespace": "AWS/Lambda",
            "metricName": "Duration",
            "extendedStatistic": "p99",
            "evaluateLowSampleCountPercentiles": "ignore",
            "comparisonOperator": "GreaterThanOrEqualToThreshold",
            "threshold": 1000.5,
            "period": 60,
            "evaluationPeriods": 3,
        },
        {
            "comparisonOperator": "GreaterThanThreshold",
            "evaluationPeriods": 2,
            "threshold": 1,
            "metricQueries": [
                {
                    "id": "rate",
                    "expression": "100 * errors / calls",
                    "label": "errors in percent",
                    "returnData": True,
                },
                *(
                    {
                        "id": name.lower(),
                        "metric": {
                            "namespace": "AWS/Lambda",
                            "metricName": name,
                            "stat": "Sum",
                            "period": 60,
                            "unit": "Count",
                            "dimensions": {"FunctionName": "notes"},
                        },
                    }
                    for name in ("Errors", "Calls")
                ),
            ],
        },
        {
            "comparisonOperator": "GreaterThanUpperThreshold",
            "evaluationPeriods": 2,
            "thresholdMetricId": "band",
            "metricQueries": [
                {"id": "band", "expression": "ANOMALY_DETECTION_BAND(m)", "period": 60},
            ],
        },
    ],
    "aws:kinesis/stream:Stream": lambda lab: [
        {
            "shardCount": 1,
            "streamModeDetails": {"streamMode": "PROVISIONED"},
            "maxRecordSizeInKib": 2048,
        }
    ],
    "aws:s3/bucketNotification:BucketNotification": lambda lab: [
        {
            "bucket": lab.bucket(),
            "queues": [
                {
                    "id": "all",
                    "queueArn": opened(lab, lab.queue()["arn"]),
                    "events": ["s3:ObjectCreated:Put"],
                    "filterSuffix": ".jpg",
                }
            ],
            "topics": [
                {
                    "topicArn": opened(lab, lab.topic()["arn"]),
                    "events": ["s3:ObjectRemoved:*"],
                    "filterPrefix": "a",
                }
            ],
            "eventbridge": False,
        }
    ],
    "aws:scheduler/schedule:Schedule": lambda lab: [
        {
            "name": "once",
            "groupName": lab.state("aws:scheduler/scheduleGroup:ScheduleGroup")["name"],
            "flexibleTimeWindow": {"mode": "OFF"},
            "scheduleExpression": "at(2027-01-01T00:00:00)",
            "startDate": "2026-12-01T00:00:00Z",
            "endDate": "2027-06-01T00:00:00Z",
            "state": "DISABLED",
            "actionAfterCompletion": "DELETE",
            "kmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/k",
            "target": {
                "arn": lab.state("aws:sqs/queue:Queue", fifoQueue=True)["arn"],
                "roleArn": lab.role()["arn"],
                "sqsParameters": {"messageGroupId": "one"},
            },
        },
        {
            **DAILY,
            "target": {
                "arn": bus(lab)["arn"],
                "roleArn": lab.role()["arn"],
                "eventbridgeParameters": {"detailType": "Tidy", "source": "notes"},
            },
        },
    ],
    "aws:ses/receiptRule:ReceiptRule": lambda lab: [
        {
            "ruleSetName": (name := rule_set(lab)),
            "after": lab.state("aws:ses/receiptRule:ReceiptRule", ruleSetName=name)["name"],
            "addHeaderActions": [{"headerName": "x-notes", "headerValue": "1", "position": 1}],
            "s3Actions": [
                {
                    "bucketName": lab.bucket(),
                    "objectKeyPrefix": "mail/",
                    "topicArn": lab.topic()["arn"],
                    "iamRoleArn": lab.role()["arn"],
                    "position": 3,
                }
            ],
            "snsActions": [
                {"topicArn": lab.topic()["arn"], "encoding": "Base64", "position": 2},
                {"topicArn": lab.topic()["arn"], "encoding": "UTF-8", "position": 4},
            ],
            "bounceActions": [
                {
                    "message": "No",
                    "sender": "a@notes.example",
                    "smtpReplyCode": "550",
                    "statusCode": "5.1.1",
                    "position": 5,
                }
            ],
            "stopActions": [{"scope": "RuleSet", "position": 6}],
        }
    ],
    "aws:sns/topicSubscription:TopicSubscription": lambda lab: [
        {
            "topic": lab.topic()["arn"],
            "protocol": "sqs",
            "endpoint": lab.queue()["arn"],
            "rawMessageDelivery": True,
            "filterPolicy": json.dumps({"a": ["b"]}),
            "filterPolicyScope": "MessageBody",
            "redrivePolicy": json.dumps({"deadLetterTargetArn": lab.queue()["arn"]}),
        }
    ],
    "aws:lambda/eventSourceMapping:EventSourceMapping": lambda lab: [
        {
            "functionName": lab.function()["name"],
            "eventSourceArn": lab.stream(),
            "startingPosition": "TRIM_HORIZON",
            "bisectBatchOnFunctionError": True,
            "maximumRecordAgeInSeconds": 60,
            "maximumRetryAttempts": 2,
            "parallelizationFactor": 2,
            "tumblingWindowInSeconds": 1,
            "destinationConfig": {"onFailure": {"destinationArn": lab.queue()["arn"]}},
            "filterCriteria": {"filters": [{"pattern": "{}"}]},
            "enabled": False,
        },
        {
            "functionName": lab.function()["name"],
            "eventSourceArn": lab.kinesis(),
            "startingPosition": "AT_TIMESTAMP",
            "startingPositionTimestamp": "2026-11-01T10:00:00Z",
        },
    ],
    "aws:lambda/permission:Permission": lambda lab: [
        {
            "action": "lambda:InvokeFunctionUrl",
            "function": lab.function()["name"],
            "principal": "*",
            "functionUrlAuthType": "NONE",
        },
        {
            "action": "lambda:InvokeFunction",
            "function": lab.function()["arn"],
            "principal": "210987654321",
            "invokedViaFunctionUrl": True,
            "eventSourceToken": "token",
        },
    ],
}
