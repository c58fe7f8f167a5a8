"""Build a trimmed AWS provider of the version line that pulumi-aws bridges: `make truth-provider`.

The provider is whole 260 services. What is left out of its two lists of services is not compiled;
what a kept one imports stays. The binary lies in the user's cache, where the tests find it.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from platform_lib.bundling.cache import cache_dir, locked

MODULE = "github.com/hashicorp/terraform-provider-aws"
PINNED = "v1.60.1-0.20260602190131-5f2286d6d836"
VERSION = "6.47.0"
KEPT = [
    "acm",
    "apigatewayv2",
    "appautoscaling",
    "autoscaling",
    "cloudwatch",
    "dynamodb",
    "ec2",
    "ecr",
    "ecs",
    "efs",
    "elasticache",
    "elbv2",
    "events",
    "firehose",
    "iam",
    "kinesis",
    "kms",
    "lambda",
    "logs",
    "meta",
    "rds",
    "route53",
    "s3",
    "s3control",
    "scheduler",
    "secretsmanager",
    "ses",
    "sfn",
    "sns",
    "sqs",
    "ssm",
    "sts",
    "servicediscovery",
]


def main():
    """Build it where it is not there yet."""
    folder = cache_dir("truth")
    target = folder / f"terraform-provider-aws_v{VERSION}"
    with locked(folder / "build"):
        if target.exists():
            return print(f"{target} is there")
        if not (go := shutil.which("go")):
            sys.exit("make truth-provider needs Go 1.25 or newer on PATH")
        print(
            "Building a trimmed AWS provider (once; half an hour or more, 2 GB of Go's caches)",
            flush=True,
        )
        with tempfile.TemporaryDirectory(dir=folder) as work:
            tree = Path(work) / "source"
            told = subprocess.run(
                [go, "mod", "download", "-json", f"{MODULE}@{PINNED}"],
                cwd=work,
                check=True,
                stdout=subprocess.PIPE,
            )
            shutil.copytree(
                json.loads(told.stdout)["Dir"],
                tree,
                ignore=shutil.ignore_patterns("website", "*_test.go", "testdata"),
            )
            subprocess.run(["chmod", "-R", "u+w", tree], check=True)
            trim(tree)
            built = Path(work) / target.name
            environment = {**os.environ, "GOFLAGS": "-mod=mod"}
            subprocess.run(
                [
                    go,
                    "build",
                    "-p",
                    os.environ.get("JOBS", "1"),
                    "-ldflags",
                    "-s -w",
                    "-o",
                    built,
                    ".",
                ],
                cwd=tree,
                env=environment,
                check=True,
            )
            built.rename(target)
    return print(target)


def trim(tree):
    """Leave out the services that nothing kept imports."""
    services = tree / "internal/service"
    kept, todo = set(), list(KEPT)
    while todo:
        if (name := todo.pop()) in kept:
            continue
        kept.add(name)
        for file in (services / name).rglob("*.go"):
            todo += re.findall(rf'"{MODULE}/internal/service/(\w+)', file.read_text())
    packages = tree / "internal/provider/sdkv2/service_packages_gen.go"
    text = packages.read_text()
    for name in set(re.findall(r"internal/service/(\w+)\"", text)) - kept:
        text = re.sub(rf'\n\t"{MODULE}/internal/service/{name}"', "", text)
        text = re.sub(rf"\n\t\t{name}\.ServicePackage\(ctx\),", "", text)
    packages.write_text(text)

    read = [file for name in kept for file in (services / name).rglob("*.go")]
    read += [
        file
        for file in (tree / "internal").rglob("*.go")
        if services not in file.parents and "generate" not in file.parts
    ]
    called = {word for file in read for word in re.findall(r"\.(\w+Client)\(", file.read_text())}
    clients = tree / "internal/conns/awsclient_gen.go"
    text = clients.read_text()
    text = re.sub(
        r"\nfunc \(c \*AWSClient\) (\w+)\(.*?\n}\n",
        lambda found: found[0] if found[1] in called else "",
        text,
        flags=re.DOTALL,
    )
    for line, alias, path in re.findall(r'(\n\t(?:(\w+) )?"(github\.com/aws/[^"]+)")', text):
        name = alias or path.rsplit("/", 1)[1]
        if not re.search(rf"\*{name}\.", text):
            text = text.replace(line, "", 1)
    clients.write_text(text)
    print(f"{len(kept)} services stay", flush=True)


if __name__ == "__main__":
    main()
