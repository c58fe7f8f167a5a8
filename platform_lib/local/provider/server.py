"""The gRPC side of a provider: what the engine asks, put into Python and back.

https://github.com/pulumi/pulumi/blob/master/proto/pulumi/provider.proto
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol, TypeVar

import grpc  # type: ignore[import-untyped]
from google.protobuf import empty_pb2
from pulumi.runtime.proto import (
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)

from platform_lib.local.errors import LocalCloudError
from platform_lib.local.provider.check import Autoname, Change, Failure
from platform_lib.local.provider.journal import Entry, Journal
from platform_lib.local.provider.resource import Made, UnfinishedError
from platform_lib.local.provider.row import NO_CONFIG, Properties
from platform_lib.local.provider.values import decode, encode, plain

T = TypeVar("T")

MESSAGE_LIMIT = 400 * 1024 * 1024
"""As much as the engine itself allows in one message."""


class Kinds(Protocol):
    """What a provider does, without the wire: `aws.py` and `docker.py` are two."""

    version: str

    def configure(self, config: Properties) -> list[Failure]:
        """Say what of a provider's configuration cannot be taken."""

    def check(
        self,
        type: str,
        old: Properties,
        new: Properties,
        autoname: Autoname,
        config: Mapping[str, Any] = NO_CONFIG,
    ) -> tuple[Properties, list[Failure]]:
        """Fill defaults in, the provider's too, and find what cannot be taken."""

    def diff(self, type: str, old: Properties, new: Properties, ignore: tuple[str, ...]) -> Change:
        """Compare inputs."""

    def foreseen(self, type: str, inputs: Properties, old: Properties | None) -> Properties:
        """Give the state as far as a preview can tell."""

    def create(self, type: str, inputs: Properties, made: Callable[[Made], None]) -> Made:
        """Make a resource; `made` hears of it the moment it exists."""

    def update(
        self, type: str, id: str, state: Properties, old: Properties, new: Properties
    ) -> Properties:
        """Change a resource and give its state."""

    def read(
        self,
        type: str,
        id: str,
        state: Properties,
        inputs: Properties,
        config: Mapping[str, Any] = NO_CONFIG,
    ) -> tuple[Properties, Properties] | None:
        """Give state and inputs as they are; None where the resource is gone."""

    def delete(self, type: str, id: str, state: Properties) -> None:
        """Delete a resource."""

    def identity(self, type: str, state: Properties) -> Properties:
        """Give what a later delete needs to know, and no secret."""

    def invoke(
        self, token: str, args: Properties, config: Mapping[str, Any] = NO_CONFIG
    ) -> Properties:
        """Answer a question."""


@dataclass
class Busy:
    """Counts what is being made, so that a repair can wait for it."""

    count: int = 0
    idle: threading.Condition = field(default_factory=threading.Condition)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Count one more while the block runs."""
        with self.idle:
            self.count += 1
        try:
            yield
        finally:
            with self.idle:
                self.count -= 1
                self.idle.notify_all()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing is being made; False where that takes too long."""
        with self.idle:
            return self.idle.wait_for(lambda: self.count == 0, timeout)


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Answers the engine for one provider."""

    def __init__(self, kinds: Kinds, journal: Journal, busy: Busy) -> None:
        self._kinds = kinds
        self._journal = journal
        self._busy = busy
        self._configs: dict[str, Properties] = {}
        """Of each connection: a program's providers have one each, and calls name no provider."""

    def _config(self, context: Any) -> Mapping[str, Any]:
        return self._configs.get(context.peer(), NO_CONFIG)

    # The provider itself

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: N802, D102 - gRPC's name
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=True,
            accept_resources=False,
            accept_outputs=False,
            supports_autonaming_configuration=True,
        )

    def Attach(self, request: Any, context: Any) -> Any:  # noqa: N802, D102
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802, D102
        return plugin_pb2.PluginInfo(version=self._kinds.version)

    def GetSchema(self, request: Any, context: Any) -> Any:  # noqa: N802, D102
        return provider_pb2.GetSchemaResponse(schema="{}")

    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: N802, D102
        failures = self._kinds.configure(decode(request.news))
        return provider_pb2.CheckResponse(inputs=request.news, failures=_worded(failures))

    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: N802, D102
        # Told of none, the engine goes on with the configuration of the last run.
        old, new = plain(decode(request.old_inputs)), plain(decode(request.news))
        diffs = sorted(word for word in {*old, *new} if old.get(word) != new.get(word))
        kinds = provider_pb2.DiffResponse
        return kinds(changes=kinds.DIFF_SOME if diffs else kinds.DIFF_NONE, diffs=diffs)

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802, D102
        self._configs[context.peer()] = decode(request.args)
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True,
            supportsPreview=True,
            acceptResources=False,
            acceptOutputs=False,
            supports_autonaming_configuration=True,
        )

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: N802, D102
        return empty_pb2.Empty()

    # Resources

    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802, D102
        naming = request.autonaming
        autoname = Autoname(
            logical=request.urn.rsplit("::", 1)[-1],
            seed=request.randomSeed,
            proposed=naming.proposed_name,
            off=naming.mode == provider_pb2.CheckRequest.AutonamingOptions.DISABLE,
        )
        with _told(context, request.urn):
            inputs, failures = self._kinds.check(
                _type(request.urn),
                decode(request.olds),
                decode(request.news),
                autoname,
                self._config(context),
            )
            return provider_pb2.CheckResponse(inputs=encode(inputs), failures=_worded(failures))

    def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802, D102
        with _told(context, request.urn):
            change = self._kinds.diff(
                _type(request.urn),
                decode(request.old_inputs),
                decode(request.news),
                tuple(request.ignoreChanges),
            )
        kinds = provider_pb2.DiffResponse
        return kinds(
            changes=kinds.DIFF_SOME if change.changed else kinds.DIFF_NONE,
            diffs=change.changed,
            replaces=change.replaces,
            deleteBeforeReplace=change.delete_first,
        )

    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802, D102
        type, inputs = _type(request.urn), decode(request.properties)
        with _told(context, request.urn):
            if request.preview:
                state = self._kinds.foreseen(type, inputs, None)
                return provider_pb2.CreateResponse(properties=encode(state))
            made: list[Made] = []

            def note(new: Made) -> None:
                made.append(new)
                identity = self._kinds.identity(type, new.state)
                self._journal.add(Entry(request.urn, type, new.id, context.peer(), identity))

            try:
                with self._busy.working():
                    done = self._kinds.create(type, inputs, note)
            except UnfinishedError as problem:
                _abort_unfinished(context, made[-1].id, inputs, problem)
            return provider_pb2.CreateResponse(id=done.id, properties=encode(done.state))

    def Read(self, request: Any, context: Any) -> Any:  # noqa: N802, D102
        with _told(context, request.urn):
            found = self._kinds.read(
                _type(request.urn),
                request.id,
                decode(request.properties),
                decode(request.inputs),
                self._config(context),
            )
        if found is None:
            return provider_pb2.ReadResponse(id="")
        state, inputs = found
        return provider_pb2.ReadResponse(
            id=request.id, properties=encode(state), inputs=encode(inputs)
        )

    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802, D102
        type, new = _type(request.urn), decode(request.news)
        with _told(context, request.urn):
            if request.preview:
                state = self._kinds.foreseen(type, new, decode(request.olds))
                return provider_pb2.UpdateResponse(properties=encode(state))
            try:
                with self._busy.working():
                    state = self._kinds.update(
                        type, request.id, decode(request.olds), decode(request.old_inputs), new
                    )
            except UnfinishedError as problem:
                _abort_unfinished(context, request.id, new, problem)
            return provider_pb2.UpdateResponse(properties=encode(state))

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802, D102
        type = _type(request.urn)
        with _told(context, request.urn), self._busy.working():
            self._kinds.delete(type, request.id, decode(request.properties))
            self._journal.add(Entry(request.urn, type, request.id, context.peer(), {}, True))
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802, D102
        with _told(context, request.tok):
            answer = self._kinds.invoke(request.tok, decode(request.args), self._config(context))
            return provider_pb2.InvokeResponse(**{"return": encode(answer)})


def _type(urn: str) -> str:
    """Take the resource's own type from its URN, which names its parents' types as well."""
    return urn.split("::")[2].rsplit("$", 1)[-1]


def _worded(failures: list[Failure]) -> list[Any]:
    return [
        provider_pb2.CheckFailure(property=failure.property, reason=failure.reason)
        for failure in failures
    ]


@contextmanager
def _told(context: Any, what: str) -> Iterator[None]:
    """Tell the engine of a failure in one readable line."""
    try:
        yield
    except LocalCloudError as problem:
        context.abort(grpc.StatusCode.UNKNOWN, str(problem))
    except (ValueError, KeyError, OSError) as problem:
        context.abort(grpc.StatusCode.UNKNOWN, f"{what}: {type(problem).__name__}: {problem}")


def _abort_unfinished(
    context: Any, id: str, inputs: Properties, problem: UnfinishedError
) -> NoReturn:
    """Tell the engine that a resource exists but is not whole: it keeps it, and tries again."""
    detail = provider_pb2.ErrorResourceInitFailed(
        id=id,
        properties=encode(problem.state),
        reasons=[str(problem)],
        inputs=encode(inputs),
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(problem))
    status.details.add().Pack(detail)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, str(problem))
    raise AssertionError("abort raises")


def serve(servicer: Servicer) -> tuple[Any, int]:
    """Start answering on a free port of 127.0.0.1."""
    options = [
        ("grpc.max_receive_message_length", MESSAGE_LIMIT),
        ("grpc.max_send_message_length", MESSAGE_LIMIT),
    ]
    # A service that waits until it is steady holds its thread: there must be enough of them.
    server = grpc.server(futures.ThreadPoolExecutor(64), options=options)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port
