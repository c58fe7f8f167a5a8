"""Delivery by push: what brings an event to a function without being asked for it.

Lambda's own queue of asynchronous calls, and the services that put events into it. moto knows what
happened (a message was published, an object was put); it tells us here, in a thread of its own,
and all further work is done in the data plane's loop. Every event ends in one of three ways: done,
waiting for its next attempt, or in a failure home; where it has none, a line says what was lost.
"""

from platform_lib.local.dataplane.delivery.deliveries import Deliveries

__all__ = ["Deliveries"]
