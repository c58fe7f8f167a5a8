"""Checks of what a user gave, and the only place that words an error.

Pure functions raise `InvalidInput`; a component turns it into one line, an `ArgsError`, before
anything registers. Values that are Outputs are not judged: only the engine knows them.
"""

import collections.abc
import difflib
import inspect
import json
import re
import types
import typing
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import Enum
from typing import Any

import pulumi

_INNER_ENUM = re.compile(r"<\w+\.\w+: ('[^']*')>")
_INNER_OUTPUT = re.compile(r"<pulumi\.output\.Output object at 0x[0-9a-f]+>")
"""What a list or a dict shows of what is in it, which is no word of the user's."""

_HINT_NAMES: dict[str, Any] = {"Output": pulumi.Output, "T": typing.TypeVar("T")}
"""What the forward reference inside `pulumi.Input` needs to be read."""


_FIELD, _LINE = 200, 4000
"""How long the path of an input, whose keys are the user's, and a whole line may get."""


class ArgsError(pulumi.RunError, ValueError):
    """An input that cannot work, in one line, raised before anything registers.

    It names the component, the input, the value and what is allowed. Pulumi prints a `RunError`
    without a stack; it is a `ValueError` too.
    """


class InvalidInput(Exception):  # noqa: N818 - it never reaches a user: `naming_errors` turns it into ArgsError
    """What is wrong with one input, before the component that got it is known."""

    def __init__(self, field: str, value: object, need: str) -> None:
        text = _cut(f"'{_cut(field, _FIELD)}' is {_shown(value)}: {need}", _LINE)
        # A key of the user's may hold anything, and stands in the field's path.
        super().__init__(" ".join(text.encode(errors="backslashreplace").decode().splitlines()))
        self.field = field
        self.value = value
        self.need = need


@contextmanager
def naming_errors(component: str, name: object) -> Iterator[None]:
    """Turn an `InvalidInput` raised inside into an `ArgsError` that names the component.

    So is what the system says of a file or of the cache: not to be read, no room.
    """
    try:
        yield
    except (InvalidInput, OSError) as problem:
        raise ArgsError(f"{component} {_shown(name)}: {problem}") from None


def _shown(value: object) -> str:
    if isinstance(value, pulumi.Output):
        return "an Output"
    if isinstance(value, Enum):
        value = value.value
    try:
        # A subclass of text may show itself in any other way.
        text = str.__repr__(value) if isinstance(value, str) else repr(value)
    except Exception:  # a number too long to print, nesting too deep, or a repr that fails
        text = f"<{type(value).__name__}>"
    text = _INNER_OUTPUT.sub("an Output", _INNER_ENUM.sub(r"\1", text))
    return _cut(text, 120)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def one_of(values: Sequence[str] | Sequence[int]) -> str:
    """Word a choice: `one of 'a', 'b'`."""
    return "one of " + ", ".join(repr(value) for value in values)


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """Name the known word nearest to a misspelt one, and all of them."""
    near = difflib.get_close_matches(word[:_FIELD], known, n=1)
    guess = f"did you mean {near[0]!r}? " if near else ""
    return f"{guess}known are {', '.join(sorted(known))}"


def is_known(value: object) -> bool:
    """Tell whether a value can be judged now: it is neither an Output nor awaited."""
    return not isinstance(value, pulumi.Output) and not inspect.isawaitable(value)


def check_name(name: object) -> None:
    """Refuse a component name that AWS's names could not be made from."""
    good = (
        isinstance(name, str)
        and 1 <= len(name) <= 50
        and name[0].isascii()
        and name[0].isalpha()
        and all(letter.isascii() and (letter.isalnum() or letter == "-") for letter in name)
    )
    if not good:
        raise InvalidInput(
            "name", name, "must match [A-Za-z][A-Za-z0-9-]* and be at most 50 characters long"
        )


def check_range(field: str, value: object, low: float, high: float, unit: str = "") -> None:
    """Refuse a known number outside of what AWS allows."""
    if isinstance(value, int | float) and not low <= value <= high:
        raise InvalidInput(field, value, f"must be {low} to {high}{' ' + unit if unit else ''}")


def check_length(field: str, text: object, low: int, high: int) -> None:
    """Refuse a known text that is shorter or longer than AWS allows."""
    if isinstance(text, str) and not low <= len(text) <= high:
        raise InvalidInput(
            field, text, f"must be {low} to {high} characters long, it has {len(text)}"
        )


def check_json(field: str, value: object) -> str:
    """Refuse what JSON has no words for; else word it, the same for equal values."""
    try:
        text = json.dumps(value, sort_keys=True, allow_nan=False, ensure_ascii=False)
        text.encode()
    except (TypeError, ValueError, RecursionError) as problem:
        raise InvalidInput(field, value, f"is not JSON: {problem}") from None
    return text


def check_args(args: object, shape: type, field: str = "args") -> dict[str, Any]:
    """Check args against their TypedDict, at every depth, and return a tidy copy.

    In the copy an enum's plain string is its member and a whole float is an int, also at any depth
    of free JSON (a program in another language sends 8080 as 8080.0). `None` counts as not given.
    Outputs stay as they are.
    """
    if not isinstance(args, Mapping):
        raise InvalidInput(field, args, f"must be {shape.__name__}(...) or a plain dict")
    hints = _hints(shape)
    tidy: dict[str, Any] = {}
    for key, value in args.items():
        word = str.__str__(key) if isinstance(key, str) else _shown(key)
        path = word if field == "args" else f"{field}.{word}"
        if word not in hints or not isinstance(key, str):
            raise InvalidInput(path, value, f"no such input; {did_you_mean(word, list(hints))}")
        if value is not None:
            tidy[word] = _checked(value, hints[word], path)
    missing = sorted(key for key in shape.__required_keys__ if key not in tidy)  # type: ignore[attr-defined]
    if missing:
        raise InvalidInput(field, dict(args), f"lacks {', '.join(map(repr, missing))}")
    return tidy


_hints_of: dict[type, dict[str, Any]] = {}


def _hints(shape: type) -> dict[str, Any]:
    """Read a TypedDict's hints once: a program of a hundred apps would pay a hundred times."""
    if shape not in _hints_of:
        hints = typing.get_type_hints(shape, localns=_HINT_NAMES)
        _hints_of[shape] = {key: _bare(hint) for key, hint in hints.items()}
    return _hints_of[shape]


def _bare(hint: Any) -> Any:
    return typing.get_args(hint)[0] if typing.get_origin(hint) is typing.NotRequired else hint


def _checked(value: Any, hint: Any, path: str) -> Any:  # noqa: PLR0911 - one return a kind of hint
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        if not is_known(value):
            return value
        return _checked(value, next(part for part in parts if not _is_deferred(part)), path)
    if not is_known(value):
        raise InvalidInput(path, value, "must be known when the program runs, not an Output")
    if hint is Any:
        return _whole(value, path)
    if typing.is_typeddict(hint):
        return check_args(value, hint, path)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _member(value, hint, path)
    if origin is collections.abc.Mapping:
        if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
            raise InvalidInput(path, value, "must be a mapping with text as keys")
        words = {_scalar(key, str, path): each for key, each in value.items()}
        return {key: _checked(each, parts[1], f"{path}.{key}") for key, each in words.items()}
    if origin is collections.abc.Sequence:
        if isinstance(value, str | bytes | bytearray) or not isinstance(value, Sequence):
            raise InvalidInput(path, value, "must be a list")
        return [_checked(each, parts[0], f"{path}[{at}]") for at, each in enumerate(value)]
    return _scalar(value, hint, path)


_EXACT = 2**53
"""Up to here a float holds every whole number."""


def _whole(value: Any, path: str) -> Any:
    """Give free JSON with ints for its whole floats: as `5.0` AWS would not match them with 5."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT:
        return int(value)
    if isinstance(value, str):
        return str.__str__(value)
    try:
        if isinstance(value, Mapping):
            return {key: _whole(each, path) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [_whole(each, path) for each in value]
    except RecursionError:
        raise InvalidInput(path, value, "is nested too deep") from None
    return value


def _is_deferred(part: Any) -> bool:
    origin = typing.get_origin(part)
    return origin in (Awaitable, collections.abc.Awaitable, pulumi.Output) or part is type(None)


def _member(value: Any, enum: type[Enum], path: str) -> Enum:
    if isinstance(value, str):
        for member in enum:
            if member.value == value:
                return member
    allowed = one_of([str(member.value) for member in enum])
    raise InvalidInput(path, value, f"must be {allowed}")


_SCALARS = {str: "text", int: "a whole number", float: "a number", bool: "True or False"}


def _scalar(value: Any, hint: type, path: str) -> Any:
    if hint is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            raise InvalidInput(path, value, "is more than a number can hold") from None
    # bool is an int in Python; a port of True is a mistake all the same.
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise InvalidInput(path, value, f"must be {_SCALARS.get(hint, hint.__name__)}")
    if isinstance(value, str) and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as problem:
            raise InvalidInput(path, value, f"is no text in UTF-8: {problem.reason}") from None
    # A subclass of text, with words of its own for itself, goes no further.
    return str.__str__(value) if isinstance(value, str) else value
