"""What we change in moto, which imitates the AWS account: each change one function that says why.

| file | what of moto |
|---|---|
| `patches.py` | all of it, applied once |
| `whole.py` | what it answers to what it does not know, and what it keeps |
| `stores.py` | policies of buckets, keys of log groups |
| `tables.py`, `partiql.py` | DynamoDB: writes that are atomic, statements that write |
| `databases.py` | RDS: where databases answer, and the secrets that it manages |
| `functions.py` | Lambda: what belongs to a version or an alias, and what it forgets |
| `mappings.py` | event source mappings: what was asked for, and what AWS refuses |
| `versions.py` | numbers, snapshots, warm workers, weights of an alias |
| `layers.py` | what a function keeps of its layers |
| `pinned_code.py` | the version of an object that code is taken from |
| `fronts.py` | function URLs of aliases, stages and names of HTTP APIs |
| `networks.py` | EC2: rules of security groups that change |
| `asked.py` | which function, version or alias a request names |
| `sources.py` | what else calls a function: rules, schedules, mail, buckets, streams |
| `ecs_services.py` | ECS: what a service was made with |
| `replacing.py` | the ways in which all of them change moto |
| `time.py` | queues, topics and buses live by the data plane's clock |

Each patch names what moto does and AWS does not. A patch goes when moto has learned it.
"""

from platform_lib.local.moto.patches import patch_moto, reset_moto

__all__ = ["patch_moto", "reset_moto"]
