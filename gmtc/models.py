"""The abstract base of every business record: identity, audit fields, soft delete, version, history."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Now, TruncDate
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords
from uuid_utils.compat import uuid7

from gmtc.errors import InUse, Refused, StaleEdit

# NaN passes `q >= 0` in PostgreSQL, where it is greater than every number; so each amount has an upper bound too.
MAX_QUANTITY = 999_999_999
MAX_MONEY = 9_999_999_999

TODAY = TruncDate(Now(), tzinfo=ZoneInfo(settings.TIME_ZONE))  # when the database runs the query


def audit_log(*, without: tuple[str, ...] = ()) -> HistoricalRecords:
    """The history of a model. `without` names running columns, which the ledger explains better than history does."""
    return HistoricalRecords(excluded_fields=[*without], history_change_reason_field=models.TextField(default=""))


def between(field: str, low, high, *, name: str, message=None) -> models.CheckConstraint:
    """`low <= field <= high`, which also keeps NaN out."""
    extra = {"violation_error_message": message} if message else {}
    return models.CheckConstraint(
        condition=models.Q(**{f"{field}__gte": low, f"{field}__lte": high}), name=name, **extra
    )


def unique_while_alive(*fields_or_expressions, name: str, message) -> models.UniqueConstraint:
    """Unique among the records that are not in the trash; an empty foreign key counts as a value of its own."""
    expressions = [models.F(each) if isinstance(each, str) else each for each in fields_or_expressions]
    return models.UniqueConstraint(
        *expressions,
        condition=models.Q(deleted_at=None),
        nulls_distinct=False,
        name=name,
        violation_error_message=message,
    )


class RecordQuerySet(models.QuerySet):
    def alive(self):
        return self.filter(deleted_at=None)

    def trashed(self):
        return self.exclude(deleted_at=None)

    def delete(self):
        raise TypeError("Records are discarded one by one: record.discard(by=user)")


class AliveManager(models.Manager.from_queryset(RecordQuerySet)):
    """Everything outside the trash. A model with words of its own calls `AliveManager.from_queryset(Its.QuerySet)`."""

    def get_queryset(self):
        return super().get_queryset().alive()


class Record(models.Model):
    """A business record.

    `save()` takes `by` (the user who acts) and `reason` (the verb); both end up in the history row.
    Columns named in `running` are kept by database triggers and are never written by `save()`.
    """

    running: tuple[str, ...] = ()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("last changed"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("created by"),
    )
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("last changed by"),
    )
    deleted_at = models.DateTimeField(_("deleted"), null=True, editable=False)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    objects = AliveManager()
    everything = RecordQuerySet.as_manager()

    class Meta:
        abstract = True
        base_manager_name = "everything"

    # --- Writing

    def save(self, *, by=None, reason: str = "", **kwargs):
        """Store the record and its history row; `by` None is the system itself (a job, a migration)."""
        self.updated_at = timezone.now()
        self.updated_by = by
        if self._state.adding:
            self.created_by = by
        else:
            self.version += 1
            if "update_fields" not in kwargs:
                kwargs["update_fields"] = self._written_columns()
        self._history_user = by
        self._change_reason = str(reason)
        super().save(**kwargs)

    def lock(self):
        """Lock the row until the transaction ends and read it anew.

        Others may still write rows that point to it (`no_key`), else two people who file branches under each other, or
        a movement and an order line of one part, would wait for each other.
        """
        self.refresh_from_db(from_queryset=type(self).everything.select_for_update(of=("self",), no_key=True))
        return self

    def lock_alive(self):
        """Lock the row for a change. Raises Refused where it lies in the trash."""
        self.lock()
        self.refuse_trashed()
        return self

    def refuse_trashed(self, *, field: str | None = None) -> None:
        """`field` names the input that asked for this record, if one did."""
        if self.deleted_at:
            raise Refused(_("%(record)s is in the trash; restore it first.") % {"record": self}, field=field)

    def revise(self, values: dict, *, by, version: int):
        """Write `values` into the record as it was read at `version`.

        Raises StaleEdit where someone else has saved it since, Refused where it lies in the trash. Values equal to
        the stored ones write nothing.
        """
        with transaction.atomic():
            self.lock_alive()
            if self.version != version:
                raise StaleEdit(self, since=version)
            changed = [name for name, value in values.items() if getattr(self, name) != value]
            for name in changed:
                self._meta.get_field(name).save_form_data(self, values[name])
            if changed:
                self.save(by=by, reason="edit")

    def discard(self, *, by):
        """Move the record to the trash. Raises InUse where living records need it."""
        with transaction.atomic():
            self.lock()
            if self.deleted_at:
                return
            if users := self.used_by():
                raise InUse(
                    _("%(record)s cannot be deleted, it is used by: %(users)s.")
                    % {"record": self, "users": ", ".join(users)}
                )
            self.deleted_at = timezone.now()
            self.save(by=by, reason="delete")

    def restore(self, *, by):
        """Take the record out of the trash.

        Raises ValidationError where a living one has taken its name, InUse where it needs a record that is still there.
        """
        with transaction.atomic():
            self.lock()
            if not self.deleted_at:
                return
            if missing := self.missing():
                raise InUse(
                    _("%(record)s needs what is in the trash, restore it first: %(missing)s.")
                    % {"record": self, "missing": ", ".join(missing)}
                )
            self.deleted_at = None
            self.validate_constraints()
            self.save(by=by, reason="restore")

    def delete(self, *args, **kwargs):
        raise TypeError("Records are never deleted from the database: record.discard(by=user)")

    # --- Reading

    def used_by(self) -> list[str]:
        """What keeps this record from being deleted: "3 stock movements", ... A PROTECT foreign key is a need."""
        needs = []
        for relation in self._meta.get_fields(include_hidden=True):
            if not (relation.auto_created and not relation.concrete and getattr(relation, "on_delete", None)):
                continue
            if relation.on_delete is not models.PROTECT:
                continue
            model = relation.related_model
            rows = model._base_manager.filter(**{relation.field.name: self.pk})
            if issubclass(model, Record):
                rows = rows.filter(deleted_at=None)
            if count := rows.count():
                noun = model._meta.verbose_name if count == 1 else model._meta.verbose_name_plural
                needs.append(f"{count} {noun}")
        return needs

    def missing(self) -> list[str]:
        """What this record cannot be without but lies in the trash, by name: its category, its supplier, ..."""
        needs = [
            getattr(self, field.name)
            for field in self._meta.concrete_fields
            if field.is_relation and field.remote_field.on_delete is models.PROTECT
        ]
        return [str(need) for need in needs if getattr(need, "deleted_at", None)]

    def _written_columns(self) -> list[str]:
        return [
            field.name
            for field in self._meta.concrete_fields
            if not field.primary_key and not field.generated and field.name not in self.running
        ]

    @classmethod
    def noun(cls) -> str:
        """As it stands in a sentence: "part", "Teil"."""
        return str(cls._meta.verbose_name)
