"""Filter patterns of CloudWatch Logs: what AWS's pages show is taken, what they exclude is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_lib.log_patterns import check_log_pattern, compiled

ROOT_USE = (
    '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && '
    '$.eventType != "AwsServiceEvent" }'
)


@pytest.mark.parametrize(
    "pattern",
    [
        *("", " ", "ERROR", '"request-id" -z ?w', "%4[0-9]{2}%", "%AUTHORIZED%", "100%"),
        *("{ $.a = 1 }", "{$.a=1}", "{ $.a.b[0].c != 123.123.* }", "{ $.a >= -0.5e3 }"),
        *("{ $.a IS TRUE }", "{ $.a NOT EXISTS }", "{ $.['a.b'] = 1 }", "{ $.a[*] = 1 }"),
        *('{ ($.a = "x y") || ($.b = %^a% && $.c = %b$%) }', ROOT_USE),
        *("[ip, user, ..., status = 4*, bytes > 1000]", "[w1=ERROR, w2]", "[(a=1||a=2), b]"),
        "[a = %4[0-9]{2}%, b = %x%]",
    ],
)
def test_what_cloudwatch_logs_takes(pattern):
    check_log_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("{ $.a == 1 }", "cannot compare"),
        ("{ $.a = 1", "begins with '{' and must end with '}'"),
        ("{ ($.a = 1 }", r"a '\)' is missing"),
        ("{ $.a = 1) }", r"cannot read '\)' there"),
        ("{ }", "ends too early"),
        ("{ $.a }", "ends too early"),
        ("{ $.a = 1 && }", "ends too early"),
        ("{ $.a && $.b }", "is no comparison"),
        ("{ a = 1 }", "'a' is no selector"),
        ("{ $ = 1 }", "is no selector"),
        ("{ $.a[ = 1 }", "is no selector"),
        ("{ $.a > x }", "cannot compare"),
        ("{ $.a > nan }", "cannot compare"),
        ("{ $.a IS ODD }", "cannot read 'IS ODD'"),
        ('{ $.a = "x }', "cannot read"),
        ("{ $.a = %x(y)% }", "AWS takes letters, digits"),
        ("%something!%", "AWS takes letters, digits"),
        ("{ $.a = %a% && $.b = %b% && $.c = %c% }", "has 3 regular expressions, AWS takes 2"),
        ('"x y', "not closed"),
        ("[ip, user", "begins with '\\[' and must end with ']'"),
        ("[ip, , user]", "has a field without a name"),
        ("[]", "has a field without a name"),
        ("[ip, s == 4]", "has '==' where AWS takes '='"),
        ("[(a = 1, b]", "brackets that do not go together"),
        ('[a = "x, b]', "not closed"),
        ("[a = %x(%]", "AWS takes letters, digits"),
    ],
)
def test_what_it_does_not(pattern, told):
    with pytest.raises(ValueError, match=told):
        check_log_pattern(pattern)


PARTS = ["{", "}", "[", "]", "(", ")", "$.a", "$", "=", "==", "!=", ">", "&&", "||", "IS", "NULL"]
PARTS += ["1", "x*", '"', '"a b"', "%a+%", "%(%", ",", "...", "-", "?", "NOT", "EXISTS", " ", "é"]


@given(st.lists(st.sampled_from(PARTS), max_size=8).map(" ".join) | st.text(max_size=12))
def test_any_text_is_taken_or_refused_in_words_and_what_is_taken_is_read(text):
    try:
        check_log_pattern(text)
    except ValueError as problem:
        assert str(problem)
        with pytest.raises(ValueError, match=r"."):
            compiled(text)
    else:
        # Fields between spaces are not imitated, which the local cloud says.
        if not text.strip().startswith("["):
            assert compiled(text)('{"a": 1}') in (True, False)
