"""A function behind a load balancer: exact resources and inputs, through FunctionApp."""

import pulumi_aws as aws
import pytest
from function_http_kit import (
    BALANCER,
    BALANCER_ARN,
    CODE,
    DOMAIN,
    LISTENER,
    NAMED,
    NETWORK,
    POLICY,
    TARGET,
    counts,
    fails,
    graph_of,
)

from platform_lib import FunctionApp
from platform_lib.testing import AwsMocks, synth


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
