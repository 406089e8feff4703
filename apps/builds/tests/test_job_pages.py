"""Pages of planning, jobs and printers: who may open them, what they show, what a form does."""

import datetime
import re
from decimal import Decimal

import pytest
from django.urls import reverse

from apps.builds.models import ExtraKind, JobCheck, JobStatus, Priority, ProductionJob
from apps.builds.tests.factories import (
    finished,
    make_job,
    make_order_line,
    make_product,
    make_revision,
    picked,
    released,
    stocked,
)
from apps.builds.tests.test_pages import asks_for
from apps.customers.tests.factories import make_customer
from apps.parts.models import Part
from apps.parts.tests.factories import make_location, make_part, make_stock
from apps.suppliers.models import PurchaseOrder
from apps.suppliers.tests.factories import make_offer

pytestmark = pytest.mark.django_db

PLAIN = [
    ("builds:planning", "viewer"),
    ("builds:job_list", "viewer"),
    ("builds:job_board", "viewer"),
    ("builds:product_choices", "viewer"),
    ("builds:printer_list", "viewer"),
    ("builds:job_new", "staff"),
]
OF_A_JOB = [
    ("builds:job_detail", "viewer"),
    ("builds:job_pick_list", "viewer"),
    ("builds:job_edit", "staff"),
    ("builds:job_release", "staff"),
    ("builds:job_complete", "staff"),
    ("builds:job_pick", "staff"),
    ("builds:job_extra", "staff"),
    ("builds:job_cancel", "manager"),
]
POSTED = ["builds:job_start", "builds:job_test", "builds:job_reserve", "builds:job_checks"]


@pytest.fixture
def browsers(as_viewer, as_staff, as_manager):
    return {"viewer": as_viewer, "staff": as_staff, "manager": as_manager}


def page(browser, name, *args, **asked) -> str:
    response = browser.get(reverse(name, args=args), asked)
    assert response.status_code == 200
    return response.content.decode()


# --- Who may


@pytest.mark.parametrize(("name", "role"), PLAIN)
def test_each_page_asks_for_its_permission(client, browsers, name, role):
    asks_for(role, reverse(name), client, browsers)


@pytest.mark.parametrize(("name", "role"), OF_A_JOB)
def test_each_page_of_a_job_asks_for_its_permission(client, browsers, name, role):
    job = released(make_job({stocked(): 1}))
    asks_for(role, reverse(name, args=[job.pk]), client, browsers)


@pytest.mark.parametrize("name", POSTED)
def test_verbs_of_a_job_ask_for_their_permission(client, browsers, name):
    job = released(make_job({stocked(): 1}))
    asks_for("staff", reverse(name, args=[job.pk]), client, browsers, method="post", allowed=(302,))


def test_what_hangs_below_a_job_asks_for_its_permission(client, browsers):
    part = stocked()
    job = picked(make_job({part: 1}, steps=["Turns"]))
    job.use_extra(part, 1, location=part.default_location, reason="broke", kind=ExtraKind.SCRAP, by=None)
    asks_for("staff", reverse("builds:line_put_back", args=[job.lines.get().pk]), client, browsers)
    asks_for("staff", reverse("builds:check_fail", args=[job.checks.get().pk]), client, browsers)
    url = reverse("builds:extra_drop", args=[job.extras.get().pk])
    assert client.post(url).status_code == 302
    assert browsers["viewer"].post(url).status_code == 403
    asks_for("manager", reverse("builds:build_test_steps", args=[job.build.pk]), client, browsers)
    for name, record in (("jobs_for_part", part), ("jobs_for_order", make_order_line(part).order)):
        asks_for("viewer", reverse(f"builds:{name}", args=[record.pk]), client, browsers)
    asks_for("viewer", reverse("builds:printers_for_customer", args=[make_customer().pk]), client, browsers)


def test_pages_of_a_printer_ask_for_their_permission(client, browsers):
    printer = finished(make_job(product=make_product({stocked(): 1}))).printers.get()
    asks_for("viewer", reverse("builds:printer_detail", args=[printer.pk]), client, browsers)
    asks_for("viewer", reverse("builds:printer_plate", args=[printer.pk]), client, browsers)
    asks_for("staff", reverse("builds:printer_edit", args=[printer.pk]), client, browsers)
    assert browsers["viewer"].post(reverse("builds:printer_restock", args=[printer.pk])).status_code == 403


def test_exports_ask_for_their_permission(browsers):
    for name in ("builds:job_list", "builds:printer_list"):
        assert browsers["viewer"].get(reverse(name), {"export": "csv"}).status_code == 403
        assert browsers["staff"].get(reverse(name), {"export": "csv"}).status_code == 200


def test_a_viewer_plans_nothing(as_viewer):
    make_order_line(make_product({stocked(): 1}))
    assert as_viewer.post(reverse("builds:planning"), {"selected": "x"}).status_code == 403
    assert "Plan jobs and draft" not in page(as_viewer, "builds:planning")


# --- Lists


def fill_shop(staff) -> None:
    """A job in each state, one of them for an order, one short, one late."""
    line = make_order_line(make_product({stocked(): 1}))
    finished(make_job(product=line.part, order_line=line), by=staff)
    picked(make_job({stocked(): 1}, steps=["Turns"]), by=staff).start(by=staff)
    released(make_job({make_part(): 1}), by=staff, short=True)
    make_job(due_date=datetime.date(2020, 1, 1), priority=Priority.HIGH, responsible=staff)


@pytest.mark.parametrize(
    ("name", "most"), [("builds:job_list", 9), ("builds:printer_list", 8), ("builds:job_board", 9)]
)
def test_lists_cost_the_same_queries_with_few_rows_and_with_many(as_staff, staff, count_queries, name, most):
    def cost() -> int:
        with count_queries() as queries:
            page(as_staff, name)
        return len(queries)

    fill_shop(staff)
    with_few = cost()
    fill_shop(staff)
    fill_shop(staff)
    assert cost() == with_few
    assert with_few <= most


def test_jobs_are_narrowed_by_state_due_shortage_order_and_part(as_viewer, staff):
    fill_shop(staff)
    done, building, short, late = ProductionJob.objects.order_by("pk")

    def found(**asked) -> set:
        text = page(as_viewer, "builds:job_list", **asked)
        return {job for job in (done, building, short, late) if f">{job.number}</a>" in text}

    assert found() == {done, building, short, late}
    assert found(status="open") == {building, short, late}
    assert found(status="completed") == {done}
    assert found(due="late") == {late}
    assert found(short="true") == {short}
    assert found(stock="false") == {done}
    assert found(order=done.order_line.order_id) == {done}
    assert found(part=late.part_id) == {late}
    assert found(needs=short.lines.get().part_id) == {short}
    assert found(q=done.order_line.order.number) == {done}


def test_the_export_of_jobs_has_order_and_customer(as_staff, staff):
    fill_shop(staff)
    job = ProductionJob.objects.order_by("pk").first()
    file = b"".join(as_staff.get(reverse("builds:job_list"), {"export": "csv"}).streaming_content).decode("utf-8-sig")
    (row,) = [row for row in file.splitlines() if job.number in row]
    assert job.order_line.order.number in row
    assert job.order_line.order.customer.name in row


def test_the_board_has_each_job_in_its_column_with_the_button_of_its_next_step(as_staff, staff):
    fill_shop(staff)
    text = page(as_staff, "builds:job_board")
    columns = dict(zip(JobStatus.values, text.split("data-column=")[1:], strict=False))
    done, building, short, late = ProductionJob.objects.order_by("pk")
    for status, job, button in (
        ("planned", late, "Release"),
        ("released", short, "Start"),
        ("in_production", building, "To testing"),
        ("completed", done, None),
    ):
        assert job.number in columns[status]
        assert button is None or button in columns[status]
    assert late.number not in page(as_staff, "builds:job_board", q=short.number)
    assert short.number not in page(as_staff, "builds:job_board", mine=1)


def test_a_viewer_sees_the_board_without_buttons(as_viewer, staff):
    fill_shop(staff)
    text = page(as_viewer, "builds:job_board")
    assert "data-leads-to" not in text
    assert "draggable" not in text


# --- A job


@pytest.mark.parametrize("number_of_lines", [1, 30])
def test_the_page_of_a_job_costs_at_most_fifteen_queries(as_staff, staff, count_queries, number_of_lines):
    product = make_product({stocked(): 1 for _ in range(number_of_lines)}, steps=["Turns", "Is clean"])
    job = picked(make_job(product=product, quantity=2), by=staff)
    with count_queries() as queries:
        page(as_staff, "builds:job_detail", job.pk)
    assert len(queries) <= 15


def test_a_job_walks_from_planned_to_completed_in_the_pages(as_staff, staff):
    part, table, shelf = stocked(10), make_location(), make_location()
    product = make_product({part: 2}, steps=["Turns", "Is clean"])
    new = {"part": product.pk, "quantity": 2, "priority": 2, "due_date": "2026-12-24"}
    assert as_staff.post(reverse("builds:job_new"), new).status_code == 302
    job = ProductionJob.objects.get()
    assert (job.quantity, job.due_date, job.created_by) == (2, datetime.date(2026, 12, 24), staff)

    def act(name: str, **values) -> str:
        response = as_staff.post(reverse(f"builds:{name}", args=[job.pk]), values)
        assert response.status_code == 302, response.content.decode()
        job.refresh_from_db()
        return job.status

    assert act("job_release", revision=product_revision(product)) == JobStatus.RELEASED
    line = job.lines.get()
    assert act("job_start") == JobStatus.PRODUCTION
    prefix = f"pick-{line.pk}-0"
    picks = {"workplace": table.pk, f"{prefix}-quantity": "4", f"{prefix}-location": part.default_location.pk}
    assert act("job_pick", **picks) == JobStatus.PRODUCTION
    assert act("job_test") == JobStatus.TESTING
    checks = list(job.checks.all())
    act("job_checks", check=[check.pk for check in checks[1:]])
    fail = reverse("builds:check_fail", args=[checks[0].pk])
    assert as_staff.post(fail, {"note": "stuck"}).status_code == 302
    assert JobCheck.objects.get(pk=checks[0].pk).note == "stuck"
    refused = as_staff.post(reverse("builds:job_complete", args=[job.pk]), {"location": shelf.pk})
    assert (refused.status_code, "Not passed yet: Turns" in refused.content.decode()) == (422, True)
    act("job_checks", check=checks[0].pk)
    assert act("job_complete", location=shelf.pk) == JobStatus.COMPLETED
    text = page(as_staff, "builds:job_detail", job.pk)
    assert all(printer.serial in text for printer in job.printers.all())
    assert job.printers.count() == 2


def product_revision(product):
    return ProductionJob(part=product).build.current.pk


def test_the_release_dialog_names_what_is_missing(as_staff, staff):
    missing = make_part(sku="NOT-THERE")
    job = make_job({missing: 3})
    url = reverse("builds:job_release", args=[job.pk])
    text = as_staff.get(url).content.decode()
    assert "NOT-THERE" in text
    assert "1 part is missing" in text
    answer = as_staff.post(url, {"revision": product_revision(job.part)})
    assert (answer.status_code, "Release it short" in answer.content.decode()) == (422, True)
    assert as_staff.post(url, {"revision": product_revision(job.part), "short": "on"}).status_code == 302
    assert "3 missing" in page(as_staff, "builds:job_detail", job.pk)
    make_stock(missing, 3)
    as_staff.post(reverse("builds:job_reserve", args=[job.pk]))
    assert "3 missing" not in page(as_staff, "builds:job_detail", job.pk)


def test_a_pick_from_nowhere_is_shown_beside_its_row(as_staff, staff):
    part = stocked(10)
    job = released(make_job({part: 4}), by=staff)
    prefix = f"pick-{job.lines.get().pk}-0"
    url = reverse("builds:job_pick", args=[job.pk])
    assert part.default_location.code in as_staff.get(url).content.decode()
    no_place = {"workplace": make_location().pk, f"{prefix}-quantity": "4"}
    answer = as_staff.post(url, no_place)
    assert (answer.status_code, "where it was taken from" in answer.content.decode()) == (422, True)
    too_much = no_place | {f"{prefix}-quantity": "5", f"{prefix}-location": part.default_location.pk}
    answer = as_staff.post(url, too_much)
    assert (answer.status_code, "only 4 are still to be picked" in answer.content.decode()) == (422, True)
    assert not job.lines.get().picked_quantity


def test_extra_consumption_is_written_down_and_taken_back(as_staff, staff):
    part = stocked(10)
    job = picked(make_job({part: 4}), by=staff)
    values = {
        "kind": "scrap",
        "part": part.pk,
        "quantity": "1",
        "location": part.default_location.pk,
        "reason": "dropped",
    }
    url = reverse("builds:job_extra", args=[job.pk])
    assert as_staff.post(url, values).status_code == 302
    assert "dropped" in page(as_staff, "builds:job_detail", job.pk)
    wrong = values | {"replaces": job.lines.get().pk}
    assert as_staff.post(url, wrong).status_code == 422
    as_staff.post(reverse("builds:extra_drop", args=[job.extras.get().pk]))
    assert not job.extras.exists()


def test_what_was_picked_is_put_back_in_the_page(as_staff, staff):
    part = stocked(10)
    job = picked(make_job({part: 4}), by=staff)
    line = job.lines.get()
    url = reverse("builds:line_put_back", args=[line.pk])
    assert as_staff.post(url, {"quantity": "1", "location": line.location_id}).status_code == 302
    assert job.lines.get().picked_quantity == 3


def test_a_completed_job_is_not_edited(as_staff, staff):
    job = finished(make_job({stocked(): 1}), by=staff)
    assert as_staff.get(reverse("builds:job_edit", args=[job.pk])).status_code == 302


def test_a_job_is_cancelled_with_a_reason(as_manager, staff):
    job = picked(make_job({stocked(): 1}), by=staff)
    url = reverse("builds:job_cancel", args=[job.pk])
    assert as_manager.post(url, {"reason": ""}).status_code == 422
    assert as_manager.post(url, {"reason": "no longer wanted"}).status_code == 302
    assert "no longer wanted" in page(as_manager, "builds:job_detail", job.pk)


def test_nonsense_as_a_test_is_left_alone(as_staff, staff):
    job = released(make_job({stocked(): 1}, steps=["Turns"]))
    job.start(by=staff)
    assert as_staff.post(reverse("builds:job_checks", args=[job.pk]), {"check": "nonsense"}).status_code == 302
    assert job.checks.get().result == "open"


def test_test_steps_are_written_one_a_line(as_manager):
    product = make_product({stocked(): 1})
    build = ProductionJob(part=product).build
    url = reverse("builds:build_test_steps", args=[build.pk])
    assert as_manager.post(url, {"steps": "Turns\n\nIs clean"}).status_code == 302
    assert [step.name for step in build.test_steps.all()] == ["Turns", "Is clean"]
    assert as_manager.post(url, {"steps": "Turns\nTurns"}).status_code == 422
    assert "Is clean" in page(as_manager, "builds:build_detail", build.pk)


# --- Papers


def test_the_pick_list_and_the_type_plate_are_pdfs(as_viewer, staff):
    job = released(make_job({stocked(): 1}), by=staff)
    answer = as_viewer.get(reverse("builds:job_pick_list", args=[job.pk]))
    assert (answer.headers["Content-Type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
    printer = finished(make_job(product=make_product({stocked(): 1}))).printers.get()
    answer = as_viewer.get(reverse("builds:printer_plate", args=[printer.pk]))
    assert (answer.headers["Content-Type"], answer.content[:5]) == ("application/pdf", b"%PDF-")


# --- Printers


def test_the_page_of_a_printer_shows_what_was_built_in(as_staff, staff, count_queries):
    part = stocked(20, sku="BUILT-IN")
    job = make_job(product=make_product({part: 3}, steps=["Turns"]), quantity=2)
    printer = finished(job, by=staff).printers.order_by("serial").first()
    with count_queries() as queries:
        text = page(as_staff, "builds:printer_detail", printer.pk)
    assert len(queries) <= 15
    for piece in ("BUILT-IN", "3 pcs", "Turns", job.number, "<svg"):
        assert piece in text


def test_notes_of_a_printer_are_written_and_stale_ones_refused(as_staff, staff):
    printer = finished(make_job(product=make_product({stocked(): 1}))).printers.get()
    url = reverse("builds:printer_edit", args=[printer.pk])
    assert as_staff.post(url, {"notes": "new nozzle", "version": 1}).status_code == 302
    assert as_staff.post(url, {"notes": "old", "version": 1}).status_code == 409
    assert "new nozzle" in page(as_staff, "builds:printer_detail", printer.pk)


def test_the_customer_page_lists_their_printers(as_viewer, staff):
    customer = make_customer()
    printer = finished(make_job(product=make_product({stocked(): 1}))).printers.get()
    assert printer.serial not in page(as_viewer, "builds:printers_for_customer", customer.pk)
    printer.hand_over(customer, on=datetime.date(2026, 11, 1), by=staff)
    assert printer.serial in page(as_viewer, "builds:printers_for_customer", customer.pk)
    assert printer.serial in page(as_viewer, "builds:printer_list", owner=customer.pk)


# --- Panels of other rooms


def test_the_page_of_an_order_shows_its_jobs(as_viewer, staff):
    line = make_order_line(make_product({stocked(): 1}))
    assert "No production job" in page(as_viewer, "builds:jobs_for_order", line.order_id)
    job = make_job(product=line.part, order_line=line)
    assert job.number in page(as_viewer, "builds:jobs_for_order", line.order_id)


def test_the_page_of_a_part_shows_who_needs_it_and_who_makes_it(as_viewer, staff):
    part = stocked()
    job = released(make_job({part: 4}), by=staff)
    assert job.number in page(as_viewer, "builds:jobs_for_part", part.pk)
    assert job.number in page(as_viewer, "builds:jobs_for_part", job.part_id)
    assert job.number not in page(as_viewer, "builds:jobs_for_part", make_part().pk)


def test_a_planned_job_shows_what_it_will_take_and_what_is_missing(as_staff, as_viewer, staff):
    there, short = stocked(10, sku="THERE-1"), stocked(1, sku="FEW-1")
    job = make_job({there: 2, short: 4}, quantity=2)
    text = page(as_staff, "builds:job_detail", job.pk)
    assert "What it will take" in text
    rows = re.findall(r"(THERE-1|FEW-1)</a>.*?</tr>", text, re.S)
    assert rows == ["THERE-1", "FEW-1"]
    assert re.search(
        r'FEW-1</a>.*?8 pcs.*?<td class="num">1</td><td class="num"><span class="minus">7</span>', text, re.S
    )
    assert "To the planning" in text
    assert "Hold what has come" not in text
    assert (
        "THERE-1"
        not in page(as_viewer, "builds:job_detail", job.pk, show="short")
        .split('id="history"')[0]
        .split('id="parts"')[1]
    )
    job.refresh_from_db()
    assert (job.revision, job.lines.count()) == (None, 0)


def test_a_planned_job_without_a_released_bill_says_so(as_viewer, staff):
    job = make_job(product=make_revision().build.product)
    text = page(as_viewer, "builds:job_detail", job.pk)
    assert "no released bill of materials yet" in text
    assert "What it will take" not in text


# --- Planning


def test_planning_is_carried_out_with_one_button(as_staff, staff):
    part = make_part(sku="SHORT-1")
    make_offer(part, price=Decimal("2"))
    line = make_order_line(make_product({part: 2}), 3)
    nobody = make_part(sku="NOBODY-1")
    make_order_line(nobody, 1)
    text = page(as_staff, "builds:planning")
    for piece in ("SHORT-1", "NOBODY-1", line.part.sku, line.order.number, "Nobody sells these parts", "€12.00"):
        assert piece in text
    keys = [f"job:{line.pk}", f"buy:{part.pk}"]
    answer = as_staff.post(reverse("builds:planning"), {"selected": keys}, follow=True)
    assert re.search(r"1 job planned \(.*\), 1 purchase order drafted \(.*\)\.", answer.content.decode())
    assert (ProductionJob.objects.count(), PurchaseOrder.objects.count()) == (1, 1)
    again = as_staff.post(reverse("builds:planning"), {"selected": keys}, follow=True)
    assert "2 proposals were not needed any more" in again.content.decode()
    assert (ProductionJob.objects.count(), PurchaseOrder.objects.count()) == (1, 1)


def form_of(text: str) -> dict:
    """What a browser would send of the planning page, with everything that is ticked."""
    form: dict = {"selected": re.findall(r'name="selected" value="([^"]+)"[^>]* checked', text)}
    for tag in re.findall(r"<input [^>]+>", text):
        found = dict(re.findall(r'(name|value)="([^"]*)"', tag))
        if found.get("name", "").startswith(("quantity.", "proposed.")):
            form[found["name"]] = found["value"]
    return form


def test_a_changed_quantity_is_looked_at_and_then_carried_out(as_staff, staff):
    part, other = make_part(sku="SHORT-1"), make_part(sku="SHORT-2")
    for each in (part, other):
        make_offer(each, price=Decimal("2"), pack_size=10)
    line = make_order_line(make_product({part: 2}), 3)
    make_order_line(other, 10)
    url = reverse("builds:planning")
    form = form_of(page(as_staff, "builds:planning"))
    assert len(form["selected"]) == 3
    form["selected"].remove(f"buy:{other.pk}")
    changed = form | {f"quantity.buy:{part.pk}": "55", f"quantity.job:{line.pk}": "4"}
    looked = as_staff.post(url, changed | {"look": "1"})
    text = looked.content.decode()
    assert (looked.status_code, ProductionJob.objects.count()) == (200, 0)
    shown = form_of(text)
    assert (shown[f"quantity.buy:{part.pk}"], shown[f"proposed.buy:{part.pk}"]) == ("60", "10")
    assert shown["selected"] == form["selected"]
    assert "€120.00" in text
    told = as_staff.post(url, shown, follow=True).content.decode()
    job, order = ProductionJob.objects.get(), PurchaseOrder.objects.get()
    assert (job.quantity, order.lines.get().quantity) == (4, 60)
    assert f'<a href="{job.get_absolute_url()}">' in told
    assert f'<a href="{order.get_absolute_url()}">' in told


def test_a_quantity_that_was_not_touched_follows_a_plan_that_has_moved_on(as_staff, staff):
    part = make_part()
    make_offer(part)
    make_order_line(part, 10)
    form = form_of(page(as_staff, "builds:planning"))
    make_stock(part, 4)
    as_staff.post(reverse("builds:planning"), form)
    assert PurchaseOrder.objects.get().lines.get().quantity == 6


@pytest.mark.parametrize("typed", ["abc", "-3", "0", "NaN", "1e400", "0.5", "99999999999"])
def test_a_quantity_that_is_none_is_shown_beside_its_field_and_nothing_is_made(as_staff, staff, typed):
    part = make_part(sku="SHORT-1")
    make_offer(part)
    make_order_line(part, 3)
    form = form_of(page(as_staff, "builds:planning")) | {f"quantity.buy:{part.pk}": typed}
    answer = as_staff.post(reverse("builds:planning"), form)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert f'value="{typed}"' in text
    assert f'id="fault.buy:{part.pk}"' in text
    assert PurchaseOrder.objects.count() == 0


def test_planning_of_one_order_shows_only_what_it_needs(as_viewer, staff):
    one, other = make_part(sku="ONE-1"), make_part(sku="OTHER-1")
    line = make_order_line(one, 1)
    make_order_line(other, 1)
    text = page(as_viewer, "builds:planning", order=line.order_id)
    assert ("ONE-1" in text, "OTHER-1" in text) == (True, False)
    assert as_viewer.get(reverse("builds:planning"), {"order": make_part().pk}).status_code == 404
    assert "OTHER-1" in page(as_viewer, "builds:planning", order="nonsense")


def test_planning_with_nothing_short_says_so_and_minimum_stocks_are_a_click_away(as_viewer):
    Part.objects.update(minimum_stock=0)
    assert "Nothing is short" in page(as_viewer, "builds:planning")
    make_part(sku="LOW-1", minimum_stock=5)
    assert "LOW-1" in page(as_viewer, "builds:planning", minimum=1)


def test_choosing_nothing_makes_nothing(as_staff):
    make_order_line(make_part(), 1)
    answer = as_staff.post(reverse("builds:planning"), {}, follow=True)
    assert "Nothing was chosen" in answer.content.decode()
