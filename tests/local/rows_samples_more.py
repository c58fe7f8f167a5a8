"""Inputs for the rows of what stands beside an app: machines, file systems, workflows, mail."""

import base64
import json

import rows_samples_data as data
from rows_kit import POLICY, TAGS
from rows_samples_network import network, subnet

OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"
DEFINITION = json.dumps(
    {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}, separators=(",", ":")
)


def file_system(lab):
    return lab.state("aws:efs/fileSystem:FileSystem")["id"]


def trusting(service, lab):
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return lab.state("aws:iam/role:Role", assumeRolePolicy=policy)["arn"]


SAMPLES = {
    "aws:ec2/instance:Instance": lambda lab: [
        {
            "ami": lab.image(),
            "instanceType": "t4g.small",
            "subnetId": lab.subnets()[0],
            "vpcSecurityGroupIds": [lab.group()],
            "keyName": "notes",
            "userData": "#!/bin/sh\necho hello",
            "monitoring": True,
            "ebsOptimized": True,
            "disableApiTermination": False,
            "associatePublicIpAddress": True,
            "tags": TAGS,
        },
        {
            "ami": lab.image(),
            "instanceType": "t4g.small",
            "userDataBase64": base64.b64encode(b"#!/bin/sh").decode(),
            "availabilityZone": "us-east-1b",
            "tenancy": "default",
        },
        {
            "launchTemplate": {"id": lab.template()["id"], "version": "1"},
            "subnetId": subnet(lab, network(lab)),
            "privateIp": "10.1.1.99",
            "iamInstanceProfile": lab.state(
                "aws:iam/instanceProfile:InstanceProfile", role=lab.role()["name"]
            )["name"],
        },
    ],
    "aws:efs/fileSystem:FileSystem": lambda lab: [
        {
            "creationToken": lab.fresh("files"),
            "encrypted": True,
            "kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/k",
            "performanceMode": "generalPurpose",
            "throughputMode": "provisioned",
            "provisionedThroughputInMibps": 10,
            "lifecyclePolicies": [{"transitionToIa": "AFTER_30_DAYS"}],
            "tags": TAGS,
        },
        {"availabilityZoneName": "us-east-1a"},
    ],
    "aws:efs/mountTarget:MountTarget": lambda lab: [
        {
            "fileSystemId": file_system(lab),
            "subnetId": subnet(lab, network(lab)),
            "ipAddress": "10.1.1.77",
            "securityGroups": [lab.group()],
        }
    ],
    "aws:efs/accessPoint:AccessPoint": lambda lab: [
        {
            "fileSystemId": file_system(lab),
            "posixUser": {"uid": 1000, "gid": 1000},
            "rootDirectory": {
                "path": "/notes",
                "creationInfo": {"ownerUid": 1000, "ownerGid": 1000, "permissions": "755"},
            },
            "tags": TAGS,
        }
    ],
    "aws:sfn/stateMachine:StateMachine": lambda lab: [
        {
            "definition": DEFINITION,
            "roleArn": trusting("states.amazonaws.com", lab),
            "type": "EXPRESS",
            "loggingConfiguration": {
                "level": "ALL",
                "includeExecutionData": False,
                "logDestination": lab.state("aws:cloudwatch/logGroup:LogGroup")["arn"] + ":*",
            },
            "publish": True,
            "tracingConfiguration": {"enabled": True},
            "tags": TAGS,
        }
    ],
    "aws:ses/emailIdentity:EmailIdentity": lambda lab: [{"email": f"{lab.fresh('a')}@b.example"}],
    "aws:ses/domainIdentity:DomainIdentity": lambda lab: [{"domain": f"{lab.fresh('a')}.example"}],
    "aws:s3/bucketObject:BucketObject": lambda lab: [
        {word: value for word, value in one.items() if word != "checksumAlgorithm"}
        for one in (*data.SAMPLES[OBJECT](lab), *data.MORE[OBJECT](lab))
    ],
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": lambda lab: [
        {"bucket": lab.bucket(), "rule": {"objectOwnership": "BucketOwnerPreferred"}}
    ],
    "aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration": lambda lab: [
        {
            "bucket": lab.bucket(),
            "indexDocument": {"suffix": "index.html"},
            "errorDocument": {"key": "error.html"},
        },
        {
            "bucket": lab.bucket(),
            "redirectAllRequestsTo": {"hostName": "b.example", "protocol": "https"},
        },
    ],
}


SAMPLES |= {
    "aws:iam/user:User": lambda lab: [
        {
            "path": "/team/",
            "permissionsBoundary": lab.state("aws:iam/policy:Policy", policy=POLICY)["arn"],
            "tags": TAGS,
        }
    ],
    "aws:iam/group:Group": lambda lab: [{"path": "/team/"}],
}
UNSAMPLED = {
    "aws:s3/bucketObject:BucketObject": data.UNSAMPLED[OBJECT],
}
