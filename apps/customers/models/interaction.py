from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gmtc.errors import Refused
from gmtc.models import AliveManager, Record, RecordQuerySet, audit_log


class InteractionKind(models.TextChoices):
    CALL = "call", _("Call")
    MAIL = "mail", _("E-mail")
    MEETING = "meeting", _("Meeting")
    NOTE = "note", _("Note")


class InteractionQuerySet(RecordQuerySet):
    def follow_ups(self):
        """Those that ask for something to be done, of customers that are not in the trash."""
        return self.exclude(follow_up_on=None).filter(customer__deleted_at=None)

    def open(self):
        return self.filter(Interaction.IS_OPEN)

    def overdue(self):
        return self.filter(Interaction.IS_OPEN, follow_up_on__lt=timezone.localdate())

    def due(self):
        """Overdue, or today."""
        return self.filter(Interaction.IS_OPEN, follow_up_on__lte=timezone.localdate())


class Interaction(Record):
    """What was said or written, and what is to be done about it until when."""

    IS_OPEN = Q(follow_up_on__isnull=False, done_at=None)

    personal = ("text",)

    customer = models.ForeignKey(
        "customers.Customer", models.CASCADE, related_name="interactions", verbose_name=_("customer")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=InteractionKind, default=InteractionKind.NOTE)
    happened_at = models.DateTimeField(_("when"), default=timezone.now)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("who of us")
    )
    contact = models.ForeignKey(
        "customers.Contact", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("with whom")
    )
    text = models.TextField(_("text"), max_length=10_000)
    follow_up_on = models.DateField(_("follow up on"), null=True, blank=True)
    follow_up_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("follow-up by"),
    )
    done_at = models.DateTimeField(_("done at"), null=True, editable=False)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("done by"),
    )

    objects = AliveManager.from_queryset(InteractionQuerySet)()
    everything = InteractionQuerySet.as_manager()
    history = audit_log()

    class Meta(Record.Meta):
        verbose_name = _("contact history entry")
        verbose_name_plural = _("contact history")
        ordering = ["-happened_at", "-pk"]
        permissions = [("finish_interaction", "Can finish follow-ups")]
        indexes = [
            models.Index(fields=["customer", "-happened_at"], name="customers_interaction_time"),
            models.Index(
                fields=["follow_up_on"],
                condition=Q(follow_up_on__isnull=False, done_at=None, deleted_at=None),
                name="customers_interaction_open",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(follow_up_on=None, follow_up_by=None)
                | Q(follow_up_on__isnull=False, follow_up_by__isnull=False),
                name="customers_interaction_follow_up",
                violation_error_message=_("A follow-up has a day and somebody who does it."),
            ),
            models.CheckConstraint(
                condition=Q(done_at=None) | Q(follow_up_on__isnull=False),
                name="customers_interaction_done",
                violation_error_message=_("Only a follow-up can be done."),
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}, {self.customer.full_name}"

    def get_absolute_url(self):
        return f"{self.customer.get_absolute_url()}#timeline"

    def clean(self):
        if self.contact_id and self.contact.customer_id != self.customer_id:
            raise ValidationError({"contact": _("This person belongs to another customer.")})
        if self.follow_up_on and not self.follow_up_by_id:
            raise ValidationError({"follow_up_by": _("Who is to do it?")})
        if self.follow_up_by_id and not self.follow_up_on:
            raise ValidationError({"follow_up_on": _("Until when?")})

    # --- Reading

    @property
    def is_open(self) -> bool:
        return self.follow_up_on is not None and self.done_at is None

    @property
    def is_overdue(self) -> bool:
        return self.is_open and self.follow_up_on < timezone.localdate()

    @property
    def is_today(self) -> bool:
        return self.is_open and self.follow_up_on == timezone.localdate()

    # --- Verbs

    def finish(self, *, by):
        """The follow-up is done. Raises Refused where there is none; a second time nothing happens."""
        with transaction.atomic():
            self._lock_follow_up()
            if self.done_at is None:
                self.done_at, self.done_by = timezone.now(), by
                self.save(by=by, reason="finish")

    def reopen(self, *, by):
        """It was not done after all."""
        with transaction.atomic():
            self._lock_follow_up()
            if self.done_at is not None:
                self.done_at = self.done_by = None
                self.save(by=by, reason="reopen")

    def _lock_follow_up(self) -> None:
        self.lock()
        if self.deleted_at:
            raise Refused(_("This entry is in the trash."))
        if self.follow_up_on is None:
            raise Refused(_("There is nothing to follow up."))
