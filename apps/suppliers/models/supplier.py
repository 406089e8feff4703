from decimal import Decimal

from babel import Locale
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Concat, Upper
from django.utils.translation import gettext_lazy as _

from apps.numbering.models import Key, next_number
from gmtc.addresses import address_of
from gmtc.errors import Refused
from gmtc.models import MAX_MONEY, AliveManager, Record, RecordQuerySet, audit_log, between

MAX_RATE = 1_000_000
MIN_RATE = Decimal("0.000001")


class Currency(models.TextChoices):
    """Currencies we buy in, by ISO 4217."""

    EUR = "EUR", _("Euro (EUR)")
    USD = "USD", _("US dollar (USD)")
    CHF = "CHF", _("Swiss franc (CHF)")
    GBP = "GBP", _("Pound sterling (GBP)")
    CNY = "CNY", _("Renminbi (CNY)")
    CZK = "CZK", _("Czech koruna (CZK)")
    PLN = "PLN", _("Polish złoty (PLN)")
    SEK = "SEK", _("Swedish krona (SEK)")
    DKK = "DKK", _("Danish krone (DKK)")
    JPY = "JPY", _("Japanese yen (JPY)")


class Incoterm(models.TextChoices):
    """Who bears carriage and risk, by Incoterms 2020."""

    EXW = "EXW", _("EXW ex works")
    FCA = "FCA", _("FCA free carrier")
    FAS = "FAS", _("FAS free alongside ship")
    FOB = "FOB", _("FOB free on board")
    CFR = "CFR", _("CFR cost and freight")
    CIF = "CIF", _("CIF cost, insurance and freight")
    CPT = "CPT", _("CPT carriage paid to")
    CIP = "CIP", _("CIP carriage and insurance paid to")
    DAP = "DAP", _("DAP delivered at place")
    DPU = "DPU", _("DPU delivered at place unloaded")
    DDP = "DDP", _("DDP delivered duty paid")


class Language(models.TextChoices):
    GERMAN = "de", _("German")
    ENGLISH = "en", _("English")


def rate_field() -> models.DecimalField:
    """How much of the currency one euro is, as the European Central Bank quotes it: 1 EUR = 1.0850 USD."""
    return models.DecimalField(
        _("exchange rate"),
        max_digits=14,
        decimal_places=6,
        default=1,
        validators=[MinValueValidator(MIN_RATE), MaxValueValidator(MAX_RATE)],
        help_text=_("How much of the currency one euro is, such as 1.0850 for US dollars."),
    )


def percent_field(label, **kwargs) -> models.DecimalField:
    validators = [MinValueValidator(0), MaxValueValidator(100)]
    return models.DecimalField(label, max_digits=5, decimal_places=2, default=0, validators=validators, **kwargs)


def days_field(label, **kwargs) -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(label, validators=[MaxValueValidator(999)], **kwargs)


def euro_has_rate_one(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=~Q(currency="EUR") | Q(exchange_rate=1),
        name=name,
        violation_error_message=_("The exchange rate of the euro is 1."),
    )


class SupplierQuerySet(RecordQuerySet):
    def search(self, text: str):
        """Every word somewhere in number, name, town, e-mail or our customer number there."""
        for word in text.split()[:8]:
            self = self.filter(search_text__says=word)
        return self

    def active(self):
        return self.filter(is_blocked=False)


class Supplier(Record):
    """Who we buy from. Its terms and prices are copied into each purchase order. Prices are in `currency`, net."""

    number = models.CharField(_("number"), max_length=20, blank=True, editable=False)
    name = models.CharField(_("name"), max_length=160)
    customer_number = models.CharField(
        _("our customer number"), max_length=40, blank=True, help_text=_("The number that we have there.")
    )
    rating = models.PositiveSmallIntegerField(
        _("rating"),
        null=True,
        blank=True,
        choices=[(5, "★★★★★"), (4, "★★★★"), (3, "★★★"), (2, "★★"), (1, "★")],
    )

    street = models.CharField(_("street and number"), max_length=120, blank=True)
    address_extra = models.CharField(_("address line 2"), max_length=120, blank=True)
    postcode = models.CharField(_("postcode"), max_length=12, blank=True)
    city = models.CharField(_("city"), max_length=80, blank=True)
    country = models.CharField(
        _("country"),
        max_length=2,
        default="DE",
        validators=[RegexValidator(r"^[A-Z]{2}$", _("Two letters, such as DE."))],
        help_text=_("Two letters, such as DE."),
    )
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    website = models.URLField(_("web page"), max_length=200, blank=True)
    vat_id = models.CharField(_("VAT ID"), max_length=16, blank=True)
    language = models.CharField(_("language"), max_length=2, choices=Language, default=Language.GERMAN)

    currency = models.CharField(_("currency"), max_length=3, choices=Currency, default=Currency.EUR)
    exchange_rate = rate_field()
    payment_days = days_field(_("days to pay"), default=30)
    discount_percent = percent_field(_("early payment discount (%)"))
    discount_days = days_field(_("days for the discount"), default=0)
    incoterm = models.CharField(_("Incoterm"), max_length=3, choices=Incoterm, blank=True)
    delivery_terms = models.CharField(
        _("delivery terms"), max_length=200, blank=True, help_text=_("Such as: free delivery from 150 €.")
    )
    minimum_order_value = models.DecimalField(
        _("minimum order value"),
        max_digits=12,
        decimal_places=2,
        default=0,
        validators=[MinValueValidator(0)],
        help_text=_("In the supplier's currency; 0 if there is none."),
    )
    lead_time_days = days_field(
        _("lead time (days)"), default=7, help_text=_("Calendar days, for parts without a lead time of their own.")
    )
    is_blocked = models.BooleanField(_("blocked"), default=False, help_text=_("Nothing is ordered there any more."))
    notes = models.TextField(_("notes"), blank=True)

    search_text = models.GeneratedField(
        expression=Upper(
            Concat(
                *[
                    piece
                    for name in ("number", "name", "city", "email", "customer_number")
                    for piece in (F(name), models.Value(" "))
                ],
                output_field=models.TextField(),
            )
        ),
        output_field=models.TextField(),
        db_persist=True,
        editable=False,
    )

    objects = AliveManager.from_queryset(SupplierQuerySet)()
    everything = SupplierQuerySet.as_manager()
    history = audit_log(without=("search_text",))

    class Meta(Record.Meta):
        verbose_name = _("supplier")
        verbose_name_plural = _("suppliers")
        ordering = ["name", "number"]
        permissions = [
            ("export_supplier", "Can export suppliers"),
            ("restore_supplier", "Can restore suppliers from the trash"),
        ]
        indexes = [models.Index(fields=["name"], condition=Q(deleted_at=None), name="suppliers_supplier_name_sort")]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="suppliers_supplier_number"),
            between("rating", 1, 5, name="suppliers_supplier_rating"),
            between("exchange_rate", MIN_RATE, MAX_RATE, name="suppliers_supplier_rate"),
            euro_has_rate_one("suppliers_supplier_euro"),
            between("discount_percent", 0, 100, name="suppliers_supplier_discount"),
            between("minimum_order_value", 0, MAX_MONEY, name="suppliers_supplier_minimum"),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return address_of("suppliers:supplier_detail", self.pk)

    def save(self, *, by=None, reason: str = "", **kwargs):
        """A new supplier gets its number here, last in the transaction."""
        if reason in ("create", "edit") and self.discount_days > self.payment_days:
            raise Refused(_("The discount cannot last longer than the days to pay."), field="discount_days")
        with transaction.atomic():
            if self._state.adding and not self.number:
                self.number = next_number(Key.SUPPLIER)
            super().save(by=by, reason=reason, **kwargs)

    # --- Reading

    def address_lines(self, language: str) -> list[str]:
        """As it stands in the address window; our own country goes without saying."""
        country = "" if self.country == "DE" else Locale(language).territories.get(self.country, self.country)
        lines = [self.name, self.address_extra, self.street, f"{self.postcode} {self.city}".strip(), country.upper()]
        return [line for line in lines if line]

    def order_address(self) -> str:
        """Where purchase orders are mailed to: the contact who takes them, else the office; may be empty."""
        contact = self.contacts.exclude(email="").filter(takes_orders=True).first()
        return contact.email if contact else self.email

    def refuse_blocked(self) -> None:
        """Raises Refused where nothing may be ordered here."""
        if self.deleted_at or self.is_blocked:
            raise Refused(
                _("%(supplier)s is blocked: nothing is ordered there.") % {"supplier": self}, field="supplier"
            )


class SupplierContact(Record):
    """A person at a supplier."""

    supplier = models.ForeignKey(
        "suppliers.Supplier", models.CASCADE, related_name="contacts", verbose_name=_("supplier")
    )
    name = models.CharField(_("name"), max_length=120)
    function = models.CharField(_("function"), max_length=80, blank=True, help_text=_("Such as: sales, dispatch."))
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    takes_orders = models.BooleanField(
        _("takes our orders"), default=False, help_text=_("Purchase orders are mailed to this person.")
    )
    notes = models.CharField(_("notes"), max_length=200, blank=True)

    history = audit_log()

    class Meta(Record.Meta):
        verbose_name = _("contact at a supplier")
        verbose_name_plural = _("contacts at suppliers")
        ordering = ["name"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return address_of("suppliers:supplier_detail", self.supplier_id)
