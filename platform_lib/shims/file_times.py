"""The time of a file, made of its content, and what that means to browsers that ask by it.

A bundle is byte for byte the same wherever and whenever it is made, so no clock gives its files
their times. But frameworks make a file's ETag of its time and size: other content needs another
time, the same on every instance and on every target.

All these times lie ahead. A browser that is told no lifetime keeps a file for a tenth of its age
(RFC 9111, section 4.2.2), which of a file of 1980 is years; and a date that is later than now is
told from one that means something. They have no order: by If-Modified-Since, half of all changes
would read as older than what the browser has.

`python file_times.py FOLDER` gives the files of a folder their times.
"""

import hashlib
import os
import sys
import time

_FIRST = 2_019_686_400
"""2034-01-01; some file systems end in January of 2038."""
_SPAN = 1461 * 86_400
_STEP = 2
"""Seconds: a zip knows no finer time."""


def content_time(content: bytes) -> int:
    """Give the time of a file with this content, in seconds since 1970."""
    number = int.from_bytes(hashlib.sha256(content).digest()[:8], "big")
    return _FIRST + number % (_SPAN // _STEP) * _STEP


def is_ahead(date: str) -> bool:
    """Whether a date of a header is later than now: then If-Modified-Since asks for nothing."""
    from email.utils import parsedate_tz

    parsed = parsedate_tz(date)
    return parsed is not None and parsed[:6] > time.gmtime()[:6]


def set_times(folder: str) -> None:
    """Give every file its time."""
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            if not os.path.islink(path):
                with open(path, "rb") as file:
                    moment = content_time(file.read())
                os.utime(path, (moment, moment))


if __name__ == "__main__":
    set_times(sys.argv[1])
