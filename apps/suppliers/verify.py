"""What is always true of purchasing, recomputed from lines, receipts and the ledger."""

from apps.numbering.models import Key
from apps.numbering.verify import gapless
from apps.suppliers.models import (
    GoodsReceipt,
    PriceBreak,
    PurchaseOrder,
    PurchaseOrderLine,
    Supplier,
    SupplierContact,
    SupplierPart,
)
from gmtc.verify import guard_rules, history_rules, sql_rule, trash_rule

NUMBERED = sql_rule(
    "Every supplier, every order that was sent and every receipt has its number",
    count="SELECT (SELECT count(*) FROM suppliers_supplier) + (SELECT count(*) FROM suppliers_purchaseorder)"
    " + (SELECT count(*) FROM suppliers_goodsreceipt)",
    faults="""
        SELECT 'supplier ' || id, 'no number', 'a number' FROM suppliers_supplier WHERE number = ''
        UNION ALL
        SELECT 'purchase order ' || id, 'no number or day', 'both' FROM suppliers_purchaseorder
        WHERE status NOT IN ('draft', 'cancelled') AND (number = '' OR order_date IS NULL)
        UNION ALL
        SELECT 'goods receipt ' || id, 'no number', 'a number' FROM suppliers_goodsreceipt WHERE number = ''
    """,
)

LINES = sql_rule(
    "The net of each order line is quantity times price less its discount",
    count="SELECT count(*) FROM suppliers_purchaseorderline",
    faults="""
        SELECT coalesce(nullif(o.number, ''), o.id::text) || ' line ' || l.position, l.net, should.net
        FROM suppliers_purchaseorderline l JOIN suppliers_purchaseorder o ON o.id = l.purchase_order_id,
        LATERAL (SELECT round(l.quantity * l.unit_price
            - round(l.quantity * l.unit_price * l.discount / 100, 2), 2) AS net) should
        WHERE l.net <> should.net
        ORDER BY 1
    """,
)

TOTALS = sql_rule(
    "The total of each purchase order is the sum of its lines",
    count="SELECT count(*) FROM suppliers_purchaseorder",
    faults="""
        SELECT coalesce(nullif(o.number, ''), o.id::text), o.total, coalesce(lines.total, 0)
        FROM suppliers_purchaseorder o LEFT JOIN (
            SELECT purchase_order_id, sum(net) AS total FROM suppliers_purchaseorderline
            WHERE deleted_at IS NULL GROUP BY purchase_order_id
        ) lines ON lines.purchase_order_id = o.id
        WHERE o.total <> coalesce(lines.total, 0)
        ORDER BY 1
    """,
)

RECEIVED = sql_rule(
    "What an order line has received is the sum of its receipts",
    count="SELECT count(*) FROM suppliers_purchaseorderline",
    faults="""
        SELECT o.number || ' line ' || l.position,
            l.received_quantity || ' received, ' || l.rejected_quantity || ' rejected',
            coalesce(r.accepted, 0) || ' received, ' || coalesce(r.rejected, 0) || ' rejected'
        FROM suppliers_purchaseorderline l JOIN suppliers_purchaseorder o ON o.id = l.purchase_order_id
        LEFT JOIN (
            SELECT line_id, sum(accepted) AS accepted, sum(rejected) AS rejected
            FROM suppliers_goodsreceiptline GROUP BY line_id
        ) r ON r.line_id = l.id
        WHERE (l.received_quantity, l.rejected_quantity) <> (coalesce(r.accepted, 0), coalesce(r.rejected, 0))
        ORDER BY 1
    """,
)

BOUNDS = sql_rule(
    "No line has received less than nothing or more than its tolerance allows",
    count="SELECT count(*) FROM suppliers_purchaseorderline",
    faults="""
        SELECT o.number || ' line ' || l.position, l.received_quantity,
            '0 to ' || l.quantity || ' + ' || l.tolerance || ' %'
        FROM suppliers_purchaseorderline l JOIN suppliers_purchaseorder o ON o.id = l.purchase_order_id
        WHERE NOT (l.received_quantity >= 0 AND l.received_quantity <= l.quantity * (100 + l.tolerance) / 100)
        ORDER BY 1
    """,
)

LEDGER = sql_rule(
    "Each goods receipt stands in the stock ledger with the same quantities",
    count="SELECT count(*) FROM suppliers_goodsreceipt",
    faults="""
        WITH receipts AS (
            SELECT r.receipt_id, l.part_id, sum(r.accepted) AS quantity
            FROM suppliers_goodsreceiptline r JOIN suppliers_purchaseorderline l ON l.id = r.line_id
            GROUP BY r.receipt_id, l.part_id HAVING sum(r.accepted) <> 0
        ), ledger AS (
            SELECT reference_id AS receipt_id, part_id, sum(quantity) AS quantity
            FROM parts_stockmovement WHERE reference_type = 'suppliers.goodsreceipt'
            GROUP BY reference_id, part_id HAVING sum(quantity) <> 0
        )
        SELECT coalesce(g.number, receipt_id::text) || ': ' || p.sku, coalesce(ledger.quantity, 0) || ' in the ledger',
            coalesce(receipts.quantity, 0) || ' received'
        FROM receipts FULL JOIN ledger USING (receipt_id, part_id)
        JOIN parts_part p ON p.id = part_id LEFT JOIN suppliers_goodsreceipt g ON g.id = receipt_id
        WHERE coalesce(receipts.quantity, 0) <> coalesce(ledger.quantity, 0)
        ORDER BY 1
    """,
)

REVERSALS = sql_rule(
    "A counter receipt takes back exactly what its receipt brought",
    count="SELECT count(*) FROM suppliers_goodsreceipt WHERE reverses_id IS NOT NULL",
    faults="""
        SELECT g.number || ' line ' || l.position, sum(r.accepted) || ' and ' || sum(r.rejected), 'together nothing'
        FROM suppliers_goodsreceipt g
        JOIN suppliers_goodsreceiptline r ON r.receipt_id IN (g.id, g.reverses_id)
        JOIN suppliers_purchaseorderline l ON l.id = r.line_id
        WHERE g.reverses_id IS NOT NULL
        GROUP BY g.number, l.id, l.position HAVING sum(r.accepted) <> 0 OR sum(r.rejected) <> 0
    """,
)

STATES = sql_rule(
    "The status of each purchase order is what has been received",
    count="SELECT count(*) FROM suppliers_purchaseorder",
    faults="""
        SELECT coalesce(nullif(o.number, ''), o.id::text), o.status, should.status
        FROM suppliers_purchaseorder o
        LEFT JOIN (
            SELECT purchase_order_id, bool_and(received_quantity >= quantity) AS complete,
                bool_or(received_quantity > 0) AS begun
            FROM suppliers_purchaseorderline WHERE deleted_at IS NULL GROUP BY purchase_order_id
        ) l ON l.purchase_order_id = o.id,
        LATERAL (SELECT CASE
            WHEN o.status IN ('draft', 'cancelled') THEN CASE WHEN l.begun THEN 'sent' ELSE o.status END
            WHEN l.complete THEN 'received'
            WHEN o.is_closed_short AND l.begun THEN 'received'
            WHEN l.begun THEN 'partial'
            ELSE 'sent' END AS status) should
        WHERE o.status <> should.status OR (o.is_closed_short AND o.status <> 'received')
        ORDER BY 1
    """,
)

TRIGGERS = [
    "suppliers_order_adds_up",
    "suppliers_receipts_add_up",
    "suppliers_price_day",
    "suppliers_order_guard_insert",
    "suppliers_order_guard_update",
    "suppliers_line_guard_insert",
    "suppliers_line_guard_update",
    "suppliers_order_frozen",
    "suppliers_order_stays",
    "suppliers_order_stays_all",
    "suppliers_line_frozen",
    "suppliers_line_frozen_all",
    "suppliers_purchaseorder_status_moves_insert",
    "suppliers_purchaseorder_status_moves_update",
    *(
        f"suppliers_{table}_append_only_{reach}"
        for table in (
            "goodsreceipt",
            "goodsreceiptline",
            "historicalsupplier",
            "historicalsuppliercontact",
            "historicalsupplierpart",
            "historicalpricebreak",
            "historicalpurchaseorder",
            "historicalpurchaseorderline",
            "historicalgoodsreceipt",
            "historicalpricelistimport",
        )
        for reach in ("row", "all")
    ),
]

RECORDS = (Supplier, SupplierContact, SupplierPart, PriceBreak, PurchaseOrder, PurchaseOrderLine, GoodsReceipt)

RULES = [
    NUMBERED,
    gapless(Key.PURCHASE_ORDER, PurchaseOrder),
    gapless(Key.GOODS_RECEIPT, GoodsReceipt),
    LINES,
    TOTALS,
    RECEIVED,
    BOUNDS,
    LEDGER,
    REVERSALS,
    STATES,
    *(rule for model in RECORDS for rule in history_rules(model)),
    *(trash_rule(model) for model in RECORDS),
    *guard_rules("suppliers", triggers=TRIGGERS),
]
