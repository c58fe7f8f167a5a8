"""What several files of tests of queues use."""

import asyncio
import threading


class Gate:
    """A handler that waits until it is let on, and knows how many were in it at once."""

    def __init__(self):
        self.inside = self.most = 0
        self.open = threading.Event()

    async def __call__(self, event):
        self.inside += 1
        self.most = max(self.most, self.inside)
        while not self.open.is_set():
            await asyncio.sleep(0.001)
        self.inside -= 1
