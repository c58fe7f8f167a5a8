"""A Django project, as WSGI and as ASGI."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")

from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application

app = get_wsgi_application()
asgi = get_asgi_application()
