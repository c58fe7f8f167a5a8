"""What an app may do: each of its calls to the account is judged, as AWS judges it.

| file | what |
|---|---|
| `judge.py` | whether somebody may, and the line on the screen when not |
| `judged.py` | stands before the account: who asks, and what for |
| `sessions.py` | credentials of roles, given to apps, and whose each key is |
| `asked.py` | a request, read: service, operation, parameters |
| `routes.py` | which operation a path of a REST service is |
| `actions.py` | which actions on which resources an operation needs |
| `s3_actions.py` | the same of S3, which has words of its own |
| `deletions.py` | DeleteObjects, each object for itself |
| `keys.py` | what a key that encrypts a resource asks besides |
| `refusals.py` | a refusal in the words and the shape of each protocol |
| `missing.py` | the line of `grants` that allows what was refused |
"""

from platform_lib.local.rights.judge import Judge
from platform_lib.local.rights.judged import JudgedApp
from platform_lib.local.rights.sessions import Sessions

__all__ = ["Judge", "JudgedApp", "Sessions"]
