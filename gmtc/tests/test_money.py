"""Amounts to the cent: the cases of the law, and what must hold for every amount."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmtc.money import cents, line_net, moving_average, split, unit_price, vat, vat_groups

D = Decimal

euros = st.decimals(min_value=D("-100000"), max_value=D("100000"), places=2)
prices = st.decimals(min_value=D("0"), max_value=D("10000"), places=4)
quantities = st.decimals(min_value=D("0.001"), max_value=D("10000"), places=3)
weights = st.lists(st.decimals(min_value=D("0.01"), max_value=D("10000"), places=2), min_size=1, max_size=12)
rates = st.sampled_from([D("0"), D("7"), D("19")])


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        ("0.005", "0.01"),
        ("0.0049", "0.00"),
        ("2.675", "2.68"),
        ("1.125", "1.13"),
        ("-0.005", "-0.01"),
        ("-2.665", "-2.67"),
        ("10", "10.00"),
    ],
)
def test_cents_round_half_up_also_below_zero(amount, rounded):
    assert str(cents(D(amount))) == rounded


def test_unit_prices_keep_four_places_and_round_half_up():
    assert str(unit_price(D("0.00005"))) == "0.0001"
    assert str(unit_price(D("0.00004"))) == "0.0000"


def test_a_line_rounds_its_discount_first_and_then_itself():
    # 7 x 0.35 = 2.45; 15 % of it is 0.3675, given as 0.37
    assert line_net(D("7"), D("0.35"), discount=D("15")) == D("2.08")
    # rounding only once at the end would give 0.02: 0.045 x 50 % = 0.0225
    assert line_net(D("1"), D("0.045"), discount=D("50")) == D("0.03")


def test_a_line_without_discount_is_quantity_times_price():
    assert line_net(D("2.5"), D("1.2345")) == D("3.09")
    assert line_net(D("-2.5"), D("1.2345")) == D("-3.09")


def test_vat_is_taken_from_the_sum_and_not_from_each_line():
    lines = [("S", D("19"), D("10.01"))] * 3
    assert vat_groups(lines) == [("S", D("19"), D("30.03"), D("5.71"))]
    assert sum(vat(net, rate) for _category, rate, net in lines) == D("5.70")


def test_vat_groups_keep_category_and_rate_apart_and_come_sorted():
    lines = [
        ("S", D("19"), D("100.00")),
        ("K", D("0"), D("50.00")),
        ("S", D("7"), D("10.00")),
        ("S", D("19"), D("-20.00")),
        ("E", D("0"), D("1.00")),
    ]
    assert vat_groups(lines) == [
        ("E", D("0"), D("1.00"), D("0.00")),
        ("K", D("0"), D("50.00"), D("0.00")),
        ("S", D("7"), D("10.00"), D("0.70")),
        ("S", D("19"), D("80.00"), D("15.20")),
    ]


def test_a_split_gives_the_last_share_the_cent_that_is_left():
    assert split(D("10.00"), [D(1), D(1), D(1)]) == [D("3.33"), D("3.33"), D("3.34")]
    assert split(D("-10.00"), [D(1), D(1), D(1)]) == [D("-3.33"), D("-3.33"), D("-3.34")]


def test_a_split_over_nothing_shares_nothing_out():
    assert split(D("10.00"), []) == []
    assert split(D("10.00"), [D(0), D(0)]) == [D("0.00"), D("0.00")]


def test_the_average_cost_moves_by_what_joins_the_stock():
    assert moving_average(D(10), D("1.0000"), D(10), D("2.0000")) == D("1.5000")
    assert moving_average(D(0), D("9.0000"), D(5), D("2.0000")) == D("2.0000")
    # (3 x 1 + 3 x 1.0001) / 6 = 1.00005
    assert moving_average(D(3), D("1"), D(3), D("1.0001")) == D("1.0001")


def test_the_average_cost_stays_when_nothing_is_left_to_average():
    assert moving_average(D(0), D("4.2000"), D(0), D("9")) == D("4.2000")


@given(euros, weights)
def test_shares_always_add_up_to_the_amount(amount, shares):
    assert sum(split(amount, shares)) == amount


@given(euros, weights)
def test_no_share_but_the_last_is_more_than_half_a_cent_off(amount, shares):
    whole = sum(shares)
    for share, weight in zip(split(amount, shares)[:-1], shares[:-1], strict=True):
        assert abs(share - amount * weight / whole) <= D("0.005")


@given(quantities, prices, st.decimals(min_value=0, max_value=100, places=2))
def test_a_discounted_line_lies_between_nothing_and_the_full_line(quantity, price, discount):
    assert -D("0.01") <= line_net(quantity, price, discount=discount) <= line_net(quantity, price)


@given(st.lists(st.tuples(st.sampled_from("SKE"), rates, euros), max_size=20))
def test_the_bases_of_all_vat_groups_add_up_to_the_lines(lines):
    groups = vat_groups(lines)
    assert sum(base for _c, _r, base, _t in groups) == sum(net for _c, _r, net in lines)
    assert len({(category, rate) for category, rate, _b, _t in groups}) == len(groups)
    for _category, rate, base, tax in groups:
        assert abs(tax - base * rate / 100) <= D("0.005")


@given(quantities, prices, quantities, prices)
def test_the_average_lies_between_the_two_costs(stock, average, quantity, cost):
    low, high = sorted([average, cost])
    assert low <= moving_average(stock, average, quantity, cost) <= high
