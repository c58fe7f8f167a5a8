"""What an image of ours starts by: it finds the keys of JSON secrets, then becomes the command.

ECS can take a key out of a JSON secret itself, and makes text of it as Go prints it: of
123456789012 comes 1.23456789012e+11, of an object map[...]. So a task gets such a secret whole,
and here a value that is no string becomes its JSON, as it does on an instance and a function.
"""

import json
import os
import sys


def find_keys() -> None:
    """Set each variable that is a key of a secret, and forget the secrets themselves."""
    keys = json.loads(os.environ.pop("PLATFORM_SECRET_KEYS", "{}"))
    for variable, key in keys.items():
        secret = os.environ.pop(f"PLATFORM_SECRET_{variable}")
        try:
            value = json.loads(secret)[key]
        except (ValueError, TypeError, LookupError):
            # Not the secret, nor a parser's excerpt of it: this line goes to the log.
            sys.exit(
                f"platform: the secret for {variable} is not a JSON object with a key {key!r}"
            )
        os.environ[variable] = value if isinstance(value, str) else json.dumps(value)


def main() -> None:
    """Find the keys, then run the command that stands behind."""
    find_keys()
    program, *words = sys.argv[1:]
    if program in ("python", "python3"):
        program = sys.executable
    try:
        os.execvp(program, [program, *words])  # noqa: S606 - the image's own command, no shell
    except OSError as problem:
        sys.exit(f"platform: cannot start {program!r}: {problem.strerror}")


if __name__ == "__main__":
    main()
