"""How an order is taxed: as its customer, unless we are a small business ourselves."""

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.company.models import Company
from apps.customers.models import TaxCase
from gmtc.countries import VAT_RATES
from gmtc.money import ZERO


class OrderTax(models.TextChoices):
    """The cases of `customers.TaxCase`, and § 19 UStG."""

    DOMESTIC = TaxCase.DOMESTIC.value, TaxCase.DOMESTIC.label
    INTRA_EU = TaxCase.INTRA_EU.value, TaxCase.INTRA_EU.label
    EXPORT = TaxCase.EXPORT.value, TaxCase.EXPORT.label
    REVERSE_CHARGE = TaxCase.REVERSE_CHARGE.value, TaxCase.REVERSE_CHARGE.label
    EU_CONSUMER = TaxCase.EU_CONSUMER.value, TaxCase.EU_CONSUMER.label
    SMALL_BUSINESS = "E", _("Small business (§ 19 UStG)")

    @property
    def category(self) -> str:
        """The VAT category code of EN 16931 (BT-151)."""
        return "S" if self is OrderTax.EU_CONSUMER else self.value

    @property
    def is_untaxed(self) -> bool:
        return self.category != "S"

    def usual_rate(self, company: Company, *, country: str) -> Decimal:
        """The VAT rate in percent that a new line takes; `country` is where the goods go."""
        if self.is_untaxed:
            return ZERO
        if self is OrderTax.EU_CONSUMER and company.uses_oss:
            return VAT_RATES.get(country, company.vat_rate)
        return company.vat_rate


def tax_of(customer, company: Company) -> OrderTax:
    return OrderTax.SMALL_BUSINESS if company.is_small_business else OrderTax(customer.tax_case)
