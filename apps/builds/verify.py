"""What is always true of bills of materials, recomputed over all rows."""

from apps.builds.models import BuildPart, BuildRevision, PartsListImport, PrinterBuild
from gmtc.verify import guard_rules, history_rules, sql_rule, trash_rule

NO_CIRCLE = sql_rule(
    "No bill of materials contains itself",
    count="SELECT count(*) FROM builds_printerbuild WHERE deleted_at IS NULL",
    faults="""
        WITH RECURSIVE edges(product, part) AS (
            SELECT DISTINCT b.product_id, l.part_id
            FROM builds_printerbuild b
            JOIN builds_buildrevision r ON r.build_id = b.id AND r.deleted_at IS NULL AND r.status <> 'retired'
            JOIN builds_buildpart l ON l.revision_id = r.id AND l.deleted_at IS NULL
            WHERE b.deleted_at IS NULL
        ), below(product, part) AS (
            SELECT product, part FROM edges
            UNION
            SELECT below.product, edges.part FROM below JOIN edges ON edges.product = below.part
        )
        SELECT b.model_number, 'contains itself', 'no circle'
        FROM below JOIN builds_printerbuild b ON b.product_id = below.product AND b.deleted_at IS NULL
        WHERE below.product = below.part
    """,
)

# NaN is greater than every number in PostgreSQL, so the bound has an upper end.
QUANTITIES = sql_rule(
    "Quantities of bills of materials are greater than zero",
    count="SELECT count(*) FROM builds_buildpart",
    faults="""
        SELECT 'line ' || id, quantity, 'more than 0' FROM builds_buildpart
        WHERE NOT (quantity > 0 AND quantity <= 999999999)
    """,
)

UNTOUCHED = sql_rule(
    "Released bills of materials are as they were released",
    count="""
        SELECT count(*) FROM builds_buildpart l JOIN builds_buildrevision r ON r.id = l.revision_id
        WHERE r.status <> 'draft'
    """,
    faults="""
        SELECT 'line ' || l.id, 'changed ' || l.updated_at, 'before ' || r.released_at
        FROM builds_buildpart l JOIN builds_buildrevision r ON r.id = l.revision_id
        WHERE r.status <> 'draft' AND l.updated_at > r.released_at
        UNION ALL
        SELECT 'line ' || h.id, 'history of ' || h.history_date, 'before ' || r.released_at
        FROM builds_historicalbuildpart h JOIN builds_buildrevision r ON r.id = h.revision_id
        WHERE r.status <> 'draft' AND h.history_date > r.released_at
    """,
)

FILLED = sql_rule(
    "No released revision is empty",
    count="SELECT count(*) FROM builds_buildrevision WHERE status <> 'draft'",
    faults="""
        SELECT b.model_number || ' R' || r.number, 'no lines', 'one or more'
        FROM builds_buildrevision r JOIN builds_printerbuild b ON b.id = r.build_id
        WHERE r.status <> 'draft'
        AND NOT EXISTS (SELECT FROM builds_buildpart l WHERE l.revision_id = r.id AND l.deleted_at IS NULL)
    """,
)

TRIGGERS = [
    "builds_line_no_circle",
    "builds_revision_no_circle",
    "builds_build_no_circle",
    "builds_line_released",
    "builds_line_released_all",
    "builds_revision_released",
    "builds_revision_stays",
    "builds_revision_stays_all",
    "builds_build_product_stays",
    "builds_buildrevision_status_moves_insert",
    "builds_buildrevision_status_moves_update",
    "builds_partslistimport_status_moves_insert",
    "builds_partslistimport_status_moves_update",
    *(
        f"builds_historical{noun}_append_only_{reach}"
        for noun in ("printerbuild", "buildrevision", "buildpart", "partslistimport")
        for reach in ("row", "all")
    ),
]

RULES = [
    NO_CIRCLE,
    QUANTITIES,
    UNTOUCHED,
    FILLED,
    *(rule for model in (PrinterBuild, BuildRevision, BuildPart, PartsListImport) for rule in history_rules(model)),
    *(trash_rule(model) for model in (PrinterBuild, BuildRevision, BuildPart)),
    *guard_rules("builds", triggers=TRIGGERS),
]
