"""Feeds a function from a stream, as Lambda's poller does: each shard in order, in lanes by key.

A lane goes on only when a batch is done or given up. AWS does not say how long it waits between
tries; here it is a second first, then twice as long each time, up to a minute.
https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

import zlib
from collections.abc import Mapping
from dataclasses import replace

from platform_lib.local.dataplane.pollers.mappings import Settings
from platform_lib.local.dataplane.pollers.stream_lane import Lane
from platform_lib.local.dataplane.pollers.stream_mapping import StreamMapping, StreamTools
from platform_lib.local.dataplane.pollers.streams import Record, Shard


class StreamPoller:
    """Polls one stream for one mapping. All of it runs in the data plane's loop.

    Args:
        settings: The mapping.
        ends: The number of the last record of each shard when the mapping was made.
        tools: What it works with.
    """

    def __init__(self, settings: Settings, ends: Mapping[str, int], tools: StreamTools) -> None:
        self.mapping = StreamMapping(settings, tools)
        self._read = dict(ends) if settings.starting_position == "LATEST" else {}
        self._lanes: dict[str, list[Lane]] = {}

    @property
    def settings(self) -> Settings:
        """The mapping as it is now."""
        return self.mapping.settings

    def change(self, settings: Settings) -> None:
        """Go on with other settings, from where it is."""
        self.mapping.change(settings)
        self.wake()

    def stop(self) -> None:
        """Take no more records; what is being worked on is finished."""
        self.mapping.settings = replace(self.settings, enabled=False)

    def wake(self) -> None:
        """Read what came, and let lanes work that can."""
        if not self.settings.enabled:
            return
        shards = {
            shard.id: shard for shard in self.mapping.tools.streams.shards(self.settings.source)
        }
        for shard in shards.values():
            if all(self._is_done(shards[each]) for each in shard.parents if each in shards):
                self._feed(shard)
        for id in self._lanes.keys() - shards.keys():
            # Its stream is gone: what was read of it is worked off all the same.
            for lane in self._lanes[id]:
                lane.wake()

    def _is_done(self, shard: Shard) -> bool:
        """Whether a closed shard is worked off, so that what it became can be begun."""
        lanes = self._lanes.get(shard.id, [])
        return (
            not shard.open
            and self._read.get(shard.id, 0) >= shard.end
            and all(lane.empty for lane in lanes)
        )

    def _feed(self, shard: Shard) -> None:
        lanes = self._lanes.setdefault(shard.id, [])
        if len(lanes) != self.settings.lanes and all(lane.empty for lane in lanes):
            # Only now: a key that moved to another lane would overtake itself.
            lanes[:] = [
                Lane(self.mapping, shard.id, self.wake) for _ in range(self.settings.lanes)
            ]
        for record in shard.after(self._read.get(shard.id, 0)):
            self._read[shard.id] = record.number
            if self._wants(record):
                lanes[zlib.crc32(record.key.encode()) % len(lanes)].add(record)
        for lane in lanes:
            lane.wake()

    def _wants(self, record: Record) -> bool:
        settings = self.settings
        begins = settings.starting_position == "AT_TIMESTAMP" and settings.starting_timestamp
        return record.arrived >= begins and settings.lets_through(record.filtered)
