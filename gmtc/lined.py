"""Documents with lines.

To people the head and its lines are one record, so both are written at once, with one version.
"""

from collections import Counter
from collections.abc import Iterable
from contextlib import contextmanager

from django.db import models, transaction
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from gmtc.errors import StaleEdit
from gmtc.history import Change, changes_between, names_of_foreign_keys, told_fields
from gmtc.models import Record

HISTORY_AT_MOST = 2_000  # rows of line history that a page looks through


class Line(Record):
    """Base of the lines. A room adds the foreign key to its document, with related name `lines`."""

    position = models.PositiveSmallIntegerField(_("position"), default=0, editable=False)

    class Meta(Record.Meta):
        abstract = True
        ordering = ["position"]
        default_permissions = ()


class Lined(Record):
    """Base of documents with lines."""

    class Meta(Record.Meta):
        abstract = True

    def refuse_edit(self) -> None:
        """Raise Refused where the document can no longer be edited; called with the row locked."""

    def write(self, values: dict, lines: Iterable[dict] | None, *, by, version: int | None = None) -> None:
        """Write `values` into the head and make `lines` its lines, in this order; None leaves the lines alone.

        A row with the `id` of a line of this document changes that line, any other row is a new line, and a line that
        no row names goes to the trash. A stored document is written as it was read at `version`: raises StaleEdit where
        someone else has saved head or lines since, Refused where it lies in the trash, and what `refuse_edit` raises.
        """
        with transaction.atomic(), self._one_moment():
            if self._state.adding:
                for name, value in values.items():
                    setattr(self, name, value)
                self.save(by=by, reason="create")
                self._write_lines(lines or (), by)
                self.refresh_from_db()  # what triggers keep: the total
                return
            self.lock_alive()
            self._history_date = timezone.now()  # others may have been writing until now
            self.refuse_edit()
            if self.version != version:
                raise StaleEdit(self, since=version or 0)
            changed = [name for name, value in values.items() if getattr(self, name) != value]
            for name in changed:
                self._meta.get_field(name).save_form_data(self, values[name])
            changed_lines = lines is not None and self._write_lines(lines, by)
            if changed or changed_lines:
                self.save(by=by, reason="edit")
            self.refresh_from_db()

    @contextmanager
    def _one_moment(self):
        """All history rows of one `write` have the same time: by it the lines' rows find the head's."""
        self._history_date = timezone.now()
        try:
            yield
        finally:
            del self._history_date

    def _write_lines(self, rows: Iterable[dict], by) -> bool:
        """Whether anything changed. Only what changed is written, so only that gets a history row."""
        stored = {line.pk: line for line in self.lines.all()}
        model, to_document = self.lines.model, self.lines.field.name
        is_changed, kept = False, []
        for position, row in enumerate(rows, start=1):
            values = {**row, "position": position}
            kept.append((stored.pop(values.pop("id", None), None), values))
        for line in stored.values():  # first, because a new line may take a removed one's place
            line._history_date = self._history_date
            line.discard(by=by)
            is_changed = True
        for line, values in kept:
            if line is None:
                line = model(**{to_document: self}, **values)
                line._history_date = self._history_date
                line.save(by=by, reason="create")
                is_changed = True
                continue
            changed = {name: value for name, value in values.items() if getattr(line, name) != value}
            for name, value in changed.items():
                setattr(line, name, value)
            if changed:
                line._history_date = self._history_date
                line.save(by=by, reason="edit")
                is_changed = True
        return is_changed

    def line_named(self, row) -> str:
        """A history row of a line, as the history of the document tells it."""
        return str(row.instance)

    def line_changes(self, heads: list) -> list[list[Change]]:
        """What happened to the lines, beside each of the head's history rows `heads`.

        Lines written by `write` have the moment of the head's row; those of other verbs belong to the row next to them
        in time. The lines that a document was made with are not told, nor are lines that moved because others came or
        went.
        """
        found: list[list[Change]] = [[] for _head in heads]
        history = self.lines.model.history.filter(**{self.lines.field.attname: self.pk})
        rows = list(history.order_by("-history_date", "-history_id")[:HISTORY_AT_MOST])
        fields = told_fields(rows)
        times = Counter(row.id for row in rows)
        names = names_of_foreign_keys([row for row in rows if times[row.id] > 1], fields)
        before: dict = {}
        moments = {head.history_date: n for n, head in enumerate(heads)}
        moves: list[list[Change]] = [[] for _head in heads]
        shifted: set[int] = set()  # where lines came or went, so that the others stand elsewhere
        position = capfirst(Line._meta.get_field("position").verbose_name)
        for row in reversed(rows):
            old, before[row.id] = before.get(row.id), row
            place = moments.get(row.history_date)
            if place is None:
                place = min(range(len(heads)), key=lambda n: abs(heads[n].history_date - row.history_date))
            label = _("Line %(number)s") % {"number": row.position}
            if old is None:
                if heads[place].history_type != "+":
                    found[place].append(Change(label, "–", self.line_named(row)))
                    shifted.add(place)
            elif row.deleted_at and not old.deleted_at:
                found[place].append(Change(label, self.line_named(old), "–"))
                shifted.add(place)
            else:
                for change in changes_between(old, row, fields, names):
                    told = Change(f"{label}: {change.label}", change.old, change.new)
                    (moves if change.label == position else found)[place].append(told)
        return [changes if place in shifted else [*changes, *moves[place]] for place, changes in enumerate(found)]
