"""Kills in the middle of an operation, with the real account, providers and journal."""

import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from echo_cloud import engine_of, write_program

from platform_lib.local import LocalCloud, LocalCloudError
from platform_lib.local.screen import Screen

pytestmark = pytest.mark.engine

PROGRAM = """
import json
trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
         "Principal": {"Service": "lambda.amazonaws.com"}}]}
for number in range(6):
    aws.dynamodb.Table(f"table-{number}", hash_key="id", billing_mode="PAY_PER_REQUEST",
                       attributes=[{"name": "id", "type": "S"}])
    aws.iam.Role(f"role-{number}", assume_role_policy=json.dumps(trust))
    aws.cloudwatch.LogGroup(f"logs-{number}", retention_in_days=30)
"""


CHAIN = """
subnets = aws.ec2.get_subnets().ids[:2]
vpc = aws.ec2.get_vpc(default=True).id
group = aws.lb.TargetGroup("group", port=80, protocol="HTTP", vpc_id=vpc)
balancer = aws.lb.LoadBalancer("balancer", subnets=subnets)
for port in (80, 81):
    aws.lb.Listener(f"listener-{port}", load_balancer_arn=balancer.arn, port=port, protocol="HTTP",
                    default_actions=[{"type": "forward", "target_group_arn": group.arn}])
table = aws.dynamodb.Table("table-0", hash_key="id", billing_mode="PAY_PER_REQUEST",
                           attributes=[{"name": "id", "type": "S"}])
aws.cloudwatch.LogGroup("logs-0", name=table.name.apply(lambda name: f"/of/{name}"))
"""


class KillsTheEngine(Screen):
    """Kills the engine as soon as it tells that a resource is being made or deleted."""

    def __init__(self, cloud: LocalCloud, moment: int = 1, victim: str = "engine") -> None:
        self.cloud, self.left, self.victim = cloud, moment, victim

    def progress(self, program, event):
        if event["event"] == "resource" and event["state"] == "started":
            self.left -= 1
            if not self.left:
                [process] = self.cloud.operations.processes
                killed = engine_of(self.cloud) if self.victim == "engine" else process.pid
                os.kill(killed, signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="finds the engine by /proc")
def test_what_a_killed_engine_made_is_not_made_twice(tmp_path):
    program = write_program(tmp_path / "app", "app", PROGRAM)
    with LocalCloud(tmp_path / "state") as cloud:
        killer = KillsTheEngine(cloud)
        with ThreadPoolExecutor(1) as pool:
            failed = pool.submit(cloud.up, program, screen=killer).exception(120)
        assert isinstance(failed, LocalCloudError)
        assert "the engine was killed (SIGKILL)" in str(failed)

        cloud.up(program)

        assert alive(cloud) == {"tables": 6, "roles": 6, "logs": 6}
        assert cloud.preview(program) == []
        cloud.destroy(program)
        assert alive(cloud) == {"tables": 0, "roles": 0, "logs": 0}


@pytest.mark.skipif(sys.platform != "linux", reason="finds the engine by /proc")
def test_after_a_kill_at_any_moment_the_next_up_converges(tmp_path):
    program = write_program(tmp_path / "app", "app", CHAIN)
    with LocalCloud(tmp_path / "state") as cloud:
        for number, moment in enumerate((2, 5)):
            victim = ("engine", "program")[number % 2]
            for operation in (cloud.up, cloud.destroy):
                killer = KillsTheEngine(cloud, moment, victim)
                with pytest.raises(LocalCloudError, match=r"was killed \(SIGKILL\)"):
                    operation(program, screen=killer)

                cloud.up(program)

                assert cloud.preview(program) == []
                assert cloud.refresh(program) == []
                assert alive(cloud) == {"tables": 1, "roles": 0, "logs": 1}
                balancers = cloud.client("elbv2").describe_load_balancers()["LoadBalancers"]
                [arn] = [each["LoadBalancerArn"] for each in balancers]
                listeners = cloud.client("elbv2").describe_listeners(LoadBalancerArn=arn)
                assert len(listeners["Listeners"]) == 2
            cloud.destroy(program)
            assert alive(cloud) == {"tables": 0, "roles": 0, "logs": 0}


def alive(cloud: LocalCloud) -> dict[str, int]:
    roles = cloud.client("iam").list_roles()["Roles"]
    return {
        "tables": len(cloud.client("dynamodb").list_tables()["TableNames"]),
        "roles": len([role for role in roles if role["RoleName"].startswith("role-")]),
        "logs": len(cloud.client("logs").describe_log_groups()["logGroups"]),
    }
