"""Filter patterns of CloudWatch Logs: terms, expressions over JSON, fields between spaces.

Pure functions: components check what they were given, and the local cloud matches real lines.
Patterns of fields between spaces (`[ip, user, ...]`) are checked, and not matched.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/regex-expressions.html
"""

import json
import re
from collections.abc import Callable
from typing import Any

from platform_lib.json_paths import MISSING, find

Matcher = Callable[[str], bool]
_Test = Callable[[Any], bool]

_TERM = re.compile(r'\s*([-?]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]*)%|(\S+))')
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<sign>\(|\)|&&|\|\||<=|>=|!=|=|<|>)
      | (?P<path>\$(?:\[(?:"[^"]*"|'[^']*')\]|[^\s()=!<>&|"'])*)
      | "(?P<text>(?:[^"\\]|\\.)*)"
      | %(?P<regex>[^%]*)%
      | (?P<word>[^\s()=!<>&|"]+)
    )""",
    re.VERBOSE,
)
_SELECTOR = re.compile(
    r"""\$(?:\.[^\s.\[\]'"]+|\.?\[(?:[0-9]+|\*|"[^"]+"|'[^']+')\])+""",
)
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_REGEX = re.compile(r"[A-Za-z0-9:_#=@/;,\-^$?\[\]{}|\\*+. ]+")
_REGEXES = 2
"""Of a pattern over JSON or of fields."""


def check_log_pattern(pattern: str) -> None:
    """Refuse a pattern that CloudWatch Logs would, as far as its documents tell.

    Raises:
        ValueError: What is wrong, in words that follow the pattern.
    """
    text = pattern.strip()
    if text.startswith("["):
        _check_fields(text)
    else:
        _compiled(text)


def compiled(pattern: str) -> Matcher:
    """Make a test of messages.

    Raises:
        ValueError: The local cloud cannot read it.
    """
    text = pattern.strip()
    if text.startswith("["):
        raise ValueError("patterns of fields between spaces are not imitated")
    for token in _TOKEN.finditer(text) if text.startswith("{") else ():
        if token["path"]:
            find(token["path"], {})
    return _compiled(text)


def _check_fields(text: str) -> None:
    """Check a pattern such as `[ip, user, status = 4* && bytes > 1000, ...]`."""
    if not text.endswith("]"):
        raise ValueError("begins with '[' and must end with ']'")
    inside = text[1:-1]
    for sign in ('"', "%"):
        if inside.replace('\\"', "").count(sign) % 2:
            raise ValueError(f"has a {sign} that is not closed")
    expressions = re.findall("%([^%]*)%", inside)
    for each in expressions:
        _regex(each)
    _check_regexes(len(expressions))
    bare = re.sub(r'"(?:[^"\\]|\\.)*"|%[^%]*%', "x", inside)
    if "==" in bare:
        raise ValueError("has '==' where AWS takes '='")
    depth = 0
    for letter in bare:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth < 0:
            break
    if depth:
        raise ValueError("has brackets that do not go together")
    if not all(field.strip() for field in bare.split(",")):
        raise ValueError("has a field without a name")


def _check_regexes(count: int) -> None:
    if count > _REGEXES:
        raise ValueError(f"has {count} regular expressions, AWS takes {_REGEXES}")


def _compiled(text: str) -> Matcher:
    if text.startswith("{"):
        if not text.endswith("}"):
            raise ValueError("begins with '{' and must end with '}'")
        return _of_json(_Parser(text[1:-1]).parse())
    return _of_terms(text)


def _of_terms(text: str) -> Matcher:
    wanted: list[re.Pattern[str]] = []
    unwanted: list[re.Pattern[str]] = []
    optional: list[re.Pattern[str]] = []
    for sign, phrase, regex, word in _TERM.findall(text):
        if word.startswith('"'):
            raise ValueError('has a " that is not closed')
        literal = phrase.replace('\\"', '"') or word
        # A term is a word of the message, not a part of one.
        words = rf"(?<!\w){re.escape(literal)}(?!\w)" if literal.isalnum() else re.escape(literal)
        found = _regex(regex) if regex else re.compile(words)
        {"": wanted, "-": unwanted, "?": optional}[sign].append(found)

    def matches(message: str) -> bool:
        if any(each.search(message) for each in unwanted):
            return False
        if wanted or not optional:
            return all(each.search(message) for each in wanted)
        return any(each.search(message) for each in optional)

    return matches


def _of_json(test: _Test) -> Matcher:
    def matches(message: str) -> bool:
        try:
            parsed = json.loads(message)
        except ValueError:
            return False
        return isinstance(parsed, dict | list) and test(parsed)

    return matches


class _Parser:
    """Reads `$.a = 1 && ($.b = "x*" || $.c NOT EXISTS)`."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text.rstrip()):
            token = _TOKEN.match(text, at)
            if token is None or token.lastgroup is None:
                raise ValueError(f"cannot read {text[at:].strip()!r}")
            self._tokens.append((token.lastgroup, token[token.lastgroup]))
            at = token.end()
        self._at = 0
        _check_regexes(sum(kind == "regex" for kind, _ in self._tokens))

    def parse(self) -> _Test:
        test = self._any()
        if self._at < len(self._tokens):
            raise ValueError(f"cannot read {self._tokens[self._at][1]!r} there")
        return test

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise ValueError("the pattern ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _takes(self, sign: str) -> bool:
        found = self._at < len(self._tokens) and self._tokens[self._at] == ("sign", sign)
        self._at += found
        return found

    def _any(self) -> _Test:
        tests = [self._all()]
        while self._takes("||"):
            tests.append(self._all())
        return lambda value: any(test(value) for test in tests)

    def _all(self) -> _Test:
        tests = [self._one()]
        while self._takes("&&"):
            tests.append(self._one())
        return lambda value: all(test(value) for test in tests)

    def _one(self) -> _Test:
        if self._takes("("):
            test = self._any()
            if not self._takes(")"):
                raise ValueError("a ')' is missing")
            return test
        kind, path = self._next()
        if kind != "path":
            raise ValueError(f"{path!r} is no selector such as $.level")
        if not _SELECTOR.fullmatch(path):
            raise ValueError(f"{path!r} is no selector such as $.level")
        sign_kind, sign = self._next()
        if sign in ("IS", "NOT"):
            return _words(path, f"{sign} {self._next()[1]}")
        if sign_kind != "sign" or sign in ("(", ")", "&&", "||"):
            raise ValueError(f"{sign!r} is no comparison; known are = != < <= > >=")
        kind, operand = self._next()
        if kind in ("sign", "path"):
            raise ValueError(f"cannot compare {path} {sign} {operand!r}")
        return _comparison(path, sign, kind, operand)


def _words(path: str, words: str) -> _Test:
    tests: dict[str, _Test] = {
        "IS NULL": lambda found: found is None,
        "IS TRUE": lambda found: found is True,
        "IS FALSE": lambda found: found is False,
        "NOT EXISTS": lambda found: found is MISSING,
    }
    if words not in tests:
        raise ValueError(f"cannot read {words!r}")
    return lambda value: tests[words](find(path, value))


def _comparison(path: str, sign: str, kind: str, operand: str) -> _Test:
    number = _number(operand) if kind == "word" else None
    if sign in ("=", "!="):
        equal: _Test
        if kind == "regex":
            regex = _regex(operand)
            equal = lambda found: isinstance(found, str) and bool(regex.search(found))  # noqa: E731
        elif number is not None:
            equal = lambda found: _as_number(found) == number  # noqa: E731
        else:
            words = re.compile(re.escape(operand.replace('\\"', '"')).replace(r"\*", ".*"))
            equal = lambda found: isinstance(found, str) and bool(words.fullmatch(found))  # noqa: E731
        if sign == "=":
            return lambda value: equal(find(path, value))
        return lambda value: find(path, value) is not MISSING and not equal(find(path, value))
    tests: dict[str, Callable[[float, float], bool]] = {
        "<": lambda found, limit: found < limit,
        ">": lambda found, limit: found > limit,
        "<=": lambda found, limit: found <= limit,
        ">=": lambda found, limit: found >= limit,
    }
    if sign not in tests or number is None:
        raise ValueError(f"cannot compare {path} {sign} {operand!r}")

    def compared(value: Any) -> bool:
        found = _as_number(find(path, value))
        return found is not None and tests[sign](found, number)

    return compared


def _regex(text: str) -> re.Pattern[str]:
    if not _REGEX.fullmatch(text):
        known = "letters, digits, :_#=@/;,- and the operators ^$?[]{}|\\*+."
        raise ValueError(f"has the expression {text!r}: AWS takes {known}")
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(f"cannot read the expression {text!r}: {error}") from None


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _as_number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and value is not True else None
