"""Codes to phones: through Twilio Verify, or to the log of the development server."""

from __future__ import annotations

from typing import ClassVar, Protocol

import httpx

from openslots.kernel.logging import Log
from openslots.kernel.settings import Settings, Sms

log = Log("sms")
TIMEOUT = 10.0


class SmsFailed(Exception):
    """The provider did not take the message, or did not answer."""


class SmsProvider(Protocol):
    """Sends codes to E.164 numbers."""

    async def start(self, phone: str, code: str) -> bool:
        """Sends a code; True when it was `code`, False when the provider made its own.

        Raises SmsFailed.
        """

    async def check(self, phone: str, code: str) -> bool | None:
        """Whether it is the code that was sent; None where the provider keeps none and ours has to
        be compared. Raises SmsFailed."""


class Console:
    """Writes codes to the log; only `openslots dev` uses it."""

    async def start(self, phone: str, code: str) -> bool:
        log.warning("sms.console", phone=phone, code=code)
        return True

    async def check(self, phone: str, code: str) -> bool | None:
        return None


class TwilioVerify:
    """https://www.twilio.com/docs/verify/api: Twilio makes, sends, counts and forgets the codes."""

    transport: ClassVar[httpx.AsyncBaseTransport | None] = None  # what tests put in place

    def __init__(self, settings: Sms) -> None:
        self._settings = settings
        base = str(settings.verify_url).rstrip("/")
        self._url = f"{base}/v2/Services/{settings.verify_service}"

    async def start(self, phone: str, code: str) -> bool:
        answer = await self._post("Verifications", {"To": phone, "Channel": "sms"})
        if not answer.is_success:
            log.warning("sms.refused", status=answer.status_code)
            raise SmsFailed
        return False

    async def check(self, phone: str, code: str) -> bool | None:
        answer = await self._post("VerificationCheck", {"To": phone, "Code": code})
        if answer.status_code == httpx.codes.NOT_FOUND:  # expired, or tried too often
            return False
        if not answer.is_success:
            log.warning("sms.refused", status=answer.status_code)
            raise SmsFailed
        try:
            found = answer.json()
        except ValueError:
            raise SmsFailed from None
        return isinstance(found, dict) and found.get("status") == "approved"

    async def _post(self, what: str, form: dict[str, str]) -> httpx.Response:
        credentials = (self._settings.account, self._settings.token.get_secret_value())
        try:
            async with httpx.AsyncClient(
                auth=credentials, timeout=TIMEOUT, transport=self.transport
            ) as client:
                return await client.post(f"{self._url}/{what}", data=form)
        except httpx.HTTPError as error:
            log.warning("sms.away", error=type(error).__name__)
            raise SmsFailed from None


def provider(settings: Settings) -> SmsProvider | None:
    """The configured provider; None where codes cannot be sent."""
    sms = settings.sms
    if sms.account and sms.verify_service and sms.token.get_secret_value():
        return TwilioVerify(sms)
    return Console() if settings.dev else None
