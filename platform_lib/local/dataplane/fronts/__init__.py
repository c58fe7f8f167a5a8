"""Fronts: what answers HTTP on a port of 127.0.0.1, for an app that runs.

| file | what |
|---|---|
| `balancer.py` | the load balancer: `rules.py` choose a target, `targets.py` know which are well |
| `lambda_targets.py` | functions behind the load balancer |
| `http_api.py` | HTTP APIs; their `tokens.py` (who is let in) and `throttling.py` |
| `function_url.py` | function URLs |
| `signatures.py` | requests signed for IAM |
| `http_events.py` | a request as a function's event, and its answer as HTTP |
| `header_bytes.py` | headers with bytes above 127 |
| `calls.py` | what the three fronts of functions share |
"""
