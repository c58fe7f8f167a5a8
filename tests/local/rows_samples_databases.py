"""Inputs for the rows of databases."""

from rows_kit import TAGS

from platform_lib.local.provider.values import Secret


def subnet_group(lab):
    return lab.state("aws:rds/subnetGroup:SubnetGroup", subnetIds=lab.subnets())["name"]


def parameters(lab):
    return lab.state("aws:rds/parameterGroup:ParameterGroup", family="postgres16")["name"]


def cluster(lab):
    return lab.state(
        "aws:rds/cluster:Cluster",
        engine="aurora-postgresql",
        masterUsername="notes",
        masterPassword="a-long-password",
        skipFinalSnapshot=True,
    )["id"]


def cache_subnets(lab):
    return lab.state("aws:elasticache/subnetGroup:SubnetGroup", subnetIds=lab.subnets())["name"]


SAMPLES = {
    "aws:elasticache/subnetGroup:SubnetGroup": lambda lab: [
        {"subnetIds": lab.subnets(), "description": "inside"}
    ],
    "aws:elasticache/cluster:Cluster": lambda lab: [
        {
            "engine": "redis",
            "engineVersion": "7.1",
            "nodeType": "cache.t4g.micro",
            "numCacheNodes": 1,
            "port": 6380,
            "subnetGroupName": cache_subnets(lab),
            "autoMinorVersionUpgrade": "true",
            "snapshotRetentionLimit": 1,
            "tags": TAGS,
        }
    ],
    "aws:elasticache/replicationGroup:ReplicationGroup": lambda lab: [
        {
            "description": "sessions",
            "engine": "valkey",
            "engineVersion": "8.0",
            "nodeType": "cache.t4g.micro",
            "numCacheClusters": 2,
            "automaticFailoverEnabled": True,
            "multiAzEnabled": True,
            "atRestEncryptionEnabled": True,
            "transitEncryptionEnabled": True,
            "kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/k",
            "authToken": Secret("a-token-of-sixteen-or-more"),
            "autoMinorVersionUpgrade": True,
            "snapshotRetentionLimit": 1,
            "snapshotWindow": "03:00-05:00",
            "networkType": "ipv4",
            "ipDiscovery": "ipv4",
            "tags": TAGS,
        }
    ],
    "aws:rds/cluster:Cluster": lambda lab: [
        {
            "engine": "aurora-postgresql",
            "engineVersion": "16.4",
            "engineMode": "provisioned",
            "databaseName": "notes",
            "masterUsername": "notes",
            "masterPassword": Secret("a-long-password"),
            "port": 5433,
            "dbSubnetGroupName": subnet_group(lab),
            "dbClusterParameterGroupName": "default.aurora-postgresql16",
            "vpcSecurityGroupIds": [lab.group()],
            "backupRetentionPeriod": 7,
            "preferredBackupWindow": "03:00-03:30",
            "preferredMaintenanceWindow": "sun:05:00-sun:05:30",
            "copyTagsToSnapshot": True,
            "deletionProtection": False,
            "enabledCloudwatchLogsExports": ["postgresql"],
            "iamDatabaseAuthenticationEnabled": True,
            "storageEncrypted": True,
            "kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/k",
            "serverlessv2ScalingConfiguration": {"minCapacity": 0.5, "maxCapacity": 2},
            "skipFinalSnapshot": True,
            "tags": TAGS,
        },
        {
            "engine": "aurora-postgresql",
            "masterUsername": "notes",
            "manageMasterUserPassword": True,
            "skipFinalSnapshot": True,
        },
    ],
    "aws:rds/clusterInstance:ClusterInstance": lambda lab: [
        {
            "clusterIdentifier": cluster(lab),
            "engine": "aurora-postgresql",
            "engineVersion": "16.4",
            "instanceClass": "db.serverless",
            "dbSubnetGroupName": subnet_group(lab),
            "dbParameterGroupName": parameters(lab),
            "availabilityZone": "us-east-1b",
            "autoMinorVersionUpgrade": True,
            "caCertIdentifier": "rds-ca-rsa2048-g1",
            "copyTagsToSnapshot": True,
            "monitoringInterval": 60,
            "monitoringRoleArn": lab.role()["arn"],
            "preferredBackupWindow": "03:00-03:30",
            "preferredMaintenanceWindow": "sun:05:00-sun:05:30",
            "promotionTier": 1,
            "publiclyAccessible": False,
            "tags": TAGS,
        }
    ],
    "aws:rds/subnetGroup:SubnetGroup": lambda lab: [
        {"subnetIds": lab.subnets(), "description": "inside", "tags": TAGS}
    ],
    "aws:rds/parameterGroup:ParameterGroup": lambda lab: [
        {
            "family": "postgres16",
            "description": "ours",
            "parameters": [{"name": "log_statement", "value": "all"}],
            "tags": TAGS,
        }
    ],
    "aws:rds/instance:Instance": lambda lab: [
        {
            "engine": "postgres",
            "engineVersion": "16.3",
            "instanceClass": "db.t4g.micro",
            "allocatedStorage": 400,
            "maxAllocatedStorage": 1000,
            "storageType": "gp3",
            "storageThroughput": 500,
            "storageEncrypted": True,
            "kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/k",
            "dbName": "notes",
            "username": "notes",
            "password": Secret("a-long-password"),
            "port": 5433,
            "dbSubnetGroupName": subnet_group(lab),
            "vpcSecurityGroupIds": [lab.group()],
            "parameterGroupName": parameters(lab),
            "availabilityZone": "us-east-1b",
            "multiAz": False,
            "publiclyAccessible": False,
            "autoMinorVersionUpgrade": True,
            "backupRetentionPeriod": 7,
            "backupWindow": "03:00-03:30",
            "maintenanceWindow": "sun:05:00-sun:05:30",
            "copyTagsToSnapshot": True,
            "deletionProtection": False,
            "enabledCloudwatchLogsExports": ["postgresql"],
            "iamDatabaseAuthenticationEnabled": True,
            "skipFinalSnapshot": True,
            "caCertIdentifier": "rds-ca-rsa2048-g1",
            "licenseModel": "postgresql-license",
            "monitoringInterval": 60,
            "monitoringRoleArn": lab.role()["arn"],
            "tags": TAGS,
        },
        {
            "engine": "postgres",
            "instanceClass": "db.t4g.micro",
            "allocatedStorage": 400,
            "storageType": "io1",
            "iops": 3000,
            "username": "notes",
            "manageMasterUserPassword": True,
            "skipFinalSnapshot": True,
        },
    ],
}
UNSAMPLED = {
    "aws:rds/cluster:Cluster": (
        "availabilityZones",
        "enableHttpEndpoint",
        "masterUserSecretKmsKeyId",
        "networkType",
        "scalingConfiguration",
        "storageType",
    ),
    "aws:rds/instance:Instance": (
        "masterUserSecretKmsKeyId",
        "optionGroupName",
    ),
}
