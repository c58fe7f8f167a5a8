"""Rules of EventBridge: they hand events of a bus that match a pattern to the function."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from platform_lib.arns import is_arn
from platform_lib.checks import InvalidInput, check_json, check_length, did_you_mean
from platform_lib.event_patterns import matches
from platform_lib.function_app.sources.function_policy import HERE
from platform_lib.function_app.sources.mapping import checked_pattern
from platform_lib.function_app.sources.naming import named_sources
from platform_lib.function_app.sources.never import check_event_pattern
from platform_lib.function_app.sources.recursion import Check, guarded
from platform_lib.function_app.sources.source import Function, Sender, Source
from platform_lib.function_app.sources.sqs import Queues
from platform_lib.function_app.sources.target import Target, create_permission
from platform_lib.parts.children import Children
from platform_lib.records import record

_NAME_LIMIT = 64
"""Of a rule, and of a target's ID."""
_BUS = re.compile(r"[\w./-]{1,256}", re.ASCII)
_LEFT_FAILURE = {
    "source": "lambda",
    "detail-type": "Lambda Function Invocation Result - Failure",
}
_PATHS = 100
_PATH_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")
_PATH = re.compile(r"\$(\.[^\s.\[\]'\"()]+(\[([0-9]+|\*)\])*)*")
"""Dot notation; brackets hold an index alone:
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_InputTransformer.html"""
_PATH_LIMIT = 256
_INPUT_LIMIT = 8192
PERMISSION = {
    "principal": "events.amazonaws.com",
    "source_arn": f"arn:aws:events:{HERE}:rule/",
}
"""What is known of a rule's permission before the rule is made."""
_PREDEFINED = (
    *("aws.events.event", "aws.events.event.ingestion-time", "aws.events.event.json"),
    *("aws.events.rule-arn", "aws.events.rule-name"),
)
_PLACEHOLDER = re.compile(r"<([A-Za-z0-9_.-]+)>")


@record
class EventRuleSource:
    """What binds a rule to the function."""

    rule: "aws.cloudwatch.EventRule"
    permission: "aws.lambda_.Permission"
    target: "aws.cloudwatch.EventTarget"


@record
class EventRuleSettings(Source):
    """A rule as a source, checked."""

    pattern: pulumi.Input[str]
    event_bus_name: pulumi.Input[str] | None
    input: Mapping[str, Any]
    """Inputs of the target that say what the function gets."""
    leaves_failures: bool = True

    def children(self, *, alarms: bool) -> Iterator[tuple[str, str]]:
        """Name its children and their types."""
        yield self.at.key("rule"), "aws.cloudwatch.EventRule"
        yield self.at.key("permission"), "aws.lambda_.Permission"
        yield self.at.key("target"), "aws.cloudwatch.EventTarget"

    def bind(self, child: Children, target: Target, made: Queues | None) -> EventRuleSource:
        """Let a rule call the function."""
        at = self.at
        rule = child.make(
            at.key("rule"),
            aws.cloudwatch.EventRule,
            at.suffix,
            # A bus holds a name once, and another bus is all that replaces a rule.
            name=child.fitting_name(at.key("rule"), at.suffix, _NAME_LIMIT),
            keeps=["name"],
            event_pattern=self.pattern,
            event_bus_name=self.event_bus_name,
        )
        permission = create_permission(
            child, at, target, principal="events.amazonaws.com", source_arn=rule.arn
        )
        to_function = child.make(
            at.key("target"),
            aws.cloudwatch.EventTarget,
            f"{at.suffix}-target",
            target_id=child.fitting_name(at.key("target"), f"{at.suffix}-target", _NAME_LIMIT),
            keeps=["target_id"],
            rule=rule.name,
            event_bus_name=self.event_bus_name,
            arn=target.alias.arn,
            dead_letter_config=target.dead_letter_config,
            **self.input,
            opts=pulumi.ResourceOptions(depends_on=[permission, *target.ready]),
        )
        return EventRuleSource(rule=rule, permission=permission, target=to_function)

    def sender(self, bound: EventRuleSource) -> Sender:
        """Name the rule."""
        return "events.amazonaws.com", bound.rule.arn


def judge(given: Sequence[Mapping[str, Any]], function: Function) -> Iterator[EventRuleSettings]:
    """Judge the rules of a function."""
    named = named_sources("event_rules", "rule", given, app=function.app)
    for path, at, args in named:
        pattern: pulumi.Input[str] = checked_pattern(
            f"{path}.pattern", args["pattern"], check=check_event_pattern
        )
        bus = _bus(f"{path}.event_bus_name", args.get("event_bus_name"))
        if function.destinations and _takes_failures(args["pattern"]):
            others = [bus or "default", *function.destinations]
            pattern = guarded(function.app, pattern, others, _own_failures(f"{path}.pattern"))
        yield EventRuleSettings(
            at=at,
            pattern=pattern,
            event_bus_name=bus,
            permission=PERMISSION,
            input=_input(path, args),
        )


def _bus(field: str, bus: pulumi.Input[str] | None) -> pulumi.Input[str] | None:
    if isinstance(bus, str) and not (_BUS.fullmatch(bus) or is_arn(bus, "event bus")):
        raise InvalidInput(field, bus, "must be the name or the ARN of an event bus")
    return bus


def _takes_failures(pattern: Mapping[str, Any]) -> bool:
    """Tell whether a pattern takes what Lambda leaves on a bus of every call that failed.

    What tells one function's failures from another's, their resources and detail, is not judged.
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    told = {word: value for word, value in pattern.items() if word in _LEFT_FAILURE}
    whole = set(pattern) <= {*_LEFT_FAILURE, "account", "region", "version"}
    return whole and matches(told, _LEFT_FAILURE)


def _own_failures(field: str) -> Check:
    """Refuse such a rule on the bus where the function's own failures are left."""

    def check(pattern: str, known: Sequence[str]) -> None:
        bus, *destinations = known
        name = bus.rpartition(":event-bus/")[2]
        if any(destination.partition(":event-bus/")[2] == name for destination in destinations):
            need = (
                "matches the failures that the function itself leaves on this bus, and would call "
                "itself; name the sources that are meant, or give another on_failure"
            )
            raise InvalidInput(field, pattern, need)

    return check


def _input(path: str, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Judge what the function is to get in place of the event.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
    """
    constant, template = args.get("input"), args.get("input_template")
    paths = args.get("input_paths", {})
    if constant is not None and (template is not None or paths):
        need = "give a constant input, or a template, not both"
        raise InvalidInput(f"{path}.input", constant, need)
    if constant is not None:
        text = check_json(f"{path}.input", constant)
        check_length(f"{path}.input", text, 0, _INPUT_LIMIT)
        return {"input": text}
    if template is None:
        if paths:
            raise InvalidInput(f"{path}.input_paths", dict(paths), "needs an input_template")
        return {}
    check_length(f"{path}.input_template", template, 1, _INPUT_LIMIT)
    if len(paths) > _PATHS:
        raise InvalidInput(f"{path}.input_paths", len(paths), f"at most {_PATHS} paths fit")
    for name, place in paths.items():
        field = f"{path}.input_paths.{name}"
        if not _PATH_NAME.fullmatch(name) or name.lower().startswith("aws"):
            need = "a name has letters, digits, _ and -, and does not begin with AWS"
            raise InvalidInput(field, name, need)
        check_length(field, place, 1, _PATH_LIMIT)
        if not _PATH.fullmatch(place):
            raise InvalidInput(
                field, place, "must be a JSON path in dot notation, such as $.detail.id"
            )
    for name in _PLACEHOLDER.findall(template):
        if name not in {*paths, *_PREDEFINED}:
            need = f"<{name}> stands for nothing: name it in input_paths"
            if name.startswith("aws."):
                need = f"<{name}> stands for nothing; {did_you_mean(name, _PREDEFINED)}"
            raise InvalidInput(f"{path}.input_template", template, need)
    return {"input_transformer": {"input_paths": dict(paths), "input_template": template}}
