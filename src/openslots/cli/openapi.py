"""`openslots openapi`: prints the document of the API; needs no database."""

from __future__ import annotations

import argparse
import json

BASE = "http://localhost:3000"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--version", help="what this date serves, instead of the newest forms")


def run(given: argparse.Namespace) -> int:
    print(text(given.version))
    return 0


def text(version: str | None = None) -> str:
    """The document, the same on every machine: no address in it comes from the environment."""
    from pydantic import AnyHttpUrl

    from openslots.kernel.http.openapi import Documents
    from openslots.kernel.settings import Settings, Web
    from openslots.main import api_routes

    web = Web(url=AnyHttpUrl(BASE), api_url=None, docs_url=None)
    document = json.loads(Documents(api_routes(), Settings(web=web)).of(version))
    return json.dumps(document, indent=2, ensure_ascii=False)
