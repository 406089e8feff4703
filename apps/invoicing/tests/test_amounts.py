"""Exact cents: a thousand random invoices, each computed once more by other means, in whole numbers."""

import random
from decimal import Decimal
from fractions import Fraction

import pytest
from django.utils import timezone

from apps.invoicing import einvoice, electronic
from apps.invoicing.einvoice import Profile
from apps.invoicing.models import Invoice, InvoiceLine
from apps.invoicing.tests.factories import make_free
from apps.invoicing.tests.rules import broken

RATES = (19, 7, 20, 0)


def half_up(amount: Fraction) -> int:
    """Cents of an exact amount in cents, halves away from zero."""
    size = abs(amount)
    whole = (2 * size.numerator + size.denominator) // (2 * size.denominator)
    return whole if amount >= 0 else -whole


def exact(number) -> Fraction:
    return Fraction(str(number))


def reckoned(lines, discount, shipping) -> tuple[dict, int, int, int]:
    """{rate: (base, tax)} and net, tax, gross in whole cents, from nothing but fractions."""
    nets: dict[int, int] = {}
    for quantity, price, off, rate in lines:
        gross = exact(quantity) * exact(price) * 100
        allowance = half_up(gross * exact(off) / 100)
        nets[rate] = nets.get(rate, 0) + half_up(gross - allowance)
    rates = sorted(nets)
    whole = sum(nets.values())
    weights = [nets[rate] if whole else 1 for rate in rates]

    def shared(amount: int) -> list[int]:
        shares = [half_up(Fraction(amount * weight, sum(weights))) for weight in weights[:-1]]
        return [*shares, amount - sum(shares)]

    less = shared(half_up(Fraction(whole) * exact(discount) / 100))
    more = shared(half_up(exact(shipping) * 100))
    groups = {}
    for rate, off, on in zip(rates, less, more, strict=True):
        base = nets[rate] - off + on
        groups[rate] = base, half_up(Fraction(base * rate, 100))
    net = sum(base for base, _tax in groups.values())
    tax = sum(tax for _base, tax in groups.values())
    return groups, net, tax, net + tax


def random_lines(rng: random.Random) -> list[tuple]:
    rates = rng.sample(RATES[:3], rng.choice([1, 1, 2, 3]))
    lines = []
    for _number in range(rng.randrange(1, 12)):
        quantity = rng.choice([rng.randrange(1, 40), Decimal(rng.randrange(1, 9_999)) / 1000])
        price = Decimal(rng.randrange(0, 5_000_000)) / rng.choice([100, 10_000])
        discount = rng.choice([0, 0, 5, Decimal("33.33"), Decimal(rng.randrange(10_001)) / 100])
        lines.append((quantity, price, discount, rng.choice(rates)))
    return lines


def computed(lines, discount, shipping) -> tuple[Invoice, list]:
    """The same by the code that fills the database; only nothing is stored."""
    invoice = Invoice(tax_case="S", discount_percent=Decimal(discount), shipping_cost=Decimal(shipping))
    rows = []
    for quantity, price, off, rate in lines:
        line = InvoiceLine(quantity=quantity, unit_price=price, discount=Decimal(off), vat_rate=Decimal(rate))
        line.compute()
        rows.append(line)
    groups = invoice.vat_groups(invoice.figures(rows), [])
    invoice.add_up(groups)
    return invoice, groups


def test_a_thousand_random_invoices_are_right_to_the_cent():
    rng = random.Random(2026)
    for _number in range(1_000):
        lines = random_lines(rng)
        discount, shipping = rng.choice([0, 2, Decimal("3.33")]), rng.choice([0, Decimal("9.90"), Decimal("49.01")])
        invoice, groups = computed(lines, discount, shipping)
        expected, net, tax, gross = reckoned(lines, discount, shipping)
        assert {int(group.rate): (group.base * 100, group.tax * 100) for group in groups} == expected, lines
        assert (invoice.net * 100, invoice.tax_amount * 100, invoice.total * 100) == (net, tax, gross), lines


@pytest.mark.parametrize(
    ("lines", "total"),
    [
        ([(3, "10.01", 0, 19)], "35.74"),
        ([(1, "0.105", 0, 19)], "0.13"),  # 0.11 net, half up
        ([(1, "0.335", 0, 19), (1, "0.335", 0, 19)], "0.81"),  # 0.34 + 0.34: rounded lines are summed
        ([(1, "99.99", "33.33", 7)], "71.33"),
        ([(1, "100", 0, 19), (-1, "100", 0, 19)], "0.00"),
    ],
)
def test_figures_that_are_easily_wrong(lines, total):
    lines = [(Decimal(quantity), Decimal(price), Decimal(off), rate) for quantity, price, off, rate in lines]
    assert str(computed(lines, 0, 0)[0].total) == total


def test_the_last_share_takes_the_cent():
    lines = [(1, Decimal("10"), 0, 7), (1, Decimal("10"), 0, 19), (1, Decimal("10"), 0, 20)]
    _invoice, groups = computed(lines, 0, Decimal("0.10"))
    assert [str(group.shipping) for group in groups] == ["0.03", "0.03", "0.04"]


@pytest.mark.django_db
def test_what_is_stored_is_what_was_computed_and_the_xml_says_the_same(staff):
    rng = random.Random(7)
    for number in range(12):
        lines = random_lines(rng)
        discount, shipping = rng.choice([0, Decimal("3.33")]), rng.choice([0, Decimal("9.90")])
        rows = [(quantity, price, off, rate) for quantity, price, off, rate in lines]
        invoice = make_free(*rows, discount_percent=Decimal(discount), shipping_cost=Decimal(shipping))
        expected, net, tax, gross = reckoned(lines, discount, shipping)
        invoice.refresh_from_db()
        assert (invoice.net * 100, invoice.tax_amount * 100, invoice.total * 100) == (net, tax, gross)
        assert {int(each.rate): (each.base * 100, each.tax * 100) for each in invoice.taxes.all()} == expected
        # as it would be issued, without the paper
        invoice.number = invoice.payment_reference = f"RE-{number}"
        invoice.invoice_date = invoice.due_date = timezone.localdate()
        invoice.buyer_reference = "04011000-1234512345-06"
        invoice.responsible = staff
        xml = einvoice.write(electronic.of(invoice), Profile.XRECHNUNG)
        assert broken(xml, "EN 16931", "XRechnung") == []
        assert f"<ram:DuePayableAmount>{invoice.total}<" in xml.decode()
