"""What a target of an EventBridge rule gets: the event, a part of it, or something made of it.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from platform_lib.json_paths import MISSING, select

_TOKEN = re.compile(r'<([\w.\-]+)>|(\\.)|(")', re.DOTALL)


def target_input(
    target: Mapping[str, Any],
    event: Mapping[str, Any],
    rule_arn: str,
    received: str | None = None,
) -> str:
    """Return what a target is sent, as text.

    Args:
        target: As PutTargets has it.
        event: The event, with AWS's `time`.
        rule_arn: The rule's.
        received: When the bus got the event. Default: its own time.

    Raises:
        ValueError: A path or a template gives no JSON.
    """
    if target.get("Input") is not None:
        return str(target["Input"])
    if target.get("InputPath") is not None:
        found = select(str(target["InputPath"]), event)
        return json.dumps(None if found is MISSING else found)
    transformer = target.get("InputTransformer")
    if not transformer:
        return json.dumps(event)
    paths: Mapping[str, str] = transformer.get("InputPathsMap") or {}
    values = {name: select(path, event) for name, path in paths.items()}
    values |= {
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_arn.rpartition("/")[2],
        "aws.events.event.ingestion-time": received or event["time"],
        "aws.events.event": {key: part for key, part in event.items() if key != "detail"},
        "aws.events.event.json": event,
    }
    text = filled(str(transformer["InputTemplate"]), values)
    try:
        json.loads(text)
    except ValueError as error:
        raise ValueError(f"the input template gives no JSON: {error}: {text[:200]}") from None
    return text


def filled(template: str, values: Mapping[str, Any]) -> str:
    """Put values in the place of `<name>`.

    Inside quotes a value is text. Outside it is JSON, so a string gets quotes. What the event does
    not have is empty text inside, and null outside.
    """
    quoted = False
    out: list[str] = []
    at = 0
    for token in _TOKEN.finditer(template):
        out.append(template[at : token.start()])
        at = token.end()
        name, _, quote = token.groups()
        if quote:
            quoted = not quoted
        if name is None or name not in values:
            out.append(token[0])
        elif quoted:
            out.append(_inside(values[name]))
        else:
            out.append(json.dumps(None if values[name] is MISSING else values[name]))
    return "".join([*out, template[at:]])


def _inside(value: Any) -> str:
    if value is MISSING or value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value)
    return json.dumps(text)[1:-1]
