"""What every kind of source is to the function: the questions that `event_sources` asks of it.

Each kind is a module of this package with the name of its field in the args. Its `judge(given,
function)` makes a `Source` of each of the args in that field.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pulumi

from platform_lib.app_args import GrantArgs
from platform_lib.app_settings import AlarmSettings
from platform_lib.function_app.sources.naming import SourceName
from platform_lib.function_app.sources.sqs import Queues
from platform_lib.function_app.sources.target import Target
from platform_lib.parts.children import Children
from platform_lib.records import record

Right = tuple[Callable[[pulumi.Input[str]], Any], pulumi.Input[str]]
"""What words a statement for the function's role, and the ARN that it is on."""

Sender = tuple[str, pulumi.Input[str]]
"""A service that sends to a queue, and the ARN of what it sends for."""


@record
class Function:
    """What sources are judged by, of the function that they call."""

    app: str
    timeout_seconds: int
    grants: Sequence[GrantArgs]
    overrides: Mapping[str, Mapping[str, Any]]
    destinations: Sequence[pulumi.Input[str]]
    """Its own failure destinations, `on_failure` or `dead_letter`; empty where none is given."""
    stream_homes: Sequence[pulumi.Input[str]]
    """Where its streams tell of theirs."""


@record
class Source(ABC):
    """An event source of a function, checked."""

    at: SourceName
    asynchronous: bool = True
    """Whether what calls does not wait, so that what failed needs a failure destination."""
    needs_destination: bool = False
    """Whether it needs that destination though it is read, and not called by."""
    leaves_failures: bool = False
    """Whether a service leaves in the app's own queue what it could not hand over."""
    permission: Mapping[str, Any] | None = None
    """What is known already of the permission by which it calls; None where it needs none."""

    @abstractmethod
    def children(self, *, alarms: bool) -> Iterator[tuple[str, str]]:
        """Name its children, by their keys in `overrides`, and their types."""

    def create_queues(
        self,
        child: Children,
        *,
        kms_key_arn: pulumi.Input[str] | None,
        alarms: AlarmSettings | None,
    ) -> Queues | None:
        """Make its queues before the function, whose role must name them."""
        return None

    def rights(self, made: Queues | None) -> Iterator[Right]:
        """Say what the function's role may do for it."""
        yield from ()

    @abstractmethod
    def bind(self, child: Children, target: Target, made: Queues | None) -> Any:
        """Make what calls the alias, and give what the component shows by the source's name."""

    def sender(self, bound: Any) -> Sender | None:
        """Say who leaves failures in the app's own queue; `bound` is what `bind` returned."""
        return None
