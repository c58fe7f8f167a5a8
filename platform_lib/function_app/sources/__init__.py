"""What calls a function besides HTTP: one file for each kind of event source.

A file has the name of its kind's field in the args, and answers what `source` asks of every kind:
the settings, judged from the args, the queues and rights that the function's role must have, and
the resources that bind a source to the function's alias. `event_sources` asks, and loads a kind
where there is a source of it. What binds one source is a dataclass; the component shows it as
`app.queues["orders"]`, and the key of each child in `overrides` is that path:
`queues.orders.mapping`.
"""
