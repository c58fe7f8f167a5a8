import json
import os

import pytest
from dataplane_kit import (
    READ_ONLY,
    Asking,
    Fleet,
    ask,
    can_keep_from_writing,
    until,
)

from platform_lib.local.dataplane.apps import replicas
from platform_lib.local.dataplane.apps.units import (
    expand,
    read_environment_file,
    read_unit,
    read_user_data,
)
from platform_lib.local.errors import LocalCloudError, NotSteady
from platform_lib.vm_app.user_data import environment_file

GROUP = "aws:autoscaling/group:Group"


@pytest.fixture(scope="module")
def account(account):
    account.client("s3").create_bucket(Bucket="bundles")
    return account


def test_the_unit_of_the_user_data_serves_the_bundle(account, plane, tmp_path):
    tricky = 'say "it" costs $5 \\ `now`'
    environment = {"PORT": "8080", "TRICKY": tricky, "VERSION": "one"}
    fleet = Fleet(account, plane, tmp_path, environment=environment)
    assert ask(fleet.url).status == 503
    fleet.up()
    seen = ask(fleet.url, "/hello").json
    assert (seen["version"], seen["env"]["TRICKY"]) == ("one", tricky)
    assert seen["env"]["AWS_ENDPOINT_URL"] == account.endpoint
    (instance,) = fleet.instances()
    assert (instance.target, instance.how, instance.state) == ("vm", "process", "healthy")
    assert int(instance.id) == seen["pid"]
    assert "asked /hello" in until(lambda: plane.logs("/apps/fleet", 50))


def test_a_ready_bundle_starts_by_its_shell_command(account, plane, tmp_path):
    command = ["/bin/sh", "-c", "VERSION=shell-$PORT exec python3.11 -m server"]
    fleet = Fleet(account, plane, tmp_path, command=command, compress=True).up()
    (instance,) = fleet.instances()
    assert ask(fleet.url).json["version"] == "shell-" + instance.address.rpartition(":")[2]


def test_secrets_are_fetched_before_the_start(account, plane, tmp_path):
    arn = account.client("secretsmanager").create_secret(
        Name="vm", SecretString='{"password": "s3cret"}'
    )["ARN"]
    fleet = Fleet(account, plane, tmp_path, secrets={"PASSWORD": f"{arn}#password"}).up()
    assert ask(fleet.url).json["env"]["PASSWORD"] == "s3cret"
    fleet = Fleet(account, plane, tmp_path, secrets={"PASSWORD": f"{arn}#missing"})
    with pytest.raises(LocalCloudError, match=r"secret PASSWORD: .* has no JSON key 'missing'"):
        fleet.up()


def test_a_changed_template_refreshes_the_instances_without_a_gap(account, plane, tmp_path):
    fleet = Fleet(account, plane, tmp_path, environment={"PORT": "1", "VERSION": "one"}).up()
    (old,) = fleet.instances()
    asking = Asking(fleet.url)
    asking.start()
    until(lambda: len(asking.statuses) > 20)
    fleet.refresh(environment={"PORT": "1", "VERSION": "two"})
    assert ask(fleet.url).json["version"] == "two"
    assert set(asking.end()) == {200}
    (new,) = fleet.instances()
    assert new.version.endswith(":2")
    with pytest.raises(ProcessLookupError):
        os.kill(int(old.id), 0)


def test_a_broken_template_leaves_the_old_instances_in_service(account, plane, tmp_path):
    fleet = Fleet(account, plane, tmp_path, environment={"PORT": "1", "VERSION": "one"}).up()
    with pytest.raises(NotSteady, match="flux capacitor"):
        fleet.refresh(environment={"PORT": "1", "BROKEN": "1"})
    assert ask(fleet.url).json["version"] == "one"


def test_without_a_refresh_only_new_instances_are_of_the_new_version(account, plane, tmp_path):
    fleet = Fleet(account, plane, tmp_path, environment={"PORT": "1", "VERSION": "one"}).up()
    (old,) = fleet.instances()
    fleet.refresh("update", environment={"PORT": "1", "VERSION": "two"})
    assert fleet.instances() == [old]
    fleet.update(DesiredCapacity=2)
    assert {ask(fleet.url).json["version"] for _ in range(12)} == {"one", "two"}


def test_a_group_scales_and_goes(account, plane, tmp_path):
    fleet = Fleet(account, plane, tmp_path).up()
    (first,) = fleet.instances()
    fleet.update(DesiredCapacity=3)
    assert len({ask(fleet.url).json["pid"] for _ in range(12)}) == 3
    fleet.update(DesiredCapacity=1)
    assert [each.id for each in fleet.instances()] == [first.id]
    fleet.scaling.delete_auto_scaling_group(AutoScalingGroupName=fleet.name, ForceDelete=True)
    fleet.up("delete")
    with pytest.raises(ProcessLookupError):
        os.kill(int(first.id), 0)


def test_a_bundle_with_another_hash_is_refused(account, plane, tmp_path):
    fleet = Fleet(account, plane, tmp_path, sha256="0" * 64)
    with pytest.raises(LocalCloudError, match=r"has the hash .*, not 0000.* refuses it"):
        fleet.up()
    assert fleet.instances() == []


def test_a_bundle_that_is_not_there_is_told(account, plane, tmp_path):
    fleet = Fleet(account, plane, tmp_path, bundle_uri="s3://bundles/missing")
    with pytest.raises(LocalCloudError, match="s3://bundles/missing cannot be fetched"):
        fleet.up()


def test_other_user_data_is_refused(account, plane, tmp_path):
    fleet = Fleet(account, plane, tmp_path, user_data="#!/bin/sh\nnginx\n")
    with pytest.raises(LocalCloudError, match="not what VmApp writes"):
        fleet.up()


def test_a_first_boot_script_is_said_not_to_run(account, plane, tmp_path):
    Fleet(account, plane, tmp_path, script="#!/bin/sh\ntrue\n").up()
    assert any("first-boot script does not run" in line for line in plane.said)


def test_units_are_read_as_systemd_reads_them():
    unit = "[Unit]\nA=b\n[Service]\n# no\nEnvironment=A=1 'B=2 3'\nEnvironment=C=4\nX=a \\\n  b\n"
    assert read_unit(unit) == {"Environment": ["A=1 'B=2 3'", "C=4"], "X": ["a  b"]}
    env = {"PORT": "80", "MANY": "a b"}
    words = ("x", "$MANY", "${PORT}/$PORT", "100%%", "$$HOME")
    assert expand(words, env) == ["x", "a", "b", "80/$PORT", "100%", "$HOME"]


def test_an_environment_file_gives_back_what_was_written():
    given = {"A": 'x"y\\z$`', "B": "", "C": "it's = fine"}
    assert read_environment_file(environment_file(given)) == given


def test_yaml_and_environment_lines_are_taken_too():
    text = """#cloud-config
write_files:
  - path: /etc/platform/bundle.json
    content: '{"uri": "s3://b/k", "python": "3.12"}'
  - path: /etc/systemd/system/app.service
    content: |
      [Service]
      Environment=A=1
      EnvironmentFile=-/nowhere
      ExecStart=/usr/bin/python3.12 -m app
"""
    boot = read_user_data(text.encode())
    assert (boot.env, boot.sha256, boot.log_group) == ({"A": "1"}, None, "")
    assert boot.words == ("/usr/bin/python3.12", "-m", "app")
    assert json.dumps(boot.secrets) == "{}"


@pytest.mark.parametrize(("grace", "seconds"), [(0, 10), (300, 60), (900, 660)])
def test_an_instance_has_the_time_that_its_group_gives_it_but_for_the_boot(
    account, plane, tmp_path, monkeypatch, grace, seconds
):
    waited = []

    async def until_healthy(self, patience):
        waited.append(patience)

    monkeypatch.setattr(replicas.Replicas, "_until_healthy", until_healthy)
    monkeypatch.setitem(vars(plane._context), "patience", None)
    Fleet(account, plane, tmp_path).update(HealthCheckGracePeriod=grace)
    assert waited == [seconds]


@pytest.mark.skipif(not can_keep_from_writing(), reason="no mount namespaces on this machine")
def test_an_app_cannot_write_where_its_bundle_is(account, plane, tmp_path):
    fleet = Fleet(account, plane, tmp_path, environment={"PORT": "8080", "HOME": "/var/lib/app"})
    assert ask(fleet.up().url, "/write").json["wrote"] == READ_ONLY
