"""Records that exist in tests only: the shared base is tested without borrowing a noun of any room.

Their tables are made for the tests that ask for the fixture `things`, together with the triggers a room would have.
"""

from django.db import connection, models

from gmtc.models import Record, audit_log, between, unique_while_alive
from gmtc.states import move
from gmtc.triggers import AppendOnly, LegalMoves, NoCircle


class Thing(Record):
    running = ("stock",)

    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    name = models.CharField(max_length=40)
    stock = models.DecimalField(max_digits=12, decimal_places=3, default=0)

    history = audit_log(without=("stock",))

    class Meta(Record.Meta):
        app_label = "gmtc"
        managed = False
        verbose_name = "thing"
        verbose_name_plural = "things"
        constraints = [
            unique_while_alive("name", "parent", name="gmtc_thing_name", message="A thing with this name exists."),
            between("stock", 0, 1000, name="gmtc_thing_stock"),
        ]

    def __str__(self):
        return self.name


class Slip(Record):
    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        SENT = "sent", "Sent"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"

    thing = models.ForeignKey(Thing, models.PROTECT, null=True, blank=True, related_name="+")
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    note = models.CharField(max_length=40, blank=True)

    history = audit_log()

    class Meta(Record.Meta):
        app_label = "gmtc"
        managed = False
        verbose_name = "slip"
        verbose_name_plural = "slips"

    def __str__(self):
        return f"Slip {self.note}"

    @move(Status.DRAFT, to=Status.SENT)
    def send(self, *, by, note="sent"):
        self.note = note

    @move(Status.SENT)
    def close(self, *, by, well: bool):
        return self.Status.DONE if well else self.Status.CANCELLED

    @move(Status.DRAFT, to=Status.CANCELLED)
    def burn(self, *, by):
        self.note = "ashes"
        self.save(by=by, reason="half way")
        raise RuntimeError("out of matches")


TRIGGERS = [
    AppendOnly("gmtc_historicalthing", erasable=True),
    NoCircle("gmtc_thing"),
    LegalMoves("gmtc_slip", {"draft": ["sent", "cancelled"], "sent": ["done", "cancelled"]}, start=["draft"]),
]


for model in (Thing, Slip):
    model.history.model._meta.managed = False  # else Django makes their tables with those of the rooms


def create_tables() -> None:
    with connection.schema_editor() as schema:
        for model in (Thing, Thing.history.model, Slip, Slip.history.model):
            schema.create_model(model)
    with connection.cursor() as cursor:
        for trigger in TRIGGERS:
            cursor.execute(trigger.sql)


def drop_tables() -> None:
    with connection.cursor() as cursor:
        for trigger in TRIGGERS:
            cursor.execute(trigger.reverse_sql)
        cursor.execute("DROP TABLE gmtc_slip, gmtc_historicalslip, gmtc_thing, gmtc_historicalthing")


def execute(sql: str, *values) -> int:
    """Run SQL by hand, past every verb; how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return cursor.rowcount


def make_thing(*, by=None, **fields) -> Thing:
    thing = Thing(**{"name": "thing"} | fields)
    thing.save(by=by, reason="create")
    return thing


def make_slip(*, by=None, **fields) -> Slip:
    slip = Slip(**fields)
    slip.save(by=by, reason="create")
    return slip
