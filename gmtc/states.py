"""Verbs that move a document from one state to the next.

    class Status(models.TextChoices): ...

    @move(Status.DRAFT, Status.QUOTED, to=Status.PENDING)
    def confirm(self, *, by): ...

The decorator locks the row, reads it anew, checks where it stands, runs the verb, writes the new state and the
history row, all in one transaction. `gmtc/triggers.py` writes the same moves into the database.
"""

import functools

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from gmtc.errors import IllegalMove


def move(*sources, to=None, field: str = "status"):
    """A verb allowed in `sources` that leads to `to`; with `to` None the verb itself returns the new state."""

    def decorate(verb):
        @functools.wraps(verb)
        def run(self, *args, by, **kwargs):
            with transaction.atomic():
                self.lock()
                state = getattr(self, field)
                if state not in sources:
                    raise IllegalMove(
                        _("%(record)s is “%(state)s”, so this is not possible any more.")
                        % {"record": self, "state": getattr(self, f"get_{field}_display")()}
                    )
                target = verb(self, *args, by=by, **kwargs)
                setattr(self, field, target if to is None else to)
                self.save(by=by, reason=verb.__name__)

        run.sources = sources
        return run

    return decorate


def is_allowed(verb, record, field: str = "status") -> bool:
    """Whether `verb` (a method decorated with `move`) is open to the record in its present state."""
    return getattr(record, field) in verb.sources
