"""What stands before a function: each kind by its exact resources and inputs, through FunctionApp."""

import json

import pulumi
import pulumi_aws as aws
import pytest

from platform_lib import ArgsError, FunctionApp
from platform_lib.testing import AwsMocks, synth

CODE = {"code": "s3://artifacts/notes.zip", "handler": "notes.handler"}
IMAGE = {"image_uri": "123456789012.dkr.ecr.us-east-1.amazonaws.com/notes:1"}
CORE = {
    "platform-lib:index:FunctionApp": 1,
    "aws:cloudwatch/logGroup:LogGroup": 1,
    "aws:iam/role:Role": 1,
    "aws:iam/rolePolicy:RolePolicy": 1,
    "aws:lambda/function:Function": 1,
    "aws:lambda/alias:Alias": 1,
}
API = {
    **CORE,
    "aws:cloudwatch/logGroup:LogGroup": 2,
    "aws:apigatewayv2/api:Api": 1,
    "aws:apigatewayv2/integration:Integration": 1,
    "aws:apigatewayv2/route:Route": 1,
    "aws:apigatewayv2/stage:Stage": 1,
    "aws:lambda/permission:Permission": 1,
}
NAMED = {
    "aws:acm/certificate:Certificate": 1,
    "aws:acm/certificateValidation:CertificateValidation": 1,
    "aws:route53/record:Record": 2,
}
TARGET = {
    **CORE,
    "aws:lambda/permission:Permission": 1,
    "aws:lb/targetGroup:TargetGroup": 1,
    "aws:lb/targetGroupAttachment:TargetGroupAttachment": 1,
}
BALANCER = {
    **TARGET,
    "aws:ec2/securityGroup:SecurityGroup": 1,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": 1,
    "aws:lb/loadBalancer:LoadBalancer": 1,
    "aws:lb/listener:Listener": 1,
}
ZONE = "Z0123456789ABCDEFGHIJ"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0f0f-1"
DOMAIN = {"name": "notes.example.com", "zone_id": ZONE}
BALANCERS = "arn:aws:elasticloadbalancing:us-east-1:123456789012"
LISTENER = f"{BALANCERS}:listener/app/shared/0123456789abcdef/fedcba9876543210"
BALANCER_ARN = f"{BALANCERS}:loadbalancer/app/shared/0123456789abcdef"
JWT = {"issuer": "https://id.example.com/", "audiences": ["notes"]}
NETWORK = {
    "vpc_id": "vpc-0123456789abcdef0",
    "public_subnet_ids": ["subnet-a", "subnet-b"],
    "private_subnet_ids": ["subnet-c", "subnet-d"],
}
POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"


def graph_of(http=None, name="notes", **args):
    given = {**({} if "image_uri" in args else CODE), "alarms": {"enabled": False}, **args}
    return synth(lambda: FunctionApp(name, {**given, **({"http": http} if http else {})}))


def fails(match, http=None, **args):
    def program():
        with pytest.raises(ArgsError, match=match):
            FunctionApp("notes", {**CODE, **args, **({"http": http} if http else {})})

    assert synth(program).resources == ()


def counts(graph, expected):
    assert graph.counts() == dict(sorted(expected.items()))


# HTTP API


def test_an_http_api_is_what_there_is_unless_asked_otherwise():
    plain = graph_of()
    counts(plain, API)
    asked = graph_of(
        {"kind": "http_api", "routes": ["$default"], "authorization": "none", "streaming": False}
    )
    assert {each.name: each.inputs for each in asked.resources} == {
        each.name: each.inputs for each in plain.resources
    }
    route = plain.one(aws.apigatewayv2.Route)
    assert route.name == "notes-route"
    assert set(route.inputs) == {"apiId", "routeKey", "target"}
    assert set(plain.one(aws.apigatewayv2.Api).inputs) == {"protocolType"}


def test_each_route_is_a_resource_with_a_name_of_its_own():
    keys = ["$default", "GET /notes/{id}", "GET /notes-id", "ANY /f/{p+}"]
    graph = graph_of({"routes": keys})
    counts(graph, {**API, "aws:apigatewayv2/route:Route": 4})
    routes = graph.all(aws.apigatewayv2.Route)
    assert sorted(each.inputs["routeKey"] for each in routes) == sorted(keys)
    names = {each.inputs["routeKey"]: each.name for each in routes}
    assert names["$default"] == "notes-route"
    assert names["GET /notes/{id}"].startswith("notes-route-get-notes-id-")
    assert len(set(names.values())) == 4
    again = graph_of({"routes": keys[1:]})
    assert {each.inputs["routeKey"]: each.name for each in again.all(aws.apigatewayv2.Route)} == {
        key: name for key, name in names.items() if key != "$default"
    }
    permission = graph.one(aws.lambda_.Permission)
    assert all(permission in each.dependencies for each in routes)
    # The address waits for the stage, and the stage for them: who has it finds every route.
    stage = graph.one(aws.apigatewayv2.Stage)
    assert all(each in stage.dependencies for each in routes)


def test_a_route_is_overridden_by_its_key():
    overrides = {"routes.GET /a": {"operation_name": "a"}, "route": {"operation_name": "all"}}
    graph = graph_of({"routes": ["$default", "GET /a"]}, overrides=overrides)
    named = {
        each.inputs["routeKey"]: each.inputs["operationName"]
        for each in graph.all(aws.apigatewayv2.Route)
    }
    assert named == {"$default": "all", "GET /a": "a"}
    fails("'overrides.routes.GET /b' .* no such child", overrides={"routes.GET /b": {}})


def test_cors_and_throttling_are_the_apis_own():
    cors = {
        "allow_origins": ["https://www.example.com", "http://localhost:3000"],
        "allow_methods": ["GET", "POST"],
        "allow_headers": ["content-type"],
        "expose_headers": ["x-total"],
        "allow_credentials": True,
        "max_age_seconds": 600,
    }
    graph = graph_of({"cors": cors, "throttle": {"rate": 12.5, "burst": 20}})
    counts(graph, API)
    assert graph.one(aws.apigatewayv2.Api).inputs["corsConfiguration"] == {
        "allowOrigins": ["https://www.example.com", "http://localhost:3000"],
        "allowMethods": ["GET", "POST"],
        "allowHeaders": ["content-type"],
        "exposeHeaders": ["x-total"],
        "allowCredentials": True,
        "maxAge": 600,
    }
    assert graph.one(aws.apigatewayv2.Stage).inputs["defaultRouteSettings"] == {
        "throttlingRateLimit": 12.5,
        "throttlingBurstLimit": 20,
    }


@pytest.mark.parametrize("kind", ["http_api", "function_url"])
def test_headers_of_other_origins_are_worded_as_aws_gives_them_back(kind):
    cors = {
        "allow_origins": ["*"],
        "allow_headers": ["Content-Type", "content-type", "X-One"],
        "expose_headers": ["X-Total"],
    }
    graph = graph_of({"kind": kind, "cors": cors})
    if kind == "http_api":
        made = graph.one(aws.apigatewayv2.Api).inputs["corsConfiguration"]
    else:
        made = graph.one(aws.lambda_.FunctionUrl).inputs["cors"]
    assert made["allowHeaders"] == ["content-type", "x-one"]
    assert made["exposeHeaders"] == ["x-total"]


def test_tokens_are_asked_for_on_every_route():
    jwt = {**JWT, "scopes": ["notes.read"]}
    graph = graph_of({"authorization": "jwt", "jwt": jwt, "routes": ["GET /a", "GET /b"]})
    counts(
        graph,
        {
            **API,
            "aws:apigatewayv2/route:Route": 2,
            "aws:apigatewayv2/authorizer:Authorizer": 1,
        },
    )
    authorizer = graph.one(aws.apigatewayv2.Authorizer)
    assert authorizer.inputs == {
        "apiId": graph.one(aws.apigatewayv2.Api).id,
        "authorizerType": "JWT",
        "identitySources": ["$request.header.Authorization"],
        "jwtConfiguration": {"issuer": "https://id.example.com/", "audiences": ["notes"]},
    }
    for route in graph.all(aws.apigatewayv2.Route):
        assert route.inputs["authorizationType"] == "JWT"
        assert route.inputs["authorizerId"] == authorizer.id
        assert route.inputs["authorizationScopes"] == ["notes.read"]


def test_iam_is_asked_for_on_every_route():
    graph = graph_of({"authorization": "iam"})
    counts(graph, API)
    route = graph.one(aws.apigatewayv2.Route).inputs
    assert route["authorizationType"] == "AWS_IAM"
    assert not {"authorizerId", "authorizationScopes"} & set(route)


def test_a_browsers_first_question_needs_no_token_where_every_request_does():
    http = {"authorization": "iam", "cors": {"allow_origins": ["https://www.example.com"]}}
    routes = graph_of(http).all(aws.apigatewayv2.Route)
    kinds = {each.inputs["routeKey"]: each.inputs.get("authorizationType") for each in routes}
    assert kinds == {"$default": "AWS_IAM", "OPTIONS /": None, "OPTIONS /{proxy+}": None}
    exact = graph_of({**http, "routes": ["GET /a"]}).all(aws.apigatewayv2.Route)
    assert [each.inputs["routeKey"] for each in exact] == ["GET /a"]


def test_a_name_in_a_zone_gets_certificate_and_record():
    graph = graph_of(domain=DOMAIN)
    counts(
        graph,
        {
            **API,
            **NAMED,
            "aws:apigatewayv2/domainName:DomainName": 1,
            "aws:apigatewayv2/apiMapping:ApiMapping": 1,
        },
    )
    certificate = graph.one(aws.acm.Certificate)
    assert certificate.inputs == {"domainName": "notes.example.com", "validationMethod": "DNS"}
    [option] = certificate.outputs["domainValidationOptions"]
    proof = graph.one(aws.route53.Record, "notes-certificate-record")
    assert proof.inputs == {
        "zoneId": ZONE,
        "name": option["resourceRecordName"],
        "type": "CNAME",
        "records": [option["resourceRecordValue"]],
        "ttl": 300,
        "allowOverwrite": True,
    }
    validation = graph.one(aws.acm.CertificateValidation)
    assert validation.inputs == {
        "certificateArn": certificate.outputs["arn"],
        "validationRecordFqdns": [proof.outputs["fqdn"]],
    }
    name = graph.one(aws.apigatewayv2.DomainName)
    assert name.inputs == {
        "domainName": "notes.example.com",
        "domainNameConfiguration": {
            "certificateArn": certificate.outputs["arn"],
            "endpointType": "REGIONAL",
            "securityPolicy": "TLS_1_2",
        },
    }
    assert validation in name.dependencies
    api = graph.one(aws.apigatewayv2.Api)
    assert api.inputs["disableExecuteApiEndpoint"] is True
    assert graph.one(aws.apigatewayv2.ApiMapping).inputs == {
        "apiId": api.id,
        "domainName": "notes.example.com",
        "stage": "$default",
    }
    target = name.outputs["domainNameConfiguration"]
    assert graph.one(aws.route53.Record, "notes-domain-record").inputs == {
        "zoneId": ZONE,
        "name": "notes.example.com",
        "type": "A",
        "aliases": [
            {
                "name": target["targetDomainName"],
                "zoneId": target["hostedZoneId"],
                "evaluateTargetHealth": False,
            }
        ],
    }
    app = graph.result
    assert graph.value(app.url) == "https://notes.example.com"
    assert graph.value(app.dns_name) == target["targetDomainName"]
    assert graph.value(app.hosted_zone_id) == target["hostedZoneId"]


def test_a_name_with_a_certificate_needs_no_zone():
    graph = graph_of(domain={"name": "notes.example.com", "certificate_arn": CERTIFICATE})
    counts(
        graph,
        {
            **API,
            "aws:apigatewayv2/domainName:DomainName": 1,
            "aws:apigatewayv2/apiMapping:ApiMapping": 1,
        },
    )
    configuration = graph.one(aws.apigatewayv2.DomainName).inputs["domainNameConfiguration"]
    assert configuration["certificateArn"] == CERTIFICATE
    with_zone = graph_of(domain={**DOMAIN, "certificate_arn": CERTIFICATE})
    assert with_zone.counts()["aws:route53/record:Record"] == 1


# Function URL


def test_a_public_function_url_needs_two_statements_on_the_alias():
    graph = graph_of({"kind": "function_url"})
    counts(
        graph,
        {**CORE, "aws:lambda/functionUrl:FunctionUrl": 1, "aws:lambda/permission:Permission": 2},
    )
    function = graph.one(aws.lambda_.Function).outputs["name"]
    everyone = {"principal": "*", "function": function, "qualifier": "live"}
    statements = {each.name: each.inputs for each in graph.all(aws.lambda_.Permission)}
    assert statements == {
        "notes-permission": {
            **everyone,
            "action": "lambda:InvokeFunctionUrl",
            "functionUrlAuthType": "NONE",
        },
        "notes-invoke-permission": {
            **everyone,
            "action": "lambda:InvokeFunction",
            "invokedViaFunctionUrl": True,
        },
    }
    url = graph.one(aws.lambda_.FunctionUrl)
    assert url.inputs == {
        "functionName": function,
        "qualifier": "live",
        "authorizationType": "NONE",
    }
    assert all(each in url.dependencies for each in graph.all(aws.lambda_.Permission))
    app = graph.result
    assert graph.value(app.url) == url.outputs["functionUrl"].rstrip("/")
    assert graph.value(app.url) == f"https://{graph.value(app.dns_name)}"
    assert (app.hosted_zone_id, app.target_group_arn) == (None, None)


def test_a_function_url_with_iam_lets_nobody_in_by_itself():
    cors = {"allow_origins": ["*"], "max_age_seconds": 5}
    graph = graph_of({"kind": "function_url", "authorization": "iam", "cors": cors})
    counts(graph, {**CORE, "aws:lambda/functionUrl:FunctionUrl": 1})
    url = graph.one(aws.lambda_.FunctionUrl).inputs
    assert url["authorizationType"] == "AWS_IAM"
    assert url["cors"] == {"allowOrigins": ["*"], "maxAge": 5}


def test_a_function_url_streams_what_can_be_streamed():
    graph = graph_of({"kind": "function_url", "streaming": True}, **IMAGE)
    assert graph.one(aws.lambda_.FunctionUrl).inputs["invokeMode"] == "RESPONSE_STREAM"


# Load balancer


def test_a_load_balancer_calls_the_alias():
    graph = graph_of({"kind": "load_balancer"}, health_check_path="/well")
    counts(graph, BALANCER)
    group = graph.one(aws.lb.TargetGroup)
    assert group.inputs == {
        "targetType": "lambda",
        "lambdaMultiValueHeadersEnabled": True,
        "healthCheck": {
            "enabled": True,
            "path": "/well",
            "matcher": "200",
            "interval": 35,
            "timeout": 30,
            "healthyThreshold": 2,
            "unhealthyThreshold": 3,
        },
    }
    permission = graph.one(aws.lambda_.Permission)
    assert permission.inputs == {
        "action": "lambda:InvokeFunction",
        "principal": "elasticloadbalancing.amazonaws.com",
        "function": graph.one(aws.lambda_.Function).outputs["name"],
        "qualifier": "live",
        "sourceArn": group.outputs["arn"],
    }
    attachment = graph.one(aws.lb.TargetGroupAttachment)
    assert attachment.inputs == {
        "targetGroupArn": group.outputs["arn"],
        "targetId": graph.one(aws.lambda_.Alias).outputs["arn"],
    }
    assert permission in attachment.dependencies
    balancer = graph.one(aws.lb.LoadBalancer)
    assert balancer.inputs["internal"] is False
    assert len(balancer.inputs["subnets"]) == 2
    rule = graph.one(aws.vpc.SecurityGroupIngressRule)
    assert rule.name == "notes-lb-ingress"
    assert (rule.inputs["cidrIpv4"], rule.inputs["fromPort"]) == ("0.0.0.0/0", 80)
    listener = graph.one(aws.lb.Listener)
    assert (listener.inputs["port"], listener.inputs["protocol"]) == (80, "HTTP")
    assert listener.inputs["defaultActions"] == [
        {"type": "forward", "targetGroupArn": group.outputs["arn"]}
    ]
    app = graph.result
    assert graph.value(app.url) == f"http://{balancer.outputs['dnsName']}"
    assert graph.value(app.hosted_zone_id) == balancer.outputs["zoneId"]
    assert graph.value(app.target_group_arn) == group.outputs["arn"]
    # The function itself stays outside of the VPC.
    assert "vpcConfig" not in graph.one(aws.lambda_.Function).inputs


def test_everyone_is_one_rule_whether_given_as_a_range_or_not():
    def rules(**ingress):
        graph = graph_of({"kind": "load_balancer"}, ingress=ingress, domain=DOMAIN)
        made = graph.all(aws.vpc.SecurityGroupIngressRule)
        everyone = [rule for rule in made if rule.inputs["cidrIpv4"] == "0.0.0.0/0"]
        assert [rule.inputs["description"] for rule in everyone] == [
            "HTTP from anywhere",
            "HTTPS from anywhere",
        ]
        return {rule.name: [alias["name"] for alias in rule.options.aliases] for rule in made}

    by_default = rules()
    given = rules(allowed_cidrs=["10.0.0.0/8", "0.0.0.0/0"])
    assert by_default == {
        "notes-lb-ingress": ["notes-lb-ingress-0-0-0-0-0"],
        "notes-lb-ingress-https": ["notes-lb-ingress-https-0-0-0-0-0"],
    }
    assert given == {
        "notes-lb-ingress-10-0-0-0-8": [],
        "notes-lb-ingress-https-10-0-0-0-8": [],
        **{alias: [name] for name, [alias] in by_default.items()},
    }


@pytest.mark.parametrize("name", ["notes", "n" * 50])
def test_another_balancer_gets_another_target_group(name):
    fronts = [
        {"kind": "public", "paths": ["/a"]},
        {"kind": "internal", "paths": ["/a"]},
        {"listener_arn": LISTENER, "paths": ["/a"]},
        {"listener_arn": LISTENER.replace("shared", "other"), "paths": ["/a"]},
    ]
    elsewhere = {"vpc_id": "vpc-1", "public_subnet_ids": ["subnet-1", "subnet-2"]}
    places = [*({"ingress": front} for front in fronts)]
    places.append({**places[0], "network": {**NETWORK, **elsewhere}})
    graphs = [graph_of(name=name, **place) for place in places]
    groups = [graph.one(aws.lb.TargetGroup) for graph in graphs]
    assert len({str(group.options.replacement_trigger) for group in groups}) == len(places)
    # A name that we make must differ too, for both are there at a time.
    given = {group.inputs.get("name") for group in groups}
    assert len(given) == (1 if name == "notes" else len(places))
    here, there = (graphs[at].one(aws.lb.LoadBalancer) for at in (0, -1))
    assert here.options.replacement_trigger != there.options.replacement_trigger == "vpc-1"
    assert (here.inputs.get("name") == there.inputs.get("name")) == (name == "notes")
    again = graph_of(ingress={**fronts[0], "paths": ["/b"]}, name=name).one(aws.lb.TargetGroup)
    assert again.options.replacement_trigger == groups[0].options.replacement_trigger
    assert again.inputs.get("name") == groups[0].inputs.get("name")


def test_only_the_last_value_of_a_header_where_that_is_asked_for():
    graph = graph_of({"kind": "load_balancer", "multi_value_headers": False})
    assert graph.one(aws.lb.TargetGroup).inputs["lambdaMultiValueHeadersEnabled"] is False


def test_a_given_network_holds_balancer_and_function():
    public = graph_of({"kind": "load_balancer"}, network=NETWORK)
    assert public.one(aws.lb.LoadBalancer).inputs["subnets"] == ["subnet-a", "subnet-b"]
    vpc = public.one(aws.lambda_.Function).inputs["vpcConfig"]
    assert vpc["subnetIds"] == ["subnet-c", "subnet-d"]
    inside = graph_of(ingress={"kind": "internal"}, network=NETWORK)
    balancer = inside.one(aws.lb.LoadBalancer).inputs
    assert (balancer["internal"], balancer["subnets"]) == (True, ["subnet-c", "subnet-d"])
    private = {key: NETWORK[key] for key in ("vpc_id", "private_subnet_ids")}
    assert graph_of(ingress={"kind": "internal"}, network=private)
    fails("'network.public_subnet_ids' .* is needed", {"kind": "load_balancer"}, network=private)


@pytest.mark.parametrize(
    "ingress",
    [
        {"kind": "internal"},
        {"allowed_cidrs": ["10.0.0.0/8"]},
        {"hosts": ["notes.example.com"]},
        {"paths": ["/notes/*"]},
    ],
)
def test_what_only_a_load_balancer_has_makes_one(ingress):
    assert graph_of(ingress=ingress).counts()["aws:lb/loadBalancer:LoadBalancer"] == 1
    for kind in ("http_api", "function_url"):
        fails("'http.kind' is .* takes a load balancer", {"kind": kind}, ingress=ingress)


def test_an_internal_balancer_stands_in_the_default_vpc_too():
    graph = graph_of(ingress={"kind": "internal"})
    counts(graph, BALANCER)
    assert graph.one(aws.lb.LoadBalancer).inputs["internal"] is True


def test_each_range_that_may_connect_is_a_rule():
    graph = graph_of(ingress={"allowed_cidrs": ["10.0.0.0/8", "192.0.2.0/24"]})
    rules = graph.all(aws.vpc.SecurityGroupIngressRule)
    assert {each.name: each.inputs["cidrIpv4"] for each in rules} == {
        "notes-lb-ingress-10-0-0-0-8": "10.0.0.0/8",
        "notes-lb-ingress-192-0-2-0-24": "192.0.2.0/24",
    }
    overrides = {"load_balancer_ingress.10.0.0.0/8": {"description": "ours"}}
    graph = graph_of(ingress={"allowed_cidrs": ["10.0.0.0/8"]}, overrides=overrides)
    assert graph.one(aws.vpc.SecurityGroupIngressRule).inputs["description"] == "ours"


def test_hosts_and_paths_leave_the_rest_unanswered():
    graph = graph_of(ingress={"hosts": ["a.example.com"], "paths": ["/a/*"], "priority": 7})
    counts(graph, {**BALANCER, "aws:lb/listenerRule:ListenerRule": 1})
    listener = graph.one(aws.lb.Listener)
    assert listener.inputs["defaultActions"][0]["fixedResponse"]["statusCode"] == "404"
    rule = graph.one(aws.lb.ListenerRule).inputs
    assert rule == {
        "listenerArn": listener.outputs["arn"],
        "priority": 7,
        "actions": [
            {
                "type": "forward",
                "targetGroupArn": graph.one(aws.lb.TargetGroup).outputs["arn"],
            }
        ],
        "conditions": [
            {"hostHeader": {"values": ["a.example.com"]}},
            {"pathPattern": {"values": ["/a/*"]}},
        ],
    }
    assert graph.value(graph.result.url) == "http://a.example.com"


def test_a_listener_that_exists_gets_a_rule_and_nothing_else():
    ingress = {
        "listener_arn": LISTENER,
        "hosts": ["*.example.com", "notes.example.com"],
        "allowed_cidrs": ["10.0.0.0/8"],
    }
    graph = graph_of(ingress=ingress)
    counts(graph, {**TARGET, "aws:lb/listenerRule:ListenerRule": 1})
    rule = graph.one(aws.lb.ListenerRule).inputs
    assert rule["listenerArn"] == LISTENER
    assert "priority" not in rule
    assert rule["conditions"] == [
        {"hostHeader": {"values": ["*.example.com", "notes.example.com"]}},
        {"sourceIp": {"values": ["10.0.0.0/8"]}},
    ]
    app = graph.result
    assert graph.value(app.url) == "https://notes.example.com"
    assert graph.value(app.dns_name) == "shared-1234567890.us-east-1.elb.amazonaws.com"
    assert graph.value(app.hosted_zone_id) == "Z35SXDOTRQ7X7K"
    by_path = graph_of(ingress={"listener_arn": LISTENER, "paths": ["/notes/*"]})
    dns_name = by_path.value(by_path.result.dns_name)
    assert by_path.value(by_path.result.url) == f"https://{dns_name}"


@pytest.mark.parametrize(
    ("protocol", "port", "url"),
    [
        ("HTTP", 80, "http://notes.example.com"),
        ("HTTP", 443, "http://notes.example.com:443"),
        ("HTTPS", 80, "https://notes.example.com:80"),
        ("HTTPS", 8443, "https://notes.example.com:8443"),
    ],
)
def test_the_address_names_a_port_that_is_not_its_protocols(protocol, port, url):
    listener = {
        "arn": LISTENER,
        "loadBalancerArn": BALANCER_ARN,
        "protocol": protocol,
        "port": port,
    }
    mocks = AwsMocks(invokes={"aws:lb/getListener:getListener": listener})
    args = {**CODE, "ingress": {"listener_arn": LISTENER, "hosts": ["notes.example.com"]}}
    graph = synth(lambda: FunctionApp("notes", args), mocks=mocks)
    assert graph.value(graph.result.url) == url


def test_a_name_makes_a_balancer_speak_tls():
    graph = graph_of({"kind": "load_balancer"}, domain=DOMAIN)
    counts(
        graph,
        {
            **BALANCER,
            **NAMED,
            "aws:lb/listener:Listener": 2,
            "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": 2,
        },
    )
    plain = graph.one(aws.lb.Listener, "notes-http").inputs
    assert plain["defaultActions"] == [
        {
            "type": "redirect",
            "redirect": {"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_301"},
        }
    ]
    tls = graph.one(aws.lb.Listener, "notes-https")
    group = graph.one(aws.lb.TargetGroup).outputs["arn"]
    assert {key: tls.inputs[key] for key in tls.inputs if key != "loadBalancerArn"} == {
        "port": 443,
        "protocol": "HTTPS",
        "sslPolicy": POLICY,
        "certificateArn": graph.one(aws.acm.Certificate).outputs["arn"],
        "defaultActions": [{"type": "forward", "targetGroupArn": group}],
    }
    assert graph.one(aws.acm.CertificateValidation) in tls.dependencies
    # What serves by HTTP until now goes on until HTTPS answers.
    assert tls in graph.one(aws.lb.Listener, "notes-http").dependencies
    ports = {each.inputs["fromPort"] for each in graph.all(aws.vpc.SecurityGroupIngressRule)}
    assert ports == {80, 443}
    balancer = graph.one(aws.lb.LoadBalancer).outputs
    record = graph.one(aws.route53.Record, "notes-domain-record").inputs
    assert record["aliases"][0]["name"] == balancer["dnsName"]
    assert record["aliases"][0]["zoneId"] == balancer["zoneId"]
    assert graph.value(graph.result.url) == "https://notes.example.com"


def test_a_long_name_is_shortened_where_aws_would_refuse_it():
    graph = graph_of({"kind": "load_balancer"}, name="n" * 50)
    for kind in (aws.lb.LoadBalancer, aws.lb.TargetGroup):
        assert len(graph.one(kind).inputs["name"]) == 32


# Nothing


def test_no_ingress_makes_no_front():
    graph = graph_of(ingress={"kind": "none"})
    counts(graph, CORE)
    app = graph.result
    assert (app.url, app.dns_name, app.hosted_zone_id, app.target_group_arn) == (None,) * 4
    registered = graph.one(FunctionApp).registered[0]
    assert not {"url", "dns_name"} & set(registered)
    fails("'http' is .*: nothing is served", {"kind": "http_api"}, ingress={"kind": "none"})
    fails("'domain' is .*: nothing is served", ingress={"kind": "none"}, domain=DOMAIN)
    fails("'ingress.paths' is .*: nothing", ingress={"kind": "none", "paths": ["/a"]})


# Bad input


URL = {"kind": "function_url"}
ORIGIN = {"allow_origins": ["https://a.example"]}


@pytest.mark.parametrize(
    ("http", "match"),
    [
        ({"routes": ["get /"]}, r"'http.routes\[0\]' is 'get /': must be '\$default'"),
        ({"routes": ["GET a"]}, "must be '.default'"),
        ({"routes": ["GET  /a"]}, "must be '.default'"),
        ({"routes": ["/a"]}, "must be '.default'"),
        ({"routes": ["TRACE /a"]}, "must be '.default', or a method"),
        ({"routes": ["GET /a", "GET /a"]}, r"'http.routes\[1\]' .* stands there twice"),
        ({"routes": ["GET /a/{x"]}, r"'\{x' is neither text of a URL"),
        ({"routes": ["GET /a//b"]}, "'' is neither text of a URL"),
        ({"routes": ["GET /a/b{x}"]}, "is neither text of a URL"),
        ({"routes": ["GET /{x}/{x}"]}, "two parts of the name 'x'"),
        ({"routes": ["GET /{x+}/a"]}, "must be the last"),
        ({"routes": [f"GET /{at}" for at in range(301)]}, "'301 routes': .* at most 300"),
        ({"cors": {}}, "'http.cors.allow_origins' is None: is needed"),
        ({"cors": {"allow_origins": ["a.example"]}}, r"allow_origins\[0\]' is 'a.example'"),
        ({"cors": {"allow_origins": ["https://a.example/x"]}}, "an origin without a path"),
        ({"cors": {**ORIGIN, "allow_methods": ["get"]}}, "an HTTP method in capitals"),
        ({"cors": {**ORIGIN, "allow_methods": ["ANY"]}}, "an HTTP method in capitals"),
        ({"cors": {**ORIGIN, "allow_headers": ["a b"]}}, "a header's name"),
        ({"cors": {**ORIGIN, "expose_headers": [""]}}, "a header's name"),
        ({"cors": {**ORIGIN, "max_age_seconds": 86401}}, "must be 0 to 86400 seconds"),
        ({"cors": {**ORIGIN, "max_age_seconds": -1}}, "must be 0 to 86400 seconds"),
        ({"cors": {"allow_origins": ["*"], "allow_credentials": True}}, "no credentials to a"),
        (
            {"cors": {**ORIGIN, "allow_headers": ["*"], "allow_credentials": True}},
            "no credentials to a",
        ),
        ({"throttle": {"rate": 0, "burst": 1}}, "'http.throttle.rate' is 0.0: must be more"),
        ({"throttle": {"rate": 1, "burst": 0}}, "'http.throttle.burst' is 0: must be more"),
        ({"throttle": {"rate": 1}}, "'http.throttle' .* lacks 'burst'"),
        ({"authorization": "jwt"}, "'http.jwt' is None: .* need each other"),
        ({"jwt": JWT}, "'http.jwt' is .* need each other"),
        (
            {"authorization": "jwt", "jwt": {**JWT, "issuer": "http://id.example"}},
            "'http.jwt.issuer' is 'http://id.example': must be the https address",
        ),
        (
            {"authorization": "jwt", "jwt": {**JWT, "audiences": []}},
            "'http.jwt.audiences' is .*: must be 1 to 50",
        ),
        (
            {"authorization": "jwt", "jwt": {**JWT, "audiences": ["a"] * 51}},
            "'http.jwt.audiences' is .*: must be 1 to 50",
        ),
        (
            {"authorization": "jwt", "jwt": {**JWT, "scopes": ["a"] * 11}},
            "'http.jwt.scopes' is .*: a route asks for at most 10",
        ),
        (
            {"authorization": "jwt", "jwt": {**JWT, "scopes": ["a b"]}},
            r"'http.jwt.scopes\[0\]' is 'a b': must be a scope",
        ),
        ({"streaming": True}, "'http.streaming' is True: works with .* 'function_url'"),
        ({"multi_value_headers": False}, "'http.multi_value_headers' .* 'load_balancer'"),
        ({**URL, "streaming": True}, "'http.streaming' is True: Lambda's own Python"),
        ({**URL, "routes": ["GET /"]}, "'http.routes' .* works with an http.kind of one of"),
        ({**URL, "throttle": {"rate": 1, "burst": 1}}, "'http.throttle' .* works with"),
        ({**URL, "authorization": "jwt", "jwt": JWT}, "'http.jwt' .* works with"),
        ({**URL, "cors": {**ORIGIN, "allow_methods": ["OPTIONS"]}}, "none over 6 letters"),
        ({**URL, "cors": {"allow_origins": ["https://*"]}}, "an origin without a path"),
        ({**URL, "cors": {"allow_origins": ["https://" + "a" * 246]}}, "an origin without"),
        (
            {**URL, "cors": {"allow_origins": [f"https://a{at}" for at in range(101)]}},
            "'101 values': a function URL takes at most 100",
        ),
        ({"kind": "load_balancer", "cors": ORIGIN}, "'http.cors' .* works with"),
        ({"kind": "load_balancer", "authorization": "iam"}, "'http.authorization' .* works"),
        ({"kind": "rest"}, "'http.kind' is 'rest': must be one of"),
    ],
)
def test_bad_http_is_refused(http, match):
    fails(match, http)


@pytest.mark.parametrize(
    "route",
    ["GET /", "ANY /{proxy+}", "POST /notes/", "GET /a/{x.y}/b-c_d~e", "$default", "GET /%20"],
)
def test_every_route_that_aws_takes_is_taken(route):
    assert graph_of({"routes": [route]}).one(aws.apigatewayv2.Route).inputs["routeKey"] == route


@pytest.mark.parametrize(
    ("domain", "match"),
    [
        ({"name": "notes.example.com"}, "'domain' is .*: needs zone_id, .* or certificate_arn"),
        ({**DOMAIN, "name": "localhost"}, "'domain.name' is 'localhost': must be a full host"),
        ({**DOMAIN, "name": "*.example.com"}, "without a wildcard"),
        ({**DOMAIN, "name": "Notes.example.com"}, "in small letters"),
        ({**DOMAIN, "name": "-a.example.com"}, "must be a full host name"),
        ({**DOMAIN, "name": f"{'a' * 64}.com"}, "63 between two dots"),
        ({**DOMAIN, "name": f"{'a' * 61}.com"}, "ACM takes at most 64 characters"),
        (
            {"name": ".".join(["a" * 60] * 5) + ".example", "certificate_arn": CERTIFICATE},
            "253 characters",
        ),
        ({**DOMAIN, "zone_id": "example.com"}, "'domain.zone_id' is 'example.com'"),
        ({**DOMAIN, "certificate_arn": "arn:x"}, "'domain.certificate_arn' is 'arn:x'"),
    ],
)
def test_a_bad_domain_is_refused(domain, match):
    fails(match, domain=domain)


def test_a_function_url_has_no_name_of_ones_own():
    fails("'domain' is 'notes.example.com': a function URL has no name", URL, domain=DOMAIN)


@pytest.mark.parametrize(
    ("ingress", "match"),
    [
        ({"allowed_cidrs": ["10.0.0.1/8"]}, r"allowed_cidrs\[0\]' is '10.0.0.1/8': .*host bits"),
        ({"allowed_cidrs": ["everyone"]}, "must be an address range such as 10.0.0.0/8"),
        ({"allowed_cidrs": ["2001:db8::/32"]}, "has IPv4 addresses only"),
        ({"allowed_cidrs": ["10.0.0.0/8"] * 2}, r"allowed_cidrs\[1\]' .* stands there twice"),
        ({"allowed_cidrs": [f"10.{at}.0.0/16" for at in range(61)]}, "takes 60 rules"),
        ({"hosts": ["localhost"]}, r"'ingress.hosts\[0\]' is 'localhost': must hold a dot"),
        ({"hosts": ["a.b1"]}, "letters only behind the last one"),
        ({"hosts": ["a" * 125 + ".com"]}, "at most 128 characters"),
        ({"paths": ["a"]}, r"'ingress.paths\[0\]' is 'a': must begin with / or \*"),
        ({"paths": ["/a b"]}, "must begin with"),
        ({"paths": ["/" + "a" * 128]}, "128 characters"),
        ({"hosts": ["a.b"] * 3, "paths": ["/a"] * 3}, "at most 5 values"),
        ({"paths": ["/*/*/*/*/*/*"]}, "at most 5 wildcards"),
        ({"priority": 0, "paths": ["/"]}, "'ingress.priority' is 0: must be 1 to 50000"),
        ({"priority": 50001, "paths": ["/"]}, "'ingress.priority' is 50001"),
        ({"priority": 1}, "give hosts or paths too"),
        ({"listener_arn": LISTENER}, "'ingress.listener_arn' is .* hosts or paths must say"),
        ({"listener_arn": "arn:x", "paths": ["/"]}, "must be the ARN of a listener"),
        (
            {"listener_arn": LISTENER.replace("/app/", "/net/"), "paths": ["/"]},
            "listener of an application load balancer",
        ),
        ({"listener_arn": LISTENER, "paths": ["/"], "kind": "internal"}, "'ingress.kind' is"),
        (
            {
                "listener_arn": LISTENER,
                "paths": ["/"],
                "allowed_cidrs": [f"10.{at}.0.0/16" for at in range(5)],
            },
            "at most 5 values",
        ),
    ],
)
def test_a_bad_ingress_is_refused(ingress, match):
    fails(match, ingress=ingress)


def test_a_listener_that_exists_has_its_own_certificate():
    fails("'domain' is", ingress={"listener_arn": LISTENER, "paths": ["/"]}, domain=DOMAIN)


def test_what_only_the_engine_knows_is_not_judged():
    def program():
        unknown = pulumi.Output.from_input("x")
        jwt = {"issuer": unknown, "audiences": [unknown]}
        args = {
            **CODE,
            "http": {"authorization": "jwt", "jwt": jwt},
            "domain": {**DOMAIN, "certificate_arn": unknown, "zone_id": unknown},
        }
        return FunctionApp("notes", args)

    graph = synth(program)
    assert json.dumps(graph.one(aws.apigatewayv2.Authorizer).inputs)
