"""The `docker` provider: images, built by the data plane and registered in the account's ECR."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from platform_lib.local.account import Account
from platform_lib.local.errors import LocalCloudError, NotSteady
from platform_lib.local.provider.aws import Serving
from platform_lib.local.provider.calls import AwsError, call_aws
from platform_lib.local.provider.check import Autoname, Change, Failure
from platform_lib.local.provider.resource import Made, UnfinishedError
from platform_lib.local.provider.row import NO_CONFIG, Properties
from platform_lib.local.provider.values import UNKNOWN, has_unknown, plain

IMAGE: Final = "docker:index/image:Image"

_INPUTS: Final = frozenset({"imageName", "build", "buildOnPreview", "registry", "skipPush"})
_BUILD: Final = frozenset({"context", "dockerfile", "platform", "target", "args"})
_IGNORED: Final = frozenset({"builderVersion", "cacheFrom", "network", "addHosts"})
"""They say how a build goes, not what it makes; the local build has its own way."""

_HASH: Final = "__contextHash"
"""Input of ours: SHA-256 of everything that goes into the image."""


class Images(Protocol):
    """Where the data plane keeps images."""

    def add(
        self,
        reference: str,
        digest: str,
        context: Path,
        dockerfile: Path,
        *,
        target: str | None = None,
        args: dict[str, str] | None = None,
    ) -> None:
        """Take an image in, and build it where a Docker engine answers."""


class Plane(Serving, Protocol):
    """What both providers need of the data plane."""

    @property
    def images(self) -> Images:
        """The images that were pushed."""


class DockerKinds:
    """`docker.Image`, the one type of this provider."""

    version = "5.2.0"

    def __init__(self, account: Account, plane: Plane) -> None:
        self._account = account
        self._plane = plane

    def configure(self, config: Properties) -> list[Failure]:
        """Take any: it says where the daemon is, and the data plane finds its own."""
        return []

    def check(
        self,
        type: str,
        old: Properties,
        new: Properties,
        autoname: Autoname,
        config: Mapping[str, Any] = NO_CONFIG,
    ) -> tuple[Properties, list[Failure]]:
        """Hash what goes into the image, so that a changed file is a change."""
        _must_be_image(type)
        bare = plain(new)
        failures = [
            Failure(word, _unknown(word)) for word in sorted(set(bare) - _INPUTS - {_HASH})
        ]
        build = bare.get("build") or {}
        if build is not UNKNOWN:
            known = _BUILD | _IGNORED
            failures += [
                Failure(f"build.{word}", _unknown(f"build.{word}"))
                for word in sorted(set(build) - known)
            ]
        if failures or has_unknown(build):
            return {**new, _HASH: UNKNOWN}, failures
        context, dockerfile = _places(build)
        if not context.is_dir():
            return new, [Failure("build.context", f"{str(context)!r} is no directory")]
        if not dockerfile.is_file():
            return new, [Failure("build.dockerfile", f"{str(dockerfile)!r} is no file")]
        return {**new, _HASH: hash_build(context, dockerfile, build)}, []

    def diff(self, type: str, old: Properties, new: Properties, ignore: tuple[str, ...]) -> Change:
        """Compare all inputs, paths too, as Pulumi's provider does; but for credentials."""
        before, after = _compared(old), _compared(new)
        changed = [word for word in after if before[word] != after[word] and word not in ignore]
        return Change(changed, [], delete_first=False)

    def foreseen(self, type: str, inputs: Properties, old: Properties | None) -> Properties:
        """Tell the digest, which is the content's hash."""
        return self._state(inputs)

    def create(self, type: str, inputs: Properties, made: Callable[[Made], None]) -> Made:
        """Build the image, and register it where it is pushed to."""
        _must_be_image(type)
        new = Made(str(plain(inputs["imageName"])), self._state(inputs))
        made(new)
        self._push(new.state, inputs)
        return new

    def update(
        self, type: str, id: str, state: Properties, old: Properties, new: Properties
    ) -> Properties:
        """Build and register it anew, under its new name or digest."""
        after = self._state(new)
        self._push(after, new)
        return after

    def read(
        self,
        type: str,
        id: str,
        state: Properties,
        inputs: Properties,
        config: Mapping[str, Any] = NO_CONFIG,
    ) -> tuple[Properties, Properties] | None:
        """Say whether the image that was pushed is still in its repository."""
        bare = plain(state)
        repository, _, digest = str(bare.get("repoDigest", "")).partition("@")
        if not digest or plain(inputs).get("skipPush") or not self._is_ecr(repository):
            return state, inputs
        request = {"repositoryName": _path(repository), "imageIds": [{"imageDigest": digest}]}
        try:
            call_aws(self._account, "ecr", "describe_images", request)
        except AwsError as problem:
            if problem.is_gone:
                return None
            raise
        return state, inputs

    def delete(self, type: str, id: str, state: Properties) -> None:
        """Leave the image, as Pulumi's provider does: other stacks may run it."""

    def identity(self, type: str, state: Properties) -> Properties:
        """Need nothing: a delete leaves the image."""
        return {}

    def invoke(
        self, token: str, args: Properties, config: Mapping[str, Any] = NO_CONFIG
    ) -> Properties:
        """Refuse: nothing that components ask is answered by this provider."""
        raise LocalCloudError(
            f"{token} is not known to the local cloud: of the docker provider it imitates {IMAGE} "
            "only; leave it out where the stack is local"
        )

    def _state(self, inputs: Properties) -> Properties:
        bare = plain(inputs)
        name, digest = bare.get("imageName"), bare.get(_HASH)
        build = bare.get("build") or {}
        registry = bare.get("registry") or {}
        known = isinstance(name, str) and isinstance(digest, str)
        # What was built and not pushed has its own id, and no digest in a repository.
        repository = "" if bare.get("skipPush") else f"{_repository(str(name))}@"
        return {
            **inputs,
            "baseImageName": name,
            "repoDigest": f"{repository}sha256:{digest}" if known else UNKNOWN,
            "registryServer": registry.get("server", "") if registry is not UNKNOWN else UNKNOWN,
            "context": build.get("context", ".") if build is not UNKNOWN else UNKNOWN,
            "dockerfile": build.get("dockerfile", "") if build is not UNKNOWN else UNKNOWN,
        }

    def _push(self, state: Properties, inputs: Properties) -> None:
        bare = plain(inputs)
        build = bare.get("build") or {}
        context, dockerfile = _places(build)
        digest = f"sha256:{bare[_HASH]}"
        try:
            self._plane.images.add(
                bare["imageName"],
                digest,
                context,
                dockerfile,
                target=build.get("target"),
                args=build.get("args"),
            )
            if not bare.get("skipPush") and self._is_ecr(bare["imageName"]):
                self._register(bare["imageName"], digest)
        except (LocalCloudError, NotSteady) as problem:
            raise UnfinishedError(str(problem), state) from problem

    def _register(self, name: str, digest: str) -> None:
        """Put an image into ECR whose one layer stands for all of its content.

        A tag that is there stays what it is in an immutable repository, whatever is pushed: a
        second build seldom has the same bytes, and ECR refuses those too
        (aws/containers-roadmap#2179, moby/buildkit#3776).
        """
        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "config": {
                "mediaType": "application/vnd.docker.container.image.v1+json",
                "size": 1,
            },
            "layers": [{"digest": digest, "size": 1}],
        }
        repository = _repository(name)
        path, tag = _path(repository), name[len(repository) + 1 :] or "latest"
        if self._keeps_tags(path) and tag in self._tags(path):
            raise LocalCloudError(
                f"tag invalid: The image tag '{tag}' already exists in the '{path}' repository "
                "and cannot be overwritten because the repository is immutable."
            )
        request = {
            "repositoryName": path,
            "imageTag": tag,
            "imageManifest": json.dumps(manifest),
            "imageDigest": digest,
        }
        try:
            call_aws(self._account, "ecr", "put_image", request)
        except AwsError as problem:
            # The same content under the same tag is what a push that is repeated does.
            if problem.code != "ImageAlreadyExistsException":
                raise

    def _keeps_tags(self, path: str) -> bool:
        request = {"repositoryNames": [path]}
        found = call_aws(self._account, "ecr", "describe_repositories", request)["repositories"]
        return bool(found[0]["imageTagMutability"] == "IMMUTABLE")

    def _tags(self, path: str) -> set[str]:
        listed = call_aws(self._account, "ecr", "list_images", {"repositoryName": path})
        return {one["imageTag"] for one in listed["imageIds"] if "imageTag" in one}

    def _is_ecr(self, name: str) -> bool:
        return name.startswith(f"{self._account.account_id}.dkr.ecr.{self._account.region}.")


def _must_be_image(type: str) -> None:
    if type != IMAGE:
        raise LocalCloudError(
            f"{type} is not known to the local cloud: of the docker provider it imitates {IMAGE} "
            "only; leave it out where the stack is local"
        )


def _unknown(path: str) -> str:
    return (
        f"'{path}' is not known to the local cloud: correct the name, or leave it out where the "
        "stack is local"
    )


def _repository(name: str) -> str:
    """Take the tag off a name; a colon before a slash is a port."""
    before, colon, tag = name.rpartition(":")
    return before if colon and "/" not in tag else name


def _path(repository: str) -> str:
    return repository.partition("/")[2]


def _places(build: Properties) -> tuple[Path, Path]:
    context = Path(build.get("context", ".")).absolute()
    dockerfile = build.get("dockerfile")
    return context, Path(dockerfile).absolute() if dockerfile else context / "Dockerfile"


def _compared(inputs: Properties) -> dict[str, Any]:
    bare = plain(inputs)
    build = bare.get("build") or {}
    return {
        "imageName": bare.get("imageName"),
        "skipPush": bool(bare.get("skipPush")),
        "build": (build, bare.get(_HASH)),
    }


def hash_build(context: Path, dockerfile: Path, build: Properties) -> str:
    """Hash what an image is made of: names, modes and content of files, and the build's words."""
    total = hashlib.sha256()
    words = {word: build.get(word) for word in ("platform", "target", "args")}
    total.update(json.dumps(words, sort_keys=True).encode())
    total.update(dockerfile.read_bytes())
    for file in _files(context):
        name = file.relative_to(context).as_posix()
        if file.is_symlink():
            total.update(f"\0{name}\0link\0{os.readlink(file)}".encode())
            continue
        executable = file.stat().st_mode & 0o111 != 0
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        total.update(f"\0{name}\0{executable}\0{content}".encode())
    return total.hexdigest()


def _files(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            yield Path(folder) / name
