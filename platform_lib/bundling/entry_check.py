"""Whether the app or handler that was named can be there, as far as reading Python can tell.

Only what is certain is an error. A name that only run time can know passes: one from a star
import, from a module's `__getattr__`, or assigned in a branch.
"""

import ast
import difflib
import re
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from platform_lib.checks import InvalidInput

_APP = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):([A-Za-z_]\w*)(?:\.[A-Za-z_]\w*)*(?:\(\))?")
_HANDLER = re.compile(r"([\w-]+(?:[./][\w-]+)*)\.([A-Za-z_]\w*)")
"""Lambda imports a handler's module by its name as text, which need be no word of Python's."""

_KNOWN = {
    **dict.fromkeys(
        (
            "a2wsgi.WSGIMiddleware",
            "asgiref.wsgi.WsgiToAsgi",
            "blacksheep.Application",
            "django.core.asgi.get_asgi_application",
            "falcon.asgi.App",
            "fastapi.FastAPI",
            "litestar.Litestar",
            "quart.Quart",
            "sanic.Sanic",
            "socketio.ASGIApp",
            "starlette.applications.Starlette",
        ),
        "asgi",
    ),
    **dict.fromkeys(
        (
            "a2wsgi.ASGIMiddleware",
            "bottle.Bottle",
            "bottle.default_app",
            "django.core.wsgi.get_wsgi_application",
            "falcon.App",
            "flask.Flask",
            "socketio.WSGIApp",
        ),
        "wsgi",
    ),
}
"""What makes an app -> how such an app is called."""


@dataclass(frozen=True)
class Entry:
    """Where an app starts: which module, and which name in it."""

    field: str
    text: str
    module: str
    name: str

    def wrong(self, need: str) -> InvalidInput:
        """Make the error that names this entry."""
        return InvalidInput(self.field, self.text, need)


def read_entry(field: str, text: str) -> Entry:
    """Read `package.module:callable` or `:factory()` of an app, `module.function` of a handler."""
    found = (_APP if field == "app" else _HANDLER).fullmatch(text)
    if found is None:
        app = "must be 'package.module:callable', or 'package.module:factory()'"
        raise InvalidInput(field, text, app if field == "app" else "must be 'module.function'")
    return Entry(field, text, found[1].replace("/", "."), found[2])


def check_in_source(entry: Entry, source: Path, python_version: str) -> None:
    """Refuse what the source shows at once: a syntax error, or a name that is not there.

    A module that the source has not may come with a dependency: `check_in_tree` tells.
    """
    top = entry.module.partition(".")[0]
    if top == "__main__" or (top in sys.stdlib_module_names and _brings(source, top)):
        raise entry.wrong(f"Python has a module {top!r} of its own, which it loads: rename yours")
    found = _module_file(source, entry.module)
    if found is not None:
        _check_syntax(entry, source, entry.module, python_version, set())
        _check_name(entry, found, python_version)


def check_in_tree(
    entry: Entry, trees: Sequence[Path], python_version: str, has_python: bool
) -> None:
    """Refuse an entry whose module is neither in the source nor in its dependencies.

    `trees` are the folders in which Python looks, the source's first.
    """
    if entry.module.partition(".")[0] in sys.stdlib_module_names:
        own = _module_file(Path(sysconfig.get_path("stdlib")), entry.module)
        if own is None:
            raise entry.wrong(
                "neither the source nor Python has a module of this name with an app"
            )
        _check_name(entry, own, python_version, written_out=True)
        return
    for tree in trees:
        found = _module_file(tree, entry.module)
        if found is not None:
            _check_name(entry, found, python_version)
            return
        folder = tree.joinpath(*entry.module.split("."))
        if folder.is_dir() or any(folder.parent.glob(f"{folder.name}.*.so")) or _beside(folder):
            return
    lacks = "" if has_python else "the source holds no Python file, and "
    need = f"{lacks}neither the source nor its dependencies have a module {entry.module!r}"
    raise entry.wrong(f"{need}{_nearest(entry.module, trees)}")


def check_interface(entry: Entry, source: Path, given: str | None) -> None:
    """Refuse a given interface where the source shows that the app is called otherwise."""
    if given is None or entry.text.partition(":")[2] != entry.name:
        return
    path = _module_file(source, entry.module)
    found = _shown_interface(path, entry.name) if path is not None else None
    if found not in (None, given):
        need = f"the app {entry.text!r} is {str(found).upper()}: leave 'interface' out"
        raise InvalidInput("interface", given, need)


def _shown_interface(path: Path, name: str) -> str | None:
    """Tell the interface of an app that is bound once, by a plain function or a known class."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return None
    if list(_bound(tree)).count(name) != 1 or _only_run_time_knows(tree):
        return None
    imported = dict(_imported_names(tree))
    for statement in tree.body:
        match statement:
            case ast.FunctionDef(name=bound) | ast.AsyncFunctionDef(name=bound) if bound == name:
                return _interface_of_function(statement)
            case (
                ast.Assign(targets=[ast.Name(id=bound)], value=ast.Call(func=made))
                | ast.AnnAssign(target=ast.Name(id=bound), value=ast.Call(func=made))
            ) if bound == name:
                first, dot, rest = ast.unparse(made).partition(".")
                return _KNOWN.get(f"{imported.get(first, '')}{dot}{rest}")
    return None


def _interface_of_function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str | None:
    args = node.args
    if node.decorator_list or args.vararg or args.defaults or args.kwonlyargs:
        return None
    count, awaits = len(args.posonlyargs) + len(args.args), isinstance(node, ast.AsyncFunctionDef)
    return {(3, True): "asgi", (2, False): "wsgi"}.get((count, awaits))


def _imported_names(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Give each name that a module's imports bind, and what it stands for."""
    for statement in tree.body:
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                top = alias.name.partition(".")[0]
                yield (alias.asname, alias.name) if alias.asname else (top, top)
        elif isinstance(statement, ast.ImportFrom) and not statement.level:
            for alias in statement.names:
                yield alias.asname or alias.name, f"{statement.module}.{alias.name}"


def _brings(source: Path, module: str) -> bool:
    return _module_file(source, module) is not None or (source / module).is_dir()


def _beside(folder: Path) -> bool:
    return any(folder.with_suffix(suffix).is_file() for suffix in (".so", ".pyc"))


def _nearest(module: str, trees: Sequence[Path]) -> str:
    paths = [path for tree in trees for path in tree.iterdir()]
    names = [path.stem for path in paths if path.suffix == ".py" or path.is_dir()]
    near = difflib.get_close_matches(module, names, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _module_file(root: Path, module: str) -> Path | None:
    folder = root.joinpath(*module.split("."))
    for path in (folder / "__init__.py", folder.with_name(f"{folder.name}.py")):
        if path.is_file():
            return path
    return None


def _check_syntax(
    entry: Entry, source: Path, module: str, python_version: str, seen: set[str]
) -> None:
    """Parse a module and what it imports for certain; a branch's import may never happen."""
    if module in seen:
        return
    seen.add(module)
    parent, _, _ = module.rpartition(".")
    if parent:
        _check_syntax(entry, source, parent, python_version, seen)
    path = _module_file(source, module)
    tree = _parsed(entry, path, path.relative_to(source), python_version) if path else None
    if path is None or tree is None:
        return
    package = module if path.name == "__init__.py" else parent
    for statement in tree.body:
        for imported in _imported(statement, package):
            _check_syntax(entry, source, imported, python_version, seen)


def _imported(statement: ast.stmt, package: str) -> Iterator[str]:
    if isinstance(statement, ast.Import):
        yield from (name.name for name in statement.names)
    elif isinstance(statement, ast.ImportFrom):
        base = statement.module or ""
        if statement.level:
            parts = package.split(".")
            above = parts[: len(parts) - statement.level + 1]
            base = ".".join([*above, *([base] if base else [])])
        if base:
            yield base
            yield from (f"{base}.{name.name}" for name in statement.names)


def _parsed(entry: Entry, path: Path, shown: Path, python_version: str) -> ast.Module | None:
    """Parse a file as the target's Python would; None where this Python cannot tell."""
    major, minor = python_version.split(".")
    target = int(major), int(minor)
    text = path.read_bytes()
    try:
        return ast.parse(text, str(shown), feature_version=target)
    except SyntaxError as problem:
        if sys.version_info[:2] < target and _may_be_newer(problem, text):
            return None
        where = f"{shown} line {problem.lineno}"
        raise entry.wrong(f"Python {python_version} cannot read {where}: {problem.msg}") from None
    except ValueError as problem:
        raise entry.wrong(f"Python {python_version} cannot read {shown}: {problem}") from None


_NEWER = re.compile(
    rb"""\b[rR]?[fFtT][rR]?["']   # f-strings may hold more from 3.12 on, t-strings come with 3.14
    |\b(def|class)\s+\w+\s*\[   # type parameters, 3.12
    |\btype\s+\w                # type aliases, 3.12
    |\bexcept\b[^(]*,           # several exceptions without brackets, 3.14
    """,
    re.VERBOSE,
)


def _may_be_newer(problem: SyntaxError, text: bytes) -> bool:
    """Tell whether what this Python cannot read may be syntax that only a later one has."""
    line = problem.lineno or 1
    about = text.splitlines()[max(line - 2, 0) : (problem.end_lineno or line) + 1]
    return problem.msg.startswith("f-string") or any(_NEWER.search(each) for each in about)


def _check_name(entry: Entry, path: Path, python_version: str, written_out: bool = False) -> None:
    """Refuse a name that a module does not bind; `written_out`: it binds no name by run time."""
    tree = _parsed(entry, path, Path(path.name), python_version)
    if tree is None or (not written_out and _only_run_time_knows(tree)):
        return
    names = set(_bound(tree))
    if entry.name in names:
        return
    near = difflib.get_close_matches(entry.name, sorted(names), n=1, cutoff=0.4)
    guess = f"; did you mean {near[0]!r}?" if near else ""
    raise entry.wrong(f"module {entry.module!r} has no {entry.name!r}{guess}")


_RUN_TIME = frozenset({"globals", "locals", "vars", "exec", "eval", "setattr", "__dict__"})


def _only_run_time_knows(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            return True
        if isinstance(node, ast.FunctionDef) and node.name == "__getattr__":
            return True
        if isinstance(node, ast.Name) and node.id in _RUN_TIME:
            return True
        if isinstance(node, ast.Attribute) and node.attr in ("modules", "__dict__", "__setattr__"):
            return True
    return False


def _bound(node: ast.AST) -> Iterator[str]:
    """Give the names that a module's own statements bind, in branches and loops too."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield child.name
            yield from _declared_global(child)
        elif isinstance(child, ast.alias):
            yield child.asname or child.name.partition(".")[0]
        elif isinstance(child, ast.Lambda):
            continue
        else:
            if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
                yield child.id
            elif isinstance(child, ast.MatchAs | ast.MatchStar | ast.ExceptHandler) and child.name:
                yield child.name
            elif isinstance(child, ast.MatchMapping) and child.rest:
                yield child.rest
            yield from _bound(child)


def _declared_global(function: ast.AST) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Global):
            yield from node.names
