"""The uv that locks and installs packages for a target, and its errors in one line."""

import csv
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from uv import find_uv_bin

_NO_WHEEL = re.compile(
    r"(?:\bBecause |\band )?(\S+) (?:has|have) (?:no usable wheels|no wheels|no source dist)"
)
_UNBUILT = re.compile(
    r"Failed to build `(\S+) @ (file:[^`]+)` Building source distributions .*is disabled"
)
_LINE_LIMIT = 600


class InstallFailed(Exception):  # noqa: N818 - it says what happened, as a reader would
    """The installer could not do it; the message is one line.

    `unsolvable` tells that the requirements are at fault, and not the disk or the network;
    `unbuilt` names the library, and its folder, whose dependencies only a build can tell.
    """

    def __init__(
        self, message: str, *, unsolvable: bool = False, unbuilt: tuple[str, Path] | None = None
    ) -> None:
        super().__init__(message)
        self.unsolvable = unsolvable
        self.unbuilt = unbuilt


def platform_tag(python_version: str, architecture: str, *, on_lambda: bool = True) -> str:
    """Name the oldest system that runs that Python on a target, in uv's words.

    Lambda's Python 3.11 runs on Amazon Linux 2, whose glibc is 2.26, and the nearest that uv
    knows below is 2.17; its later ones, the instances and the images have 2.34 or more.
    https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
    """
    processor = {"arm64": "aarch64", "x86_64": "x86_64"}[architecture]
    old = on_lambda and python_version == "3.11"
    return f"{processor}-manylinux_{'2_17' if old else '2_34'}"


def compile_lock(
    requirements: Path | str,
    *,
    python_version: str,
    platform: str | None,
    constraints: Sequence[str] = (),
    overrides: Sequence[str] = (),
    python: Path | None = None,
    folder: Path | None = None,
    options: Sequence[str] = (),
) -> str:
    """Resolve requirements (a file, or their text) into a lock: pins and hashes, wheels only.

    `platform` is uv's word for the target (`platform_tag`), None for this machine; `folder` is
    where uv looks for a project's settings; `overrides` replace whatever is required by their
    names. Raises `InstallFailed`.
    """
    with tempfile.TemporaryDirectory() as scratch:
        limits = Path(scratch, "constraints.txt")
        limits.write_text("".join(f"{line}\n" for line in constraints))
        given = str(requirements) if isinstance(requirements, Path) else "-"
        text = requirements if isinstance(requirements, str) else None
        words = ["--generate-hashes", "--no-header", "--no-annotate"]
        words += _target(python_version, platform, python)
        if overrides:
            instead = Path(scratch, "overrides.txt")
            instead.write_text("".join(f"{line}\n" for line in overrides))
            words += ["--overrides", str(instead)]
        words += [*options, "--constraint", str(limits), given]
        return _run(["pip", "compile"], words, folder=folder, text=text)


def install(
    lock: Path | str,
    target: Path,
    *,
    python_version: str,
    platform: str | None = None,
    python: Path | None = None,
    folder: Path | None = None,
    options: Sequence[str] = (),
    dependencies: bool = True,
    bytecode: bool = False,
) -> None:
    """Install a lock's wheels into the folder `target`, proving every hash.

    A lock that lacks a package that another one depends on is refused, unless `dependencies` is
    False. Bytecode is compiled for what runs here: it is no part of a bundle.

    `platform` is uv's word for the target (`platform_tag`), None for this machine. Files may be
    links into uv's cache: replace one, never write into it. Raises `InstallFailed`.
    """
    text = lock.read_text() if isinstance(lock, Path) else lock
    compiled = "--compile-bytecode" if bytecode else "--no-compile-bytecode"
    words = ["--require-hashes", compiled, "--target", str(target)]
    words += _target(python_version, platform, python)
    words += [] if dependencies else ["--no-deps"]
    words += [*options, "--requirements", "-"]
    _run(["pip", "install"], words, folder=folder, text=text)
    if _is_cut_short(target):
        # uv proves a wheel when it unpacks it into its cache, and trusts its cache from then on.
        words += ["--no-cache", "--reinstall"]
        _run(["pip", "install"], words, folder=folder, text=text)
    # uv's own lock on the folder is no part of what was installed.
    target.joinpath(".lock").unlink(missing_ok=True)


def _is_cut_short(target: Path) -> bool:
    """Tell whether a file is missing, or shorter than its package's RECORD says."""
    for record in target.glob("*.dist-info/RECORD"):
        with record.open(newline="") as rows:
            for name, _, size in csv.reader(rows):
                if size and not name.startswith("../"):
                    try:
                        if (target / name).stat().st_size < int(size):
                            return True
                    except FileNotFoundError:
                        return True
    return False


def install_package(requirement: str, target: Path, *, python_version: str, platform: str) -> None:
    """Install one package that has no hash, such as a wheel of ours, and nothing it depends on.

    A git commit is built here. Raises `InstallFailed`.
    """
    words = ["--no-deps", "--no-sources", "--no-compile-bytecode", "--target", str(target)]
    words += ["--python", sys.executable, "--python-version", python_version]
    words += ["--python-platform", platform, requirement]
    # Not from the cache: the same address may have other content since.
    _run(["pip", "install"], [*words, "--refresh"], folder=None, text=None)
    target.joinpath(".lock").unlink(missing_ok=True)


def build_wheel(folder: Path, target: Path) -> None:
    """Build a folder's wheel into the folder `target`. Raises `InstallFailed`."""
    words = ["--wheel", "--no-sources", "--python", sys.executable, "--out-dir", str(target)]
    _run(["build"], [*words, str(folder)], folder=None, text=None)


def export_uv_lock(folder: Path) -> str:
    """Give what a project's uv.lock holds without development groups, as a pylock.toml.

    It needs no Python that fits the project, and no network. Raises `InstallFailed`.
    """
    words = ["--frozen", "--no-emit-project", "--no-default-groups", "--no-header"]
    words += ["--python", sys.executable, "--format", "pylock.toml"]
    return _run(["export"], words, folder=folder, text=None)


def uv_lock_is_current(folder: Path) -> bool:
    """Ask uv whether a project's uv.lock is up to date; what it cannot tell is a no."""
    try:
        _run(["lock"], ["--check"], folder=folder, text=None)
    except InstallFailed:
        return False
    return True


def _target(python_version: str, platform: str | None, python: Path | None) -> list[str]:
    # The interpreter that runs uv is not the target's; naming it saves a search and a download.
    words = ["--python", str(python or sys.executable), "--python-version", python_version]
    words += ["--only-binary", ":all:"]
    return words + (["--python-platform", platform] if platform else [])


def uv_binary() -> str:
    """Find uv: `$PLATFORM_LIB_UV`, else the one that was installed with this package."""
    return os.environ.get("PLATFORM_LIB_UV") or find_uv_bin()


def _run(verb: list[str], words: list[str], *, folder: Path | None, text: str | None) -> str:
    command = [uv_binary(), *verb, "--quiet", "--color", "never", *words]
    # Settings of a shell that would make the result another than the one asked for.
    unwanted = ("UV_PYTHON", "UV_TARGET", "UV_PREFIX", "UV_SYSTEM_PYTHON", "UV_NO_BINARY")
    environment = {key: value for key, value in os.environ.items() if key not in unwanted}
    environment["UV_PYTHON_DOWNLOADS"] = "never"
    try:
        done = subprocess.run(
            command,
            input=text if text is not None else "",
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as problem:
        raise InstallFailed(f"uv could not be started ({problem.strerror})") from None
    if done.returncode != 0:
        raise _failure(done.stderr)
    return done.stdout


def _failure(said: str) -> InstallFailed:
    """Word what uv said in one line that tells whose fault it is."""
    main = said.partition("\nhint:")[0]
    lines = [line.strip() for line in main.splitlines()]
    told = " ".join(
        line.removeprefix("error: ").removeprefix("cause: ")
        for line in lines
        if line and not line.startswith("warning")
    )
    told = told if len(told) <= _LINE_LIMIT else f"{told[:_LINE_LIMIT]}..."
    lower = said.lower()
    if "no space left" in lower or "os error 28" in lower or "disk quota" in lower:
        return InstallFailed(f"the disk is full, so packages could not be installed: {told}")
    unbuilt = _UNBUILT.search(told)
    if unbuilt:
        folder = Path(unquote(urlsplit(unbuilt[2]).path))
        return InstallFailed(told, unsolvable=True, unbuilt=(unbuilt[1], folder))
    sourced = _NO_WHEEL.search(told)
    if sourced:
        return InstallFailed(
            f"{sourced[1]} has no wheel for this Python and processor, and nothing is built from "
            f"source; choose a version that has one ({told})",
            unsolvable=True,
        )
    if "no solution found" in lower:
        return InstallFailed(
            told.replace("No solution found when resolving dependencies ", ""), unsolvable=True
        )
    if any(
        word in lower
        for word in ("failed to fetch", "error sending request", "dns error", "network")
    ):
        return InstallFailed(
            f"packages could not be fetched; check the network and the package index: {told}"
        )
    return InstallFailed(f"uv failed: {told}" if told else "uv failed without a word")
