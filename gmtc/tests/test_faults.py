"""The web worker dies in the middle of a verb, the database drops it: nothing is lost and nothing happens twice.

A lock that we hold makes the verb wait at a late step of its transaction; there it is interrupted.
"""

from collections.abc import Callable
from io import StringIO
from typing import NamedTuple
from uuid import uuid4

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from apps.builds.models import Printer
from apps.builds.tests.factories import finished, make_job, make_product, picked, stocked
from apps.deliveries.tests.factories import make_delivery, make_order
from apps.documents.models import Document
from apps.invoicing.tests.factories import make_draft, make_issued
from apps.parts.models import Part, StockMovement
from apps.parts.tests.factories import faults, make_location, make_part, make_stock
from gmtc.tests.servers import Web, break_inside, cut_off, database_url, sign_in, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def web(django_db_setup, tmp_path_factory):
    server = Web(tmp_path_factory.mktemp("web"))
    try:
        until(server.is_up, f"the web server: {server.log.read_text()}")
        yield server
    finally:
        server.stop()


def test_a_worker_killed_while_goods_come_in_leaves_no_trace_and_the_form_can_be_sent_again(web, staff):
    part, place = make_part(), make_location()
    make_stock(part, 5, location=place, by=staff)
    session, path = sign_in(staff), reverse("parts:part_receive", args=[part.pk])
    fields = {"quantity": "3", "location": str(place.pk), "unit_cost": "2", "note": "", "form_key": str(uuid4())}
    lock = "SELECT 1 FROM parts_stocklevel WHERE part_id = %s FOR UPDATE"  # the ledger's trigger needs it
    break_inside(web, web.kill_worker, (lock, part.pk), path, session, fields)
    part.refresh_from_db()
    assert (part.current_stock, StockMovement.objects.count()) == (5, 1)

    assert [web.post(path, session, fields) for _again in range(2)] == [302, 302]
    part.refresh_from_db()
    assert (part.current_stock, StockMovement.objects.count()) == (8, 2)
    assert faults() == []


def test_pages_work_again_after_the_database_has_dropped_every_connection(web, staff):
    part, place = make_part(), make_location()
    session, path = sign_in(staff), reverse("parts:part_receive", args=[part.pk])

    def receive() -> int:
        fields = {"quantity": "1", "location": str(place.pk), "unit_cost": "2", "note": "", "form_key": str(uuid4())}
        return web.post(path, session, fields)

    assert receive() == 302
    with psycopg.connect(database_url(), autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name <> 'tests'"
        )
    connection.close()
    assert receive() == 302
    part.refresh_from_db()
    assert part.current_stock == 2
    assert faults() == []


# --- The verbs that move most: each is broken off when nearly all of its work is done


class Verb(NamedTuple):
    """A form, the lock that stops its verb late, and what the records say: now, and when it was done once."""

    path: str
    fields: dict
    lock: tuple
    facts: Callable[[], tuple]
    done: tuple


# The verb draws its paper, writes the file and waits before the row that names it.
PAPER = ("LOCK TABLE documents_document IN SHARE MODE",)


def completing(staff) -> Verb:
    component, shelf = stocked(10), make_location()
    product = make_product({component: 3})
    Part.everything.filter(pk=product.pk).update(is_sellable=True)
    finished(make_job(product=product), by=staff)  # the first printer, whose number's counter is there to be locked
    line = make_order((product, 2), by=staff).lines.get()
    job = picked(make_job(product=product, order_line=line), by=staff)
    job.start(by=staff)

    def facts() -> tuple:
        for record in (component, product, line, job):
            record.refresh_from_db()
        stocks = (component.current_stock, product.current_stock, product.reserved_stock)
        return job.status, *stocks, line.built_quantity, sorted(Printer.objects.values_list("serial", flat=True))

    serials = [f"FZ-{timezone.localdate().year}-000{count}" for count in (1, 2)]
    return Verb(
        reverse("builds:job_complete", args=[job.pk]),
        {"location": str(shelf.pk)},
        ("SELECT 1 FROM numbering_counter WHERE series = 'printer' FOR UPDATE",),
        facts,
        ("completed", 4, 2, 2, 1, serials),
    )


def shipping(staff) -> Verb:
    order = make_order(by=staff)
    make_delivery(make_order(by=staff), by=staff).ship(by=staff)
    delivery = make_delivery(order, by=staff)
    line = order.lines.select_related("part").get()

    def facts() -> tuple:
        for record in (delivery, line, line.part):
            record.refresh_from_db()
        stocks = (line.part.current_stock, line.part.reserved_stock)
        return delivery.status, delivery.number, *stocks, line.shipped_quantity, papers_of(delivery)

    return Verb(
        reverse("deliveries:delivery_ship", args=[delivery.pk]),
        {"shipped_on": str(timezone.localdate()), "package_count": "1"},
        PAPER,
        facts,
        ("in_transit", f"LS-{timezone.localdate().year}-0002", 90, 0, 10, 1),
    )


def issuing(staff) -> Verb:
    make_issued(by=staff)
    draft = make_draft(by=staff)
    line = draft.order.lines.get()

    def facts() -> tuple:
        draft.refresh_from_db()
        line.refresh_from_db()
        return draft.status, draft.number, line.invoiced_quantity, papers_of(draft)

    return Verb(
        reverse("invoicing:invoice_issue", args=[draft.pk]),
        {"invoice_date": str(timezone.localdate())},
        PAPER,
        facts,
        ("sent", f"RE-{timezone.localdate().year}-0002", 3, 1),
    )


def papers_of(record) -> int:
    return Document.objects.about(record).count()


def books_add_up() -> None:
    call_command("verify", stdout=StringIO())


@pytest.mark.parametrize("broken_by", ["kill -9", "a dropped connection"])
@pytest.mark.parametrize("prepare", [completing, shipping, issuing])
def test_a_verb_that_is_broken_off_leaves_no_trace_and_the_form_can_be_sent_again(
    web, staff, settings, prepare, broken_by
):
    settings.MEDIA_ROOT = web.media  # `verify` reads the documents where the web server has put them
    verb = prepare(staff)
    before = verb.facts()
    session, fields = sign_in(staff), verb.fields | {"form_key": str(uuid4())}
    interrupt = web.kill_worker if broken_by == "kill -9" else cut_off
    break_inside(web, interrupt, verb.lock, verb.path, session, fields)
    assert verb.facts() == before
    books_add_up()

    assert [web.post(verb.path, session, fields) for _again in range(2)] == [302, 302]
    assert verb.facts() == verb.done
    assert verb.done != before
    books_add_up()
