"""Plugins of other providers: random, tls, command and the like run as they do elsewhere.

The engine finds them on PATH, and in the folder in which Pulumi keeps them. It is told never to
fetch any by itself: offline each preview would lose seconds. Where one is missing and Pulumi's
site answers, it is installed as the engine's own words say, once.
"""

import os
import re
import shlex
import subprocess
from pathlib import Path

from platform_lib.bundling.cache import cache_dir
from platform_lib.local.engine import Engine, has_internet
from platform_lib.local.errors import LocalCloudError
from platform_lib.local.screen import Screen

_MISSING = re.compile(r"no resource plugin 'pulumi-resource-([\w-]+)' found")
_ADVICE = re.compile(r"`pulumi (plugin install [^`]+)`")
_SECONDS = 600


def link_plugins(home: Path) -> None:
    """Give an engine's home the user's plugins; a folder of the cache where there are none."""
    own = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi") / "plugins"
    target = own if own.is_dir() else cache_dir("plugins")
    home.mkdir(parents=True, exist_ok=True)
    link = home / "plugins"
    if not link.exists():
        link.symlink_to(target)


def fetch_missing(problem: str, engine: Engine, home: Path, screen: Screen) -> bool:
    """Fetch the plugin that an operation failed for; False where it failed for something else.

    Raises:
        LocalCloudError: It cannot be fetched; what to install is said.
    """
    missing = _MISSING.search(problem)
    if missing is None:
        return False
    name = missing[1]
    advice = _ADVICE.search(problem)
    words = shlex.split(advice[1]) if advice else ["plugin", "install", "resource", name]
    wanted = shlex.join(["pulumi", *words])
    told = (
        f"the program uses the provider {name!r}, whose plugin pulumi-resource-{name} is neither "
        "on PATH nor among Pulumi's plugins"
    )
    if not has_internet():
        raise LocalCloudError(
            f"{told}; Pulumi's site, which has it, cannot be reached: run `{wanted}` where it can "
            "be, or put the plugin on PATH"
        )
    with screen.task(f"fetching the plugin of the provider {name}"):
        done = subprocess.run(
            [engine.command, *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
            env={**os.environ, "PULUMI_HOME": str(home), "PULUMI_SKIP_UPDATE_CHECK": "true"},
        )
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no word").splitlines()[-1]
        raise LocalCloudError(f"{told}, and `{wanted}` failed: {last}")
    return True
