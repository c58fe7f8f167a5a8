"""Datasette answers alike on a VM, as a function and in a container."""

from answers_kit import App, seen, serving
from answers_requests import Case
from answers_wire import Request, ask

DATASETTE = App(name="datasette", source="datasette", health="/-/versions.json")


DATA = {
    "/notes/notes.json?_shape=array": 200,
    "/notes/notes.json?_shape=array&_size=1": 200,
    "/notes/notes/2.json?_shape=object": 200,
    "/notes/notes.csv": 200,
    "/notes/notes.json?_shape=array&text__contains=gr%C3%B6%C3%9Fer": 200,
    "/notes/notes.json?_shape=array&text__exact=a%2Fb%3Fc": 200,
    "/notes/notes/1.blob?_blob_column=image": 200,
    "/notes.json?sql=select+text+from+notes+where+id+%3D+%3Aid&id=2&_shape=array": 200,
    "/-/static/app.css": 200,
    "/-/versions.json": 200,
    "/nothing": 404,
    "/notes/": 302,
    "/notes/notes/99.json": 404,
}


def test_datasette_answers_alike(tmp_path):
    with serving(DATASETTE, tmp_path) as served:
        for target, status in DATA.items():
            for method in ("GET", "HEAD"):
                case = Case(name=target, request=Request(method=method, target=target))
                answers = {w: seen(ask(u, case.request), case) for w, u in served.urls.items()}
                right = answers.pop("vm")
                assert right["status"] == status, (target, right)
                lengths = [each for each in right["headers"] if each[0] == "content-length"]
                for word, answer in answers.items():
                    if method == "HEAD" and not lengths:
                        # Of what a server streams it knows no length, and a function does.
                        kept = [each for each in answer["headers"] if each[0] != "content-length"]
                        answer["headers"] = kept
                    assert answer == right, (method, target, word)
        texts = ask(served.urls["function"], Request(method="GET", target=next(iter(DATA)))).json
        assert [row["text"] for row in texts] == ["first", "zweite, größer"]
