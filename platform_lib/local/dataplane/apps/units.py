"""What an instance's user data says to run: cloud-config and its systemd unit, read. Pure."""

import gzip
import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from platform_lib.local.errors import LocalCloudError

_BUNDLE = "/etc/platform/bundle.json"
_SECRETS = "/etc/platform/secrets.json"
_UNIT = "/etc/systemd/system/app.service"
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED_IN_QUOTES = re.compile(r"\\([\"\\`$\n])")
"""Any other backslash between quotes is one."""
_PARTS = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|(?:[^"'\\\n]|\\.))*"""
_LINES = re.compile(
    rf"^[ \t]*(?![#;])(?P<key>[^=\s]+)[ \t]*=[ \t]*(?P<value>{_PARTS}?)[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
"""A variable, whose value goes on behind a line feed that stands between quotes."""
_QUOTED = re.compile(
    r"""\"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>[^']*)'|(?P<plain>(?:[^"'\\]|\\.)+)""",
    re.DOTALL,
)


@dataclass(frozen=True, kw_only=True)
class Boot:
    """What an instance does at its boot.

    Attributes:
        uri: Where the bundle is, `s3://bucket/key`.
        sha256: What its hash must be; None where it is not known.
        python: The Python that is installed, such as "3.13".
        words: The words of the unit's ExecStart, not expanded.
        env: The unit's variables, from `Environment` and the files that are there at the boot.
        secrets: Variable -> ARN or `ARN#key`, fetched before every start.
        folder: The unit's working directory.
        log_group: Where the app's output goes; empty for nowhere.
        left_out: What the user data does besides, which does not happen here.
    """

    uri: str
    sha256: str | None
    python: str
    words: tuple[str, ...]
    env: Mapping[str, str]
    secrets: Mapping[str, str]
    folder: str
    log_group: str
    left_out: tuple[str, ...]


def read_user_data(data: bytes) -> Boot:
    """Read the user data that VmApp writes.

    Raises:
        LocalCloudError: It is another's: only VmApp's says what to run without a machine.
    """
    text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode()
    config: Any = None
    if text.startswith("#cloud-config"):
        try:
            config = yaml.safe_load(text)
        except yaml.YAMLError as error:
            problem = str(error).replace("\n", " ")
            raise LocalCloudError(f"the user data is not YAML: {problem}") from error
    files = {
        each["path"]: each.get("content", "")
        for each in (config if isinstance(config, dict) else {}).get("write_files", ())
    }
    if _BUNDLE not in files or _UNIT not in files:
        raise LocalCloudError(
            "the launch template's user data is not what VmApp writes (cloud-config with "
            f"{_BUNDLE} and {_UNIT}); the local cloud has no machine to run other user data on"
        )
    bundle = json.loads(files[_BUNDLE])
    service = read_unit(files[_UNIT])
    env: dict[str, str] = {}
    for line in service.get("Environment", ()):
        env |= dict(word.partition("=")[::2] for word in shlex.split(line))
    for path in service.get("EnvironmentFile", ()):
        env |= read_environment_file(files.get(path.removeprefix("-"), ""))
    return Boot(
        uri=bundle["uri"],
        sha256=bundle.get("sha256"),
        python=bundle["python"],
        words=tuple(shlex.split(service["ExecStart"][-1])),
        env=env,
        secrets=json.loads(files.get(_SECRETS, "{}")),
        folder=service.get("WorkingDirectory", ["/opt/app/current"])[-1],
        log_group=_log_group(files, service),
        left_out=("first-boot script",) if any(p.endswith("first-boot") for p in files) else (),
    )


def read_unit(text: str) -> dict[str, list[str]]:
    """Read a unit's [Service] section: key -> values, for a key may stand there many times."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        words = line.strip()
        if words.startswith("["):
            section = words
        elif section == "[Service]" and "=" in words and words[0] not in "#;":
            key, _, value = words.partition("=")
            found.setdefault(key.strip(), []).append(value.strip())
    return found


def read_environment_file(text: str) -> dict[str, str]:
    """Read systemd's EnvironmentFile: `KEY="value"`, where a value may have many lines."""
    found: dict[str, str] = {}
    for line in _LINES.finditer(text):
        words = (_unquoted(each) for each in _QUOTED.finditer(line["value"]))
        found[line["key"]] = "".join(words)
    return found


def _unquoted(part: re.Match[str]) -> str:
    """Read one part of a value, as systemd's `parse_env_file` does.

    https://github.com/systemd/systemd/blob/v252/src/basic/env-file.c
    """
    if part["double"] is not None:
        return _ESCAPED_IN_QUOTES.sub(_escaped, part["double"])
    if part["single"] is not None:
        return part["single"]
    return _ESCAPED.sub(_escaped, part["plain"])


def _escaped(found: re.Match[str]) -> str:
    # A line feed behind a backslash is none.
    return "" if found[1] == "\n" else found[1]


def expand(words: tuple[str, ...], env: Mapping[str, str]) -> list[str]:
    """Expand ExecStart's variables as systemd does: `${A}` anywhere, `$A` as a word of its own.

    https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html#Command%20lines
    """
    out: list[str] = []
    for word in words:
        alone = re.fullmatch(r"\$([A-Za-z_]\w*)", word)
        if alone:
            out += env.get(alone[1], "").split()
            continue
        text = re.sub(r"\$\{([A-Za-z_]\w*)\}", lambda f: env.get(f[1], ""), word)
        out.append(text.replace("$$", "$").replace("%%", "%"))
    return out


def _log_group(files: Mapping[str, str], service: Mapping[str, list[str]]) -> str:
    """Find where the CloudWatch agent sends the file that the unit writes to."""
    output = service.get("StandardOutput", [""])[-1].rpartition(":")[2]
    for content in files.values():
        if '"collect_list"' not in content:
            continue
        collected = json.loads(content)["logs"]["logs_collected"]["files"]["collect_list"]
        for each in collected:
            if each["file_path"] == output:
                return str(each["log_group_name"])
    return ""
