"""Settings of a small Django project."""

from pathlib import Path

BASE = Path(__file__).parent
SECRET_KEY = "of-the-test"
ALLOWED_HOSTS = [".example.com", "127.0.0.1"]
ROOT_URLCONF = "urls"
APPEND_SLASH = False
DATA_UPLOAD_MAX_MEMORY_SIZE = None
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
]
WHITENOISE_ROOT = BASE / "static"
USE_TZ = True
