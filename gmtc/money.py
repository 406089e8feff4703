"""The only place where money is rounded: half up, to the cent (shared rules: EN 16931, § 14 UStG).

All amounts are Decimal euros; rates are Decimal percent (19 is 19 %).
"""

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
UNIT_PRICE = Decimal("0.0001")
ZERO = Decimal("0.00")


def cents(amount: Decimal) -> Decimal:
    """To two places."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def unit_price(amount: Decimal) -> Decimal:
    """To four places, as unit prices and average costs are kept."""
    return amount.quantize(UNIT_PRICE, ROUND_HALF_UP)


def line_net(quantity: Decimal, price: Decimal, *, discount: Decimal = ZERO) -> Decimal:
    """Net of a line; `discount` is percent. The allowance is rounded first, then the line (GERMANY.md, amounts 1)."""
    gross = quantity * price
    return cents(gross - cents(gross * discount / 100))


def vat(base: Decimal, rate: Decimal) -> Decimal:
    """Tax on the sum of a rate's lines, never the sum of per-line taxes (GERMANY.md, amounts 4)."""
    return cents(base * rate / 100)


def vat_groups(lines: Iterable[tuple[str, Decimal, Decimal]]) -> list[tuple[str, Decimal, Decimal, Decimal]]:
    """Group `(category, rate, net)` lines into sorted `(category, rate, base, tax)`."""
    bases: dict[tuple[str, Decimal], Decimal] = {}
    for category, rate, net in lines:
        bases[category, rate] = bases.get((category, rate), ZERO) + net
    return [(category, rate, base, vat(base, rate)) for (category, rate), base in sorted(bases.items())]


def split(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Share `amount` out by `weights`; the last share takes the cent that is left (GERMANY.md, amounts 3)."""
    whole = sum(weights, ZERO)
    if not weights or not whole:
        return [ZERO] * len(weights)
    shares = [cents(amount * weight / whole) for weight in weights[:-1]]
    return [*shares, amount - sum(shares, ZERO)]


def moving_average(stock: Decimal, average: Decimal, quantity: Decimal, cost: Decimal) -> Decimal:
    """Average unit cost after `quantity` pieces at `cost` join `stock` pieces at `average`."""
    if stock + quantity <= 0:
        return average
    return unit_price((stock * average + quantity * cost) / (stock + quantity))
