"""What runs on an instance before the app: the bundle and the secrets, with the AWS CLI stood in."""

import hashlib
import json
import os
import stat
import zipfile

import pytest
from secret_shapes import KEYS, SECRET, TEXTS

from platform_lib.bundling.archive import write_zip
from platform_lib.local.dataplane.apps.units import read_environment_file
from platform_lib.shims import instance
from platform_lib.shims.file_times import content_time

SECRET_ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:all-AbCdEf"
PARAMETER = "arn:aws:ssm:us-east-1:123456789012:parameter/token"


@pytest.fixture
def machine(tmp_path, monkeypatch):
    for name in ("etc", "opt", "run"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(instance, "SETTINGS", tmp_path / "etc")
    monkeypatch.setattr(instance, "APPS", tmp_path / "opt")
    monkeypatch.setattr(instance, "SECRETS", tmp_path / "run" / "env")
    before = os.umask(0o077)
    yield tmp_path
    os.umask(before)


def unpack(machine, monkeypatch, archive):
    content = archive.read_bytes()
    bundle = {"uri": "s3://code/app.zip", "sha256": hashlib.sha256(content).hexdigest()}
    (machine / "etc" / "bundle.json").write_text(json.dumps(bundle))

    def aws(*words):
        assert words[:2] == ("s3", "cp")
        (machine / "opt" / "bundle.zip").write_bytes(content)

    monkeypatch.setattr(instance, "aws", aws)
    instance.fetch_bundle()
    return (machine / "opt" / "current").resolve()


def modes(folder):
    paths = [folder, *folder.rglob("*")]
    return {
        path.relative_to(folder).as_posix(): stat.S_IMODE(path.stat().st_mode) for path in paths
    }


def test_a_bundle_of_ours_keeps_the_times_of_its_contents(machine, monkeypatch):
    tree = machine / "tree"
    (tree / "static").mkdir(parents=True)
    (tree / "static" / "app.css").write_text("a { color: red }")
    (tree / "run.sh").write_text("#!/bin/sh\n")
    (tree / "run.sh").chmod(0o700)
    write_zip(tree, machine / "app.zip")
    home = unpack(machine, monkeypatch, machine / "app.zip")
    for name in ("static/app.css", "run.sh"):
        assert (home / name).stat().st_mtime == content_time((tree / name).read_bytes())
    assert modes(home) == {".": 0o755, "static": 0o755, "static/app.css": 0o644, "run.sh": 0o755}


def test_a_ready_bundle_is_readable_whatever_its_modes(machine, monkeypatch):
    with zipfile.ZipFile(machine / "app.zip", "w") as archive:
        for name, mode in (("made/", 0o40700), ("made/a.py", 0o100600), ("made/run", 0o100700)):
            entry = zipfile.ZipInfo(name, (2020, 1, 2, 3, 4, 6))
            entry.external_attr = mode << 16
            archive.writestr(entry, "")
        archive.writestr("without", "a mode")
    home = unpack(machine, monkeypatch, machine / "app.zip")
    assert modes(home) == {
        ".": 0o755,
        "made": 0o755,
        "made/a.py": 0o644,
        "made/run": 0o755,
        "without": 0o644,
    }
    assert (home / "made" / "a.py").stat().st_mtime == 1_577_934_246


def test_a_bundle_of_another_hash_is_refused(machine, monkeypatch):
    (machine / "etc" / "bundle.json").write_text('{"uri": "s3://code/app.zip", "sha256": "00"}')
    monkeypatch.setattr(
        instance, "aws", lambda *words: (machine / "opt" / "bundle.zip").write_bytes(b"other")
    )
    with pytest.raises(SystemExit, match="not the one expected"):
        instance.fetch_bundle()
    assert not (machine / "opt" / "current").exists()


def test_each_key_is_the_text_that_it_is_on_every_target(machine, monkeypatch):
    references = {variable: f"{SECRET_ARN}#{key}" for variable, key in KEYS.items()}
    references |= {"WHOLE": SECRET_ARN, "PARAMETER": PARAMETER}
    (machine / "etc" / "secrets.json").write_text(json.dumps(references))

    def aws(service, operation, *words):
        if service == "ssm":
            return json.dumps({"Parameter": {"Value": "plain"}})
        return json.dumps({"SecretString": SECRET})

    monkeypatch.setattr(instance, "aws", aws)
    instance.fetch_secrets()
    told = read_environment_file(instance.SECRETS.read_text())
    assert told == {**TEXTS, "WHOLE": SECRET, "PARAMETER": "plain"}
    assert instance.SECRETS.stat().st_mode & 0o777 == 0o400
