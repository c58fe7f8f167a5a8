"""Finds what apps wrote last: in the memory of those that run, and in the account's log groups."""

from collections.abc import Mapping, Sequence
from typing import Any

from platform_lib.local.dataplane.logs import Log
from platform_lib.local.errors import LocalCloudError


class LastLines:
    """What can be read now.

    Args:
        live: The logs of the copies that run, each with its app's name.
        functions: Function -> its log group.
        groups: moto's log groups by name.
    """

    def __init__(
        self,
        live: Sequence[tuple[str, Log]],
        functions: Mapping[str, str],
        groups: Mapping[str, Any],
    ) -> None:
        # Who wrote last stands last, where the end of what is read is looked at first.
        self._live = sorted(live, key=lambda each: each[1].written)
        self._functions = functions
        self._groups = groups

    def names(self) -> list[str]:
        """Return the name of each app and of each log group."""
        live = {word for name, log in self._live for word in (name, log.group) if word}
        return sorted({*live, *self._functions, *self._groups})

    def read(self, wanted: Sequence[str], lines: int, *, titles: bool = False) -> list[str]:
        """Return the last lines of apps and log groups, of each copy and group so many.

        Args:
            wanted: Their names, or the part of these before a `-`.
            lines: How many of each.
            titles: Whether each log begins with a line that names it, where there are several.

        Raises:
            LocalCloudError: A name is nobody's.
        """
        names = {name for one in wanted for name in self._meant(one)}
        logs = [log for name, log in self._live if name in names or log.group in names]
        groups = {group for name, group in self._functions.items() if name in names}
        groups = (groups | names) & set(self._groups)
        read: dict[str, list[str]] = {group: self._ended(group, lines) for group in sorted(groups)}
        for name, log in self._live:
            if log in logs:
                title = log.group if log.group in groups else name
                read.setdefault(title, []).extend(log.tail(lines))
        read = {title: part for title, part in read.items() if part}
        if titles and len(read) > 1:
            read = {title: [f"==> {title} <==", *part] for title, part in read.items()}
        return [line for part in read.values() for line in part]

    def _meant(self, wanted: str) -> list[str]:
        names = self.names()
        found = [name for name in names if name == wanted]
        found = found or [name for name in names if name.startswith(f"{wanted}-")]
        if not found:
            there = f"there are {', '.join(names)}" if names else "nothing is here yet"
            raise LocalCloudError(f"no app and no log group is called {wanted}: {there}")
        return found

    def _ended(self, group: str, lines: int) -> list[str]:
        """Return what a group holds of others than those that run, such as access logs."""
        live = {log.stream for _, log in self._live if log.group == group}
        streams = [s for name, s in list(self._groups[group].streams.items()) if name not in live]
        events = [event for stream in streams for event in list(stream.events)]
        events.sort(key=lambda event: event.timestamp)
        # As of those that run: a trace is one event, with returns between its lines.
        kept = [line for event in events for line in str(event.message).split("\r")]
        return kept[-lines:]
