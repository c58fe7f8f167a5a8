"""Events as AWS's services bring them to a function, for those that the local cloud cannot fire.

Written after the documentation of each service, linked at each; the values are made up.
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from platform_lib.local.clock import stamp
from platform_lib.local.dataplane.delivery import event_shapes
from platform_lib.local.errors import LocalCloudError

_ACCOUNT: Final = "123456789012"
_REGION: Final = "us-east-1"


def sample(service: str) -> dict[str, Any]:
    """Return an event of a service.

    Args:
        service: One of `SAMPLES`.

    Raises:
        LocalCloudError: There is no sample of that name.
    """
    make = SAMPLES.get(service)
    if make is None:
        raise LocalCloudError(f"no sample {service!r}: there are {', '.join(SAMPLES)}")
    return make()


def _arn(service: str, name: str) -> str:
    return f"arn:aws:{service}:{_REGION}:{_ACCOUNT}:{name}"


def _ses() -> dict[str, Any]:
    # https://docs.aws.amazon.com/ses/latest/dg/receiving-email-action-lambda-event.html
    now = stamp(time.time())
    verdict = {"status": "PASS"}
    headers = {"From": "Jane Doe <jane@example.com>", "To": "shop@example.org", "Subject": "Hi"}
    mail = {
        "timestamp": now,
        "source": "jane@example.com",
        "messageId": "d6iitobk75ur44p8kdnnp7g2n800",
        "destination": ["shop@example.org"],
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in headers.items()],
        "commonHeaders": {
            "returnPath": "jane@example.com",
            "from": ["Jane Doe <jane@example.com>"],
            "date": "Tue, 24 Nov 2026 08:00:00 +0000",
            "to": ["shop@example.org"],
            "messageId": "<0123456789@example.com>",
            "subject": "Hi",
        },
    }
    receipt = {
        "timestamp": now,
        "processingTimeMillis": 574,
        "recipients": ["shop@example.org"],
        "spamVerdict": verdict,
        "virusVerdict": verdict,
        "spfVerdict": verdict,
        "dkimVerdict": verdict,
        "dmarcVerdict": verdict,
        "action": {
            "type": "Lambda",
            "functionArn": _arn("lambda", "function:mail:live"),
            "invocationType": "Event",
        },
    }
    record = {"mail": mail, "receipt": receipt}
    return {"Records": [{"eventSource": "aws:ses", "eventVersion": "1.0", "ses": record}]}


def _s3() -> dict[str, Any]:
    return event_shapes.object_event(
        name="ObjectCreated:Put",
        configuration_id="sample",
        bucket="my-bucket",
        key="a folder/photo.jpg",
        region=_REGION,
        account=_ACCOUNT,
        moment=time.time(),
        request_id="C3D13FE58DE4C810",
        sequencer="0055AED6DCD90281E5",
        about={"size": 1024, "eTag": "d41d8cd98f00b204e9800998ecf8427e"},
    )


def _sns() -> dict[str, Any]:
    subscription = _arn("sns", "news:21be56ed-a058-49f5-8c98-aedd2564c486")
    told = event_shapes.notification(
        topic_arn=_arn("sns", "news"),
        subscription_arn=subscription,
        message_id="95df01b4-ee98-5cb9-9903-4c221d41eb5e",
        message="Hello",
        subject="News",
        attributes={"colour": {"Type": "String", "Value": "blue"}},
        moment=time.time(),
    )
    return event_shapes.topic_event(told, subscription)


def _sqs() -> dict[str, Any]:
    # https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
    now = str(int(time.time() * 1000))
    record = {
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a...",
        "body": '{"order": 7}',
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": now,
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": now,
        },
        "messageAttributes": {},
        "md5OfBody": "7fa20081ee1217af020c02f44b6a3f91",
        "eventSource": "aws:sqs",
        "eventSourceARN": _arn("sqs", "orders"),
        "awsRegion": _REGION,
    }
    return {"Records": [record]}


def _dynamodb() -> dict[str, Any]:
    # https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
    record = {
        "eventID": "c4ca4238a0b923820dcc509a6f75849b",
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": _REGION,
        "dynamodb": {
            "ApproximateCreationDateTime": int(time.time()),
            "Keys": {"id": {"N": "101"}},
            "NewImage": {"id": {"N": "101"}, "message": {"S": "New item!"}},
            "SequenceNumber": "111",
            "SizeBytes": 26,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": _arn("dynamodb", "table/notes/stream/2026-11-24T00:00:00.000"),
    }
    return {"Records": [record]}


def _kinesis() -> dict[str, Any]:
    # https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
    record = {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "1",
            "sequenceNumber": "49590338271490256608559692538361571095921575989136588898",
            "data": "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==",
            "approximateArrivalTimestamp": round(time.time(), 3),
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": "shardId-000000000006:49590338271490256608559692538361571095921575989136588898",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": f"arn:aws:iam::{_ACCOUNT}:role/worker",
        "awsRegion": _REGION,
        "eventSourceARN": _arn("kinesis", "stream/clicks"),
    }
    return {"Records": [record]}


def _bus(source: str, detail_type: str, detail: Any, *resources: str) -> dict[str, Any]:
    return event_shapes.bus_event(
        source=source,
        detail_type=detail_type,
        detail=detail,
        account=_ACCOUNT,
        region=_REGION,
        moment=time.time(),
        resources=resources,
    )


def _events() -> dict[str, Any]:
    return _bus("shop", "Order placed", {"order": 7, "total": 12.5})


def _schedule() -> dict[str, Any]:
    arn = _arn("scheduler", "schedule/default/daily")
    return _bus("aws.scheduler", "Scheduled Event", "{}", arn)


def _logs() -> dict[str, Any]:
    now = int(time.time() * 1000)
    line = {"id": "eventId1", "timestamp": now, "message": "[ERROR] First test message"}
    return event_shapes.log_event(
        account=_ACCOUNT, group="/apps/shop", stream="one", filter_name="errors", events=[line]
    )


def _cognito() -> dict[str, Any]:
    # https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-sign-up.html
    return {
        "version": "1",
        "triggerSource": "PreSignUp_SignUp",
        "region": _REGION,
        "userPoolId": f"{_REGION}_AbCdEfGhI",
        "userName": "jane",
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "57eb5sample"},
        "request": {"userAttributes": {"email": "jane@example.com"}, "validationData": None},
        "response": {
            "autoConfirmUser": False,
            "autoVerifyEmail": False,
            "autoVerifyPhone": False,
        },
    }


def _lex() -> dict[str, Any]:
    # https://docs.aws.amazon.com/lexv2/latest/dg/lambda-input-format.html
    intent = {
        "name": "OrderFlowers",
        "slots": {"FlowerType": None},
        "state": "InProgress",
        "confirmationState": "None",
    }
    return {
        "messageVersion": "1.0",
        "invocationSource": "DialogCodeHook",
        "inputMode": "Text",
        "responseContentType": "text/plain; charset=utf-8",
        "sessionId": "12345678",
        "inputTranscript": "I want flowers",
        "bot": {
            "id": "SAMPLEBOT1",
            "name": "Shop",
            "aliasId": "TSTALIASID",
            "aliasName": "TestBotAlias",
            "localeId": "en_US",
            "version": "DRAFT",
        },
        "interpretations": [{"intent": intent, "interpretationSource": "Lex"}],
        "sessionState": {
            "sessionAttributes": {},
            "activeContexts": [],
            "intent": intent,
            "originatingRequestId": "7b3f0f4e-2c3f-4d50-9d27-6c1f57a0e1a5",
        },
        "requestAttributes": {},
    }


def _alexa() -> dict[str, Any]:
    # https://developer.amazon.com/docs/alexa/custom-skills/request-and-response-json-reference.html
    application = {"applicationId": "amzn1.ask.skill.sample"}
    user = {"userId": "amzn1.ask.account.sample"}
    return {
        "version": "1.0",
        "session": {
            "new": True,
            "sessionId": "amzn1.echo-api.session.sample",
            "application": application,
            "attributes": {},
            "user": user,
        },
        "context": {
            "System": {
                "application": application,
                "user": user,
                "device": {"deviceId": "sample", "supportedInterfaces": {}},
                "apiEndpoint": "https://api.amazonalexa.com",
            }
        },
        "request": {
            "type": "LaunchRequest",
            "requestId": "amzn1.echo-api.request.sample",
            "timestamp": stamp(time.time(), milliseconds=False),
            "locale": "en-US",
        },
    }


def _cloudformation() -> dict[str, Any]:
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html
    return {
        "RequestType": "Create",
        "ResponseURL": "https://cloudformation-custom-resource-response.example.com/sample",
        "StackId": _arn("cloudformation", "stack/shop/5b918d10-cd98-11ea-90d5-0a9cd3354c10"),
        "RequestId": "2b8d5c1a-7e55-4a52-8b5a-0a1e5b4f2f6d",
        "ResourceType": "Custom::Sample",
        "LogicalResourceId": "Sample",
        "ServiceToken": _arn("lambda", "function:sample:live"),
        "ResourceProperties": {
            "ServiceToken": _arn("lambda", "function:sample:live"),
            "Size": "7",
        },
    }


def _config() -> dict[str, Any]:
    # https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_lambda-functions.html
    now = stamp(time.time())
    item = {
        "configurationItemVersion": "1.3",
        "configurationItemCaptureTime": now,
        "configurationItemStatus": "OK",
        "resourceType": "AWS::S3::Bucket",
        "resourceId": "my-bucket",
        "resourceName": "my-bucket",
        "ARN": "arn:aws:s3:::my-bucket",
        "awsRegion": _REGION,
        "awsAccountId": _ACCOUNT,
        "configuration": {},
        "tags": {},
    }
    invoking = {
        "configurationItem": item,
        "configurationItemDiff": None,
        "notificationCreationTime": now,
        "messageType": "ConfigurationItemChangeNotification",
        "recordVersion": "1.3",
    }
    return {
        "version": "1.0",
        "invokingEvent": json.dumps(invoking),
        "ruleParameters": '{"size": "7"}',
        "resultToken": "myResultToken",
        "eventLeftScope": False,
        "executionRoleArn": f"arn:aws:iam::{_ACCOUNT}:role/config-role",
        "configRuleArn": _arn("config", "config-rule/config-rule-0123456"),
        "configRuleName": "sample",
        "configRuleId": "config-rule-0123456",
        "accountId": _ACCOUNT,
    }


def _codecommit() -> dict[str, Any]:
    # https://docs.aws.amazon.com/lambda/latest/dg/services-codecommit.html
    reference = {"commit": "5e493c6f3067653f3d04eca608b4901eb227078", "ref": "refs/heads/main"}
    record = {
        "awsRegion": _REGION,
        "codecommit": {"references": [reference]},
        "eventId": "31ade2c7-f889-47c5-a937-1cf99e2790e9",
        "eventName": "ReferenceChanges",
        "eventPartNumber": 1,
        "eventSource": "aws:codecommit",
        "eventSourceARN": _arn("codecommit", "shop"),
        "eventTime": stamp(time.time()),
        "eventTotalParts": 1,
        "eventTriggerConfigId": "5646e38e-c3c0-4a09-8a1b-0f4d5e5a3d2c",
        "eventTriggerName": "sample",
        "eventVersion": "1.0",
        "userIdentityARN": f"arn:aws:iam::{_ACCOUNT}:user/jane",
    }
    return {"Records": [record]}


def _iot() -> dict[str, Any]:
    """What a rule's statement selects: here a message of a device, as it was published.

    https://docs.aws.amazon.com/iot/latest/developerguide/lambda-rule-action.html
    """
    return {"device": "sensor-7", "temperature": 21.5, "timestamp": int(time.time() * 1000)}


def _apigateway_rest() -> dict[str, Any]:
    # https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html
    headers = {"Accept": "application/json", "Host": "sample.execute-api.us-east-1.amazonaws.com"}
    return {
        "resource": "/orders/{id}",
        "path": "/orders/7",
        "httpMethod": "GET",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {"full": "1"},
        "multiValueQueryStringParameters": {"full": ["1"]},
        "pathParameters": {"id": "7"},
        "stageVariables": None,
        "requestContext": {
            "accountId": _ACCOUNT,
            "apiId": "sample",
            "resourceId": "sample",
            "resourcePath": "/orders/{id}",
            "httpMethod": "GET",
            "path": "/prod/orders/7",
            "stage": "prod",
            "protocol": "HTTP/1.1",
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "requestTimeEpoch": int(time.time() * 1000),
            "identity": {"sourceIp": "192.0.2.1", "userAgent": "sample"},
        },
        "body": None,
        "isBase64Encoded": False,
    }


def _alb() -> dict[str, Any]:
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
    group = _arn("elasticloadbalancing", "targetgroup/shop/49e9d65c45c6791a")
    return {
        "requestContext": {"elb": {"targetGroupArn": group}},
        "httpMethod": "GET",
        "path": "/orders/7",
        "queryStringParameters": {"full": "1"},
        "headers": {
            "accept": "application/json",
            "host": "shop.us-east-1.elb.amazonaws.com",
            "x-forwarded-for": "192.0.2.1",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        "body": "",
        "isBase64Encoded": False,
    }


SAMPLES: Final[Mapping[str, Callable[[], dict[str, Any]]]] = {
    "ses": _ses,
    "s3": _s3,
    "sns": _sns,
    "sqs": _sqs,
    "dynamodb": _dynamodb,
    "kinesis": _kinesis,
    "events": _events,
    "schedule": _schedule,
    "logs": _logs,
    "cognito": _cognito,
    "lex": _lex,
    "alexa": _alexa,
    "cloudformation": _cloudformation,
    "config": _config,
    "codecommit": _codecommit,
    "iot": _iot,
    "apigateway-rest": _apigateway_rest,
    "alb": _alb,
}
"""Service -> what makes its event."""
