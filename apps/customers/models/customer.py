from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models, transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Concat, Lower, Trim, Upper
from django.utils.translation import gettext_lazy as _
from stdnum.de import leitweg
from stdnum.eu import vat

from apps.company.models import Company, Language
from apps.customers.models.address import AddressKind
from apps.customers.models.noting import Noting
from apps.customers.models.person import Named
from apps.customers.models.settled import Settled
from apps.customers.models.tax import TaxCase, compact_vat_id, why_not
from apps.customers.models.taxed import Taxed, VatCheck
from apps.numbering.models import Key, next_number
from gmtc.addresses import address_of
from gmtc.countries import name_of
from gmtc.errors import Refused
from gmtc.models import MAX_MONEY, AliveManager, Record, RecordQuerySet, audit_log, between

PERCENT = [MinValueValidator(0), MaxValueValidator(100)]
LEITWEG = "0204"

# Electronic addresses by the code list EAS of EN 16931; the usual ones of our customers' countries.
ADDRESS_SCHEMES = [
    ("EM", _("e-mail")),
    (LEITWEG, _("Leitweg-ID")),
    ("9930", _("VAT ID (Germany)")),
    ("0088", "GLN"),
    ("0060", "DUNS"),
    ("9914", _("VAT ID (Austria)")),
    ("9925", _("VAT ID (Belgium)")),
    ("9957", _("VAT ID (France)")),
    ("0009", "SIRET"),
    ("9906", _("VAT ID (Italy)")),
    ("9944", _("VAT ID (Netherlands)")),
    ("0106", "KVK"),
    ("9920", _("VAT ID (Spain)")),
    ("9927", _("VAT ID (Switzerland)")),
]


def right_vat_id(value: str) -> None:
    """Checks the form and the check digits; whether the tax office knows it is recorded by `record_vat_check`."""
    if not vat.is_valid(value):
        raise ValidationError(_("This is not a VAT ID of the EU; check the digits."))


class Kind(models.TextChoices):
    COMPANY = "company", _("Company")
    PERSON = "person", _("Private person")


class CustomerQuerySet(RecordQuerySet):
    def search(self, text: str):
        """Every word somewhere in number, name, VAT ID, e-mail, phone, postcode or city."""
        for word in text.split()[:8]:
            self = self.filter(search_text__holds=word)
        return self

    def blocked(self):
        return self.filter(is_blocked=True)


class Customer(Taxed, Noting, Settled, Named, Record):
    """Who buys from us. Days are calendar days, discounts are percent, amounts are euros."""

    settled = ("customers_customer_numbered",)
    running = ("country", "postcode", "city")  # of the standard invoice address, kept by a trigger
    personal = ("salutation", "title", "first_name", "last_name", "email", "invoice_email", "phone", "website", "notes")

    number = models.CharField(
        _("customer number"),
        max_length=20,
        blank=True,
        validators=[RegexValidator(r"^[0-9A-Za-z][0-9A-Za-z./-]*$", _("Letters, digits, points, slashes and dashes."))],
        help_text=_("Empty: the next free number."),
    )
    kind = models.CharField(_("kind"), max_length=7, choices=Kind, default=Kind.COMPANY)
    company_name = models.CharField(
        _("company"), max_length=120, blank=True, help_text=_("The legal name, as it is on invoices.")
    )

    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    website = models.URLField(_("website"), blank=True)
    notes = models.TextField(_("notes"), blank=True, max_length=5000, help_text=_("For us only, on no document."))

    vat_id = models.CharField(
        _("VAT ID"), max_length=16, blank=True, validators=[right_vat_id], help_text=_("With its country: ATU13585627.")
    )
    vat_checked_id = models.CharField(_("checked VAT ID"), max_length=16, blank=True, editable=False)
    vat_checked_at = models.DateTimeField(_("VAT ID checked"), null=True, editable=False)
    vat_result = models.CharField(_("result of the check"), max_length=7, choices=VatCheck, blank=True, editable=False)
    vat_request = models.CharField(_("number of the request"), max_length=60, blank=True, editable=False)
    tax_case = models.CharField(_("tax case"), max_length=3, choices=TaxCase, default=TaxCase.DOMESTIC)

    language = models.CharField(_("language of documents"), max_length=5, choices=Language, default=Language.GERMAN)
    currency = models.CharField(_("currency"), max_length=3, default="EUR", editable=False)
    payment_days = models.PositiveSmallIntegerField(
        _("days to pay"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(365)],
        help_text=_("Empty: as set for the company."),
    )
    skonto_percent = models.DecimalField(
        _("cash discount (%)"), max_digits=5, decimal_places=2, default=0, validators=PERCENT
    )
    skonto_days = models.PositiveSmallIntegerField(
        _("cash discount within (days)"), default=0, validators=[MaxValueValidator(365)]
    )
    discount_percent = models.DecimalField(
        _("discount (%)"),
        max_digits=5,
        decimal_places=2,
        default=0,
        validators=PERCENT,
        help_text=_("Proposed for each line of an order."),
    )
    credit_limit = models.DecimalField(
        _("credit limit (€)"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("Empty: none."),
    )

    invoice_email = models.EmailField(
        _("e-mail for invoices"), blank=True, help_text=_("Empty: the general e-mail address.")
    )
    buyer_reference = models.CharField(
        _("buyer reference"), max_length=100, blank=True, help_text=_("The Leitweg-ID of public buyers (BT-10).")
    )
    address_scheme = models.CharField(
        _("kind of electronic address"), max_length=4, blank=True, choices=ADDRESS_SCHEMES
    )
    electronic_address = models.CharField(
        _("electronic address"), max_length=100, blank=True, help_text=_("Where e-invoices go (BT-49).")
    )

    is_blocked = models.BooleanField(_("blocked"), default=False, editable=False)
    blocked_reason = models.CharField(_("reason of the block"), max_length=200, blank=True, editable=False)

    country = models.CharField(_("country"), max_length=2, blank=True, editable=False)
    postcode = models.CharField(_("postcode"), max_length=12, blank=True, editable=False)
    city = models.CharField(_("city"), max_length=80, blank=True, editable=False)

    name = models.GeneratedField(
        expression=Case(
            When(kind=Kind.PERSON, then=Trim(Concat("first_name", Value(" "), "last_name"))), default=F("company_name")
        ),
        output_field=models.CharField(_("name"), max_length=121),
        db_persist=True,
        editable=False,
    )
    search_text = models.GeneratedField(
        expression=Upper(
            Concat(
                "number",
                Value(" "),
                "company_name",
                Value(" "),
                "first_name",
                Value(" "),
                "last_name",
                Value(" "),
                "vat_id",
                Value(" "),
                "email",
                Value(" "),
                "phone",
                Value(" "),
                "postcode",
                Value(" "),
                "city",
                output_field=models.TextField(),
            )
        ),
        output_field=models.TextField(),
        db_persist=True,
        editable=False,
    )

    objects = AliveManager.from_queryset(CustomerQuerySet)()
    everything = CustomerQuerySet.as_manager()
    history = audit_log(without=("country", "postcode", "city", "name", "search_text"))

    class Meta(Record.Meta):
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["name", "number"]
        permissions = [
            ("note_customer", "Can write into the contact history"),
            ("block_customer", "Can block customers and let them buy again"),
            ("check_customer", "Can record checks of VAT IDs"),
            ("export_customer", "Can export customers"),
            ("import_customer", "Can import customers"),
            ("restore_customer", "Can restore customers from the trash"),
        ]
        indexes = [
            models.Index(fields=["name", "number"], condition=Q(deleted_at=None), name="customers_customer_name_sort"),
            models.Index(fields=["vat_id"], condition=~Q(vat_id=""), name="customers_customer_vat"),
        ]
        constraints = [
            models.UniqueConstraint(
                Lower("number"),
                name="customers_customer_number",
                violation_error_message=_("Another customer has this number, maybe one in the trash."),
            ),
            models.CheckConstraint(condition=~Q(number=""), name="customers_customer_numbered"),
            models.CheckConstraint(
                condition=Q(kind=Kind.COMPANY, last_name="", first_name="") & ~Q(company_name="")
                | Q(kind=Kind.PERSON, company_name="") & ~Q(last_name=""),
                name="customers_customer_named",
            ),
            models.CheckConstraint(condition=Q(currency="EUR"), name="customers_customer_currency"),
            models.CheckConstraint(
                condition=Q(payment_days=None) | Q(payment_days__lte=365), name="customers_customer_payment_days"
            ),
            between("skonto_percent", 0, 100, name="customers_customer_skonto_percent"),
            between("discount_percent", 0, 100, name="customers_customer_discount_percent"),
            models.CheckConstraint(
                condition=Q(skonto_percent=0, skonto_days=0) | Q(skonto_percent__gt=0, skonto_days__gt=0),
                name="customers_customer_skonto",
                violation_error_message=_("A cash discount has a rate and a number of days."),
            ),
            models.CheckConstraint(
                condition=Q(payment_days=None) | Q(skonto_days__lte=F("payment_days")),
                name="customers_customer_skonto_days",
                violation_error_message=_("The cash discount ends before the invoice is due."),
            ),
            models.CheckConstraint(
                condition=Q(credit_limit=None) | Q(credit_limit__gte=0, credit_limit__lte=MAX_MONEY),
                name="customers_customer_credit_limit",
            ),
            models.CheckConstraint(
                condition=Q(is_blocked=False, blocked_reason="") | Q(is_blocked=True) & ~Q(blocked_reason=""),
                name="customers_customer_blocked",
            ),
            models.CheckConstraint(
                condition=Q(vat_checked_at=None, vat_result="", vat_checked_id="")
                | Q(vat_checked_at__isnull=False) & ~Q(vat_result="") & ~Q(vat_checked_id=""),
                name="customers_customer_vat_check",
            ),
            models.CheckConstraint(
                condition=Q(address_scheme="", electronic_address="")
                | ~Q(address_scheme="") & ~Q(electronic_address=""),
                name="customers_customer_electronic",
                violation_error_message=_("An electronic address has a kind and a value."),
            ),
        ]

    def __str__(self):
        return self.full_name

    def get_absolute_url(self):
        return address_of("customers:customer_detail", self.pk)

    def clean(self):
        self.vat_id = compact_vat_id(self.vat_id)
        problems = {}
        if self.kind == Kind.COMPANY:
            self.salutation = self.title = self.first_name = self.last_name = ""
            if not self.company_name:
                problems["company_name"] = _("A company has a name.")
        else:
            self.company_name = ""
            if not self.last_name:
                problems["last_name"] = _("A person has a last name.")
        if self.country and (problem := why_not(self.tax_case, country=self.country, vat_id=self.vat_id)):
            problems["tax_case"] = problem
        if self.address_scheme == LEITWEG and not leitweg.is_valid(self.electronic_address):
            problems["electronic_address"] = _("This is not a Leitweg-ID; check the digits.")
        if problems:
            raise ValidationError(problems)

    # --- Reading

    @property
    def full_name(self) -> str:
        """As it stands on documents: the company, or the person with their title."""
        return self.company_name if self.kind == Kind.COMPANY else self.person_name

    @property
    def country_name(self) -> str:
        return name_of(self.country)

    @property
    def is_abroad(self) -> bool:
        return self.country not in ("", "DE")

    @property
    def mail_for_invoices(self) -> str:
        return self.invoice_email or self.email

    @property
    def billing_address(self):
        """The standard invoice address; every customer has one."""
        return self._standard(AddressKind.BILLING)

    @property
    def shipping_address(self):
        """The standard delivery address, else the invoice address."""
        return self._standard(AddressKind.SHIPPING) or self.billing_address

    def _standard(self, kind: str):
        address = self.addresses.filter(kind=kind, is_default=True, deleted_at=None).first()
        if address:
            address.customer = self
        return address

    @property
    def primary_contact(self):
        return self.contacts.filter(is_primary=True, deleted_at=None).first()

    def days_to_pay(self) -> int:
        return Company.current().payment_days if self.payment_days is None else self.payment_days

    def salutation_line(self, language: str | None = None) -> str:
        """How a letter to this customer begins: by the first contact of a company, by name to a person."""
        contact = self.primary_contact if self.kind == Kind.COMPANY else None
        return (contact or self).greeting(language or self.language)

    # --- Verbs

    def register(self, address, *, by, reason: str = "create"):
        """Take the customer in with the invoice address; the number is the next free one where none is given.

        Raises ValidationError where the tax case does not go with the country.
        """
        if problem := why_not(self.tax_case, country=address.country, vat_id=self.vat_id):
            raise ValidationError({"tax_case": problem})
        with transaction.atomic():
            self.number = self.number or free_number()
            self.save(by=by, reason=reason)
            address.customer, address.kind, address.is_default = self, AddressKind.BILLING, True
            address.save(by=by, reason=reason)
        return self

    def save(self, *, by=None, reason: str = "", **kwargs):
        self.vat_id = compact_vat_id(self.vat_id)
        if self.country and (problem := why_not(self.tax_case, country=self.country, vat_id=self.vat_id)):
            raise Refused(problem, field="tax_case")
        super().save(by=by, reason=reason, **kwargs)

    def block(self, reason: str, *, by):
        """No more orders and deliveries until it is lifted. Raises Refused without a reason."""
        if not reason.strip():
            raise Refused(_("Say why the customer is blocked."), field="reason")
        with transaction.atomic():
            self.lock_alive()
            self.is_blocked, self.blocked_reason = True, reason.strip()
            self.save(by=by, reason="block")

    def unblock(self, *, by):
        with transaction.atomic():
            self.lock_alive()
            if self.is_blocked:
                self.is_blocked, self.blocked_reason = False, ""
                self.save(by=by, reason="unblock")

    def refuse_if_blocked(self) -> None:
        """For whoever is about to sell or ship. Raises Refused with the reason of the block."""
        if self.is_blocked:
            raise Refused(_("%(customer)s is blocked: %(reason)s") % {"customer": self, "reason": self.blocked_reason})


def free_number() -> str:
    """The next number of the series that no customer has: some were taken over from elsewhere by an import."""
    while True:
        number = next_number(Key.CUSTOMER)
        if not Customer.everything.alias(key=Lower("number")).filter(key=number.lower()).exists():
            return number
