"""Rows and look-ups of the user's own: from the program's project, or from an installed package.

A file of `local_rows/` beside the `Pulumi.yaml`, and what an entry point of the group
`platform_lib.local_rows` names, may have `ROWS`, rows of `platform_lib.local.rows`, and `INVOKES`,
a mapping of a token to the function that answers it.
"""

import runpy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from platform_lib.local.errors import LocalCloudError
from platform_lib.local.provider.invokes import Answer
from platform_lib.local.provider.row import Row

GROUP: Final = "platform_lib.local_rows"


@dataclass
class Own:
    """What the user adds: these go before the local cloud's own.

    Attributes:
        rows: Type token -> its row.
        invokes: Token of a look-up -> the function that answers it.
    """

    rows: dict[str, Row] = field(default_factory=dict)
    invokes: dict[str, Answer] = field(default_factory=dict)

    def add(self, where: str, found: Mapping[str, Any]) -> None:
        """Take what a module has.

        Raises:
            LocalCloudError: It is something else than rows and functions.
        """
        for row in found.get("ROWS", ()):
            if not isinstance(row, Row):
                raise LocalCloudError(f"{where}: ROWS holds {type(row).__name__}, not rows alone")
            self.rows[row.type] = row
        for token, answer in dict(found.get("INVOKES", {})).items():
            if not callable(answer):
                raise LocalCloudError(f"{where}: INVOKES[{token!r}] is no function")
            self.invokes[token] = answer


def installed() -> Own:
    """Gather what installed packages bring.

    Raises:
        LocalCloudError: One cannot be imported.
    """
    own = Own()
    for point in metadata.entry_points(group=GROUP):
        where = f"entry point {point.name} of {GROUP}"
        with _named(where):
            own.add(where, vars(point.load()))
    return own


def read_project(root: Path, own: Own) -> None:
    """Read the rows of a program's project anew.

    Raises:
        LocalCloudError: A file of it cannot be run.
    """
    for path in sorted((root / "local_rows").glob("*.py")):
        with _named(str(path)):
            own.add(str(path), runpy.run_path(str(path)))


@contextmanager
def _named(where: str) -> Iterator[None]:
    """Say in one line where the user's own code failed."""
    try:
        yield
    except LocalCloudError:
        raise
    except Exception as problem:
        raise LocalCloudError(f"{where}: {type(problem).__name__}: {problem}") from problem
