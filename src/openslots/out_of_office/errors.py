"""What the out-of-office slice refuses."""

from __future__ import annotations

from openslots.kernel.errors import BadRequest, Conflict, Forbidden


class InvalidDate(BadRequest):
    message = "Invalid Date."


class OneEndMissing(BadRequest):
    message = "Please specify both ooo start and end time."


class EndsBeforeStart(BadRequest):
    message = "Start date must be before end date."


class RedirectsInCircle(BadRequest):
    message = "Booking redirect infinite not allowed."


class AbsenceExists(Conflict):
    message = "Ooo entry already exists."


class RedirectsToSelf(BadRequest):
    message = "Cannot redirect to self."


class NoSharedTeam(BadRequest):
    message = "Cannot redirect to this user."


class NotYourAbsence(Forbidden):
    message = "This OOO entry does not belong to this user."
