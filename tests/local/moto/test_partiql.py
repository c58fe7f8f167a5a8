"""PartiQL that writes: what it does to an item, and what it refuses."""

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def table(lab):
    return Table(lab)


class Table:
    def __init__(self, lab):
        self.client = lab.client("dynamodb")
        made = lab.state(
            "aws:dynamodb/table:Table",
            billingMode="PAY_PER_REQUEST",
            hashKey="id",
            rangeKey="at",
            attributes=[{"name": "id", "type": "S"}, {"name": "at", "type": "N"}],
        )
        self.name = made["name"]
        self.put({"id": {"S": "a"}, "at": {"N": "1"}, "n": {"N": "5"}, "l": {"L": [{"N": "1"}]}})

    def put(self, item):
        self.client.put_item(TableName=self.name, Item=item)

    def do(self, statement, *parameters):
        more = {"Parameters": list(parameters)} if parameters else {}
        statement = statement.replace(" T ", f' "{self.name}" ', 1)
        return self.client.execute_statement(Statement=statement, **more)["Items"]

    def item(self, at=1):
        key = {"id": {"S": "a"}, "at": {"N": str(at)}}
        return self.client.get_item(TableName=self.name, Key=key).get("Item")


WHERE = "WHERE id = 'a' AND at = 1"


@pytest.mark.parametrize(
    ("change", "name", "value"),
    [
        ("SET n=7", "n", {"N": "7"}),
        ("SET n = n + 2", "n", {"N": "7"}),
        ("SET n=n-2", "n", {"N": "3"}),
        ("SET n = -3", "n", {"N": "-3"}),
        ("SET s='it''s'", "s", {"S": "it's"}),
        ("set b = true", "b", {"BOOL": True}),
        ("SET b=NULL", "b", {"NULL": True}),
        ("SET m={'a': [1, 'x', {'b': false}]}", "m", {"M": {"a": {"L": [{"N": "1"}, {"S": "x"}, {"M": {"b": {"BOOL": False}}}]}}}),
        ("SET l[0] = 9", "l", {"L": [{"N": "9"}]}),
        ("SET l = list_append(l, [2])", "l", {"L": [{"N": "1"}, {"N": "2"}]}),
        ("SET s = <<'x', 'y'>>", "s", {"SS": ["x", "y"]}),
        ("SET z = set_add(z, <<1, 2>>)", "z", {"NS": ["1", "2"]}),
        ('SET "quoted name" = 1', "quoted name", {"N": "1"}),
        ("SET x = 1 SET n = 6", "n", {"N": "6"}),
        ("SET x = 1, n = 6", "n", {"N": "6"}),
        ("REMOVE n", "n", None),
        ("SET x = 1 REMOVE n", "n", None),
    ],
)  # fmt: skip
def test_an_update(table, change, name, value):
    assert table.do(f"UPDATE T {change} {WHERE}") == []
    found = table.item().get(name)
    if value and "SS" in value:
        found["SS"].sort()
    assert found == value


def test_parameters_are_taken_in_their_order(table):
    where = ({"S": "a"}, {"N": "1"})
    table.do("UPDATE T SET n = n + ?, s = ? WHERE id=? AND at=?", {"N": "4"}, {"S": "x"}, *where)
    assert (table.item()["n"], table.item()["s"]) == ({"N": "9"}, {"S": "x"})
    table.do("INSERT INTO T VALUE {'id': ?, 'at': ?, 'n': 1}", {"S": "a"}, {"N": "2"})
    assert table.item(2)["n"] == {"N": "1"}
    table.do("DELETE FROM T WHERE id=? AND at=?", {"S": "a"}, {"N": "2"})
    assert table.item(2) is None


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("n = 5", True),
        ("n <> 5", False),
        ("n != 5", False),
        ("n >= 5 AND n<6", True),
        ("n BETWEEN 5 AND 6", True),
        ("n IN [4, 5]", True),
        ("n IN (4, 6)", False),
        ("x IS MISSING", True),
        ("n IS NOT MISSING", True),
        ("n IS NULL", False),
        ("NOT n = 5", False),
        ("(n = 4 OR n = 5)", True),
        ("attribute_type(n, 'S')", False),
        ("begins_with(id, 'a')", True),
        ("contains(l, 1)", True),
    ],
)
def test_the_rest_of_the_condition_has_to_hold(table, condition, holds):
    update = f"UPDATE T SET n = 0 {WHERE} AND {condition}"
    if holds:
        table.do(update)
    else:
        with pytest.raises(ClientError, match="ConditionalCheckFailed"):
            table.do(update)
    assert table.item()["n"] == {"N": "0" if holds else "5"}


@pytest.mark.parametrize(
    ("returning", "found"),
    [
        ("ALL OLD", {"n": {"N": "5"}, "rest": True}),
        ("ALL NEW", {"n": {"N": "6"}, "rest": True}),
        ("MODIFIED OLD", {"n": {"N": "5"}, "rest": False}),
        ("MODIFIED NEW", {"n": {"N": "6"}, "rest": False}),
    ],
)
def test_what_is_asked_for_comes_back(table, returning, found):
    [item] = table.do(f"UPDATE T SET n = n + 1 {WHERE} RETURNING {returning} *")
    assert item["n"] == found["n"]
    assert ("id" in item) is found["rest"]
    [gone] = table.do(f"DELETE FROM T {WHERE} RETURNING ALL OLD *")
    assert gone["n"] == {"N": "6"}
    assert table.do(f"DELETE FROM T {WHERE} RETURNING ALL OLD *") == []


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("INSERT INTO T VALUE {'id': 'a', 'at': 1}", "DuplicateItemException"),
        ("UPDATE T SET n = 1 WHERE id = 'gone' AND at = 1", "ConditionalCheckFailedException"),
        ("UPDATE T SET n = 1 WHERE id = 'a'", "mandatory equality on all key attributes"),
        ("UPDATE T SET n = 1 WHERE id = 'a' AND at > 0", "mandatory equality"),
        ("DELETE FROM T WHERE n = 5", "mandatory equality"),
        ("UPDATE T SET n = ? WHERE id = 'a' AND at = 1", "Number of parameters"),
        ("UPDATE T WHERE id = 'a' AND at = 1", "wasn't well formed"),
        ("UPDATE T SET n = 1 WHERE id = 'a' AND at = 1 LIMIT 1", "wasn't well formed"),
        ("UPDATE T SET n 1 WHERE id = 'a' AND at = 1", "wasn't well formed"),
    ],
)
def test_a_statement_that_is_refused_changes_nothing(table, statement, code):
    before = table.item()
    with pytest.raises(ClientError, match=code):
        table.do(statement)
    assert table.item() == before
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        table.client.execute_statement(Statement="UPDATE none SET n = 1 WHERE id = 'a'")


def test_reading_needs_no_spaces_and_a_batch_tells_each_fate(table):
    [found] = table.do("SELECT n FROM T WHERE id='a'")
    assert found == {"n": {"N": "5"}}
    statements = (
        f'UPDATE "{table.name}" SET n = n + 1 {WHERE}',
        f"UPDATE \"{table.name}\" SET n = 1 WHERE id = 'b' AND at = 1",
    )
    asked = [{"Statement": each} for each in statements]
    done, refused = table.client.batch_execute_statement(Statements=asked)["Responses"]
    assert "Error" not in done
    assert refused["Error"]["Code"] == "ConditionalCheckFailed"
    assert table.item()["n"] == {"N": "6"}
