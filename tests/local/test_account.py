"""What the imitated account needs of the process that it is in."""

import os
import subprocess
import sys

PROGRAM = """
import os
from platform_lib.local.account import Account

with Account() as account:
    print(account.client("sqs").create_queue(QueueName="q")["QueueUrl"].rpartition("/")[2])
print(os.environ["AWS_PROFILE"], os.environ["AWS_DEFAULT_PROFILE"])
"""


def test_a_profile_that_is_not_there_stops_nothing():
    named = {"AWS_PROFILE": "of-another-machine", "AWS_DEFAULT_PROFILE": "neither"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, **named},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == ["q", "of-another-machine neither"], done.stderr
