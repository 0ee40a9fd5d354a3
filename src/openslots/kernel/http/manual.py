"""The interactive reference manual, served from a package and not from a CDN."""

from __future__ import annotations

from importlib.resources import files

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>openslots API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
START = (
    'SwaggerUIBundle({url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, '
    'docExpansion: "none", filter: true});\n'
)
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}
_PACKAGED = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
}


def file(name: str) -> tuple[bytes, str] | None:
    """Content and media type of one of the manual's files."""
    if name == "start.js":
        return START.encode(), "text/javascript"
    if name not in _PACKAGED:
        return None
    folder = files("swagger_ui_bundle").joinpath("vendor")
    for version in folder.iterdir():
        candidate = version.joinpath(name)
        if candidate.is_file():
            return candidate.read_bytes(), _PACKAGED[name]
    return None
