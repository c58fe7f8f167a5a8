"""ECS: clusters, task definitions, services."""

from platform_lib.local.provider.row import Call, Look, Name, Properties, Row, Tags, because


def _task(inputs: Properties) -> Properties:
    """Word a volume's folder as AWS does."""
    if not isinstance(inputs.get("volumes"), list):
        return inputs
    volumes = [
        {
            **{word: item for word, item in one.items() if word != "hostPath"},
            **({"host": {"sourcePath": one["hostPath"]}} if "hostPath" in one else {}),
        }
        for one in inputs["volumes"]
    ]
    return {**inputs, "volumes": volumes}


def _service(inputs: Properties) -> Properties:
    """Word the network as AWS does, and say which groups there are: moto wants to be told."""
    network = inputs.get("networkConfiguration")
    if isinstance(network, list):
        network = network[0] if network else None
    if not isinstance(network, dict):
        return inputs
    public = network.get("assignPublicIp")
    said = {"assignPublicIp": "ENABLED" if public else "DISABLED"} if public is not None else {}
    awsvpc = {"securityGroups": [], **network, **said}
    return {**inputs, "networkConfiguration": {"awsvpcConfiguration": awsvpc}}


_CLUSTER = {"cluster": "{id}"}
_PROVIDERS = "put_cluster_capacity_providers"


def _tags(target: str) -> Tags:
    return Tags("tag_resource", "untag_resource", {"resourceArn": target})


ROWS = (
    Row(
        type="aws:ecs/cluster:Cluster",
        service="ecs",
        noun="cluster",
        name=Name("name", 255),
        create=Call("create_cluster"),
        id="cluster.clusterArn",
        looks=(
            Look(
                "describe_clusters",
                {"clusters": ["{id}"], "include": ["CONFIGURATIONS", "SETTINGS", "TAGS"]},
                "clusters[?status=='ACTIVE']|[0]",
            ),
        ),
        delete=Call("delete_cluster", _CLUSTER),
        renames={
            "configuration.executeCommandConfiguration.logConfiguration."
            "s3BucketEncryptionEnabled": "s3EncryptionEnabled",
        },
        update=(
            Call(
                "update_cluster",
                _CLUSTER,
                takes=("configuration", "serviceConnectDefaults", "settings"),
            ),
        ),
        tags=_tags("{id}"),
        keeps=("settings",),
        # The provider has no word for a cluster without a configuration: it sends none.
        unset={"configuration": None, "serviceConnectDefaults": {"namespace": ""}},
        outputs={"arn": "{id}"},
    ),
    Row(
        type="aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
        service="ecs",
        create=Call(_PROVIDERS),
        id="{clusterName}",
        looks=(
            Look(
                "describe_clusters",
                {"clusters": ["{id}"]},
                "clusters[?status=='ACTIVE']|[0]",
            ),
        ),
        # The cluster goes without providers until it goes itself.
        delete=Call(
            _PROVIDERS,
            {"cluster": "{id}", "capacityProviders": [], "defaultCapacityProviderStrategy": []},
        ),
        renames={"clusterName": "cluster"},
        # The operation must be told both, be they empty.
        defaults={"capacityProviders": [], "defaultCapacityProviderStrategies": []},
        update=(Call(_PROVIDERS),),
        replace=("clusterName",),
        back={"clusterName": "clusterName"},
    ),
    Row(
        type="aws:ecs/taskDefinition:TaskDefinition",
        service="ecs",
        create=Call("register_task_definition"),
        id="taskDefinition.family",
        made={"arn": "taskDefinition.taskDefinitionArn"},
        looks=(
            Look(
                "describe_task_definition",
                {"taskDefinition": "{id}", "include": ["TAGS"]},
                "[merge(taskDefinition, {tags: tags})][?status=='ACTIVE']|[0]",
            ),
        ),
        delete=Call("deregister_task_definition", {"taskDefinition": "{arn}"}),
        prepare=_task,
        renames={"volumes.configureAtLaunch": "configuredAtLaunch"},
        tags=_tags("{arn}"),
        keeps=("enableFaultInjection", "networkMode"),
        outputs={
            "arn": "taskDefinitionArn",
            "arnWithoutRevision": "arn:aws:ecs:{region}:{account}:task-definition/{id}",
            "revision": "revision",
        },
        ignored=because(
            "locally a destroy leaves nothing, and nobody else registers revisions",
            "skipDestroy",
            "trackLatest",
        ),
    ),
    Row(
        type="aws:ecs/service:Service",
        service="ecs",
        noun="service",
        name=Name("name", 255),
        create=Call("create_service"),
        id="service.serviceArn",
        looks=(
            Look(
                "describe_services",
                {"cluster": "{cluster}", "services": ["{id}"], "include": ["TAGS"]},
                "services[?status!='INACTIVE']|[0]",
            ),
        ),
        delete=Call("delete_service", {"cluster": "{cluster}", "service": "{id}", "force": True}),
        prepare=_service,
        renames={
            "alarms": "deploymentConfiguration.alarms",
            "deploymentCircuitBreaker": "deploymentConfiguration.deploymentCircuitBreaker",
            "deploymentMaximumPercent": "deploymentConfiguration.maximumPercent",
            "deploymentMinimumHealthyPercent": "deploymentConfiguration.minimumHealthyPercent",
            "iamRole": "role",
            "loadBalancers.elbName": "loadBalancerName",
            "orderedPlacementStrategies": "placementStrategy",
            "serviceConnectConfiguration.services.tls.issuerCertAuthority": (
                "issuerCertificateAuthority"
            ),
            "volumeConfiguration.managedEbsVolume.sizeInGb": "sizeInGiB",
        },
        update=(Call("update_service", {"cluster": "{cluster}", "service": "{id}"}),),
        keeps=("cluster", "deploymentController", "iamRole", "launchType", "platformVersion"),
        unset={
            "alarms": {"enable": False, "rollback": False, "alarmNames": []},
            "availabilityZoneRebalancing": "DISABLED",
            "deploymentCircuitBreaker": {"enable": False, "rollback": False},
            "deploymentMaximumPercent": 200,
            "deploymentMinimumHealthyPercent": 100,
            "desiredCount": 0,
            "enableEcsManagedTags": False,
            "enableExecuteCommand": False,
            "healthCheckGracePeriodSeconds": 0,
            "networkConfiguration": None,
            "schedulingStrategy": "REPLICA",
            "waitForSteadyState": False,
        },
        replace=("cluster", "launchType", "name", "schedulingStrategy"),
        tags=_tags("{id}"),
        outputs={"arn": "{id}"},
        back={"cluster": "clusterArn"},
        dropped=because(
            "moto forgets it",
            "forceNewDeployment",
            "serviceConnectConfiguration",
            "volumeConfiguration",
            "vpcLatticeConfigurations",
        ),
        ignored={
            "forceDelete": "a destroy always stops the tasks here",
            "sigintRollback": "Ctrl-C takes the whole local cloud down",
            "waitForSteadyState": "the local cloud always waits until the service is steady",
        },
        refused={"triggers": "a new deployment comes of a changed task definition here"},
    ),
)
