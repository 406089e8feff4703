"""`manage.py seed_demo`: a company to look at, whose books add up."""

from datetime import datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import models, transaction
from django.db.models import F
from django.test import override_settings
from django.utils import timezone

from apps.accounts.demo import PASSWORD
from apps.accounts.models import User
from apps.builds.models import Printer, ProductionJob
from apps.customers.models import Customer
from apps.deliveries.models import Delivery, DeliveryReturn
from apps.invoicing.models import Invoice, Kind, Payment
from apps.orders.models import CustomerOrder
from apps.parts.models import Category, MovementKind, Part, Reservation, StockMovement, StorageLocation
from apps.suppliers.models import PurchaseOrder
from gmtc.models import Record
from gmtc.testing import blank_papers

ORDERS = 36  # fewer than one gets without asking: the same code, sooner done
BUSINESS = "parts suppliers customers orders builds deliveries invoicing".split()
TOLD = (
    models.CharField,
    models.TextField,
    models.DecimalField,
    models.IntegerField,
    models.BooleanField,
    models.DateField,
)


class Seeded(NamedTuple):
    """What `seed_demo` said, and what it made when it ran on an empty database before."""

    said: str
    made_before: dict[str, list]
    media: Path
    began: datetime


@pytest.fixture(scope="module")
def db(django_db_setup, django_db_blocker):
    """The database for all tests of this file together. By this name pytest-django knows that it has to make one."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture(scope="module")
def company(db, tmp_path_factory):
    """A demo company for the tests of this file to read; it is rolled back at the end.

    It takes long to make, so all tests share it. None of them has the `django_db` mark, which would end the transaction
    that it lives in.
    """
    media = tmp_path_factory.mktemp("media")
    with override_settings(MEDIA_ROOT=media), blank_papers(), transaction.atomic():
        with transaction.atomic():
            seed()
            made_before = fingerprint()
            transaction.set_rollback(True)
        began = timezone.now()
        yield Seeded(seed(), made_before, media, began)
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def savepoint(company, fresh_files_and_cache):
    """What one test does, or breaks, the next one does not see; the documents lie where they were issued."""
    with override_settings(MEDIA_ROOT=company.media), transaction.atomic():
        yield
        transaction.set_rollback(True)


def seed(**options) -> str:
    out = StringIO()
    call_command("seed_demo", stdout=out, **({"orders": ORDERS} | options))
    return out.getvalue()


def fingerprint() -> dict[str, list]:
    """What a visitor could tell one demo company from another by: texts, figures and dates of every business table.

    Ids, stamps and documents' bytes are others each time.
    """
    found = {}
    for room in filter(apps.is_installed, (f"apps.{name}" for name in BUSINESS)):
        for model in apps.get_app_config(room.removeprefix("apps.")).get_models():
            names = sorted(field.name for field in model._meta.concrete_fields if type(field) in TOLD)
            manager = getattr(model, "everything", model._default_manager)
            if names:  # else it only ties others together
                found[model.__name__] = sorted(manager.order_by().values_list(*names), key=str)
    return found


def test_the_same_seed_makes_the_same_company(company):
    made = fingerprint()
    assert made.keys() == company.made_before.keys()
    assert {name for name in made if made[name] != company.made_before[name]} == set()
    assert sum(map(len, made.values())) > 10_000


def test_a_second_run_does_nothing(company):
    assert "admin@example.com" in company.said
    before = fingerprint()
    assert seed() == ""
    assert fingerprint() == before


def test_one_signs_in_with_the_password_that_is_shown(company):
    assert PASSWORD in company.said
    for role in ("admin", "manager", "staff", "viewer"):
        user = User.objects.get(email=f"{role}@example.com")
        assert (user.role, user.check_password(PASSWORD)) == (role, True)


def test_everything_adds_up_by_the_rules_of_every_room(company):
    out = StringIO()
    try:
        call_command("verify", stdout=out)
    except CommandError:
        pytest.fail(out.getvalue())
    assert out.getvalue().endswith("Everything adds up.\n")


def test_the_store_looks_like_a_year_of_work(company):
    assert Part.objects.count() > 500
    assert 20 <= Category.objects.count() <= 40
    assert 40 <= StorageLocation.objects.count() <= 60
    assert Reservation.objects.filter(quantity__gt=0).count() >= 18
    assert set(StockMovement.objects.values_list("kind", flat=True)) == set(MovementKind)
    assert Part.objects.low_stock().exists()
    assert Part.objects.filter(minimum_stock__gt=0).out_of_stock().exists()
    assert Part.objects.filter(is_discontinued=True).exists()


def test_the_ledger_is_in_order_and_ends_in_the_past(company):
    days = list(StockMovement.objects.order_by("id").values_list("created_at", flat=True))
    year_ago = timezone.now() - timedelta(days=365)
    assert year_ago - timedelta(days=2) < days[0] < year_ago + timedelta(days=5)
    assert days == sorted(days)
    assert days[-1] < timezone.now()


def test_no_shelf_ever_held_less_than_nothing(company):
    levels: dict[tuple, Decimal] = {}
    for part, place, quantity in StockMovement.objects.order_by("id").values_list("part", "location", "quantity"):
        levels[part, place] = levels.get((part, place), Decimal(0)) + quantity
        assert levels[part, place] >= 0


@pytest.mark.parametrize(
    ("model", "states"),
    [
        (CustomerOrder, CustomerOrder.status.field.choices),
        (PurchaseOrder, PurchaseOrder.status.field.choices),
        (ProductionJob, ProductionJob.status.field.choices),
        (Delivery, [(state, state) for state in ("pending", "in_transit", "delivered")]),
        (Invoice, Invoice.status.field.choices),
        (Invoice, [(Kind.INVOICE, ""), (Kind.ADVANCE, ""), (Kind.CREDIT_NOTE, "")]),
    ],
)
def test_every_state_and_kind_is_to_be_seen(company, model, states):
    field = "kind" if states[0][0] == Kind.INVOICE else "status"
    seen = set(model.objects.values_list(field, flat=True))
    assert {state for state, _label in states} - seen == set()


def test_the_year_has_the_wanted_orders_and_something_for_everybody_to_do(company):
    assert CustomerOrder.objects.count() == ORDERS
    assert Customer.objects.count() == 40
    assert len(set(Customer.objects.values_list("country", flat=True))) >= 5
    assert CustomerOrder.objects.expired().exists()
    assert Invoice.objects.overdue().count() >= 2
    assert DeliveryReturn.objects.exists()
    assert Printer.objects.filter(owner__isnull=False).exists()
    assert Payment.objects.filter(reduction__gt=0).exists()


def test_every_record_is_as_old_as_what_it_tells_of(company):
    """Nothing but reservations of this morning looks as if it had been made when the demo was."""
    for name in BUSINESS:
        for model in apps.get_app_config(name).get_models():
            if issubclass(model, Record):
                assert not model.everything.filter(created_at__gte=company.began).exists(), model
                days = list(model.everything.order_by("id").values_list("created_at__date", flat=True))
                if model in (CustomerOrder, PurchaseOrder, ProductionJob, Delivery, Invoice):
                    assert days == sorted(days), model
    assert not CustomerOrder.objects.filter(created_at__date__gt=F("order_date")).exists()
    assert not Invoice.objects.filter(invoice_date__gte=company.began.date()).exists()


def test_business_went_on_all_year(company):
    months = {(day.year, day.month) for day in Invoice.objects.issued().values_list("invoice_date", flat=True)}
    assert len(months) >= 9


def test_every_part_could_have_been_typed_in(company):
    for sku in ("FP24", "FP24.R", "FP242"):
        printer = Part.objects.get(sku=sku)
        assert (printer.is_sellable, printer.is_serialised, printer.procurement) == (True, True, "make")
    for part in Part.objects.select_related("category", "default_location"):
        part.full_clean(validate_unique=False, validate_constraints=False)
