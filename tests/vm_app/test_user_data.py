import json
import shutil
import subprocess

import pytest
import yaml

from platform_lib.checks import InvalidInput
from platform_lib.vm_app.user_data import cloud_config, environment_file

PLAIN = {
    "name": "notes",
    "python_version": "3.13",
    "bundle_uri": "s3://code/notes.zip",
    "bundle_sha256": "a" * 64,
    "command": ["/usr/bin/python3.13", "-m", "web"],
    "port": 8080,
    "environment": {"TABLE_NAME": "notes", "GREETING": 'a "b" $c `d` \\e'},
    "secrets": {},
    "log_group_name": "notes-logs",
    "script": None,
}
SECRET = {"TOKEN": "arn:aws:ssm:us-east-1:123456789012:parameter/token"}


def files_of(text: str) -> dict[str, str]:
    return {entry["path"]: entry["content"] for entry in yaml.safe_load(text)["write_files"]}


def test_the_first_line_says_cloud_config_and_the_rest_is_yaml():
    text = cloud_config(**PLAIN)
    assert text.startswith("#cloud-config\n")
    config = yaml.safe_load(text)
    # cloud-init would install them in one transaction, before anything else.
    assert "packages" not in config
    assert json.loads(files_of(text)["/etc/platform/bundle.json"]) == {
        "python": "3.13",
        "sha256": "a" * 64,
        "uri": "s3://code/notes.zip",
    }


def test_the_unit_runs_the_command_as_its_own_user_and_logs_to_the_shipped_file():
    files = files_of(cloud_config(**PLAIN))
    unit = files["/etc/systemd/system/app.service"].splitlines()
    assert "User=app" in unit
    assert "ExecStart=/usr/bin/python3.13 -m web" in unit
    assert "CapabilityBoundingSet=" in unit
    assert "StandardOutput=append:/var/log/app/app.log" in unit
    shipped = json.loads(files["/opt/aws/amazon-cloudwatch-agent/etc/app.json"])
    first = shipped["logs"]["logs_collected"]["files"]["collect_list"][0]
    assert first == {
        "file_path": "/var/log/app/app.log",
        "log_group_name": "notes-logs",
        "log_stream_name": "{instance_id}",
    }


def test_the_user_has_a_home_and_the_commands_of_its_packages():
    text = cloud_config(**PLAIN)
    unit = files_of(text)["/etc/systemd/system/app.service"].splitlines()
    path = "/opt/app/current/bin:/opt/app/bin:/usr/local/bin:/usr/bin:/bin"
    assert f"Environment=PATH={path} PYTHONPATH=/opt/app/current" in unit
    # systemd makes it /var/lib/app, the only place that the unit leaves writable but /tmp.
    assert "StateDirectory=app" in unit
    config = yaml.safe_load(text)
    assert config["users"][1]["homedir"] == "/var/lib/app"
    boot = config["runcmd"][0][-1].splitlines()
    assert "ln -sf /usr/bin/python3.13 /opt/app/bin/python" in boot
    assert "ln -sf python /opt/app/bin/python3" in boot


def test_the_unit_may_open_as_many_files_as_a_task():
    unit = files_of(cloud_config(**PLAIN))["/etc/systemd/system/app.service"].splitlines()
    assert "LimitNOFILE=65536" in unit


def test_a_low_port_gets_the_one_capability_it_needs():
    unit = files_of(cloud_config(**{**PLAIN, "port": 80}))["/etc/systemd/system/app.service"]
    assert "AmbientCapabilities=CAP_NET_BIND_SERVICE" in unit


def test_secrets_have_a_unit_that_runs_before_every_start():
    files = files_of(cloud_config(**{**PLAIN, "secrets": SECRET}))
    unit = files["/etc/systemd/system/app.service"]
    assert "Requires=app-secrets.service" in unit
    assert "After=app-secrets.service" in unit
    oneshot = files["/etc/systemd/system/app-secrets.service"]
    # Staying active after its exit, it would not run again at the next start.
    assert "RemainAfterExit=no" in oneshot
    assert json.loads(files["/etc/platform/secrets.json"]) == SECRET
    assert "app-secrets" not in files_of(cloud_config(**PLAIN))["/etc/systemd/system/app.service"]


def test_a_script_of_the_user_runs_before_the_app_starts():
    config = yaml.safe_load(cloud_config(**{**PLAIN, "script": "#!/bin/sh\ntrue\n"}))
    steps = config["runcmd"][0][-1].splitlines()
    assert steps.index("/usr/local/bin/platform-first-boot") < steps.index(
        "systemctl enable --now app.service"
    )


def first_boot(folder, *, dnf: str, bundle: str = "true") -> tuple[int, list[str]]:
    """Run the first boot with commands of our own; give how it ended, and what it called."""
    config = yaml.safe_load(cloud_config(**{**PLAIN, "script": "#!/bin/sh\ntrue\n"}))
    calls = folder / "calls"
    (folder / "bin").mkdir()
    (folder / "there").mkdir()
    commands = {
        "dnf": dnf,
        "rpm": 'test -e "$FOLDER/there/$2"',
        "platform-instance": bundle,
        **dict.fromkeys(("install", "ln", "systemctl", "sleep", "platform-first-boot"), "true"),
    }
    for name, body in commands.items():
        script = f'#!/bin/sh\necho {name} "$@" >> {calls}\nFOLDER={folder}\n{body}\n'
        (folder / "bin" / name).write_text(script)
        (folder / "bin" / name).chmod(0o755)
    *shell, steps = config["runcmd"][0]
    steps = steps.replace("/usr/local/bin/", "")
    path = f"{folder / 'bin'}:/usr/bin:/bin"
    done = subprocess.run([*shell, steps], env={"PATH": path}, check=False)
    return done.returncode, calls.read_text().splitlines()


INSTALLED = 'touch "$FOLDER/there/$3"'
APP_STARTS = "systemctl enable --now app.service"
AGENT_STARTS = "systemctl enable --now --no-block platform-agent.service"


def test_the_app_starts_before_the_agent_is_installed(tmp_path):
    code, calls = first_boot(tmp_path, dnf=INSTALLED)
    assert code == 0
    assert [call for call in calls if call.startswith("dnf")] == ["dnf -y install python3.13"]
    assert calls.index("platform-first-boot") < calls.index(APP_STARTS)
    assert calls[-2:] == [APP_STARTS, AGENT_STARTS]


def test_a_repository_that_does_not_answer_at_once_is_asked_again(tmp_path):
    second = f'test -e "$FOLDER/once" || {{ touch "$FOLDER/once"; exit 1; }}\n{INSTALLED}'
    code, calls = first_boot(tmp_path, dnf=second)
    assert code == 0
    assert calls.count("dnf -y install python3.13") == 2
    assert APP_STARTS in calls


@pytest.mark.parametrize(
    ("dnf", "bundle"), [("exit 1", "true"), (INSTALLED, "exit 1")], ids=["dnf", "bundle"]
)
def test_a_first_boot_that_fails_starts_the_agent_which_tells_why(tmp_path, dnf, bundle):
    code, calls = first_boot(tmp_path, dnf=dnf, bundle=bundle)
    assert code != 0
    assert APP_STARTS not in calls
    assert calls[-1] == AGENT_STARTS


def test_the_agent_is_tried_again_until_it_runs():
    unit = files_of(cloud_config(**PLAIN))["/etc/systemd/system/platform-agent.service"]
    assert "dnf -y install amazon-cloudwatch-agent" in unit
    assert "Restart=on-failure\nRestartSec=30\n" in unit
    # Else five failures would be the end.
    assert "StartLimitIntervalSec=0" in unit


def test_more_than_ec2_takes_is_refused():
    with pytest.raises(InvalidInput, match="more than EC2's 16384"):
        cloud_config(**{**PLAIN, "environment": {"BIG": "x" * 16_000}})


def test_any_text_comes_back_from_yaml():
    value = "note \U0001f4dd \x7f \x85 \ufffe é"
    files = files_of(cloud_config(**{**PLAIN, "environment": {"VALUE": value}}))
    assert files["/etc/platform/app.env"] == f'VALUE="{value}"\n'


def test_a_shell_reads_the_environment_file_back(tmp_path):
    value = 'a "b" $c `d` \\e'
    path = tmp_path / "app.env"
    path.write_text(environment_file({"VALUE": value}))
    done = subprocess.run(
        ["sh", "-c", f'. {path}; printf %s "$VALUE"'], capture_output=True, text=True, check=True
    )
    assert done.stdout == value


@pytest.mark.skipif(not shutil.which("cloud-init"), reason="cloud-init is not installed here")
@pytest.mark.parametrize("secrets", [{}, SECRET])
def test_cloud_init_accepts_the_text(tmp_path, secrets):
    path = tmp_path / "user-data"
    path.write_text(cloud_config(**{**PLAIN, "secrets": secrets}))
    done = subprocess.run(
        ["cloud-init", "schema", "-c", str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed here"
)
def test_systemd_accepts_the_units(tmp_path):
    files = files_of(cloud_config(**{**PLAIN, "secrets": SECRET}))
    names = ("app.service", "app-secrets.service", "platform-agent.service")
    for name in names:
        text = files[f"/etc/systemd/system/{name}"]
        # The programs that the units start are there on an instance, not here.
        agent = "/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl"
        for program in ("/usr/bin/python3.13", "/usr/local/bin/platform-instance", agent):
            text = text.replace(program, "/bin/true")
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", *(str(tmp_path / name) for name in names)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
