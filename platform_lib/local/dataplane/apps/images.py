"""Images that programs "push": built by a Docker engine, or kept as a folder to run as a process.

An image of ours (its context holds a bundle's manifest) runs either way. One from a user's own
Dockerfile, and one from a registry, needs an engine. Nothing is pushed anywhere: an image is found
by the reference and the digest under which it was built here.
"""

import json
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from platform_lib.local.dataplane.apps.engine import Engine
from platform_lib.local.dataplane.running.trees import MANIFEST, copy_for_engine
from platform_lib.local.errors import LocalCloudError


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image that can run here.

    Attributes:
        reference: What it was built as, `repository:tag`.
        digest: `sha256:...` of its content.
        how: `docker` or `process`.
        engine_name: What `docker run` takes; empty for a process.
        context: The build context; None for an image that was not built here.
        dockerfile: The Dockerfile's path; None as above.
    """

    reference: str
    digest: str
    how: str
    engine_name: str = ""
    context: Path | None = None
    dockerfile: Path | None = None

    @property
    def ours(self) -> bool:
        """Whether platform_lib made it from a bundle, so that it heeds PORT and GRANIAN_HOST."""
        return self.context is not None and is_ours(self.context)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a Dockerfile says about running: its last stage's folder, variables and commands."""

    folder: str
    env: Mapping[str, str]
    entry: tuple[str, ...]
    command: tuple[str, ...]


class Images:
    """The images of one local cloud. Safe to use from any thread."""

    def __init__(self, engine: Engine, say: Callable[[str], None]) -> None:
        self.engine = engine
        self._say = say
        self._known: dict[str, Image] = {}

    def add(
        self,
        reference: str,
        digest: str,
        context: Path,
        dockerfile: Path,
        *,
        target: str | None = None,
        args: Mapping[str, str] | None = None,
    ) -> None:
        """Make an image runnable, and remember it. Blocks; an unchanged image is quick.

        Args:
            reference: What the program calls it, `repository:tag`.
            digest: `sha256:...`, of all that goes into it.
            context: Folder of the build context.
            dockerfile: Path of the Dockerfile.
            target: Stage to build; the last one where it is None.
            args: Build arguments.

        Raises:
            LocalCloudError: There is no engine and the image is not one of ours, or the build
                failed.
        """
        # A name of our own: the program's names a registry that is not there.
        name = f"platform-local:{digest.removeprefix('sha256:')[:32]}"
        image = Image(
            reference=reference,
            digest=digest,
            how="docker",
            engine_name=name,
            context=context,
            dockerfile=dockerfile,
        )
        as_process = replace(image, how="process", engine_name="")
        if not self.engine.answers:
            if not image.ours:
                raise LocalCloudError(
                    f"{reference}: no Docker engine answers, and {dockerfile} is a Dockerfile of "
                    "your own, which cannot run without one: start Docker, or use `app`"
                )
            self._remember(as_process)
            return
        options = [f"--build-arg={key}={value}" for key, value in (args or {}).items()]
        if target:
            options.append(f"--target={target}")
        try:
            if image.ours:
                here = copy_for_engine(context, self._say)
                within = dockerfile.resolve().relative_to(context.resolve())
                # Nothing of ours asks the network, so a broken one does not matter.
                self.engine.build(name, here, here / within, ["--network=none", *options])
            else:
                self.engine.build(name, context, dockerfile, options)
            self._remember(image)
        except LocalCloudError as error:
            if not image.ours:
                raise LocalCloudError(f"{reference}: {error}") from error
            last = str(error).strip().splitlines()[-1].strip()
            self._say(f"{reference.rsplit('/', 1)[-1]} runs as a process: docker build: {last}")
            self._remember(as_process)

    def _remember(self, image: Image) -> None:
        repository = image.reference.rsplit(":", 1)[0]
        for key in (image.reference, f"{repository}@{image.digest}", image.digest):
            self._known[key] = image

    def find(self, uri: str) -> Image:
        """Return the image that a task definition names.

        Raises:
            LocalCloudError: It was not built here and no engine is there to pull it.
        """
        known = self._known.get(uri) or self._known.get(uri.rpartition("@")[2])
        if known is not None:
            return known
        if not self.engine.answers:
            raise LocalCloudError(
                f"image {uri} was not built here, and no Docker engine answers that could pull "
                "and run it: start Docker"
            )
        return Image(reference=uri, digest="", how="docker", engine_name=uri)


def is_ours(context: Path) -> bool:
    """Whether a build context was made from a bundle."""
    return (context / "app" / MANIFEST).is_file()


def read_recipe(dockerfile: str) -> Recipe:
    """Read how the last stage of a Dockerfile of ours starts: `ENV`, `WORKDIR`, `CMD [...]`.

    Raises:
        LocalCloudError: It has no command in the exec form.
    """
    text = re.sub(r"\\\n", " ", dockerfile)
    lines = [line.strip() for line in text.splitlines()]
    starts = [at for at, line in enumerate(lines) if line.upper().startswith("FROM ")]
    folder, env, entry, command = "/", dict[str, str](), list[str](), list[str]()
    for line in lines[starts[-1] if starts else 0 :]:
        word, _, rest = line.partition(" ")
        match word.upper():
            case "WORKDIR":
                folder = rest.strip()
            case "ENV":
                pairs = (pair.partition("=") for pair in shlex.split(rest))
                env |= {name: value for name, _, value in pairs if name != "PATH"}
            case "ENTRYPOINT" if rest.lstrip().startswith("["):
                entry = json.loads(rest)
            case "CMD" if rest.lstrip().startswith("["):
                command = json.loads(rest)
    if not (entry or command):
        raise LocalCloudError('the Dockerfile has no CMD ["...", "..."] to start')
    return Recipe(folder=folder, env=env, entry=tuple(entry), command=tuple(command))
