"""Changes in place: what a row's update operations make of the account."""

import json

import pytest
from rows_kit import FUNCTION, TAGS, TRUST, Made, archive, asset
from rows_samples import SAMPLES

from platform_lib.local.errors import LocalCloudError
from platform_lib.local.provider.rows import ROWS
from platform_lib.local.provider.values import Secret

TAGGED = sorted(type for type, row in ROWS.items() if row.tags)


@pytest.mark.parametrize("type", TAGGED)
def test_tags_are_set_changed_and_taken_away(type, lab):
    inputs = next(one for one in SAMPLES[type](lab) if one.get("tags") or len(one) < 9)
    made = Made(lab, type, **{**inputs, "tags": TAGS})
    made.change(tags={"team": "others", "new": "one"})
    made.change("tags")


def test_a_function_publishes_a_version_of_every_change_but_tags(lab):
    made = Made(
        lab,
        FUNCTION,
        **lab.function_inputs(
            publish=True,
            environment={"variables": {"MODE": "1"}},
            timeout=5,
        ),
    )
    assert made.state["version"] == "1"
    made.change(environment={"variables": {"MODE": "2"}})
    assert made.state["version"] == "2"
    made.change(code=archive("other = 1"))
    assert made.state["version"] == "3"
    made.change(tags={"a": "b"})
    assert made.state["version"] == "3"
    made.change(reservedConcurrentExecutions=2)
    made.change("reservedConcurrentExecutions")
    assert made.state["version"] == "3"
    made.change("environment")
    client = lab.client("lambda")
    found = client.get_function_configuration(FunctionName=made.id)
    assert not found.get("Environment", {}).get("Variables")
    assert made.state["qualifiedArn"].endswith(":4")


def test_a_functions_code_comes_from_s3(lab):
    bucket = lab.bucket()
    for key, text in (("one.zip", "a = 1"), ("two.zip", "a = 2")):
        lab.client("s3").put_object(Bucket=bucket, Key=key, Body=archive(text).read())
    made = Made(
        lab,
        "aws:lambda/function:Function",
        role=lab.role()["arn"],
        runtime="python3.13",
        handler="app.handler",
        s3Bucket=bucket,
        s3Key="one.zip",
    )
    before = made.state["codeSha256"]
    made.change(s3Key="two.zip")
    assert made.state["codeSha256"] != before


def test_an_alias_moves_to_another_version(lab):
    function = Made(lab, FUNCTION, **lab.function_inputs(publish=True))
    alias = Made(
        lab,
        "aws:lambda/alias:Alias",
        name="live",
        functionName=function.id,
        functionVersion="1",
    )
    function.change(code=archive("two = 2"))
    alias.change(functionVersion="2")


def test_a_table_gains_and_loses_settings(lab):
    made = Made(
        lab,
        "aws:dynamodb/table:Table",
        billingMode="PAY_PER_REQUEST",
        hashKey="id",
        attributes=[{"name": "id", "type": "S"}],
        pointInTimeRecovery={"enabled": True},
        ttl={"attributeName": "at", "enabled": True},
    )
    made.change("pointInTimeRecovery")
    made.change(pointInTimeRecovery={"enabled": False})
    found = lab.client("dynamodb").describe_continuous_backups(TableName=made.id)
    recovery = found["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert recovery["PointInTimeRecoveryStatus"] == "DISABLED"
    made.change(ttl={"attributeName": "at", "enabled": False})
    made.change(deletionProtectionEnabled=True)
    made.change("deletionProtectionEnabled")
    made.change(streamEnabled=True, streamViewType="KEYS_ONLY")
    assert made.state["streamArn"]
    assert made.replaces(hashKey="other") == ["hashKey"]


def test_a_role_changes_what_it_is(lab):
    made = Made(lab, "aws:iam/role:Role", assumeRolePolicy=TRUST, description="a")
    trust = json.loads(TRUST)
    trust["Statement"][0]["Principal"]["Service"] = "ec2.amazonaws.com"
    made.change(assumeRolePolicy=json.dumps(trust))
    made.change(description="b", maxSessionDuration=7200)
    boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    made.change(permissionsBoundary=boundary)
    made.change("permissionsBoundary")
    role = lab.client("iam").get_role(RoleName=made.id)["Role"]
    assert "PermissionsBoundary" not in role


def test_a_policy_keeps_one_version_besides_the_last(lab):
    first, second = (
        json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Action": action, "Resource": "arn:aws:s3:::b/*"}
                ],
            }
        )
        for action in ("s3:GetObject", "s3:PutObject")
    )
    made = Made(lab, "aws:iam/policy:Policy", policy=first)
    for policy in (second, first, second, first, second, first):
        made.change(policy=policy)


def test_a_profile_takes_another_role(lab):
    made = Made(lab, "aws:iam/instanceProfile:InstanceProfile", role=lab.role()["name"])
    made.change(role=lab.role()["name"])
    made.change("role")


def test_a_template_has_versions(lab):
    made = Made(
        lab,
        "aws:ec2/launchTemplate:LaunchTemplate",
        imageId=lab.image(),
        instanceType="t4g.small",
        updateDefaultVersion=True,
        metadataOptions={"httpTokens": "required"},
    )
    made.change(instanceType="t4g.medium")
    assert (made.state["latestVersion"], made.state["defaultVersion"]) == (2, 2)
    made.change(tags={"a": "b"})
    assert made.state["latestVersion"] == 2
    data = lab.client("ec2").describe_launch_template_versions(
        LaunchTemplateId=made.id, Versions=["2"]
    )["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    # A version is whole: what did not change is in it too.
    assert data["MetadataOptions"]["HttpTokens"] == "required"


def test_a_group_follows_its_template_its_targets_and_its_tags(lab):
    first, second = lab.target_group()["arn"], lab.target_group()["arn"]
    made = Made(
        lab,
        "aws:autoscaling/group:Group",
        minSize=1,
        maxSize=2,
        desiredCapacity=1,
        vpcZoneIdentifiers=lab.subnets(),
        launchTemplate={"id": lab.template()["id"], "version": "1"},
        targetGroupArns=[first],
        tags=[
            {"key": "one", "value": "1", "propagateAtLaunch": True},
            {"key": "two", "value": "2", "propagateAtLaunch": True},
        ],
    )
    made.change(targetGroupArns=[second])
    client = lab.client("autoscaling")

    def found():
        return client.describe_auto_scaling_groups(AutoScalingGroupNames=[made.id])[
            "AutoScalingGroups"
        ][0]

    assert found()["TargetGroupARNs"] == [second]
    made.change(tags=[{"key": "two", "value": "3", "propagateAtLaunch": False}])
    client.set_desired_capacity(AutoScalingGroupName=made.id, DesiredCapacity=2)
    wanted = {**made.inputs, "maxSize": 3, "healthCheckGracePeriod": 7}
    lab.kinds.update(made.type, made.id, made.state, made.inputs, wanted)
    # What scaling set is left alone: only what changed is sent.
    assert found()["DesiredCapacity"] == 2


def test_a_service_rolls_and_keeps_the_count_that_scaling_set(lab):
    made = Made(
        lab,
        "aws:ecs/service:Service",
        cluster=lab.state("aws:ecs/cluster:Cluster")["arn"],
        taskDefinition=lab.task()["arn"],
        desiredCount=1,
        networkConfiguration={"subnets": lab.subnets()},
    )
    client = lab.client("ecs")
    request = {"cluster": made.inputs["cluster"], "service": made.id}
    client.update_service(**request, desiredCount=3)
    next_task = lab.task()["arn"]
    assert next_task != made.inputs["taskDefinition"]
    wanted = {**made.inputs, "taskDefinition": next_task}
    lab.kinds.update(made.type, made.id, made.state, made.inputs, wanted)
    (found,) = client.describe_services(cluster=request["cluster"], services=[made.id])["services"]
    assert found["taskDefinition"] == next_task
    assert found["desiredCount"] == 3


def test_a_changed_task_definition_is_another_one(lab):
    made = Made(
        lab,
        "aws:ecs/taskDefinition:TaskDefinition",
        family="replaced",
        containerDefinitions=json.dumps([{"name": "app", "image": "a", "memory": 64}]),
    )
    other = json.dumps([{"name": "app", "image": "b", "memory": 64}])
    assert made.replaces(containerDefinitions=other) == ["containerDefinitions"]


def test_a_balancer_changes_attributes_groups_and_subnets(lab):
    made = Made(
        lab,
        "aws:lb/loadBalancer:LoadBalancer",
        subnets=lab.subnets(),
        securityGroups=[lab.group()],
        idleTimeout=60,
    )
    made.change(idleTimeout=90, dropInvalidHeaderFields=True)
    made.change(securityGroups=[lab.group()])
    assert made.replaces(internal=True) == ["internal"]


def test_a_target_group_changes_its_health_check(lab):
    made = Made(
        lab,
        "aws:lb/targetGroup:TargetGroup",
        port=80,
        protocol="HTTP",
        vpcId=lab.vpc(),
        healthCheck={"path": "/a", "interval": 15},
    )
    made.change(healthCheck={"path": "/b", "interval": 20}, deregistrationDelay=5)
    assert made.replaces(port=81) == ["port"]


def test_a_rule_changes_its_place_and_what_it_does(lab):
    made = Made(
        lab,
        "aws:lb/listenerRule:ListenerRule",
        listenerArn=lab.listener()["arn"],
        priority=10,
        actions=[{"type": "forward", "targetGroupArn": lab.target_group()["arn"]}],
        conditions=[{"pathPattern": {"values": ["/a"]}}],
    )
    made.change(priority=20)
    made.change(
        conditions=[{"pathPattern": {"values": ["/b"]}}],
        actions=[{"type": "forward", "targetGroupArn": lab.target_group()["arn"]}],
    )


def test_a_listener_goes_elsewhere(lab):
    made = Made(
        lab,
        "aws:lb/listener:Listener",
        loadBalancerArn=lab.balancer()["arn"],
        port=80,
        protocol="HTTP",
        defaultActions=[{"type": "forward", "targetGroupArn": lab.target_group()["arn"]}],
    )
    made.change(defaultActions=[{"type": "forward", "targetGroupArn": lab.target_group()["arn"]}])


def test_an_object_changes_its_body_and_loses_its_tags(lab):
    bucket = lab.bucket()
    made = Made(
        lab,
        "aws:s3/bucketObjectv2:BucketObjectv2",
        bucket=bucket,
        key="a",
        source=asset("one"),
        contentType="text/plain",
        tags=TAGS,
    )
    made.change(source=asset("two"))
    made.change("tags")
    found = lab.client("s3").get_object(Bucket=bucket, Key="a")
    assert found["Body"].read() == b"two"
    assert found["ContentType"] == "text/plain"


def test_a_bucket_is_emptied_only_where_the_program_says_so(lab):
    kept = Made(lab, "aws:s3/bucket:Bucket", tags=TAGS).change("tags")
    lab.client("s3").put_object(Bucket=kept.id, Key="a", Body=b"")
    with pytest.raises(Exception, match="BucketNotEmpty"):
        lab.kinds.delete(kept.type, kept.id, kept.state)
    kept.change(forceDestroy=True)
    lab.kinds.delete(kept.type, kept.id, kept.state)
    assert lab.kinds.read(kept.type, kept.id, kept.state, kept.inputs) is None


def test_a_repository_changes_how_it_takes_images(lab):
    made = Made(lab, "aws:ecr/repository:Repository", imageTagMutability="MUTABLE")
    made.change(imageTagMutability="IMMUTABLE")
    made.change(imageScanningConfiguration={"scanOnPush": True})


def test_an_api_and_its_parts_change_in_place(lab):
    api = Made(lab, "aws:apigatewayv2/api:Api", protocolType="HTTP", name="a")
    api.change(description="b", corsConfiguration={"allowOrigins": ["https://a.example"]})
    route = Made(lab, "aws:apigatewayv2/route:Route", apiId=api.id, routeKey="GET /", target="a/b")
    route.change(routeKey="POST /", target="c/d")
    integration = Made(
        lab,
        "aws:apigatewayv2/integration:Integration",
        apiId=api.id,
        integrationType="HTTP_PROXY",
        integrationMethod="GET",
        integrationUri="https://a.example",
    )
    integration.change(integrationUri="https://b.example", timeoutMilliseconds=1000)


def test_queues_topics_and_subscriptions_change_attributes(lab):
    queue = Made(lab, "aws:sqs/queue:Queue", visibilityTimeoutSeconds=30)
    queue.change(visibilityTimeoutSeconds=60, delaySeconds=3)
    topic = Made(lab, "aws:sns/topic:Topic", displayName="a")
    topic.change(displayName="b")
    subscription = Made(
        lab,
        "aws:sns/topicSubscription:TopicSubscription",
        topic=topic.id,
        protocol="sqs",
        endpoint=queue.state["arn"],
        rawMessageDelivery=True,
    )
    subscription.change(rawMessageDelivery=False, filterPolicy=json.dumps({"a": ["b"]}))


def test_secrets_and_parameters_change(lab):
    secret = Made(lab, "aws:secretsmanager/secret:Secret", description="a")
    secret.change(description="b")
    parameter = Made(lab, "aws:ssm/parameter:Parameter", type="SecureString", value=Secret("a"))
    parameter.change(value=Secret("b"))
    assert parameter.state["version"] == 2
    parameter.change(tags={"a": "b"})


def test_scaling_changes_in_place(lab):
    scaled = lab.target()
    target = Made(lab, "aws:appautoscaling/target:Target", **scaled, minCapacity=1, maxCapacity=2)
    target.change(maxCapacity=5)
    made = Made(
        lab,
        "aws:autoscaling/policy:Policy",
        autoscalingGroupName=lab.scaling_group()["name"],
        policyType="SimpleScaling",
        adjustmentType="ChangeInCapacity",
        scalingAdjustment=1,
    )
    made.change(scalingAdjustment=2)


def test_an_object_leaves_no_version_behind(lab):
    bucket = lab.bucket()
    lab.state(
        "aws:s3/bucketVersioning:BucketVersioning",
        bucket=bucket,
        versioningConfiguration={"status": "Enabled"},
    )
    made = Made(lab, "aws:s3/bucketObjectv2:BucketObjectv2", bucket=bucket, key="a", content="1")
    first = made.state["versionId"]
    made.change(content="2")
    assert made.state["versionId"] not in (first, None)
    client = lab.client("s3")
    client.put_object(Bucket=bucket, Key="a b", Body=b"another's")
    lab.kinds.delete(made.type, made.id, made.state)
    left = client.list_object_versions(Bucket=bucket)
    assert [one["Key"] for one in left["Versions"]] == ["a b"]
    assert "DeleteMarkers" not in left


def test_an_object_that_may_not_be_deleted_is_named(lab):
    made = Made(lab, "aws:s3/bucket:Bucket", forceDestroy=True)
    client = lab.client("s3")
    client.put_object(Bucket=made.id, Key="kept", Body=b"1")
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:DeleteObject",
        "Resource": f"arn:aws:s3:::{made.id}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client.put_bucket_policy(Bucket=made.id, Policy=policy)
    with pytest.raises(LocalCloudError, match="AccessDenied: kept: Access Denied"):
        lab.kinds.delete(made.type, made.id, made.state)
    client.delete_bucket_policy(Bucket=made.id)
    lab.kinds.delete(made.type, made.id, made.state)


def test_a_function_keeps_a_layer_that_was_deleted(lab):
    layer = lab.make("aws:lambda/layerVersion:LayerVersion", layerName="kept", code=archive())
    second = lab.state("aws:lambda/layerVersion:LayerVersion", layerName="kept", code=archive("b"))
    assert (layer[1]["version"], second["version"]) == ("1", "2")
    made = Made(
        lab,
        FUNCTION,
        **lab.function_inputs(
            layers=[layer[1]["arn"]],
            publish=True,
        ),
    )
    lab.kinds.delete("aws:lambda/layerVersion:LayerVersion", layer[0], layer[1])
    made.change(layers=[second["arn"]])
    client = lab.client("lambda")
    old = client.get_function_configuration(FunctionName=made.id, Qualifier="1")
    assert [each["Arn"] for each in old["Layers"]] == [layer[1]["arn"]]
    assert made.state["version"] == "2"
    with pytest.raises(LocalCloudError, match="LayerVersion does not exist"):
        made.change(layers=[layer[1]["arn"]])
    others = second["arn"].replace("123456789012", "210987654321")
    with pytest.raises(LocalCloudError, match=r"210987654321.* is not of this account and region"):
        made.change(layers=[others])
    made.change("layers")
    assert not client.get_function_configuration(FunctionName=made.id).get("Layers")


def test_a_function_url_is_changed_where_it_is(lab):
    alias = lab.alias()
    url = Made(
        lab,
        "aws:lambda/functionUrl:FunctionUrl",
        functionName=alias["functionName"],
        qualifier="live",
        authorizationType="NONE",
    )
    address = url.state["functionUrl"]
    url.change(authorizationType="AWS_IAM", cors={"allowOrigins": ["*"]})
    url.change(cors={"allowOrigins": ["https://a.example"]}, invokeMode="RESPONSE_STREAM")
    url.change("cors")
    assert url.state["functionUrl"] == address
    assert url.state["functionArn"] == alias["arn"]
    assert url.replaces(qualifier="other") == ["qualifier"]
    other = Made(
        lab,
        "aws:lambda/functionUrl:FunctionUrl",
        functionName=alias["functionName"],
        authorizationType="NONE",
    )
    assert other.state["functionUrl"] != address


def test_the_name_of_an_api_gets_another_certificate_and_another_api(lab):
    name = Made(
        lab,
        "aws:apigatewayv2/domainName:DomainName",
        domainName="update.example",
        domainNameConfiguration={"certificateArn": lab.certificate(), "endpointType": "REGIONAL"},
    )
    target = name.state["domainNameConfiguration"]["targetDomainName"]
    other = {"certificateArn": lab.certificate(), "endpointType": "REGIONAL"}
    name.change(domainNameConfiguration=other)
    assert name.state["domainNameConfiguration"] == {
        **other,
        "targetDomainName": target,
        "hostedZoneId": "Z1UJRXOUMOOFQ8",
    }
    mapping = Made(
        lab,
        "aws:apigatewayv2/apiMapping:ApiMapping",
        domainName="update.example",
        apiId=lab.api()["id"],
        stage="$default",
    )
    mapping.change(apiMappingKey="v2")
    assert mapping.replaces(domainName="x.example") == ["domainName"]
    assert mapping.replaces(apiId=lab.api()["id"]) == ["apiId"]


def test_a_record_is_changed_where_it_is_and_a_zone_gives_its_records_up(lab):
    zone = Made(lab, "aws:route53/zone:Zone", name="update.example", tags=TAGS)
    zone.change(tags={"team": "others"}, comment="new")
    client = lab.client("route53")
    listed = client.list_tags_for_resource(
        ResourceType="hostedzone", ResourceId=zone.state["zoneId"]
    )
    assert listed["ResourceTagSet"]["Tags"] == [{"Key": "team", "Value": "others"}]
    zone.change(forceDestroy=True)
    record = Made(
        lab,
        "aws:route53/record:Record",
        zoneId=zone.state["zoneId"],
        name="www.update.example",
        type="A",
        records=["192.0.2.1"],
        ttl=60,
    )
    record.change(records=["192.0.2.2"], ttl=30)
    assert record.state["fqdn"] == "www.update.example"
    alias = {"name": "there.example", "zoneId": "Z1UJRXOUMOOFQ8", "evaluateTargetHealth": False}
    record.change("records", "ttl", aliases=[alias])
    assert record.replaces(name="w.update.example") == ["name"]
    lab.kinds.delete(zone.type, zone.id, zone.state)
    assert client.list_hosted_zones_by_name(DNSName="update.example")["HostedZones"] == []


def test_scopes_and_audiences_change_where_they_are(lab):
    api = lab.api()["id"]
    authorizer = Made(
        lab,
        "aws:apigatewayv2/authorizer:Authorizer",
        apiId=api,
        authorizerType="JWT",
        identitySources=["$request.header.Authorization"],
        jwtConfiguration={"issuer": "https://id.example", "audiences": ["a"]},
    )
    authorizer.change(jwtConfiguration={"issuer": "https://id.example", "audiences": ["b"]})
    route = Made(
        lab,
        "aws:apigatewayv2/route:Route",
        apiId=api,
        routeKey="GET /",
        authorizationType="JWT",
        authorizerId=authorizer.id,
        authorizationScopes=["read"],
    )
    route.change(authorizationScopes=["write"])
