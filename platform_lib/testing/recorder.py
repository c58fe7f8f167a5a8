"""The engine's stand-in: takes what a program registers, asks the mocks, keeps the requests."""

import threading
from collections.abc import Mapping
from typing import Any

from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, is_dry_run
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.proto import provider_pb2, resource_pb2
from pulumi.runtime.settings import get_project, get_stack

from platform_lib.testing import wire
from platform_lib.testing.answers import shape_of
from platform_lib.testing.graph import Graph, Invoke, Options, Resource
from platform_lib.testing.properties import Properties

_STACK = "pulumi:pulumi:Stack"
# Up to pulumi 3.255 the engine answers an invoke with the provider's own message.
_InvokeResponse: Any = getattr(resource_pb2, "ResourceInvokeResponse", provider_pb2.InvokeResponse)


class Recorder(MockMonitor):
    """Answers as the engine would, and remembers everything that a test may ask about.

    Pulumi calls it from many threads at once.
    """

    def __init__(self, mocks: Mocks) -> None:
        super().__init__(mocks)
        self._lock = threading.Lock()
        self._requests: dict[str, Any] = {}
        self._answers: dict[str, tuple[str | None, Properties]] = {}
        self._registered: dict[str, list[Properties]] = {}
        self._invokes: list[Invoke] = []
        self._stack_urn = ""

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """Make a URN as the engine does: with the types of all components above, but the stack's.

        Pulumi's own mocks keep the stack's type and forget all components but the nearest.
        """
        chain = type_
        if parent and parent != self._stack_urn:
            chain = f"{parent.split('::')[2]}${type_}"
        return f"urn:pulumi:{get_stack()}::{get_project()}::{chain}::{name}"

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 the protocol's name
        """Answer for a new resource."""
        if request.type == _STACK:
            self._stack_urn = self.make_urn("", request.type, request.name)
            return resource_pb2.RegisterResourceResponse(urn=self._stack_urn)
        args = MockResourceArgs(
            typ=request.type,
            name=request.name,
            inputs={},
            provider=request.provider,
            resource_id=request.importId,
            custom=request.custom,
        )
        urn, id, state = self._make(request, args, request.object)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=id or "", object=state)

    def ReadResource(self, request: Any) -> Any:  # noqa: N802 the protocol's name
        """Answer for an existing resource, as `Table.get` asks for."""
        args = MockResourceArgs(
            typ=request.type,
            name=request.name,
            inputs={},
            provider=request.provider,
            resource_id=request.id,
        )
        urn, _, state = self._make(request, args, request.properties)
        return resource_pb2.ReadResourceResponse(urn=urn, properties=state)

    def _make(
        self, request: Any, args: MockResourceArgs, sent: struct_pb2.Struct
    ) -> tuple[str, str | None, struct_pb2.Struct]:
        urn = self.make_urn(request.parent, request.type, request.name)
        with self._lock:
            if urn in self._requests:
                raise ValueError(
                    f"Duplicate resource URN '{urn}'; try giving it a unique name: two resources "
                    f"of type {request.type} with the same parent are named {request.name!r}"
                )
            self._requests[urn] = request
        args.inputs = wire.known(wire.read(sent))
        id, state = self.mocks.new_resource(args)
        if is_dry_run() and isinstance(request, resource_pb2.RegisterResourceRequest):
            id, state = _as_in_preview(args, id, state)
        answer = wire.write(state, args.inputs, sent, request.additionalSecretOutputs)
        with self._lock:
            self._answers[urn] = (id or None, wire.read(answer))
            self.resources[urn] = MockMonitor.ResourceRegistration(urn, id or "", state)
        return urn, id, answer

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 the protocol's name
        """Keep what a component, or the stack, shows."""
        with self._lock:
            self._registered.setdefault(request.urn, []).append(wire.read(request.outputs))
        return empty_pb2.Empty()

    def Invoke(self, request: Any) -> Any:  # noqa: N802 the protocol's name
        """Answer a question to the cloud."""
        args = wire.read(request.args)
        if request.tok == "pulumi:pulumi:getResource":
            id, state = self._answers[args["urn"]]
            found = wire.encode({"urn": args["urn"], "id": id or "", "state": state})
            return _InvokeResponse(**{"return": found.struct_value})
        with self._lock:
            self._invokes.append(Invoke(token=request.tok, args=args))
        answer = self.mocks.call(
            MockCallArgs(token=request.tok, args=args, provider=request.provider)
        )
        content, failures = answer if isinstance(answer, tuple) else (answer, None)
        if failures:
            reasons = "; ".join(f"{property}: {reason}" for property, reason in failures)
            raise ValueError(f"{request.tok}: {reasons}")
        struct = struct_pb2.Struct(
            fields={key: wire.encode(value) for key, value in content.items()}
        )
        return _InvokeResponse(**{"return": struct})

    def graph(self, result: Any) -> Graph:
        """Put together what was made, once the program has ended."""
        made: dict[str, Resource] = {}
        for urn, (id, state) in self._answers.items():
            made[urn] = self._resource(urn, id, state, made)
        exports = self._registered.get(self._stack_urn, [])
        return Graph(
            made.values(),
            outputs=exports[-1] if exports else Properties(),
            invokes=self._invokes,
            result=result,
        )

    def _resource(
        self, urn: str, id: str | None, state: Properties, made: Mapping[str, Resource]
    ) -> Resource:
        request = self._requests[urn]
        read = isinstance(request, resource_pb2.ReadResourceRequest)
        sent = request.properties if read else request.object
        by_property = {} if read else request.propertyDependencies
        return Resource(
            type=request.type,
            name=request.name,
            urn=urn,
            id=id,
            custom=read or request.custom,
            read=read,
            inputs=wire.read(sent),
            state=state,
            secrets=wire.secret_keys(sent),
            parent=made.get(request.parent),
            dependencies=_known(request.dependencies, made),
            property_dependencies={
                key: _known(found.urns, made) for key, found in sorted(by_property.items())
            },
            provider=made.get(request.provider.rpartition("::")[0]),
            options=Options(additional_secret_outputs=tuple(request.additionalSecretOutputs))
            if read
            else _options(request),
            registered=tuple(self._registered.get(urn, ())),
        )


def _known(urns: Any, made: Mapping[str, Resource]) -> tuple[Resource, ...]:
    return tuple(made[urn] for urn in sorted(urns) if urn in made)


def _as_in_preview(
    args: MockResourceArgs, id: str | None, state: Mapping[str, Any]
) -> tuple[str | None, dict[str, Any]]:
    """Keep what a preview knows: inputs, and the name that the provider picks beforehand."""
    named = shape_of(args.typ).auto
    kept = {key: value for key, value in state.items() if key in args.inputs or key == named}
    # A provider is set up in a preview too, so that it can answer invokes.
    return (id if args.typ.startswith("pulumi:providers:") else None), kept


def _options(request: Any) -> Options:
    timeouts = {
        "create": request.customTimeouts.create,
        "update": request.customTimeouts.update,
        "delete": request.customTimeouts.delete,
    }
    return Options(
        protect=request.protect,
        ignore_changes=tuple(request.ignoreChanges),
        replace_on_changes=tuple(request.replaceOnChanges),
        additional_secret_outputs=tuple(request.additionalSecretOutputs),
        aliases=(*request.aliasURNs, *(_alias(alias) for alias in request.aliases)),
        delete_before_replace=request.deleteBeforeReplace
        if request.deleteBeforeReplaceDefined
        else None,
        replacement_trigger=json_format.MessageToDict(request.replacement_trigger)
        if request.HasField("replacement_trigger")
        else None,
        retain_on_delete=request.retainOnDelete,
        custom_timeouts={key: value for key, value in timeouts.items() if value},
        deleted_with=request.deletedWith or None,
        import_id=request.importId or None,
    )


def _alias(alias: Any) -> "str | Mapping[str, Any]":
    if alias.WhichOneof("alias") == "urn":
        return str(alias.urn)
    return {field.name: value for field, value in alias.spec.ListFields()}
