"""What changed, who did it, when and by which verb: read from simple-history for the history panel."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db import models
from django.utils import timezone
from django.utils.formats import localize
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from gmtc import figures

REASONS = {
    "create": _("created"),
    "edit": _("edited"),
    "delete": _("moved to the trash"),
    "restore": _("taken out of the trash"),
    "import": _("imported"),
    "admin": _("edited in the back office"),
    "quote": _("quoted"),
    "withdraw": _("quote withdrawn"),
    "decline": _("declined by the customer"),
    "confirm": _("confirmed"),
    "follow_lines": _("status follows the lines"),
    "record_production": _("work has begun"),
    "record_built": _("built"),
    "record_shipped": _("shipped"),
    "record_delivered": _("delivered"),
    "record_returned": _("returned"),
    "record_invoiced": _("invoiced"),
    "issue": _("issued"),
    "cancel_with": _("cancelled"),
    "finish_cancellation": _("issued"),
    "record_payment": _("payment recorded"),
    "take_payment": _("payment recorded"),
    "take_payment_back": _("payment reversed"),
    "write_off": _("rest written off"),
    "pay_back": _("refunded"),
    "ship": _("shipped"),
    "track": _("tracking noted"),
    "deliver": _("has arrived"),
    "take_back": _("goods taken back"),
    "return": _("goods taken back"),
    "send": _("sent"),
    "mail": _("mailed"),
    "acknowledge": _("noted the supplier's confirmation"),
    "take_in": _("goods received"),
    "receive": _("goods received"),
    "give_back": _("goods receipt taken back"),
    "cancel": _("cancelled"),
    "close_short": _("closed without the rest"),
    "reopen": _("reopened"),
    "prefer": _("preferred supplier chosen"),
    "note": _("written down"),
    "finish": _("done"),
    "block": _("blocked"),
    "unblock": _("block lifted"),
    "check": _("VAT ID checked"),
    "make_default": _("made the standard"),
    "make_primary": _("made the first contact"),
    "follow_address": _("tax case follows the new country"),
    "release": _("released"),
    "retire": _("retired"),
    "replaced": _("replaced by another revision"),
    "make_current": _("made the current revision"),
    "upload": _("uploaded"),
    "match_rows": _("rows matched with the parts"),
    "choose_target": _("build chosen"),
    "correct": _("row settled by hand"),
    "accept": _("accepted"),
    "discard": _("discarded"),
    "plan": _("planned"),
    "reserve_missing": _("held what has come"),
    "start": _("started"),
    "pick": _("parts picked"),
    "put_back": _("parts put back"),
    "use_extra": _("extra consumption"),
    "drop_extra": _("extra consumption taken back"),
    "test": _("testing begun"),
    "record_checks": _("tests ticked off"),
    "complete": _("completed"),
    "hand_over": _("handed over"),
    "restock": _("as good as new"),
}
NOT_SHOWN = {"id", "created_at", "updated_at", "created_by", "updated_by", "deleted_at", "version"}


@dataclass
class Change:
    label: str
    old: str
    new: str


@dataclass
class Entry:
    when: datetime
    who: str
    what: str
    changes: list[Change] = field(default_factory=list)


def entries(record, *, limit: int = 50) -> list[Entry]:
    """The newest `limit` history rows of `record`, each with the fields that it changed."""
    rows = list(record.history.select_related("history_user").order_by("-history_date", "-history_id")[: limit + 1])
    fields = told_fields(rows)
    names = names_of_foreign_keys(rows, fields)
    found = []
    for position, row in enumerate(rows[:limit]):
        before = rows[position + 1] if position + 1 < len(rows) else None
        entry = Entry(
            when=row.history_date,
            who=str(row.history_user or _("System")),
            what=str(REASONS.get(row.history_change_reason) or row.history_change_reason or _("saved")),
        )
        if before:
            entry.changes += changes_between(before, row, fields, names)
        found.append(entry)
    if hasattr(record, "line_changes"):  # a document: what happened to its lines stands in the same entries
        for entry, changes in zip(found, record.line_changes(rows), strict=False):
            entry.changes += changes
    return found


def changes_since(record, version: int) -> list[Entry]:
    """What others did to `record` after `version`, for the one whose edit came too late."""
    behind = record.version - version
    return entries(record, limit=max(behind, 0)) if behind > 0 else []


def told_fields(rows) -> list:
    """The fields that the history of these rows tells about."""
    return [each for each in rows[0].tracked_fields if each.name not in NOT_SHOWN] if rows else []


def changes_between(before, row, fields, names) -> list[Change]:
    return [
        Change(capfirst(each.verbose_name), _shown(each, old, names), _shown(each, new, names))
        for each in fields
        if (old := getattr(before, each.attname)) != (new := getattr(row, each.attname))
    ]


def names_of_foreign_keys(rows, fields) -> dict:
    """One query a foreign key, not one a row: {(model, pk): name}."""
    names = {}
    for each in fields:
        if isinstance(each, models.ForeignKey):
            model = each.remote_field.model
            keys = {getattr(row, each.attname) for row in rows}
            if len(keys) < 2:  # the same in all rows: there is no change to name
                continue
            keys -= {None}
            names |= {(model, one.pk): str(one) for one in model._base_manager.filter(pk__in=keys)} if keys else {}
    return names


def _shown(each, value, names) -> str:
    if value in (None, "", {}, []):
        return "–"
    if isinstance(each, models.ForeignKey):
        return names.get((each.remote_field.model, value), str(value))
    if isinstance(each, models.BooleanField):
        return str(_("yes") if value else _("no"))
    if each.choices:
        return str(dict(each.flatchoices).get(value, value))
    if isinstance(value, datetime):
        value = timezone.localtime(value)
    if isinstance(value, dict):
        return "; ".join(f"{key}: {text}" for key, text in value.items())
    if isinstance(value, Decimal) and each.decimal_places != 2:  # 3,000 is not three thousand
        return figures.quantity(value)
    return str(localize(value.normalize() if hasattr(value, "normalize") and value == 0 else value))
