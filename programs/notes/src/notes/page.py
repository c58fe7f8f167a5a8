"""The page as HTML. Jinja2 escapes all that it is given."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from notes.note import MAX_CHARACTERS
from notes.store import Page

if TYPE_CHECKING:
    from jinja2 import Template

_HERE = Path(__file__).parent

# The style is part of the page: one request fewer, and its hash in the Content-Security-Policy
# keeps any other style out.
_STYLE = (_HERE / "page.css").read_text(encoding="utf-8")
STYLE_HASH = "sha256-" + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


def render(
    page: Page,
    served_by: Mapping[str, str],
    *,
    older: bool = False,
    text: str = "",
    problem: str = "",
) -> str:
    """Return the page: a form that holds `text` and says `problem`, and the notes below it."""
    return _template().render(
        page=page,
        served_by=served_by,
        older=older,
        text=text,
        problem=problem,
        max_characters=MAX_CHARACTERS,
        style=_STYLE,
    )


@cache
def _template() -> "Template":
    """Compile the template at the first page: who only uses the API never waits for it."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string((_HERE / "page.html").read_text(encoding="utf-8"))
