"""What is always true of billing, recomputed from lines, payments, orders and the stored files."""

from collections.abc import Iterator

from django.contrib.contenttypes.models import ContentType

from apps.documents.models import Document
from apps.invoicing.models import Invoice, InvoiceLine, Payment
from apps.numbering.models import Key
from apps.numbering.verify import gapless
from gmtc.verify import Fault, Rule, guard_rules, history_rules, sql_rule, trash_rule

LINES = sql_rule(
    "The net of each line is quantity times price less its discount",
    count="SELECT count(*) FROM invoicing_invoiceline",
    faults="""
        SELECT coalesce(nullif(i.number, ''), i.id::text) || ' line ' || l.position, l.allowance || ', ' || l.net,
            should.allowance || ', ' || should.net
        FROM invoicing_invoiceline l JOIN invoicing_invoice i ON i.id = l.invoice_id,
        LATERAL (SELECT round(l.quantity * l.unit_price * l.discount / 100, 2) AS allowance,
            round(l.quantity * l.unit_price - round(l.quantity * l.unit_price * l.discount / 100, 2), 2) AS net) should
        WHERE (l.allowance, l.net) <> (should.allowance, should.net)
        ORDER BY 1
    """,
)

GROUPS = sql_rule(
    "Each VAT group is the sum of its lines, and its tax is that of the sum",
    count="SELECT count(*) FROM invoicing_invoicetax",
    faults="""
        WITH lines AS (
            SELECT l.invoice_id, l.vat_rate AS rate, sum(l.net) AS net FROM invoicing_invoiceline l
            WHERE l.deleted_at IS NULL GROUP BY 1, 2
        ), taken AS (
            SELECT invoice_id, category, rate, sum(net) AS net FROM invoicing_deduction GROUP BY 1, 2, 3
        )
        SELECT coalesce(nullif(i.number, ''), i.id::text) || ' ' || coalesce(t.rate, l.rate) || ' %',
            coalesce(t.lines_net, 0) || ' less ' || coalesce(t.advances, 0) || ', tax ' || coalesce(t.tax, 0),
            coalesce(l.net, 0) || ' less ' || coalesce(d.net, 0) || ', tax '
                || round(coalesce(t.base, 0) * t.rate / 100, 2)
        FROM lines l FULL JOIN invoicing_invoicetax t ON t.invoice_id = l.invoice_id AND t.rate = l.rate
        JOIN invoicing_invoice i ON i.id = coalesce(t.invoice_id, l.invoice_id)
        LEFT JOIN taken d ON d.invoice_id = t.invoice_id AND d.category = t.category AND d.rate = t.rate
        WHERE t.id IS NULL OR t.lines_net <> coalesce(l.net, 0) OR t.advances <> coalesce(d.net, 0)
            OR t.tax <> round(t.base * t.rate / 100, 2)
        ORDER BY 1
    """,
)

TOTALS = sql_rule(
    "The total of each invoice is the sum of its VAT groups",
    count="SELECT count(*) FROM invoicing_invoice",
    faults="""
        SELECT coalesce(nullif(i.number, ''), i.id::text), i.net || ' + ' || i.tax_amount || ' = ' || i.total,
            coalesce(t.net, 0) || ' + ' || coalesce(t.tax, 0) || ', rounding ' || i.rounding
        FROM invoicing_invoice i LEFT JOIN (
            SELECT invoice_id, sum(base) AS net, sum(tax) AS tax, sum(discount) AS discount, sum(shipping) AS shipping,
                sum(lines_net) AS lines
            FROM invoicing_invoicetax GROUP BY invoice_id
        ) t ON t.invoice_id = i.id
        WHERE (i.net, i.tax_amount, i.total)
                <> (coalesce(t.net, 0), coalesce(t.tax, 0), coalesce(t.net, 0) + coalesce(t.tax, 0) + i.rounding)
            OR coalesce(t.shipping, 0) <> i.shipping_cost AND t.invoice_id IS NOT NULL
            OR coalesce(t.discount, 0) <> round(coalesce(t.lines, 0) * i.discount_percent / 100, 2)
        ORDER BY 1
    """,
)

PAID = sql_rule(
    "What was paid is the sum of the payments, and the status says so",
    count="SELECT count(*) FROM invoicing_invoice",
    faults="""
        SELECT coalesce(nullif(i.number, ''), i.id::text), i.paid_amount || ' + ' || i.reduction || ', ' || i.status,
            coalesce(p.amount, 0) || ' + ' || coalesce(p.reduction, 0) || ', ' || should.status
        FROM invoicing_invoice i LEFT JOIN (
            SELECT invoice_id, sum(amount) AS amount, sum(reduction) AS reduction FROM invoicing_payment GROUP BY 1
        ) p ON p.invoice_id = i.id,
        LATERAL (SELECT CASE
            WHEN i.status IN ('draft', 'cancelled') THEN i.status
            WHEN i.kind = 'credit_note' THEN CASE WHEN i.total = 0 THEN i.status ELSE 'sent' END
            WHEN coalesce(p.amount, 0) + coalesce(p.reduction, 0) >= i.total THEN 'paid'
            WHEN p.amount > 0 THEN 'partially_paid' ELSE 'sent' END AS status) should
        WHERE (i.paid_amount, i.reduction, i.status)
                <> (coalesce(p.amount, 0), coalesce(p.reduction, 0), should.status)
            OR i.kind <> 'credit_note' AND i.status <> 'draft'
                AND NOT (i.paid_amount >= 0 AND i.paid_amount + i.reduction <= i.total)
        ORDER BY 1
    """,
)

INVOICED = sql_rule(
    "Each order line was invoiced as often as its issued invoices say, and no more than was shipped",
    count="SELECT count(*) FROM orders_orderline",
    faults="""
        SELECT o.number || ' line ' || l.position, l.invoiced_quantity || ' of ' || l.shipped_quantity || ' shipped',
            coalesce(i.quantity, 0)
        FROM orders_orderline l JOIN orders_customerorder o ON o.id = l.order_id LEFT JOIN (
            SELECT r.order_line_id, sum(r.quantity) AS quantity
            FROM invoicing_invoiceline r JOIN invoicing_invoice v ON v.id = r.invoice_id
            WHERE v.status <> 'draft' AND r.deleted_at IS NULL AND r.order_line_id IS NOT NULL GROUP BY 1
        ) i ON i.order_line_id = l.id
        WHERE l.invoiced_quantity <> coalesce(i.quantity, 0) OR l.invoiced_quantity > l.shipped_quantity
        ORDER BY 1
    """,
)

CANCELLED = sql_rule(
    "Each cancelled invoice has one cancellation invoice, and both together are nothing",
    count="SELECT count(*) FROM invoicing_invoice WHERE status = 'cancelled' OR kind = 'credit_note'",
    faults="""
        SELECT o.number, coalesce(c.number || ': ' || c.net || ' + ' || c.tax_amount, 'not cancelled'),
            -o.net || ' + ' || -o.tax_amount
        FROM invoicing_invoice o LEFT JOIN invoicing_invoice c ON c.reverses_id = o.id
        WHERE o.status = 'cancelled' AND (c.id IS NULL OR c.status = 'draft')
            OR c.id IS NOT NULL AND (o.status <> 'cancelled'
                OR (c.net, c.tax_amount, c.total) <> (-o.net, -o.tax_amount, -o.total))
        ORDER BY 1
    """,
)

ADVANCES = sql_rule(
    "No more of an advance invoice is taken off than it holds",
    count="SELECT count(*) FROM invoicing_deduction",
    faults="""
        SELECT a.number || ' ' || d.rate || ' %', sum(d.net), '0 to ' || coalesce(max(t.base), 0)
        FROM invoicing_deduction d JOIN invoicing_invoice i ON i.id = d.invoice_id AND i.status <> 'draft'
        JOIN invoicing_invoice a ON a.id = d.advance_id
        LEFT JOIN invoicing_invoicetax t ON t.invoice_id = a.id AND t.category = d.category AND t.rate = d.rate
        GROUP BY a.number, d.category, d.rate HAVING NOT sum(d.net) BETWEEN 0 AND coalesce(max(t.base), 0)
        ORDER BY 1
    """,
)


def _find_papers() -> Iterator[Fault]:
    """Each issued invoice has its PDF and XML, and their bytes are those that were issued."""
    kind = ContentType.objects.get_for_model(Invoice)
    papers: dict = {}
    for document in Document.objects.filter(content_type=kind).iterator():
        papers.setdefault(document.object_id, []).append(document)
    for pk, number in Invoice.everything.exclude(status="draft").order_by("number").values_list("pk", "number"):
        mine = papers.get(pk, [])
        if len(mine) != 1 or not mine[0].xml_sha256:
            yield Fault(PAPERS.name, number, f"{len(mine)} documents", "one PDF with its XML")
        elif not mine[0].verify():
            yield Fault(PAPERS.name, number, "other bytes, or none", f"SHA-256 {mine[0].sha256}")


PAPERS = Rule(
    "Each issued invoice has its PDF and e-invoice, as they were issued",
    lambda: Invoice.everything.exclude(status="draft").count(),
    _find_papers,
)

TRIGGERS = [
    "invoicing_payments_add_up",
    "invoicing_invoice_guard_insert",
    "invoicing_invoice_guard_update",
    "invoicing_invoice_own_people",
    "invoicing_invoice_frozen",
    "invoicing_invoice_stays",
    "invoicing_invoice_stays_all",
    *(
        f"invoicing_{table}_frozen{reach}"
        for table in ("invoiceline", "invoicetax", "deduction")
        for reach in ("", "_all")
    ),
    "invoicing_invoice_status_moves_insert",
    "invoicing_invoice_status_moves_update",
    *(
        f"invoicing_{table}_append_only_{reach}"
        for table in ("payment", "historicalinvoice", "historicalinvoiceline", "historicalpayment")
        for reach in ("row", "all")
    ),
]

RECORDS = (Invoice, InvoiceLine, Payment)

RULES = [
    gapless(Key.INVOICE, Invoice, where="kind <> 'credit_note'"),
    gapless(Key.CANCELLATION, Invoice, where="kind = 'credit_note'"),
    LINES,
    GROUPS,
    TOTALS,
    PAID,
    INVOICED,
    CANCELLED,
    ADVANCES,
    PAPERS,
    *(rule for model in RECORDS for rule in history_rules(model)),
    *(trash_rule(model) for model in RECORDS),
    *guard_rules("invoicing", triggers=TRIGGERS),
]
