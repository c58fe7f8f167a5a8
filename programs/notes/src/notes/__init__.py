"""Notes: a small web app. It knows nothing of where it runs; `notes.web:app` is an ASGI app.

`inbox`, `activity` and `digest` are what the package `workers` does beside it.

Environment:
    TABLE_NAME: DynamoDB table with the keys `notebook` (hash) and `id` (range), both strings.
    AWS_REGION or AWS_DEFAULT_REGION: the table's region.
    ACTIVITY_TABLE_NAME: DynamoDB table of `activity`, with the keys `notebook` (hash) and `entry`
        (range), both strings, and `expires` as its time to live.
    APP_TARGET, APP_VERSION: what `GET /whoami` answers; shown on the page. Default: "unknown".
"""
