"""A document with lines that exists in tests only, as `things` do."""

from decimal import Decimal

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from gmtc.errors import Refused
from gmtc.lined import Line, Lined
from gmtc.lines import DocumentForm, LineChoiceField, LineForm, lines_of
from gmtc.models import audit_log, between, unique_while_alive
from gmtc.tests.things import Thing


class Paper(Lined):
    title = models.CharField(_("title"), max_length=40)
    is_sent = models.BooleanField(default=False, editable=False)

    history = audit_log()

    class Meta(Lined.Meta):
        app_label = "gmtc"
        managed = False

    def __str__(self):
        return self.title

    def refuse_edit(self):
        if self.is_sent:
            raise Refused("It has left the house.")


class PaperLine(Line):
    paper = models.ForeignKey(Paper, models.PROTECT, related_name="lines", editable=False)
    thing = models.ForeignKey(Thing, models.PROTECT, related_name="+", verbose_name=_("thing"))
    note = models.CharField(_("note"), max_length=40, blank=True)
    quantity = models.DecimalField(
        _("quantity"),
        max_digits=12,
        decimal_places=3,
        validators=[MinValueValidator(Decimal("0.001")), MaxValueValidator(999_999)],
    )

    history = audit_log()

    class Meta(Line.Meta):
        app_label = "gmtc"
        managed = False
        constraints = [
            between("quantity", Decimal("0.001"), 999_999, name="gmtc_paperline_quantity"),
            unique_while_alive("paper", "thing", name="gmtc_paperline_thing", message="Once on a paper."),
        ]

    def __str__(self):
        return f"{self.quantity:.0f} x {self.note}"


class PaperLineForm(LineForm):
    thing = LineChoiceField(Thing.objects.all(), "parts:part_choices", label=_("Thing"))

    cells = [("thing", "note"), "quantity"]

    class Meta:
        model = PaperLine
        fields = ["thing", "note", "quantity"]


class PaperForm(DocumentForm):
    title = forms.CharField(max_length=40)
    lines_class = lines_of(PaperLineForm, least=1)

    class Meta:
        model = Paper
        fields = ["title"]


MODELS = (Paper, Paper.history.model, PaperLine, PaperLine.history.model)
for model in MODELS:
    model._meta.managed = False


def create_tables() -> None:
    with connection.schema_editor() as schema:
        for model in MODELS:
            schema.create_model(model)


def drop_tables() -> None:
    tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in MODELS)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {tables}")


def make_paper(*lines: dict, by=None, title="paper") -> Paper:
    """A stored paper with these lines."""
    paper = Paper()
    paper.write({"title": title}, lines, by=by)
    return paper
