"""Delivery by push: what brings an event to a function without being asked for it.

Lambda's own queue of asynchronous calls, and the services that put events into it. moto knows what
happened (a message was published, an object was put); it tells us here, in a thread of its own,
and all further work is done in the data plane's loop. Every event ends in one of three ways: done,
waiting for its next attempt, or in a failure home; where it has none, a line says what was lost.

| file | what |
|---|---|
| `deliveries.py` | `Deliveries`: all of it, put together |
| `asynchronous.py` | Lambda's asynchronous invocation: a queue, retries, failure destinations |
| `invocations.py` | Invoke, as boto3 and other services call it |
| `topics.py`, `buckets.py`, `event_rules.py`, `schedules.py`, `log_groups.py` | a source each |
| `event_shapes.py` | the events that sources bring |
| `input_templates.py`, `json_paths.py`, `log_patterns.py` | what becomes of an event: pure |
| `destinations.py`, `dead_letters.py` | where an event goes, and where when it cannot |
| `push.py` | what sources work with |
"""

from platform_lib.local.dataplane.delivery.deliveries import Deliveries

__all__ = ["Deliveries"]
