"""A webhook receiver for one container: keeps the bodies it gets and gives them back as JSON.

Runs alone with Python's own library, in the image of the server.
"""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PORT = 8000
BODIES: list[Any] = []  # Any: whatever was sent


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        BODIES.append(json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0)))))
        self._answer({})

    def do_GET(self) -> None:
        self._answer(BODIES)

    def _answer(self, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: who wants to know asks."""


if __name__ == "__main__":
    ThreadingHTTPServer(("0.0.0.0", PORT), Handler).serve_forever()
