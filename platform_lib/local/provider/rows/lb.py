"""Load balancers, target groups, listeners and their rules."""

from platform_lib.local.account import Account
from platform_lib.local.provider.calls import call_aws
from platform_lib.local.provider.row import Call, Look, Name, Properties, Row, Tags, because

_TAGS = Tags(
    "add_tags",
    "remove_tags",
    {"ResourceArns": ["{id}"]},
    Look("describe_tags", {"ResourceArns": ["{id}"]}, "TagDescriptions[0]"),
)


def _scheme(inputs: Properties) -> Properties:
    if "internal" not in inputs:
        return inputs
    bare = {word: item for word, item in inputs.items() if word != "internal"}
    return {**bare, "scheme": "internal" if inputs["internal"] else "internet-facing"}


def _arn_suffix(account: Account, values: Properties, found: Properties) -> Properties:
    """Add the part of the ARN by which CloudWatch and scaling name it."""
    arn = values["id"].split(":", 5)[-1]
    return {**found, "ArnSuffix": arn.removeprefix("loadbalancer/")}


_FIELDS = {
    "hostHeader": "host-header",
    "httpHeader": "http-header",
    "httpRequestMethod": "http-request-method",
    "pathPattern": "path-pattern",
    "queryStrings": "query-string",
    "sourceIp": "source-ip",
}


def _fields(inputs: Properties) -> Properties:
    """Name each condition's kind, which AWS wants said besides."""
    conditions = inputs.get("conditions")
    if not isinstance(conditions, list):
        return inputs
    named = [
        {**one, "field": next((field for word, field in _FIELDS.items() if word in one), "")}
        for one in conditions
    ]
    return {**inputs, "conditions": named}


def _next_priority(account: Account, inputs: Properties) -> Properties:
    """Give the priority after the last rule's, as AWS's provider does where none is given."""
    if "priority" in inputs:
        return {}
    asked = {"ListenerArn": inputs["listenerArn"]}
    rules = call_aws(account, "elbv2", "describe_rules", asked)["Rules"]
    taken = [int(rule["Priority"]) for rule in rules if rule["Priority"] != "default"]
    return {"priority": max(taken, default=0) + 1}


def _attributes(call: str, name: str, inputs: tuple[str, ...]) -> Call:
    return Call(call, {name: "{id}"}, takes=inputs)


def _actions(word: str) -> dict[str, str]:
    return {
        f"{word}.forward.targetGroups.arn": "TargetGroupArn",
        f"{word}.forward.stickiness": "TargetGroupStickinessConfig",
        f"{word}.forward.stickiness.duration": "DurationSeconds",
    }


_LOGS = {
    f"{word}.{below}": f"{key}.s3.{below}"
    for word, key in (
        ("accessLogs", "access_logs"),
        ("connectionLogs", "connection_logs"),
    )
    for below in ("bucket", "enabled", "prefix")
}

_BALANCER = {
    **_LOGS,
    "clientKeepAlive": "client_keep_alive.seconds",
    "desyncMitigationMode": "routing.http.desync_mitigation_mode",
    "dnsRecordClientRoutingPolicy": "dns_record.client_routing_policy",
    "dropInvalidHeaderFields": "routing.http.drop_invalid_header_fields.enabled",
    "enableCrossZoneLoadBalancing": "load_balancing.cross_zone.enabled",
    "enableDeletionProtection": "deletion_protection.enabled",
    "enableHttp2": "routing.http2.enabled",
    "enableTlsVersionAndCipherSuiteHeaders": (
        "routing.http.x_amzn_tls_version_and_cipher_suite.enabled"
    ),
    "enableWafFailOpen": "waf.fail_open.enabled",
    "enableXffClientPort": "routing.http.xff_client_port.enabled",
    "enableZonalShift": "zonal_shift.config.enabled",
    "idleTimeout": "idle_timeout.timeout_seconds",
    "preserveHostHeader": "routing.http.preserve_host_header.enabled",
    "xffHeaderProcessingMode": "routing.http.xff_header_processing.mode",
}

_GROUP = {
    "connectionTermination": "deregistration_delay.connection_termination.enabled",
    "deregistrationDelay": "deregistration_delay.timeout_seconds",
    "lambdaMultiValueHeadersEnabled": "lambda.multi_value_headers.enabled",
    "loadBalancingAlgorithmType": "load_balancing.algorithm.type",
    "loadBalancingAnomalyMitigation": "load_balancing.algorithm.anomaly_mitigation",
    "loadBalancingCrossZoneEnabled": "load_balancing.cross_zone.enabled",
    "preserveClientIp": "preserve_client_ip.enabled",
    "proxyProtocolV2": "proxy_protocol_v2.enabled",
    "slowStart": "slow_start.duration_seconds",
    "stickiness.cookieDuration": "stickiness.lb_cookie.duration_seconds",
    "stickiness.cookieName": "stickiness.app_cookie.cookie_name",
    "stickiness.enabled": "stickiness.enabled",
    "stickiness.type": "stickiness.type",
}

_HEALTH = {
    "healthCheck.enabled": "HealthCheckEnabled",
    "healthCheck.healthyThreshold": "HealthyThresholdCount",
    "healthCheck.interval": "HealthCheckIntervalSeconds",
    "healthCheck.matcher": "Matcher.HttpCode",
    "healthCheck.path": "HealthCheckPath",
    "healthCheck.port": "HealthCheckPort",
    "healthCheck.protocol": "HealthCheckProtocol",
    "healthCheck.timeout": "HealthCheckTimeoutSeconds",
    "healthCheck.unhealthyThreshold": "UnhealthyThresholdCount",
}


def _words(attributes: dict[str, str]) -> tuple[str, ...]:
    return tuple(sorted({path.partition(".")[0] for path in attributes}))


_ARN = {"LoadBalancerArn": "{id}"}
_SET_BALANCER = Call("modify_load_balancer_attributes", _ARN, takes=_words(_BALANCER))
_SET_GROUP = Call(
    "modify_target_group_attributes", {"TargetGroupArn": "{id}"}, takes=_words(_GROUP)
)
_LISTENER_ATTRIBUTES = {
    "tcpIdleTimeoutSeconds": "tcp.idle_timeout.seconds",
    **{
        f"routingHttp{word}": f"routing.http.{key}"
        for word, key in {
            **{
                f"RequestXAmznMtlsClientcert{part}HeaderName": (
                    f"request.x_amzn_mtls_clientcert{key}.header_name"
                )
                for part, key in {
                    "": "",
                    "Issuer": "_issuer",
                    "Leaf": "_leaf",
                    "SerialNumber": "_serial_number",
                    "Subject": "_subject",
                    "Validity": "_validity",
                }.items()
            },
            "RequestXAmznTlsCipherSuiteHeaderName": "request.x_amzn_tls_cipher_suite.header_name",
            "RequestXAmznTlsVersionHeaderName": "request.x_amzn_tls_version.header_name",
            **{
                f"ResponseAccessControl{part}HeaderValue": (
                    f"response.access_control_{key}.header_value"
                )
                for part, key in {
                    "AllowCredentials": "allow_credentials",
                    "AllowHeaders": "allow_headers",
                    "AllowMethods": "allow_methods",
                    "AllowOrigin": "allow_origin",
                    "ExposeHeaders": "expose_headers",
                    "MaxAge": "max_age",
                }.items()
            },
            "ResponseContentSecurityPolicyHeaderValue": (
                "response.content_security_policy.header_value"
            ),
            "ResponseServerEnabled": "response.server.enabled",
            "ResponseStrictTransportSecurityHeaderValue": (
                "response.strict_transport_security.header_value"
            ),
            "ResponseXContentTypeOptionsHeaderValue": (
                "response.x_content_type_options.header_value"
            ),
            "ResponseXFrameOptionsHeaderValue": "response.x_frame_options.header_value",
        }.items()
    },
}
_SET_LISTENER = Call(
    "modify_listener_attributes", {"ListenerArn": "{id}"}, takes=_words(_LISTENER_ATTRIBUTES)
)

ROWS = (
    Row(
        type="aws:lb/loadBalancer:LoadBalancer",
        service="elbv2",
        name=Name("name", 32),
        create=Call("create_load_balancer"),
        id="LoadBalancers[0].LoadBalancerArn",
        looks=(
            Look("describe_load_balancers", {"LoadBalancerArns": ["{id}"]}, "LoadBalancers[0]"),
            Look("describe_load_balancer_attributes", _ARN),
        ),
        seen=_arn_suffix,
        delete=Call("delete_load_balancer", _ARN),
        prepare=_scheme,
        defaults={"loadBalancerType": "application"},
        renames={"loadBalancerType": "Type"},
        attributes=_BALANCER,
        keeps=(
            "dnsRecordClientRoutingPolicy",
            "enableCrossZoneLoadBalancing",
            "internal",
            "ipAddressType",
            "securityGroups",
            "subnets",
        ),
        unset={
            "accessLogs": {"enabled": False},
            "clientKeepAlive": 3600,
            "connectionLogs": {"enabled": False},
            "desyncMitigationMode": "defensive",
            "dropInvalidHeaderFields": False,
            "enableDeletionProtection": False,
            "enableHttp2": True,
            "enableTlsVersionAndCipherSuiteHeaders": False,
            "enableWafFailOpen": False,
            "enableXffClientPort": False,
            "enableZonalShift": False,
            "idleTimeout": 60,
            "preserveHostHeader": False,
            "xffHeaderProcessingMode": "append",
        },
        back={
            "internal": "Scheme=='internal'",
            "name": "LoadBalancerName",
            "subnets": "AvailabilityZones[].SubnetId",
        },
        also=(_SET_BALANCER,),
        update=(
            _SET_BALANCER,
            Call("set_security_groups", _ARN, takes=("securityGroups",)),
            Call("set_subnets", _ARN, takes=("subnets", "subnetMappings")),
            Call("set_ip_address_type", _ARN, takes=("ipAddressType",)),
        ),
        tags=_TAGS,
        endpoint=("load_balancer", "{id}"),
        outputs={
            "arn": "{id}",
            "arnSuffix": "ArnSuffix",
            "dnsName": "{endpoint}",
            "vpcId": "VpcId",
            "zoneId": "CanonicalHostedZoneId",
        },
        dropped={"subnetMappings": "moto gives back subnets"},
        refused={
            "healthCheckLogs": "moto knows no such attribute",
            **because(
                "the local balancer is one process: it has no addresses or capacity to choose",
                "subnetMappings.outpostId",
                "customerOwnedIpv4Pool",
                "enablePrefixForIpv6SourceNat",
                "enforceSecurityGroupInboundRulesOnPrivateLinkTraffic",
                "ipamPools",
                "minimumLoadBalancerCapacity",
                "secondaryIpsAutoAssignedPerSubnet",
            ),
        },
    ),
    Row(
        type="aws:lb/targetGroup:TargetGroup",
        service="elbv2",
        name=Name("name", 32),
        create=Call("create_target_group"),
        id="TargetGroups[0].TargetGroupArn",
        looks=(
            Look("describe_target_groups", {"TargetGroupArns": ["{id}"]}, "TargetGroups[0]"),
            Look("describe_target_group_attributes", {"TargetGroupArn": "{id}"}),
        ),
        seen=_arn_suffix,
        delete=Call("delete_target_group", {"TargetGroupArn": "{id}"}),
        keeps=(
            "connectionTermination",
            "healthCheck",
            "ipAddressType",
            "loadBalancingAlgorithmType",
            "loadBalancingAnomalyMitigation",
            "loadBalancingCrossZoneEnabled",
            "preserveClientIp",
            "protocolVersion",
            "stickiness",
        ),
        unset={
            "deregistrationDelay": 300,
            "lambdaMultiValueHeadersEnabled": False,
            "proxyProtocolV2": False,
            "slowStart": 0,
        },
        back={"name": "TargetGroupName"},
        # The provider says instance unless it is told otherwise.
        defaults={"targetType": "instance"},
        renames={"healthCheck": "", **_HEALTH},
        attributes=_GROUP,
        also=(_SET_GROUP,),
        update=(
            _SET_GROUP,
            Call("modify_target_group", {"TargetGroupArn": "{id}"}, takes=("healthCheck",)),
        ),
        tags=_TAGS,
        outputs={"arn": "{id}", "arnSuffix": "ArnSuffix", "loadBalancerArns": "LoadBalancerArns"},
        refused=because(
            "the local balancer has no other zone or port to go to",
            "targetControlPort",
            "targetFailovers",
            "targetGroupHealth",
            "targetHealthStates",
        ),
    ),
    Row(
        type="aws:lb/targetGroupAttachment:TargetGroupAttachment",
        service="elbv2",
        create=Call("register_targets"),
        id="{targetGroupArn}/{targetId}",
        looks=(
            Look(
                "describe_target_health",
                {"TargetGroupArn": "{targetGroupArn}"},
                "TargetHealthDescriptions[?Target.Id=='{targetId}']|[0]",
            ),
        ),
        delete=Call(
            "deregister_targets",
            {
                "TargetGroupArn": "{targetGroupArn}",
                "Targets": [{"Id": "{targetId}", "Port": "{port}"}],
            },
        ),
        renames={
            "availabilityZone": "Targets.AvailabilityZone",
            "port": "Targets.Port",
            "quicServerId": "Targets.QuicServerId",
            "targetId": "Targets.Id",
        },
        back={
            "availabilityZone": "Target.AvailabilityZone",
            "port": "Target.Port",
            "targetId": "Target.Id",
        },
        dropped=because("it is asked for by its group", "targetGroupArn", "quicServerId"),
    ),
    Row(
        type="aws:lb/listener:Listener",
        service="elbv2",
        create=Call("create_listener"),
        id="Listeners[0].ListenerArn",
        looks=(
            Look("describe_listeners", {"ListenerArns": ["{id}"]}, "Listeners[0]"),
            Look("describe_listener_attributes", {"ListenerArn": "{id}"}),
        ),
        delete=Call("delete_listener", {"ListenerArn": "{id}"}),
        renames={
            "certificateArn": "Certificates.CertificateArn",
            "mutualAuthentication.advertiseTrustStoreCaNames": "AdvertiseTrustStoreCaNames",
            **_actions("defaultActions"),
        },
        attributes=_LISTENER_ATTRIBUTES,
        also=(_SET_LISTENER,),
        update=(
            Call(
                "modify_listener",
                {"ListenerArn": "{id}"},
                takes=(
                    "alpnPolicy",
                    "certificateArn",
                    "defaultActions",
                    "mutualAuthentication",
                    "port",
                    "protocol",
                    "sslPolicy",
                ),
            ),
            _SET_LISTENER,
        ),
        tags=_TAGS,
        keeps=(
            "protocol",
            "routingHttpRequestXAmznMtlsClientcertHeaderName",
            "routingHttpRequestXAmznMtlsClientcertIssuerHeaderName",
            "routingHttpRequestXAmznMtlsClientcertLeafHeaderName",
            "routingHttpRequestXAmznMtlsClientcertSerialNumberHeaderName",
            "routingHttpRequestXAmznMtlsClientcertSubjectHeaderName",
            "routingHttpRequestXAmznMtlsClientcertValidityHeaderName",
            "routingHttpRequestXAmznTlsCipherSuiteHeaderName",
            "routingHttpRequestXAmznTlsVersionHeaderName",
            "routingHttpResponseAccessControlAllowCredentialsHeaderValue",
            "routingHttpResponseAccessControlAllowHeadersHeaderValue",
            "routingHttpResponseAccessControlAllowMethodsHeaderValue",
            "routingHttpResponseAccessControlAllowOriginHeaderValue",
            "routingHttpResponseAccessControlExposeHeadersHeaderValue",
            "routingHttpResponseAccessControlMaxAgeHeaderValue",
            "routingHttpResponseContentSecurityPolicyHeaderValue",
            "routingHttpResponseServerEnabled",
            "routingHttpResponseStrictTransportSecurityHeaderValue",
            "routingHttpResponseXContentTypeOptionsHeaderValue",
            "routingHttpResponseXFrameOptionsHeaderValue",
            "sslPolicy",
            "tcpIdleTimeoutSeconds",
        ),
        unset={"port": None},
        outputs={"arn": "{id}"},
    ),
    Row(
        type="aws:lb/listenerRule:ListenerRule",
        service="elbv2",
        create=Call("create_rule"),
        id="Rules[0].RuleArn",
        looks=(Look("describe_rules", {"RuleArns": ["{id}"]}, "Rules[0]"),),
        delete=Call("delete_rule", {"RuleArn": "{id}"}),
        prepare=_fields,
        renames={
            **_actions("actions"),
            "conditions.queryStrings": "QueryStringConfig.Values",
        },
        update=(
            Call(
                "modify_rule",
                {"RuleArn": "{id}"},
                takes=("actions", "conditions", "transforms"),
            ),
            Call(
                "set_rule_priorities",
                {"RulePriorities": [{"RuleArn": "{id}", "Priority": "{priority}"}]},
                takes=("priority",),
            ),
        ),
        asked=_next_priority,
        dropped={"listenerArn": "it is asked for by its own ARN"},
        tags=_TAGS,
        keeps=("priority",),
        outputs={"arn": "{id}", "priority": "to_number(Priority)"},
    ),
)
