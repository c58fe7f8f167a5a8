"""Publishes what was written in the last day. Environment: TABLE_NAME, DIGEST_TOPIC_ARN."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from notes.clients import make_client
from notes.digest import compose, read_day
from notes.store import open_store

from workers.logs import json_log

LOG = json_log()
STORE = open_store()
TOPIC_ARN = os.environ["DIGEST_TOPIC_ARN"]
SNS = make_client("sns")


def handler(event: Mapping[str, Any], _: Any) -> dict[str, Any]:
    """Publish the notes of the day before `time`; a day without notes is not spoken of.

    `time` is when the schedule was due: what is tried again an hour later tells of the same day.
    Without it the day ends now.
    """
    end = datetime.fromisoformat(event["time"]) if "time" in event else datetime.now(UTC)
    notes = read_day(STORE, end)
    if notes:
        digest = compose(notes, end)
        SNS.publish(TopicArn=TOPIC_ARN, Subject=digest.subject, Message=digest.text)
    LOG.info("read", extra={"fields": {"end": end, "notes": len(notes)}})
    return {"notes": len(notes)}
