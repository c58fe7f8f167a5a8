"""What becomes of an event that cannot be delivered: it is in the dead letters, or it is lost."""

from collections.abc import Awaitable, Callable

from platform_lib.local.dataplane.delivery.destinations import Refusal


async def give_up(
    line: str,
    home: str | None,
    *,
    missing: str,
    send: Callable[[str], Awaitable[Refusal | None]],
    say: Callable[[str], None],
) -> None:
    """Bring an event to its dead letters, and say in a line what became of it.

    Args:
        line: Why it could not be delivered, and what it is: the line goes on with "is in ..." or
            "is lost".
        home: ARN of the dead letters; None or empty where there are none.
        missing: What is lacking where there are none.
        send: Sends the event there.
        say: Shows the line.
    """
    if not home:
        say(f"{line} is lost: {missing}")
        return
    refusal = await send(home)
    place = home.rpartition(":")[2]
    say(f"{line} is lost, because {refusal.message}" if refusal else f"{line} is in {place}")
