"""A headless Chromium, driven over its DevTools protocol: enough to use a page as a visitor does."""

import asyncio
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
    "--remote-debugging-port=0",
)


def find_chromium() -> str | None:
    """Path of a Chromium on this machine."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Tab:
    """One page of the browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._sent = 0
        self.complaints: list[str] = []
        """What the browser logged: refused styles, scripts or forms, failed requests."""

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command and return its result."""
        self._sent += 1
        await self._socket.send_json({"id": self._sent, "method": method, "params": params})
        while True:
            message = await self._socket.receive_json(timeout=30)
            if message.get("method") == "Log.entryAdded":
                self.complaints.append(message["params"]["entry"]["text"])
            if message.get("id") == self._sent:
                return dict(message.get("result", {}))

    async def evaluate(self, expression: str) -> Any:
        """Return the value of an expression in the page; None while the page is changing."""
        answer = await self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        return answer.get("result", {}).get("value")

    async def until(self, expression: str, seconds: float = 30) -> None:
        """Wait until an expression is true in the page."""
        end = time.monotonic() + seconds
        while (
            await self.evaluate(f"document.readyState === 'complete' && {expression}") is not True
        ):
            if time.monotonic() > end:
                shown = await self.evaluate("document.body.innerText")
                raise AssertionError(f"never true: {expression}; the page shows: {shown}")
            await asyncio.sleep(0.02)

    async def open(self, url: str) -> None:
        """Go to an address."""
        await self.ask("Log.enable")
        await self.ask("Page.navigate", url=url)
        await self.until(f"location.href.startsWith({json.dumps(url)})")

    async def type(self, selector: str, text: str) -> None:
        """Type into a control, as a keyboard does."""
        await self.evaluate(f"document.querySelector({json.dumps(selector)}).focus()")
        await self.ask("Input.insertText", text=text)


@asynccontextmanager
async def open_tab(chromium: str, *flags: str) -> AsyncIterator[Tab]:
    """A tab of a fresh browser that ends with the block."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [chromium, *FLAGS, *flags, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            port = await _port(Path(profile) / "DevToolsActivePort", process)
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                    pages = [page for page in await answer.json() if page["type"] == "page"]
                async with session.ws_connect(
                    pages[0]["webSocketDebuggerUrl"], max_msg_size=0
                ) as socket:
                    yield Tab(socket)
        finally:
            process.terminate()
            process.wait(10)


async def _port(file: Path, process: subprocess.Popen[bytes]) -> int:
    """Return the port that the browser says it listens on."""
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        lines = file.read_text().splitlines() if file.exists() else []
        if lines:
            return int(lines[0])
        await asyncio.sleep(0.02)
    raise AssertionError(f"Chromium did not start (exit status {process.poll()})")
