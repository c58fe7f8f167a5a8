"""Inputs for the rows of what stands before an app: APIs, balancers, certificates, names."""

from rows_kit import (
    TAGS,
)

SAMPLES = {
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
}


MORE = {
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
}


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
}
