"""Inputs for the rows of event sources: usual ones, and what few programs give."""

from rows_kit import TAGS


def alias(lab):
    """Give an alias of a new function."""
    function = lab.function(publish=True)["name"]
    return lab.state(
        "aws:lambda/alias:Alias", name="live", functionName=function, functionVersion="1"
    )


SAMPLES = {
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
