from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.parts.models import Part, Procurement, Unit


class RowKind(models.TextChoices):
    MATCHED = "matched", gettext_lazy("Matched")
    NEW = "new", gettext_lazy("New part")
    SKIPPED = "skipped", gettext_lazy("Left out")
    FAULTY = "faulty", gettext_lazy("To be settled")


class PartsListRow(models.Model):
    """What becomes of one row of the list. `number` is the row in the spreadsheet program; `into` the row whose line
    takes this row's quantity too."""

    parts_list = models.ForeignKey("builds.PartsListImport", models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    reference = models.CharField(max_length=80, blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    author = models.CharField(max_length=200, blank=True)
    quantity = models.DecimalField(max_digits=12, decimal_places=3, null=True)
    key = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=7, choices=RowKind)
    reason = models.TextField(blank=True)
    part = models.ForeignKey("parts.Part", models.SET_NULL, null=True, related_name="+")
    suggestions = models.JSONField(default=list)
    into = models.PositiveIntegerField(null=True)
    is_by_hand = models.BooleanField(default=False)

    sku = models.CharField(gettext_lazy("SKU"), max_length=80, blank=True)
    name = models.CharField(gettext_lazy("name"), max_length=200, blank=True)
    category = models.ForeignKey(
        "parts.Category",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=gettext_lazy("category"),
    )
    unit = models.CharField(gettext_lazy("unit"), max_length=3, choices=Unit, default=Unit.PIECE)
    procurement = models.CharField(
        gettext_lazy("procurement"), max_length=4, choices=Procurement, default=Procurement.BUY
    )
    manufacturer = models.CharField(gettext_lazy("manufacturer"), max_length=120, blank=True)
    manufacturer_number = models.CharField(gettext_lazy("manufacturer's number"), max_length=120, blank=True)

    PROPOSED = ("sku", "name", "category_id", "unit", "procurement", "manufacturer", "manufacturer_number")

    class Meta:
        verbose_name = gettext_lazy("row of a parts list")
        verbose_name_plural = gettext_lazy("rows of a parts list")
        ordering = ["number"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["parts_list", "number"], name="builds_partslistrow_number")]

    def __str__(self):
        return f"{self.number}: {self.file_name}"

    def get_absolute_url(self):
        return self.parts_list.get_absolute_url()

    @property
    def identity(self):
        return self.part_id or self.key

    def propose(self, proposal) -> None:
        for name in ("sku", "name", "unit", "procurement", "manufacturer", "manufacturer_number"):
            setattr(self, name, getattr(proposal, name))
        if self.kind == RowKind.NEW:
            guess = (
                _("Looks like our own part.")
                if self.procurement == Procurement.MAKE
                else _("Looks like a bought part.")
            )
            self.reason = " ".join(filter(None, [guess, proposal.hint]))

    def take_over(self, kept: "PartsListRow", *, quantity) -> None:
        """What somebody decided about this row before it was checked anew; not where it has lost its quantity."""
        if quantity is None and kept.kind != RowKind.SKIPPED:
            return
        self.quantity = quantity
        for name in ("kind", "part_id", "reason", "is_by_hand", *self.PROPOSED):
            setattr(self, name, getattr(kept, name))

    def new_part(self) -> Part:
        return Part(
            sku=self.sku,
            name=self.name or self.file_name,
            cad_name=self.file_name,
            category=self.category,
            unit=self.unit,
            procurement=self.procurement,
            manufacturer=self.manufacturer,
            manufacturer_number=self.manufacturer_number,
        )
