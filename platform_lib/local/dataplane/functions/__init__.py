"""Functions: uploaded files, run under the Lambda Runtime API.

| file | what |
|---|---|
| `functions.py` | `Functions`: every function, its versions, and as many workers as are needed |
| `runtime_api.py` | one worker: a process, and the API that feeds it |
| `ready.py` | what a worker runs, made ready, and how it is started |
| `layers.py` | what Lambda would unpack into /opt |
"""
