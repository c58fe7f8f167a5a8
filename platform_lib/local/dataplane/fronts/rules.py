"""Which listener rule a request meets, and which of several weighted choices is next: pure.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
"""

import functools
import ipaddress
import re
from collections.abc import Hashable, Mapping, Sequence
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


class Shares:
    """Deals out weighted choices evenly: of 3 to 1, every fourth is the second.

    AWS draws lots; a fixed order has the same shares, sooner, and a test can count on them.
    """

    def __init__(self) -> None:
        self._credit: dict[Hashable, dict[str, float]] = {}

    def choose(self, who: Hashable, weights: Mapping[str, float]) -> str | None:
        """Return the next choice of `who`; None when every weight is zero."""
        total = sum(weights.values())
        if total <= 0:
            return None
        old = self._credit.get(who, {})
        credit = {name: old.get(name, 0.0) + weight for name, weight in weights.items()}
        chosen = max(credit, key=lambda name: credit[name] if weights[name] > 0 else -total)
        credit[chosen] -= total
        self._credit[who] = credit
        return chosen


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
