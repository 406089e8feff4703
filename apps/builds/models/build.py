import re
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models, transaction
from django.db.models.functions import Concat, Lower, Upper
from django.utils.translation import gettext_lazy as _

from apps.builds.models.checklist import MAX_STEPS
from apps.parts.models import Part, Procurement
from gmtc.addresses import address_of
from gmtc.bulk import create_all
from gmtc.errors import Refused
from gmtc.models import MAX_MONEY, AliveManager, Record, RecordQuerySet, audit_log, between, unique_while_alive

MAX_DAYS = 365


class Kind(models.TextChoices):
    PRINTER = "printer", _("Printer")
    ASSEMBLY = "assembly", _("Sub-assembly")


class PrinterBuildQuerySet(RecordQuerySet):
    def search(self, text: str):
        """Every word somewhere in model number or name."""
        for word in text.split()[:8]:
            self = self.filter(search_text__says=word)
        return self

    def named_in(self, text: str):
        """The build whose model number stands in `text` as a word of its own, the longest of several, or None."""
        found = [
            (len(number), pk)
            for pk, number in self.order_by().values_list("pk", "model_number")
            if re.search(rf"(?<![a-z0-9]){re.escape(number)}(?![a-z0-9])", text, re.IGNORECASE)
        ]
        return self.get(pk=max(found)[1]) if found else None

    def printers(self):
        return self.filter(kind=Kind.PRINTER)

    def released(self):
        """With a revision that is built by today."""
        return self.filter(revisions__is_current=True, revisions__deleted_at=None)


class PrinterBuild(Record):
    """A model that we build: a printer, or a sub-assembly that stands on the bills of others. Prices in euros net."""

    name = models.CharField(_("name"), max_length=200)
    model_number = models.CharField(
        _("model number"),
        max_length=40,
        validators=[RegexValidator(r"^\S(.*\S)?$", _("No blanks at the beginning or the end."))],
        help_text=_("Such as FP24, unique."),
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.PRINTER)
    description = models.TextField(_("description"), blank=True)
    specifications = models.JSONField(
        _("specifications"), default=dict, blank=True, help_text=_("Name and value, such as Build volume: 300 mm.")
    )
    base_price = models.DecimalField(
        _("base price"),
        max_digits=12,
        decimal_places=2,
        default=0,
        validators=[MinValueValidator(0)],
        help_text=_("Euros net. The sales price of the product follows it."),
    )
    days_to_build = models.PositiveSmallIntegerField(
        _("days to build"),
        default=5,
        validators=[MaxValueValidator(MAX_DAYS)],
        help_text=_("Calendar days from the first pick to the finished piece. Planning counts with them."),
    )
    product = models.ForeignKey(
        "parts.Part",
        models.PROTECT,
        blank=True,
        related_name="+",
        verbose_name=_("product"),
        help_text=_("The part that is built. Empty: a part with the model number is made."),
    )

    search_text = models.GeneratedField(
        expression=Upper(Concat("model_number", models.Value(" "), "name")),
        output_field=models.TextField(),
        db_persist=True,
        editable=False,
    )

    objects = AliveManager.from_queryset(PrinterBuildQuerySet)()
    everything = PrinterBuildQuerySet.as_manager()
    history = audit_log(without=("search_text",))

    class Meta(Record.Meta):
        verbose_name = _("build")
        verbose_name_plural = _("builds")
        ordering = ["model_number"]
        permissions = [
            ("export_printerbuild", "Can export builds"),
            ("restore_printerbuild", "Can restore builds from the trash"),
        ]
        constraints = [
            unique_while_alive(
                Lower("model_number"), name="builds_build_model", message=_("A build with this model number exists.")
            ),
            unique_while_alive("product", name="builds_build_product", message=_("Another build makes this part.")),
            between("base_price", 0, MAX_MONEY, name="builds_build_base_price"),
            between("days_to_build", 0, MAX_DAYS, name="builds_build_days"),
        ]

    def __str__(self):
        return self.model_number

    def get_absolute_url(self):
        return address_of("builds:build_detail", self.pk)

    # --- Reading

    @property
    def current(self):
        """The revision that is built by today, None while there is none."""
        return self.revisions.current().first()

    # --- Verbs

    def clean(self):
        if self.product_id and self.product.procurement != Procurement.MAKE:
            raise ValidationError({"product": _("%(part)s is bought, not made.") % {"part": self.product}})

    def save(self, *, by=None, reason: str = "", **kwargs):
        with transaction.atomic():
            if self.product_id is None:
                self.product = self._find_or_make_product(by)
            super().save(by=by, reason=reason, **kwargs)

    def revise(self, values: dict, *, by, version: int):
        with transaction.atomic():
            super().revise(values, by=by, version=version)
            if "base_price" in values and self.product.unit_price != self.base_price:
                self.product.lock()
                self.product.unit_price = self.base_price
                self.product.save(by=by, reason="edit")

    def draft_revision(self, *, by, copy_of=None, note: str = ""):
        """A new draft with the next number, empty or with the lines of `copy_of`, which may be of another build."""
        with transaction.atomic():
            self.lock_alive()
            model = self.revisions.model
            # Those in the trash count too: a number is never given twice.
            last = model.everything.filter(build=self).aggregate(last=models.Max("number"))["last"] or 0
            revision = model(build=self, number=last + 1, note=note)
            revision.save(by=by, reason="create")
            if copy_of is not None:
                lines = list(copy_of.lines.all())
                revision.require_no_circle({line.part_id for line in lines})
                create_all([line.copy_to(revision) for line in lines], by=by, reason="create")
            return revision

    def write_test_steps(self, names: Iterable[str], *, by) -> None:
        """Test by these steps from now on, in this order; jobs that are released already keep theirs."""
        names = [name for each in names if (name := each.strip())]
        if doubled := {name for name in names if names.count(name) > 1}:
            raise Refused(_("Twice on the list: %(steps)s.") % {"steps": ", ".join(sorted(doubled))}, field="steps")
        if len(names) > MAX_STEPS or any(len(name) > 200 for name in names):
            raise Refused(_("At most 200 steps of at most 200 characters."), field="steps")
        with transaction.atomic():
            self.lock()
            stored = {step.name: step for step in self.test_steps.all()}
            for name in stored.keys() - set(names):
                stored.pop(name).discard(by=by)
            for position, name in enumerate(names, start=1):
                step = stored.get(name) or self.test_steps.model(build=self, name=name)
                if step._state.adding or step.position != position:
                    reason = "create" if step._state.adding else "edit"
                    step.position = position
                    step.save(by=by, reason=reason)

    def _find_or_make_product(self, by) -> Part:
        found = Part.objects.filter(sku__iexact=self.model_number, procurement=Procurement.MAKE).first()
        if found:
            return found
        is_printer = self.kind == Kind.PRINTER
        product = Part(
            sku=self.model_number,
            name=self.name,
            procurement=Procurement.MAKE,
            is_sellable=is_printer,
            is_serialised=is_printer,
            unit_price=self.base_price,
        )
        product.validate_constraints()
        product.save(by=by, reason="create")
        return product
