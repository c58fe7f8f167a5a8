"""Inputs for the rows of what an app keeps and hears of: tables, buckets, queues, topics, secrets, logs."""

import base64
import json

from rows_kit import (
    POLICY,
    TAGS,
    asset,
)

from platform_lib.local.provider.values import Secret

SAMPLES = {
    "aws:dynamodb/table:Table": lambda lab: [
        {
            "billingMode": "PAY_PER_REQUEST",
            "hashKey": "id",
            "rangeKey": "at",
            "attributes": [
                {"name": "id", "type": "S"},
                {"name": "at", "type": "N"},
                {"name": "owner", "type": "S"},
            ],
            "globalSecondaryIndexes": [
                {
                    "name": "by-owner",
                    "hashKey": "owner",
                    "rangeKey": "at",
                    "projectionType": "INCLUDE",
                    "nonKeyAttributes": ["title"],
                }
            ],
            "streamEnabled": True,
            "streamViewType": "NEW_AND_OLD_IMAGES",
            "deletionProtectionEnabled": False,
            "serverSideEncryption": {"enabled": True},
            "ttl": {"attributeName": "expires", "enabled": True},
            "pointInTimeRecovery": {"enabled": True},
            "tags": TAGS,
        },
        {
            "hashKey": "id",
            "attributes": [{"name": "id", "type": "S"}],
            "readCapacity": 2,
            "writeCapacity": 3,
        },
    ],
    "aws:sqs/queue:Queue": lambda lab: [
        {
            "visibilityTimeoutSeconds": 180,
            "messageRetentionSeconds": 3600,
            "delaySeconds": 1,
            "receiveWaitTimeSeconds": 5,
            "maxMessageSize": 2048,
            "sqsManagedSseEnabled": True,
            "redrivePolicy": json.dumps(
                {"deadLetterTargetArn": lab.queue()["arn"], "maxReceiveCount": 5}
            ),
            "policy": POLICY,
            "tags": TAGS,
        },
        {"fifoQueue": True, "contentBasedDeduplication": True},
    ],
    "aws:sns/topic:Topic": lambda lab: [
        {"displayName": "notes", "kmsMasterKeyId": "alias/aws/sns", "tags": TAGS},
        {"fifoTopic": True, "contentBasedDeduplication": True},
    ],
    "aws:secretsmanager/secret:Secret": lambda lab: [
        {
            "description": "a secret",
            "kmsKeyId": "alias/notes",
            "policy": POLICY,
            "recoveryWindowInDays": 0,
            "tags": TAGS,
        }
    ],
    "aws:secretsmanager/secretVersion:SecretVersion": lambda lab: [
        {
            "secretId": lab.state("aws:secretsmanager/secret:Secret")["arn"],
            "secretString": Secret('{"password": "x"}'),
        },
        {
            "secretId": lab.state("aws:secretsmanager/secret:Secret")["arn"],
            "secretBinary": Secret(base64.b64encode(b"x").decode()),
        },
    ],
    "aws:ssm/parameter:Parameter": lambda lab: [
        {
            "type": "SecureString",
            "value": Secret("hidden"),
            "description": "a parameter",
            "tier": "Standard",
            "allowedPattern": ".*",
            "dataType": "text",
            "tags": TAGS,
        },
        {"type": "String", "insecureValue": "seen", "name": "/notes/greeting"},
    ],
    "aws:cloudwatch/logGroup:LogGroup": lambda lab: [{"retentionInDays": 30, "tags": TAGS}],
    "aws:s3/bucket:Bucket": lambda lab: [{"forceDestroy": True, "tags": TAGS}],
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": lambda lab: [
        {"bucket": lab.bucket(), "blockPublicAcls": True, "restrictPublicBuckets": True}
    ],
    "aws:s3/bucketPolicy:BucketPolicy": lambda lab: [{"bucket": lab.bucket(), "policy": POLICY}],
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        lambda lab: [
            {
                "bucket": lab.bucket(),
                "rules": [
                    {
                        "applyServerSideEncryptionByDefault": {
                            "sseAlgorithm": "aws:kms",
                            "kmsMasterKeyId": "arn:aws:kms:us-east-1:123456789012:key/k",
                        },
                        "bucketKeyEnabled": True,
                    }
                ],
            }
        ]
    ),
    "aws:s3/bucketVersioning:BucketVersioning": lambda lab: [
        {"bucket": lab.bucket(), "versioningConfiguration": {"status": "Enabled"}}
    ],
    "aws:s3/bucketObjectv2:BucketObjectv2": lambda lab: [
        {
            "bucket": lab.bucket(),
            "key": "bundles/a.zip",
            "source": asset("zip"),
            "contentType": "application/zip",
            "cacheControl": "no-cache",
            "contentEncoding": "gzip",
            "metadata": {"app": "notes"},
            "serverSideEncryption": "AES256",
            "storageClass": "STANDARD_IA",
            "tags": TAGS,
        },
        {
            "bucket": lab.bucket(),
            "contentBase64": base64.b64encode(b"\x00\xff").decode(),
        },
    ],
}


MORE = {
    "aws:cloudwatch/logGroup:LogGroup": lambda lab: [
        {
            "kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/k",
            "logGroupClass": "INFREQUENT_ACCESS",
            "deletionProtectionEnabled": False,
        }
    ],
    "aws:dynamodb/table:Table": lambda lab: [
        {
            "billingMode": "PAY_PER_REQUEST",
            "hashKey": "id",
            "rangeKey": "at",
            "attributes": [
                {"name": "id", "type": "S"},
                {"name": "at", "type": "N"},
                {"name": "b", "type": "S"},
            ],
            "localSecondaryIndexes": [{"name": "local", "rangeKey": "b", "projectionType": "ALL"}],
            "tableClass": "STANDARD_INFREQUENT_ACCESS",
            "onDemandThroughput": {"maxReadRequestUnits": 10, "maxWriteRequestUnits": 10},
        }
    ],
    "aws:s3/bucketObjectv2:BucketObjectv2": lambda lab: [
        {
            "bucket": lab.bucket(),
            "key": "b",
            "content": "x",
            "contentDisposition": "inline",
            "contentLanguage": "en",
            "serverSideEncryption": "aws:kms",
            "kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/k",
            "bucketKeyEnabled": True,
            "websiteRedirect": "/c",
        }
    ],
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": lambda lab: [
        {"bucket": lab.bucket(), "blockPublicPolicy": True, "ignorePublicAcls": True}
    ],
    "aws:secretsmanager/secretVersion:SecretVersion": lambda lab: [
        {
            "secretId": lab.state("aws:secretsmanager/secret:Secret")["arn"],
            "secretString": Secret("x"),
            "versionStages": ["AWSCURRENT", "blue"],
        }
    ],
    "aws:sns/topic:Topic": lambda lab: [
        {
            "policy": POLICY,
            "signatureVersion": 2,
            "tracingConfig": "Active",
            "deliveryPolicy": json.dumps({"http": {}}),
        }
    ],
    "aws:sqs/queue:Queue": lambda lab: [
        {
            "kmsMasterKeyId": "alias/aws/sqs",
            "kmsDataKeyReusePeriodSeconds": 300,
            "redriveAllowPolicy": json.dumps({"redrivePermission": "denyAll"}),
        },
        {"fifoQueue": True, "deduplicationScope": "queue", "fifoThroughputLimit": "perQueue"},
    ],
    "aws:ssm/parameter:Parameter": lambda lab: [
        {"type": "SecureString", "value": Secret("x"), "keyId": "alias/aws/ssm"}
    ],
}


UNSAMPLED = {
    "aws:dynamodb/table:Table": ("warmThroughput",),
    "aws:s3/bucketObjectv2:BucketObjectv2": (
        "objectLockLegalHoldStatus",
        "objectLockMode",
        "objectLockRetainUntilDate",
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        "expectedBucketOwner",
    ),
    "aws:s3/bucketVersioning:BucketVersioning": ("expectedBucketOwner", "mfa"),
    "aws:sns/topic:Topic": ("archivePolicy", "fifoThroughputScope", "maximumMessageSize"),
    "aws:sns/topicSubscription:TopicSubscription": (
        "deliveryPolicy",
        "replayPolicy",
        "subscriptionRoleArn",
    ),
}
