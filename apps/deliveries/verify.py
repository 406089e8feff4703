"""What is always true of shipping, recomputed from deliveries, returns, order lines and the ledger."""

from apps.deliveries.models import Carrier, Delivery, DeliveryLine, DeliveryReturn
from apps.numbering.models import Key
from apps.numbering.verify import gapless
from gmtc.verify import guard_rules, history_rules, sql_rule, trash_rule

NUMBERED = sql_rule(
    "Every delivery that was shipped and every return has its number and its day",
    count="SELECT (SELECT count(*) FROM deliveries_delivery) + (SELECT count(*) FROM deliveries_deliveryreturn)",
    faults="""
        SELECT 'delivery ' || id, status || ' ' || number, 'a number and a day only when shipped'
        FROM deliveries_delivery
        WHERE (status IN ('in_transit', 'delivered', 'returned')) <> (number <> '' AND shipped_on IS NOT NULL)
        UNION ALL
        SELECT 'return ' || id, 'no number', 'a number' FROM deliveries_deliveryreturn WHERE number = ''
    """,
)

SHIPPED = sql_rule(
    "What a line of an order has shipped is the sum of its deliveries",
    count="SELECT count(*) FROM orders_orderline",
    faults="""
        SELECT o.number || ' line ' || l.position, l.shipped_quantity, coalesce(d.shipped, 0)
        FROM orders_orderline l JOIN orders_customerorder o ON o.id = l.order_id
        LEFT JOIN (
            SELECT r.order_line_id, sum(r.quantity) AS shipped
            FROM deliveries_deliveryline r JOIN deliveries_delivery d ON d.id = r.delivery_id
            WHERE r.deleted_at IS NULL AND d.status IN ('in_transit', 'delivered', 'returned')
            GROUP BY r.order_line_id
        ) d ON d.order_line_id = l.id
        WHERE l.shipped_quantity <> coalesce(d.shipped, 0)
        ORDER BY 1
    """,
)

ARRIVED = sql_rule(
    "What a line of an order has delivered and got back is what its deliveries say",
    count="SELECT count(*) FROM orders_orderline",
    faults="""
        SELECT o.number || ' line ' || l.position,
            l.delivered_quantity || ' delivered, ' || l.returned_quantity || ' returned',
            'at most ' || coalesce(d.arrived, 0) || ' delivered, ' || coalesce(d.returned, 0) || ' returned'
        FROM orders_orderline l JOIN orders_customerorder o ON o.id = l.order_id
        LEFT JOIN (
            SELECT r.order_line_id, sum(r.returned_quantity) AS returned,
                sum(r.quantity) FILTER (WHERE d.delivered_on IS NOT NULL) AS arrived
            FROM deliveries_deliveryline r JOIN deliveries_delivery d ON d.id = r.delivery_id
            WHERE r.deleted_at IS NULL GROUP BY r.order_line_id
        ) d ON d.order_line_id = l.id
        WHERE l.returned_quantity <> coalesce(d.returned, 0) OR l.delivered_quantity > coalesce(d.arrived, 0)
        ORDER BY 1
    """,
)

PROMISED = sql_rule(
    "Deliveries that are to be packed promise no more than is still to be shipped",
    count="SELECT count(*) FROM deliveries_delivery WHERE status = 'pending'",
    faults="""
        SELECT o.number || ' line ' || l.position, sum(r.quantity) || ' promised',
            l.quantity - l.shipped_quantity || ' open'
        FROM deliveries_deliveryline r
        JOIN deliveries_delivery d ON d.id = r.delivery_id AND d.status = 'pending' AND d.deleted_at IS NULL
        JOIN orders_orderline l ON l.id = r.order_line_id
        JOIN orders_customerorder o ON o.id = l.order_id
        WHERE r.deleted_at IS NULL
        GROUP BY l.id, o.number, l.position, l.quantity, l.shipped_quantity
        HAVING sum(r.quantity) > l.quantity - l.shipped_quantity
    """,
)

OWN_LINES = sql_rule(
    "Each line of a delivery is of the delivery's order",
    count="SELECT count(*) FROM deliveries_deliveryline",
    faults="""
        SELECT 'line ' || r.id, 'order ' || l.order_id, 'order ' || d.order_id
        FROM deliveries_deliveryline r JOIN deliveries_delivery d ON d.id = r.delivery_id
        JOIN orders_orderline l ON l.id = r.order_line_id WHERE l.order_id <> d.order_id
    """,
)

RETURNED = sql_rule(
    "What came back of a line is the sum of its returns",
    count="SELECT count(*) FROM deliveries_deliveryline",
    faults="""
        SELECT d.number || ' line ' || l.position, l.returned_quantity, coalesce(r.returned, 0)
        FROM deliveries_deliveryline l JOIN deliveries_delivery d ON d.id = l.delivery_id
        LEFT JOIN (
            SELECT line_id, sum(quantity) AS returned FROM deliveries_deliveryreturnline GROUP BY line_id
        ) r ON r.line_id = l.id
        WHERE l.returned_quantity <> coalesce(r.returned, 0)
    """,
)

STATES = sql_rule(
    "A delivery counts as returned when, and only when, all of it came back",
    count="SELECT count(*) FROM deliveries_delivery",
    faults="""
        SELECT coalesce(nullif(d.number, ''), d.id::text), d.status, 'returned: ' || l.is_back
        FROM deliveries_delivery d JOIN (
            SELECT delivery_id, bool_and(returned_quantity = quantity) AS is_back
            FROM deliveries_deliveryline WHERE deleted_at IS NULL GROUP BY delivery_id
        ) l ON l.delivery_id = d.id
        WHERE (d.status = 'returned') <> l.is_back
    """,
)

LEDGER = sql_rule(
    "Each delivery and each return stands in the stock ledger with the same quantities",
    count="SELECT (SELECT count(*) FROM deliveries_delivery) + (SELECT count(*) FROM deliveries_deliveryreturn)",
    faults="""
        WITH moved AS (
            SELECT d.id AS document_id, d.number, l.part_id, r.location_id, -sum(r.quantity) AS quantity
            FROM deliveries_deliveryline r JOIN deliveries_delivery d ON d.id = r.delivery_id
            JOIN orders_orderline l ON l.id = r.order_line_id
            WHERE r.deleted_at IS NULL AND r.location_id IS NOT NULL
            AND d.status IN ('in_transit', 'delivered', 'returned')
            GROUP BY d.id, d.number, l.part_id, r.location_id
            UNION ALL
            SELECT b.id, b.number, l.part_id, r.location_id, sum(r.quantity)
            FROM deliveries_deliveryreturnline r JOIN deliveries_deliveryreturn b ON b.id = r.delivery_return_id
            JOIN deliveries_deliveryline x ON x.id = r.line_id JOIN orders_orderline l ON l.id = x.order_line_id
            WHERE r.location_id IS NOT NULL
            GROUP BY b.id, b.number, l.part_id, r.location_id
        ), ledger AS (
            SELECT reference_id AS document_id, part_id, location_id, sum(quantity) AS quantity
            FROM parts_stockmovement
            WHERE reference_type IN ('deliveries.delivery', 'deliveries.deliveryreturn')
            GROUP BY reference_id, part_id, location_id
        )
        SELECT coalesce(moved.number, document_id::text) || ': ' || p.sku,
            coalesce(ledger.quantity, 0) || ' in the ledger',
            coalesce(moved.quantity, 0) || ' moved'
        FROM moved FULL JOIN ledger USING (document_id, part_id, location_id) JOIN parts_part p ON p.id = part_id
        WHERE coalesce(moved.quantity, 0) <> coalesce(ledger.quantity, 0)
        ORDER BY 1
    """,
)

COSTS = sql_rule(
    "Goods come back at the cost at which they left",
    count="SELECT count(*) FROM deliveries_deliveryreturnline",
    faults="""
        SELECT b.number || ': ' || p.sku, m.unit_cost, l.unit_cost
        FROM parts_stockmovement m
        JOIN deliveries_deliveryreturn b ON m.reference_type = 'deliveries.deliveryreturn' AND b.id = m.reference_id
        JOIN parts_part p ON p.id = m.part_id
        JOIN deliveries_deliveryline l ON l.delivery_id = b.delivery_id
        JOIN orders_orderline o ON o.id = l.order_line_id AND o.part_id = m.part_id
        WHERE m.unit_cost <> l.unit_cost
    """,
)

SERIALS = sql_rule(
    "A line that came with serial numbers has one for each piece, and one for each piece that came back",
    count="SELECT count(*) FROM deliveries_deliveryline",
    faults="""
        SELECT d.number || ' line ' || l.position, count(*) || ' printers, ' || count(s.return_line_id) || ' back',
            l.quantity || ' pieces, ' || l.returned_quantity || ' back'
        FROM deliveries_deliveryline l JOIN deliveries_delivery d ON d.id = l.delivery_id
        JOIN deliveries_deliveryprinter s ON s.line_id = l.id
        GROUP BY d.number, l.id, l.position, l.quantity, l.returned_quantity
        HAVING count(*) <> l.quantity OR count(s.return_line_id) <> l.returned_quantity
    """,
)

OWNERS = sql_rule(
    "A printer that is out is with the customer of its delivery",
    count="SELECT count(*) FROM deliveries_deliveryprinter WHERE return_line_id IS NULL",
    faults="""
        SELECT p.serial, p.status || ' ' || coalesce(p.owner_id::text, 'nobody'), 'shipped ' || o.customer_id
        FROM deliveries_deliveryprinter s JOIN builds_printer p ON p.id = s.printer_id
        JOIN deliveries_deliveryline l ON l.id = s.line_id JOIN deliveries_delivery d ON d.id = l.delivery_id
        JOIN orders_customerorder o ON o.id = d.order_id
        WHERE s.return_line_id IS NULL AND (p.status <> 'shipped' OR p.owner_id IS DISTINCT FROM o.customer_id)
    """,
)

TRIGGERS = [
    "deliveries_returns_add_up",
    "deliveries_promise_insert",
    "deliveries_promise_update",
    "deliveries_promise_restored",
    "deliveries_line_guard_insert",
    "deliveries_line_guard_update",
    "deliveries_delivery_frozen",
    "deliveries_delivery_arrived",
    "deliveries_delivery_stays",
    "deliveries_delivery_stays_all",
    "deliveries_line_frozen",
    "deliveries_line_frozen_all",
    "deliveries_printer_frozen",
    "deliveries_printer_frozen_all",
    "deliveries_delivery_status_moves_insert",
    "deliveries_delivery_status_moves_update",
    *(
        f"deliveries_{table}_append_only_{reach}"
        for table in (
            "deliveryreturn",
            "deliveryreturnline",
            "historicalcarrier",
            "historicaldelivery",
            "historicaldeliveryline",
            "historicaldeliveryreturn",
        )
        for reach in ("row", "all")
    ),
]

RECORDS = (Carrier, Delivery, DeliveryLine, DeliveryReturn)

RULES = [
    NUMBERED,
    gapless(Key.DELIVERY, Delivery),
    gapless(Key.RETURN, DeliveryReturn),
    SHIPPED,
    ARRIVED,
    PROMISED,
    OWN_LINES,
    RETURNED,
    STATES,
    LEDGER,
    COSTS,
    SERIALS,
    OWNERS,
    *(rule for model in RECORDS for rule in history_rules(model)),
    *(trash_rule(model) for model in RECORDS),
    *guard_rules("deliveries", triggers=TRIGGERS),
]
