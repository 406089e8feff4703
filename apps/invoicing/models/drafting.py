from decimal import Decimal

from django.db import models, transaction
from django.db.models import Sum
from django.utils.formats import date_format
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from apps.company.models import Company
from apps.customers.models.customer import LEITWEG
from apps.invoicing import supplies
from apps.invoicing.kinds import Kind, Profile, Status
from apps.invoicing.models.invoice_line import InvoiceLine
from apps.orders.models import tax_of
from gmtc.errors import Refused
from gmtc.figures import money, quantity
from gmtc.money import ZERO, cents, split


class Drafting(models.Model):
    """How drafts come about: from an order, from a delivery, as an advance, or as a copy."""

    class Meta:
        abstract = True

    def take_terms_of(self, customer) -> None:
        """What a new invoice for `customer` starts with."""
        self.customer = customer
        self.language, self.buyer_reference = customer.language, customer.buyer_reference
        self.tax_case = tax_of(customer, Company.current())
        self.skonto_percent, self.skonto_days = customer.skonto_percent, customer.skonto_days
        self.profile = Profile.XRECHNUNG if customer.address_scheme == LEITWEG else Profile.ZUGFERD

    @classmethod
    def _for_order(cls, order, *, by, **fields):
        """A draft with the order's terms, not stored yet."""
        if not order.is_confirmed:
            raise Refused(_("%(order)s is not confirmed.") % {"order": order})
        draft = cls(order=order, responsible=order.responsible or by, **fields)
        draft.take_terms_of(order.customer)
        for name in ("language", "tax_case", "payment_days", "skonto_percent", "skonto_days", "customer_reference"):
            setattr(draft, name, getattr(order, name))
        draft.billing_address, draft.shipping_address = order.bill_to, order.ship_to
        return draft

    @classmethod
    def from_order(cls, order, *, by):
        """A draft of all that was shipped of `order` and stands on no invoice or draft yet.

        Raises Refused where there is nothing like that.
        """
        with transaction.atomic():
            order.lock()
            open_ = cls.uninvoiced(order)
            return cls._supplied(order, supplies.of_order(order, open_), open_, by=by)

    @classmethod
    def from_delivery(cls, delivery, *, by):
        """A draft of what one delivery brought and stands on no invoice or draft yet."""
        order = delivery.order
        with transaction.atomic():
            order.lock()
            open_ = cls.uninvoiced(order)
            return cls._supplied(order, supplies.of_delivery(delivery, open_), open_, by=by)

    @classmethod
    def uninvoiced(cls, order) -> dict:
        """{order line: quantity} that was shipped, was kept, and stands on no invoice and no draft."""
        drafted = {
            row["order_line"]: row["quantity"]
            for row in InvoiceLine.objects.filter(
                order_line__order=order, invoice__status=Status.DRAFT, invoice__deleted_at=None
            )
            .values("order_line")
            .order_by()
            .annotate(quantity=Sum("quantity"))
        }
        found = {}
        for line in order.lines.select_related("part"):
            line.order = order
            if (quantity := line.to_invoice - drafted.get(line.pk, ZERO)) > 0:
                found[line] = quantity
        return found

    @classmethod
    def _supplied(cls, order, shipped: list["supplies.Supply"], open_: dict, *, by):
        if not shipped:
            raise Refused(_("Nothing of %(order)s is to be invoiced: all that was shipped is.") % {"order": order})
        days = [day for supply in shipped for day in supply.days]
        draft = cls._for_order(
            order,
            by=by,
            discount_percent=order.discount_percent,
            shipping_cost=order.shipping_cost - cls.charged_shipping(order),
            supply_start=min(days, default=None),
            supply_end=max(days, default=None) if len(set(days)) > 1 else None,
        )
        rows = [
            {
                "order_line": supply.line,
                "part": supply.line.part,
                "description": supply.line.description,
                "details": supply.line.details,
                "quantity": supply.quantity,
                "unit_price": supply.line.unit_price,
                "discount": supply.line.discount,
                "vat_rate": supply.line.vat_rate,
                "delivery_reference": supply.reference(draft.language),
                "serials": supply.serials,
            }
            for supply in shipped
        ]
        draft.write({}, rows, by=by)
        return draft

    @classmethod
    def charged_shipping(cls, order) -> Decimal:
        """What of the order's shipping stands on invoices and drafts; a cancellation takes it off again."""
        return cls.objects.filter(order=order).aggregate(sum=Sum("shipping_cost"))["sum"] or ZERO

    # --- Advances

    @classmethod
    def advance_for(cls, order, *, by, percent: Decimal | None = None, net: Decimal | None = None):
        """A draft over `percent` of the order's net, or over `net` euros of it, before it is delivered.

        Raises Refused for less than nothing, and for more than is left of the order.
        """
        with transaction.atomic():
            order.lock()
            draft = cls._for_order(order, by=by, kind=Kind.ADVANCE, supply_start=None)
            draft.skonto_percent, draft.skonto_days = ZERO, 0
            if draft.tax.category == "K":
                draft.supply_start = order.promised_date or order.requested_date
            figures = order.amounts()
            left = figures.net - cls.advanced(order)
            wanted = cents(figures.net * percent / 100) if percent is not None else net
            if not wanted or wanted <= 0:
                raise Refused(_("Say how much."), field="percent" if percent is not None else "net")
            if wanted > left:
                raise Refused(
                    _("Only %(left)s net of %(order)s are left for an advance.")
                    % {"left": money(left), "order": order},
                    field="percent" if percent is not None else "net",
                )
            shares = split(wanted, [group.base for group in figures.groups])
            rows = [
                {
                    "description": draft.advance_text(percent),
                    "quantity": Decimal(1),
                    "unit_price": share,
                    "vat_rate": group.rate,
                }
                for group, share in zip(figures.groups, shares, strict=True)
                if share
            ]
            draft.write({}, rows, by=by)
        return draft

    @classmethod
    def advanced(cls, order, *, without=None) -> Decimal:
        """The net of the order's advance invoices, drafts among them."""
        rows = cls.objects.filter(order=order, kind=Kind.ADVANCE).exclude(status=Status.CANCELLED)
        if without is not None:
            rows = rows.exclude(pk=without.pk)
        return rows.aggregate(sum=Sum("net"))["sum"] or ZERO

    def advanced_net(self) -> Decimal:
        """The order's advances together with this one."""
        return self.advanced(self.order, without=self) + self.net

    def advance_text(self, percent: Decimal | None) -> str:
        with override(self.language):
            values = {"order": self.order.number, "date": date_format(self.order.order_date, "SHORT_DATE_FORMAT")}
            if percent is None:
                return gettext("Advance payment on order %(order)s of %(date)s") % values
            values["percent"] = quantity(percent)
            return gettext("Advance payment of %(percent)s %% on order %(order)s of %(date)s") % values

    # --- Copies

    def copy(self, *, by):
        """A new free draft with the same lines; for what was shipped of an order there is `from_order`."""
        draft = type(self)(responsible=by, discount_percent=self.discount_percent, intro=self.intro, notes=self.notes)
        draft.take_terms_of(self.customer)
        draft.billing_address, draft.shipping_address = self.billing_address, self.shipping_address
        draft.customer_reference, draft.profile = self.customer_reference, self.profile
        names = ("part", "description", "details", "unit", "unit_price", "discount", "vat_rate")
        rows = [
            {name: getattr(line, name) for name in names} | {"quantity": abs(line.quantity)}
            for line in self.lines.select_related("part")
        ]
        draft.write({}, rows, by=by)
        return draft
