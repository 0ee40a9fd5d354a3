"""The frame's own small application serves the access tests, too."""

from __future__ import annotations

from tests.kernel.conftest import framed

__all__ = ["framed"]
