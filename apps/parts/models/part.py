from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Concat, Upper
from django.utils.translation import gettext_lazy as _

from apps.parts.models.moving import Moving
from apps.parts.models.unit import Unit
from gmtc.addresses import address_of
from gmtc.alphabet import Alphabetical
from gmtc.errors import Refused
from gmtc.models import (
    MAX_MONEY,
    MAX_QUANTITY,
    AliveManager,
    Record,
    RecordQuerySet,
    audit_log,
    between,
    unique_while_alive,
)


class Procurement(models.TextChoices):
    BUY = "buy", _("Buy")
    MAKE = "make", _("Make")


class PartQuerySet(RecordQuerySet):
    def search(self, text: str):
        """Every word somewhere in SKU, name, CAD name, manufacturer number or barcode."""
        for word in text.split()[:8]:
            self = self.filter(search_text__holds=word)
        return self

    def low_stock(self):
        """Free stock below the minimum."""
        return self.filter(Part.IS_LOW)

    def out_of_stock(self):
        return self.filter(Part.IS_OUT)

    def sellable(self):
        return self.filter(is_sellable=True)

    def active(self):
        return self.filter(is_discontinued=False)

    def lock_all(self):
        """Lock the rows, always in the order of their keys, so that two transactions never wait for each other."""
        return self.order_by("pk").select_for_update(of=("self",), no_key=True)


class Part(Moving, Record):
    """A thing that is bought, made, built in or sold. Quantities are in `unit`, prices in euros net for one unit."""

    IS_LOW = Q(minimum_stock__gt=F("current_stock") - F("reserved_stock"))
    IS_OUT = Q(current_stock__lte=0)

    running = ("current_stock", "reserved_stock", "average_cost")

    sku = models.CharField(
        _("SKU"),
        max_length=80,
        validators=[RegexValidator(r"^\S(.*\S)?$", _("No blanks at the beginning or the end."))],
        help_text=_("Our number for the part, unique."),
    )
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    category = models.ForeignKey(
        "parts.Category", models.PROTECT, null=True, blank=True, related_name="parts", verbose_name=_("category")
    )
    specifications = models.JSONField(
        _("specifications"), default=dict, blank=True, help_text=_("Name and value, such as Length: 450 mm.")
    )
    unit = models.CharField(_("unit"), max_length=3, choices=Unit, default=Unit.PIECE)
    procurement = models.CharField(_("procurement"), max_length=4, choices=Procurement, default=Procurement.BUY)
    is_sellable = models.BooleanField(_("is sold"), default=False, help_text=_("May stand on a customer order."))
    is_serialised = models.BooleanField(
        _("has serial numbers"), default=False, help_text=_("Each piece is followed by its own number.")
    )
    is_discontinued = models.BooleanField(
        _("discontinued"), default=False, help_text=_("Not bought or built in any more; stock is used up.")
    )
    minimum_stock = models.DecimalField(
        _("minimum stock"),
        max_digits=12,
        decimal_places=3,
        default=0,
        validators=[MinValueValidator(0)],
        help_text=_("Below this, the part is short."),
    )
    reorder_quantity = models.DecimalField(
        _("reorder quantity"),
        max_digits=12,
        decimal_places=3,
        default=0,
        validators=[MinValueValidator(0)],
        help_text=_("How much is bought at a time."),
    )
    unit_price = models.DecimalField(
        _("sales price"),
        max_digits=14,
        decimal_places=4,
        default=0,
        validators=[MinValueValidator(0)],
        help_text=_("Euros net for one unit."),
    )
    manufacturer = models.CharField(_("manufacturer"), max_length=120, blank=True)
    manufacturer_number = models.CharField(_("manufacturer's number"), max_length=120, blank=True)
    cad_name = models.CharField(
        _("CAD file name"), max_length=200, blank=True, help_text=_("Parts lists from CAD are matched by it.")
    )
    barcode = models.CharField(_("barcode"), max_length=80, blank=True, help_text=_("EAN or any code on the package."))
    weight = models.DecimalField(
        _("weight (kg)"), max_digits=12, decimal_places=3, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    customs_number = models.CharField(
        _("customs tariff number"),
        max_length=11,
        blank=True,
        validators=[RegexValidator(r"^\d{6,11}$", _("6 to 11 digits."))],
    )
    country_of_origin = models.CharField(
        _("country of origin"),
        max_length=2,
        blank=True,
        validators=[RegexValidator(r"^[A-Z]{2}$", _("Two letters, such as DE."))],
    )
    default_location = models.ForeignKey(
        "parts.StorageLocation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("usual place"),
        help_text=_("Where goods are put unless you say otherwise."),
    )
    image = models.ImageField(_("picture"), upload_to="parts/", blank=True)

    current_stock = models.DecimalField(_("on hand"), max_digits=12, decimal_places=3, default=0, editable=False)
    reserved_stock = models.DecimalField(_("reserved"), max_digits=12, decimal_places=3, default=0, editable=False)
    average_cost = models.DecimalField(_("average cost"), max_digits=14, decimal_places=4, default=0, editable=False)

    search_text = models.GeneratedField(
        expression=Upper(
            Concat(
                "sku",
                models.Value(" "),
                "name",
                models.Value(" "),
                "cad_name",
                models.Value(" "),
                "manufacturer_number",
                models.Value(" "),
                "barcode",
            )
        ),
        output_field=models.TextField(),
        db_persist=True,
        editable=False,
    )

    objects = AliveManager.from_queryset(PartQuerySet)()
    everything = PartQuerySet.as_manager()
    history = audit_log(without=("current_stock", "reserved_stock", "average_cost", "search_text"))

    class Meta(Record.Meta):
        verbose_name = _("part")
        verbose_name_plural = _("parts")
        ordering = ["sku"]
        permissions = [
            ("receive_part", "Can receive stock"),
            ("issue_part", "Can issue stock"),
            ("adjust_part", "Can adjust stock"),
            ("transfer_part", "Can transfer stock"),
            ("reserve_part", "Can reserve stock"),
            ("export_part", "Can export parts"),
            ("import_part", "Can import parts"),
            ("restore_part", "Can restore parts from the trash"),
        ]
        indexes = [
            models.Index(fields=["sku"], condition=Q(deleted_at=None), name="parts_part_sku_sort"),
            models.Index(Alphabetical("name"), condition=Q(deleted_at=None), name="parts_part_name_sort"),
            models.Index(fields=["unit_price"], condition=Q(deleted_at=None), name="parts_part_price_sort"),
        ]
        constraints = [
            unique_while_alive(
                models.functions.Lower("sku"), name="parts_part_sku", message=_("A part with this SKU exists.")
            ),
            models.UniqueConstraint(
                fields=["barcode"],
                condition=Q(deleted_at=None) & ~Q(barcode=""),
                name="parts_part_barcode",
                violation_error_message=_("Another part has this barcode."),
            ),
            models.UniqueConstraint(
                fields=["cad_name"],
                condition=Q(deleted_at=None) & ~Q(cad_name=""),
                name="parts_part_cad_name",
                violation_error_message=_("Another part has this CAD file name."),
            ),
            between("current_stock", 0, MAX_QUANTITY, name="parts_part_current_stock"),
            between("reserved_stock", 0, F("current_stock"), name="parts_part_reserved_stock"),
            between("minimum_stock", 0, MAX_QUANTITY, name="parts_part_minimum_stock"),
            between("reorder_quantity", 0, MAX_QUANTITY, name="parts_part_reorder_quantity"),
            between("unit_price", 0, MAX_MONEY, name="parts_part_unit_price"),
            between("average_cost", 0, MAX_MONEY, name="parts_part_average_cost"),
        ]

    def __str__(self):
        return self.sku

    def get_absolute_url(self):
        return address_of("parts:part_detail", self.pk)

    # --- Reading

    @property
    def free_stock(self) -> Decimal:
        """On hand and not reserved."""
        return self.current_stock - self.reserved_stock

    @property
    def stock_value(self) -> Decimal:
        """Euros, at average cost; not rounded, because values are added up before they are shown."""
        return self.current_stock * self.average_cost

    @property
    def is_low(self) -> bool:
        return self.free_stock < self.minimum_stock

    # --- The unit of what has moved stays: the ledger, orders and bills of materials mean the one they know

    @property
    def _unit_stays(self) -> str:
        return _("%(part)s has moved in stock, so its unit stays. Make a new part for another unit.") % {"part": self}

    def clean_fields(self, exclude=None):
        super().clean_fields(exclude=exclude)
        if "unit" in (exclude or ()) or self._state.adding:
            return
        moved = type(self).everything.filter(pk=self.pk, movements__isnull=False)
        if moved.exclude(unit=self.unit).exists():
            raise ValidationError({"unit": self._unit_stays})

    def revise(self, values: dict, *, by, version: int):
        """As every record, but raises Refused for another unit of a part that has moved."""
        with transaction.atomic():
            if "unit" in values:
                self.lock()
                if self.version == version and values["unit"] != self.unit and self.movements.exists():
                    raise Refused(self._unit_stays, field="unit")
            super().revise(values, by=by, version=version)
