import asyncio
import json
import time

import pytest

from platform_lib.local.account import Account
from platform_lib.local.clock import Clock, backoff
from platform_lib.local.dataplane import DataPlane


def with_clock(story):
    """Run a story with a clock; return what the clock said."""
    said = []

    async def run():
        clock = Clock(asyncio.get_running_loop(), said.append)
        await story(clock)
        await clock.stop()

    asyncio.run(run())
    return said


def test_a_wait_doubles_up_to_the_longest_however_often():
    assert [backoff(0.5, doublings, 30.0) for doublings in range(8)] == [
        *(0.5, 1.0, 2.0, 4.0, 8.0, 16.0),
        *(30.0, 30.0),
    ]
    assert backoff(0.5, 100_000, 30.0) == 30.0


def test_what_falls_due_runs_in_order_of_time_each_with_what_it_sets_off():
    async def story(clock):
        began, seen = clock.now(), []

        def note(what):
            seen.append((what, round(clock.now() - began)))

        async def work():
            await asyncio.sleep(0)
            note("work of the first")
            clock.call_later(10, lambda: note("set off"))

        clock.call_later(120, lambda: note("third"))
        clock.call_later(60, lambda: (note("first"), clock.track(work())))
        clock.call_later(500, lambda: note("never"))
        cancelled = clock.call_later(65, lambda: note("cancelled"))
        cancelled.cancel()
        await clock.advance(300)
        assert seen == [
            ("first", 60),
            ("work of the first", 60),
            ("set off", 70),
            ("third", 120),
        ]
        assert round(clock.now() - began) == 300
        await clock.advance(150)
        assert len(seen) == 4
        await clock.advance(60)
        assert seen[-1] == ("never", 500)

    assert with_clock(story) == []


def test_what_the_loop_was_told_before_is_waited_for():
    async def story(clock):
        seen = []

        async def work():
            await asyncio.sleep(0)
            seen.append("done")

        clock.call_later(60, lambda: asyncio.get_running_loop().call_soon(clock.track, work()))
        await clock.advance(60)
        assert seen == ["done"]
        asyncio.get_running_loop().call_soon(clock.track, work())
        await clock.settle()
        assert seen == ["done", "done"]

    assert with_clock(story) == []


def test_a_timer_that_makes_the_next_fires_as_often_as_it_is_due():
    async def story(clock):
        seen = []

        def again():
            seen.append(clock.now())
            clock.call_at(seen[-1] + 60, again)

        clock.call_later(60, again)
        await clock.advance(3630)
        assert len(seen) == 60

    with_clock(story)


def test_settle_waits_for_work_and_what_it_starts_and_not_for_timers():
    async def story(clock):
        seen = []

        async def second():
            await asyncio.sleep(0.01)
            seen.append("second")

        async def first():
            await asyncio.sleep(0.01)
            seen.append("first")
            clock.track(second())

        async def finish():
            if seen == ["first", "second"]:
                clock.track(second())

        clock.before_settled(finish)
        clock.call_later(1e6, lambda: seen.append("timer"))
        clock.track(first())
        await clock.settle()
        assert seen == ["first", "second", "second"]

    with_clock(story)


def test_work_that_the_loop_is_asked_for_counts():
    async def story(clock):
        seen = []

        async def work():
            seen.append("done")

        loop = asyncio.get_running_loop()
        clock.call_later(1, lambda: loop.call_soon_threadsafe(clock.track, work()))
        await clock.advance(2)
        assert seen == ["done"]

    with_clock(story)


def test_real_time_fires_timers_too():
    async def story(clock):
        fired = asyncio.Event()
        clock.call_later(3600, lambda: None)
        clock.call_later(0.01, fired.set)
        await asyncio.wait_for(fired.wait(), 20)
        again = asyncio.Event()
        clock.call_at(0, again.set)
        await asyncio.wait_for(again.wait(), 20)

    with_clock(story)


def test_work_that_fails_is_told_and_time_does_not_go_back():
    async def story(clock):
        async def fail():
            raise KeyError("sky")

        clock.track(fail())
        await clock.settle()
        with pytest.raises(ValueError, match="forward"):
            await clock.advance(-1)

    assert with_clock(story) == ["the local cloud failed at its own work: KeyError: 'sky'"]


def test_queues_live_by_the_clock(tmp_path):
    with Account() as account:
        plane = DataPlane(account, tmp_path, print, docker=False)
        plane.start()
        sqs = account.client("sqs")
        url = sqs.create_queue(QueueName="jobs", Attributes={"VisibilityTimeout": "90"})[
            "QueueUrl"
        ]

        def receive():
            found = sqs.receive_message(
                QueueUrl=url, MessageSystemAttributeNames=["SentTimestamp"]
            ).get("Messages", [])
            return [each["Attributes"]["SentTimestamp"] for each in found]

        sqs.send_message(QueueUrl=url, MessageBody="one")
        [sent] = receive()
        assert abs(int(sent) / 1000 - time.time()) < 60
        plane.advance(60)
        assert receive() == []
        plane.advance(31)
        assert receive() == [sent]
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps("later"), DelaySeconds=300)
        assert receive() == []
        plane.advance(301)
        assert len(receive() + receive()) == 2
        plane.stop()

        from moto.sqs import models

        assert models.unix_time.__module__ == "moto.core.utils"
