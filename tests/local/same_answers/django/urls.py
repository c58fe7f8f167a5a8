"""Routes and views."""

import asyncio
import hashlib
import os
import time
from pathlib import Path

from django.http import (
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.urls import re_path


def echo(request):
    body = request.body
    return JsonResponse(
        {
            "method": request.method,
            "path": request.path,
            "query": request.META["QUERY_STRING"],
            "args": [[name, request.GET.getlist(name)] for name in request.GET],
            "headers": [(name.lower(), value) for name, value in request.headers.items()],
            "cookies": request.COOKIES,
            "size": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
            "client": request.META["REMOTE_ADDR"],
            "scheme": request.scheme,
            "url": request.build_absolute_uri(),
            "greeting": os.environ["GREETING"],
        }
    )


def form(request):
    fields = [(name, each) for name in request.POST for each in request.POST.getlist(name)]
    files = [
        (name, file.name, hashlib.sha256(file.read()).hexdigest())
        for name in request.FILES
        for file in request.FILES.getlist(name)
    ]
    return JsonResponse({"fields": fields, "files": files})


def cookies(request):
    answer = HttpResponseRedirect("/echo/there?x=%2F&y=1", status=303)
    answer.set_cookie("a", "1", secure=True, httponly=True, samesite="Lax")
    answer.set_cookie("b", "x y; z")
    return answer


def status(request, status):
    text = "" if status in ("204", "304") else "text"
    return HttpResponse(text, status=int(status), content_type="text/plain")


def charset(request):
    return HttpResponse(
        "Größe;€".encode("windows-1252"), content_type="text/csv; charset=windows-1252"
    )


def some_bytes(request, size):
    return HttpResponse(b"\xff" * int(size), content_type="application/octet-stream")


def events(request):
    gate = Path(request.GET["gate"])
    # Under ASGI Django gathers what is no asynchronous iterator.
    pieces = _events_asgi(gate) if hasattr(request, "scope") else _events(gate)
    return StreamingHttpResponse(pieces, content_type="text/event-stream")


def _events(gate):
    yield "data: first\n\n"
    for _ in range(40):
        if gate.exists():
            break
        time.sleep(0.05)
    yield "data: read at once\n\n" if gate.exists() else "data: held back\n\n"


async def _events_asgi(gate):
    yield "data: first\n\n"
    for _ in range(40):
        if gate.exists():
            break
        await asyncio.sleep(0.05)
    yield "data: read at once\n\n" if gate.exists() else "data: held back\n\n"


def error(request):
    raise RuntimeError("an error of the app")


def health(request):
    return HttpResponse("well", content_type="text/plain")


urlpatterns = [
    re_path(r"^echo(?:/.*)?$", echo),
    re_path(r"^form$", form),
    re_path(r"^cookies$", cookies),
    re_path(r"^status/(\d+)$", status),
    re_path(r"^charset$", charset),
    re_path(r"^bytes/(\d+)$", some_bytes),
    re_path(r"^events$", events),
    re_path(r"^error$", error),
    re_path(r"^health$", health),
]
