"""Lambda's entry over an app, loaded as Lambda does."""

import asyncio
import atexit
import importlib.util
import signal
import sys

import pytest
from shims_kit import write


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Load Lambda's entry over an app's source, as Lambda does."""

    def load_it(source: str, **serving):
        (tmp_path / "main.py").write_text(source)
        write(tmp_path, **serving)
        monkeypatch.syspath_prepend(str(tmp_path))
        # This process goes on.
        monkeypatch.setattr(atexit, "register", lambda _: None)
        monkeypatch.delitem(sys.modules, "main", raising=False)
        file = tmp_path / "_platform" / "handler.py"
        spec = importlib.util.spec_from_file_location("entry_of_a_test", file)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    term = signal.getsignal(signal.SIGTERM)
    yield load_it
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGTERM, term)
    asyncio.set_event_loop(None)
    sys.modules.pop("main", None)
