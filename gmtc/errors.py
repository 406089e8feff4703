"""What a verb raises when the business says no. The message is shown to the user as it is, so it says what to do."""

from django.utils.translation import gettext_lazy as _


class Refused(Exception):
    """The business does not allow this. `str(error)` is for the user; `field` names the input it belongs to, if one."""

    def __init__(self, message, *, field: str | None = None):
        super().__init__(message)
        self.field = field


class IllegalMove(Refused):
    """A document cannot go from its state to the one asked for."""


class InUse(Refused):
    """A record cannot be deleted because living records point to it."""


class StaleEdit(Refused):
    """Someone else saved the record after the form was opened. `record` holds what is stored now."""

    def __init__(self, record, *, since: int):
        super().__init__(_("This record was changed by someone else while you were editing it."))
        self.record = record
        self.since = since
