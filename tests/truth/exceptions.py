"""Where the rows and the provider differ, each with its reason: shrink it, never grow it."""

NOT_FOR_THIS_KIND = (
    "the provider leaves it out for this kind of balancer or listener, and so does AWS"
)
BY_KIND = "the provider compares it for this kind only, where AWS gives the value itself"

ANOTHER = (
    "changing it in place is not imitated: here it makes another resource, and the preview says so"
)
ATTRIBUTE = "an attribute of a running instance: here an instance with it is another"

DIFFERENT = {
    ("aws:ec2/instance:Instance", None, "monitoring"): ATTRIBUTE,
    ("aws:ec2/instance:Instance", None, "iamInstanceProfile"): ATTRIBUTE,
    ("aws:ec2/instance:Instance", "taken away", "userData"): ATTRIBUTE,
    ("aws:ec2/routeTableAssociation:RouteTableAssociation", "changed", "routeTableId"): ANOTHER,
    ("aws:ec2/securityGroupRule:SecurityGroupRule", None, "description"): ANOTHER,
    ("aws:ec2/securityGroupRule:SecurityGroupRule", "changed", "fromPort"): (
        "of every protocol, where the provider leaves ports out and AWS ignores them"
    ),
    ("aws:ec2/securityGroupRule:SecurityGroupRule", "changed", "toPort"): "as fromPort",
    ("aws:ec2/subnet:Subnet", None, "ipv6CidrBlock"): ANOTHER,
    ("aws:ec2/vpc:Vpc", None, "assignGeneratedIpv6CidrBlock"): ANOTHER,
    ("aws:ec2/vpcEndpoint:VpcEndpoint", None, "privateDnsEnabled"): ANOTHER,
    ("aws:efs/fileSystem:FileSystem", None, "lifecyclePolicies"): ANOTHER,
    ("aws:elasticache/cluster:Cluster", None, ""): ANOTHER,
    (
        "aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation",
        "changed",
        "routeTableId",
    ): ANOTHER,
    ("aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation", "changed", "vpcId"): ANOTHER,
    ("aws:iam/group:Group", None, "path"): ANOTHER,
    ("aws:iam/user:User", None, "path"): ANOTHER,
    ("aws:iam/user:User", None, "permissionsBoundary"): ANOTHER,
    ("aws:elasticache/replicationGroup:ReplicationGroup", None, ""): ANOTHER,
    ("aws:elasticache/subnetGroup:SubnetGroup", None, ""): ANOTHER,
    ("aws:efs/fileSystem:FileSystem", None, "provisionedThroughputInMibps"): ANOTHER,
    ("aws:efs/fileSystem:FileSystem", None, "throughputMode"): ANOTHER,
    ("aws:efs/mountTarget:MountTarget", None, "securityGroups"): ANOTHER,
    ("aws:rds/cluster:Cluster", None, "enabledCloudwatchLogsExports"): ANOTHER,
    ("aws:rds/cluster:Cluster", "taken away", "serverlessv2ScalingConfiguration"): ANOTHER,
    ("aws:rds/clusterInstance:ClusterInstance", None, "engineVersion"): ANOTHER,
    ("aws:rds/clusterInstance:ClusterInstance", None, "publiclyAccessible"): ANOTHER,
    # type, what is done (None: all of it), path (None: all of it) -> why
    (
        "aws:apigatewayv2/integration:Integration",
        "taken away",
        "integrationMethod",
    ): f"AWS_PROXY: {BY_KIND}",
    ("aws:cloudwatch/metricAlarm:MetricAlarm", None, "threshold"): (
        "the alarm of the sample follows a computed threshold; a plain alarm's is changed as here"
    ),
    ("aws:dynamodb/table:Table", "changed", "attributes.type"): (
        "the provider does not see a key's type change; AWS refuses it, and so does the account"
    ),
    ("aws:dynamodb/table:Table", "changed", "localSecondaryIndexes.projectionType"): (
        "the provider does not see it: AWS cannot change a local index, here the table is another"
    ),
    ("aws:ec2/launchTemplate:LaunchTemplate", None, "defaultVersion"): (
        "the sample asks for the newest version, which goes before"
    ),
    ("aws:lb/listener:Listener", None, "routingHttp"): NOT_FOR_THIS_KIND,
    ("aws:lb/listener:Listener", None, "tcpIdleTimeoutSeconds"): NOT_FOR_THIS_KIND,
    ("aws:lb/loadBalancer:LoadBalancer", None, "dnsRecordClientRoutingPolicy"): NOT_FOR_THIS_KIND,
    ("aws:lb/loadBalancer:LoadBalancer", None, "enableCrossZoneLoadBalancing"): NOT_FOR_THIS_KIND,
}
"""Changes of which the row says something else."""

OLDER = {
    ("aws:ecs/service:Service", None, "deploymentController"): "6.x changes it in place",
    ("aws:ecs/service:Service", None, "capacityProviderStrategies"): (
        "6.x refuses it without force_new_deployment instead of replacing the service"
    ),
}
"""The same, where the provider is of 5.x."""


def excused(type, what, path, version, met):
    """Say whether a difference is right, and note by which exception."""
    for table in (DIFFERENT, OLDER if version < (6,) else {}):
        for key in table:
            of, kind, where = key
            if of == type and kind in (None, what) and path.startswith(where):
                met.add(key)
                return True
    return False


LEFT = {
    # Terraform type, attribute -> why a second plan still changes it
}
