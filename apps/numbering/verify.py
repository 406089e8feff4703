"""What is always true of the number series; and the rule that each room applies to the numbers that it has used."""

from django.db import connection

from apps.numbering.models import Key, Series
from gmtc.verify import Rule, guard_rules, history_rules, sql_rule

KEYS = ", ".join(f"('{key.value}')" for key in Key)

COMPLETE = sql_rule(
    "Everything that is numbered has its series",
    count="SELECT count(*) FROM numbering_series",
    faults=f"""
        SELECT 'series ' || wanted.key, 'missing', 'a series' FROM (VALUES {KEYS}) AS wanted(key)
        WHERE NOT EXISTS (SELECT FROM numbering_series s WHERE s.key = wanted.key AND s.deleted_at IS NULL)
        UNION ALL
        SELECT 'counter ' || c.series || ' ' || c.year, 'of no series', 'a series' FROM numbering_counter c
        WHERE c.series NOT IN (SELECT key FROM numbering_series)
    """,
)


def gapless(key: Key, model, *, column: str = "number", where: str = "true") -> Rule:
    """The numbers that a room has used are those that were given: unique, none missing, up to the counter.

    `where` is SQL for a table that holds two series. A number tells its year by its form, RE-2026-0001, whatever the
    series looks like today; what came before the first number that is left cannot be known.
    """
    table, quote = connection.ops.quote_name(model._meta.db_table), connection.ops.quote_name
    return sql_rule(
        f"{model.__name__}: numbers of the series “{key.value}” are unique and without gaps, up to the counter",
        count=f"SELECT count(*) FROM {table} WHERE {quote(column)} <> '' AND {where}",
        faults=f"""
            WITH used AS (
                SELECT number, coalesce(part[1], '0')::int AS year, part[2]::int AS count
                FROM (SELECT {quote(column)} AS number FROM {table} WHERE {quote(column)} <> '' AND {where}) numbers
                LEFT JOIN LATERAL regexp_match(number, '^[A-Z0-9]+-(?:([0-9]{{4}})-)?([0-9]{{1,8}})$') part ON true
            ), years AS (
                SELECT year, min(count) AS first, max(count) AS last FROM used WHERE count IS NOT NULL GROUP BY year
            ), series AS (
                SELECT prefix, digits FROM numbering_series WHERE key = '{key.value}' AND deleted_at IS NULL
            )
            SELECT number, 'no number of this series', 'as {key.value} is numbered' FROM used WHERE count IS NULL
            UNION ALL
            SELECT min(number), count(*) || ' times', 'once' FROM used WHERE count IS NOT NULL
            GROUP BY year, count HAVING count(*) > 1
            UNION ALL
            SELECT concat_ws('-', prefix, nullif(year, 0), lpad(missing::text, greatest(digits, length(missing::text)),
                '0')), 'missing', 'between ' || first || ' and ' || last
            FROM years CROSS JOIN series, generate_series(first, last) missing
            WHERE NOT EXISTS (SELECT FROM used WHERE used.year = years.year AND used.count = missing)
            UNION ALL
            SELECT 'counter ' || '{key.value}' || coalesce(' ' || nullif(year, 0), ''),
                coalesce(counter.last::text, 'no counter'), coalesce(years.last::text, 'no number')
            FROM years FULL JOIN (SELECT year, last FROM numbering_counter WHERE series = '{key.value}') counter
                USING (year)
            WHERE counter.last IS DISTINCT FROM years.last
        """,
    )


RULES = [
    COMPLETE,
    *history_rules(Series),
    *guard_rules(
        "numbering",
        triggers=[
            "numbering_counter_only_upwards",
            "numbering_counter_stays",
            "numbering_historicalseries_append_only_row",
            "numbering_historicalseries_append_only_all",
        ],
    ),
]
