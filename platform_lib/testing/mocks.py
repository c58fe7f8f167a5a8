"""Mocks that answer like AWS in shape: ids, ARNs, names and addresses as an account has them."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks

from platform_lib.testing.answers import answer
from platform_lib.testing.invokes import INVOKES, Place

ResourceAnswer = Mapping[str, Any] | Callable[[MockResourceArgs], Mapping[str, Any]]
InvokeAnswer = Mapping[str, Any] | Callable[[Mapping[str, Any]], Mapping[str, Any]]


class UnmockedInvokeError(Exception):
    """A program asked the cloud something that the mocks have no answer to."""

    def __init__(self, token: str, args: Mapping[str, Any], why: str = "has no answer") -> None:
        super().__init__(
            f"{token} with {dict(args)} {why} in the mocks: give one with "
            f'synth(program, mocks=AwsMocks(invokes={{"{token}": {{...}}}})), camelCase outputs '
            f"or a function of the arguments that returns them"
        )
        self.token = token
        self.args_given = dict(args)


class AwsMocks(Mocks):
    """Answers for resources and invokes of pulumi-aws and pulumi-docker.

    Types without a row of their own get an id, a name and an ARN of the usual form. Works with
    `synth` and with plain `pulumi.runtime.set_mocks` alike.
    """

    def __init__(
        self,
        *,
        region: str | None = None,
        account_id: str = "123456789012",
        resources: Mapping[str, ResourceAnswer] | None = None,
        invokes: Mapping[str, InvokeAnswer] | None = None,
    ) -> None:
        """Set the account up.

        Args:
            region: Region of the default provider. Default: config `aws:region`, else us-east-1.
            account_id: Number of the account.
            resources: Type token -> outputs (camelCase) to answer on top of the usual ones, or a
                function of MockResourceArgs that returns them. An `id` among them is the id.
            invokes: Token -> outputs (camelCase), or a function of the arguments that returns
                them.
        """
        self.account_id = account_id
        self._region = region
        self._resources = dict(resources or {})
        self._invokes = dict(invokes or {})
        self._providers: dict[str, str] = {}
        self._subnets: list[str] = []
        self._made: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """Answer for a resource that was created or read."""
        if args.custom is False and not args.resource_id:
            return None, dict(args.inputs)
        with self._lock:
            self._made[args.typ, args.name] += 1
            number = self._made[args.typ, args.name]
        facts = {
            "account": self.account_id,
            "region": args.inputs.get("region") or self._region_of(args.provider),
            "logical": args.name,
        }
        # Children of two components may share type and name: the second is another resource.
        seed = f"{args.typ}/{args.name}/{number}"
        id, state = answer(args.typ, args.inputs, facts, seed=seed, id=args.resource_id or None)
        given = self._resources.get(args.typ, {})
        state |= given(args) if callable(given) else given
        id = state.pop("id", id)
        if args.typ == "pulumi:providers:aws" and "region" in args.inputs:
            self._providers[id] = args.inputs["region"]
        return id, state

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """Answer an invoke, or say how to add an answer."""
        given = self._invokes.get(args.token)
        if given is not None:
            return dict(given(args.args) if callable(given) else given), []
        if args.token not in INVOKES:
            raise UnmockedInvokeError(args.token, args.args)
        place = Place(
            account=self.account_id,
            region=args.args.get("region") or self._region_of(args.provider),
            subnets=self._subnets,
        )
        try:
            return dict(INVOKES[args.token](args.args, place)), []
        except LookupError as problem:
            raise UnmockedInvokeError(
                args.token, args.args, f"cannot be answered: {problem}"
            ) from None

    def _region_of(self, provider: str | None) -> str:
        id = (provider or "").rpartition("::")[2]
        own = self._providers.get(id) or self._region
        return own or pulumi.Config("aws").get("region") or "us-east-1"
