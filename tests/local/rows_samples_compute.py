"""Inputs for the rows of what runs an app: functions, tasks, instances, their images and roles."""

import base64
import json

from rows_kit import (
    CONTAINER,
    LIFE,
    POLICY,
    TAGS,
    TRUST,
    archive,
    scaled_service,
)
from rows_samples_versions import warm, warm_target

SAMPLES = {
    "aws:iam/role:Role": lambda lab: [
        {
            "assumeRolePolicy": TRUST,
            "description": "the app",
            "path": "/apps/",
            "maxSessionDuration": 7200,
            "permissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess",
            "forceDetachPolicies": True,
            "tags": TAGS,
        },
        {"assumeRolePolicy": TRUST, "namePrefix": "app-"},
    ],
    "aws:iam/rolePolicy:RolePolicy": lambda lab: [{"role": lab.role()["name"], "policy": POLICY}],
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": lambda lab: [
        {"role": lab.role()["name"], "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    ],
    "aws:iam/policy:Policy": lambda lab: [
        {"policy": POLICY, "description": "reads", "path": "/apps/", "tags": TAGS}
    ],
    "aws:iam/instanceProfile:InstanceProfile": lambda lab: [
        {"role": lab.role()["name"], "path": "/apps/", "tags": TAGS}
    ],
    "aws:lambda/function:Function": lambda lab: [
        {
            "role": lab.role()["arn"],
            "runtime": "python3.13",
            "handler": "app.handler",
            "code": archive(),
            "architectures": ["arm64"],
            "description": "notes",
            "environment": {"variables": {"MODE": "b"}},
            "ephemeralStorage": {"size": 1024},
            "loggingConfig": {"logFormat": "JSON", "logGroup": "/apps/notes"},
            "memorySize": 512,
            "publish": True,
            "reservedConcurrentExecutions": 5,
            "tags": TAGS,
            "timeout": 29,
            "tracingConfig": {"mode": "Active"},
            "vpcConfig": {"subnetIds": lab.subnets(), "securityGroupIds": [lab.group()]},
            "deadLetterConfig": {"targetArn": "arn:aws:sqs:us-east-1:123456789012:dead"},
        },
        {
            "role": lab.role()["arn"],
            "packageType": "Image",
            "imageUri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/nowhere:1",
            "imageConfig": {"commands": ["app.handler"]},
        },
    ],
    "aws:lambda/layerVersion:LayerVersion": lambda lab: [
        {
            "layerName": "tools",
            "code": archive(),
            "compatibleArchitectures": ["arm64"],
            "compatibleRuntimes": ["python3.13"],
            "description": "ours",
            "licenseInfo": "MIT",
        },
        {"layerName": "tools", **lab.stored_code()},
    ],
    "aws:lambda/alias:Alias": lambda lab: [
        {
            "name": "live",
            "functionName": lab.function(publish=True)["name"],
            "functionVersion": "1",
            "description": "serves",
        }
    ],
    "aws:lambda/functionUrl:FunctionUrl": lambda lab: [
        {
            "functionName": lab.function()["name"],
            "authorizationType": "NONE",
            "cors": {"allowOrigins": ["*"], "maxAge": 5},
        },
        {
            "functionName": lab.alias()["functionName"],
            "qualifier": "live",
            "authorizationType": "NONE",
        },
    ],
    "aws:appautoscaling/target:Target": lambda lab: [
        {**scaled_service(lab), "minCapacity": 1, "maxCapacity": 4, "tags": TAGS}
    ],
    "aws:appautoscaling/policy:Policy": lambda lab: [
        {
            **lab.target(),
            "policyType": "TargetTrackingScaling",
            "targetTrackingScalingPolicyConfiguration": {
                "predefinedMetricSpecification": {
                    "predefinedMetricType": "ECSServiceAverageCPUUtilization"
                },
                "targetValue": 60,
                "scaleOutCooldown": 60,
                "scaleInCooldown": 300,
            },
        }
    ],
    "aws:autoscaling/group:Group": lambda lab: [
        {
            "minSize": 1,
            "maxSize": 3,
            "desiredCapacity": 1,
            "vpcZoneIdentifiers": lab.subnets(),
            "launchTemplate": {"id": lab.template()["id"], "version": "1"},
            "healthCheckType": "ELB",
            "healthCheckGracePeriod": 30,
            "targetGroupArns": [lab.target_group()["arn"]],
            "tags": [{"key": "Name", "value": "app", "propagateAtLaunch": True}],
            "enabledMetrics": ["GroupDesiredCapacity"],
            "terminationPolicies": ["OldestInstance"],
            "defaultCooldown": 10,
            "defaultInstanceWarmup": 20,
            "protectFromScaleIn": True,
            "maxInstanceLifetime": 604800,
            "capacityRebalance": True,
            "instanceRefresh": {"strategy": "Rolling", "preferences": {"autoRollback": True}},
            "waitForCapacityTimeout": "10m",
        },
        {
            "minSize": 0,
            "maxSize": 1,
            "vpcZoneIdentifiers": lab.subnets(),
            "mixedInstancesPolicy": {
                "instancesDistribution": {"onDemandPercentageAboveBaseCapacity": 50},
                "launchTemplate": {
                    "launchTemplateSpecification": {
                        "launchTemplateId": lab.template()["id"],
                        "version": "1",
                    },
                    "overrides": [{"instanceType": "t4g.small"}, {"instanceType": "t4g.medium"}],
                },
            },
        },
    ],
    "aws:autoscaling/policy:Policy": lambda lab: [
        {
            "autoscalingGroupName": lab.scaling_group()["name"],
            "policyType": "TargetTrackingScaling",
            "targetTrackingConfiguration": {
                "predefinedMetricSpecification": {
                    "predefinedMetricType": "ASGAverageCPUUtilization"
                },
                "targetValue": 60,
            },
            "estimatedInstanceWarmup": 60,
        },
        {
            "autoscalingGroupName": lab.scaling_group()["name"],
            "policyType": "StepScaling",
            "adjustmentType": "ChangeInCapacity",
            "stepAdjustments": [{"scalingAdjustment": 1, "metricIntervalLowerBound": "0"}],
        },
    ],
    "aws:autoscaling/attachment:Attachment": lambda lab: [
        {
            "autoscalingGroupName": lab.scaling_group()["name"],
            "lbTargetGroupArn": lab.target_group()["arn"],
        }
    ],
    "aws:ec2/securityGroup:SecurityGroup": lambda lab: [
        {"vpcId": lab.vpc(), "description": "the app", "tags": TAGS, "revokeRulesOnDelete": True},
        {
            "ingress": [
                {"protocol": "tcp", "fromPort": 80, "toPort": 80, "cidrBlocks": ["0.0.0.0/0"]}
            ],
            "egress": [
                {"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}
            ],
        },
    ],
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": lambda lab: [
        {
            "securityGroupId": lab.group(),
            "ipProtocol": "tcp",
            "fromPort": 80,
            "toPort": 80,
            "cidrIpv4": "0.0.0.0/0",
            "description": "HTTP",
            "tags": TAGS,
        },
        {
            "securityGroupId": lab.group(),
            "ipProtocol": "tcp",
            "fromPort": 8080,
            "toPort": 8080,
            "referencedSecurityGroupId": lab.group(),
            "description": "from the balancer",
        },
        {
            "securityGroupId": lab.group(),
            "ipProtocol": "udp",
            "fromPort": 1,
            "toPort": 2,
            "cidrIpv6": "::/0",
        },
    ],
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": lambda lab: [
        {"securityGroupId": lab.group(), "ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"},
        {
            "securityGroupId": lab.group(),
            "ipProtocol": "tcp",
            "fromPort": 443,
            "toPort": 443,
            "cidrIpv4": "10.0.0.0/8",
            "description": "TLS",
        },
    ],
    "aws:ec2/launchTemplate:LaunchTemplate": lambda lab: [
        {
            "imageId": lab.image(),
            "instanceType": "t4g.small",
            "description": "the app",
            "userData": base64.b64encode(b"#cloud-config").decode(),
            "vpcSecurityGroupIds": [lab.group()],
            "iamInstanceProfile": {
                "arn": lab.state("aws:iam/instanceProfile:InstanceProfile")["arn"]
            },
            "metadataOptions": {
                "httpEndpoint": "enabled",
                "httpTokens": "required",
                "httpPutResponseHopLimit": 1,
            },
            "blockDeviceMappings": [
                {
                    "deviceName": "/dev/xvda",
                    "ebs": {
                        "volumeSize": 8,
                        "volumeType": "gp3",
                        "encrypted": "true",
                        "deleteOnTermination": "true",
                    },
                }
            ],
            "monitoring": {"enabled": True},
            "ebsOptimized": "true",
            "keyName": "none",
            "updateDefaultVersion": True,
            "tagSpecifications": [{"resourceType": "instance", "tags": {"Name": "app"}}],
            "tags": TAGS,
        }
    ],
    "aws:ecr/repository:Repository": lambda lab: [
        {
            "imageTagMutability": "IMMUTABLE",
            "imageScanningConfiguration": {"scanOnPush": True},
            "encryptionConfigurations": [{"encryptionType": "AES256"}],
            "forceDelete": True,
            "tags": TAGS,
        }
    ],
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": lambda lab: [
        {
            "repository": lab.state("aws:ecr/repository:Repository")["name"],
            "policy": json.dumps({"rules": [LIFE]}),
        }
    ],
    "aws:ecr/repositoryPolicy:RepositoryPolicy": lambda lab: [
        {"repository": lab.state("aws:ecr/repository:Repository")["name"], "policy": POLICY}
    ],
    "aws:ecs/cluster:Cluster": lambda lab: [
        {
            "settings": [{"name": "containerInsights", "value": "disabled"}],
            "configuration": {"executeCommandConfiguration": {"logging": "DEFAULT"}},
            "serviceConnectDefaults": {"namespace": "arn:aws:servicediscovery:::ns/a"},
            "tags": TAGS,
        }
    ],
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": lambda lab: [
        {
            "clusterName": lab.state("aws:ecs/cluster:Cluster")["name"],
            "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
            "defaultCapacityProviderStrategies": [
                {"capacityProvider": "FARGATE", "weight": 1, "base": 1}
            ],
        }
    ],
    "aws:ecs/taskDefinition:TaskDefinition": lambda lab: [
        {
            "family": "notes",
            "containerDefinitions": json.dumps([CONTAINER]),
            "cpu": "256",
            "memory": "512",
            "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"],
            "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
            "executionRoleArn": lab.role()["arn"],
            "taskRoleArn": lab.role()["arn"],
            "ephemeralStorage": {"sizeInGib": 30},
            "volumes": [{"name": "data", "hostPath": "/data"}],
            "tags": TAGS,
        }
    ],
    "aws:ecs/service:Service": lambda lab: [
        {
            "cluster": lab.state("aws:ecs/cluster:Cluster")["arn"],
            "taskDefinition": lab.task()["arn"],
            "desiredCount": 2,
            "capacityProviderStrategies": [{"capacityProvider": "FARGATE", "weight": 1}],
            "forceNewDeployment": True,
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            "deploymentMinimumHealthyPercent": 100,
            "deploymentMaximumPercent": 200,
            "healthCheckGracePeriodSeconds": 60,
            "networkConfiguration": {
                "subnets": lab.subnets(),
                "securityGroups": [lab.group()],
                "assignPublicIp": True,
            },
            "loadBalancers": [
                {
                    "targetGroupArn": lab.target_group()["arn"],
                    "containerName": "app",
                    "containerPort": 8080,
                }
            ],
            "enableEcsManagedTags": True,
            "propagateTags": "SERVICE",
            "waitForSteadyState": True,
            "tags": TAGS,
        },
        {
            "cluster": lab.state("aws:ecs/cluster:Cluster")["arn"],
            "taskDefinition": lab.task()["arn"],
            "desiredCount": 1,
            "launchType": "FARGATE",
            "networkConfiguration": {"subnets": lab.subnets()},
            "alarms": {"alarmNames": ["errors"], "enable": True, "rollback": True},
            "availabilityZoneRebalancing": "ENABLED",
            "deploymentConfiguration": {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": "5"},
            "enableExecuteCommand": True,
        },
    ],
}


MORE = {
    "aws:appautoscaling/target:Target": lambda lab: [
        {**warm(lab), "minCapacity": 1, "maxCapacity": 4},
        {
            **scaled_service(lab),
            "minCapacity": 1,
            "maxCapacity": 2,
            "suspendedState": {
                "dynamicScalingInSuspended": True,
                "dynamicScalingOutSuspended": False,
                "scheduledScalingSuspended": False,
            },
        },
    ],
    "aws:appautoscaling/policy:Policy": lambda lab: [
        {
            **warm_target(lab),
            "policyType": "TargetTrackingScaling",
            "targetTrackingScalingPolicyConfiguration": {
                "predefinedMetricSpecification": {
                    "predefinedMetricType": "LambdaProvisionedConcurrencyUtilization"
                },
                "targetValue": 0.7,
            },
        },
        {
            **lab.target(),
            "policyType": "StepScaling",
            "stepScalingPolicyConfiguration": {
                "adjustmentType": "ChangeInCapacity",
                "cooldown": 60,
                "metricAggregationType": "Maximum",
                "stepAdjustments": [{"scalingAdjustment": 1, "metricIntervalLowerBound": "0"}],
            },
        },
    ],
    "aws:autoscaling/group:Group": lambda lab: [
        {
            "minSize": 0,
            "maxSize": 1,
            "vpcZoneIdentifiers": lab.subnets(),
            "launchTemplate": {"id": lab.template()["id"], "version": "$Latest"},
            "instanceMaintenancePolicy": {
                "minHealthyPercentage": 100,
                "maxHealthyPercentage": 200,
            },
            "initialLifecycleHooks": [
                {
                    "name": "drain",
                    "lifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
                    "heartbeatTimeout": 60,
                }
            ],
        }
    ],
    "aws:autoscaling/policy:Policy": lambda lab: [
        {
            "autoscalingGroupName": lab.scaling_group()["name"],
            "policyType": "SimpleScaling",
            "adjustmentType": "PercentChangeInCapacity",
            "scalingAdjustment": 10,
            "cooldown": 60,
            "minAdjustmentMagnitude": 1,
            "enabled": True,
        }
    ],
    "aws:ec2/launchTemplate:LaunchTemplate": lambda lab: [
        {
            "imageId": lab.image(),
            "instanceType": "t4g.small",
            "disableApiStop": True,
            "disableApiTermination": True,
            "instanceInitiatedShutdownBehavior": "terminate",
            "creditSpecification": {"cpuCredits": "unlimited"},
            "instanceMarketOptions": {"marketType": "spot", "spotOptions": {"maxPrice": "0.1"}},
            "networkInterfaces": [
                {
                    "deviceIndex": 0,
                    "associatePublicIpAddress": "true",
                    "securityGroups": [lab.group()],
                    "deleteOnTermination": "true",
                }
            ],
            "placement": {"tenancy": "default"},
            "maintenanceOptions": {"autoRecovery": "default"},
            "cpuOptions": {"coreCount": 1, "threadsPerCore": 1},
            "enclaveOptions": {"enabled": False},
            "hibernationOptions": {"configured": False},
            "privateDnsNameOptions": {"hostnameType": "ip-name"},
            "capacityReservationSpecification": {"capacityReservationPreference": "none"},
        }
    ],
    "aws:ecs/service:Service": lambda lab: [
        {
            "cluster": lab.state("aws:ecs/cluster:Cluster")["arn"],
            "taskDefinition": lab.task()["arn"],
            "desiredCount": 1,
            "launchType": "FARGATE",
            "networkConfiguration": {"subnets": lab.subnets()},
            "enableExecuteCommand": True,
            "platformVersion": "1.4.0",
            "deploymentController": {"type": "ECS"},
            "schedulingStrategy": "REPLICA",
            "serviceRegistries": {
                "registryArn": "arn:aws:servicediscovery:us-east-1:123456789012:service/s",
                "port": 80,
            },
        }
    ],
    "aws:ecs/taskDefinition:TaskDefinition": lambda lab: [
        {
            "family": "more",
            "containerDefinitions": json.dumps([{**CONTAINER, "memory": 64}]),
            "ipcMode": "none",
            "pidMode": "task",
            "placementConstraints": [{"type": "memberOf", "expression": "attribute:a == b"}],
        }
    ],
    "aws:lambda/functionUrl:FunctionUrl": lambda lab: [
        {
            "functionName": lab.function()["name"],
            "authorizationType": "AWS_IAM",
            "invokeMode": "RESPONSE_STREAM",
        }
    ],
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": lambda lab: [
        {
            "securityGroupId": lab.group(),
            "ipProtocol": "tcp",
            "fromPort": 80,
            "toPort": 80,
            "referencedSecurityGroupId": lab.group(),
            "tags": TAGS,
        },
        {
            "securityGroupId": lab.group(),
            "ipProtocol": "tcp",
            "fromPort": 81,
            "toPort": 81,
            "cidrIpv6": "::/0",
        },
    ],
}


UNSAMPLED = {
    "aws:appautoscaling/policy:Policy": ("predictiveScalingPolicyConfiguration",),
    "aws:appautoscaling/target:Target": ("roleArn",),
    "aws:autoscaling/group:Group": (
        "availabilityZoneDistribution",
        "availabilityZones",
        "capacityReservationSpecification",
        "context",
        "desiredCapacityType",
        "instanceLifecyclePolicy",
        "launchConfiguration",
        "loadBalancers",
        "placementGroup",
        "serviceLinkedRoleArn",
        "trafficSources",
    ),
    "aws:autoscaling/policy:Policy": ("metricAggregationType", "predictiveScalingConfiguration"),
    "aws:ec2/launchTemplate:LaunchTemplate": (
        "defaultVersion",
        "instanceRequirements",
        "kernelId",
        "licenseSpecifications",
        "networkPerformanceOptions",
        "ramDiskId",
        "secondaryInterfaces",
        "securityGroupNames",
    ),
    "aws:ecs/service:Service": ("iamRole", "orderedPlacementStrategies", "placementConstraints"),
    "aws:ecs/taskDefinition:TaskDefinition": ("enableFaultInjection", "proxyConfiguration"),
    "aws:lambda/function:Function": ("fileSystemConfig", "layers"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": ("prefixListId",),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ("prefixListId",),
}
