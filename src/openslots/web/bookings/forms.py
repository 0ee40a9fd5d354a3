"""What the address of a page and its forms say, read with suspicion."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from fastapi import Request

from openslots.availability import civil
from openslots.bookings.service.pages import Proof
from openslots.kernel import crypto
from openslots.kernel.errors import BadRequest, Forbidden
from openslots.kernel.settings import Settings
from openslots.notifications.rendering import proofs

LONGEST_REASON, LONGEST_VALUE = 2000, 400
MOST_FIELDS = 30
YEARS = range(1971, 9000)  # of starts; nothing overflows around them


@dataclass(frozen=True)
class Link:
    """A link of a mail: a booking's uid, whose seat, who opens it, and a host's proof.

    `up` leads from the page to the root of the pages, wherever a proxy put that.
    """

    uid: str
    up: str
    seat_uid: str | None = None
    by: str | None = None
    proof: str | None = None

    @classmethod
    def of(cls, request: Request, uid: str, values: dict[str, str]) -> Link:
        path = request.url.path
        return cls(
            uid=uid,
            up="../" * (1 + len(path) - len(path.rstrip("/"))),
            seat_uid=_value(values, "seatReferenceUid"),
            by=_value(values, "cancelledBy") or _value(values, "rescheduledBy"),
            proof=_value(values, "decide"),
        )

    def proves(self, settings: Settings) -> Proof | None:
        """Tells whether the link proves that it went to an address."""
        given, secret = self.proof, settings.security.session_secret.get_secret_value()
        if given is None:
            return None
        return lambda email: crypto.same(given, proofs.decision(secret, self.uid, email))

    def booking(self, uid: str | None = None, **more: str) -> str:
        """The address of a booking's page: this one's, or another's."""
        query = {} if self.proof is None or uid is not None else {"decide": self.proof}
        return self._to("booking", uid, query | self._seat() | self._named("cancelledBy") | more)

    def reschedule(self, uid: str | None = None, **more: str) -> str:
        """The address of the page with its times, or with the form for one of them."""
        return self._to("reschedule", uid, self._seat() | self._named("rescheduledBy") | more)

    def bare(self, page: str, uid: str | None = None, **query: str) -> str:
        """The address of a page without what this link says beside the uid."""
        return self._to(page, uid, query)

    def _to(self, page: str, uid: str | None, query: dict[str, str]) -> str:
        address = f"{self.up}{page}/{quote(uid or self.uid, safe='')}"
        return f"{address}?{urlencode(query, quote_via=quote)}" if query else address

    def _seat(self) -> dict[str, str]:
        return {} if self.seat_uid is None else {"seatReferenceUid": self.seat_uid}

    def _named(self, name: str) -> dict[str, str]:
        return {} if self.by is None else {name: self.by}


def _value(values: dict[str, str], name: str) -> str | None:
    """A value of the address; None where it is empty. Raises BadRequest for an endless one."""
    value = values.get(name, "").strip()
    if len(value) > LONGEST_VALUE:
        raise BadRequest(f"{name} is too long")
    return value or None


def query_of(request: Request) -> dict[str, str]:
    """The query, the last of each name."""
    return dict(request.query_params.multi_items())


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form of these pages.

    Raises Forbidden for one that another site sent, BadRequest for what is no such form.
    """
    require_own(request)
    try:
        text = (await request.body()).decode()
        fields = parse_qsl(
            text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"
        )
    except ValueError:
        raise BadRequest("The form cannot be read") from None
    values = dict(fields)
    if any("\x00" in value for value in values.values()):
        raise BadRequest("The form holds NUL")
    return values


def require_own(request: Request) -> None:
    """Raises Forbidden for a form that a page of another site sent, as far as the browser tells.

    What a browser says of itself counts first: our pages send no referrer, and a form sent
    without one names no origin.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise Forbidden("The form was sent from another site")
        return
    origin = request.headers.get("origin")
    if origin in (None, "null"):
        return
    settings: Settings = request.app.state.settings
    own = {request.headers.get("host", ""), urlsplit(settings.web.base).netloc}
    if settings.web.api_url is not None:
        own.add(urlsplit(str(settings.web.api_url)).netloc)
    if _netloc(origin or "") not in own - {""}:
        raise Forbidden("The form was sent from another site")


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def reason_of(form: dict[str, str]) -> str | None:
    """Why, in the visitor's words; None where they said nothing."""
    reason = form.get("reason", "").replace("\r\n", "\n").strip()
    if len(reason) > LONGEST_REASON:
        raise BadRequest("The reason is too long")
    return reason or None


def start_of(values: dict[str, str]) -> datetime | None:
    """The chosen start; None where none was. Raises BadRequest for what is no instant."""
    text = _value(values, "start")
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None and moment.year in YEARS:
            return moment.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        pass
    raise BadRequest("start must be an instant")


def zone_of(values: dict[str, str]) -> str | None:
    """The chosen time zone; None where none was, or none that there is."""
    return civil.canonical_zone(_value(values, "timeZone") or "")


def first_day_of(values: dict[str, str]) -> date | None:
    """The first day that is to be shown; None where none was named."""
    text = _value(values, "from")
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise BadRequest("from must be a date") from None
