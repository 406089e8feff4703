"""What is always true of stock, recomputed from the ledger and the reservations."""

from apps.parts.models import Category, Part, PartImport, Reservation, StorageLocation
from gmtc.verify import guard_rules, history_rules, sql_rule, trash_rule, tree_rule

LEVELS = sql_rule(
    "Stock at each place is the sum of its movements",
    count="SELECT count(*) FROM parts_stocklevel",
    faults="""
        WITH ledger AS (
            SELECT part_id, location_id, sum(quantity) AS total FROM parts_stockmovement GROUP BY part_id, location_id
        )
        SELECT p.sku || ' at ' || l.code, coalesce(level.quantity, 0), coalesce(ledger.total, 0)
        FROM ledger FULL JOIN parts_stocklevel level USING (part_id, location_id)
        JOIN parts_part p ON p.id = part_id JOIN parts_storagelocation l ON l.id = location_id
        WHERE coalesce(level.quantity, 0) <> coalesce(ledger.total, 0)
        ORDER BY p.sku, l.code
    """,
)

ON_HAND = sql_rule(
    "Stock on hand is the sum of the movements",
    count="SELECT count(*) FROM parts_part",
    faults="""
        SELECT p.sku, p.current_stock, coalesce(ledger.total, 0)
        FROM parts_part p
        LEFT JOIN (SELECT part_id, sum(quantity) AS total FROM parts_stockmovement GROUP BY part_id) ledger
            ON ledger.part_id = p.id
        WHERE p.current_stock <> coalesce(ledger.total, 0)
        ORDER BY p.sku
    """,
)

RESERVED = sql_rule(
    "Reserved stock is the sum of the reservations",
    count="SELECT count(*) FROM parts_part",
    faults="""
        SELECT p.sku, p.reserved_stock, coalesce(promised.total, 0)
        FROM parts_part p
        LEFT JOIN (SELECT part_id, sum(quantity) AS total FROM parts_reservation GROUP BY part_id) promised
            ON promised.part_id = p.id
        WHERE p.reserved_stock <> coalesce(promised.total, 0)
        ORDER BY p.sku
    """,
)

# NaN is greater than every number in PostgreSQL, so every bound has an upper end.
BOUNDS = sql_rule(
    "Nothing is below zero, and no more is reserved than there is",
    count="SELECT (SELECT count(*) FROM parts_part) + (SELECT count(*) FROM parts_stocklevel)",
    faults="""
        SELECT sku, current_stock || ' on hand, ' || reserved_stock || ' reserved', '0 <= reserved <= on hand'
        FROM parts_part
        WHERE NOT (reserved_stock >= 0 AND reserved_stock <= current_stock AND current_stock <= 999999999)
        UNION ALL
        SELECT p.sku || ' at ' || l.code, level.quantity::text, '0 or more'
        FROM parts_stocklevel level
        JOIN parts_part p ON p.id = level.part_id JOIN parts_storagelocation l ON l.id = level.location_id
        WHERE NOT (level.quantity >= 0 AND level.quantity <= 999999999)
    """,
)

TRIGGERS = [
    "parts_ledger_adds_up",
    "parts_reservations_add_up",
    "parts_level_guard",
    "parts_level_guard_all",
    "parts_part_guard_insert",
    "parts_part_guard_update",
    "parts_part_unit_stays",
    "parts_reservation_guard_all",
    "parts_stockmovement_append_only_row",
    "parts_stockmovement_append_only_all",
    "parts_category_no_circle",
    "parts_storagelocation_no_circle",
    "parts_partimport_status_moves_insert",
    "parts_partimport_status_moves_update",
    *(
        f"parts_historical{noun}_append_only_{reach}"
        for noun in ("part", "category", "storagelocation", "reservation", "partimport")
        for reach in ("row", "all")
    ),
]

RULES = [
    LEVELS,
    ON_HAND,
    RESERVED,
    BOUNDS,
    tree_rule(Category),
    tree_rule(StorageLocation),
    *(rule for model in (Category, StorageLocation, Part, Reservation, PartImport) for rule in history_rules(model)),
    *(trash_rule(model) for model in (Category, StorageLocation, Part, Reservation)),
    *guard_rules("parts", triggers=TRIGGERS),
]
