"""What stands before a function, of every kind, with the real engine: up, asked, unchanged, down."""

import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from test_rollout import left_over

from platform_lib.local import LocalCloud

pytestmark = pytest.mark.engine

PROGRAM = '''
import pulumi
import pulumi_aws as aws
from platform_lib import FunctionApp

ECHO = """
import json

def handler(event, context):
    told = {"path": event.get("rawPath") or event["path"], "arn": context.invoked_function_arn}
    return {"statusCode": 200, "headers": {}, "multiValueHeaders": {}, "body": json.dumps(told)}
"""

zone = aws.route53.Zone("zone", name="example.com")


def app(name, **args):
    made = FunctionApp(name, {"inline": ECHO, "alarms": {"enabled": False}, **args})
    for output in ("url", "dns_name", "hosted_zone_id", "target_group_arn"):
        pulumi.export(f"{name}.{output}", getattr(made, output))
    return made


app("api", http={"routes": ["GET /notes/{id}"], "throttle": {"rate": 100, "burst": 100}})
app("named", domain={"name": "api.example.com", "zone_id": zone.zone_id})
app("own", http={"kind": "function_url"})
app("iam", http={"kind": "function_url", "authorization": "iam"})
app("tls", http={"kind": "load_balancer"}, domain={
    "name": "tls.example.com", "zone_id": zone.zone_id,
})
shared = app("shared", ingress={"hosts": ["shared.example.com"], "paths": ["/shared/*"]})
app("guest", ingress={"listener_arn": shared.listener.arn, "paths": ["/guest/*"], "priority": 9})
app("events", ingress={"kind": "none"})
'''


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text(f"name: {tmp_path.name}\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    return tmp_path


def told(address: str, path: str, host: str = "") -> tuple[int, dict[str, str]]:
    """Ask for a path; answer with its status, and what the function says."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(f"{address}{path}", headers={"Host": host} if host else {})
    try:
        with opener.open(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as problem:
        return problem.code, {}


def test_every_front_serves_and_leaves_nothing(local_cloud: LocalCloud, program: Path) -> None:
    out = local_cloud.up(program).outputs
    try:
        assert told(out["api.url"], "/notes/7")[0] == 200
        assert told(out["api.url"], "/other")[0] == 404
        assert out["named.url"] == "https://api.example.com"
        assert told(f"http://{out['named.dns_name']}", "/a")[1]["path"] == "/a"
        status, echo = told(out["own.url"], "/a%20b")
        assert (status, echo["path"]) == (200, "/a%20b")
        assert echo["arn"].endswith(":live")
        assert told(out["iam.url"], "/")[0] == 403
        assert out["tls.url"] == "https://tls.example.com"
        assert told(f"http://{out['tls.dns_name']}", "/a")[0] == 200
        shared = f"http://{out['shared.dns_name']}"
        assert out["shared.url"] == "http://shared.example.com"
        assert told(shared, "/shared/a", "shared.example.com")[0] == 200
        assert told(shared, "/shared/a")[0] == 404
        assert told(shared, "/a", "shared.example.com")[0] == 404
        assert out["guest.dns_name"] == out["shared.dns_name"]
        assert "guest-fn" in told(out["guest.url"], "/guest/a")[1]["arn"]
        assert "events.url" not in out
        assert local_cloud.preview(program) == []
        assert local_cloud.refresh(program) == []
    finally:
        local_cloud.destroy(program)
    assert left_over(local_cloud) == {}
    assert local_cloud.client("apigatewayv2").get_domain_names()["Items"] == []
    assert local_cloud.client("route53").list_hosted_zones()["HostedZones"] == []
