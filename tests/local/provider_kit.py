"""The provider as the engine speaks to it."""

import grpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from platform_lib.local.errors import NotSteady
from platform_lib.local.provider.values import (
    decode,
    encode,
)

TABLE = "aws:dynamodb/table:Table"
GROUP = "aws:cloudwatch/logGroup:LogGroup"
KEYS = {"hashKey": "id", "attributes": [{"name": "id", "type": "S"}]}


class Plane:
    """A data plane that serves nothing, and fails when it is told to."""

    def __init__(self):
        self.heard = []
        self.failure = None
        self.hold = None
        self.images = self
        self.pushed = []

    def endpoint(self, kind, id):
        return "127.0.0.1:8000"

    def changed(self, type, id, action):
        self.heard.append((type, id, action))
        if self.hold is not None:
            self.hold.wait(30)
        if self.failure:
            raise NotSteady(self.failure)

    def add(self, reference, digest, context, dockerfile, *, target=None, args=None):
        self.pushed.append((reference, digest))


class Engine:
    """The engine's half of the protocol, over a real connection."""

    def __init__(self, port):
        # A connection of its own, as another process would have.
        alone = [("grpc.use_local_subchannel_pool", 1)]
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=alone)
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)

    def close(self):
        self._channel.close()

    @staticmethod
    def urn(type, name="r"):
        return f"urn:pulumi:dev::proto::platform-lib:index:VmApp${type}::{name}"

    def config(self, **inputs):
        return self._stub.CheckConfig(provider_pb2.CheckRequest(news=encode(inputs)))

    def configure(self, **config):
        assert self.config(**config).failures == []
        self._stub.Configure(provider_pb2.ConfigureRequest(args=encode(config)))

    def check(self, type, inputs, old=None, name="r", seed=b"seed", **more):
        request = provider_pb2.CheckRequest(
            urn=self.urn(type, name),
            news=encode(inputs),
            olds=encode(old or {}),
            randomSeed=seed,
            **more,
        )
        answer = self._stub.Check(request)
        return decode(answer.inputs), [(one.property, one.reason) for one in answer.failures]

    def checked(self, type, inputs, old=None, name="r"):
        checked, failures = self.check(type, inputs, old, name)
        assert failures == []
        return checked

    def diff(self, type, old, new):
        return self._stub.Diff(
            provider_pb2.DiffRequest(
                urn=self.urn(type), old_inputs=encode(old), olds=encode(old), news=encode(new)
            )
        )

    def create(self, type, inputs, preview=False):
        request = provider_pb2.CreateRequest(
            urn=self.urn(type), properties=encode(inputs), preview=preview
        )
        answer = self._stub.Create(request)
        return answer.id, decode(answer.properties)

    def update(self, type, id, state, old, new, preview=False):
        request = provider_pb2.UpdateRequest(
            id=id,
            urn=self.urn(type),
            olds=encode(state),
            old_inputs=encode(old),
            news=encode(new),
            preview=preview,
        )
        return decode(self._stub.Update(request).properties)

    def read(self, type, id, state=None, inputs=None):
        request = provider_pb2.ReadRequest(
            id=id,
            urn=self.urn(type),
            properties=encode(state or {}),
            inputs=encode(inputs or {}),
        )
        answer = self._stub.Read(request)
        return answer.id, decode(answer.properties), decode(answer.inputs)

    def delete(self, type, id, state):
        self._stub.Delete(
            provider_pb2.DeleteRequest(id=id, urn=self.urn(type), properties=encode(state))
        )

    def invoke(self, token, **args):
        answer = self._stub.Invoke(provider_pb2.InvokeRequest(tok=token, args=encode(args)))
        return decode(getattr(answer, "return"))
