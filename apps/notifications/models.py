"""What people are told: in the app, and by mail if they want."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7


class Kind(models.TextChoices):
    """What a notification is about; each user chooses for each kind how to hear of it."""

    STOCK = "stock", _("Stock below its minimum")
    ORDERS = "orders", _("Quotes and customer orders")
    PURCHASING = "purchasing", _("Purchase orders and goods receipts")
    PRODUCTION = "production", _("Production jobs")
    DELIVERIES = "deliveries", _("Deliveries and returns")
    BILLING = "billing", _("Invoices and payments")
    FOLLOW_UP = "follow_up", _("Customers to call back")
    IMPORTS = "imports", _("Imports and exports that have finished")
    SYSTEM = "system", _("The system itself")


class NotificationQuerySet(models.QuerySet):
    def unread(self):
        return self.filter(read_at=None)

    def mark_read(self) -> int:
        """How many were new."""
        return self.unread().update(read_at=timezone.now())


class Notification(models.Model):
    """One line for one user, written in that user's language when it was sent. `url` is a path of ours."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("user"))
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    title = models.CharField(_("title"), max_length=200)
    body = models.TextField(_("text"), blank=True)
    url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(_("when"), default=timezone.now)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-id"]  # UUIDv7 sorts by time
        default_permissions = []
        indexes = [
            models.Index(fields=["user", "-id"], name="notifications_user_newest"),
            models.Index(fields=["user"], condition=Q(read_at=None), name="notifications_user_unread"),
        ]
        constraints = [
            # A notification leads to a page of ours, never away.
            models.CheckConstraint(
                condition=Q(url="") | (Q(url__startswith="/") & ~Q(url__startswith="//")), name="notifications_own_url"
            )
        ]

    def __str__(self):
        return self.title


class Preference(models.Model):
    """How a user wants to hear of a kind; without a row, in both ways."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind)
    in_app = models.BooleanField(_("in the app"), default=True)
    mail = models.BooleanField(_("by mail"), default=True)

    class Meta:
        verbose_name = _("preference")
        verbose_name_plural = _("preferences")
        default_permissions = []
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="notifications_preference_kind")]

    def __str__(self):
        return f"{self.user}: {self.kind}"

    @classmethod
    def of(cls, user) -> dict[str, "Preference"]:
        """The user's choice for every kind."""
        chosen = {each.kind: each for each in cls.objects.filter(user=user)}
        return {kind: chosen.get(kind) or cls(user=user, kind=kind) for kind in Kind.values}
