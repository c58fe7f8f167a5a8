"""CERN's simple-repository-server, with a folder of packages to serve. Its routes are made by its lifespan."""

from pathlib import Path

from simple_repository_server.__main__ import create_app

app = create_app([str(Path(__file__).parent / "packages")])
