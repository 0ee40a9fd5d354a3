"""What the verified-resources slice refuses."""

from __future__ import annotations

from openslots.kernel.errors import BadRequest, Forbidden, NotFound


class EmailNotVerified(BadRequest):
    """The address is barred, or the code is not the one that was sent; the try is counted."""

    keeps = True
    message = "Email could not be verified."


class PhoneNotReached(BadRequest):
    message = "Could not send verification code to this phone number."


class PhoneNotVerified(BadRequest):
    """The code is not the one that was sent; the try is counted."""

    keeps = True
    message = "Could not verify phone number."


class VerifiedEmailNotFound(NotFound):
    def __init__(self, number: int) -> None:
        super().__init__(f"Verified email with ID={number} does not exist.")


class VerifiedPhoneNotFound(NotFound):
    def __init__(self, number: int) -> None:
        super().__init__(f"Verified phone with ID={number} does not exist.")


class WrongCode(BadRequest):
    message = "Invalid verification code"


class NotInTeam(Forbidden):
    def __init__(self, team_id: int) -> None:
        super().__init__(f"You are not a member of the team with id {team_id}.")
