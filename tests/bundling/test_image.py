"""What Docker builds from: the generated Dockerfile and context, or the user's own."""

import os

import pytest

from platform_lib.bundling.image import build_generated, build_own, dockerfile
from platform_lib.bundling.serving import SERVER_COMMAND
from platform_lib.checks import InvalidInput


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PLATFORM_LIB_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "main.py").write_text("def app(environ, start): ...\n")
    (folder / "requirements.txt").write_text("")
    return folder


def generated(source, port=8080):
    return build_generated(
        source,
        app="main:app",
        interface="wsgi",
        python_version="3.13",
        architecture="arm64",
        port=port,
    )


def test_dockerfile_runs_nothing_in_its_last_stage_and_is_not_root():
    stages = dockerfile("3.12", 9000, SERVER_COMMAND).split("FROM ")[1:]
    first, last = stages
    assert first.startswith("--platform=${BUILDPLATFORM:-linux} python:3.12-slim AS build\n")
    assert "compileall" in first
    assert last.splitlines() == [
        "python:3.12-slim",
        "ENV HOME=/tmp PYTHONPATH=/app PYTHONUNBUFFERED=1 PATH=/app/bin:$PATH PORT=9000",
        "WORKDIR /app",
        "COPY --from=build /app /app",
        "COPY --from=build /etc/passwd /etc/passwd",
        "# Where the root file system is read-only, /tmp is a volume, and gets owner and mode from here.",
        'VOLUME ["/tmp"]',
        "USER 10001:10001",
        "EXPOSE 9000",
        'ENTRYPOINT ["python", "-m", "_platform.start"]',
        'CMD ["python", "-m", "_platform.serve"]',
    ]


def test_generated_context_holds_tree_and_dockerfile(source):
    made = generated(source)
    assert sorted(path.name for path in made.context.iterdir()) == ["Dockerfile", "app"]
    assert made.dockerfile.read_text() == dockerfile("3.13", 8080, SERVER_COMMAND)
    assert (made.context / "app" / "_platform" / "serve.py").is_file()
    assert made.tag.startswith(made.version + "-")
    assert generated(source) == made


def test_text_of_the_dockerfile_names_the_image_and_not_the_app(source):
    one, other = generated(source, 8080), generated(source, 9000)
    assert one.version == other.version
    assert one.tag != other.tag
    assert one.context != other.context


def test_the_context_of_an_own_dockerfile_is_readable_whatever_the_umask(source, monkeypatch):
    monkeypatch.setenv("PLATFORM_LIB_CACHE", str(source.parent / "another-cache"))
    (source / "static").mkdir()
    (source / "static" / "app.css").write_text("")
    (source / "Dockerfile").write_text("FROM scratch\n")
    before = os.umask(0o077)
    try:
        made = build_own(source, "Dockerfile", architecture="arm64")
    finally:
        os.umask(before)
    assert (made.context / "static").stat().st_mode & 0o777 == 0o755
    assert (made.context / "static" / "app.css").stat().st_mode & 0o777 == 0o644


def test_own_dockerfile(source):
    (source / "docker").mkdir()
    (source / "docker" / "Dockerfile").write_text("FROM scratch\n")
    (source / ".dockerignore").write_text("x\n")
    (source / ".env").write_text("SECRET=1\n")
    made = build_own(source, "docker/Dockerfile", architecture="arm64")
    assert made.dockerfile == made.context / "docker" / "Dockerfile"
    names = {path.relative_to(made.context).as_posix() for path in made.context.rglob("*")}
    assert names == {".dockerignore", "docker", "docker/Dockerfile", "main.py", "requirements.txt"}
    assert build_own(source, "./docker/Dockerfile", architecture="arm64") == made
    (source / "main.py").write_text("changed = 1\n")
    changed = build_own(source, "docker/Dockerfile", architecture="arm64")
    assert changed.version != made.version
    assert changed.tag != made.tag


@pytest.mark.parametrize("name", ["Dockerfile", "../Dockerfile", "/etc/hosts"])
def test_own_dockerfile_that_is_not_there(source, name):
    with pytest.raises(InvalidInput, match=r"'dockerfile' is .*there is no such file in"):
        build_own(source, name, architecture="arm64")
