"""Delivery by polling: event source mappings, which fetch events from queues and streams.

| file | what |
|---|---|
| `pollers.py` | `Pollers`: one for each mapping of the account |
| `mappings.py` | a mapping's settings, and what pollers of both kinds share |
| `mapping_checks.py` | what Lambda refuses when a mapping is made |
| `queue_poller.py` | feeds a function from a queue, which `queues.py` reads |
| `stream_poller.py` | feeds a function from a stream, in lanes of `stream_lane.py` |
| `news.py` | who hears that a source has something new |
| `streams.py` | reads the streams of tables and of Kinesis |
| `stream_failures.py` | where a batch goes that was given up |
"""
