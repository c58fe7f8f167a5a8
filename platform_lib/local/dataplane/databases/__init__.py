"""Real database servers that stand for those of RDS and ElastiCache.

| file | what |
|---|---|
| `databases.py` | which run, and where they answer |
| `server.py` | one server: its folder, its process, its user |
| `postgres.py` | PostgreSQL: found, prepared, asked whether it takes logins |
| `redis.py` | Redis or Valkey |
"""

from platform_lib.local.dataplane.databases.databases import Databases

__all__ = ["Databases"]
