"""Which function a request to Lambda names, and which version or alias of it."""

from typing import Any
from urllib.parse import unquote

from platform_lib.local.desired import LATEST, name_and_qualifier


def asked(response: Any) -> tuple[Any, str]:
    """Find what moto's request names: a function's $LATEST, and the qualifier that was meant.

    It raises what AWS answers where there is no such function, version or alias.
    """
    name = unquote(response.path.split("/functions/")[1].split("/")[0])
    return named(response.backend, name, response.querystring.get("Qualifier", [None])[0])


def named(backend: Any, name: str, qualifier: str | None = None) -> tuple[Any, str]:
    """Find what a name or an ARN means, as `asked` does."""
    base, meant = name_and_qualifier(name, qualifier)
    backend.get_function(base, meant)
    return backend.get_function(base), meant or LATEST


def qualified(function: Any, qualifier: str) -> str:
    """Give the ARN of a version or an alias; of $LATEST the function's own."""
    arn: str = function.function_arn
    return arn if qualifier == LATEST else f"{arn}:{qualifier}"
