"""Who supplies a part at which price, and which offer is the best."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from uuid import UUID

from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import F, Prefetch, Q
from django.db.models.functions import Concat, Lower, Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.suppliers.models.supplier import days_field
from gmtc.addresses import address_of
from gmtc.errors import Refused
from gmtc.lined import Line, Lined
from gmtc.models import (
    MAX_MONEY,
    MAX_QUANTITY,
    AliveManager,
    RecordQuerySet,
    audit_log,
    between,
    unique_while_alive,
)
from gmtc.money import cents, unit_price

SMALLEST = Decimal("0.001")


@dataclass(frozen=True)
class Offer:
    """What it takes to get at least the needed quantity from one supplier.

    `price` is for one unit in the supplier's currency, `cost` the same in euros, `value` euros for all of it.
    """

    supplier_part: "SupplierPart"
    quantity: Decimal
    price: Decimal
    cost: Decimal
    value: Decimal
    arrives_on: datetime.date
    is_late: bool

    @property
    def rank(self) -> tuple:
        """Smaller is better: in time, then preferred, then cheap, then quick."""
        item = self.supplier_part
        return (self.is_late, not item.is_preferred, self.value, self.arrives_on, item.supplier.number)


class SupplierPartQuerySet(RecordQuerySet):
    def search(self, text: str):
        """Every word somewhere in the supplier's number and name of it, or in our part."""
        for word in text.split()[:8]:
            self = self.filter(Q(search_text__says=word) | Q(part__search_text__says=word))
        return self

    def orderable(self):
        """Offers that may be taken: the supplier is not blocked, the part not discontinued."""
        return self.filter(supplier__is_blocked=False, part__is_discontinued=False)

    def with_breaks(self):
        return self.select_related("supplier", "part").prefetch_related(
            Prefetch("price_breaks", PriceBreak.objects.order_by("quantity"))
        )


class SupplierPart(Lined):
    """A part as one supplier sells it. Prices are net, for one unit of the part, in the supplier's currency."""

    running = ("price_date",)

    supplier = models.ForeignKey("suppliers.Supplier", models.PROTECT, related_name="items", verbose_name=_("supplier"))
    part = models.ForeignKey("parts.Part", models.PROTECT, related_name="+", verbose_name=_("part"))
    supplier_sku = models.CharField(_("supplier's part number"), max_length=80, blank=True)
    name = models.CharField(_("name there"), max_length=200, blank=True)
    url = models.URLField(_("web page"), max_length=300, blank=True)
    price = models.DecimalField(
        _("price"),
        max_digits=14,
        decimal_places=4,
        validators=[MinValueValidator(0)],
        help_text=_("Net, for one unit."),
    )
    price_date = models.DateField(_("price of"), null=True, editable=False)
    moq = models.DecimalField(
        _("minimum quantity"), max_digits=12, decimal_places=3, default=1, validators=[MinValueValidator(SMALLEST)]
    )
    pack_size = models.DecimalField(
        _("package"),
        max_digits=12,
        decimal_places=3,
        default=1,
        validators=[MinValueValidator(SMALLEST)],
        help_text=_("Only whole packages are sold."),
    )
    lead_time_days = days_field(
        _("lead time (days)"), null=True, blank=True, help_text=_("Empty: that of the supplier.")
    )
    is_preferred = models.BooleanField(_("preferred"), default=False, help_text=_("Where we usually buy the part."))

    search_text = models.GeneratedField(
        expression=Upper(Concat("supplier_sku", models.Value(" "), "name")),
        output_field=models.TextField(),
        db_persist=True,
        editable=False,
    )

    objects = AliveManager.from_queryset(SupplierPartQuerySet)()
    everything = SupplierPartQuerySet.as_manager()
    history = audit_log(without=("search_text", "price_date"))

    class Meta(Lined.Meta):
        verbose_name = _("offer of a supplier")
        verbose_name_plural = _("offers of suppliers")
        ordering = ["part__sku", "supplier__name"]
        permissions = [
            ("prefer_supplierpart", "Can choose the preferred supplier of a part"),
            ("export_supplierpart", "Can export offers of suppliers"),
            ("import_supplierpart", "Can import price lists"),
        ]
        constraints = [
            unique_while_alive(
                "supplier",
                "part",
                name="suppliers_item_part",
                message=_("This supplier has an offer for this part already."),
            ),
            models.UniqueConstraint(
                F("supplier"),
                Lower("supplier_sku"),
                condition=Q(deleted_at=None) & ~Q(supplier_sku=""),
                name="suppliers_item_sku",
                violation_error_message=_("This supplier has another part with this number."),
            ),
            models.UniqueConstraint(
                fields=["part"],
                condition=Q(deleted_at=None, is_preferred=True),
                name="suppliers_item_preferred",
                violation_error_message=_("Another supplier is preferred for this part."),
            ),
            between("price", 0, MAX_MONEY, name="suppliers_item_price"),
            between("moq", SMALLEST, MAX_QUANTITY, name="suppliers_item_moq"),
            between("pack_size", SMALLEST, MAX_QUANTITY, name="suppliers_item_pack"),
        ]

    def __str__(self):
        return f"{self.part} · {self.supplier}"

    def get_absolute_url(self):
        return address_of("suppliers:supplier_part_detail", self.pk)

    @property
    def lines(self):
        """The price breaks, as what hangs below a document."""
        return self.price_breaks

    # --- Reading

    @property
    def lead_time(self) -> int:
        """Calendar days from order to goods."""
        return self.supplier.lead_time_days if self.lead_time_days is None else self.lead_time_days

    def price_for(self, quantity) -> Decimal:
        """The price for one unit when `quantity` is ordered, in the supplier's currency: the highest break reached."""
        reached = [each for each in self.price_breaks.all() if each.quantity <= quantity]
        return max(reached, key=lambda each: each.quantity).price if reached else self.price

    def order_quantity(self, needed) -> Decimal:
        """What must be ordered to get `needed`: at least the minimum, in whole packages."""
        packs = (max(Decimal(needed), self.moq) / self.pack_size).to_integral_value(ROUND_CEILING)
        return (packs * self.pack_size).quantize(SMALLEST)

    def offer(self, needed, *, on: datetime.date, needed_by: datetime.date | None = None) -> Offer:
        """The offer for `needed` when it is ordered on `on`."""
        quantity = self.order_quantity(needed)
        price = self.price_for(quantity)
        cost = unit_price(price / self.supplier.exchange_rate)
        arrives_on = on + datetime.timedelta(days=self.lead_time)
        return Offer(
            supplier_part=self,
            quantity=quantity,
            price=price,
            cost=cost,
            value=cents(quantity * cost),
            arrives_on=arrives_on,
            is_late=needed_by is not None and arrives_on > needed_by,
        )

    @classmethod
    def best_offer(cls, part, quantity, *, on: datetime.date | None = None, needed_by=None) -> Offer | None:
        """Where to buy `quantity` of `part` on the day `on` (today without it); None where nobody sells it.

        An offer that arrives by `needed_by` beats one that does not, then the preferred supplier, then the cheapest in
        euros for what must be ordered, then the quickest.
        """
        return cls.best_offers({part.pk: quantity}, on=on, needed_by={part.pk: needed_by}).get(part.pk)

    @classmethod
    def best_offers(
        cls,
        needs: Mapping[UUID, Decimal],
        *,
        on: datetime.date | None = None,
        needed_by: Mapping[UUID, datetime.date | None] | None = None,
    ) -> dict[UUID, Offer]:
        """`best_offer` for many parts in two queries: {part key: quantity} to {part key: Offer}."""
        return {part: offers[0] for part, offers in cls.offers_for(needs, on=on, needed_by=needed_by).items()}

    @classmethod
    def offers_for(
        cls,
        needs: Mapping[UUID, Decimal],
        *,
        on: datetime.date | None = None,
        needed_by: Mapping[UUID, datetime.date | None] | None = None,
    ) -> dict[UUID, list[Offer]]:
        """As `best_offers`, with all that may be taken, the best first."""
        on, needed_by = on or timezone.localdate(), needed_by or {}
        found: dict[UUID, list[Offer]] = {}
        for item in cls.objects.orderable().filter(part__in=list(needs)).with_breaks():
            offer = item.offer(needs[item.part_id], on=on, needed_by=needed_by.get(item.part_id))
            found.setdefault(item.part_id, []).append(offer)
        for offers in found.values():
            offers.sort(key=lambda each: each.rank)
        return found

    # --- Verbs

    def _write_lines(self, rows, by):
        """Breaks are told apart by their quantity, so two of them may swap it."""
        stored = {each.quantity: each.pk for each in self.price_breaks.all()}
        rows = sorted(({**row, "id": stored.get(row["quantity"])} for row in rows), key=lambda row: row["quantity"])
        if len({row["quantity"] for row in rows}) < len(rows):
            raise Refused(_("There is a price from this quantity on already."))
        return super()._write_lines(rows, by)

    def prefer(self, *, by):
        """Make this the preferred offer of its part; another one that was is so no longer."""
        with transaction.atomic():
            self.part.lock()  # two who choose at once choose one after the other
            self.lock()
            if self.deleted_at:
                raise Refused(_("This offer is in the trash; restore it first."))
            for other in type(self).objects.filter(part=self.part, is_preferred=True).exclude(pk=self.pk):
                other.is_preferred = False
                other.save(by=by, reason="prefer")
            if not self.is_preferred:
                self.is_preferred = True
                self.save(by=by, reason="prefer")


class PriceBreak(Line):
    """From `quantity` on, one unit costs `price`, in the supplier's currency."""

    supplier_part = models.ForeignKey(
        "suppliers.SupplierPart", models.CASCADE, related_name="price_breaks", verbose_name=_("offer")
    )
    quantity = models.DecimalField(
        _("from quantity"), max_digits=12, decimal_places=3, validators=[MinValueValidator(SMALLEST)]
    )
    price = models.DecimalField(_("price"), max_digits=14, decimal_places=4, validators=[MinValueValidator(0)])

    history = audit_log()

    class Meta(Line.Meta):
        verbose_name = _("price break")
        verbose_name_plural = _("price breaks")
        ordering = ["quantity"]
        constraints = [
            unique_while_alive(
                "supplier_part",
                "quantity",
                name="suppliers_pricebreak_quantity",
                message=_("There is a price from this quantity on already."),
            ),
            between("quantity", SMALLEST, MAX_QUANTITY, name="suppliers_pricebreak_quantity_range"),
            between("price", 0, MAX_MONEY, name="suppliers_pricebreak_price"),
        ]

    def __str__(self):
        return f"{self.quantity.normalize():f}: {self.price.normalize():f}"
