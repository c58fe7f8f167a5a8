"""The Docker engine, by its command line: whether one answers, and what it is asked to do.

A container runs under `docker run` in the foreground, as a supervised process like any other: its
output is the log, its exit the container's exit, and TERM is passed on. Containers carry the id of
the process that started them, so the next start can remove those that a killed run left.
"""

import functools
import os
import platform
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from platform_lib.local.errors import LocalCloudError

_LABEL = "platform-local.owner"
_TASK = "platform-local.task"
_SHOWN_LINES = 15


class Engine:
    """Docker on this machine."""

    def __init__(self, enabled: bool = True) -> None:
        self._enabled = enabled and shutil.which("docker") is not None

    @functools.cached_property
    def answers(self) -> bool:
        """Whether an engine answers; asked once."""
        return self._enabled and self._docker("version", timeout=10).returncode == 0

    @property
    def host_network(self) -> bool:
        """Whether containers can share this machine's network: only where the kernel is ours."""
        return platform.system() == "Linux"

    def build(
        self, reference: str, context: Path, dockerfile: Path, options: Sequence[str]
    ) -> str:
        """Build an image for this machine's processor and return its id.

        Raises:
            LocalCloudError: The build failed; with its last lines.
        """
        done = self._docker(
            *(
                "build",
                "--quiet",
                "--force-rm",
                "--tag",
                reference,
                "--file",
                str(dockerfile),
                *options,
            ),
            str(context),
        )
        if done.returncode != 0:
            lines = (done.stderr or done.stdout).strip().splitlines()[-_SHOWN_LINES:]
            raise LocalCloudError("docker build failed:\n  " + "\n  ".join(lines))
        found = self._docker("image", "inspect", "--format", "{{.Id}}", reference)
        return found.stdout.strip()

    def run_command(
        self,
        image: str,
        *,
        name: str,
        task: str,
        env: Mapping[str, str],
        command: Sequence[str],
        publish: tuple[int, int] | None,
        read_only: bool = False,
        volumes: Sequence[str] = (),
    ) -> tuple[str, ...]:
        """Word `docker run`; the values of `env` are taken from the client's own environment.

        `volumes` are paths of the container, each a volume of its own that goes with it.
        """
        words = ["docker", "run", "--rm", "--init", "--name", name]
        words += ["--label", f"{_LABEL}={os.getpid()}", "--label", f"{_TASK}={task}"]
        if publish is None:
            words += ["--network", "host"]
        else:
            words += ["--publish", f"127.0.0.1:{publish[0]}:{publish[1]}"]
        if read_only:
            words.append("--read-only")
        for path in volumes:
            words += ["--volume", path]
        for variable in env:
            words += ["--env", variable]
        return (*words, image, *command)

    def remove_task(self, task: str) -> None:
        """Remove what is left of a task's containers."""
        self._remove(f"label={_TASK}={task}")

    def remove_own(self) -> None:
        """Remove every container of this process."""
        if self.answers:
            self._remove(f"label={_LABEL}={os.getpid()}")

    def remove_orphans(self) -> list[str]:
        """Remove the containers of clouds that are gone; return their names."""
        if not self.answers:
            return []
        shown = "{{.Names}} {{.Label " + f'"{_LABEL}"' + "}}"
        listed = self._docker("ps", "--all", "--filter", f"label={_LABEL}", "--format", shown)
        pairs = [line.split() for line in listed.stdout.splitlines()]
        orphans = [name for name, owner in pairs if not _is_alive(int(owner))]
        if orphans:
            self._docker("rm", "--force", *orphans)
        return orphans

    def _remove(self, which: str) -> None:
        ids = self._docker("ps", "--all", "--quiet", "--filter", which).stdout.split()
        if ids:
            self._docker("rm", "--force", *ids)

    def _docker(self, *words: str, timeout: float = 900) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                ["docker", *words], capture_output=True, text=True, check=False, timeout=timeout
            )
        except subprocess.TimeoutExpired as late:
            return subprocess.CompletedProcess(late.cmd, 1, "", f"no answer in {timeout:g} s")


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
