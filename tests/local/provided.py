"""Components brought up by the local cloud's providers, without the engine: what takes it seconds."""

from pulumi.runtime import Mocks

from platform_lib.local.provider.aws import AwsKinds
from platform_lib.local.provider.check import Autoname
from platform_lib.local.provider.docker import DockerKinds
from platform_lib.local.provider.values import decode, encode
from platform_lib.testing import synth, wire


class Provided(Mocks):
    """Mocks that really make each resource: the providers answer as they answer the engine."""

    def __init__(self, account, plane):
        self._kinds = {"aws": AwsKinds(account, plane), "docker": DockerKinds(account, plane)}

    def new_resource(self, args):
        if not args.custom or args.typ.startswith("pulumi:"):
            return args.name, dict(args.inputs)
        kinds = self._kinds[args.typ.partition(":")[0]]
        inputs = decode(wire.encode(args.inputs).struct_value)
        checked, failures = kinds.check(args.typ, {}, inputs, Autoname(args.name, b"seed"))
        assert failures == []
        made = kinds.create(args.typ, checked, lambda new: None)
        return made.id, wire.read(encode(made.state))

    def call(self, args):
        kinds = self._kinds[args.token.partition(":")[0]]
        answer = kinds.invoke(args.token, decode(wire.encode(args.args).struct_value))
        return wire.read(encode(answer)), []


def bring_up(program, account, plane):
    """Run a program function, and give its graph once all it made serves."""
    return synth(program, mocks=Provided(account, plane))
