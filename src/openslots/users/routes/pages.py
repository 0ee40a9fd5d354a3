"""The page behind the link that confirms a new e-mail address."""

from __future__ import annotations

from html import escape
from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import HTMLResponse

from openslots.access.guards import public
from openslots.kernel.http.router import Router
from openslots.kernel.http.transaction import Link
from openslots.users import service

router = Router(prefix="/auth", tags=["Pages"], dependencies=[public()])

PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer"><title>{title}</title></head>
<body><main><h1>{title}</h1><p>{text}</p></main></body>
</html>
"""


def _page(title: str, text: str, status: int) -> HTMLResponse:
    html = PAGE.format(title=escape(title), text=escape(text))
    return HTMLResponse(html, status, headers={"Cache-Control": "no-store"})


@router.get(
    "/verify-email-change",
    summary="Confirm a new e-mail address",
    response_class=HTMLResponse,
    responses={
        401: {
            "description": "The link, or as JSON the credential, is wrong, old or used",
            "content": {
                "text/html": {"schema": {"type": "string"}},
                "application/json": {"schema": {"$ref": "#/components/schemas/Error"}},
            },
        }
    },
)
async def verify_email_change(
    request: Request, uow: Link, token: Annotated[str, Query()] = ""
) -> HTMLResponse:
    """Opening the link that was mailed to the new address makes it the account's own. The link
    works once and for 24 hours; afterwards the answer is a page with status 401."""
    if request.method == "HEAD":
        return HTMLResponse()
    outcome = await service.consent(uow, token)
    if outcome.refusal is not None:
        return _page("The address was not changed", outcome.refusal, 401)
    return _page("Thank you", f"Your account now uses {outcome.email}.", 200)
