"""What a row of one's own is made of; `docs/local_cloud.md` shows one.

Rows are the local cloud's inside, so they may change with any release.
"""

from platform_lib.local.provider.calls import call_aws
from platform_lib.local.provider.row import Call, Look, Name, Row, Tags, because

__all__ = ["Call", "Look", "Name", "Row", "Tags", "because", "call_aws"]
