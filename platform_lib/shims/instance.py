#!/usr/bin/python3
"""Runs on the instance, under the system's own Python (3.9): fetches the bundle and the secrets.

    platform-instance bundle     once, at the first boot
    platform-instance secrets    by systemd, before every start of the app

It needs nothing but the standard library and the AWS CLI, both of which the image has.
"""

import calendar
import hashlib
import json
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

SETTINGS = Path("/etc/platform")
APPS = Path("/opt/app")
SECRETS = Path("/run/app-secrets/env")


def aws(*words: str) -> str:
    """Ask the AWS CLI; a role that was made a moment ago may not be known everywhere yet."""
    for attempt in range(8):
        done = subprocess.run(["aws", *words], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return done.stdout
        print(done.stderr.strip(), file=sys.stderr)
        time.sleep(2**attempt / 4)
    sys.exit("platform-instance: aws " + " ".join(words[:2]) + " failed")


def fetch_bundle() -> None:
    """Unpack the bundle beside its forerunners and point `current` at it."""
    os.umask(0o022)
    bundle = json.loads((SETTINGS / "bundle.json").read_text())
    archive = APPS / "bundle.zip"
    aws("s3", "cp", "--only-show-errors", bundle["uri"], str(archive))
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if bundle.get("sha256") not in (None, digest):
        sys.exit("platform-instance: the bundle's hash is " + digest + ", not the one expected")
    home = APPS / digest[:16]
    with zipfile.ZipFile(archive) as files:
        for entry in files.infolist():
            path = files.extract(entry, home)
            # The app's user reads it all, whatever the umask where the bundle was made.
            executable = entry.is_dir() or entry.external_attr >> 16 & 0o100
            os.chmod(path, 0o755 if executable else 0o644)
            # A file keeps the time that the bundle gives it, or its ETag would change.
            moment = calendar.timegm((*entry.date_time, 0, 0, 0))
            os.utime(path, (moment, moment))
    link = APPS / "next"
    link.unlink(missing_ok=True)
    link.symlink_to(home)
    link.replace(APPS / "current")
    archive.unlink()


def fetch_secrets() -> None:
    """Write the secrets where systemd alone reads them; /run is memory, not disk."""
    lines = []
    for variable, reference in json.loads((SETTINGS / "secrets.json").read_text()).items():
        arn, _, key = reference.partition("#")
        where = ("--region", arn.split(":")[3], "--output", "json")
        if ":secretsmanager:" in arn:
            answer = aws("secretsmanager", "get-secret-value", "--secret-id", arn, *where)
            value = json.loads(answer)["SecretString"]
        else:
            answer = aws("ssm", "get-parameter", "--name", arn, "--with-decryption", *where)
            value = json.loads(answer)["Parameter"]["Value"]
        if key:
            value = json.loads(value)[key]
            value = value if isinstance(value, str) else json.dumps(value)
        for special in ("\\", '"', "$", "`"):
            value = value.replace(special, "\\" + special)
        lines.append(variable + '="' + value + '"\n')
    SECRETS.parent.mkdir(mode=0o700, exist_ok=True)
    SECRETS.unlink(missing_ok=True)
    handle = os.open(SECRETS, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(handle, "w") as file:
        file.writelines(lines)


if __name__ == "__main__":
    {"bundle": fetch_bundle, "secrets": fetch_secrets}[sys.argv[1]]()
