"""CloudWatch Logs: brings the lines that a subscription filter matches to a function.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from platform_lib.local.dataplane.delivery import event_shapes
from platform_lib.local.dataplane.delivery.push import Push
from platform_lib.local.dataplane.lineage import Lineage, current
from platform_lib.local.desired import log_group
from platform_lib.local.errors import LocalCloudError
from platform_lib.local.moto.replacing import replaced
from platform_lib.log_patterns import Matcher, compiled


def deliver_log_groups(push: Push) -> Callable[[], None]:
    """Take the place of moto's deliveries to functions; return what puts them back.

    moto sends every line whatever the pattern says, waits for the function in the middle of
    PutLogEvents, and finds no function behind an alias.
    """
    from moto.logs.models import LogStream

    stream: Any = LogStream
    theirs = stream._send_log_events
    subscriptions = _Subscriptions(push)

    def send(
        self: Any,
        service: str,
        destination_arn: str,
        filter_name: str,
        log_events: Sequence[Mapping[str, Any]],
    ) -> None:
        kept = subscriptions.kept(self.log_group, filter_name, log_events)
        if not kept:
            return
        if service == "lambda":
            told = (self.log_group, self.log_stream_name, filter_name)
            push.begin(subscriptions.deliver(told, destination_arn, kept, current()))
        else:
            theirs(self, service, destination_arn, filter_name, kept)

    return replaced((stream, "_send_log_events", send))


class _Subscriptions:
    def __init__(self, push: Push) -> None:
        self._push = push
        self._matchers: dict[str, Matcher] = {}
        self._told: set[str] = set()

    def kept(
        self, group: Any, name: str, events: Sequence[Mapping[str, Any]]
    ) -> list[Mapping[str, Any]]:
        """Return the lines that a filter lets through."""
        pattern = str(group.subscription_filters[name].filter_pattern or "")
        try:
            matcher = self._matchers.get(pattern) or compiled(pattern)
        except ValueError as error:
            self._say_once(f"filter {name} of log group {group.name} brings nothing: {error}")
            return []
        self._matchers[pattern] = matcher
        return [event for event in events if matcher(str(event["message"]))]

    async def deliver(
        self,
        told: tuple[Any, str, str],
        arn: str,
        events: Sequence[Mapping[str, Any]],
        lineage: Lineage,
    ) -> None:
        group, stream, name = told
        line = f"filter {name} of log group {group.name} brings nothing to {arn}"
        try:
            function = self._push.context.desired.function(arn)
        except LocalCloudError as error:
            self._say_once(f"{line}: {error}")
            return
        if log_group(function) == group.name:
            self._say_once(f"{line}: the function writes to that group, a loop without an end")
            return
        account, region = self._push.context.account.account_id, group.region
        event = event_shapes.log_event(
            account=account, group=group.name, stream=stream, filter_name=name, events=events
        )
        source = f"arn:aws:logs:{region}:{account}:log-group:{group.name}:*"
        payload = json.dumps(event).encode()
        refusal = None
        # AWS's documentation names both.
        for service in ("logs.amazonaws.com", f"logs.{region}.amazonaws.com"):
            refusal = self._push.asynchronous.accept_from(service, source, arn, payload, lineage)
            if refusal is None:
                return
        if refusal is not None:
            self._say_once(f"{line}, because {refusal.message}")

    def _say_once(self, line: str) -> None:
        """Say what each further line of an app would repeat."""
        if line not in self._told:
            self._told.add(line)
            self._push.say(line)
