"""A kill in the middle of an up, with the real account, providers and journal."""

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


class KillsTheEngine(Screen):
    """Kills the engine as soon as it tells that the first resource is being made."""

    cloud: LocalCloud
    done = False

    def progress(self, program, event):
        if event["event"] == "resource" and event["state"] == "started" and not self.done:
            self.done = True
            os.kill(engine_of(self.cloud), signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="finds the engine by /proc")
def test_what_a_killed_engine_made_is_not_made_twice(tmp_path):
    program = write_program(tmp_path / "app", "app", PROGRAM)
    killer = KillsTheEngine()
    with LocalCloud(tmp_path / "state") as cloud:
        killer.cloud = cloud
        with ThreadPoolExecutor(1) as pool:
            failed = pool.submit(cloud.up, program, screen=killer).exception(120)
        assert isinstance(failed, LocalCloudError)
        assert "the engine was killed (SIGKILL)" in str(failed)

        cloud.up(program)

        assert alive(cloud) == {"tables": 6, "roles": 6, "logs": 6}
        assert cloud.preview(program) == []
        cloud.destroy(program)
        assert alive(cloud) == {"tables": 0, "roles": 0, "logs": 0}


def alive(cloud: LocalCloud) -> dict[str, int]:
    roles = cloud.client("iam").list_roles()["Roles"]
    return {
        "tables": len(cloud.client("dynamodb").list_tables()["TableNames"]),
        "roles": len([role for role in roles if role["RoleName"].startswith("role-")]),
        "logs": len(cloud.client("logs").describe_log_groups()["logGroups"]),
    }
