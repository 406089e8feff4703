from collections.abc import Iterable
from decimal import Decimal

from django.db import models
from django.db.models import Sum

from apps.company.models import Company
from apps.invoicing.kinds import Kind, Status
from apps.invoicing.models.invoice_line import InvoiceLine
from apps.invoicing.models.invoice_tax import Deduction, InvoiceTax
from gmtc.money import ZERO, Amounts, amounts, vat


class AddingUp(models.Model):
    """From the lines to the total: discount, shipping and advances by VAT group, to the cent as in GERMANY.md."""

    class Meta:
        abstract = True

    def sum_up(self) -> None:
        """Compute and store the figures of a draft (GERMANY.md, amounts 1 to 7)."""
        figures = self.figures(self.lines.all())
        taken = self._deductions(figures)
        self.taxes.all().delete()
        self.deductions.all().delete()
        Deduction.objects.bulk_create(taken)
        groups = self.vat_groups(figures, taken)
        InvoiceTax.objects.bulk_create(groups)
        self.store_totals(groups)

    def figures(self, lines: Iterable[InvoiceLine]) -> Amounts:
        """What `lines` come to with discount and shipping, before advances are taken off."""
        rows = [(self.tax.category, line.vat_rate, line.net) for line in lines]
        if not rows and self.shipping_cost:  # shipping alone
            rows = [(self.tax.category, self.tax.usual_rate(Company.current(), country=self.goods_to.country), ZERO)]
        return amounts(rows, discount=self.discount_percent, shipping=self.shipping_cost)

    def vat_groups(self, figures: Amounts, taken: list[Deduction]) -> list[InvoiceTax]:
        """The VAT groups as they are stored: the tax is on what is left of the base after advances."""
        groups = []
        for group in figures.groups:
            advances = sum((each.net for each in taken if (each.category, each.rate) == group[:2]), ZERO)
            groups.append(
                InvoiceTax(
                    invoice=self,
                    category=group.category,
                    rate=group.rate,
                    lines_net=group.base + group.discount - group.shipping,
                    discount=group.discount,
                    shipping=group.shipping,
                    advances=advances,
                    base=group.base - advances,
                    tax=vat(group.base - advances, group.rate),
                )
            )
        return groups

    def store_totals(self, groups: Iterable[InvoiceTax]) -> None:
        self.add_up(groups)
        type(self).everything.filter(pk=self.pk).update(net=self.net, tax_amount=self.tax_amount, total=self.total)

    def add_up(self, groups: Iterable[InvoiceTax]) -> None:
        self.net = sum((group.base for group in groups), ZERO)
        self.tax_amount = sum((group.tax for group in groups), ZERO)
        self.total = self.net + self.tax_amount + self.rounding

    def _deductions(self, figures: Amounts) -> list[Deduction]:
        """What the order's advance invoices still hold, oldest first, as far as it fits."""
        if not (self.order_id and self.deducts_advances and self.kind == Kind.INVOICE):
            return []
        left = {group[:2]: group.base for group in figures.groups}
        found = []
        for advance in self.advances_of(self.order):
            for category, rate, rest in advance.undeducted():
                net = min(rest, left.get((category, rate), ZERO))
                if net > 0:
                    left[category, rate] -= net
                    found.append(Deduction(invoice=self, advance=advance, category=category, rate=rate, net=net))
        return found

    @classmethod
    def advances_of(cls, order) -> models.QuerySet:
        """The advance invoices of an order that stand."""
        rows = cls.objects.issued().filter(order=order, kind=Kind.ADVANCE)
        return rows.exclude(status=Status.CANCELLED).order_by("number")

    @classmethod
    def unused_advance(cls, order) -> Decimal:
        """Euros net of the order's advance invoices that no invoice has taken off, and none will: nothing is left to be
        shipped or invoiced."""
        if order.is_open or cls.uninvoiced(order):
            return ZERO
        return sum((rest for each in cls.advances_of(order) for *_group, rest in each.undeducted()), ZERO)

    def undeducted(self) -> list[tuple[str, Decimal, Decimal]]:
        """Of an advance invoice, what no issued invoice has taken off yet: (category, rate, net)."""
        taken = Deduction.objects.filter(advance=self).exclude(invoice__status=Status.DRAFT)
        sums = {
            (row["category"], row["rate"]): row["net"]
            for row in taken.values("category", "rate").order_by().annotate(net=Sum("net"))
        }
        return [
            (group.category, group.rate, group.base - sums.get((group.category, group.rate), ZERO))
            for group in self.taxes.all()
        ]
