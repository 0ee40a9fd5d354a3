"""How a short notice is written as text and as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

PAGE = (
    '<!doctype html><html><head><meta charset="utf-8"></head>'
    '<body style="font-family:sans-serif;line-height:1.5;max-width:36em;margin:2em auto">'
    "{}</body></html>"
)


def notice(paragraphs: Sequence[str], *, link: tuple[str, str] | None = None) -> tuple[str, str]:
    """(text, HTML) of a few paragraphs and, at the end, one link as (label, URL)."""
    lines, parts = list(paragraphs), [f"<p>{escape(line)}</p>" for line in paragraphs]
    if link is not None:
        label, url = link
        lines.append(f"{label}:\n{url}")
        parts.append(f'<p><a href="{escape(url, quote=True)}">{escape(label)}</a></p>')
        parts.append(f'<p style="word-break:break-all">{escape(url)}</p>')
    return "\n\n".join(lines) + "\n", PAGE.format("".join(parts))
