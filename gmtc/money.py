"""The only place where money is rounded: half up, to the cent (shared rules: EN 16931, § 14 UStG).

All amounts are Decimal euros; rates are Decimal percent (19 is 19 %).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

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


class VatGroup(NamedTuple):
    """What is taxed alike: `base` is net of the group's share of discount and shipping; `tax` is on the base."""

    category: str
    rate: Decimal
    base: Decimal
    tax: Decimal
    discount: Decimal
    shipping: Decimal


@dataclass(frozen=True)
class Amounts:
    """The figures below the lines of a document, in euros."""

    lines: Decimal
    discount: Decimal
    shipping: Decimal
    groups: tuple[VatGroup, ...]

    @property
    def net(self) -> Decimal:
        return self.lines - self.discount + self.shipping

    @property
    def tax(self) -> Decimal:
        return sum((group.tax for group in self.groups), ZERO)

    @property
    def gross(self) -> Decimal:
        return self.net + self.tax


def amounts(
    lines: Iterable[tuple[str, Decimal, Decimal]], *, discount: Decimal = ZERO, shipping: Decimal = ZERO
) -> Amounts:
    """Sum up `(category, rate, net)` lines; `discount` percent on all of them, `shipping` euros net.

    Both are shared out over the VAT groups by their nets (GERMANY.md, amounts 2 to 5).
    """
    nets: dict[tuple[str, Decimal], Decimal] = {}
    for category, rate, net in lines:
        nets[category, rate] = nets.get((category, rate), ZERO) + net
    groups = sorted(nets.items())
    whole = sum(nets.values(), ZERO)
    # where everything is for free, the shipping still belongs to somebody
    weights = [net for _key, net in groups] if whole else [Decimal(1)] * len(groups)
    off = cents(whole * discount / 100)
    discounts, shippings = split(off, weights), split(shipping, weights)
    found = []
    for ((category, rate), net), less, more in zip(groups, discounts, shippings, strict=True):
        base = net - less + more
        found.append(VatGroup(category, rate, base, vat(base, rate), less, more))
    return Amounts(whole, off, sum(shippings, ZERO), tuple(found))
