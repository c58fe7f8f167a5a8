"""PartiQL that writes, put into the words of PutItem, UpdateItem and DeleteItem.

moto's parser knows a few forms of it: `SET n = n + 1`, a number or a parameter in an INSERT, and a
parameter in a DELETE fail; an item that is not there is updated, one that is there is made anew.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Value = dict[str, Any]
"""An attribute's value as the API has it, such as `{"S": "text"}`."""

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^']|'')*')|(?P<name>"(?:[^"]|"")*")|(?P<word>[A-Za-z_][\w$]*)
    |(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<sign><<|>>|<>|<=|>=|!=|[-+=<>{}\[\](),.:*?]))""",
    re.VERBOSE,
)
_COMPARED: Final = ("=", "<>", "!=", "<", "<=", ">", ">=")


class StatementError(Exception):
    """The statement is none that DynamoDB or this module knows."""


@dataclass(frozen=True)
class Term:
    """A part of an expression; an equality has a name and a value, a path or a value its own."""

    text: str
    name: str = ""
    value: Value | None = None


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What a statement does.

    Attributes:
        kind: `INSERT`, `UPDATE` or `DELETE`.
        table: The table's name.
        item: What an INSERT puts.
        update: The update expression of an UPDATE.
        changed: Names of the attributes that it changes.
        where: The terms that have to hold, each.
        names: The names that stand for `#n0` and so on.
        values: The values that stand for `:v0` and so on.
        returned: `ALL OLD` and so on; empty where nothing is.
    """

    kind: str
    table: str
    item: Mapping[str, Value] = field(default_factory=dict)
    update: str = ""
    changed: Sequence[str] = ()
    where: Sequence[Term] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Value] = field(default_factory=dict)
    returned: str = ""


def writes(text: str) -> bool:
    """Whether a statement is one of these; what reads is left to moto."""
    return text.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE")


def spaced(text: str) -> str:
    """Put spaces around what compares, which moto's parser needs."""
    return re.sub(
        r"""('(?:[^']|'')*'|"(?:[^"]|"")*")|\s*(<>|<=|>=|!=|=|<|>)\s*""",
        lambda found: found[1] or f" {found[2]} ",
        text,
    )


def parse(text: str, parameters: Sequence[Value]) -> Statement:
    """Read a statement that writes.

    Raises:
        StatementError: It cannot be read, or has not as many parameters as it names.
    """
    return _Parser(text, parameters).statement()


class _Parser:
    def __init__(self, text: str, parameters: Sequence[Value]) -> None:
        self._tokens: list[tuple[str, str]] = []
        at = 0
        text = text.strip().rstrip(";").rstrip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise StatementError(f"Unexpected token at {text[at : at + 20]!r}")
            self._tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
            at = found.end()
        self._at = 0
        self._parameters = list(parameters)
        self._names: dict[str, str] = {}
        self._values: dict[str, Value] = {}

    def statement(self) -> Statement:
        kind = self._one_of("INSERT", "UPDATE", "DELETE")
        more = getattr(self, f"_{kind.lower()}")()
        returned = ""
        if self._accept("RETURNING"):
            which = f"{self._one_of('ALL', 'MODIFIED')} {self._one_of('OLD', 'NEW')}"
            self._need("*")
            returned = which
        if self._at < len(self._tokens):
            raise StatementError(f"Unexpected {self._tokens[self._at][1]!r}")
        if self._parameters:
            raise StatementError("Number of parameters in request and statement don't match.")
        return Statement(
            kind=kind, **more, names=self._names, values=self._values, returned=returned
        )

    def _insert(self) -> dict[str, Any]:
        self._need("INTO")
        table = self._name()
        self._need("VALUE")
        return {"table": table, "item": self._value()["M"]}

    def _update(self) -> dict[str, Any]:
        table = self._name()
        clauses: dict[str, list[str]] = {}
        changed: list[str] = []
        while (word := self._word()) in ("SET", "REMOVE"):
            self._at += 1
            while True:
                changed.append(self._tokens[self._at][1].strip('"'))
                kind, text = self._set() if word == "SET" else ("REMOVE", self._path()[0])
                clauses.setdefault(kind, []).append(text)
                if not self._accept(","):
                    break
        if not clauses:
            raise StatementError("Expected SET or REMOVE")
        update = " ".join(f"{kind} {', '.join(texts)}" for kind, texts in clauses.items())
        return {"table": table, "update": update, "changed": changed, "where": self._where()}

    def _delete(self) -> dict[str, Any]:
        self._need("FROM")
        return {"table": self._name(), "where": self._where()}

    def _set(self) -> tuple[str, str]:
        """Read an assignment: its clause in an update expression, and its text there."""
        path, _ = self._path()
        self._need("=")
        if self._word() in ("SET_ADD", "SET_DELETE"):
            clause = "ADD" if self._word() == "SET_ADD" else "DELETE"
            self._at += 1
            self._need("(")
            self._operand()
            self._need(",")
            change = self._operand().text
            self._need(")")
            return clause, f"{path} {change}"
        text = self._operand().text
        while self._peek() in ("+", "-"):
            sign = self._take()
            text = f"{text} {sign} {self._operand().text}"
        return "SET", f"{path} = {text}"

    def _where(self) -> list[Term]:
        self._need("WHERE")
        return self._conjunction()

    def _conjunction(self) -> list[Term]:
        """Read terms that are joined by AND; those of an OR are one term."""
        terms = [self._term()]
        while self._accept("AND"):
            terms.append(self._term())
        if self._word() != "OR":
            return terms
        texts = [" AND ".join(each.text for each in terms)]
        while self._accept("OR"):
            others = [self._term()]
            while self._accept("AND"):
                others.append(self._term())
            texts.append(" AND ".join(each.text for each in others))
        return [Term(" OR ".join(texts))]

    def _term(self) -> Term:  # noqa: PLR0911 - a return for each form
        if self._accept("NOT"):
            return Term(f"NOT {self._term().text}")
        if self._accept("("):
            inner = self._conjunction()
            self._need(")")
            return Term("(" + " AND ".join(each.text for each in inner) + ")")
        left = self._operand()
        if self._accept("IS"):
            return self._is(left)
        if self._accept("BETWEEN"):
            low = self._operand()
            self._need("AND")
            return Term(f"{left.text} BETWEEN {low.text} AND {self._operand().text}")
        if self._accept("IN"):
            closing = {"[": "]", "(": ")"}[self._one_of("[", "(")]
            options = self._listed(closing)
            return Term(f"{left.text} IN ({', '.join(options)})")
        if self._peek() in _COMPARED:
            sign = self._take().replace("!=", "<>")
            right = self._operand()
            text = f"{left.text} {sign} {right.text}"
            return Term(text, left.name, right.value) if sign == "=" else Term(text)
        return Term(left.text)

    def _is(self, left: Term) -> Term:
        negated = self._accept("NOT")
        if self._one_of("MISSING", "NULL") == "MISSING":
            word = "attribute_exists" if negated else "attribute_not_exists"
            return Term(f"{word}({left.text})")
        test = f"attribute_type({left.text}, {self._placed({'S': 'NULL'})})"
        return Term(f"NOT {test}" if negated else test)

    def _operand(self) -> Term:
        """Read a path, a value or a function."""
        kind, text = self._tokens[self._at] if self._at < len(self._tokens) else ("", "")
        constant = kind == "word" and text.upper() in ("TRUE", "FALSE", "NULL")
        if kind in ("name", "word") and not constant:
            if self._tokens[self._at + 1 : self._at + 2] == [("sign", "(")]:
                self._at += 2
                return Term(f"{text.lower()}({', '.join(self._listed(')'))})")
            path, name = self._path()
            return Term(path, name)
        value = self._value()
        return Term(self._placed(value), value=value)

    def _listed(self, closing: str) -> list[str]:
        found = []
        while not self._accept(closing):
            found.append(self._operand().text)
            self._accept(",")
        return found

    def _path(self) -> tuple[str, str]:
        """Read a path: as an expression has it, and its name where it is one name alone."""
        name = self._name()
        path, alone = self._named(name), name
        while self._peek() in (".", "["):
            alone = ""
            if self._take() == ".":
                path += f".{self._named(self._name())}"
            else:
                path += f"[{self._take()}]"
                self._need("]")
        return path, alone

    def _named(self, name: str) -> str:
        place = next((key for key, known in self._names.items() if known == name), None)
        if place is None:
            place = f"#n{len(self._names)}"
            self._names[place] = name
        return place

    def _placed(self, value: Value) -> str:
        place = f":v{len(self._values)}"
        self._values[place] = value
        return place

    def _value(self) -> Value:  # noqa: PLR0911 - a return for each form
        kind, text = self._take_token()
        match kind, text:
            case "text", _:
                return {"S": text[1:-1].replace("''", "'")}
            case "number", _:
                return {"N": text}
            case "sign", "-" | "+":
                return {"N": text.replace("+", "") + self._take()}
            case "sign", "?":
                if not self._parameters:
                    told = "Number of parameters in request and statement don't match."
                    raise StatementError(told)
                return self._parameters.pop(0)
            case "sign", "[":
                return {"L": self._values_until("]")}
            case "sign", "<<":
                members = self._values_until(">>")
                [[type_, _], *_] = [next(iter(each.items())) for each in members]
                return {f"{type_}S": [each[type_] for each in members]}
            case "sign", "{":
                return {"M": self._map()}
        match text.upper():
            case "TRUE" | "FALSE":
                return {"BOOL": text.upper() == "TRUE"}
            case "NULL":
                return {"NULL": True}
        raise StatementError(f"Unexpected {text!r}")

    def _values_until(self, closing: str) -> list[Value]:
        found = []
        while not self._accept(closing):
            found.append(self._value())
            self._accept(",")
        return found

    def _map(self) -> dict[str, Value]:
        found = {}
        while not self._accept("}"):
            key = self._take()[1:-1]
            self._need(":")
            found[key] = self._value()
            self._accept(",")
        return found

    def _name(self) -> str:
        kind, text = self._take_token()
        if kind not in ("name", "word"):
            raise StatementError(f"Expected a name, not {text!r}")
        return text[1:-1].replace('""', '"') if kind == "name" else text

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _word(self) -> str:
        return self._peek().upper()

    def _take(self) -> str:
        return self._take_token()[1]

    def _take_token(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise StatementError("Unexpected end of the statement")
        self._at += 1
        return self._tokens[self._at - 1]

    def _accept(self, word: str) -> bool:
        found = self._word() == word
        self._at += found
        return found

    def _need(self, word: str) -> None:
        self._one_of(word)

    def _one_of(self, *words: str) -> str:
        for word in words:
            if self._accept(word):
                return word
        raise StatementError(f"Expected {' or '.join(words)}, not {self._peek()!r}")
