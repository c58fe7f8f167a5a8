"""Read a program's folder as `pulumi up` would, and lay out the folder that the engine works in.

The user's folder is never written to: the engine gets a copy of `Pulumi.yaml` whose `main` points
back, and a stack file made of the user's and of what was given on the command line.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from platform_lib.local.errors import LocalCloudError


@dataclass(frozen=True, kw_only=True)
class Project:
    """A folder with a `Pulumi.yaml`."""

    name: str
    root: Path
    """Folder of `Pulumi.yaml`: what `pulumi.get_root_directory()` gives."""
    entry: Path
    """The Python file to run. Its folder is the working directory of the program."""
    settings: Mapping[str, Any]
    """`Pulumi.yaml`, as read."""


def read_project(directory: Path) -> Project:
    """Read the program in a folder.

    Raises:
        LocalCloudError: the folder holds no program that can be run here; it says why.
    """
    root = directory.resolve()
    path = next((root / n for n in ("Pulumi.yaml", "Pulumi.yml") if (root / n).is_file()), None)
    if path is None:
        raise LocalCloudError(f"{directory} holds no Pulumi.yaml, so it is not a program")
    settings = _read_yaml(path)
    name = settings.get("name")
    if not isinstance(name, str) or not name:
        raise LocalCloudError(f"{path} has no name")
    runtime = settings.get("runtime")
    language = runtime.get("name") if isinstance(runtime, dict) else runtime
    if language != "python":
        raise LocalCloudError(
            f"{path} says runtime {language!r}; the local cloud runs Python programs"
        )
    entry = (root / str(settings.get("main", "."))).resolve()
    if entry.is_dir():
        entry = entry / "__main__.py"
    if not entry.is_file():
        raise LocalCloudError(f"{entry} does not exist: the program of {path}")
    return Project(name=name, root=root, entry=entry, settings=settings)


def write_workspace(
    project: Project, stack: str, config: Mapping[str, object], folder: Path
) -> None:
    """Write the engine's `Pulumi.yaml` and `Pulumi.<stack>.yaml` into a folder of ours."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = {k: v for k, v in project.settings.items() if k not in ("backend", "stackConfigDir")}
    # `main` makes the program's folder the engine's working directory, so relative asset paths
    # resolve.
    settings = {**kept, "runtime": "python", "main": str(project.entry.parent)}
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(settings))

    stack_file = folder / f"Pulumi.{stack}.yaml"
    # The engine wrote the salt of the passphrase here; the stack's secrets cannot be read without
    # it.
    salt = _read_yaml(stack_file).get("encryptionsalt") if stack_file.exists() else None
    merged = {**_stack_config(project, stack), **_given_config(project, config)}
    made: dict[str, Any] = {"config": merged}
    if salt:
        made["encryptionsalt"] = salt
    stack_file.write_text(yaml.safe_dump(made))


def region_of(project: Project, stack: str, config: Mapping[str, object]) -> str:
    """Give the region that a program's config names; empty where it names none."""
    merged = {**_stack_config(project, stack), **_given_config(project, config)}
    return str(merged.get("aws:region") or "")


def _stack_config(project: Project, stack: str) -> dict[str, Any]:
    """Read the user's stack file, where there is one."""
    folder = project.root / str(project.settings.get("stackConfigDir", "."))
    for suffix in ("yaml", "yml"):
        path = folder / f"Pulumi.{stack}.{suffix}"
        if path.is_file():
            break
    else:
        return {}
    config = _read_yaml(path).get("config") or {}
    if not isinstance(config, dict):
        raise LocalCloudError(f"{path}: 'config' must be a mapping of keys to values")
    for key, value in config.items():
        if _encrypted(value):
            raise LocalCloudError(
                f"{path}: {key!r} is encrypted for another stack, and the local cloud has no key "
                f"to it; give a value of your own: --config {key}=..."
            )
    return config


def _encrypted(value: object) -> bool:
    if isinstance(value, dict):
        return set(value) == {"secure"} or any(map(_encrypted, value.values()))
    return isinstance(value, list) and any(map(_encrypted, value))


def _given_config(project: Project, config: Mapping[str, object]) -> dict[str, Any]:
    """Give keys without a namespace the project's, as `pulumi config set` does."""
    made = {}
    for key, value in config.items():
        full = key if ":" in key else f"{project.name}:{key}"
        made[full] = value if isinstance(value, (str, dict, list)) else _plain(value)
    return made


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        read = yaml.safe_load(path.read_text())
    except yaml.YAMLError as problem:
        raise LocalCloudError(f"{path} is not YAML: {problem}") from problem
    if read is None:
        return {}
    if not isinstance(read, dict):
        raise LocalCloudError(f"{path} must be a mapping")
    return read
