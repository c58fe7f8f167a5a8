"""One program in a process of its own, as the benchmark times it.

    python process.py ours|handwritten container|function|vm|worker COUNT mocks|preview

A worker is a function with five event sources.

The hand-written side never imports platform_lib. With GC=off in its environment the process does
without Python's cyclic garbage collector, with CALLS=1 it prints how many functions it called.
`preview` reads its engine, its stack and its
provider from the environment that the benchmark prepares.
"""

import asyncio
import cProfile
import gc
import importlib
import os
import pstats
import sys
from pathlib import Path

from pulumi import runtime

TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/notes"
READY = {
    "container": {
        "image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/notes:1",
        "ingress": {"plain_http": True},
    },
    "function": {
        "code": "s3://artifacts/notes.zip",
        "handler": "notes.handler",
        "alarms": {"enabled": False},
    },
    "vm": {
        "bundle": "s3://artifacts/notes.zip",
        "start_command": "python3 -m notes",
        "ingress": {"plain_http": True},
    },
}
READY["worker"] = {
    **READY["function"],
    "queues": [{}],
    "streams": [{"arn": "arn:aws:kinesis:us-east-1:123456789012:stream/clicks"}],
    "topics": [{"arn": "arn:aws:sns:us-east-1:123456789012:news"}],
    "event_rules": [{"pattern": {"source": ["shop"]}}],
    "schedules": [{"rate": "1 hour"}],
}
SOURCES = 5
PROJECT = "benchmark"


def program(side, kind, count):
    names = [f"app{number}" for number in range(count)]
    if side == "ours":
        return lambda: ours(kind, names)
    return lambda: importlib.import_module(kind).make_all(names)


def ours(kind, names):
    import platform_lib
    from platform_lib import grants

    # Whoever moves an app by one word names its target; sources are a function's alone.
    one = platform_lib.FunctionApp if kind == "worker" else platform_lib.TARGETS[kind]
    for name in names:
        one(name, {**READY[kind], "grants": [grants.read_write_table(TABLE)]})


class Bare(runtime.Mocks):
    """As little as mocks can be: what is measured is the program."""

    def new_resource(self, args):
        arn = f"arn:aws:service:us-east-1:123456789012:{args.name}"
        computed = {"arn": arn, "name": args.name, "dnsName": args.name, "invokeArn": arn}
        computed |= {"apiEndpoint": f"https://{args.name}", "executionArn": arn, "version": "1"}
        if args.typ == "aws:ec2/launchTemplate:LaunchTemplate":
            computed["latestVersion"] = 1
        return f"{args.name}-id", {**computed, **args.inputs}

    def call(self, args):
        return answer(args.token, args.args)


def answer(token, args):
    """What the programs ask the cloud, for the mocks and for the provider alike."""
    word = token.rpartition(":")[2]
    if word == "getSubnets":
        zone = next(f["values"][0] for f in args["filters"] if "zone" in f["name"])
        return {"ids": [f"subnet-{zone}"], "id": "us-east-1"}
    return {
        "getVpc": {"id": "vpc-1"},
        "getAvailabilityZones": {"names": ["a", "b"], "zoneIds": ["use1-az1", "use1-az2"]},
        "getRegion": {"region": "us-east-1"},
        "getCallerIdentity": {"accountId": "123456789012"},
        "getAmiIds": {"names": []},
        "getParameter": {"insecureValue": "ami-0123456789abcdef0"},
    }[word]


def run_mocked(make):
    runtime.settings.set_root_resource(object())
    runtime.set_mocks(Bare(), project=PROJECT, stack="stack")
    runtime.settings.set_root_resource(None)

    async def run():
        await runtime.run_in_stack(make)

    asyncio.run(run())


def run_preview(make):
    from pulumi import automation

    options = automation.LocalWorkspaceOptions(
        project_settings=automation.ProjectSettings(
            PROJECT, "python", backend=automation.ProjectBackend(os.environ["PULUMI_BACKEND_URL"])
        )
    )
    stack = automation.create_or_select_stack(os.environ["STACK"], PROJECT, make, opts=options)
    stack.preview()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    if os.environ.get("GC") == "off":
        gc.disable()
    side, kind, count, how = sys.argv[1:]
    run = {"mocks": run_mocked, "preview": run_preview}[how]
    make = program(side, kind, int(count))
    if os.environ.get("CALLS"):
        profile = cProfile.Profile()
        profile.runcall(run, make)
        print(pstats.Stats(profile).total_calls)
    else:
        run(make)
        from peak import peak_mib

        print(peak_mib())
