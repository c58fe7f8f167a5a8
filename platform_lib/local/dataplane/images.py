"""Images that programs "push": built by a Docker engine, or kept as a folder to run as a process.

An image of ours (its context holds a bundle's manifest) runs either way. One from a user's own
Dockerfile, and one from a registry, needs an engine. Nothing is pushed anywhere: an image is found
by the reference and the digest under which it was built here.
"""

import hashlib
import json
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from platform_lib.local.dataplane.engine import Engine
from platform_lib.local.dataplane.trees import MANIFEST, Files, copy_for_engine
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
    """What a Dockerfile says about running: its last stage's folder, variables and command."""

    folder: str
    env: Mapping[str, str]
    argv: tuple[str, ...]


class Images:
    """The images of one local cloud. Safe to use from any thread."""

    def __init__(self, engine: Engine, say: Callable[[str], None]) -> None:
        self.engine = engine
        self._say = say
        self._known: dict[str, Image] = {}

    def build(
        self,
        reference: str,
        context: Path,
        dockerfile: Path,
        *,
        args: Mapping[str, str] | None = None,
        target: str | None = None,
    ) -> Image:
        """Make an image runnable and remember it. Blocks; an unchanged image is quick.

        Args:
            reference: What the program calls it, `repository:tag`.
            context: Folder of the build context.
            dockerfile: Path of the Dockerfile.
            args: Build arguments.
            target: Stage to build; the last one where it is None.

        Raises:
            LocalCloudError: There is no engine and the image is not one of ours, or the build
                failed.
        """
        ours = is_ours(context)
        digest = context_digest(context, dockerfile, args or {}, target)
        if not self.engine.answers:
            if not ours:
                raise LocalCloudError(
                    f"{reference}: no Docker engine answers, and {dockerfile} is a Dockerfile of "
                    "your own, which cannot run without one: start Docker, or use `app`"
                )
            return self.add(reference, digest, context, dockerfile)
        options = [
            w for name, value in (args or {}).items() for w in ("--build-arg", f"{name}={value}")
        ]
        options += ["--target", target] if target else []
        # A name of our own: the program's names a registry that is not there.
        name = f"platform-local:{digest.removeprefix('sha256:')[:32]}"
        try:
            if ours:
                copy = copy_for_engine(context, self._say)
                dockerfile_here = copy / dockerfile.resolve().relative_to(context.resolve())
                self.engine.build(name, copy, dockerfile_here, options)
            else:
                self.engine.build(name, context, dockerfile, options)
        except LocalCloudError as error:
            if not ours:
                raise LocalCloudError(f"{reference}: {error}") from error
            last = str(error).strip().splitlines()[-1].strip()
            self._say(f"{reference.rsplit('/', 1)[-1]} runs as a process: docker build: {last}")
            return self.add(reference, digest, context, dockerfile)
        return self._remember(
            Image(
                reference=reference,
                digest=digest,
                how="docker",
                engine_name=name,
                context=context,
                dockerfile=dockerfile,
            )
        )

    def add(self, reference: str, digest: str, context: Path, dockerfile: Path) -> Image:
        """Remember an image of ours that runs as a process."""
        return self._remember(
            Image(
                reference=reference,
                digest=digest,
                how="process",
                context=context,
                dockerfile=dockerfile,
            )
        )

    def _remember(self, image: Image) -> Image:
        repository = image.reference.split("@")[0].rsplit(":", 1)[0]
        self._known[image.reference] = self._known[f"{repository}@{image.digest}"] = image
        self._known[image.digest] = image
        return image

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
                f"image {uri} was not built here, and no Docker engine answers that could pull and "
                "run it: start Docker"
            )
        return Image(reference=uri, digest="", how="docker", engine_name=uri)


def is_ours(context: Path) -> bool:
    """Whether a build context was made from a bundle."""
    return (context / "app" / MANIFEST).is_file()


def context_digest(
    context: Path, dockerfile: Path, args: Mapping[str, str], target: str | None
) -> str:
    """Hash what an image is made of: the same content has the same digest, on every machine."""
    digest = hashlib.sha256(json.dumps([sorted(args.items()), target]).encode())
    digest.update(dockerfile.read_bytes())
    files = Files(context)
    for name in files.names():
        content = hashlib.sha256(files.read(name) or b"").hexdigest()
        digest.update(f"{name} {files.mode(name) & 0o111:o} {content}\n".encode())
    return f"sha256:{digest.hexdigest()}"


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
    return Recipe(folder=folder, env=env, argv=(*entry, *command))
