"""The numbers of documents: unique, without gaps, given in the transaction that needs them."""

import datetime

from django.apps import apps as registry
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import connection, models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gmtc.errors import Refused
from gmtc.models import Record, audit_log, between, unique_while_alive


class Key(models.TextChoices):
    """What is numbered. The value is what callers say: `next_number("invoice", on=date)`."""

    INVOICE = "invoice", _("Invoices")
    CANCELLATION = "cancellation", _("Cancellations of invoices")
    QUOTE = "quote", _("Quotes")
    ORDER = "order", _("Customer orders")
    DELIVERY = "delivery", _("Deliveries")
    RETURN = "return", _("Returns")
    PURCHASE_ORDER = "purchase_order", _("Purchase orders")
    GOODS_RECEIPT = "goods_receipt", _("Goods receipts")
    JOB = "job", _("Production jobs")
    REMINDER = "reminder", _("Payment reminders")
    STOCK_COUNT = "stock_count", _("Stock counts")
    CUSTOMER = "customer", _("Customers")
    SUPPLIER = "supplier", _("Suppliers")
    PRINTER = "printer", _("Serial numbers of printers")


# prefix, with year, digits, first number. Customers and suppliers start where DATEV's debtor and creditor accounts do.
DEFAULTS = {
    Key.INVOICE: ("RE", True, 4, 1),
    Key.CANCELLATION: ("SR", True, 4, 1),
    Key.QUOTE: ("AN", True, 4, 1),
    Key.ORDER: ("AB", True, 4, 1),
    Key.DELIVERY: ("LS", True, 4, 1),
    Key.RETURN: ("RS", True, 4, 1),
    Key.PURCHASE_ORDER: ("BE", True, 4, 1),
    Key.GOODS_RECEIPT: ("WE", True, 4, 1),
    Key.JOB: ("FA", True, 4, 1),
    Key.REMINDER: ("MA", True, 4, 1),
    Key.STOCK_COUNT: ("ZL", True, 4, 1),
    Key.CUSTOMER: ("K", False, 5, 10001),
    Key.SUPPLIER: ("L", False, 5, 70001),
    Key.PRINTER: ("FZ", True, 4, 1),
}


class Series(Record):
    """How the numbers of one kind look: RE-2026-0001 is prefix RE, with year, four digits."""

    key = models.CharField(_("numbered"), max_length=20, choices=Key, editable=False)
    prefix = models.CharField(
        _("prefix"),
        max_length=8,
        validators=[RegexValidator(r"^[A-Z0-9]+$", _("Capital letters and digits only."))],
    )
    has_year = models.BooleanField(_("with year"), help_text=_("The count starts anew each January."))
    digits = models.PositiveSmallIntegerField(_("digits"), validators=[MinValueValidator(1), MaxValueValidator(8)])
    first = models.PositiveIntegerField(
        _("first number"),
        validators=[MinValueValidator(1), MaxValueValidator(99_999_999)],
        help_text=_("Counts for a year (or a series without year) that has no number yet."),
    )

    history = audit_log()

    class Meta(Record.Meta):
        verbose_name = _("number series")
        verbose_name_plural = _("number series")
        default_permissions = ["view", "change"]
        constraints = [
            unique_while_alive("key", name="numbering_series_key", message=_("This series exists.")),
            unique_while_alive(
                Lower("prefix"), name="numbering_series_prefix", message=_("Another series has this prefix.")
            ),
            between("digits", 1, 8, name="numbering_series_digits"),
            between("first", 1, 99_999_999, name="numbering_series_first"),
            models.CheckConstraint(condition=Q(deleted_at=None), name="numbering_series_stays"),
        ]

    def __str__(self):
        return self.get_key_display()

    def get_absolute_url(self):
        return reverse("numbering:series")

    @classmethod
    def of(cls, key: str) -> "Series":
        return cls.objects.get(key=Key(key))

    @classmethod
    def with_upcoming(cls, on: datetime.date | None = None) -> list[tuple["Series", str]]:
        """All series in the order of `Key`, each with the number that comes next."""
        day = on or timezone.localdate()
        stored = {series.key: series for series in cls.objects.all()}
        last = {(row.series, row.year): row.last for row in Counter.objects.filter(year__in=[0, day.year])}
        return [
            (series, series.after(last.get((key, series.year_of(day))), day)) for key in Key if (series := stored[key])
        ]

    def year_of(self, day: datetime.date) -> int:
        """The count a day belongs to; 0 where the series runs through."""
        return day.year if self.has_year else 0

    def format(self, year: int, number: int) -> str:
        return "-".join([self.prefix, *([str(year)] if year else []), f"{number:0{self.digits}}"])

    def after(self, last: int | None, day: datetime.date) -> str:
        """What follows `last` in the count of `day`; None where nothing has been counted yet."""
        return self.format(self.year_of(day), self.first if last is None else last + 1)

    def upcoming(self, on: datetime.date | None = None) -> str:
        """The number that would come next; only `next_number` gives it."""
        day = on or timezone.localdate()
        last = Counter.objects.filter(series=self.key, year=self.year_of(day)).values_list("last", flat=True).first()
        return self.after(last, day)

    def discard(self, *, by):
        raise Refused(_("A number series cannot be deleted."))


class Counter(models.Model):
    """The last number given in a series and year. Only `next_number` writes here."""

    series = models.CharField(max_length=20, choices=Key)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("counter")
        verbose_name_plural = _("counters")
        default_permissions = []
        constraints = [models.UniqueConstraint(fields=["series", "year"], name="numbering_counter_series_year")]

    def __str__(self):
        return f"{self.series} {self.year}: {self.last}"


class NotInTransaction(RuntimeError):
    """A number was asked for outside a transaction, where a later failure would leave a gap."""


def next_number(key: str, *, on: datetime.date | None = None) -> str:
    """Give the next number of a series: "RE-2026-0001"; `on` is the document's date, today without it.

    Call it last in the issuing transaction: the counter's row stays locked until that ends, so a number is never given
    twice, and one that was rolled back is given to the next (§ 14(4) no. 4 UStG wants unique, we promise gapless).
    Raises NotInTransaction, and ValueError for an unknown series.
    """
    if not connection.in_atomic_block:
        raise NotInTransaction(f"next_number({str(key)!r}) needs a transaction")
    series = Series.of(key)
    year = series.year_of(on or timezone.localdate())
    with connection.cursor() as cursor:
        # One statement, because two transactions may both find no row; the second waits here for the first.
        cursor.execute(
            "INSERT INTO numbering_counter (series, year, last) VALUES (%s, %s, %s)"
            " ON CONFLICT (series, year) DO UPDATE SET last = numbering_counter.last + 1 RETURNING last",
            [str(series.key), year, series.first],
        )
        (number,) = cursor.fetchone()
    return series.format(year, number)


def fill_after_migrate(sender, apps=registry, **kwargs) -> None:
    """Give each kind its usual series; `apps` is the state that migrate has reached, maybe one without our tables."""
    if "series" not in apps.all_models["numbering"]:
        return
    known = set(Series.everything.values_list("key", flat=True))
    for key, (prefix, has_year, digits, first) in DEFAULTS.items():
        if key not in known:
            Series(key=key, prefix=prefix, has_year=has_year, digits=digits, first=first).save(reason="create")
