"""The mails of `openslots dev` that no server took: those files of the data folder, as pages."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from openslots.kernel.errors import NotFound
from openslots.kernel.http.router import Router

SHOWN = 100
NAME = re.compile(r"[0-9a-f-]{36}")
# what a mail shows is other people's: no script runs, nothing is loaded
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; img-src data:"

router = Router(prefix="/dev/mails", include_in_schema=False)
_templates = Environment(
    loader=PackageLoader("openslots.web"),
    autoescape=select_autoescape(("html",)),
    undefined=StrictUndefined,
)


@dataclass(frozen=True)
class Head:
    """What a list says of a mail."""

    name: str
    subject: str
    to: str
    sender: str
    date: str

    @classmethod
    def of(cls, name: str, message: EmailMessage) -> Head:
        shown = (str(message[header] or "") for header in ("Subject", "To", "From", "Date"))
        return cls(name, *shown)


@dataclass(frozen=True)
class Kept:
    """One mail: its head, its bodies and the files with it."""

    head: Head
    html: str
    text: str
    files: tuple[tuple[str, str], ...]


def newest(folder: Path) -> list[Head]:
    """The last mails of the folder, newest first."""
    paths = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime, reverse=True)
    return [Head.of(path.stem, _read(path)) for path in paths[:SHOWN]]


def _read(path: Path) -> EmailMessage:
    return message_from_bytes(path.read_bytes(), policy=default)


def one(folder: Path, name: str) -> Kept:
    """A mail of the folder. Raises NotFound."""
    path = folder / f"{name}.eml"
    if NAME.fullmatch(name) is None or not path.is_file():
        raise NotFound("There is no such mail")
    message = _read(path)
    bodies = {kind: message.get_body((kind,)) for kind in ("html", "plain")}
    html, text = (str(body.get_content()) if body else "" for body in bodies.values())
    files = tuple(
        (str(part.get_filename() or ""), bytes(part.get_payload(decode=True)).decode())
        for part in message.iter_attachments()
    )
    html = html.replace("<head>", '<head><base target="_blank">', 1)  # links leave the frame
    return Kept(Head.of(name, message), html, text, files)


def _page(template: str, **values: object) -> HTMLResponse:
    page = _templates.get_template(template).render(**values)
    return HTMLResponse(page, headers={"Content-Security-Policy": POLICY})


def _folder(request: Request) -> Path:
    folder: Path = request.app.state.settings.data_dir / "mail"
    return folder


@router.get("")
async def show_all(request: Request) -> HTMLResponse:
    """The list."""
    return _page("mails.html", mails=await asyncio.to_thread(newest, _folder(request)))


@router.get("/{name}")
async def show(request: Request, name: str) -> HTMLResponse:
    """One mail, as a mail program shows it, with its text and its files below."""
    return _page("mail.html", mail=await asyncio.to_thread(one, _folder(request), name))
