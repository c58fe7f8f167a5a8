"""EC2 instances by themselves: kept in the account, and nothing boots."""

import base64

from platform_lib.local.account import Account
from platform_lib.local.provider.row import Call, Look, Properties, Row, Tags, because

_INSTANCE = {"InstanceId": "{id}"}
_NOTHING_BOOTS = "no machine boots here: it has no effect"


def _user_data(inputs: Properties) -> Properties:
    """Take either wording of the user data: boto3 encodes it itself."""
    out = dict(inputs)
    if "userDataBase64" in out:
        text = out.pop("userDataBase64")
        given = isinstance(text, str)
        out["userData"] = base64.b64decode(text).decode(errors="replace") if given else text
    return out


def _alive(account: Account, values: Properties, found: Properties) -> Properties | None:
    """Leave out what EC2 lists for a while after it was ended."""
    ended = found["State"]["Name"] in ("shutting-down", "terminated")
    return None if ended else found


def _change(word: str, member: str) -> Call:
    return Call("modify_instance_attribute", _INSTANCE, takes=(word,), renames={word: member})


ROWS = (
    Row(
        type="aws:ec2/instance:Instance",
        service="ec2",
        create=Call("run_instances", {"MinCount": 1, "MaxCount": 1}),
        id="Instances[0].InstanceId",
        looks=(
            Look("describe_instances", {"InstanceIds": ["{id}"]}, "Reservations[0].Instances[0]"),
        ),
        seen=_alive,
        prepare=_user_data,
        delete=Call("terminate_instances", {"InstanceIds": ["{id}"]}),
        renames={
            "ami": "ImageId",
            "availabilityZone": "Placement.AvailabilityZone",
            "iamInstanceProfile": "IamInstanceProfile.Name",
            "launchTemplate.id": "LaunchTemplateId",
            "launchTemplate.name": "LaunchTemplateName",
            "monitoring": "Monitoring.Enabled",
            "privateIp": "PrivateIpAddress",
            "tenancy": "Placement.Tenancy",
            "vpcSecurityGroupIds": "SecurityGroupIds",
        },
        update=(
            _change("disableApiTermination", "DisableApiTermination.Value"),
            _change("ebsOptimized", "EbsOptimized.Value"),
            _change("instanceType", "InstanceType.Value"),
            _change("userData", "UserData.Value"),
            _change("vpcSecurityGroupIds", "Groups"),
        ),
        tag_specification="instance",
        tags=Tags("create_tags", "delete_tags", {"Resources": ["{id}"]}),
        unset={"sourceDestCheck": True},
        replace=("associatePublicIpAddress", "ebsOptimized", "hibernation"),
        keeps=(
            "disableApiStop",
            "instanceInitiatedShutdownBehavior",
            "ami",
            "associatePublicIpAddress",
            "availabilityZone",
            "disableApiTermination",
            "ebsOptimized",
            "iamInstanceProfile",
            "instanceType",
            "keyName",
            "monitoring",
            "privateIp",
            "securityGroups",
            "subnetId",
            "tenancy",
            "userDataBase64",
            "vpcSecurityGroupIds",
        ),
        back={
            "availabilityZone": "Placement.AvailabilityZone",
            "privateIp": "PrivateIpAddress",
            "vpcSecurityGroupIds": "SecurityGroups[].GroupId",
        },
        outputs={
            "arn": "arn:aws:ec2:{region}:{account}:instance/{id}",
            "availabilityZone": "Placement.AvailabilityZone",
            "instanceState": "State.Name",
            "primaryNetworkInterfaceId": "NetworkInterfaces[0].NetworkInterfaceId || ''",
            "privateDns": "PrivateDnsName",
            "privateIp": "PrivateIpAddress",
            "publicDns": "PublicDnsName || ''",
            "publicIp": "PublicIpAddress || ''",
        },
        dropped={
            **because("another operation's to read", "disableApiTermination", "userData"),
            **because("another operation's to read", "userDataBase64"),
            "iamInstanceProfile": "a read gives its ARN",
            "launchTemplate": "a read gives what it came to",
            "monitoring": "moto says it in its own way",
            "securityGroups": "a read gives their names and ids in one",
            "tenancy": "moto keeps the default one",
        },
        ignored={
            **because(
                _NOTHING_BOOTS,
                "associatePublicIpAddress",
                "capacityReservationSpecification",
                "cpuOptions",
                "creditSpecification",
                "disableApiStop",
                "ebsBlockDevices",
                "enclaveOptions",
                "ephemeralBlockDevices",
                "getPasswordData",
                "hibernation",
                "instanceInitiatedShutdownBehavior",
                "maintenanceOptions",
                "metadataOptions",
                "privateDnsNameOptions",
                "rootBlockDevice",
                "sourceDestCheck",
                "volumeTags",
            ),
            "forceDestroy": "nothing holds an instance back here",
            "userDataReplaceOnChange": "user data is kept and not run",
        },
        refused=because(
            "moto's instances have one network interface, of their own, and no host",
            "enablePrimaryIpv6",
            "hostId",
            "hostResourceGroupArn",
            "instanceMarketOptions",
            "ipv6AddressCount",
            "ipv6Addresses",
            "networkInterfaces",
            "placementGroup",
            "placementGroupId",
            "placementPartitionNumber",
            "primaryNetworkInterface",
            "secondaryNetworkInterfaces",
            "secondaryPrivateIps",
        ),
    ),
)
