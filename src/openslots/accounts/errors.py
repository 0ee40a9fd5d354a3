"""What the accounts slice refuses."""

from __future__ import annotations

from openslots.kernel.errors import BadRequest, NotFound, Unauthorized


class WeakPassword(BadRequest):
    """The message says what is missing."""


class NotAnApiKey(Unauthorized):
    message = (
        "ApiKeysService - This endpoint can only be accessed using an API key by providing "
        "'Authorization: Bearer <apiKey>' header"
    )


class BothLifetimes(BadRequest):
    # contract: no blank after the hyphen
    message = (
        "ApiKeysService -Cannot set both apiKeyDaysValid and apiKeyNeverExpires. It has to be "
        "either or none of them."
    )


class KeyGone(Unauthorized):
    message = "ApiAuthStrategy - api key - Your api key is not valid"


class InvalidLifetime(BadRequest):
    message = "An API key is valid for at least 1 and at most 100000 days."


class NoSuchKey(NotFound):
    message = "There is no such API key."
