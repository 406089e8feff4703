from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.customers.models.settled import Settled
from gmtc.countries import last_line, name_of, place_lines, right_country, right_postcode
from gmtc.errors import Refused
from gmtc.models import Record, audit_log


class AddressKind(models.TextChoices):
    BILLING = "billing", _("Invoice address")
    SHIPPING = "shipping", _("Delivery address")


class Address(Settled, Record):
    """Where invoices or goods go. Of each kind one is the standard; the standard invoice address says where the
    customer is at home, which a trigger writes into the customer."""

    settled = ("customers_address_default",)
    personal = ("name", "person", "street", "extra")

    customer = models.ForeignKey(
        "customers.Customer", models.CASCADE, related_name="addresses", verbose_name=_("customer")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=AddressKind, default=AddressKind.SHIPPING)
    is_default = models.BooleanField(
        _("standard"), default=False, help_text=_("Proposed for new documents, in place of the one until now.")
    )
    name = models.CharField(_("recipient"), max_length=120, blank=True, help_text=_("Empty: the customer's name."))
    person = models.CharField(
        _("department or person"), max_length=120, blank=True, help_text=_("Such as: Purchasing, Ms Klein.")
    )
    street = models.CharField(_("street and number"), max_length=120)
    extra = models.CharField(_("additional line"), max_length=120, blank=True, help_text=_("Floor, building, gate ..."))
    postcode = models.CharField(_("postcode"), max_length=12, blank=True)
    city = models.CharField(_("city"), max_length=80)
    state = models.CharField(_("state or province"), max_length=60, blank=True)
    country = models.CharField(_("country"), max_length=2, default="DE", validators=[right_country])

    history = audit_log()

    class Meta(Record.Meta):
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        ordering = ["kind", "-is_default", "city", "pk"]
        indexes = [models.Index(fields=["customer"], condition=Q(deleted_at=None), name="customers_address_customer")]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "kind"],
                condition=Q(deleted_at=None, is_default=True),
                name="customers_address_default",
                violation_error_message=_("Another address is the standard already."),
            )
        ]

    def __str__(self):
        return ", ".join(filter(None, [self.name or self.customer.full_name, self.street, self.city]))

    def get_absolute_url(self):
        return f"{self.customer.get_absolute_url()}#addresses"

    def clean(self):
        self.postcode = " ".join(self.postcode.upper().split())
        try:
            right_postcode(self.postcode, self.country)
        except ValidationError as error:
            raise ValidationError({"postcode": error}) from error

    def lock(self):
        self.customer.lock()  # always the customer first, so that two of its addresses never wait for each other
        return super().lock()

    # --- Reading

    @property
    def country_name(self) -> str:
        """In the language of the moment."""
        return name_of(self.country)

    def lines(self, *, sender: str = "DE", language: str = "de") -> list[str]:
        """The lines of a letter's address window (DIN 5008), posted in the country `sender` with `language` as its
        language: at most seven, the country in capitals only abroad."""
        place = place_lines(postcode=self.postcode, city=self.city, state=self.state, country=self.country)
        own = [self.name or self.customer.full_name, self.person, self.extra, self.street]
        return [line for line in own if line] + place + last_line(self.country, sender=sender, language=language)

    # --- Verbs

    def save(self, *, by=None, reason: str = "", **kwargs):
        """Store the address; a new standard takes the place of the old one, and the customer's tax case follows."""
        with transaction.atomic():
            self.customer.lock()
            others = self.customer.addresses.filter(kind=self.kind, is_default=True, deleted_at=None).exclude(
                pk=self.pk
            )
            if self.deleted_at:
                self.is_default = False
            elif self.kind == AddressKind.BILLING and not others:
                self.is_default = True
            if self.is_default:
                for other in others:
                    other.is_default = False
                    super(Address, other).save(by=by, reason="edit")
            self._refuse_to_leave_none()
            super().save(by=by, reason=reason, **kwargs)
            self.customer.follow_address(by=by)

    def make_default(self, *, by):
        """The standard of its kind from now on."""
        with transaction.atomic():
            self.lock_alive()
            if not self.is_default:
                self.is_default = True
                self.save(by=by, reason="make_default")

    def _refuse_to_leave_none(self) -> None:
        """A customer without an invoice address could not be sent an invoice."""
        if self._state.adding:
            return
        stored = Address.everything.get(pk=self.pk)
        was_the_one = stored.kind == AddressKind.BILLING and stored.is_default and not stored.deleted_at
        is_the_one = self.kind == AddressKind.BILLING and self.is_default
        if was_the_one and not is_the_one:
            raise Refused(_("This is the standard invoice address. Make another one the standard first."), field="kind")
