"""The docker provider: images by their contents' hash."""

import grpc
import pytest
from provider_kit import Engine
from pulumi.runtime.proto import provider_pb2

from platform_lib.local.provider.values import (
    Secret,
)


@pytest.fixture
def docker(ports):
    engine = Engine(ports["docker"])
    yield engine
    engine.close()


IMAGE = "docker:index/image:Image"


@pytest.fixture
def image(account, context):
    client = account.client("ecr")
    name = f"images-{context.parent.name.replace('_', '-')}"
    found = client.create_repository(repositoryName=name.lower())["repository"]
    return {
        "imageName": f"{found['repositoryUri']}:v1",
        "build": {"context": str(context), "platform": "linux/arm64"},
        "registry": {"server": "s", "username": "AWS", "password": Secret("p1")},
    }


def test_an_image_is_registered_under_its_contents_hash(docker, image, plane, account):
    inputs = docker.checked(IMAGE, image)
    _, foreseen = docker.create(IMAGE, inputs, preview=True)
    assert plane.pushed == []
    id, state = docker.create(IMAGE, inputs)
    repository, _, digest = state["repoDigest"].partition("@")
    assert foreseen["repoDigest"] == state["repoDigest"]
    assert plane.pushed == [(image["imageName"], digest)]
    request = {"repositoryName": repository.partition("/")[2]}
    (found,) = account.client("ecr").describe_images(**request)["imageDetails"]
    assert (found["imageDigest"], found["imageTags"]) == (digest, ["v1"])
    assert docker.read(IMAGE, id, state, inputs)[0] == id
    docker.delete(IMAGE, id, state)
    assert len(account.client("ecr").describe_images(**request)["imageDetails"]) == 1


def test_a_changed_file_is_a_change_and_new_credentials_are_none(docker, image, context):
    old = docker.checked(IMAGE, image)
    renewed = {**image, "registry": {**image["registry"], "password": Secret("p2")}}
    same = docker.diff(IMAGE, old, docker.checked(IMAGE, renewed))
    assert same.changes == provider_pb2.DiffResponse.DIFF_NONE
    (context / "app.py").write_text("print(2)")
    answer = docker.diff(IMAGE, old, docker.checked(IMAGE, image))
    assert list(answer.diffs) == ["build"]
    assert list(answer.replaces) == []


def test_a_context_that_moved_is_a_change_as_for_pulumis_provider(
    docker, image, context, tmp_path
):
    old = docker.checked(IMAGE, image)
    context.rename(tmp_path / "elsewhere")
    moved = {**image, "build": {**image["build"], "context": str(tmp_path / "elsewhere")}}
    assert list(docker.diff(IMAGE, old, docker.checked(IMAGE, moved)).diffs) == ["build"]


def test_an_image_that_is_not_pushed_has_its_own_id_and_no_digest_in_the_repository(
    docker, image, plane, account
):
    _, state = docker.create(IMAGE, docker.checked(IMAGE, {**image, "skipPush": True}))
    assert state["repoDigest"].startswith("sha256:")
    # It is there to be run all the same.
    assert plane.pushed == [(image["imageName"], state["repoDigest"])]
    path = image["imageName"].partition("/")[2].removesuffix(":v1")
    assert account.client("ecr").list_images(repositoryName=path)["imageIds"] == []


@pytest.mark.parametrize("content", ["print(1)", "print(2)"])
def test_an_immutable_tag_takes_no_second_push(docker, image, context, account, content):
    path = image["imageName"].partition("/")[2].removesuffix(":v1")
    account.client("ecr").put_image_tag_mutability(
        repositoryName=path, imageTagMutability="IMMUTABLE"
    )
    docker.create(IMAGE, docker.checked(IMAGE, image))
    (context / "app.py").write_text(content)
    words = f"tag 'v1' already exists in the '{path}' repository and cannot be overwritten"
    with pytest.raises(grpc.RpcError, match=words):
        docker.create(IMAGE, docker.checked(IMAGE, image))
    docker.create(IMAGE, docker.checked(IMAGE, {**image, "skipPush": True}))
    other = {**image, "imageName": image["imageName"].replace("v1", "v2")}
    docker.create(IMAGE, docker.checked(IMAGE, other))


def test_an_image_changes_its_digest_in_place(docker, image, context, account):
    old = docker.checked(IMAGE, image)
    id, state = docker.create(IMAGE, old)
    (context / "app.py").write_text("print(3)")
    new = docker.checked(IMAGE, {**image, "imageName": image["imageName"].replace("v1", "v2")})
    after = docker.update(IMAGE, id, state, old, new)
    assert after["repoDigest"] != state["repoDigest"]


@pytest.mark.parametrize("word", ["context", "dockerfile"])
def test_what_is_not_there_fails_the_preview(docker, image, word):
    missing = {**image, "build": {**image["build"], word: "/does/not/exist"}}
    _, ((path, reason),) = docker.check(IMAGE, missing)
    assert path == f"build.{word}"
    assert "/does/not/exist" in reason


def test_an_unknown_word_of_a_build_is_named(docker, image):
    _, ((path, _),) = docker.check(IMAGE, {**image, "build": {"contxt": "."}})
    assert path == "build.contxt"
