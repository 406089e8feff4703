"""Recomputing what must always be true. Each room lists its rules in `verify.py`; `manage.py verify` runs them all.

A rule looks at all rows in one SQL statement, so it is quick at a million rows and sees one moment of a busy database.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from django.apps import apps
from django.db import connection, models

from gmtc.models import Record


class Fault(NamedTuple):
    """A row that breaks a rule: what it is, what is stored, what it should be."""

    rule: str
    record: str
    found: str
    expected: str


class Rule(NamedTuple):
    """`name` is what must be true, `count` says of how many rows, `find` yields the rows it is not true of."""

    name: str
    count: Callable[[], int]
    find: Callable[[], Iterator[Fault]]


def sql_rule(name: str, *, count: str, faults: str) -> Rule:
    """A rule by SQL: `count` gives one number, `faults` the columns record, found, expected."""

    def counted() -> int:
        return _rows(count)[0][0]

    def find() -> Iterator[Fault]:
        for record, found, expected in _rows(faults):
            yield Fault(name, str(record), str(found), str(expected))

    return Rule(name, counted, find)


def history_rules(model: type[Record]) -> list[Rule]:
    """Every version of every record has its history row, and the last one says what the record says."""
    table, past = _quote(model._meta.db_table), _quote(model.history.model._meta.db_table)
    noun = model.__name__
    return [
        sql_rule(
            f"{noun}: each version has its history row",
            count=f"SELECT count(*) FROM {table}",
            faults=f"""
                SELECT '{noun} ' || r.id, coalesce(h.rows, 0) || ' history rows', r.version || ' history rows'
                FROM {table} r LEFT JOIN (SELECT id, count(*) AS rows FROM {past} GROUP BY id) h ON h.id = r.id
                WHERE coalesce(h.rows, 0) <> r.version
            """,
        ),
        told_rule(model, found="'version ' || r.version"),
    ]


def told_rule(model: type[models.Model], *, found: str = "'other values'") -> Rule:
    """The history tells what the record is: its last row says the same. `found` is SQL for the message."""
    table, past = _quote(model._meta.db_table), _quote(model.history.model._meta.db_table)
    columns = [_quote(field.column) for field in model.history.model.tracked_fields]
    stored, told = (", ".join(f"{row}.{column}" for column in columns) for row in ("r", "h"))
    noun = model.__name__
    return sql_rule(
        f"{noun}: the last history row is the record as it stands",
        count=f"SELECT count(*) FROM {table}",
        faults=f"""
            SELECT '{noun} ' || r.id, {found}, 'as in history row ' || h.history_id
            FROM {table} r
            JOIN (SELECT DISTINCT ON (id) * FROM {past} ORDER BY id, history_id DESC) h ON h.id = r.id
            WHERE ({stored}) IS DISTINCT FROM ({told})
        """,
    )


def trash_rule(model: type[Record]) -> Rule:
    """Nothing alive needs what lies in the trash."""
    table, noun = _quote(model._meta.db_table), model.__name__
    needs = [
        field
        for field in model._meta.concrete_fields
        if field.is_relation
        and field.remote_field.on_delete is models.PROTECT
        and issubclass(field.related_model, Record)
    ]
    name = f"{noun}: nothing alive needs what is in the trash"
    found = [
        f"""
            SELECT '{noun} ' || r.id, '{field.name} ' || n.id || ' in the trash', 'a living {field.name}'
            FROM {table} r JOIN {_quote(field.related_model._meta.db_table)} n ON n.id = r.{_quote(field.column)}
            WHERE n.deleted_at IS NOT NULL AND r.deleted_at IS NULL
        """
        for field in needs
    ]
    return sql_rule(
        name,
        count=f"SELECT count(*) FROM {table} WHERE deleted_at IS NULL",
        faults=" UNION ALL ".join(found) or "SELECT 1, 1, 1 WHERE false",
    )


def tree_rule(model: type[models.Model], *, column: str = "parent_id") -> Rule:
    """No row lies under itself: each is reached from a root."""
    table, noun = _quote(model._meta.db_table), model.__name__
    return sql_rule(
        f"{noun}: nothing lies under itself",
        count=f"SELECT count(*) FROM {table}",
        faults=f"""
            WITH RECURSIVE reached(id) AS (
                SELECT id FROM {table} WHERE {column} IS NULL
                UNION SELECT t.id FROM {table} t JOIN reached ON t.{column} = reached.id
            )
            SELECT '{noun} ' || id, 'in a circle', 'under a root' FROM {table}
            WHERE id NOT IN (SELECT id FROM reached)
        """,
    )


def guard_rules(room: str, *, triggers: Sequence[str]) -> list[Rule]:
    """The database's own guards of a room stand: the triggers named, and each constraint of its models."""
    names = ", ".join(f"'{trigger}'" for trigger in triggers)
    tables = ", ".join(f"'{model._meta.db_table}'" for model in _models_of(room))
    constraints = ", ".join(
        f"('{model._meta.db_table}', '{constraint.name}')"
        for model in _models_of(room)
        for constraint in model._meta.constraints
    )
    rules = [
        sql_rule(
            "Triggers are in place and on",
            count=f"SELECT count(*) FROM unnest(ARRAY[{names}]::text[])",
            faults=f"""
                SELECT 'trigger ' || wanted.name, CASE WHEN t.oid IS NULL THEN 'missing' ELSE 'switched off' END, 'on'
                FROM unnest(ARRAY[{names}]::text[]) AS wanted(name)
                LEFT JOIN pg_trigger t ON t.tgname = wanted.name AND NOT t.tgisinternal
                WHERE t.oid IS NULL OR t.tgenabled NOT IN ('O', 'A')
            """,
        )
    ]
    if constraints:
        rules.append(
            sql_rule(
                "Constraints are in place",
                count=f"SELECT count(*) FROM (VALUES {constraints}) AS wanted(tab, name)",
                faults=f"""
                    SELECT 'constraint ' || wanted.name, 'missing or not valid', 'on ' || wanted.tab
                    FROM (VALUES {constraints}) AS wanted(tab, name)
                    WHERE NOT EXISTS (
                        SELECT FROM pg_constraint c
                        WHERE c.conname = wanted.name AND c.conrelid = wanted.tab::regclass AND c.convalidated
                        AND coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true)
                    ) AND NOT EXISTS (
                        SELECT FROM pg_index i JOIN pg_class n ON n.oid = i.indexrelid
                        WHERE n.relname = wanted.name AND i.indrelid = wanted.tab::regclass
                        AND i.indisunique AND i.indisvalid
                    )
                """,
            )
        )
    # A switched-off foreign key shows as its internal triggers being off.
    rules.append(
        sql_rule(
            "Foreign keys are enforced",
            count=f"SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text IN ({tables})",
            faults=f"""
                SELECT DISTINCT 'foreign key ' || c.conname, 'switched off or not valid', 'on ' || c.conrelid::regclass
                FROM pg_constraint c LEFT JOIN pg_trigger t ON t.tgconstraint = c.oid
                WHERE c.contype = 'f' AND c.conrelid::regclass::text IN ({tables})
                AND (NOT c.convalidated OR t.tgenabled NOT IN ('O', 'A'))
            """,
        )
    )
    return rules


def _models_of(room: str) -> list[type[models.Model]]:
    return list(apps.get_app_config(room).get_models())


def _quote(name: str) -> str:
    return connection.ops.quote_name(name)


def _rows(sql: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()
