"""Resources as a program makes them, by boto3, and small apps of the standard library alone."""

import base64
import gzip
import hashlib
import http.client
import itertools
import json
import subprocess
import threading
import time
import zipfile
from io import BytesIO
from pathlib import Path

from platform_lib.vm_app.user_data import cloud_config

DIGEST = "sha256:" + "5" * 64
SERVICE = "aws:ecs/service:Service"
GROUP = "aws:autoscaling/group:Group"

APP = """
import http.server, json, os, socketserver, sys, time

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = ""
            while (size := int(self.rfile.readline(), 16)):
                body += self.rfile.read(size).decode(); self.rfile.readline()
            self.rfile.readline()
        wrote = []
        if self.path == "/write":
            for place in (os.path.dirname(os.path.abspath(__file__)), ".", os.environ["HOME"]):
                try:
                    open(os.path.join(place, "left"), "w").close(); wrote.append(None)
                except OSError as error:
                    wrote.append(error.strerror)
        if self.path == "/crash":
            os._exit(3)
        if self.path == "/hang-up":
            self.connection.shutdown(2); return
        if self.path == "/slow":
            print("slow begins", flush=True)
            time.sleep(0.5)
        if self.path == "/sick" and not os.path.exists(os.environ["SICK"]):
            open(os.environ["SICK"], "w").close()
        status = 200
        if self.path == "/health" and os.path.exists(os.environ.get("SICK", "/nonexistent")):
            status = 500
        answer = json.dumps({
            "version": os.environ.get("VERSION", ""), "pid": os.getpid(), "path": self.path,
            "body": body, "method": self.command, "headers": list(self.headers.items()),
            "env": dict(os.environ), "wrote": wrote,
        }).encode()
        print("asked", self.path, flush=True)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Set-Cookie", "a=1"); self.send_header("Set-Cookie", "b=2")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    do_POST = do_PUT = do_DELETE = do_HEAD = do_GET

    def log_message(self, *_): pass

if os.environ.get("BROKEN"):
    print("cannot find the flux capacitor", flush=True); sys.exit(1)
class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""

READ_ONLY = ["Read-only file system", "Read-only file system", None]
"""What an app is told that writes to its own folder, to the current one and to its home."""


def can_keep_from_writing():
    """Whether this machine can make an app's folder read-only: Linux, with mount namespaces."""
    return subprocess.run(["unshare", "-m", "true"], check=False).returncode == 0


DOCKERFILE = """FROM python:3.11-slim AS build
RUN true
FROM python:3.11-slim
WORKDIR /app
ENV PYTHONPATH=/app PATH=/app/bin:$PATH LANGUAGE="de"
COPY app/ /app/
USER 10001
CMD ["python", "-m", "server"]
"""


def until(condition, seconds=20.0):
    """Wait until a condition holds and return what it gave."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"waited {seconds} s for {condition}"
        time.sleep(0.02)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


def ask(address, path="/", method="GET", body=None, headers=None):
    host, port = address.split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=40)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


class Asking(threading.Thread):
    """Asks again and again until it is told to stop; keeps every answer's status."""

    def __init__(self, address, path="/"):
        super().__init__(daemon=True)
        self.address, self.path, self.statuses, self._end = address, path, [], False

    def run(self):
        while not self._end:
            self.statuses.append(ask(self.address, self.path).status)

    def end(self):
        self._end = True
        self.join()
        return self.statuses


def manifest(files, **more):
    return {
        "app_hash": "0" * 16,
        "tag": "0" * 16,
        "python": "3.11",
        "architecture": "arm64",
        "app": "server:app",
        "interface": "asgi",
        "source_files": sorted(files),
        **more,
    }


def write_bundle(folder, files, lock="", **more):
    everything = {
        **files,
        "_platform/manifest.json": json.dumps(manifest(files, **more)),
        "_platform/requirements.lock": lock,
    }
    for name, text in everything.items():
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def zipped(folder):
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder).as_posix())
    return out.getvalue()


def subnets(account):
    found = account.client("ec2").describe_subnets()["Subnets"][:2]
    return found[0]["VpcId"], [each["SubnetId"] for each in found]


class Front:
    """A load balancer with a target group and a listener that forwards to it."""

    def __init__(self, account, name, target_type="ip", **check):
        self.elb = account.client("elbv2")
        vpc, self.subnets = subnets(account)
        self.arn = self.elb.create_load_balancer(Name=name, Subnets=self.subnets)["LoadBalancers"][
            0
        ]["LoadBalancerArn"]
        self.vpc = vpc
        self.group = self.target_group(f"{name}-tg", target_type, **check)
        self.listener = self.elb.create_listener(
            LoadBalancerArn=self.arn,
            Protocol="HTTP",
            Port=80,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": self.group}],
        )["Listeners"][0]["ListenerArn"]

    def target_group(self, name, target_type="ip", **check):
        settings = {"HealthCheckPath": "/health", "HealthCheckIntervalSeconds": 5} | check
        return self.elb.create_target_group(
            Name=name,
            Protocol="HTTP",
            Port=8080,
            VpcId=self.vpc,
            TargetType=target_type,
            UnhealthyThresholdCount=2,
            HealthyThresholdCount=2,
            **settings,
        )["TargetGroups"][0]["TargetGroupArn"]


ECS, EC2, LAMBDA = "ecs-tasks.amazonaws.com", "ec2.amazonaws.com", "lambda.amazonaws.com"


def create_role(account, *actions, service=LAMBDA, resources="*", **settings):
    """Make a role that may do these actions, and return its ARN."""
    name, iam = new_name("role"), account.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust), **settings)[
        "Role"
    ]["Arn"]
    if actions:
        grant(account, arn, *actions, resources=resources)
    return arn


def grant(account, role, *actions, resources="*", **more):
    """Let a role do these actions, and no others."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resources, **more}
    account.client("iam").put_role_policy(
        RoleName=role.rpartition("/")[2], PolicyName="p", PolicyDocument=document(statement)
    )


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def task_definition(account, family, image, environment=None, task_role=None, **more):
    container = {
        "name": "app",
        "image": image,
        "essential": True,
        "portMappings": [{"containerPort": 8080}],
        "environment": [
            {"name": k, "value": v} for k, v in {"PORT": "8080", **(environment or {})}.items()
        ],
    }
    roles = {"taskRoleArn": task_role} if task_role else {}
    return account.client("ecs").register_task_definition(
        family=family,
        executionRoleArn=create_role(
            account, "secretsmanager:GetSecretValue", "ssm:GetParameter", service=ECS
        ),
        **roles,
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[{**container, **more}],
    )["taskDefinition"]["taskDefinitionArn"]


def create_service(account, name, definition, group=None, count=1):
    ecs = account.client("ecs")
    ecs.create_cluster(clusterName=name)
    _, ids = subnets(account)
    security = account.client("ec2").describe_security_groups()["SecurityGroups"][0]["GroupId"]
    balancers = [{"targetGroupArn": group, "containerName": "app", "containerPort": 8080}]
    return ecs.create_service(
        cluster=name,
        serviceName=name,
        taskDefinition=definition,
        desiredCount=count,
        loadBalancers=balancers if group else [],
        networkConfiguration={
            "awsvpcConfiguration": {"subnets": ids, "securityGroups": [security]}
        },
    )["service"]["serviceArn"]


def encoded(text):
    return base64.b64encode(text.encode()).decode()


_numbers = itertools.count()


def new_name(word):
    return f"{word}{next(_numbers)}"


def add_image(plane, tmp_path):
    """Give the data plane an image of ours that serves APP; return the URI of a task definition."""
    context = tmp_path / "context"
    write_bundle(context / "app", {"server.py": APP})
    (context / "Dockerfile").write_text(DOCKERFILE)
    plane.images.add("registry/shop:1", DIGEST, context, context / "Dockerfile")
    return f"registry/shop@{DIGEST}"


class Shop:
    """A service behind its load balancer."""

    def __init__(self, account, plane, image, count=1, environment=None, balanced=True, **more):
        self.name = new_name("shop")
        self.account, self.plane, self.image, self.more = account, plane, image, more
        self.front = Front(account, self.name)
        self.url = plane.endpoint("load_balancer", self.front.arn)
        definition = self.define(environment)
        group = self.front.group if balanced else None
        self.arn = create_service(account, self.name, definition, group, count)

    def define(self, environment=None):
        return task_definition(self.account, self.name, self.image, environment, **self.more)

    def up(self, action="create"):
        self.plane.changed(SERVICE, self.arn, action)
        return self

    def update(self, **settings):
        self.account.client("ecs").update_service(cluster=self.name, service=self.name, **settings)
        return self.up("update")

    def tasks(self):
        return [each for each in self.plane.workloads() if each.name == self.name]


INSTANCE_MAY = ("s3:GetObject", "secretsmanager:GetSecretValue")


class Fleet:
    """An auto scaling group behind its load balancer, as VmApp makes it."""

    def __init__(self, account, plane, tmp_path, may=INSTANCE_MAY, **settings):
        self.name = new_name("fleet")
        self.role, iam = create_role(account, *may, service=EC2), account.client("iam")
        iam.create_instance_profile(InstanceProfileName=self.name)
        iam.add_role_to_instance_profile(
            InstanceProfileName=self.name, RoleName=self.role.rpartition("/")[2]
        )
        self.account, self.plane, self.tmp_path = account, plane, tmp_path
        self.front = Front(account, self.name, "instance")
        self.url = plane.endpoint("load_balancer", self.front.arn)
        self.ec2, self.scaling = account.client("ec2"), account.client("autoscaling")
        self.ec2.create_launch_template(
            LaunchTemplateName=self.name, LaunchTemplateData=self.data(**settings)
        )
        self.scaling.create_auto_scaling_group(
            AutoScalingGroupName=self.name,
            MinSize=1,
            MaxSize=4,
            VPCZoneIdentifier=",".join(self.front.subnets),
            TargetGroupARNs=[self.front.group],
            LaunchTemplate={"LaunchTemplateName": self.name, "Version": "1"},
        )

    def data(self, *, sha256=None, user_data=None, compress=False, **settings):
        folder = write_bundle(self.tmp_path / "bundle", {"server.py": APP})
        data = zipped(folder)
        self.account.client("s3").put_object(Bucket="bundles", Key=self.name, Body=data)
        text = user_data or cloud_config(
            **{
                "name": self.name,
                "python_version": "3.11",
                "bundle_uri": f"s3://bundles/{self.name}",
                "bundle_sha256": sha256 or hashlib.sha256(data).hexdigest(),
                "command": ["/usr/bin/python3.11", "-m", "server"],
                "port": 8080,
                "environment": {"PORT": "8080"},
                "secrets": {},
                "log_group_name": "/apps/fleet",
                "script": None,
                **settings,
            }
        )
        parameter = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
        image = self.account.client("ssm").get_parameter(Name=parameter)["Parameter"]["Value"]
        packed = gzip.compress(text.encode()) if compress else text.encode()
        return {
            "ImageId": image,
            "InstanceType": "t3.small",
            "IamInstanceProfile": {"Name": self.name},
            "UserData": base64.b64encode(packed).decode(),
        }

    def up(self, action="create"):
        self.plane.changed(GROUP, self.name, action)
        return self

    def refresh(self, action="refresh", **settings):
        version = self.ec2.create_launch_template_version(
            LaunchTemplateName=self.name, LaunchTemplateData=self.data(**settings)
        )["LaunchTemplateVersion"]["VersionNumber"]
        return self.update(
            action, LaunchTemplate={"LaunchTemplateName": self.name, "Version": str(version)}
        )

    def update(self, action="update", **settings):
        self.scaling.update_auto_scaling_group(AutoScalingGroupName=self.name, **settings)
        return self.up(action)

    def instances(self):
        return [each for each in self.plane.workloads() if each.name == self.name]
