"""What is always true of sales, recomputed from lines and reservations."""

from collections.abc import Iterator
from decimal import Decimal

from apps.numbering.models import Key
from apps.numbering.verify import gapless
from apps.orders.models import CustomerOrder, OrderLine, OrderTax
from gmtc.money import CENT
from gmtc.verify import Fault, Rule, guard_rules, history_rules, sql_rule, trash_rule

NUMBERED = sql_rule(
    "Every quote and every confirmed order has its number and its day",
    count="SELECT count(*) FROM orders_customerorder",
    faults="""
        SELECT 'order ' || id, status || ' without number or day', 'both' FROM orders_customerorder
        WHERE status NOT IN ('draft', 'quoted', 'declined', 'cancelled') AND (number = '' OR order_date IS NULL)
        OR status IN ('quoted', 'declined') AND (quote_number = '' OR quote_date IS NULL)
    """,
)

NAME = "coalesce(nullif(o.number, ''), nullif(o.quote_number, ''), o.id::text)"

LINES = sql_rule(
    "The net of each order line is quantity times price less its discount",
    count="SELECT count(*) FROM orders_orderline",
    faults=f"""
        SELECT {NAME} || ' line ' || l.position, l.net, should.net
        FROM orders_orderline l JOIN orders_customerorder o ON o.id = l.order_id,
        LATERAL (SELECT round(l.quantity * l.unit_price
            - round(l.quantity * l.unit_price * l.discount / 100, 2), 2) AS net) should
        WHERE l.net <> should.net
        ORDER BY 1
    """,
)

UNTAXED = sql_rule(
    "No line of an untaxed order has VAT",
    count="SELECT count(*) FROM orders_orderline",
    faults=f"""
        SELECT {NAME} || ' line ' || l.position, l.vat_rate, '0, the tax case is ' || o.tax_case
        FROM orders_orderline l JOIN orders_customerorder o ON o.id = l.order_id
        WHERE o.tax_case NOT IN ('{OrderTax.DOMESTIC.value}', '{OrderTax.EU_CONSUMER.value}')
        AND l.vat_rate <> 0 AND l.deleted_at IS NULL
    """,
)

RESERVED = sql_rule(
    "What is reserved for a line is the sum of the reservations that name it",
    count="SELECT count(*) FROM orders_orderline",
    faults=f"""
        SELECT {NAME} || ' line ' || l.position, l.reserved_quantity, coalesce(r.quantity, 0)
        FROM orders_orderline l JOIN orders_customerorder o ON o.id = l.order_id
        LEFT JOIN (
            SELECT reference_id, sum(quantity) AS quantity FROM parts_reservation
            WHERE reference_type = 'orders.orderline' AND deleted_at IS NULL GROUP BY reference_id
        ) r ON r.reference_id = l.id
        WHERE l.reserved_quantity <> coalesce(r.quantity, 0)
        ORDER BY 1
    """,
)

RESERVATIONS = sql_rule(
    "Each reservation for an order is of the part of its line, and the order is open",
    count="SELECT count(*) FROM parts_reservation WHERE reference_type = 'orders.orderline'",
    faults="""
        SELECT 'reservation ' || r.id, coalesce(o.status, 'no such line') || ', part ' || r.part_id,
            'open, part ' || coalesce(l.part_id::text, '')
        FROM parts_reservation r LEFT JOIN orders_orderline l ON l.id = r.reference_id
        LEFT JOIN orders_customerorder o ON o.id = l.order_id
        WHERE r.reference_type = 'orders.orderline' AND r.quantity > 0 AND r.deleted_at IS NULL
        AND (l.id IS NULL OR l.part_id <> r.part_id OR o.status NOT IN ('pending', 'production', 'ready'))
    """,
)

BOUNDS = sql_rule(
    "No line has shipped, held, built, delivered, returned or invoiced more than it may",
    count="SELECT count(*) FROM orders_orderline",
    faults=f"""
        SELECT {NAME} || ' line ' || l.position, 'quantity ' || l.quantity || ', shipped ' || l.shipped_quantity
            || ', held ' || l.reserved_quantity || ', built ' || l.built_quantity,
            'shipped + held and built at most the quantity; delivered, returned and invoiced at most shipped'
        FROM orders_orderline l JOIN orders_customerorder o ON o.id = l.order_id
        WHERE NOT (
            l.shipped_quantity >= 0 AND l.reserved_quantity >= 0
            AND l.shipped_quantity + l.reserved_quantity <= l.quantity
            AND l.built_quantity BETWEEN 0 AND l.quantity AND l.delivered_quantity BETWEEN 0 AND l.shipped_quantity
            AND l.returned_quantity BETWEEN 0 AND l.shipped_quantity
            AND l.invoiced_quantity BETWEEN 0 AND l.shipped_quantity
        )
        ORDER BY 1
    """,
)

# The open quantity of a line counts no hours as missing: work lies on no shelf.
STATES = sql_rule(
    "The status of each confirmed order is what its lines say",
    count="SELECT count(*) FROM orders_customerorder",
    faults=f"""
        SELECT {NAME}, o.status, should.status
        FROM orders_customerorder o
        LEFT JOIN (
            SELECT order_id, bool_and(shipped_quantity >= quantity) AS complete, bool_or(shipped_quantity > 0) AS begun,
                bool_and(delivered_quantity >= shipped_quantity) AS arrived,
                bool_and(unit = 'HUR' OR shipped_quantity + reserved_quantity >= quantity) AS held
            FROM orders_orderline WHERE deleted_at IS NULL GROUP BY order_id
        ) l ON l.order_id = o.id,
        LATERAL (SELECT CASE
            WHEN o.status IN ('draft', 'quoted', 'declined', 'cancelled')
                THEN CASE WHEN l.begun THEN 'shipped' ELSE o.status END
            WHEN l.complete OR o.is_closed_short THEN CASE WHEN l.arrived THEN 'delivered' ELSE 'shipped' END
            WHEN l.held THEN 'ready'
            WHEN o.production_date IS NOT NULL THEN 'production'
            ELSE 'pending' END AS status) should
        WHERE o.status <> should.status
        ORDER BY 1
    """,
)

PAPERS = sql_rule(
    "Every quote and every confirmed order has its document",
    count="SELECT count(*) FROM orders_customerorder WHERE number <> '' OR quote_number <> ''",
    faults=f"""
        SELECT {NAME}, 'no ' || wanted.kind, 'its PDF'
        FROM orders_customerorder o
        CROSS JOIN (VALUES ('quote'), ('order_confirmation')) AS wanted(kind)
        WHERE CASE wanted.kind WHEN 'quote' THEN o.quote_number ELSE o.number END <> '' AND NOT EXISTS (
            SELECT FROM documents_document d JOIN django_content_type c ON c.id = d.content_type_id
            WHERE c.app_label = 'orders' AND c.model = 'customerorder' AND d.object_id = o.id AND d.kind = wanted.kind
        )
    """,
)


def _cent(amount: Decimal) -> Decimal:
    """Half up without gmtc.money's own rounding, so that a fault there would show."""
    scaled = abs(amount) * 100
    whole = int(scaled + Decimal("0.5"))
    return (Decimal(whole) * CENT).copy_sign(amount)


def _amounts_again(order: CustomerOrder, lines: list[OrderLine]) -> tuple[Decimal, Decimal]:
    """Net and tax once more, written down from GERMANY's rules and not from our code."""
    rates = sorted({line.vat_rate for line in lines})
    nets = [sum(line.net for line in lines if line.vat_rate == rate) for rate in rates]
    whole = sum(nets, Decimal(0))
    weights, weight = (nets, whole) if whole else ([Decimal(1)] * len(rates), Decimal(len(rates)))
    off = _cent(whole * order.discount_percent / 100)
    bases, left = [], (off, order.shipping_cost)
    for number, net in enumerate(nets):
        is_last = number == len(nets) - 1
        shares = (
            left if is_last else tuple(_cent(each * weights[number] / weight) for each in (off, order.shipping_cost))
        )
        left = tuple(have - share for have, share in zip(left, shares, strict=True))
        bases.append(net - shares[0] + shares[1])
    is_taxed = order.tax_case in (OrderTax.DOMESTIC, OrderTax.EU_CONSUMER)
    taxes = [_cent(base * rate / 100) if is_taxed else Decimal(0) for base, rate in zip(bases, rates, strict=True)]
    return sum(bases, Decimal(0)), sum(taxes, Decimal(0))


def _wrong_amounts() -> Iterator[Fault]:
    for order in CustomerOrder.everything.prefetch_related("lines").iterator(chunk_size=1_000):
        lines = [line for line in order.lines.all() if not line.deleted_at]
        net, tax = _amounts_again(order, lines)
        if (order.net, order.tax_amount, order.total) != (net, tax, net + tax):
            yield Fault(
                AMOUNTS.name,
                str(order),
                f"{order.net} + {order.tax_amount} = {order.total}",
                f"{net} + {tax} = {net + tax}",
            )


AMOUNTS = Rule(
    "Net, VAT and total of each order follow from its lines, discount and shipping",
    lambda: CustomerOrder.everything.count(),
    _wrong_amounts,
)

TRIGGERS = [
    "orders_reservations_add_up_insert",
    "orders_reservations_add_up_update",
    "orders_line_guard_insert",
    "orders_line_guard_update",
    "orders_order_own_people",
    "orders_order_frozen",
    "orders_order_keeps_numbers",
    "orders_order_stays",
    "orders_order_stays_all",
    "orders_line_frozen",
    "orders_line_frozen_all",
    "orders_customerorder_status_moves_insert",
    "orders_customerorder_status_moves_update",
    *(
        f"orders_historical{noun}_append_only_{reach}"
        for noun in ("customerorder", "orderline")
        for reach in ("row", "all")
    ),
]

RULES = [
    NUMBERED,
    gapless(Key.QUOTE, CustomerOrder, column="quote_number"),
    gapless(Key.ORDER, CustomerOrder),
    LINES,
    UNTAXED,
    AMOUNTS,
    RESERVED,
    RESERVATIONS,
    BOUNDS,
    STATES,
    PAPERS,
    *(rule for model in (CustomerOrder, OrderLine) for rule in history_rules(model)),
    *(trash_rule(model) for model in (CustomerOrder, OrderLine)),
    *guard_rules("orders", triggers=TRIGGERS),
]
