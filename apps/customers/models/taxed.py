from datetime import datetime

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.customers.models.tax import TaxCase, is_possible, suggested_tax_case
from gmtc.errors import Refused


class VatCheck(models.TextChoices):
    """What the tax office answered (BZSt or VIES)."""

    VALID = "valid", _("valid")
    INVALID = "invalid", _("not valid")


class Taxed(models.Model):
    """How a customer is taxed, and what the tax office said of the VAT ID; the rules of it stand in `tax.py`."""

    class Meta:
        abstract = True

    @property
    def tax(self) -> TaxCase:
        """The tax case with its words: `customer.tax.category`."""
        return TaxCase(self.tax_case)

    @property
    def suggested_tax_case(self) -> TaxCase:
        return suggested_tax_case(country=self.country, vat_id=self.vat_id)

    @property
    def has_valid_vat_id(self) -> bool:
        """The tax office has confirmed the VAT ID that stands here now."""
        return bool(self.vat_id) and self.vat_result == VatCheck.VALID and self.vat_checked_id == self.vat_id

    @property
    def needs_vat_check(self) -> bool:
        """Untaxed because of a VAT ID that nobody has confirmed (§ 18e UStG; § 6a(4) UStG protects who asked)."""
        return self.tax in (TaxCase.INTRA_EU, TaxCase.REVERSE_CHARGE) and not self.has_valid_vat_id

    def follow_address(self, *, by):
        """The invoice address has changed: read where the customer is now, and where the tax case cannot hold there
        any more, take the one that usually applies."""
        self.refresh_from_db(fields=["country", "postcode", "city"])
        if self.country and not is_possible(self.tax_case, country=self.country, vat_id=self.vat_id):
            self.tax_case = self.suggested_tax_case
            self.save(by=by, reason="follow_address")

    def record_vat_check(self, result: str, *, by, at: datetime | None = None, request: str = ""):
        """Keep what the tax office said about the VAT ID as it stands now; `request` is the number of the inquiry.

        Raises Refused where there is no VAT ID, or the time has not come yet.
        """
        at = at or timezone.now()
        if at > timezone.now():
            raise Refused(_("This lies in the future."), field="at")
        with transaction.atomic():
            self.lock_alive()
            if not self.vat_id:
                raise Refused(_("There is no VAT ID to check."))
            self.vat_checked_id, self.vat_checked_at = self.vat_id, at
            self.vat_result, self.vat_request = VatCheck(result), request.strip()
            self.save(by=by, reason="check")
