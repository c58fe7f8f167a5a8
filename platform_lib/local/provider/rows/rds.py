"""RDS: databases that a real server on this machine serves, and what they stand in."""

from platform_lib.local.account import Account
from platform_lib.local.errors import LocalCloudError
from platform_lib.local.provider.calls import call_aws
from platform_lib.local.provider.row import Call, Look, Name, Properties, Row, Tags, because

_ARN = {"ResourceName": "{arn}"}
_TAGS = Tags("add_tags_to_resource", "remove_tags_from_resource", _ARN)


def _read(member: str) -> Tags:
    look = Look("list_tags_for_resource", {"ResourceName": "{" + member + "}"})
    return Tags(_TAGS.add, _TAGS.remove, _ARN, look)


_FORGETS = "moto forgets it"
_NO_BACKUPS = "backups are not kept locally"
_ONE_SERVER = "one server stands for a database here: nothing follows it, and nothing follows"
_WRITE_ONLY = "the engine of the local cloud keeps no write-only inputs: give it as a secret"
_NO_DOMAINS = "directories are not imitated"
_DELETED = "a destroy reads it from the state"
_AT_ONCE = "every change is made at once here"
_MANAGED = (
    "MasterUserSecret && [{kmsKeyId: MasterUserSecret.KmsKeyId, "
    "secretArn: MasterUserSecret.SecretArn, secretStatus: 'active'}]"
)
_VPC = "VpcSecurityGroups[].VpcSecurityGroupId"


def _need_snapshot(account: Account, state: Properties) -> None:
    """Refuse what the provider refuses: a delete that says nothing of a last snapshot."""
    # What the journal knows has the few words of a delete alone: that is no program's.
    made = "engine" in state or "instanceClass" in state
    if made and not state.get("skipFinalSnapshot") and not state.get("finalSnapshotIdentifier"):
        raise LocalCloudError(
            "final_snapshot_identifier is required when skip_final_snapshot is false"
        )


_EXPORTS = "enabledCloudwatchLogsExports"


def _exports_changed(account: Account, before: Properties, after: Properties) -> None:
    """Say what is exported to CloudWatch from now on, and what no more."""
    old, new = set(before.get(_EXPORTS) or ()), set(after.get(_EXPORTS) or ())
    if old != new:
        change = {"EnableLogTypes": sorted(new - old), "DisableLogTypes": sorted(old - new)}
        request = {
            "DBInstanceIdentifier": after["identifier"],
            "CloudwatchLogsExportConfiguration": change,
        }
        call_aws(account, "rds", "modify_db_instance", request)


def _set_parameters(account: Account, state: Properties) -> None:
    _parameters_changed(account, {}, state)


def _parameters_changed(account: Account, before: Properties, after: Properties) -> None:
    """Set a group's parameters, and those that are no more back to what they are by themselves."""
    old = {one["name"]: one for one in before.get("parameters") or ()}
    new = {one["name"]: one for one in after.get("parameters") or ()}
    group = {"DBParameterGroupName": after["name"]}
    changed = [_parameter(one) for name, one in new.items() if old.get(name) != one]
    if changed:
        call_aws(account, "rds", "modify_db_parameter_group", {**group, "Parameters": changed})
    gone = [_parameter(old[name]) for name in sorted(old.keys() - new.keys())]
    if gone:
        call_aws(account, "rds", "reset_db_parameter_group", {**group, "Parameters": gone})


def _parameter(one: Properties) -> Properties:
    return {
        "ParameterName": one["name"],
        "ParameterValue": str(one["value"]),
        "ApplyMethod": one.get("applyMethod", "immediate"),
    }


_GROUP = {"DBSubnetGroupName": "{id}"}
_PARAMETERS = {"DBParameterGroupName": "{id}"}

ROWS = (
    Row(
        type="aws:rds/subnetGroup:SubnetGroup",
        service="rds",
        noun="DBSubnetGroup",
        name=Name("name", 255, lower=True),
        create=Call("create_db_subnet_group"),
        id="DBSubnetGroup.DBSubnetGroupName",
        looks=(Look("describe_db_subnet_groups", _GROUP, "DBSubnetGroups[0]"),),
        delete=Call("delete_db_subnet_group", _GROUP),
        defaults={"description": "Managed by Pulumi"},
        update=(Call("modify_db_subnet_group", _GROUP, whole=True),),
        replace=("name",),
        back={"name": "DBSubnetGroupName", "subnetIds": "Subnets[].SubnetIdentifier"},
        tags=_read("DBSubnetGroupArn"),
        outputs={
            "arn": "arn:aws:rds:{region}:{account}:subgrp:{id}",
            "supportedNetworkTypes": "SupportedNetworkTypes || ['IPV4']",
            "vpcId": "VpcId",
        },
    ),
    Row(
        type="aws:rds/parameterGroup:ParameterGroup",
        service="rds",
        noun="DBParameterGroup",
        name=Name("name", 255, lower=True),
        create=Call("create_db_parameter_group"),
        id="DBParameterGroup.DBParameterGroupName",
        looks=(Look("describe_db_parameter_groups", _PARAMETERS, "DBParameterGroups[0]"),),
        delete=Call("delete_db_parameter_group", _PARAMETERS),
        defaults={"description": "Managed by Pulumi"},
        hooked=("parameters",),
        created=_set_parameters,
        updated=_parameters_changed,
        tags=_read("DBParameterGroupArn"),
        outputs={"arn": "arn:aws:rds:{region}:{account}:pg:{id}"},
        ignored={"skipDestroy": "locally a destroy leaves nothing"},
    ),
    Row(
        type="aws:rds/instance:Instance",
        service="rds",
        noun="DBInstance",
        name=Name("identifier", 63, lower=True),
        create=Call("create_db_instance"),
        id="DBInstance.DbiResourceId",
        looks=(
            Look(
                "describe_db_instances",
                {},
                "DBInstances[?DbiResourceId=='{id}' || DBInstanceIdentifier=='{id}'] | [0]",
            ),
        ),
        deleting=_need_snapshot,
        delete=Call(
            "delete_db_instance",
            {
                "DBInstanceIdentifier": "{identifier}",
                "FinalDBSnapshotIdentifier": "{finalSnapshotIdentifier}",
                "SkipFinalSnapshot": "{skipFinalSnapshot}",
            },
        ),
        renames={
            "backupWindow": "PreferredBackupWindow",
            "caCertIdentifier": "CACertificateIdentifier",
            "customerOwnedIpEnabled": "EnableCustomerOwnedIp",
            "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
            "iamDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
            "instanceClass": "DBInstanceClass",
            "maintenanceWindow": "PreferredMaintenanceWindow",
            "parameterGroupName": "DBParameterGroupName",
            "password": "MasterUserPassword",
            "performanceInsightsEnabled": "EnablePerformanceInsights",
            "username": "MasterUsername",
        },
        update=(
            Call(
                "modify_db_instance",
                {"DBInstanceIdentifier": "{identifier}", "ApplyImmediately": True},
                renames={"port": "DBPortNumber"},
            ),
        ),
        hooked=(_EXPORTS,),
        updated=_exports_changed,
        keeps=(
            "allocatedStorage",
            "availabilityZone",
            "backupRetentionPeriod",
            "backupTarget",
            "backupWindow",
            "caCertIdentifier",
            "databaseInsightsMode",
            "dbName",
            "dbSubnetGroupName",
            "deletionProtection",
            "engine",
            "engineLifecycleSupport",
            "engineVersion",
            "iops",
            "kmsKeyId",
            "licenseModel",
            "maintenanceWindow",
            "masterUserSecretKmsKeyId",
            "monitoringRoleArn",
            "multiAz",
            "networkType",
            "optionGroupName",
            "parameterGroupName",
            "performanceInsightsKmsKeyId",
            "performanceInsightsRetentionPeriod",
            "port",
            "storageThroughput",
            "storageType",
            "username",
            "vpcSecurityGroupIds",
        ),
        unset={
            "deleteAutomatedBackups": True,
            # AWS turns it off where it is what is allocated: nothing is sent for it here.
            "maxAllocatedStorage": None,
            "autoMinorVersionUpgrade": True,
            "copyTagsToSnapshot": False,
            "dedicatedLogVolume": False,
            "monitoringInterval": 0,
            "performanceInsightsEnabled": False,
            "publiclyAccessible": False,
            "skipFinalSnapshot": False,
        },
        replace=("engine", "identifier"),
        tags=_TAGS,
        secret=("password",),
        back={
            "dbSubnetGroupName": "DBSubnetGroup.DBSubnetGroupName",
            _EXPORTS: "EnabledCloudwatchLogsExports",
            "iamDatabaseAuthenticationEnabled": "IAMDatabaseAuthenticationEnabled",
            "identifier": "DBInstanceIdentifier",
            "manageMasterUserPassword": "MasterUserSecret && `true`",
            "masterUserSecretKmsKeyId": "MasterUserSecret.KmsKeyId",
            "optionGroupName": "OptionGroupMemberships[0].OptionGroupName",
            "parameterGroupName": "DBParameterGroups[0].DBParameterGroupName",
            "port": "DbInstancePort",
            "vpcSecurityGroupIds": _VPC,
        },
        endpoint=("db_instance", "{id}"),
        outputs={
            "address": "'127.0.0.1'",
            "arn": "DBInstanceArn",
            "availabilityZone": "AvailabilityZone",
            "endpoint": "{endpoint}",
            "engineVersionActual": "EngineVersion",
            "masterUserSecrets": _MANAGED,
            "port": "{endpointPort}",
            "resourceId": "DbiResourceId",
            "status": "DBInstanceStatus",
        },
        dropped={
            "password": "nobody can read it back",
            **because(
                _FORGETS,
                "customerOwnedIpEnabled",
                "databaseInsightsMode",
                "dedicatedLogVolume",
                "engineLifecycleSupport",
                "networkType",
                "performanceInsightsEnabled",
                "performanceInsightsKmsKeyId",
                "performanceInsightsRetentionPeriod",
                "backupTarget",
            ),
        },
        ignored={
            **because(_AT_ONCE, "allowMajorVersionUpgrade", "applyImmediately", "blueGreenUpdate"),
            **because(
                _DELETED, "deleteAutomatedBackups", "finalSnapshotIdentifier", "skipFinalSnapshot"
            ),
            "upgradeStorageConfig": "storage is this machine's",
            "warningEventCategories": "it says which events to show while it waits",
        },
        refused={
            **because(_NO_BACKUPS, "restoreToPointInTime", "s3Import", "snapshotIdentifier"),
            **because(_ONE_SERVER, "replicaMode", "replicateSourceDb"),
            **because(_WRITE_ONLY, "passwordWo", "passwordWoVersion"),
            **because(
                _NO_DOMAINS,
                "domain",
                "domainAuthSecretArn",
                "domainDnsIps",
                "domainFqdn",
                "domainIamRoleName",
                "domainOu",
            ),
            **because(
                "only Oracle and SQL Server have it, and neither runs here",
                "characterSetName",
                "customIamInstanceProfile",
                "ncharCharacterSetName",
                "timezone",
            ),
        },
    ),
    Row(
        type="aws:rds/cluster:Cluster",
        service="rds",
        noun="DBCluster",
        name=Name("clusterIdentifier", 63, lower=True),
        create=Call("create_db_cluster"),
        id="DBCluster.DBClusterIdentifier",
        looks=(Look("describe_db_clusters", {"DBClusterIdentifier": "{id}"}, "DBClusters[0]"),),
        deleting=_need_snapshot,
        delete=Call(
            "delete_db_cluster",
            {
                "DBClusterIdentifier": "{id}",
                "FinalDBSnapshotIdentifier": "{finalSnapshotIdentifier}",
                "SkipFinalSnapshot": "{skipFinalSnapshot}",
            },
        ),
        renames={
            "clusterIdentifier": "DBClusterIdentifier",
            "dbClusterParameterGroupName": "DBClusterParameterGroupName",
            "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
            "iamDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
            "masterPassword": "MasterUserPassword",
            "performanceInsightsEnabled": "EnablePerformanceInsights",
            "serverlessv2ScalingConfiguration": "ServerlessV2ScalingConfiguration",
        },
        update=(
            Call("modify_db_cluster", {"DBClusterIdentifier": "{id}", "ApplyImmediately": True}),
        ),
        keeps=(
            "applyImmediately",
            "availabilityZones",
            "backupRetentionPeriod",
            "databaseInsightsMode",
            "databaseName",
            "dbClusterParameterGroupName",
            "dbSubnetGroupName",
            "dbSystemId",
            "deletionProtection",
            "engineLifecycleSupport",
            "engineVersion",
            "kmsKeyId",
            "masterUserSecretKmsKeyId",
            "masterUsername",
            "monitoringInterval",
            "monitoringRoleArn",
            "networkType",
            "performanceInsightsKmsKeyId",
            "performanceInsightsRetentionPeriod",
            "port",
            "preferredBackupWindow",
            "preferredMaintenanceWindow",
            "storageEncrypted",
            "storageType",
            "vpcSecurityGroupIds",
        ),
        unset={
            "deleteAutomatedBackups": True,
            "copyTagsToSnapshot": False,
            "enableHttpEndpoint": False,
            "engineMode": "provisioned",
            "skipFinalSnapshot": False,
        },
        replace=("clusterIdentifier", "engineMode"),
        tags=_TAGS,
        secret=("masterPassword",),
        back={
            "dbClusterParameterGroupName": "DBClusterParameterGroup",
            "dbSubnetGroupName": "DBSubnetGroup",
            "enableHttpEndpoint": "HttpEndpointEnabled",
            "enabledCloudwatchLogsExports": "EnabledCloudwatchLogsExports",
            "iamDatabaseAuthenticationEnabled": "IAMDatabaseAuthenticationEnabled",
            "manageMasterUserPassword": "MasterUserSecret && `true`",
            "masterUserSecretKmsKeyId": "MasterUserSecret.KmsKeyId",
            "vpcSecurityGroupIds": _VPC,
        },
        endpoint=("db_cluster", "{id}"),
        outputs={
            "arn": "DBClusterArn",
            "clusterMembers": "DBClusterMembers[].DBInstanceIdentifier || `[]`",
            "clusterResourceId": "DbClusterResourceId",
            "endpoint": "'127.0.0.1'",
            "engineVersionActual": "EngineVersion",
            "hostedZoneId": "HostedZoneId",
            "masterUserSecrets": _MANAGED,
            "port": "{endpointPort}",
            "readerEndpoint": "'127.0.0.1'",
        },
        dropped={
            "masterPassword": "nobody can read it back",
            "port": "it is the one here that a read gives",
            **because(
                _FORGETS,
                "databaseInsightsMode",
                "dbSystemId",
                "engineLifecycleSupport",
                "monitoringInterval",
                "monitoringRoleArn",
                "performanceInsightsEnabled",
                "performanceInsightsKmsKeyId",
                "performanceInsightsRetentionPeriod",
            ),
        },
        ignored={
            **because(_AT_ONCE, "allowMajorVersionUpgrade", "applyImmediately"),
            **because(
                _DELETED, "deleteAutomatedBackups", "finalSnapshotIdentifier", "skipFinalSnapshot"
            ),
            "clusterMembers": "instances say of which cluster they are",
            "dbInstanceParameterGroupName": "it counts in an upgrade of the major version alone",
            "warningEventCategories": "it says which events to show while it waits",
        },
        refused={
            **because(_NO_BACKUPS, "restoreToPointInTime", "s3Import", "snapshotIdentifier"),
            **because(
                _ONE_SERVER,
                "clusterScalabilityType",
                "enableGlobalWriteForwarding",
                "enableLocalWriteForwarding",
                "globalClusterIdentifier",
                "replicationSourceIdentifier",
                "sourceRegion",
            ),
            **because(_WRITE_ONLY, "masterPasswordWo", "masterPasswordWoVersion"),
            **because(_NO_DOMAINS, "domain", "domainIamRoleName"),
            **because(
                "clusters here are Aurora's, whose instances are resources of their own",
                "allocatedStorage",
                "backtrackWindow",
                "caCertificateIdentifier",
                "dbClusterInstanceClass",
                "iops",
                "publiclyAccessible",
                "autoMinorVersionUpgrade",
            ),
            "iamRoles": "nothing is read from or written to S3",
        },
    ),
    Row(
        type="aws:rds/clusterInstance:ClusterInstance",
        service="rds",
        noun="DBInstance",
        name=Name("identifier", 63, lower=True),
        create=Call("create_db_instance"),
        id="DBInstance.DBInstanceIdentifier",
        looks=(Look("describe_db_instances", {"DBInstanceIdentifier": "{id}"}, "DBInstances[0]"),),
        delete=Call("delete_db_instance", {"DBInstanceIdentifier": "{id}"}),
        renames={
            "caCertIdentifier": "CACertificateIdentifier",
            "clusterIdentifier": "DBClusterIdentifier",
            "dbParameterGroupName": "DBParameterGroupName",
            "instanceClass": "DBInstanceClass",
            "performanceInsightsEnabled": "EnablePerformanceInsights",
        },
        update=(
            Call(
                "modify_db_instance",
                {"DBInstanceIdentifier": "{id}", "ApplyImmediately": True},
            ),
        ),
        keeps=(
            "applyImmediately",
            "availabilityZone",
            "caCertIdentifier",
            "dbParameterGroupName",
            "dbSubnetGroupName",
            "engineVersion",
            "monitoringRoleArn",
            "performanceInsightsEnabled",
            "performanceInsightsKmsKeyId",
            "performanceInsightsRetentionPeriod",
            "preferredBackupWindow",
            "preferredMaintenanceWindow",
            "publiclyAccessible",
        ),
        unset={
            "autoMinorVersionUpgrade": True,
            "copyTagsToSnapshot": False,
            "monitoringInterval": 0,
            "promotionTier": 0,
        },
        replace=(
            "dbSubnetGroupName",
            "engine",
            "engineVersion",
            "identifier",
            "publiclyAccessible",
        ),
        tags=_TAGS,
        back={
            "dbParameterGroupName": "DBParameterGroups[0].DBParameterGroupName",
            "dbSubnetGroupName": "DBSubnetGroup.DBSubnetGroupName",
        },
        outputs={
            "arn": "DBInstanceArn",
            "dbiResourceId": "DbiResourceId",
            "endpoint": "Endpoint.Address",
            "port": "Endpoint.Port",
            "writer": "PromotionTier == `0` || PromotionTier == `1`",
        },
        dropped={
            "preferredBackupWindow": "the cluster's counts",
            **because(
                _FORGETS,
                "engineVersion",
                "performanceInsightsEnabled",
                "performanceInsightsKmsKeyId",
                "performanceInsightsRetentionPeriod",
                "promotionTier",
            ),
        },
        ignored={
            "applyImmediately": _AT_ONCE,
            "forceDestroy": "nothing holds an instance back here",
            "warningEventCategories": "it says which events to show while it waits",
        },
        refused={"customIamInstanceProfile": "RDS Custom is not imitated"},
    ),
)
