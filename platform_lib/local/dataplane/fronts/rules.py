"""Which listener rule a request meets, and where one that redirects leads: pure.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
"""

import functools
import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl


@dataclass(frozen=True, kw_only=True)
class Request:
    """What conditions look at. Header names are lower case."""

    method: str
    host: str
    path: str
    query: str
    source_ip: str
    headers: Mapping[str, str]


def first_match(rules: Sequence[Any], request: Request) -> Any:
    """Return the first rule whose conditions all hold; the default rule, the last, has none."""
    for rule in rules:
        if all(_holds(condition, request) for condition in rule.conditions or ()):
            return rule
    return None


def _holds(condition: Mapping[str, Any], request: Request) -> bool:  # noqa: PLR0911 - one a kind
    match condition["Field"]:
        case "path-pattern":
            return any(_wild(p, False).fullmatch(request.path) for p in _values(condition, "Path"))
        case "host-header":
            host = request.host.rsplit(":", 1)[0] if ":" in request.host else request.host
            hosts = _values(condition, "Host")
            return any(_wild(p, True).fullmatch(host) for p in hosts)
        case "http-request-method":
            return request.method in condition["HttpRequestMethodConfig"]["Values"]
        case "http-header":
            config = condition["HttpHeaderConfig"]
            value = request.headers.get(config["HttpHeaderName"].lower())
            return value is not None and any(
                _wild(pattern, True).fullmatch(value) for pattern in config["Values"]
            )
        case "query-string":
            pairs = parse_qsl(request.query, keep_blank_values=True)
            return any(
                _wild(wanted["Value"], True).fullmatch(value)
                and ("Key" not in wanted or wanted["Key"].lower() == key.lower())
                for wanted in condition["QueryStringConfig"]["Values"]
                for key, value in pairs
            )
        case "source-ip":
            address = ipaddress.ip_address(request.source_ip)
            ranges = condition["SourceIpConfig"]["Values"]
            return any(address in ipaddress.ip_network(cidr) for cidr in ranges)
    return False


def _values(condition: Mapping[str, Any], kind: str) -> Sequence[str]:
    """Read values in either of the two shapes that the API takes."""
    config = condition.get({"Path": "PathPatternConfig", "Host": "HostHeaderConfig"}[kind])
    values: Sequence[str] = (config or condition)["Values"]
    return values


@functools.lru_cache(maxsize=1024)
def _wild(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    text = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(text, re.IGNORECASE | re.DOTALL if ignore_case else re.DOTALL)


def redirect_location(config: Mapping[str, Any], request: Request, port: int) -> str:
    """Fill in a redirect action's pattern."""
    known = {
        "protocol": "http",
        "host": request.host.rsplit(":", 1)[0],
        "port": str(port),
        "path": request.path.lstrip("/"),
        "query": request.query,
    }

    def fill(text: str) -> str:
        return re.sub(r"#\{(\w+)\}", lambda found: known.get(found[1], found[0]), text)

    protocol = fill(config.get("Protocol") or "#{protocol}").lower()
    where = fill(config.get("Host") or "#{host}")
    at = fill(config.get("Port") or "#{port}")
    path = fill(config.get("Path") or "/#{path}")
    query = fill(str(config.get("Query", "#{query}")))
    shown = "" if at == {"http": "80", "https": "443"}.get(protocol) else f":{at}"
    return f"{protocol}://{where}{shown}{path}" + (f"?{query}" if query else "")
