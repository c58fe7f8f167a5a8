"""Values of every shape in one JSON secret, and the text that each is on every target."""

import json

VALUES = {
    "text": 'p%ss "word" $1 `x` \\ é',
    "number": 123456789012,
    "fraction": 0.5,
    "truth": True,
    "nothing": None,
    "object": {"user": "a", "ports": [1, 2000000]},
}
SECRET = json.dumps(VALUES)
KEYS = {name.upper(): name for name in VALUES}
TEXTS = {
    "TEXT": 'p%ss "word" $1 `x` \\ é',
    "NUMBER": "123456789012",
    "FRACTION": "0.5",
    "TRUTH": "true",
    "NOTHING": "null",
    "OBJECT": '{"user": "a", "ports": [1, 2000000]}',
}
