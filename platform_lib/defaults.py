"""Values that hold where the user says nothing, and the choices that AWS offers."""

PYTHON_VERSION = "3.13"
PYTHON_VERSIONS = ("3.11", "3.12", "3.13", "3.14")

PORT = 8080
HEALTH_CHECK_PATH = "/health"

SCALING_MINIMUM = 1
SCALING_MAXIMUM = 4
SCALING_CPU_PERCENT = 60

LOG_RETENTION_DAYS = 30
LOG_RETENTION_CHOICES = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"""

ROLLOUT_PERCENT = 10

ALARM_ERROR_PERCENT = 5.0
ALARM_LATENCY_MS = 1000

INSTANCE_TYPES = {"arm64": "t4g.small", "x86_64": "t3.small"}
VOLUME_GIB = 8

OPEN_FILES = 65_536
"""Files that an app's processes may open on an instance and in a container: of each process."""

FUNCTION_ALIAS = "live"
"""The alias that everything which calls a function is bound to."""
FUNCTION_MEMORY_MIB = 512
FUNCTION_TIMEOUT_SECONDS = 29
FUNCTION_STORAGE_MIB = 512

CONTAINER_CPU = 256
CONTAINER_MEMORY_MIB = 512

QUEUE_BATCH_SIZE = 10
QUEUE_MAXIMUM_RECEIVES = 5
STREAM_BATCH_SIZE = 100
STREAM_MAXIMUM_RETRIES = 10
STREAM_MAXIMUM_RECORD_AGE_SECONDS = 86_400
