"""`manage.py seed_demo`: a company to look at, whose books add up."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from apps.accounts.demo import PASSWORD
from apps.accounts.models import User
from apps.parts.models import Category, Part, Reservation, StockMovement, StorageLocation
from apps.parts.tests.factories import faults, make_part

pytestmark = pytest.mark.django_db


def seed(**options) -> str:
    out = StringIO()
    call_command("seed_demo", stdout=out, **options)
    return out.getvalue()


def fingerprint() -> tuple:
    """What a visitor could tell one demo company from another by."""
    parts = Part.objects.values_list("sku", "current_stock", "reserved_stock", "average_cost", "unit_price")
    movements = StockMovement.objects.values_list("created_at", "part__sku", "quantity", "note")
    return list(parts), sorted(movements)  # several of one moment have no order of their own


def test_the_demo_company_adds_up_and_looks_like_a_year_of_work():
    seed()
    assert faults() == []
    assert Part.objects.count() > 500
    assert 20 <= Category.objects.count() <= 40
    assert 40 <= StorageLocation.objects.count() <= 60
    assert Reservation.objects.filter(quantity__gt=0).count() == 18
    assert 5_000 < StockMovement.objects.count() < 9_000
    assert set(StockMovement.objects.values_list("kind", flat=True)) == {
        "purchase",
        "sale",
        "production",
        "adjustment",
        "transfer",
        "count",
    }
    assert Part.objects.low_stock().exists()
    assert Part.objects.filter(minimum_stock__gt=0).out_of_stock().exists()
    assert Part.objects.filter(is_discontinued=True).exists()
    days = list(StockMovement.objects.order_by("id").values_list("created_at", flat=True))
    assert days == sorted(days)
    year_ago = timezone.now() - timedelta(days=365)
    assert year_ago - timedelta(days=2) < days[0] < year_ago + timedelta(days=5)
    assert days[-1] < timezone.now()
    for sku in ("FP24", "FP24.R", "FP242"):
        printer = Part.objects.get(sku=sku)
        assert (printer.is_sellable, printer.is_serialised, printer.procurement) == (True, True, "make")
    for part in Part.objects.select_related("category", "default_location"):
        part.full_clean(validate_unique=False, validate_constraints=False)


def test_the_same_seed_makes_the_same_company_and_a_second_run_does_nothing():
    with transaction.atomic():
        assert "admin@example.com" in seed()
        made = fingerprint()
        transaction.set_rollback(True)
    seed()
    assert fingerprint() == made
    for role in ("admin", "manager", "staff", "viewer"):
        user = User.objects.get(email=f"{role}@example.com")
        assert (user.role, user.check_password(PASSWORD)) == (role, True)
    assert seed() == ""
    assert fingerprint() == made


def test_a_database_with_business_data_is_left_alone():
    make_part(sku="REAL")
    with pytest.raises(CommandError, match="holds business data"):
        seed()
    assert Part.objects.count() == 1
    assert not User.objects.exists()
