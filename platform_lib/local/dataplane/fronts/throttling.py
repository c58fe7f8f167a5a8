"""How many requests an HTTP API lets through: a bucket of tokens, filled at a steady rate.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass
class _Bucket:
    tokens: float
    filled: float


class Throttle:
    """The buckets of one API: one for a stage, and one for each route with limits of its own."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._buckets: dict[str, _Bucket] = {}

    def admits(self, name: str, settings: Mapping[str, Any]) -> bool:
        """Whether one more request is let through; it is counted.

        Args:
            name: The bucket's.
            settings: A stage's or a route's; without a rate everything is let through.
        """
        rate = settings.get("throttlingRateLimit")
        if rate is None:
            return True
        burst = float(settings.get("throttlingBurstLimit") or 0)
        now = self._now()
        bucket = self._buckets.setdefault(name, _Bucket(burst, now))
        bucket.tokens = min(burst, bucket.tokens + (now - bucket.filled) * float(rate))
        bucket.filled = now
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True
