"""Clients of AWS services, as an app that somebody waits for needs them."""

import os
from typing import Any


def make_client(service: str, *, connections: int = 10) -> Any:
    """Make a client; whoever asks keeps it, for its connections are worth more than itself.

    boto3 takes a few hundred milliseconds to load, so it is not loaded before somebody asks.
    """
    import boto3
    from botocore.config import Config

    # Nobody here can wait for boto3's defaults of a minute and five tries.
    config = Config(
        connect_timeout=2,
        read_timeout=5,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=connections,
    )
    # boto3 itself reads only the second variable. A session of our own, because the shared
    # default one must not be used by two threads at once.
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return boto3.Session(region_name=region).client(service, config=config)
