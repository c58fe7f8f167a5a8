"""Inputs for every row: usual ones, and what few programs give."""

import base64
import json

from rows_kit import (
    CONTAINER,
    LIFE,
    POLICY,
    TAGS,
    TRUST,
    archive,
    asset,
    scaled_service,
)
from rows_samples_sources import MORE as MORE_SOURCES
from rows_samples_sources import SAMPLES as SOURCES
from rows_samples_versions import MORE as MORE_VERSIONS
from rows_samples_versions import SAMPLES as VERSIONS
from rows_samples_versions import warm, warm_target

from platform_lib.local.provider.values import Secret

SAMPLES = {
    **SOURCES,
    **VERSIONS,
    "aws:apigatewayv2/api:Api": lambda lab: [
        {
            "protocolType": "HTTP",
            "description": "notes",
            "disableExecuteApiEndpoint": True,
            "corsConfiguration": {
                "allowOrigins": ["https://a.example"],
                "allowMethods": ["GET", "POST"],
                "allowHeaders": ["x-one"],
                "exposeHeaders": ["x-two"],
                "allowCredentials": True,
                "maxAge": 60,
            },
            "version": "3",
            "tags": TAGS,
        },
    ],
    "aws:apigatewayv2/integration:Integration": lambda lab: [
        {
            "apiId": lab.api()["id"],
            "integrationType": "AWS_PROXY",
            "integrationUri": lab.function()["arn"],
            "integrationMethod": "POST",
            "payloadFormatVersion": "2.0",
            "timeoutMilliseconds": 29000,
            "description": "to the app",
        }
    ],
    "aws:apigatewayv2/route:Route": lambda lab: [
        {
            "apiId": lab.api()["id"],
            "routeKey": "$default",
            "authorizationType": "NONE",
            "operationName": "all",
            "target": "integrations/abc",
        }
    ],
    "aws:apigatewayv2/stage:Stage": lambda lab: [
        {
            "apiId": lab.api()["id"],
            "name": "$default",
            "autoDeploy": True,
            "description": "the one",
            "accessLogSettings": {
                "destinationArn": "arn:aws:logs:us-east-1:123456789012:log-group:a",
                "format": "$context.requestId",
            },
            "defaultRouteSettings": {
                "throttlingBurstLimit": 10,
                "throttlingRateLimit": 5.5,
                "detailedMetricsEnabled": True,
            },
            "routeSettings": [{"routeKey": "GET /", "throttlingBurstLimit": 1}],
            "stageVariables": {"a": "b"},
            "tags": TAGS,
        }
    ],
    "aws:apigatewayv2/authorizer:Authorizer": lambda lab: [
        {
            "apiId": lab.api()["id"],
            "authorizerType": "JWT",
            "identitySources": ["$request.header.Authorization"],
            "jwtConfiguration": {"issuer": "https://id.example", "audiences": ["notes"]},
        }
    ],
    "aws:apigatewayv2/domainName:DomainName": lambda lab: [
        {
            "domainName": "a.example",
            "domainNameConfiguration": {
                "certificateArn": lab.certificate(),
                "endpointType": "REGIONAL",
                "securityPolicy": "TLS_1_2",
            },
            "tags": TAGS,
        }
    ],
    "aws:apigatewayv2/apiMapping:ApiMapping": lambda lab: [
        {
            "apiId": lab.api()["id"],
            "domainName": lab.domain_name(),
            "stage": "$default",
            "apiMappingKey": "v1",
        }
    ],
    "aws:acm/certificate:Certificate": lambda lab: [
        {
            "domainName": "notes.example",
            "subjectAlternativeNames": ["www.notes.example"],
            "validationMethod": "DNS",
            "tags": TAGS,
        }
    ],
    "aws:acm/certificateValidation:CertificateValidation": lambda lab: [
        {
            "certificateArn": lab.certificate(),
            "validationRecordFqdns": ["_a.a.example"],
        }
    ],
    "aws:route53/zone:Zone": lambda lab: [
        {"name": "zone.example", "comment": "ours", "forceDestroy": True, "tags": TAGS}
    ],
    "aws:route53/record:Record": lambda lab: [
        {
            "zoneId": lab.zone("record.example")["zoneId"],
            "name": "_proof.record.example.",
            "type": "CNAME",
            "records": ["there.example."],
            "ttl": 300,
            "allowOverwrite": True,
        },
        {
            "zoneId": lab.zone("alias.example")["id"],
            "name": "notes.alias.example",
            "type": "A",
            "aliases": [
                {
                    "name": "d-1.execute-api.us-east-1.amazonaws.com",
                    "zoneId": "Z1UJRXOUMOOFQ8",
                    "evaluateTargetHealth": False,
                }
            ],
        },
        {
            "zoneId": lab.zone("weighted.example")["zoneId"],
            "name": "notes.weighted.example",
            "type": "A",
            "records": ["192.0.2.1"],
            "ttl": 60,
            "setIdentifier": "one",
            "weightedRoutingPolicies": [{"weight": 3}],
            "healthCheckId": "abc",
        },
    ],
    "aws:dynamodb/table:Table": lambda lab: [
        {
            "billingMode": "PAY_PER_REQUEST",
            "hashKey": "id",
            "rangeKey": "at",
            "attributes": [
                {"name": "id", "type": "S"},
                {"name": "at", "type": "N"},
                {"name": "owner", "type": "S"},
            ],
            "globalSecondaryIndexes": [
                {
                    "name": "by-owner",
                    "hashKey": "owner",
                    "rangeKey": "at",
                    "projectionType": "INCLUDE",
                    "nonKeyAttributes": ["title"],
                }
            ],
            "streamEnabled": True,
            "streamViewType": "NEW_AND_OLD_IMAGES",
            "deletionProtectionEnabled": False,
            "serverSideEncryption": {"enabled": True},
            "ttl": {"attributeName": "expires", "enabled": True},
            "pointInTimeRecovery": {"enabled": True},
            "tags": TAGS,
        },
        {
            "hashKey": "id",
            "attributes": [{"name": "id", "type": "S"}],
            "readCapacity": 2,
            "writeCapacity": 3,
        },
    ],
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
            "environment": {"variables": {"A": "b"}},
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
        {},
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
        },
    ],
    "aws:lb/loadBalancer:LoadBalancer": lambda lab: [
        {
            "subnets": lab.subnets(),
            "securityGroups": [lab.group()],
            "internal": True,
            "idleTimeout": 60,
            "dropInvalidHeaderFields": True,
            "enableDeletionProtection": False,
            "enableHttp2": True,
            "accessLogs": {"bucket": "logs", "enabled": True, "prefix": "lb"},
            "tags": TAGS,
        },
        {"subnets": lab.subnets()},
    ],
    "aws:lb/targetGroup:TargetGroup": lambda lab: [
        {
            "port": 8080,
            "protocol": "HTTP",
            "vpcId": lab.vpc(),
            "targetType": "ip",
            "deregistrationDelay": 30,
            "slowStart": 0,
            "loadBalancingAlgorithmType": "least_outstanding_requests",
            "stickiness": {"type": "lb_cookie", "enabled": True, "cookieDuration": 60},
            "healthCheck": {
                "path": "/health",
                "protocol": "HTTP",
                "port": "traffic-port",
                "matcher": "200",
                "interval": 15,
                "timeout": 5,
                "healthyThreshold": 2,
                "unhealthyThreshold": 3,
            },
            "tags": TAGS,
        },
        {"targetType": "lambda", "healthCheck": {"enabled": True, "path": "/"}},
    ],
    "aws:lb/targetGroupAttachment:TargetGroupAttachment": lambda lab: [
        {
            "targetGroupArn": lab.target_group()["arn"],
            "targetId": "10.0.0.1",
            "port": 8080,
        }
    ],
    "aws:lb/listener:Listener": lambda lab: [
        {
            "loadBalancerArn": lab.balancer()["arn"],
            "port": 80,
            "protocol": "HTTP",
            "defaultActions": [{"type": "forward", "targetGroupArn": lab.target_group()["arn"]}],
            "routingHttpResponseServerEnabled": False,
            "tags": TAGS,
        },
        {
            "loadBalancerArn": lab.balancer()["arn"],
            "port": 80,
            "protocol": "HTTP",
            "defaultActions": [
                {
                    "type": "redirect",
                    "redirect": {"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_301"},
                }
            ],
        },
        {
            "loadBalancerArn": lab.balancer()["arn"],
            "port": 81,
            "protocol": "HTTP",
            "defaultActions": [
                {
                    "type": "forward",
                    "order": 1,
                    "forward": {
                        "targetGroups": [
                            {"arn": lab.target_group()["arn"], "weight": 90},
                            {"arn": lab.target_group()["arn"], "weight": 10},
                        ],
                        "stickiness": {"enabled": True, "duration": 60},
                    },
                }
            ],
        },
    ],
    "aws:lb/listenerRule:ListenerRule": lambda lab: [
        {
            "listenerArn": lab.listener()["arn"],
            "actions": [{"type": "forward", "targetGroupArn": lab.target_group()["arn"]}],
            "conditions": [{"pathPattern": {"values": ["/next"]}}],
        },
        {
            "listenerArn": lab.listener()["arn"],
            "priority": 5,
            "actions": [{"type": "forward", "targetGroupArn": lab.target_group()["arn"]}],
            "conditions": [
                {"pathPattern": {"values": ["/a", "/b"]}},
                {"hostHeader": {"values": ["a.example"]}},
                {"queryStrings": [{"key": "v", "value": "1"}]},
                {"httpHeader": {"httpHeaderName": "x-a", "values": ["1"]}},
            ],
            "tags": TAGS,
        },
        {
            "listenerArn": lab.listener()["arn"],
            "priority": 6,
            "actions": [
                {
                    "type": "fixed-response",
                    "fixedResponse": {
                        "contentType": "text/plain",
                        "messageBody": "no",
                        "statusCode": "404",
                    },
                }
            ],
            "conditions": [{"sourceIp": {"values": ["10.0.0.0/8"]}}],
        },
    ],
    "aws:sqs/queue:Queue": lambda lab: [
        {
            "visibilityTimeoutSeconds": 180,
            "messageRetentionSeconds": 3600,
            "delaySeconds": 1,
            "receiveWaitTimeSeconds": 5,
            "maxMessageSize": 2048,
            "sqsManagedSseEnabled": True,
            "redrivePolicy": json.dumps(
                {"deadLetterTargetArn": lab.queue()["arn"], "maxReceiveCount": 5}
            ),
            "policy": POLICY,
            "tags": TAGS,
        },
        {"fifoQueue": True, "contentBasedDeduplication": True},
    ],
    "aws:sns/topic:Topic": lambda lab: [
        {"displayName": "notes", "kmsMasterKeyId": "alias/aws/sns", "tags": TAGS},
        {"fifoTopic": True, "contentBasedDeduplication": True},
    ],
    "aws:secretsmanager/secret:Secret": lambda lab: [
        {
            "description": "a secret",
            "kmsKeyId": "alias/notes",
            "policy": POLICY,
            "recoveryWindowInDays": 0,
            "tags": TAGS,
        }
    ],
    "aws:secretsmanager/secretVersion:SecretVersion": lambda lab: [
        {
            "secretId": lab.state("aws:secretsmanager/secret:Secret")["arn"],
            "secretString": Secret('{"password": "x"}'),
        },
        {
            "secretId": lab.state("aws:secretsmanager/secret:Secret")["arn"],
            "secretBinary": Secret(base64.b64encode(b"x").decode()),
        },
    ],
    "aws:ssm/parameter:Parameter": lambda lab: [
        {
            "type": "SecureString",
            "value": Secret("hidden"),
            "description": "a parameter",
            "tier": "Standard",
            "allowedPattern": ".*",
            "dataType": "text",
            "tags": TAGS,
        },
        {"type": "String", "insecureValue": "seen", "name": "/notes/greeting"},
    ],
    "aws:cloudwatch/logGroup:LogGroup": lambda lab: [{"retentionInDays": 30, "tags": TAGS}],
    "aws:s3/bucket:Bucket": lambda lab: [{"forceDestroy": True, "tags": TAGS}],
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": lambda lab: [
        {"bucket": lab.bucket(), "blockPublicAcls": True, "restrictPublicBuckets": True}
    ],
    "aws:s3/bucketPolicy:BucketPolicy": lambda lab: [{"bucket": lab.bucket(), "policy": POLICY}],
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        lambda lab: [
            {
                "bucket": lab.bucket(),
                "rules": [
                    {
                        "applyServerSideEncryptionByDefault": {
                            "sseAlgorithm": "aws:kms",
                            "kmsMasterKeyId": "arn:aws:kms:us-east-1:123456789012:key/k",
                        },
                        "bucketKeyEnabled": True,
                    }
                ],
            }
        ]
    ),
    "aws:s3/bucketVersioning:BucketVersioning": lambda lab: [
        {"bucket": lab.bucket(), "versioningConfiguration": {"status": "Enabled"}}
    ],
    "aws:s3/bucketObjectv2:BucketObjectv2": lambda lab: [
        {
            "bucket": lab.bucket(),
            "key": "bundles/a.zip",
            "source": asset("zip"),
            "contentType": "application/zip",
            "cacheControl": "no-cache",
            "contentEncoding": "gzip",
            "metadata": {"app": "notes"},
            "serverSideEncryption": "AES256",
            "storageClass": "STANDARD_IA",
            "tags": TAGS,
        },
        {
            "bucket": lab.bucket(),
            "contentBase64": base64.b64encode(b"\x00\xff").decode(),
        },
    ],
}


MORE = {
    **MORE_SOURCES,
    **MORE_VERSIONS,
    "aws:apigatewayv2/api:Api": lambda lab: [
        {
            "protocolType": "HTTP",
            "routeSelectionExpression": "$request.method $request.path",
            "apiKeySelectionExpression": "$request.header.x-api-key",
        }
    ],
    "aws:apigatewayv2/integration:Integration": lambda lab: [
        {
            "apiId": lab.api()["id"],
            "integrationType": "HTTP_PROXY",
            "integrationMethod": "GET",
            "integrationUri": "https://a.example",
            "connectionType": "INTERNET",
            "credentialsArn": lab.role()["arn"],
            "passthroughBehavior": "WHEN_NO_MATCH",
            "requestParameters": {"append:header.x": "y"},
        }
    ],
    "aws:apigatewayv2/route:Route": lambda lab: [
        {
            "apiId": lab.api()["id"],
            "routeKey": "GET /a",
            "authorizationType": "JWT",
            "authorizerId": "abc",
            "authorizationScopes": ["a", "b"],
            "apiKeyRequired": False,
        }
    ],
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
    "aws:cloudwatch/logGroup:LogGroup": lambda lab: [
        {
            "kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/k",
            "logGroupClass": "INFREQUENT_ACCESS",
            "deletionProtectionEnabled": False,
        }
    ],
    "aws:dynamodb/table:Table": lambda lab: [
        {
            "billingMode": "PAY_PER_REQUEST",
            "hashKey": "id",
            "rangeKey": "at",
            "attributes": [
                {"name": "id", "type": "S"},
                {"name": "at", "type": "N"},
                {"name": "b", "type": "S"},
            ],
            "localSecondaryIndexes": [{"name": "local", "rangeKey": "b", "projectionType": "ALL"}],
            "tableClass": "STANDARD_INFREQUENT_ACCESS",
            "onDemandThroughput": {"maxReadRequestUnits": 10, "maxWriteRequestUnits": 10},
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
    "aws:lb/listener:Listener": lambda lab: [
        {
            "loadBalancerArn": lab.balancer()["arn"],
            "port": 443,
            "protocol": "HTTPS",
            "certificateArn": lab.certificate(),
            "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
            "defaultActions": [{"type": "forward", "targetGroupArn": lab.target_group()["arn"]}],
            "routingHttpResponseStrictTransportSecurityHeaderValue": "max-age=60",
            "routingHttpResponseXFrameOptionsHeaderValue": "DENY",
            "routingHttpRequestXAmznTlsVersionHeaderName": "x-tls",
        }
    ],
    "aws:lb/loadBalancer:LoadBalancer": lambda lab: [
        {
            "subnets": lab.subnets(),
            "ipAddressType": "ipv4",
            "clientKeepAlive": 60,
            "desyncMitigationMode": "defensive",
            "enableCrossZoneLoadBalancing": True,
            "enableTlsVersionAndCipherSuiteHeaders": True,
            "enableWafFailOpen": True,
            "enableXffClientPort": True,
            "enableZonalShift": True,
            "preserveHostHeader": True,
            "xffHeaderProcessingMode": "append",
            "connectionLogs": {"bucket": "b", "enabled": True},
            "dnsRecordClientRoutingPolicy": "any_availability_zone",
        }
    ],
    "aws:lb/targetGroup:TargetGroup": lambda lab: [
        {
            "port": 80,
            "protocol": "HTTP",
            "protocolVersion": "HTTP1",
            "vpcId": lab.vpc(),
            "targetType": "instance",
            "ipAddressType": "ipv4",
            "loadBalancingCrossZoneEnabled": "true",
            "loadBalancingAnomalyMitigation": "off",
            "connectionTermination": True,
            "preserveClientIp": "true",
            "proxyProtocolV2": False,
            "lambdaMultiValueHeadersEnabled": False,
        }
    ],
    "aws:s3/bucketObjectv2:BucketObjectv2": lambda lab: [
        {
            "bucket": lab.bucket(),
            "key": "b",
            "content": "x",
            "contentDisposition": "inline",
            "contentLanguage": "en",
            "serverSideEncryption": "aws:kms",
            "kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/k",
            "bucketKeyEnabled": True,
            "websiteRedirect": "/c",
        }
    ],
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": lambda lab: [
        {"bucket": lab.bucket(), "blockPublicPolicy": True, "ignorePublicAcls": True}
    ],
    "aws:secretsmanager/secretVersion:SecretVersion": lambda lab: [
        {
            "secretId": lab.state("aws:secretsmanager/secret:Secret")["arn"],
            "secretString": Secret("x"),
            "versionStages": ["AWSCURRENT", "blue"],
        }
    ],
    "aws:sns/topic:Topic": lambda lab: [
        {
            "policy": POLICY,
            "signatureVersion": 2,
            "tracingConfig": "Active",
            "deliveryPolicy": json.dumps({"http": {}}),
        }
    ],
    "aws:sqs/queue:Queue": lambda lab: [
        {
            "kmsMasterKeyId": "alias/aws/sqs",
            "kmsDataKeyReusePeriodSeconds": 300,
            "redriveAllowPolicy": json.dumps({"redrivePermission": "denyAll"}),
        },
        {"fifoQueue": True, "deduplicationScope": "queue", "fifoThroughputLimit": "perQueue"},
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
    "aws:ssm/parameter:Parameter": lambda lab: [
        {"type": "SecureString", "value": Secret("x"), "keyId": "alias/aws/ssm"}
    ],
}


# Taken by a row, but in no sample: that moto gives it back is not proven. Shrink it, never grow it.
UNSAMPLED = {
    "aws:apigatewayv2/integration:Integration": (
        "connectionId",
        "contentHandlingStrategy",
        "integrationSubtype",
        "requestTemplates",
        "templateSelectionExpression",
        "tlsConfig",
    ),
    "aws:apigatewayv2/route:Route": (
        "modelSelectionExpression",
        "requestModels",
        "routeResponseSelectionExpression",
    ),
    "aws:apigatewayv2/stage:Stage": ("clientCertificateId", "deploymentId"),
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
    "aws:dynamodb/table:Table": ("warmThroughput",),
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
    "aws:lb/listener:Listener": (
        "alpnPolicy",
        "mutualAuthentication",
        "routingHttpRequestXAmznMtlsClientcertHeaderName",
        "routingHttpRequestXAmznMtlsClientcertIssuerHeaderName",
        "routingHttpRequestXAmznMtlsClientcertLeafHeaderName",
        "routingHttpRequestXAmznMtlsClientcertSerialNumberHeaderName",
        "routingHttpRequestXAmznMtlsClientcertSubjectHeaderName",
        "routingHttpRequestXAmznMtlsClientcertValidityHeaderName",
        "routingHttpRequestXAmznTlsCipherSuiteHeaderName",
        "routingHttpResponseAccessControlAllowCredentialsHeaderValue",
        "routingHttpResponseAccessControlAllowHeadersHeaderValue",
        "routingHttpResponseAccessControlAllowMethodsHeaderValue",
        "routingHttpResponseAccessControlAllowOriginHeaderValue",
        "routingHttpResponseAccessControlExposeHeadersHeaderValue",
        "routingHttpResponseAccessControlMaxAgeHeaderValue",
        "routingHttpResponseContentSecurityPolicyHeaderValue",
        "routingHttpResponseXContentTypeOptionsHeaderValue",
        "tcpIdleTimeoutSeconds",
    ),
    "aws:lb/listenerRule:ListenerRule": ("transforms",),
    "aws:lb/loadBalancer:LoadBalancer": ("loadBalancerType",),
    "aws:lb/targetGroupAttachment:TargetGroupAttachment": ("availabilityZone",),
    "aws:s3/bucketObjectv2:BucketObjectv2": (
        "objectLockLegalHoldStatus",
        "objectLockMode",
        "objectLockRetainUntilDate",
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        "expectedBucketOwner",
    ),
    "aws:s3/bucketVersioning:BucketVersioning": ("expectedBucketOwner", "mfa"),
    "aws:sns/topic:Topic": ("archivePolicy", "fifoThroughputScope", "maximumMessageSize"),
    "aws:sns/topicSubscription:TopicSubscription": (
        "deliveryPolicy",
        "replayPolicy",
        "subscriptionRoleArn",
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": ("prefixListId",),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ("prefixListId",),
}
