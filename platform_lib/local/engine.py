"""Find the Pulumi CLI that runs the programs, or get one.

In this order: a `pulumi` on PATH that is new enough, one that an earlier run put into the cache,
the one that Pulumi's own installer fetches, and, where the internet cannot be reached but a Go
module mirror can, a build from the Go module that `engine_module/` pins. The programs run as
inline programs of the Automation API, so no language host is needed beside it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from pulumi import automation
from semver import VersionInfo

from platform_lib.bundling.cache import cache_dir, locked
from platform_lib.local.errors import LocalCloudError
from platform_lib.local.screen import Screen

OLDEST = VersionInfo.parse("3.220.0")
"""The oldest CLI that is used: as old as the oldest SDK that platform_lib allows."""

BUILT = "3.259.0"
"""What `engine_module/go.mod` pins: the newest that module mirrors have whole."""

_PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_PACKAGES = 1700
_INSTALLER = "https://get.pulumi.com/install.sh"
_PROBE_SECONDS = 4.0
_DOWNLOAD_SECONDS = 600
_INSTALL = (
    "import sys; from pulumi.automation import PulumiCommand as P; P.install(root=sys.argv[1])"
)


@dataclass(frozen=True, kw_only=True)
class Engine:
    """A Pulumi CLI that can be used."""

    command: Path
    """Absolute path of the binary, which is called `pulumi`."""
    version: str
    """Its version, without the leading v."""


def find_engine(screen: Screen) -> Engine:
    """Return a Pulumi CLI, fetching or building one where there is none.

    Raises:
        LocalCloudError: there is none and no way to get one; it says what was tried.
    """
    engine = _on_path(screen) or _cached()
    if engine:
        return engine
    with locked(cache_dir("engine") / "pulumi"):
        # Another run may have put one there while this one waited for the lock.
        return _cached() or _get(screen)


def _on_path(screen: Screen) -> Engine | None:
    found = shutil.which("pulumi")
    if not found:
        return None
    version = _version(Path(found))
    if version is None:
        screen.say(f"{found} does not tell its version, so it is not used")
        return None
    if version < OLDEST or version.major != OLDEST.major:
        screen.say(
            f"{found} is version {version}, which is not used: {OLDEST} or a newer 3.x is needed"
        )
        return None
    return Engine(command=Path(found).absolute(), version=str(version))


def _version(command: Path) -> VersionInfo | None:
    """Ask a binary for its version; None where it does not run or does not say."""
    try:
        answer = subprocess.run(
            [command, "version"],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        )
        return VersionInfo.parse(answer.stdout.strip().removeprefix("v"))
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


def _cached() -> Engine | None:
    """Return the newest CLI in the cache. Folders are named by version and complete, or absent."""
    versions = []
    for command in cache_dir("engine").glob("v*/bin/pulumi"):
        name = command.parent.parent.name.removeprefix("v")
        if VersionInfo.is_valid(name) and VersionInfo.parse(name) >= OLDEST:
            versions.append((VersionInfo.parse(name), command))
    if not versions:
        return None
    version, command = max(versions)
    return Engine(command=command, version=str(version))


def _get(screen: Screen) -> Engine:
    """Download a CLI, else build it; say what happens."""
    cache = cache_dir("engine")
    for left in cache.glob("making-*"):
        # What a killed run left; the lock is ours, so nobody is using it.
        shutil.rmtree(left, ignore_errors=True)
    go = shutil.which("go")
    online = has_internet()
    if not online and not go:
        raise LocalCloudError(
            f"no Pulumi CLI: none on PATH is {OLDEST} or a newer 3.x, Pulumi's site cannot be "
            "reached to download one, and Go, which could build one, is not installed. Install "
            "Pulumi (https://www.pulumi.com/docs/install/) or Go, and run this again"
        )
    with tempfile.TemporaryDirectory(prefix="making-", dir=cache) as folder:
        root = Path(folder) / "root"
        problem = _download(root, screen) if online else None
        if not (root / "bin" / "pulumi").exists():
            if not go:
                raise LocalCloudError(
                    f"no Pulumi CLI: none on PATH is {OLDEST} or a newer 3.x, the download failed "
                    f"({problem}), and Go, which could build one, is not installed"
                )
            if problem:
                screen.say(f"Pulumi's installer failed ({problem}); building the engine instead")
            _build(go, root, screen)
        version = _version(root / "bin" / "pulumi")
        if version is None:
            raise LocalCloudError(f"the Pulumi CLI that was just made does not run: {root}")
        target = cache / f"v{version}"
        root.rename(target)
    return Engine(command=target / "bin" / "pulumi", version=str(version))


def has_internet() -> bool:
    """Tell whether Pulumi's site answers; bounded, since a name lookup alone can hang."""
    answers: list[bool] = []

    def probe() -> None:
        request = urllib.request.Request(_INSTALLER, method="HEAD")
        try:
            with urllib.request.urlopen(request, timeout=_PROBE_SECONDS) as response:  # noqa: S310
                answers.append(response.status == 200)
        except (OSError, urllib.error.URLError):
            answers.append(False)

    thread = threading.Thread(target=probe, daemon=True)
    thread.start()
    thread.join(_PROBE_SECONDS)
    return answers == [True]


def _download(root: Path, screen: Screen) -> str | None:
    """Let Pulumi's installer fetch the CLI; return what went wrong, or None."""
    # In a process of its own, since the installer has no time limit that could be set.
    command = [sys.executable, "-c", _INSTALL, str(root)]
    with screen.task("downloading the Pulumi engine (once, about 100 MB)"):
        try:
            subprocess.run(
                command, capture_output=True, text=True, timeout=_DOWNLOAD_SECONDS, check=True
            )
        except subprocess.CalledProcessError as failure:
            shutil.rmtree(root, ignore_errors=True)
            return (failure.stderr.strip() or str(failure)).splitlines()[-1]
        except subprocess.TimeoutExpired:
            shutil.rmtree(root, ignore_errors=True)
            return f"not done after {_DOWNLOAD_SECONDS} s"
    return None


def _build(go: str, root: Path, screen: Screen) -> None:
    """Build the pinned CLI with Go into `root`."""
    module = root.parent / "module"
    module.mkdir()
    for name in ("go.mod", "go.sum"):
        shutil.copyfile(Path(__file__).parent / "engine_module" / name, module / name)
    # Without its version the CLI calls itself v0.0.0 and the Automation API refuses it.
    stamp = f"-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{BUILT}"
    # -v names each package when it is compiled: the only progress that Go tells.
    command = [go, "build", "-v", "-ldflags", f"-s -w {stamp}"]
    command += ["-o", str(root / "bin" / "pulumi"), _PACKAGE]
    text = (
        f"building the Pulumi engine v{BUILT} with Go (once, about 4 minutes on 2 cores, 115 MB)"
    )
    last: deque[str] = deque(maxlen=5)
    with (
        screen.task(text) as note,
        subprocess.Popen(command, cwd=module, stderr=subprocess.PIPE, text=True) as build,
    ):
        assert build.stderr  # noqa: S101 - the pipe asked for
        try:
            for count, line in enumerate(build.stderr, 1):
                last.append(line.rstrip())
                note(f"{count} of about {_PACKAGES} packages")
        except BaseException:
            build.kill()
            raise
    if build.returncode:
        raise LocalCloudError(
            "no Pulumi CLI: none on PATH, none downloaded, and building one with Go failed:\n  "
            + "\n  ".join(last or [f"go ended with {build.returncode}"])
        )


class KnownCommand(automation.PulumiCommand):
    """A Pulumi CLI whose version was asked before: asking again costs 0.2 s in every program."""

    def __init__(self, engine: Engine) -> None:  # the base class would start the CLI
        self.command = str(engine.command)
        self.version = VersionInfo.parse(engine.version)
