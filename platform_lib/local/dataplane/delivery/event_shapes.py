"""The events that services bring to a function, in the shapes that AWS documents.

Pure functions, each with the page that shows its shape.
"""

import base64
import gzip
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote_plus

from platform_lib.local.clock import stamp


def notification(
    *,
    topic_arn: str,
    subscription_arn: str,
    message_id: str,
    message: str,
    subject: str | None,
    attributes: Mapping[str, Mapping[str, Any]],
    moment: float,
) -> dict[str, Any]:
    """Word a message of a topic, as a queue gets it.

    https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
    """
    region = topic_arn.split(":")[3]
    host = f"https://sns.{region}.amazonaws.com/"
    return {
        "Type": "Notification",
        "MessageId": message_id,
        "TopicArn": topic_arn,
        **({"Subject": subject} if subject else {}),
        "Message": message,
        "Timestamp": stamp(moment),
        "SignatureVersion": "1",
        "Signature": "EXAMPLE",
        "SigningCertURL": f"{host}SimpleNotificationService-EXAMPLE.pem",
        "UnsubscribeURL": f"{host}?Action=Unsubscribe&SubscriptionArn={subscription_arn}",
        **({"MessageAttributes": dict(attributes)} if attributes else {}),
    }


def topic_event(told: Mapping[str, Any], subscription_arn: str) -> dict[str, Any]:
    """Word a message of a topic, as a function gets it: some names differ from a queue's.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
    """
    record = {key.replace("URL", "Url"): value for key, value in told.items()}
    record = {"Subject": None, "MessageAttributes": {}, **record}
    return {
        "Records": [
            {
                "EventVersion": "1.0",
                "EventSubscriptionArn": subscription_arn,
                "EventSource": "aws:sns",
                "Sns": record,
            }
        ]
    }


def object_event(
    *,
    name: str,
    configuration_id: str,
    bucket: str,
    key: str,
    region: str,
    account: str,
    moment: float,
    request_id: str,
    sequencer: str,
    about: Mapping[str, Any],
) -> dict[str, Any]:
    """Word what happened to an object. Its key is encoded as in a form.

    Args:
        name: Such as `ObjectCreated:Put`.
        configuration_id: The notification's.
        bucket: Its name.
        key: The object's.
        region: The bucket's.
        account: The bucket's.
        moment: When.
        request_id: Of the request that did it.
        sequencer: Later for a later event of the same object.
        about: `size`, `eTag` and `versionId`, where the object has them.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    """
    described = {"key": quote_plus(key, safe="/"), **about, "sequencer": sequencer}
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": region,
                "eventTime": stamp(moment),
                "eventName": name,
                "userIdentity": {"principalId": f"AWS:{account}"},
                "requestParameters": {"sourceIPAddress": "127.0.0.1"},
                "responseElements": {"x-amz-request-id": request_id, "x-amz-id-2": request_id},
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "configurationId": configuration_id,
                    "bucket": {
                        "name": bucket,
                        "ownerIdentity": {"principalId": account},
                        "arn": f"arn:aws:s3:::{bucket}",
                    },
                    "object": described,
                },
            }
        ]
    }


def bus_event(
    *,
    source: str,
    detail_type: str,
    detail: Any,
    account: str,
    region: str,
    moment: float,
    resources: Sequence[str] = (),
) -> dict[str, Any]:
    """Word an event on a bus.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
    """
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": account,
        "time": stamp(moment, milliseconds=False),
        "region": region,
        "resources": list(resources),
        "detail": detail,
    }


def log_event(
    *, account: str, group: str, stream: str, filter_name: str, events: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Word lines of a log group: JSON, compressed, as base64.

    https://docs.aws.amazon.com/lambda/latest/dg/services-cloudwatchlogs.html
    """
    data = {
        "messageType": "DATA_MESSAGE",
        "owner": account,
        "logGroup": group,
        "logStream": stream,
        "subscriptionFilters": [filter_name],
        # moto counts its lines; AWS's ids are long numbers, as text.
        "logEvents": [{**event, "id": str(event["id"])} for event in events],
    }
    packed = gzip.compress(json.dumps(data).encode(), mtime=0)
    return {"awslogs": {"data": base64.b64encode(packed).decode()}}
