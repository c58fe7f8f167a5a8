"""What a worker of a function runs: the uploaded files, its layers, and Lambda's own packages."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platform_lib.bundling.cache import cache_dir, made_once
from platform_lib.local.dataplane.context import Context
from platform_lib.local.dataplane.functions.layers import (
    SYSTEM_PATH,
    layer_environment,
    local_layers,
)
from platform_lib.local.dataplane.functions.runtime_api import START
from platform_lib.local.dataplane.running.processes import Command
from platform_lib.local.dataplane.running.pythons import Python, minor
from platform_lib.local.dataplane.running.trees import (
    LocalTree,
    check_unzipped_size,
    install_here,
    local_tree,
)
from platform_lib.local.desired import function_layers, log_group
from platform_lib.local.errors import LocalCloudError
from platform_lib.local.rights.sessions import Credentials

_RUNTIME = ("awslambdaric>=3,<5", "boto3>=1.40,<2")
"""What stands beside the app on Lambda; boto3 is there for handlers that bring none."""

_WRITABLE = "/tmp"  # noqa: S108 - of each environment of its own on Lambda


@dataclass(frozen=True, kw_only=True)
class Ready:
    """What a worker runs: the code, what its layers bring, and Lambda's own packages."""

    tree: LocalTree
    opt: Path | None
    runtime: Path


def prepare(function: Any, context: Context) -> Ready:
    """Make a function's code, its layers and Lambda's own packages ready to run here. Blocks.

    Raises:
        LocalCloudError: It cannot run here.
    """
    runtime = str(function.run_time or "")
    if not runtime.startswith("python"):
        raise LocalCloudError(
            f"function {function.function_name}: runtime {runtime or 'of an image'} cannot run "
            "here; the local cloud runs Python"
        )
    code: bytes = function.code_bytes
    layers = function_layers(function)
    check_unzipped_size(code, *(layer.content for layer in layers))
    tree = local_tree(code, context.say, wanted=runtime.removeprefix("python"))
    opt = local_layers(
        layers,
        bundle=tree.manifest,
        architecture=(function.architectures or ["x86_64"])[0],
        python=tree.python,
    )
    return Ready(tree=tree, opt=opt, runtime=lambda_packages(tree.python))


def lambda_packages(python: Python) -> Path:
    """Return a folder with what Lambda has for a Python: the runtime client, and boto3."""
    version = minor(python.version)

    def install(place: Path) -> None:
        from platform_lib.bundling import installer

        try:
            lock = installer.compile_lock(
                "\n".join(_RUNTIME), python_version=version, platform=None, python=python.path
            )
        except installer.InstallFailed as error:
            raise LocalCloudError(f"cannot install Lambda's runtime client: {error}") from error
        install_here(lock, place, Python(path=python.path, version=python.version, wanted=version))

    wanted = hashlib.sha256(repr(_RUNTIME).encode()).hexdigest()[:12]
    return made_once(cache_dir("local", "lambda") / f"{version}-{wanted}", install)


def command(
    context: Context,
    function: Any,
    ready: Ready,
    *,
    given: Credentials,
    address: str,
    stream: str,
    home: str,
) -> Command:
    """Word a worker's start, with Lambda's variables; `home` stands in for what is in /tmp there.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    """
    tree, runtime = ready.tree, ready.runtime
    packages, system = layer_environment(ready.opt, tree.python)
    env = {
        **context.endpoint(),
        **context.region(),
        **given.environment(),
        "AWS_LAMBDA_RUNTIME_API": address,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
        "AWS_LAMBDA_FUNCTION_NAME": str(function.function_name),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_FUNCTION_VERSION": str(function.version),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": log_group(function),
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "LAMBDA_TASK_ROOT": str(tree.path),
        "LAMBDA_RUNTIME_DIR": str(runtime),
        "_HANDLER": str(function.handler),
        "LANG": "en_US.UTF-8",
        "PATH": SYSTEM_PATH,
        "TZ": ":UTC",
        **system,
        # The app's own folder first, as on Lambda: what it brings wins over what is there.
        "PYTHONPATH": os.pathsep.join((str(tree.path), *packages, str(runtime))),
        **{str(k): str(v) for k, v in function.environment_vars.items()},
    }
    if env.get("HOME", _WRITABLE) == _WRITABLE:
        env["HOME"] = home
    argv = (str(tree.python.path), "-c", START, str(function.handler))
    return Command(argv=argv, env=env, cwd=tree.path, read_only=cache_dir("local"))
