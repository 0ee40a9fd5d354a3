"""Errors that a slice may raise; one handler renders them all as the error envelope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

# status -> (code of the envelope, name of the status); auth notes, section 2.3
STATUS_NAMES: dict[int, tuple[str, str]] = {
    400: ("BadRequestException", "Bad Request"),
    401: ("UnauthorizedException", "Unauthorized"),
    403: ("ForbiddenException", "Forbidden"),
    404: ("NotFoundException", "Not Found"),
    409: ("ConflictException", "Conflict"),
    410: ("GoneException", "Gone"),
    413: ("PayloadTooLargeException", "Payload Too Large"),
    415: ("UnsupportedMediaTypeException", "Unsupported Media Type"),
    422: ("UnprocessableEntityException", "Unprocessable Entity"),
    429: ("ThrottlerException", "Too Many Requests"),
    498: ("TokenExpiredException", "Token Expired"),
    500: ("INTERNAL_SERVER_ERROR", "Internal Server Error"),
    503: ("ServiceUnavailableException", "Service Unavailable"),
}


class DomainError(Exception):
    """A refusal that is part of the contract.

    `status` and `code` are class attributes of the subclass; `message` is what clients read.
    `details` are extra members of `error.details` beside message, error and statusCode.
    `plain` errors carry no `details` at all; `doubled` errors repeat message and statusCode at the
    top level (bookings notes, section 3). What was written before a refusal that `keeps` stays
    written, as the tries of a code must.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str | None] = None
    message: str = "There was an error, please try again later."
    plain: ClassVar[bool] = False
    doubled: ClassVar[bool] = False
    keeps: ClassVar[bool] = False

    def __init__(
        self,
        message: str | None = None,
        *,
        details: Mapping[str, Any] | None = None,  # Any: JSON of the error's own shape
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.message = message if message is not None else type(self).message
        self.details = dict(details or {})
        self.headers = dict(headers or {})
        super().__init__(self.message)


class BadRequest(DomainError):
    status = 400
    message = "Bad Request"


class Unauthorized(DomainError):
    status = 401
    message = "Unauthorized"


class Forbidden(DomainError):
    status = 403
    message = "Forbidden"


class NotFound(DomainError):
    status = 404
    message = "Not Found"


class Conflict(DomainError):
    status = 409
    message = "Conflict"


class Gone(DomainError):
    status = 410
    message = "Gone"


class PayloadTooLarge(DomainError):
    status = 413
    message = "request entity too large"


class Unprocessable(DomainError):
    status = 422
    message = "Unprocessable Entity"


class TooManyRequests(DomainError):
    status = 429
    message = "Too many requests. Please try again later."


class ServiceUnavailable(DomainError):
    status = 503
    message = "The service is busy. Please try again."


class SchemaError(BadRequest):
    """A failure of a second validation pass inside a service (code BAD_REQUEST, no details)."""

    code = "BAD_REQUEST"
    plain = True


class UniqueViolation(Conflict):
    """Something with the same unique value exists already (auth notes, section 2.3)."""

    code = "CONFLICT"
    plain = True
    message = "Invalid Input: Trying to create a record that already exists."
