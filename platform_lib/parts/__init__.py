"""Building blocks that components share: functions that make resources and return what they made.

A part gets what it needs by name. It never sees the args, reads no configuration and does not know
which component called it.
"""
