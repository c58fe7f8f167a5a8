"""Properties of a resource as a test reads them."""

from typing import Any


class Properties(dict[str, Any]):
    """A dict with the provider's camelCase names, readable by Python's snake_case names too.

    `inputs["desiredCount"]` and `inputs["desired_count"]` are the same property. Nested blocks are
    Properties as well. It equals a plain dict with the camelCase names.
    """

    def __missing__(self, key: str) -> Any:
        camel = _camel(key)
        if camel != key and super().__contains__(camel):
            return self[camel]
        raise KeyError(f"{key!r}; there are: {', '.join(sorted(self)) or 'none'}")

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or (
            isinstance(key, str) and super().__contains__(_camel(key))
        )

    def get(self, key: str, default: Any = None) -> Any:
        """Return the property, or `default` where the program did not give it."""
        return self[key] if key in self else default  # noqa: SIM401 that would call itself


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)
