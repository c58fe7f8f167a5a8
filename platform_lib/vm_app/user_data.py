"""The text that an instance boots with: pure, without a secret, below AWS's 16 KB.

It is cloud-config, written as JSON, which YAML contains. It installs Python, fetches the bundle,
proves its hash and starts the app as a hardened systemd unit under a user of its own. Secrets are
fetched into memory by a unit that runs before every start, for cloud-init runs once in an
instance's life and a tmpfs is empty after a reboot.

Nothing that the app can do without comes before it. The CloudWatch agent has a unit of its own,
which starts when the first boot ends, well or not, and tries until the agent runs. cloud-init's
`packages` would install all of them in one transaction: one that fails takes Python with it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from platform_lib.checks import InvalidInput
from platform_lib.defaults import OPEN_FILES
from platform_lib.parts.environment import HOMES

USER_DATA_LIMIT = 16 * 1024
"""https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-add-user-data.html"""

HOME = "/opt/app/current"
_COMMANDS = "/opt/app/bin"
"""Where `python` and `python3` are the app's Python, and not the system's."""
_LOG = "/var/log/app/app.log"
_AGENT = "/opt/aws/amazon-cloudwatch-agent"


def cloud_config(
    *,
    name: str,
    python_version: str,
    bundle_uri: str,
    bundle_sha256: str | None,
    command: Sequence[str],
    port: int,
    environment: Mapping[str, str],
    secrets: Mapping[str, str],
    log_group_name: str,
    script: str | None,
) -> str:
    """Write the user data of one app's instances."""
    bundle = {"uri": bundle_uri, "sha256": bundle_sha256, "python": python_version}
    files = [
        _file("/etc/platform/bundle.json", _json(bundle)),
        _file("/etc/platform/app.env", environment_file(environment), mode="0600"),
        _file("/usr/local/bin/platform-instance", _instance_script(), mode="0755"),
        _file("/etc/systemd/system/app.service", app_unit(name, command, port, bool(secrets))),
        _file(f"{_AGENT}/etc/app.json", _json(_agent_settings(log_group_name))),
        _file("/etc/systemd/system/platform-agent.service", _AGENT_UNIT),
        _file("/etc/logrotate.d/app", _ROTATION),
    ]
    if secrets:
        files.append(_file("/etc/platform/secrets.json", _json(secrets)))
        files.append(_file("/etc/systemd/system/app-secrets.service", _SECRETS_UNIT))
    if script:
        files.append(_file("/usr/local/bin/platform-first-boot", script, mode="0755"))
    steps = _first_boot(python_version, has_script=bool(script))
    config = {
        "users": [
            "default",
            {
                "name": "app",
                "system": True,
                "homedir": HOMES["vm"],
                "no_create_home": True,
                "shell": "/sbin/nologin",
            },
        ],
        "write_files": files,
        "runcmd": [["/bin/bash", "-euc", "\n".join(steps)]],
    }
    text = f"#cloud-config\n{_yaml(config)}\n"
    if len(text.encode()) > USER_DATA_LIMIT:
        need = f"user data of {len(text.encode())} bytes is more than EC2's {USER_DATA_LIMIT}"
        raise InvalidInput("environment", f"{len(environment)} variables", need)
    return text


def _yaml(config: Mapping[str, Any]) -> str:
    """Write JSON that YAML reads the same: it knows no surrogate pairs and no raw controls."""
    text = json.dumps(config, separators=(",", ":"), ensure_ascii=False)
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


_CONTROLS = re.compile("[\x7f-\x9f\ufffe\uffff]")


def _file(path: str, content: str, mode: str = "0644") -> dict[str, str]:
    return {"path": path, "permissions": mode, "content": content}


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True)


def _instance_script() -> str:
    return resources.files("platform_lib.shims").joinpath("instance.py").read_text()


def _first_boot(python_version: str, *, has_script: bool) -> list[str]:
    python = f"python{python_version}"
    return [
        # When this ends, also by an error: then the agent tells why.
        "trap 'systemctl enable --now --no-block platform-agent.service' EXIT",
        "systemctl daemon-reload",
        "install -d -m 0755 -o app -g app /var/log/app",
        f"install -d -m 0755 /opt/app {_COMMANDS}",
        f"ln -sf /usr/bin/{python} {_COMMANDS}/python",
        f"ln -sf python {_COMMANDS}/python3",
        # A repository may not answer at once, and dnf gives up sooner than a boot should.
        f"for wait in 5 15 30 60 0; do dnf -y install {python} && break; sleep $wait; done",
        f"rpm -q {python}",
        "/usr/local/bin/platform-instance bundle",
        *(["/usr/local/bin/platform-first-boot"] if has_script else []),
        "systemctl enable --now app.service",
    ]


def environment_file(variables: Mapping[str, str]) -> str:
    """Word variables for systemd's EnvironmentFile, which reads double quotes much as a shell.

    https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#EnvironmentFile=
    """
    lines = []
    for variable in sorted(variables):
        # A team's own mocks may answer nothing for an Output.
        value = str(variables[variable])
        for special in ("\\", '"', "$", "`"):
            value = value.replace(special, "\\" + special)
        lines.append(f'{variable}="{value}"\n')
    return "".join(lines)


def app_unit(name: str, command: Sequence[str], port: int, has_secrets: bool) -> str:
    """Word the unit that runs the app, with no right that a web app does not need."""
    words = " ".join(_unit_word(word) for word in command)
    # Below 1024 a port belongs to root; this one capability opens it to the app's user.
    capability = "CAP_NET_BIND_SERVICE" if port < 1024 else ""
    needs = "Requires=app-secrets.service\nAfter=app-secrets.service\n" if has_secrets else ""
    fetched = "EnvironmentFile=/run/app-secrets/env\n" if has_secrets else ""
    return f"""[Unit]
Description=App {name}
Wants=network-online.target
After=network-online.target
{needs}StartLimitIntervalSec=0

[Service]
User=app
Group=app
WorkingDirectory={HOME}
Environment=PATH={HOME}/bin:{_COMMANDS}:/usr/local/bin:/usr/bin:/bin PYTHONPATH={HOME}
EnvironmentFile=/etc/platform/app.env
{fetched}ExecStart={words}
Restart=always
RestartSec=1
StandardOutput=append:{_LOG}
StandardError=append:{_LOG}
StateDirectory=app
LimitNOFILE={OPEN_FILES}
AmbientCapabilities={capability}
CapabilityBoundingSet={capability}
LockPersonality=yes
NoNewPrivileges=yes
PrivateDevices=yes
PrivateTmp=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
UMask=0077

[Install]
WantedBy=multi-user.target
"""


_PLAIN_WORD = re.compile(r"[\w@%+=:,./$-]+")


def _unit_word(word: str) -> str:
    """Quote one word for ExecStart, where %, $ and backslashes have meanings of their own.

    https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html#Command%20lines
    """
    word = word.replace("%", "%%").replace("$", "$$")
    if _PLAIN_WORD.fullmatch(word):
        return word
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


_SECRETS_UNIT = """[Unit]
Description=Secrets of the app, fetched into memory
Wants=network-online.target
After=network-online.target
PartOf=app.service

[Service]
Type=oneshot
ExecStart=/usr/local/bin/platform-instance secrets
RemainAfterExit=no
PrivateTmp=yes
ProtectHome=yes
ProtectSystem=strict
ReadWritePaths=/run
UMask=0077
"""

_AGENT_UNIT = f"""[Unit]
Description=The agent that ships the app's log, installed and set up
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=/bin/sh -c "rpm -q amazon-cloudwatch-agent || dnf -y install amazon-cloudwatch-agent"
ExecStart={_AGENT}/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s \\
    -c file:{_AGENT}/etc/app.json
Restart=on-failure
RestartSec=30

[Install]
WantedBy=multi-user.target
"""

_ROTATION = f"""{_LOG} {{
    size 50M
    rotate 3
    copytruncate
    missingok
    compress
}}
"""


def _agent_settings(log_group_name: str) -> dict[str, Any]:
    """Ship what the app writes; AL2023 has no syslog files, so the unit writes one of its own."""
    collected = [
        {"file_path": _LOG, "log_stream_name": "{instance_id}"},
        {
            "file_path": "/var/log/cloud-init-output.log",
            "log_stream_name": "{instance_id}/cloud-init",
        },
    ]
    for each in collected:
        each["log_group_name"] = log_group_name
    return {"logs": {"logs_collected": {"files": {"collect_list": collected}}}}
