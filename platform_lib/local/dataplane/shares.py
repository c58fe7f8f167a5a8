"""Which of several weighted choices is next: pure."""

from collections.abc import Hashable, Mapping


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
