"""EFS: file systems are kept, and nothing mounts them."""

from platform_lib.local.provider.row import Call, Look, Row, Tags, because

_SYSTEM = {"FileSystemId": "{id}"}
_TAGS = Tags("tag_resource", "untag_resource", {"ResourceId": "{id}"})

ROWS = (
    Row(
        type="aws:efs/fileSystem:FileSystem",
        service="efs",
        create=Call("create_file_system"),
        id="FileSystemId",
        looks=(
            Look("describe_file_systems", _SYSTEM, "FileSystems[0]"),
            Look("describe_lifecycle_configuration", _SYSTEM),
        ),
        delete=Call("delete_file_system", _SYSTEM),
        also=(Call("put_lifecycle_configuration", _SYSTEM, takes=("lifecyclePolicies",)),),
        update=(Call("put_lifecycle_configuration", _SYSTEM, takes=("lifecyclePolicies",)),),
        tags=_TAGS,
        keeps=(
            "availabilityZoneName",
            "creationToken",
            "encrypted",
            "kmsKeyId",
            "performanceMode",
        ),
        unset={"throughputMode": "bursting"},
        outputs={
            "arn": "arn:aws:elasticfilesystem:{region}:{account}:file-system/{id}",
            "creationToken": "CreationToken",
            "dnsName": "{id}.efs.{region}.amazonaws.com",
            "ownerId": "{account}",
        },
        refused={"protection": "replication is not imitated"},
    ),
    Row(
        type="aws:efs/mountTarget:MountTarget",
        service="efs",
        create=Call("create_mount_target"),
        id="MountTargetId",
        looks=(Look("describe_mount_targets", {"MountTargetId": "{id}"}, "MountTargets[0]"),),
        delete=Call("delete_mount_target", {"MountTargetId": "{id}"}),
        keeps=("ipAddress", "securityGroups"),
        outputs={
            "dnsName": "{fileSystemId}.efs.{region}.amazonaws.com",
            "ipAddress": "IpAddress",
            "networkInterfaceId": "NetworkInterfaceId",
        },
        dropped={"securityGroups": "another operation's to read"},
        refused=because("moto's targets have IPv4 alone", "ipAddressType", "ipv6Address"),
    ),
    Row(
        type="aws:efs/accessPoint:AccessPoint",
        service="efs",
        create=Call("create_access_point"),
        id="AccessPointId",
        looks=(Look("describe_access_points", {"AccessPointId": "{id}"}, "AccessPoints[0]"),),
        delete=Call("delete_access_point", {"AccessPointId": "{id}"}),
        tags=_TAGS,
        keeps=("rootDirectory",),
        outputs={"arn": "AccessPointArn", "ownerId": "{account}"},
    ),
)
