"""ElastiCache: caches that a real server on this machine serves."""

from platform_lib.local.account import Account
from platform_lib.local.provider.row import Call, Look, Name, Properties, Row, Tags, because

_ARN = {"ResourceName": "{arn}"}
_TAGS = Tags(
    "add_tags_to_resource",
    "remove_tags_from_resource",
    _ARN,
    Look("list_tags_for_resource", {"ResourceName": "{ARN}"}),
)
_NO_BACKUPS = "backups are not kept locally"
_ONE_SERVER = "one server stands for a cache here: it has no shards and no replicas"
_FORGETS = "moto forgets it"
_SUBNETS = {"CacheSubnetGroupName": "{id}"}
_LOGS = "the server writes to the local cloud's own logs"


def _alive(account: Account, values: Properties, found: Properties) -> Properties | None:
    """Leave out what moto lists after it was deleted."""
    status = found.get("CacheClusterStatus") or found.get("Status")
    return None if status in ("deleting", "deleted") else found


ROWS = (
    Row(
        type="aws:elasticache/subnetGroup:SubnetGroup",
        service="elasticache",
        noun="CacheSubnetGroup",
        name=Name("name", 255, lower=True),
        create=Call("create_cache_subnet_group"),
        id="CacheSubnetGroup.CacheSubnetGroupName",
        looks=(Look("describe_cache_subnet_groups", _SUBNETS, "CacheSubnetGroups[0]"),),
        delete=Call("delete_cache_subnet_group", _SUBNETS),
        defaults={"description": "Managed by Pulumi"},
        back={"name": "CacheSubnetGroupName", "subnetIds": "Subnets[].SubnetIdentifier"},
        outputs={
            "arn": "arn:aws:elasticache:{region}:{account}:subnetgroup:{id}",
            "vpcId": "VpcId",
        },
        dropped={"tags": "moto tells no tags of a group"},
    ),
    Row(
        type="aws:elasticache/cluster:Cluster",
        service="elasticache",
        noun="CacheCluster",
        name=Name("clusterId", 50, lower=True),
        create=Call("create_cache_cluster"),
        id="CacheCluster.CacheClusterId",
        looks=(Look("describe_cache_clusters", {"CacheClusterId": "{id}"}, "CacheClusters[0]"),),
        seen=_alive,
        delete=Call("delete_cache_cluster", {"CacheClusterId": "{id}"}),
        renames={
            "availabilityZone": "PreferredAvailabilityZone",
            "clusterId": "CacheClusterId",
            "maintenanceWindow": "PreferredMaintenanceWindow",
            "nodeType": "CacheNodeType",
            "parameterGroupName": "CacheParameterGroupName",
            "subnetGroupName": "CacheSubnetGroupName",
        },
        tags=_TAGS,
        endpoint=("cache_cluster", "{id}"),
        keeps=(
            "availabilityZone",
            "azMode",
            "engine",
            "engineVersion",
            "ipDiscovery",
            "maintenanceWindow",
            "networkType",
            "nodeType",
            "numCacheNodes",
            "parameterGroupName",
            "port",
            "securityGroupIds",
            "snapshotWindow",
            "subnetGroupName",
            "transitEncryptionEnabled",
        ),
        unset={"autoMinorVersionUpgrade": "true"},
        outputs={
            "arn": "ARN",
            "cacheNodes": [
                {"id": "0001", "address": "127.0.0.1", "port": "{endpointPort}"},
            ],
            "clusterAddress": "'127.0.0.1'",
            "engineVersionActual": "EngineVersion",
            "port": "{endpointPort}",
        },
        dropped={
            **because(
                _FORGETS,
                "availabilityZone",
                "azMode",
                "ipDiscovery",
                "maintenanceWindow",
                "networkType",
                "notificationTopicArn",
                "parameterGroupName",
                "securityGroupIds",
                "snapshotWindow",
                "transitEncryptionEnabled",
            ),
            "port": "it is the one here that a read gives",
        },
        ignored={
            "applyImmediately": "every change is made at once here",
            "finalSnapshotIdentifier": _NO_BACKUPS,
            "logDeliveryConfigurations": _LOGS,
        },
        refused={
            **because(_NO_BACKUPS, "snapshotArns", "snapshotName"),
            **because(_ONE_SERVER, "preferredAvailabilityZones", "replicationGroupId"),
            **because("outposts are not imitated", "outpostMode", "preferredOutpostArn"),
        },
    ),
    Row(
        type="aws:elasticache/replicationGroup:ReplicationGroup",
        service="elasticache",
        noun="ReplicationGroup",
        name=Name("replicationGroupId", 40, lower=True),
        create=Call("create_replication_group"),
        id="ReplicationGroup.ReplicationGroupId",
        looks=(
            Look(
                "describe_replication_groups",
                {"ReplicationGroupId": "{id}"},
                "ReplicationGroups[0]",
            ),
        ),
        seen=_alive,
        delete=Call("delete_replication_group", {"ReplicationGroupId": "{id}"}),
        renames={
            "description": "ReplicationGroupDescription",
            "maintenanceWindow": "PreferredMaintenanceWindow",
            "multiAzEnabled": "MultiAZEnabled",
            "nodeType": "CacheNodeType",
            "parameterGroupName": "CacheParameterGroupName",
            "preferredCacheClusterAzs": "PreferredCacheClusterAZs",
            "subnetGroupName": "CacheSubnetGroupName",
        },
        update=(
            Call(
                "modify_replication_group",
                {"ReplicationGroupId": "{id}", "ApplyImmediately": True},
                takes=("description",),
            ),
        ),
        tags=_TAGS,
        secret=("authToken",),
        keeps=(
            "atRestEncryptionEnabled",
            "autoMinorVersionUpgrade",
            "engineVersion",
            "ipDiscovery",
            "maintenanceWindow",
            "networkType",
            "nodeType",
            "numCacheClusters",
            "parameterGroupName",
            "securityGroupIds",
            "snapshotWindow",
            "subnetGroupName",
            "transitEncryptionEnabled",
            "transitEncryptionMode",
        ),
        unset={"multiAzEnabled": False},
        back={
            "automaticFailoverEnabled": "AutomaticFailover == 'enabled'",
            "description": "Description",
            "multiAzEnabled": "MultiAZ == 'enabled'",
        },
        endpoint=("cache_group", "{id}"),
        outputs={
            "arn": "ARN",
            "configurationEndpointAddress": "'127.0.0.1'",
            "memberClusters": "MemberClusters || `[]`",
            "port": "{endpointPort}",
            "primaryEndpointAddress": "'127.0.0.1'",
            "readerEndpointAddress": "'127.0.0.1'",
        },
        dropped={
            **because(
                _FORGETS,
                "engine",
                "engineVersion",
                "maintenanceWindow",
                "notificationTopicArn",
                "numCacheClusters",
                "parameterGroupName",
                "preferredCacheClusterAzs",
                "securityGroupIds",
                "subnetGroupName",
                "transitEncryptionMode",
                "userGroupIds",
            ),
            "authToken": "nobody can read it back",
            "port": "it is the one here that a read gives",
        },
        ignored={
            "applyImmediately": "every change is made at once here",
            "authTokenUpdateStrategy": "another token makes another cache here",
            "finalSnapshotIdentifier": _NO_BACKUPS,
            "logDeliveryConfigurations": _LOGS,
        },
        refused={
            **because(_NO_BACKUPS, "snapshotArns", "snapshotName"),
            **because(
                _ONE_SERVER,
                "clusterMode",
                "dataTieringEnabled",
                "durability",
                "globalReplicationGroupId",
                "nodeGroupConfigurations",
                "numNodeGroups",
                "replicasPerNodeGroup",
            ),
            **because(
                "the engine of the local cloud keeps no write-only inputs: give it as a secret",
                "authTokenWo",
                "authTokenWoVersion",
            ),
            "securityGroupNames": "they are of networks before VPCs",
        },
    ),
)
