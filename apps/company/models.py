"""Who we are: what the law, the bank and the brand say about us, and the standing texts of documents."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from stdnum import bic, iban, vatin

from apps.company.brand import COLOURS, PICTURES, Brand
from gmtc.errors import Refused
from gmtc.models import AliveManager, Record, audit_log, between, unique_while_alive

COLOUR = RegexValidator(r"^#[0-9A-Fa-f]{6}$", _("A colour has the form #0E6B6B."))
COUNTRY = RegexValidator(r"^[A-Z]{2}$", _("Two letters, such as DE."))


PERCENT = [MinValueValidator(0), MaxValueValidator(100)]
EORI = RegexValidator(r"^[A-Z]{2}[0-9A-Z]{1,15}$", _("An EORI number has two letters and up to 15 digits."))


def right_vat_id(value: str) -> None:
    """Checks the digits only; whether the tax office knows the number is another question."""
    if not vatin.is_valid(value):
        raise ValidationError(_("This is not a VAT ID; check the digits."))


def right_iban(value: str) -> None:
    if not iban.is_valid(value):
        raise ValidationError(_("This is not an IBAN; check the digits."))


def right_bic(value: str) -> None:
    if not bic.is_valid(value):
        raise ValidationError(_("This is not a BIC; it has 8 or 11 letters and digits."))


class Company(Record):
    """The one company that works with this system. Days are calendar days, rates are percent."""

    is_the_one = models.BooleanField(default=True, editable=False)

    legal_name = models.CharField(_("legal name"), max_length=120, help_text=_("As it is in the commercial register."))
    legal_form = models.CharField(_("legal form"), max_length=40, blank=True, help_text=_("GmbH, UG, e. K. ..."))
    trade_name = models.CharField(_("brand"), max_length=60, help_text=_("The name customers know."))
    directors = models.CharField(_("managing directors"), max_length=200, blank=True)
    register_court = models.CharField(_("register court"), max_length=80, blank=True)
    register_number = models.CharField(_("register number"), max_length=40, blank=True, help_text=_("HRB 12345"))

    street = models.CharField(_("street and number"), max_length=120)
    postcode = models.CharField(_("postcode"), max_length=12)
    city = models.CharField(_("city"), max_length=80)
    country = models.CharField(_("country"), max_length=2, default="DE", validators=[COUNTRY])
    goods_name = models.CharField(
        _("goods are received by"), max_length=120, blank=True, help_text=_("Empty: the company, at the address above.")
    )
    goods_street = models.CharField(_("street and number of the goods entrance"), max_length=120, blank=True)
    goods_postcode = models.CharField(_("postcode of the goods entrance"), max_length=12, blank=True)
    goods_city = models.CharField(_("city of the goods entrance"), max_length=80, blank=True)
    goods_country = models.CharField(_("country of the goods entrance"), max_length=2, blank=True, validators=[COUNTRY])

    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    website = models.CharField(_("website"), max_length=120, blank=True)

    tax_number = models.CharField(_("tax number"), max_length=30, blank=True)
    vat_id = models.CharField(_("VAT ID"), max_length=16, blank=True, validators=[right_vat_id])
    eori = models.CharField(
        _("EORI number"), max_length=17, blank=True, validators=[EORI], help_text=_("For exports outside the EU.")
    )
    is_small_business = models.BooleanField(
        _("small business (§ 19 UStG)"), default=False, help_text=_("Invoices show no VAT and say why.")
    )
    uses_oss = models.BooleanField(
        _("one-stop shop (OSS)"),
        default=False,
        help_text=_("EU consumers are charged their own country's VAT, from 10,000 euros of such sales a year."),
    )
    vat_rate = models.DecimalField(
        _("usual VAT rate (%)"), max_digits=5, decimal_places=2, default=19, validators=PERCENT
    )
    reduced_vat_rate = models.DecimalField(
        _("reduced VAT rate (%)"), max_digits=5, decimal_places=2, default=7, validators=PERCENT
    )

    account_holder = models.CharField(
        _("account holder"), max_length=70, blank=True, help_text=_("Empty: the legal name.")
    )
    bank_name = models.CharField(_("bank"), max_length=80, blank=True)
    iban = models.CharField(_("IBAN"), max_length=34, blank=True, validators=[right_iban])
    bic = models.CharField(_("BIC"), max_length=11, blank=True, validators=[right_bic])
    payment_days = models.PositiveSmallIntegerField(
        _("days to pay"), default=14, validators=[MaxValueValidator(365)], help_text=_("For customers without terms.")
    )
    quote_days = models.PositiveSmallIntegerField(
        _("days a quote is valid"), default=30, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )

    accent = models.CharField(_("accent"), max_length=7, default="#0E6B6B", validators=[COLOUR])
    accent_dark = models.CharField(_("accent, dark theme"), max_length=7, default="#57C2BB", validators=[COLOUR])
    ink = models.CharField(_("ink"), max_length=7, default="#16211F", validators=[COLOUR])
    paper = models.CharField(_("paper"), max_length=7, default="#F7F6F3", validators=[COLOUR])
    logo = models.FileField(_("logo"), upload_to="brand/", blank=True, help_text=_("SVG or PNG, at most 512 KB."))
    logo_dark = models.FileField(
        _("logo for dark grounds"), upload_to="brand/", blank=True, help_text=_("Empty: the same logo.")
    )
    mark = models.FileField(
        _("square sign"), upload_to="brand/", blank=True, help_text=_("Stands in the browser's tab, SVG or PNG.")
    )

    history = audit_log()

    class Meta(Record.Meta):
        verbose_name = _("company")
        verbose_name_plural = _("company")
        constraints = [
            models.UniqueConstraint(fields=["is_the_one"], name="company_company_one"),
            models.CheckConstraint(condition=Q(is_the_one=True, deleted_at=None), name="company_company_stays"),
            between("vat_rate", 0, 100, name="company_company_vat_rate"),
            between("reduced_vat_rate", 0, 100, name="company_company_reduced_vat_rate"),
            between("payment_days", 0, 365, name="company_company_payment_days"),
            between("quote_days", 1, 365, name="company_company_quote_days"),
        ]

    def __str__(self):
        return self.legal_name

    @classmethod
    def current(cls) -> "Company":
        """The row; a new database has one with sample data (`apps/company/sample.py`)."""
        return cls.objects.get()

    @classmethod
    def current_brand(cls) -> Brand:
        """What every page asks for, without the rest of the row."""
        return Brand(*cls.objects.values_list("trade_name", *COLOURS, *PICTURES).get())

    # --- Reading

    @property
    def brand(self) -> Brand:
        return Brand(
            name=self.trade_name,
            accent=self.accent,
            accent_dark=self.accent_dark,
            ink=self.ink,
            paper=self.paper,
            logo=self.logo.name or "",
            logo_dark=self.logo_dark.name or "",
            mark=self.mark.name or "",
        )

    @property
    def payee(self) -> str:
        """Who receives the money, as the bank knows them."""
        return self.account_holder or self.legal_name

    # --- Verbs

    def discard(self, *, by):
        raise Refused(_("The company itself cannot be deleted."))


class Language(models.TextChoices):
    """The languages documents are written in."""

    GERMAN = "de", "Deutsch"
    ENGLISH = "en", "English"


class DocumentKind(models.TextChoices):
    """The documents that carry standing texts."""

    QUOTE = "quote", _("Quote")
    ORDER_CONFIRMATION = "order_confirmation", _("Order confirmation")
    DELIVERY_NOTE = "delivery_note", _("Delivery note")
    PURCHASE_ORDER = "purchase_order", _("Purchase order")
    INVOICE = "invoice", _("Invoice")
    CANCELLATION = "cancellation", _("Cancellation of an invoice")
    REMINDER = "reminder", _("Payment reminder")
    DUNNING = "dunning", _("First dunning letter")
    FINAL_DUNNING = "final_dunning", _("Final dunning letter")


class DocumentText(Record):
    """What stands above and below the lines of every document of a kind, in one language."""

    kind = models.CharField(_("document"), max_length=20, choices=DocumentKind, editable=False)
    language = models.CharField(_("language"), max_length=5, choices=Language, editable=False)
    intro = models.TextField(_("above the lines"), blank=True, max_length=2000)
    closing = models.TextField(_("below the lines"), blank=True, max_length=2000)

    objects = AliveManager()
    history = audit_log()

    class Meta(Record.Meta):
        verbose_name = _("document text")
        verbose_name_plural = _("document texts")
        ordering = ["kind", "language"]
        # Who may read or change the company may read or change its texts.
        default_permissions = []
        constraints = [
            unique_while_alive(
                "kind", "language", name="company_documenttext_kind", message=_("This document has its texts already.")
            )
        ]

    def __str__(self):
        return f"{self.get_kind_display()} ({self.get_language_display()})"

    @classmethod
    def of(cls, kind: str, language: str) -> "DocumentText":
        """The texts of a kind; English where a language has none, empty where there is none at all."""
        texts = {text.language: text for text in cls.objects.filter(kind=kind, language__in=[language, "en"])}
        return texts.get(language) or texts.get("en") or cls(kind=kind, language=language)
