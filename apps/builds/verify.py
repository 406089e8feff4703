"""What is always true of bills of materials, production jobs and printers, recomputed over all rows."""

from apps.builds.models import (
    BuildPart,
    BuildRevision,
    ExtraUse,
    JobCheck,
    JobPart,
    PartsListImport,
    Printer,
    PrinterBuild,
    ProductionJob,
    TestStep,
)
from apps.numbering.models import Key
from apps.numbering.verify import gapless
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

FROZEN = sql_rule(
    "The bill of a released job is the one of its revision",
    count="SELECT count(*) FROM builds_productionjob WHERE revision_id IS NOT NULL",
    faults="""
        SELECT j.number, coalesce(l.quantity::text, 'no line'), coalesce((b.quantity * j.quantity)::text, 'no line')
        FROM builds_productionjob j
        JOIN LATERAL (
            SELECT part_id, quantity FROM builds_buildpart WHERE revision_id = j.revision_id AND deleted_at IS NULL
        ) b ON true
        LEFT JOIN builds_jobpart l ON l.job_id = j.id AND l.part_id = b.part_id
        WHERE j.revision_id IS NOT NULL AND l.quantity IS DISTINCT FROM b.quantity * j.quantity
        UNION ALL
        SELECT j.number, 'line ' || l.position, 'no line'
        FROM builds_jobpart l JOIN builds_productionjob j ON j.id = l.job_id
        WHERE NOT EXISTS (
            SELECT FROM builds_buildpart b
            WHERE b.revision_id = j.revision_id AND b.part_id = l.part_id AND b.deleted_at IS NULL
        )
    """,
)

CONSUMED = sql_rule(
    "A completed job consumed exactly what it says",
    count="SELECT count(*) FROM builds_jobpart l JOIN builds_productionjob j ON j.id = l.job_id"
    " WHERE j.status = 'completed'",
    faults="""
        SELECT j.number || ' line ' || l.position, l.consumed_quantity, l.quantity - l.replaced_quantity
        FROM builds_jobpart l JOIN builds_productionjob j ON j.id = l.job_id
        WHERE l.consumed_quantity <>
            CASE WHEN j.status = 'completed' THEN l.quantity - l.replaced_quantity ELSE 0 END
        UNION ALL
        SELECT j.number || ' extra ' || e.id, e.consumed_quantity,
            CASE WHEN j.status = 'completed' OR j.status = 'cancelled' AND e.kind = 'scrap' THEN e.quantity ELSE 0 END
        FROM builds_extrause e JOIN builds_productionjob j ON j.id = e.job_id
        WHERE e.deleted_at IS NULL AND e.consumed_quantity <>
            CASE WHEN j.status = 'completed' OR j.status = 'cancelled' AND e.kind = 'scrap' THEN e.quantity ELSE 0 END
    """,
)

LEDGER = sql_rule(
    "What a completed job consumed is what the ledger says",
    count="SELECT count(*) FROM builds_productionjob WHERE status IN ('completed', 'cancelled')",
    faults="""
        WITH said AS (
            SELECT job_id, part_id, -sum(quantity) AS quantity FROM (
                SELECT job_id, part_id, consumed_quantity AS quantity FROM builds_jobpart WHERE is_stocked
                UNION ALL
                SELECT job_id, part_id, consumed_quantity FROM builds_extrause WHERE deleted_at IS NULL
                UNION ALL
                SELECT id, part_id, -quantity FROM builds_productionjob WHERE status = 'completed'
            ) each GROUP BY job_id, part_id
        ), ledger AS (
            SELECT reference_id AS job_id, part_id, sum(quantity) AS quantity FROM parts_stockmovement
            WHERE reference_type = 'builds.productionjob' AND kind = 'production' GROUP BY reference_id, part_id
        )
        SELECT j.number || ' ' || p.sku, sums.found, sums.should
        FROM (
            SELECT job_id, part_id, coalesce(ledger.quantity, 0) AS found, coalesce(said.quantity, 0) AS should
            FROM said FULL JOIN ledger USING (job_id, part_id)
        ) sums JOIN builds_productionjob j ON j.id = sums.job_id JOIN parts_part p ON p.id = sums.part_id
        WHERE sums.found <> sums.should
        ORDER BY 1
    """,
)

RESERVED = sql_rule(
    "What is reserved for a line of a job is the sum of its reservations; what is over holds nothing",
    count="SELECT count(*) FROM builds_jobpart",
    faults="""
        WITH held AS (
            SELECT reference_type, reference_id, sum(quantity) AS quantity FROM parts_reservation
            WHERE reference_type IN ('builds.jobpart', 'builds.extrause') GROUP BY reference_type, reference_id
        )
        SELECT j.number || ' line ' || l.position, l.reserved_quantity, coalesce(held.quantity, 0)
        FROM builds_jobpart l JOIN builds_productionjob j ON j.id = l.job_id
        LEFT JOIN held ON held.reference_type = 'builds.jobpart' AND held.reference_id = l.id
        WHERE l.reserved_quantity <> coalesce(held.quantity, 0)
            OR l.reserved_quantity <> 0 AND j.status NOT IN ('released', 'in_production', 'testing')
        UNION ALL
        SELECT j.number || ' extra ' || e.id, coalesce(held.quantity, 0), should.quantity
        FROM builds_extrause e JOIN builds_productionjob j ON j.id = e.job_id
        LEFT JOIN held ON held.reference_type = 'builds.extrause' AND held.reference_id = e.id,
        LATERAL (SELECT CASE WHEN e.deleted_at IS NULL AND j.status IN ('released', 'in_production', 'testing')
            THEN e.quantity ELSE 0 END AS quantity) should
        WHERE coalesce(held.quantity, 0) <> should.quantity
    """,
)

PICKED = sql_rule(
    "Nothing is picked for a job that is not reserved for it",
    count="SELECT count(*) FROM builds_jobpart WHERE picked_quantity > 0",
    faults="""
        SELECT j.number || ' line ' || l.position, l.picked_quantity || ' picked', l.reserved_quantity || ' reserved'
        FROM builds_jobpart l JOIN builds_productionjob j ON j.id = l.job_id
        WHERE j.status IN ('released', 'in_production', 'testing') AND l.picked_quantity > l.reserved_quantity
    """,
)

PRINTERS = sql_rule(
    "A job has its printers once it is completed: as many as it built",
    count="SELECT count(*) FROM builds_printer",
    faults="""
        SELECT j.number, count(p.id) || ' printers', CASE WHEN j.status = 'completed' THEN j.quantity ELSE 0 END || ''
        FROM builds_productionjob j JOIN builds_printer p ON p.job_id = j.id
        GROUP BY j.id HAVING j.status <> 'completed' OR count(p.id) <> j.quantity
        UNION ALL
        SELECT p.serial, p.part_id::text, j.part_id::text
        FROM builds_printer p JOIN builds_productionjob j ON j.id = p.job_id WHERE p.part_id <> j.part_id
    """,
)

ORDERS = sql_rule(
    "A job is for the part of its order, and no line has more built than its jobs completed",
    count="SELECT count(*) FROM builds_productionjob WHERE order_line_id IS NOT NULL",
    faults="""
        SELECT j.number, j.part_id::text, l.part_id::text
        FROM builds_productionjob j JOIN orders_orderline l ON l.id = j.order_line_id WHERE l.part_id <> j.part_id
        UNION ALL
        SELECT o.number || ' line ' || l.position, l.built_quantity || ' built', coalesce(made.quantity, 0) || ' made'
        FROM orders_orderline l JOIN orders_customerorder o ON o.id = l.order_id
        LEFT JOIN (
            SELECT order_line_id, sum(quantity) AS quantity FROM builds_productionjob
            WHERE status = 'completed' GROUP BY order_line_id
        ) made ON made.order_line_id = l.id
        WHERE l.built_quantity > coalesce(made.quantity, 0)
    """,
)

NOUNS = (
    PrinterBuild,
    BuildRevision,
    BuildPart,
    TestStep,
    ProductionJob,
    JobPart,
    ExtraUse,
    JobCheck,
    Printer,
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
    "builds_reservations_add_up",
    "builds_jobpart_guard_insert",
    "builds_jobpart_guard_update",
    "builds_jobpart_frozen",
    "builds_extrause_over",
    "builds_jobcheck_over",
    "builds_job_frozen",
    "builds_job_completed",
    "builds_job_order",
    "builds_printer_frozen",
    *(
        f"builds_{noun}_{trigger}"
        for noun in ("job", "jobpart", "extrause", "jobcheck", "printer")
        for trigger in ("stays", "stays_all")
    ),
    *(f"builds_{table}_status_moves_{when}" for table in ("productionjob", "printer") for when in ("insert", "update")),
    *(
        f"builds_historical{noun}_append_only_{reach}"
        for noun in (*(noun._meta.model_name for noun in NOUNS), "partslistimport")
        for reach in ("row", "all")
    ),
]

RULES = [
    gapless(Key.JOB, ProductionJob),
    gapless(Key.PRINTER, Printer, column="serial"),
    NO_CIRCLE,
    QUANTITIES,
    UNTOUCHED,
    FILLED,
    FROZEN,
    CONSUMED,
    LEDGER,
    RESERVED,
    PICKED,
    PRINTERS,
    ORDERS,
    *(rule for model in (PartsListImport, *NOUNS) for rule in history_rules(model)),
    *(trash_rule(model) for model in NOUNS),
    *guard_rules("builds", triggers=TRIGGERS),
]
