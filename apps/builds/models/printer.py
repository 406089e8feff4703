import calendar
import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.parts.models import Reference, Reservation
from gmtc.addresses import address_of
from gmtc.errors import Refused
from gmtc.models import AliveManager, Record, RecordQuerySet, audit_log, between
from gmtc.searching import upper
from gmtc.states import move

WARRANTY_MONTHS = 24  # § 438(1) no. 3 BGB: two years from delivery


class PrinterStatus(models.TextChoices):
    IN_STOCK = "in_stock", _("In stock")
    SHIPPED = "shipped", _("With the customer")
    RETURNED = "returned", _("Returned")


class PrinterQuerySet(RecordQuerySet):
    def search(self, text: str):
        """Every word somewhere in the serial number, the model, the owner, or the numbers of job and order."""
        for word in text.split()[:8]:
            word = upper(word)
            self = self.filter(
                Q(serial__contains=word)
                | Q(part__search_text__says=word)
                | Q(owner__search_text__says=word)
                | Q(job__number__contains=word)
                | Q(order_line__order__search_text__says=word)
            )
        return self

    def in_stock(self):
        return self.filter(status=PrinterStatus.IN_STOCK)

    def shipped(self):
        return self.filter(status=PrinterStatus.SHIPPED)

    def under_warranty(self):
        return self.filter(warranty_until__gte=timezone.localdate())


class Printer(Record):
    """One piece with a serial number: what it was made of is the frozen bill of its job (`piece` of `job.quantity`)."""

    serial = models.CharField(_("serial number"), max_length=20, editable=False)
    part = models.ForeignKey("parts.Part", models.PROTECT, editable=False, related_name="+", verbose_name=_("product"))
    job = models.ForeignKey(
        "builds.ProductionJob",
        models.PROTECT,
        editable=False,
        related_name="printers",
        verbose_name=_("production job"),
    )
    piece = models.PositiveSmallIntegerField(_("piece"), default=1, editable=False)
    order_line = models.ForeignKey(
        "orders.OrderLine",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("for the order"),
    )
    owner = models.ForeignKey(
        "customers.Customer", models.PROTECT, null=True, editable=False, related_name="+", verbose_name=_("owner")
    )
    status = models.CharField(
        _("status"), max_length=8, choices=PrinterStatus, default=PrinterStatus.IN_STOCK, editable=False
    )
    shipped_on = models.DateField(_("handed over on"), null=True, editable=False)
    warranty_until = models.DateField(_("warranty until"), null=True, editable=False)
    notes = models.TextField(
        _("notes"), blank=True, max_length=2000, help_text=_("What was changed or repaired, settings, peculiarities.")
    )

    objects = AliveManager.from_queryset(PrinterQuerySet)()
    everything = PrinterQuerySet.as_manager()
    history = audit_log()

    class Meta(Record.Meta):
        verbose_name = _("printer")
        verbose_name_plural = _("printers")
        ordering = ["-serial"]
        default_permissions = ("change", "view")
        permissions = [("export_printer", "Can export printers")]
        indexes = [
            models.Index(fields=["part", "status"], name="builds_printer_part"),
            models.Index(fields=["warranty_until"], name="builds_printer_warranty"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["serial"], name="builds_printer_serial", violation_error_message=_("This serial number exists.")
            ),
            models.UniqueConstraint(fields=["job", "piece"], name="builds_printer_piece"),
            models.CheckConstraint(condition=~Q(serial="") & Q(deleted_at=None), name="builds_printer_stays"),
            between("piece", 1, 32_767, name="builds_printer_piece_range"),
            models.CheckConstraint(
                condition=Q(status=PrinterStatus.SHIPPED)
                & Q(owner__isnull=False, shipped_on__isnull=False, warranty_until__isnull=False)
                | ~Q(status=PrinterStatus.SHIPPED) & Q(owner=None, shipped_on=None, warranty_until=None),
                name="builds_printer_owner",
            ),
        ]

    def __str__(self):
        return self.serial

    def get_absolute_url(self):
        return address_of("builds:printer_detail", self.pk)

    @property
    def is_in_stock(self) -> bool:
        return self.status == PrinterStatus.IN_STOCK

    @property
    def is_under_warranty(self) -> bool:
        return bool(self.warranty_until) and self.warranty_until >= timezone.localdate()

    def discard(self, *, by):
        raise Refused(_("A printer keeps its serial number and stays."))

    # --- Verbs; stock is moved by the delivery or the return that calls them

    @move(PrinterStatus.IN_STOCK, PrinterStatus.RETURNED, to=PrinterStatus.SHIPPED)
    def hand_over(self, customer, *, on: datetime.date, by, order_line=None, months: int = WARRANTY_MONTHS):
        """It is the customer's from the day `on`; the warranty runs `months` from then."""
        self._let_go(by)
        self.owner, self.shipped_on, self.warranty_until = customer, on, months_after(on, months)
        if order_line is not None:
            self.order_line = order_line

    @move(PrinterStatus.SHIPPED, to=PrinterStatus.RETURNED)
    def take_back(self, *, by):
        """It has come back: nobody owns it any more and no warranty runs. History keeps who had it."""
        self.owner = self.shipped_on = self.warranty_until = self.order_line = None

    @move(PrinterStatus.RETURNED, to=PrinterStatus.IN_STOCK)
    def restock(self, *, by):
        """Looked at and as good as new: it may be sold again."""
        self._let_go(by)

    def hold_damaged(self, *, by):
        """It lies in stock and must not be promised to anybody, until it is restocked or handed over."""
        self.part.reserve(1, reference=Reference.to(self), note=str(_("damaged, to be repaired")), by=by)

    def _let_go(self, by) -> None:
        for held in Reservation.held_for(self):
            held.release(by=by)


def months_after(day: datetime.date, months: int) -> datetime.date:
    """The same day of the month, or its last one: two years after the 29th of February is the 28th (§ 188(3) BGB)."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return datetime.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
