"""`openslots openapi`: prints the document of the API; needs no database."""

from __future__ import annotations

import argparse
import json


def arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(_: argparse.Namespace) -> int:
    print(text())
    return 0


def text() -> str:
    """The document, the same on every machine: its settings do not come from the environment."""
    from openslots.kernel.http.openapi import document
    from openslots.wiring import ROUTERS

    return json.dumps(document(ROUTERS), indent=2, ensure_ascii=False)
