"""Queues and topics."""

import json

from platform_lib.local.account import Account
from platform_lib.local.provider.calls import call_aws
from platform_lib.local.provider.row import Call, Look, Name, Properties, Row, Tags, because


def _fifo(inputs: Properties) -> Properties:
    """Leave out that a queue or topic is no FIFO one: AWS takes only the opposite."""
    return {
        word: item
        for word, item in inputs.items()
        if not (word in ("fifoQueue", "fifoTopic") and item is False)
    }


def _capital(word: str) -> str:
    return word[0].upper() + word[1:]


_QUEUE = {"QueueUrl": "{id}"}
_QUEUE_ATTRIBUTES = {
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "deduplicationScope": "DeduplicationScope",
    "delaySeconds": "DelaySeconds",
    "fifoQueue": "FifoQueue",
    "fifoThroughputLimit": "FifoThroughputLimit",
    "kmsDataKeyReusePeriodSeconds": "KmsDataKeyReusePeriodSeconds",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "maxMessageSize": "MaximumMessageSize",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "policy": "Policy",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "redriveAllowPolicy": "RedriveAllowPolicy",
    "redrivePolicy": "RedrivePolicy",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
}

_FEEDBACK = [
    f"{protocol}{rest}"
    for protocol in ("application", "firehose", "http", "lambda", "sqs")
    for rest in (
        "FailureFeedbackRoleArn",
        "SuccessFeedbackRoleArn",
        "SuccessFeedbackSampleRate",
    )
]
_TOPIC_ATTRIBUTES = {
    "kmsMasterKeyId": "KmsMasterKeyId",
    **{
        word: _capital(word)
        for word in (
            "archivePolicy",
            "contentBasedDeduplication",
            "deliveryPolicy",
            "displayName",
            "fifoThroughputScope",
            "fifoTopic",
            "maximumMessageSize",
            "policy",
            "signatureVersion",
            "tracingConfig",
        )
    },
}
_SUBSCRIPTION_ATTRIBUTES = {
    word: _capital(word)
    for word in (
        "deliveryPolicy",
        # How a policy is read, before the policy.
        "filterPolicyScope",
        "filterPolicy",
        "rawMessageDelivery",
        "redrivePolicy",
        "replayPolicy",
        "subscriptionRoleArn",
    )
}


# What a topic has before anybody gives it a policy: its own account may do everything.
_OWN_TOPIC = json.dumps({
    "Version": "2008-10-17",
    "Id": "__default_policy_ID",
    "Statement": [{
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [
            "SNS:GetTopicAttributes",
            "SNS:SetTopicAttributes",
            "SNS:AddPermission",
            "SNS:RemovePermission",
            "SNS:DeleteTopic",
            "SNS:Subscribe",
            "SNS:ListSubscriptionsByTopic",
            "SNS:Publish",
        ],
        "Resource": "{id}",
        "Condition": {"StringEquals": {"AWS:SourceOwner": "{account}"}},
    }],
})  # fmt: skip


# What attributes are where nobody said; the others are empty.
_UNTOLD = {"filterPolicyScope": "MessageAttributes", "rawMessageDelivery": False}


class _Setter:
    """Sets SNS attributes, which go one by one."""

    def __init__(self, operation: str, arn: str, attributes: dict[str, str]) -> None:
        self._operation = operation
        self._arn = arn
        self._attributes = attributes

    def __call__(self, account: Account, before: Properties, after: Properties) -> None:
        for word, name in self._attributes.items():
            if before.get(word) != after.get(word):
                value = after.get(word, _UNTOLD.get(word, ""))
                text = str(value).lower() if isinstance(value, bool) else str(value)
                request = {self._arn: after["id"], "AttributeName": name, "AttributeValue": text}
                call_aws(account, "sns", self._operation, request)


ROWS = (
    Row(
        type="aws:sqs/queue:Queue",
        service="sqs",
        noun="Queue",
        name=Name("name", 80, fifo="fifoQueue"),
        create=Call("create_queue"),
        id="QueueUrl",
        looks=(Look("get_queue_attributes", {**_QUEUE, "AttributeNames": ["All"]}),),
        delete=Call("delete_queue", _QUEUE),
        prepare=_fifo,
        attributes=_QUEUE_ATTRIBUTES,
        update=(Call("set_queue_attributes", _QUEUE),),
        keeps=(
            "deduplicationScope",
            "fifoThroughputLimit",
            "kmsDataKeyReusePeriodSeconds",
            "policy",
            "redriveAllowPolicy",
            "redrivePolicy",
            "sqsManagedSseEnabled",
        ),
        unset={
            "contentBasedDeduplication": False,
            "delaySeconds": 0,
            "fifoQueue": False,
            "kmsMasterKeyId": "",
            "maxMessageSize": 262144,
            "messageRetentionSeconds": 345600,
            "receiveWaitTimeSeconds": 0,
            "visibilityTimeoutSeconds": 30,
        },
        replace=("fifoQueue",),
        dropped={
            "name": "the answer has it in the ARN",
            "redriveAllowPolicy": "moto forgets it",
        },
        tags=Tags("tag_queue", "untag_queue", _QUEUE, Look("list_queue_tags", _QUEUE)),
        outputs={"arn": "Attributes.QueueArn", "url": "{id}"},
    ),
    Row(
        type="aws:sns/topic:Topic",
        service="sns",
        name=Name("name", 256, fifo="fifoTopic"),
        create=Call("create_topic"),
        id="TopicArn",
        looks=(Look("get_topic_attributes", {"TopicArn": "{id}"}),),
        delete=Call("delete_topic", {"TopicArn": "{id}"}),
        prepare=_fifo,
        attributes=_TOPIC_ATTRIBUTES,
        hooked=tuple(_TOPIC_ATTRIBUTES),
        updated=_Setter("set_topic_attributes", "TopicArn", _TOPIC_ATTRIBUTES),
        keeps=("fifoThroughputScope", "policy", "signatureVersion", "tracingConfig"),
        unset={"contentBasedDeduplication": False, "fifoTopic": False},
        replace=("fifoTopic",),
        tags=Tags(
            "tag_resource",
            "untag_resource",
            {"ResourceArn": "{id}"},
            Look("list_tags_for_resource", {"ResourceArn": "{id}"}),
        ),
        dropped={
            "name": "the answer has it in the ARN",
            **because("moto forgets it", "signatureVersion", "tracingConfig"),
        },
        outputs={"arn": "{id}", "owner": "Attributes.Owner"},
        ignored=because("deliveries are not logged here", *_FEEDBACK),
    ),
    Row(
        type="aws:sns/topicSubscription:TopicSubscription",
        service="sns",
        create=Call("subscribe", {"ReturnSubscriptionArn": True}),
        id="SubscriptionArn",
        looks=(Look("get_subscription_attributes", {"SubscriptionArn": "{id}"}),),
        delete=Call("unsubscribe", {"SubscriptionArn": "{id}"}),
        renames={"topic": "TopicArn"},
        attributes=_SUBSCRIPTION_ATTRIBUTES,
        unset={
            "confirmationTimeoutInMinutes": 1,
            "endpointAutoConfirms": False,
            "rawMessageDelivery": False,
        },
        hooked=tuple(_SUBSCRIPTION_ATTRIBUTES),
        updated=_Setter(
            "set_subscription_attributes", "SubscriptionArn", _SUBSCRIPTION_ATTRIBUTES
        ),
        back={
            "endpoint": "Attributes.Endpoint",
            "protocol": "Attributes.Protocol",
            "topic": "Attributes.TopicArn",
        },
        outputs={"arn": "{id}", "ownerId": "Attributes.Owner"},
        ignored=because(
            "endpoints in the account need no confirmation",
            "confirmationTimeoutInMinutes",
            "endpointAutoConfirms",
        ),
    ),
    Row(
        type="aws:sns/topicPolicy:TopicPolicy",
        service="sns",
        create=Call("set_topic_attributes", {"AttributeName": "Policy"}, takes=("arn", "policy")),
        id="{arn}",
        looks=(Look("get_topic_attributes", {"TopicArn": "{id}"}, "Attributes"),),
        delete=Call(
            "set_topic_attributes",
            {"TopicArn": "{id}", "AttributeName": "Policy", "AttributeValue": _OWN_TOPIC},
        ),
        renames={"arn": "TopicArn", "policy": "AttributeValue"},
        update=(
            Call(
                "set_topic_attributes", {"AttributeName": "Policy"}, ("arn", "policy"), whole=True
            ),
        ),
        replace=("arn",),
        back={"policy": "Policy"},
        outputs={"owner": "Owner"},
    ),
    Row(
        type="aws:sqs/queuePolicy:QueuePolicy",
        service="sqs",
        create=Call("set_queue_attributes"),
        id="{queueUrl}",
        looks=(
            Look(
                "get_queue_attributes",
                {"QueueUrl": "{id}", "AttributeNames": ["Policy"]},
                "Attributes",
                "Attributes",
            ),
        ),
        delete=Call("set_queue_attributes", {"QueueUrl": "{id}", "Attributes": {"Policy": ""}}),
        attributes={"policy": "Policy"},
        update=(Call("set_queue_attributes", whole=True),),
        replace=("queueUrl",),
        dropped={"queueUrl": "the policy is asked for by it"},
    ),
)
