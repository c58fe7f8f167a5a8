"""What calls a function besides HTTP: one file for each kind of event source.

Each file has the source's settings, judged from its args, the statements that the function's role
needs for it, and the resources that bind it to the function's alias. `event_sources` puts them
together. What one source makes is a dataclass; the component shows it as `app.queues["orders"]`,
and the key of each child in `overrides` is that path: `queues.orders.mapping`.
"""
