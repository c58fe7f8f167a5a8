"""A lab for tests of rows: an account, and what samples stand on."""

import json

from platform_lib.local.provider.aws import AwsKinds
from platform_lib.local.provider.check import Autoname
from platform_lib.local.provider.rows import ROWS
from platform_lib.local.provider.values import ARCHIVE, ASSET, SIGNATURE, Asset

TRUST = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }],
})  # fmt: skip
POLICY = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}],
})  # fmt: skip
FUNCTION = "aws:lambda/function:Function"
TAGS = {"team": "notes", "cost": "none"}


CONTAINER = {
    "name": "app",
    "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/notes@sha256:00",
    "essential": True,
    "portMappings": [{"containerPort": 8080, "protocol": "tcp"}],
    "environment": [{"name": "A", "value": "b"}],
    "secrets": [{"name": "S", "valueFrom": "arn:aws:ssm:us-east-1:123456789012:parameter/s"}],
    "healthCheck": {"command": ["CMD", "true"], "interval": 5, "retries": 3, "timeout": 5},
    "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/apps"}},
}
LIFE = {
    "rulePriority": 1,
    "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 50},
    "action": {"type": "expire"},
}


def scaled_service(lab):
    cluster = lab.state("aws:ecs/cluster:Cluster")
    service = lab.state(
        "aws:ecs/service:Service",
        cluster=cluster["arn"],
        taskDefinition=lab.task()["arn"],
        desiredCount=1,
        networkConfiguration={"subnets": lab.subnets()},
    )
    return {
        "serviceNamespace": "ecs",
        "resourceId": f"service/{cluster['name']}/{service['name']}",
        "scalableDimension": "ecs:service:DesiredCount",
    }


class Quiet:
    """A data plane that serves nothing."""

    def endpoint(self, kind, id):
        return f"127.0.0.1:{len(kind)}{len(id)}"

    def changed(self, type, id, action):
        pass


class Lab:
    """Makes resources through the provider, as the engine would."""

    def __init__(self, account, plane=None):
        self.account = account
        self.kinds = AwsKinds(account, plane or Quiet())
        self._count = 0

    def client(self, service):
        return self.account.client(service)

    def check(self, type, inputs, old=None):
        self._count += 1
        logical = f"r{self._count}"
        checked, failures = self.kinds.check(type, old or {}, inputs, Autoname(logical, b"seed"))
        assert failures == []
        return checked

    def make(self, type, /, **inputs):
        noted = []
        checked = self.check(type, inputs)
        made = self.kinds.create(
            type, checked, lambda new: noted.append(self.kinds.identity(type, new.state))
        )
        self.journalled = noted[0]
        return made.id, made.state, checked

    def state(self, type, /, **inputs):
        return self.make(type, **inputs)[1]

    def fresh(self, stem):
        """Give a name that nothing has."""
        self._count += 1
        return f"{stem}-{self._count}"

    # What several samples stand on

    def role(self):
        return self.state("aws:iam/role:Role", assumeRolePolicy=TRUST)

    def vpc(self):
        return self.client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]

    def subnets(self):
        # Of one VPC: other tests make more.
        default = [{"Name": "default-for-az", "Values": ["true"]}]
        found = self.client("ec2").describe_subnets(Filters=default)["Subnets"]
        return sorted(one["SubnetId"] for one in found)[:2]

    def group(self):
        return self.state("aws:ec2/securityGroup:SecurityGroup", vpcId=self.vpc())["id"]

    def bucket(self):
        return self.state("aws:s3/bucket:Bucket")["bucket"]

    def stored_code(self):
        """Put an archive into a bucket; give what names that version of it."""
        s3, bucket = self.client("s3"), self.bucket()
        kept = {"Status": "Enabled"}
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=kept)
        version = s3.put_object(Bucket=bucket, Key="app.zip", Body=archive().read())["VersionId"]
        return {"s3Bucket": bucket, "s3Key": "app.zip", "s3ObjectVersion": version}

    def function_inputs(self, **more):
        return {
            "role": self.role()["arn"],
            "runtime": "python3.13",
            "handler": "app.handler",
            "code": archive(),
            **more,
        }

    def function(self, **more):
        return self.state(FUNCTION, **self.function_inputs(**more))

    def api(self):
        return self.state("aws:apigatewayv2/api:Api", protocolType="HTTP")

    def queue(self):
        return self.state("aws:sqs/queue:Queue")

    def stream(self):
        table = self.state(
            "aws:dynamodb/table:Table",
            billingMode="PAY_PER_REQUEST",
            hashKey="id",
            attributes=[{"name": "id", "type": "S"}],
            streamEnabled=True,
            streamViewType="NEW_IMAGE",
        )
        return table["streamArn"]

    def kinesis(self):
        client = self.client("kinesis")
        name = self.fresh("stream")
        client.create_stream(StreamName=name, ShardCount=1)
        return client.describe_stream(StreamName=name)["StreamDescription"]["StreamARN"]

    def alias(self):
        name = self.function(publish=True)["name"]
        return self.state(
            "aws:lambda/alias:Alias", functionName=name, name="live", functionVersion="1"
        )

    def domain_name(self):
        self._count += 1
        name = f"d{self._count}.example"
        self.state(
            "aws:apigatewayv2/domainName:DomainName",
            domainName=name,
            domainNameConfiguration={"certificateArn": self.certificate()},
        )
        return name

    def zone(self, name):
        return self.state("aws:route53/zone:Zone", name=name)

    def certificate(self):
        client = self.client("acm")
        return client.request_certificate(DomainName="a.example")["CertificateArn"]

    def topic(self):
        return self.state("aws:sns/topic:Topic")

    def image(self):
        name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
        return self.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]

    def template(self):
        return self.state(
            "aws:ec2/launchTemplate:LaunchTemplate",
            imageId=self.image(),
            instanceType="t4g.small",
        )

    def scaling_group(self):
        return self.state(
            "aws:autoscaling/group:Group",
            minSize=0,
            maxSize=1,
            vpcZoneIdentifiers=self.subnets(),
            launchTemplate={"id": self.template()["id"], "version": "1"},
        )

    def balancer(self):
        return self.state("aws:lb/loadBalancer:LoadBalancer", subnets=self.subnets())

    def target_group(self):
        return self.state(
            "aws:lb/targetGroup:TargetGroup",
            port=80,
            protocol="HTTP",
            vpcId=self.vpc(),
            targetType="ip",
        )

    def listener(self):
        return self.state(
            "aws:lb/listener:Listener",
            loadBalancerArn=self.balancer()["arn"],
            port=80,
            protocol="HTTP",
            defaultActions=[{"type": "forward", "targetGroupArn": self.target_group()["arn"]}],
        )

    def task(self):
        return self.state(
            "aws:ecs/taskDefinition:TaskDefinition",
            family="app",
            containerDefinitions=json.dumps([CONTAINER]),
            memory="512",
        )

    def target(self):
        scaled = scaled_service(self)
        self.state("aws:appautoscaling/target:Target", **scaled, minCapacity=1, maxCapacity=2)
        return scaled


class Made:
    """A resource with its inputs, to be changed as the engine changes it."""

    def __init__(self, lab, type, /, **inputs):
        self.lab = lab
        self.type = type
        self.id, self.state, self.inputs = lab.make(type, **inputs)

    def change(self, *without, **new):
        """Change inputs in place; what replaces is no change in place.

        What the row keeps stays as it is when it is taken away.
        """
        wanted = {word: item for word, item in self.inputs.items() if word not in without}
        wanted = self.lab.check(self.type, {**wanted, **new}, self.inputs)
        change = self.lab.kinds.diff(self.type, self.inputs, wanted, ())
        kept = set(without) & set(ROWS[self.type].keeps)
        assert set(change.changed) == {*without, *new} - kept
        assert change.replaces == []
        self.state = self.lab.kinds.update(self.type, self.id, self.state, self.inputs, wanted)
        self.inputs = wanted
        found = self.lab.kinds.read(self.type, self.id, self.state, self.inputs)
        assert found[1] == wanted
        return self

    def replaces(self, *without, **new):
        """Name the inputs for which a change would replace it."""
        wanted = {word: item for word, item in self.inputs.items() if word not in without}
        return self.lab.kinds.diff(self.type, self.inputs, {**wanted, **new}, ()).replaces


def archive(text="def handler(event, context): return {}"):
    inner = {SIGNATURE: ASSET, "hash": text, "text": text}
    return Asset({SIGNATURE: ARCHIVE, "hash": text, "assets": {"app.py": Asset(inner)}})


def asset(text):
    return Asset({SIGNATURE: ASSET, "hash": text, "text": text})
