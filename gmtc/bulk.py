"""Writing many records at once, with the same audit columns and history rows that `Record.save` writes one by one."""

import re
from collections.abc import Iterable, Sequence

from django.db import connections, router, transaction
from django.utils import timezone

BATCH = 2_000


def create_all(records: Sequence, *, by, reason: str) -> None:
    """Insert new `records` of one model; they have passed their checks. No signal is sent, `clean` is not called."""
    if not records:
        return
    model, now = type(records[0]), timezone.now()
    for record in records:
        record.created_at = record.updated_at = now
        record.created_by = record.updated_by = by
    with transaction.atomic():
        model.everything.bulk_create(records, batch_size=BATCH)
        _write_history(records, by=by, reason=reason, kind="+")


def update_all(records: Sequence, fields: Iterable[str], *, by, reason: str) -> None:
    """Write `fields` of `records` of one model, which the caller has locked and read in this transaction."""
    if not records:
        return
    model, now = type(records[0]), timezone.now()
    for record in records:
        record.updated_at, record.updated_by = now, by
        record.version += 1
    written = {*fields, "updated_at", "updated_by", "version"} - set(model.running)
    columns = [model._meta.get_field(name) for name in sorted(written)]
    with transaction.atomic():
        for start in range(0, len(records), BATCH):
            _update(model, records[start : start + BATCH], columns)
        _write_history(records, by=by, reason=reason, kind="~")


def _update(model, records: Sequence, columns: list) -> None:
    """One statement for all rows. Django's `bulk_update` writes a CASE branch a row and a field: 40 times slower at
    10,000 rows of ten fields. `INSERT ... ON CONFLICT` would fire the triggers that guard new rows."""
    connection = connections[router.db_for_write(model)]
    quote = connection.ops.quote_name
    columns = [model._meta.pk, *columns]
    # A cast to varchar(80) cuts off in silence; the bare type leaves the refusal to the column.
    casts = [f"%s::{re.sub(r'[(].*[)]', '', column.db_type(connection))}[]" for column in columns]
    names = [quote(column.column) for column in columns]
    values = [
        [column.get_db_prep_save(getattr(record, column.attname), connection) for record in records]
        for column in columns
    ]
    table = quote(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(  # only names of our own columns are put into the text
            f"UPDATE {table} SET {', '.join(f'{name} = new.{name}' for name in names[1:])} "  # noqa: S608
            f"FROM unnest({', '.join(casts)}) AS new({', '.join(names)}) WHERE {table}.{names[0]} = new.{names[0]}",
            values,
        )


def _write_history(records: Sequence, *, by, reason: str, kind: str) -> None:
    """Copy the rows as the database now holds them; through objects the same takes ten times as long."""
    model = type(records[0])
    history = model.history.model
    connection = connections[router.db_for_write(model)]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in history.tracked_fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(history._meta.db_table)} "  # noqa: S608 - names of our own tables and columns
            f"({columns}, history_date, history_change_reason, history_type, history_user_id) "
            f"SELECT {columns}, %s, %s, %s, %s FROM {quote(model._meta.db_table)} WHERE id = ANY(%s)",
            [timezone.now(), reason, kind, by.pk if by else None, [record.pk for record in records]],
        )
