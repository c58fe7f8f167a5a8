# ruff: noqa: N802 - the engine names the methods
"""A local cloud whose provider only remembers: the engine, the processes and the state are real.

`python echo_cloud.py STATE PROGRAM` runs one in a process of its own, for tests that kill it;
`python echo_cloud.py platform-local ...` is the command with such a cloud behind it.
"""

import functools
import signal
import sys
import threading

if __name__ == "__main__":
    # The command itself imports next to nothing before it hears signals.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import uuid
from collections.abc import Sequence
from concurrent import futures
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from platform_lib.local import cli
from platform_lib.local import cloud as command_cloud
from platform_lib.local.cloud import LocalCloud
from platform_lib.local.errors import LocalCloudError
from platform_lib.local.results import Advanced, Invoked
from platform_lib.local.screen import Screen
from platform_lib.local.services import Services


@dataclass
class World:
    """What the provider made, and a door before a create: tests hold it to kill things meanwhile."""

    alive: dict[str, str] = field(default_factory=dict)
    """id -> type and name"""
    entries: list[SimpleNamespace] = field(default_factory=list)
    held: str | None = None
    """Name of the resource whose answer is held back, after it was made."""
    reached: threading.Event = field(default_factory=threading.Event)
    door: threading.Event = field(default_factory=threading.Event)
    held_delete: str | None = None
    """As `held`, of the resource whose delete is."""
    refuse: str | None = None
    keeps: bool = False
    """Whether deletes by the repair fail."""
    working: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def names(self) -> list[str]:
        return sorted(self.alive.values())

    def delete(self, type_: str, id_: str, properties: object) -> None:
        if self.keeps:
            raise LocalCloudError(f"{id_} cannot be deleted")
        self.alive.pop(id_, None)

    def wait_idle(self) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.working == 0, timeout=30)

    def create(self, urn: str, properties: struct_pb2.Struct) -> str:
        type_, name = (
            urn.split("::")[2].rsplit("$", maxsplit=1)[-1],
            urn.rsplit("::", maxsplit=1)[-1],
        )
        if name == self.refuse:
            raise ValueError(f"{name} is refused")
        id_ = f"{name}-{uuid.uuid4().hex[:7]}"
        self.alive[id_] = f"{type_} {name}"
        self.note(urn, id_)
        if name == self.held:
            self.reached.set()
            assert self.door.wait(60)
        return id_

    def note(self, urn: str, id_: str, *, deleted: bool = False) -> None:
        type_ = urn.split("::")[2].rsplit("$", maxsplit=1)[-1]
        self.entries.append(
            SimpleNamespace(urn=urn, type=type_, id=id_, properties={}, deleted=deleted)
        )


class Echo(provider_pb2_grpc.ResourceProviderServicer):
    def __init__(self, world: World) -> None:
        self.world = world

    def Handshake(self, request, context):
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def Attach(self, request, context):
        return empty_pb2.Empty()

    def GetPluginInfo(self, request, context):
        return plugin_pb2.PluginInfo(version="7.51.1")

    def GetSchema(self, request, context):
        return provider_pb2.GetSchemaResponse(schema="{}")

    def CheckConfig(self, request, context):
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request, context):
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request, context):
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Check(self, request, context):
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, request, context):
        old, new = request.old_inputs, request.news
        keys = [k for k in {*old, *new} if (k in old) != (k in new) or old[k] != new[k]]
        kinds = provider_pb2.DiffResponse
        return kinds(changes=kinds.DIFF_SOME if keys else kinds.DIFF_NONE, diffs=keys)

    def Create(self, request, context):
        if request.preview:
            return provider_pb2.CreateResponse(properties=request.properties)
        with self.world.changed:
            self.world.working += 1
        try:
            id_ = self.world.create(request.urn, request.properties)
        except ValueError as problem:
            context.abort(grpc.StatusCode.UNKNOWN, str(problem))
        finally:
            with self.world.changed:
                self.world.working -= 1
                self.world.changed.notify_all()
        return provider_pb2.CreateResponse(id=id_, properties=request.properties)

    def Update(self, request, context):
        return provider_pb2.UpdateResponse(properties=request.news)

    def Read(self, request, context):
        if request.id not in self.world.alive:
            return provider_pb2.ReadResponse(id="")
        return provider_pb2.ReadResponse(
            id=request.id, properties=request.properties, inputs=request.inputs
        )

    def Delete(self, request, context):
        if self.world.alive.pop(request.id, None):
            self.world.note(request.urn, request.id, deleted=True)
        if self.world.held_delete and request.urn.endswith(f"::{self.world.held_delete}"):
            self.world.reached.set()
            assert self.world.door.wait(60)
        return empty_pb2.Empty()

    def Cancel(self, request, context):
        return empty_pb2.Empty()


class PrintedOnly(Screen):
    """Passes on what programs print."""

    def progress(self, program, event):
        if event["event"] == "print":
            print(event["line"], flush=True)


def echo_services(world: World):
    """Make the function that starts the stand-ins of account, data plane and providers."""

    def start(run, say, port, region, keep_unknown):
        server = grpc.server(futures.ThreadPoolExecutor(16))
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(Echo(world), server)
        number = server.add_insecure_port("127.0.0.1:0")
        server.start()
        return Services(
            account=SimpleNamespace(
                region="us-east-1",
                endpoint="http://127.0.0.1:9",
                client=lambda service: SimpleNamespace(describe_vpcs=lambda **asked: {"Vpcs": []}),
            ),
            data_plane=SimpleNamespace(
                workloads=lambda: [],
                log_names=lambda: sorted(world.alive),
                logs=lambda names, lines, titles: _said(world, names, lines),
                invoke=lambda name, payload, asynchronous: Invoked(
                    function=f"{name}:live",
                    failed=b"fail" in payload,
                    answer=payload.decode(),
                    logs=["START", "END"],
                ),
                advance=lambda seconds: Advanced(now=1.8e9 + seconds, calls=int(seconds // 3600)),
            ),
            providers=SimpleNamespace(
                wait_idle=world.wait_idle, delete=world.delete, read_project=lambda root: None
            ),
            journal=SimpleNamespace(entries=lambda: list(world.entries)),
            ports={"aws": number},
            stop=lambda: server.stop(None).wait(),
        )

    return start


def _said(world: World, names: str | Sequence[str], lines: int) -> list[str]:
    if "nobody" in names:
        raise LocalCloudError("no app and no log group is called nobody: there are some")
    if "silent" in names:
        return []
    return [f"{name.partition('-')[0]} said {lines}" for name in names]


def write_program(folder: Path, name: str, body: str, settings: str = "") -> Path:
    """Write a program; `body` follows the imports."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n{settings}")
    imports = "import pulumi\nimport pulumi_aws as aws\nconfig = pulumi.Config()\n"
    (folder / "__main__.py").write_text(imports + body)
    return folder


def processes_of(group: int) -> list[int]:
    """Every live process of a process group."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[2]) == group and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def engine_of(cloud) -> int:
    """Process id of the engine that works for the one running program."""
    [process] = cloud.operations.processes
    [engine] = [
        pid
        for pid in processes_of(process.pid)
        if Path(f"/proc/{pid}/exe").resolve().name == "pulumi"
    ]
    return engine


if __name__ == "__main__":
    if sys.argv[1] == "platform-local":
        command_cloud.LocalCloud = functools.partial(LocalCloud, services=echo_services(World()))
        sys.exit(cli.main(sys.argv[2:]))
    state, program = sys.argv[1:]
    held = World(held="slow")
    with LocalCloud(state, services=echo_services(held), screen=PrintedOnly()) as cloud:
        threading.Thread(target=cloud.up, args=[program], daemon=True).start()
        held.reached.wait()
        print("reached", flush=True)
        threading.Event().wait()
