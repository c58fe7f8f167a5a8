"""From a source directory to what Docker builds an image from: a folder and a Dockerfile. Pure."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from platform_lib.bundling.bundle import Bundle, build
from platform_lib.bundling.cache import cache_dir, made_once, made_whole
from platform_lib.bundling.serving import SERVER_COMMAND, START_COMMAND, server_additions
from platform_lib.bundling.source_files import hash_of, source_files
from platform_lib.checks import InvalidInput
from platform_lib.shims import OURS

_USER = 10001
"""A number, so that a cluster can tell that it is not root; above those that systems give out."""


@dataclass(frozen=True, kw_only=True)
class BuildContext:
    """What an image is built from."""

    context: Path
    dockerfile: Path
    tag: str
    """Names the image by all that goes into it, for tags never change in the repository."""
    version: str
    """Names what runs: the app's hash."""


def build_generated(
    source: Path,
    *,
    app: str,
    interface: str | None,
    python_version: str,
    architecture: str,
    port: int,
) -> BuildContext:
    """Bundle an app for an image of ours. Raises `InvalidInput`."""
    text = dockerfile(python_version, port, SERVER_COMMAND)
    bundle = build(
        source,
        entry=app,
        entry_field="app",
        python_version=python_version,
        architecture=architecture,
        additions=server_additions(app, interface, salt=text),
        zipped=False,
    )
    context = image_context(bundle, text)
    return BuildContext(
        context=context,
        dockerfile=context / "Dockerfile",
        tag=bundle.tag,
        version=bundle.app_hash,
    )


def dockerfile(python_version: str, port: int, command: Sequence[str]) -> str:
    """Write the Dockerfile that puts a bundle's tree on Debian's slim Python.

    The first stage compiles bytecode, which is the same for every processor, on the builder's
    own; the last one runs nothing, so that a foreign processor needs no emulation. The classic
    builder knows no BUILDPLATFORM and gets "linux", which is its own machine's.
    """
    base = f"python:{python_version}-slim"
    return f"""\
FROM --platform=${{BUILDPLATFORM:-linux}} {base} AS build
COPY app /app
# The app's user reads, whatever the umask where the tree was made. Some packages carry templates
# that are no Python: what cannot be compiled is left as it is.
RUN chmod -R a+rX /app; \\
    python /app/{OURS}/file_times.py /app; \\
    python -m compileall -q -j 0 --invalidation-mode unchecked-hash /app > /dev/null || true; \\
    echo "app:x:{_USER}:{_USER}::/tmp:/usr/sbin/nologin" >> /etc/passwd

FROM {base}
ENV HOME=/tmp PYTHONPATH=/app PYTHONUNBUFFERED=1 PATH=/app/bin:$PATH PORT={port}
WORKDIR /app
COPY --from=build /app /app
COPY --from=build /etc/passwd /etc/passwd
# Where the root file system is read-only, /tmp is a volume, and gets owner and mode from here.
VOLUME ["/tmp"]
USER {_USER}:{_USER}
EXPOSE {port}
ENTRYPOINT {json.dumps(list(START_COMMAND))}
CMD {json.dumps(list(command))}
"""


def image_context(bundle: Bundle, dockerfile: str) -> Path:
    """Give the folder that Docker builds from: the tree as `app`, and the Dockerfile.

    The text should be part of what names the bundle (`Additions.salt`).
    """
    context = bundle.tree.parent
    path = context / "Dockerfile"
    if not path.exists() or path.read_text() != dockerfile:
        with made_whole(path, sealed=False) as workshop:
            workshop.joinpath(path.name).write_text(dockerfile)
    return context


def build_own(source: Path, dockerfile: str, *, architecture: str) -> BuildContext:
    """Take the user's own Dockerfile, with the source as its context. Raises `InvalidInput`.

    The context is a copy without what is no part of an app: version control, environments and
    caches, files with secrets.
    """
    if not source.is_dir():
        raise InvalidInput("source", str(source), "there is no such directory")
    files = source_files(source)
    name = Path(dockerfile).as_posix()
    if name not in {file.name for file in files}:
        need = f"there is no such file in {source}; give its path from there"
        raise InvalidInput("dockerfile", dockerfile, need)
    version = hash_of(files).hex()[:16]
    build = hashlib.sha256(f"{name}\0{architecture}".encode()).hexdigest()
    tag = f"{version}-{build[:12]}"

    def copy(folder: Path) -> None:
        for file in files:
            place = folder / file.name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file.path, place)
            place.chmod(0o755 if file.executable else 0o644)
        # Docker takes modes over, and the image's user may be another.
        for place in folder.rglob("*"):
            if place.is_dir():
                place.chmod(0o755)

    context = made_once(cache_dir("contexts") / version, copy)
    return BuildContext(context=context, dockerfile=context / name, tag=tag, version=version)
