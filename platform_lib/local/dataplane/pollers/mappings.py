"""Event source mappings: each one that the account has gets a poller, and hears of its source."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from platform_lib.event_patterns import matches
from platform_lib.local.dataplane.functions.functions import ThrottledError
from platform_lib.local.dataplane.functions.runtime_api import Outcome
from platform_lib.local.dataplane.lineage import Lineage, RecursiveLoopError
from platform_lib.local.desired import name_and_qualifier
from platform_lib.local.errors import LocalCloudError

MAX_PAYLOAD: Final = 6 * 1024 * 1024
"""Bytes of an event; https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""


PARTIAL_NEED: Final = 'batchItemFailures must list items of the batch as {"itemIdentifier": ID}'
"""What an answer lacks of which nobody can tell what failed."""

STATE_NEED: Final = "with a tumbling window an answer must hold state"
"""https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html"""

_LONGEST_ANSWER: Final = 120


class Invoke(Protocol):
    """Runs a function by its ARN."""

    async def __call__(
        self, arn: str, payload: bytes, *, lineage: Lineage | None = None
    ) -> tuple[Outcome, list[str]]:
        """Run it with an event of a chain."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A mapping as AWS was told, with AWS's defaults.

    https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
    """

    uuid: str
    function: str
    source: str
    enabled: bool
    batch_size: int
    window: float
    partial: bool
    filters: Sequence[Mapping[str, Any]]
    maximum_concurrency: int | None
    starting_position: str
    starting_timestamp: float
    lanes: int
    bisect: bool
    retries: int
    maximum_age: float
    tumbling_window: float
    on_failure: str

    def lets_through(self, event: Mapping[str, Any]) -> bool:
        """Whether one of the filters matches, or there are none."""
        return not self.filters or any(matches(each, event) for each in self.filters)


def settings_of(mapping: Any) -> Settings:
    """Read moto's mapping.

    Raises:
        LocalCloudError: A filter is not JSON.
    """
    spec: Mapping[str, Any] = mapping.spec
    criteria = spec.get("FilterCriteria") or {}
    destinations = spec.get("DestinationConfig") or {}
    timestamp = spec.get("StartingPositionTimestamp") or 0
    return Settings(
        uuid=mapping.uuid,
        function=mapping.function_arn,
        source=mapping.event_source_arn,
        enabled=bool(spec.get("Enabled", True)),
        batch_size=int(mapping.batch_size),
        window=float(spec.get("MaximumBatchingWindowInSeconds") or 0),
        partial="ReportBatchItemFailures" in (spec.get("FunctionResponseTypes") or ()),
        filters=[_pattern(each["Pattern"]) for each in criteria.get("Filters") or ()],
        maximum_concurrency=(spec.get("ScalingConfig") or {}).get("MaximumConcurrency"),
        starting_position=spec.get("StartingPosition") or "TRIM_HORIZON",
        starting_timestamp=float(timestamp),
        lanes=int(spec.get("ParallelizationFactor") or 1),
        bisect=bool(spec.get("BisectBatchOnFunctionError")),
        retries=int(_given(spec.get("MaximumRetryAttempts"), -1)),
        maximum_age=float(_given(spec.get("MaximumRecordAgeInSeconds"), -1)),
        tumbling_window=float(spec.get("TumblingWindowInSeconds") or 0),
        on_failure=(destinations.get("OnFailure") or {}).get("Destination") or "",
    )


def _pattern(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as problem:
        raise LocalCloudError(f"Invalid filter pattern definition. {problem}") from problem


def _given(value: Any, default: int) -> Any:
    return default if value is None else value


def failed_items(answer: bytes, ids: Sequence[str]) -> list[str] | None:
    """Read a partial batch response: the ids that failed; None where the whole batch did.

    An empty answer says that nothing failed: AWS takes `null`, `{}`, `[]` and `""` for one.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html; for a list and a
    text: localstack's `test_kinesis_report_batch_item_success_scenarios`, which ran against AWS.
    """
    try:
        told = json.loads(answer or b"null")
    except ValueError:
        return None
    if told is None or told in ([], ""):
        return []
    if not isinstance(told, Mapping):
        return None
    items = told.get("batchItemFailures")
    if items is None:
        return []
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        return None
    failed = [item.get("itemIdentifier") for item in items]
    return failed if all(each in ids for each in failed) else None


class OddAnswers:
    """Says that a batch failed by its answer, where no error tells of it: each need once.

    Args:
        say: Shows a line.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._told: set[str] = set()

    def tell(self, settings: Settings, outcome: Outcome, need: str) -> None:
        """Say what an answer lacks, unless that was said."""
        if need in self._told:
            return
        self._told.add(need)
        answer = outcome.payload.decode(errors="replace")
        shown = answer if len(answer) <= _LONGEST_ANSWER else f"{answer[:_LONGEST_ANSWER]}..."
        name = settings.function.partition(":function:")[2]
        self._say(f"function {name} answered {shown}, so its batch has failed: {need} (said once)")


def is_loop(settings: Settings, lineage: Lineage, say: Callable[[str], None]) -> bool:
    """Whether an event came through a mapping's function too often to go there again."""
    try:
        lineage.after(name_and_qualifier(settings.function)[0])
    except RecursiveLoopError as loop:
        say(f"mapping {settings.uuid} of {settings.source}: {loop}")
        return True
    return False


async def invoked(
    invoke: Invoke,
    settings: Settings,
    event: Mapping[str, Any],
    lineages: Sequence[Lineage],
    say: Callable[[str], None],
) -> Outcome | None:
    """Run a mapping's function; None where there is none to run.

    A batch belongs to the chains of all that is in it.

    Raises:
        ThrottledError: The function takes no call now.
    """
    counts: dict[str, int] = {}
    for lineage in lineages:
        for key, count in lineage.counts.items():
            counts[key] = max(count, counts.get(key, 0))
    joined = Lineage(root=lineages[0].root, counts=counts) if lineages else None
    try:
        payload = json.dumps(event).encode()
        outcome, _ = await invoke(settings.function, payload, lineage=joined)
    except ThrottledError:
        raise
    except LocalCloudError as problem:
        say(f"mapping {settings.uuid} of {settings.source}: {problem}")
        return None
    return outcome


class Poller(Protocol):
    """What feeds a function from a source."""

    def change(self, settings: Settings) -> None:
        """Go on with other settings."""

    def wake(self) -> None:
        """Look at the source: something happened to it."""

    def stop(self) -> None:
        """Take no more from the source."""
