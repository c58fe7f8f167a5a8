"""What we change in moto's event source mappings.

The data plane reads `EventSourceMapping.spec`: what was asked for, in AWS's words, with what
updates changed.
"""

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from platform_lib.local.moto.asked import named, qualified
from platform_lib.local.moto.replacing import refusal


def patch_mappings() -> None:
    """Apply every patch."""
    keep_event_source_mappings()
    forget_deleted_mappings()


def keep_event_source_mappings() -> None:
    """Let a mapping keep the alias that it feeds and all that it was asked for.

    moto keeps the function's ARN without its qualifier, and lists by the name that was given then.
    A second mapping of the same two is refused, as AWS does, and a batch that is too large.
    """
    from moto.awslambda.models import EventSourceMapping, LambdaBackend

    backend: Any = LambdaBackend
    create, update = backend.create_event_source_mapping, backend.update_event_source_mapping
    mapping: Any = EventSourceMapping
    tell = mapping.get_configuration

    def create_event_source_mapping(self: Any, spec: dict[str, Any]) -> Any:
        wanted, arn = copy.deepcopy(spec), _free_target(self, spec)
        with _refusing():
            made = create(self, {**spec, "EventSourceArn": _source(self, spec)})
        made.spec, made.function_arn = wanted, arn
        made.event_source_arn = wanted["EventSourceArn"]
        return made

    def _source(self: Any, spec: Mapping[str, Any]) -> Any:
        """Give the ARN that moto knows: of a consumer's stream, where the consumer is there."""
        from moto.backends import get_backend

        arn = spec.get("EventSourceArn")
        for stream in get_backend("kinesis")[self.account_id][self.region_name].streams.values():
            if any(arn == consumer.consumer_arn for consumer in stream.consumers):
                return stream.arn
        return arn

    def update_event_source_mapping(self: Any, uuid: str, spec: dict[str, Any]) -> Any:
        changed = self.get_event_source_mapping(uuid)
        if changed is not None:
            wanted = {**changed.spec, **spec}
            arn = _free_target(self, wanted, changed)
            with _refusing():
                # First, for nothing is to have changed where it cannot be.
                changed.batch_size = wanted.get("BatchSize")
            update(self, uuid, spec)
            changed.spec, changed.function_arn = wanted, arn
        return changed

    def _free_target(self: Any, spec: Mapping[str, Any], own: Any = None) -> str:
        """Give the ARN of what a mapping feeds, which no other mapping of its source may."""
        arn = qualified(*named(self, spec.get("FunctionName", "")))
        for each in list(self._event_source_mappings.values()):
            taken = (each.function_arn, each.event_source_arn)
            if each is not own and taken == (arn, spec.get("EventSourceArn")):
                raise refusal(
                    "ResourceConflictException",
                    f"An event source mapping with event source arn ({each.event_source_arn}) "
                    f"and function ({arn}) already exists. Please update or delete the existing "
                    f"mapping with UUID {each.uuid}",
                    409,
                )
        return arn

    @contextmanager
    def _refusing() -> Iterator[None]:
        """Refuse a batch size as AWS does: moto fails at it."""
        try:
            yield
        except ValueError as problem:
            raise refusal(*problem.args) from problem

    def list_event_source_mappings(self: Any, source: str | None, name: str | None) -> list[Any]:
        target = qualified(*named(self, name)) if name else None
        return [
            each
            for each in list(self._event_source_mappings.values())
            if source in (None, each.event_source_arn) and target in (None, each.function_arn)
        ]

    def get_configuration(self: Any) -> dict[str, Any]:
        told: dict[str, Any] = tell(self)
        # Tags have an operation of their own.
        told.pop("Tags", None)
        if self.starting_position_timestamp is not None:
            told["StartingPositionTimestamp"] = self.starting_position_timestamp
        return told

    backend.create_event_source_mapping = create_event_source_mapping
    backend.update_event_source_mapping = update_event_source_mapping
    backend.list_event_source_mappings = list_event_source_mappings
    mapping.get_configuration = get_configuration


def forget_deleted_mappings() -> None:
    """Let a queue, table or stream forget a mapping with it, which moto does not."""
    from moto.awslambda.models import LambdaBackend

    backend: Any = LambdaBackend
    delete = backend.delete_event_source_mapping

    def delete_event_source_mapping(self: Any, uuid: str) -> Any:
        gone = delete(self, uuid)
        for fed in _sources(self):
            for arn, each in list(fed.lambda_event_source_mappings.items()):
                if each is gone:
                    del fed.lambda_event_source_mappings[arn]
        return gone

    def _sources(self: Any) -> list[Any]:
        from moto.backends import get_backend

        account, region = self.account_id, self.region_name
        return [
            *get_backend("sqs")[account][region].queues.values(),
            *get_backend("dynamodb")[account][region].tables.values(),
            *get_backend("kinesis")[account][region].streams.values(),
        ]

    backend.delete_event_source_mapping = delete_event_source_mapping
