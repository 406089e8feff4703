"""The pages: who may see them, what they show, what a click does."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from apps.customers.tests.factories import make_customer
from apps.invoicing.models import Invoice, Payment
from apps.invoicing.tests.factories import faults, make_draft, make_free, make_order, make_shipped, ship

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


def page(name: str, *args) -> str:
    return reverse(f"invoicing:{name}", args=args)


def issued(*lines, by=None, days_ago=0, **fields) -> Invoice:
    invoice = make_free(*(lines or [(1, 100)]), by=by, **fields)
    invoice.issue(by=by, invoice_date=timezone.localdate() - timedelta(days=days_ago))
    return invoice


def line_data(**line) -> dict:
    line = {"quantity": "2", "unit": "H87", "unit_price": "50", "discount": "", "vat_rate": "19"} | line
    lines = {f"lines-0-{name}": value for name, value in line.items()}
    return {"lines-TOTAL_FORMS": "1", "lines-INITIAL_FORMS": "0", **lines}


def test_strangers_sign_in_and_viewers_only_read(client, as_viewer, as_staff):
    draft = make_draft()
    order = draft.order
    reading = [
        page("invoice_list"),
        page("to_invoice"),
        page("payment_list"),
        page("invoice_detail", draft.pk),
        page("invoice_pdf", draft.pk),
        page("for_order", order.pk),
        page("for_customer", order.customer_id),
    ]
    writing = [
        page("invoice_new") + f"?order={order.pk}",
        page("invoice_free"),
        page("invoice_edit", draft.pk),
        page("invoice_issue", draft.pk),
        page("invoice_mail", draft.pk),
        page("invoice_payment", draft.pk),
    ]
    managing = [page(f"invoice_{name}", draft.pk) for name in ("cancel", "refund", "write_off")] + [
        page("invoice_trash")
    ]
    for path in reading + writing + managing:
        assert client.get(path).url.startswith("/accounts/login/"), path
    for path in reading:
        assert as_viewer.get(path).status_code == 200, path
    for path in writing + managing:
        assert as_viewer.get(path).status_code == 403, path
    for path in reading + writing:
        assert as_staff.get(path).status_code == 200, path
    for path in managing:
        assert as_staff.get(path).status_code == 403, path


def test_the_list_asks_the_same_number_of_queries_for_one_row_and_for_three(as_staff, count_queries):
    make_free()
    found = []
    for _round in range(2):
        with count_queries() as queries:
            assert as_staff.get(page("invoice_list")).status_code == 200
        found.append(len(queries))
        make_free()
        make_free()
    assert found == [6, 6]


def test_the_other_lists_too(as_staff, count_queries, staff):
    for name, add in (
        ("payment_list", lambda: issued().record_payment(Decimal(1), by=staff)),
        ("to_invoice", make_shipped),
    ):
        add()
        found = []
        for _round in range(2):
            with count_queries() as queries:
                assert as_staff.get(page(name)).status_code == 200
            found.append(len(queries))
            add()
        assert found[0] == found[1] <= 8, name


def test_a_page_of_an_invoice_asks_few_queries(as_staff, count_queries, staff):
    invoice = issued((1, 10), (2, 10), (3, 10))
    invoice.record_payment(Decimal(1), by=staff)
    with count_queries() as queries:
        assert as_staff.get(invoice.get_absolute_url()).status_code == 200
    assert len(queries) <= 15, len(queries)


def test_chips_count_and_totals_add_up(as_staff, staff, manager):
    make_free()
    issued(payment_days=14)
    issued(days_ago=20, payment_days=14)
    issued().record_payment(Decimal(19), by=staff)
    issued().record_payment(Decimal(119), by=staff)
    issued().cancel(by=manager, reason="wrong")
    counts = {}
    for state in ("draft", "open", "overdue", "partially_paid", "paid", "cancelled", "refund"):
        rows = as_staff.get(page("invoice_list"), {"status": state}).context["rows"]
        counts[state] = len(rows)
    assert counts == {
        "draft": 1, "open": 3, "overdue": 1, "partially_paid": 1, "paid": 1, "cancelled": 1, "refund": 0,
    }  # fmt: skip
    summary = as_staff.get(page("invoice_list"), {"summary": "1"}).context
    assert [chip["count"] for chip in summary["chips"]] == [1, 3, 1, 1, 1, 1, 0, 1, 0]
    assert [str(amount) for _label, amount in summary["totals"]] == ["430.03", "511.74", "338.00"]


def test_the_search_finds_numbers_names_orders_and_serials(as_staff):
    draft = make_draft()
    for text in (draft.order.number, draft.buyer_name.split()[0], draft.lines.get().part_number):
        assert list(as_staff.get(page("invoice_list"), {"q": text}).context["rows"]) == [draft], text
    assert list(as_staff.get(page("invoice_list"), {"q": "nowhere"}).context["rows"]) == []


def test_the_list_is_exported_as_it_is_filtered(as_staff, viewer, client):
    invoice = issued()
    make_free()
    text = b"".join(as_staff.get(page("invoice_list"), {"export": "csv", "status": "open"}).streaming_content).decode()
    assert invoice.number in text
    assert len(text.strip().splitlines()) == 2
    table = as_staff.get(page("payment_list"), {"export": "xlsx"})
    assert b"".join(table.streaming_content)[:2] == b"PK"
    client.force_login(viewer)
    assert client.get(page("invoice_list"), {"export": "csv"}).status_code == 403


def test_an_order_is_invoiced_with_two_clicks(as_staff, staff):
    order = make_shipped()
    shown = as_staff.get(page("invoice_new"), {"order": order.pk}).content.decode()
    assert order.number in shown
    answer = as_staff.post(page("invoice_new") + f"?order={order.pk}", {"what": "supplied"})
    draft = Invoice.objects.get()
    assert answer.url == draft.get_absolute_url()
    assert draft.responsible == order.responsible or staff
    answer = as_staff.post(
        page("invoice_issue", draft.pk),
        {"invoice_date": timezone.localdate().isoformat(), "mail_to": "", "message": ""},
    )
    assert answer.url == draft.get_absolute_url()
    draft.refresh_from_db()
    assert draft.status == "sent"
    assert as_staff.get(page("invoice_pdf", draft.pk)).url == draft.paper.get_absolute_url()
    assert faults() == []


def test_nothing_to_invoice_is_said(as_staff):
    order = make_order()
    answer = as_staff.post(page("invoice_new") + f"?order={order.pk}", {"what": "supplied"}, follow=True)
    assert "Nothing of" in answer.content.decode()
    assert Invoice.objects.count() == 0
    assert as_staff.get(page("invoice_new")).url == page("to_invoice")
    assert as_staff.get(page("invoice_new"), {"order": "nonsense"}).status_code == 302


def test_an_advance_is_written_from_the_page_of_the_order(as_staff):
    order = make_order((2, 1000))
    path = page("invoice_new") + f"?order={order.pk}"
    assert as_staff.post(path, {"what": "advance", "percent": "", "net": ""}).status_code == 422
    assert as_staff.post(path, {"what": "advance", "percent": "101", "net": ""}).status_code == 422
    assert as_staff.post(path, {"what": "advance", "percent": "30", "net": ""}).status_code == 302
    assert (Invoice.objects.get().kind, Invoice.objects.get().net) == ("advance", 600)


def test_drafts_are_written_for_all_orders_that_are_ticked(as_staff):
    orders = [make_shipped(), make_shipped()]
    as_staff.post(page("to_invoice_bulk"), {"selected": [order.pk for order in orders] + ["nonsense"]})
    assert Invoice.objects.count() == 0
    as_staff.post(page("to_invoice_bulk"), {"selected": [order.pk for order in orders]})
    assert {draft.order for draft in Invoice.objects.drafts()} == set(orders)


def test_an_invoice_without_an_order_takes_the_customers_terms(as_staff):
    customer = make_customer(skonto_percent=Decimal(2), skonto_days=8, payment_days=30)
    data = {
        "customer": customer.pk,
        "supply_start": timezone.localdate().isoformat(),
        **line_data(description="Repair"),
    }
    answer = as_staff.post(page("invoice_free"), data)
    invoice = Invoice.objects.get()
    assert answer.url == invoice.get_absolute_url()
    assert (invoice.skonto_percent, invoice.tax_case, invoice.language, invoice.total) == (2, "S", "de", 119)
    assert faults() == []


def test_a_form_with_faults_comes_back_with_them(as_staff):
    data = {"customer": make_customer().pk, **line_data(description="", quantity="0")}
    answer = as_staff.post(page("invoice_free"), data)
    assert answer.status_code == 422
    errors = answer.context["form"].lines.forms[0].errors
    assert set(errors) == {"description", "quantity"}
    assert Invoice.objects.count() == 0


def test_a_draft_is_edited_and_keeps_the_line_of_its_order(as_staff):
    draft = make_draft()
    line = draft.lines.get()
    data = line_data(id=line.pk, part=line.part_id, description="Other words", quantity="2", unit_price="10.01")
    data |= {"lines-INITIAL_FORMS": "1", "version": draft.version, "discount_percent": "10", "deducts_advances": "on"}
    data |= {"supply_start": draft.supply_start.isoformat(), "billing_address": draft.billing_address_id}
    answer = as_staff.post(page("invoice_edit", draft.pk), data)
    assert answer.status_code == 302, answer.context["form"].errors
    draft.refresh_from_db()
    changed = draft.lines.get()
    assert (changed.order_line, changed.quantity, changed.description) == (line.order_line, 2, "Other words")
    assert (str(draft.net), draft.customer) == ("18.02", draft.order.customer)
    stale = as_staff.post(page("invoice_edit", draft.pk), data)
    assert stale.status_code == 409
    assert faults() == []


def test_an_issued_invoice_is_not_opened_for_editing(as_staff):
    invoice = issued()
    assert as_staff.get(page("invoice_edit", invoice.pk)).url == invoice.get_absolute_url()


def test_what_is_missing_links_to_where_it_is_put_right(as_staff):
    draft = make_free(supply_start=None)
    shown = as_staff.get(draft.get_absolute_url()).content.decode()
    assert "The day of the supply is missing" in shown
    assert f'{page("invoice_edit", draft.pk)}#div_id_supply_start"' in shown
    answer = as_staff.post(page("invoice_issue", draft.pk), {"invoice_date": timezone.localdate().isoformat()}, **HTMX)
    assert answer.status_code == 422
    assert "The day of the supply is missing" in answer.content.decode()


def test_an_invoice_is_mailed_when_it_is_issued(as_staff):
    draft = make_free()
    as_staff.post(
        page("invoice_issue", draft.pk),
        {"invoice_date": timezone.localdate().isoformat(), "mail_to": "rechnung@example.com", "message": "Hallo"},
    )
    draft.refresh_from_db()
    assert draft.mailed_to == "rechnung@example.com"
    as_staff.post(page("invoice_mail", draft.pk), {"to": "chef@example.com", "message": ""})
    jobs = ProcrastinateJob.objects.filter(task_name="documents.mail_document").order_by("id")
    first, second = (job.args for job in jobs)
    assert (first["body"], first["document_id"]) == ("Hallo", str(draft.paper.pk))
    assert draft.number in second["body"]


def test_a_payment_is_recorded_and_reversed(as_staff, as_manager):
    invoice = issued(skonto_percent=Decimal(2), skonto_days=10)
    form = as_staff.get(page("invoice_payment", invoice.pk), **HTMX).context["form"]
    assert (form["amount"].value(), form["skonto"].value()) == (Decimal("116.62"), True)
    today = timezone.localdate().isoformat()
    data = {"amount": "116.62", "on": today, "method": "transfer", "reference": "RE 1", "note": "", "skonto": "on"}
    too_much = as_staff.post(page("invoice_payment", invoice.pk), data | {"amount": "200"})
    assert "amount" in too_much.context["form"].errors
    assert as_staff.post(page("invoice_payment", invoice.pk), data).url == invoice.get_absolute_url()
    invoice.refresh_from_db()
    assert invoice.status == "paid"
    payment = Payment.objects.get()
    assert as_staff.post(page("payment_reverse", payment.pk), {"note": "x"}).status_code == 403
    answer = as_manager.post(page("payment_reverse", payment.pk), {"note": "Wrong invoice"})
    assert answer.url == f"{invoice.get_absolute_url()}#payments"
    invoice.refresh_from_db()
    assert invoice.status == "sent"
    assert faults() == []


def test_an_unused_advance_is_shown_with_its_order(as_viewer, manager):
    order = make_order((10, "100"))
    Invoice.advance_for(order, by=manager, percent=Decimal(60)).issue(by=manager)
    order.cancel(by=manager, reason="Insolvent")
    assert "€600.00 net of the advance invoices" in as_viewer.get(page("for_order", order.pk)).content.decode()


def test_a_dialog_that_leads_to_a_place_of_its_own_page_loads_it_anew(as_manager, staff):
    invoice = issued()
    payment = invoice.record_payment(Decimal(119), by=staff)
    url = page("payment_reverse", payment.pk)
    here = {"HTTP_HX_REQUEST": "true", "HTTP_HX_CURRENT_URL": f"http://testserver{invoice.get_absolute_url()}#payments"}
    answer = as_manager.post(url, {"note": "Wrong invoice"}, **here)
    assert answer.headers.get("HX-Refresh") == "true"
    assert "HX-Redirect" not in answer.headers


def test_a_dialog_that_shows_what_is_no_longer_so_is_not_carried_out(as_manager, staff):
    invoice = issued()
    url = page("invoice_write_off", invoice.pk)
    shown = as_manager.get(url, **HTMX).content.decode()
    seen = re.search(r'name="seen_version" value="(\d+)"', shown)[1]
    invoice.record_payment(Decimal(100), by=staff)
    answer = as_manager.post(url, {"note": "Bank fee", "seen_version": seen}, **HTMX)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "was changed meanwhile" in text
    assert "€19.00 of €119.00 are open" in text
    again = re.search(r'name="seen_version" value="(\d+)"', text)[1]
    as_manager.post(url, {"note": "Bank fee", "seen_version": again}, **HTMX)
    invoice.refresh_from_db()
    assert invoice.status == "paid"


def test_an_invoice_is_cancelled_and_refunded_by_a_manager(as_manager, staff):
    invoice = issued()
    invoice.record_payment(Decimal(119), by=staff)
    as_manager.post(page("invoice_cancel", invoice.pk), {"reason": "Wrong address"})
    note = Invoice.objects.get(kind="credit_note")
    shown = as_manager.get(invoice.get_absolute_url()).content.decode()
    assert note.number in shown
    assert "To be refunded" in shown
    assert invoice.number in as_manager.get(note.get_absolute_url()).content.decode()
    today = timezone.localdate().isoformat()
    as_manager.post(page("invoice_refund", invoice.pk), {"amount": "119", "on": today, "method": "transfer"})
    invoice.refresh_from_db()
    assert invoice.to_refund == 0
    assert faults() == []


def test_a_manager_writes_the_rest_off_and_staff_are_not_offered_it(as_manager, as_staff, staff):
    invoice = issued()
    invoice.record_payment(Decimal(117), by=staff)
    assert "Write off the rest" not in as_staff.get(invoice.get_absolute_url()).content.decode()
    assert "Write off the rest" in as_manager.get(invoice.get_absolute_url()).content.decode()
    assert "€2.00 of €119.00 are open" in as_manager.get(page("invoice_write_off", invoice.pk)).content.decode()
    assert as_manager.post(page("invoice_write_off", invoice.pk), {"note": ""}, **HTMX).status_code == 422
    as_manager.post(page("invoice_write_off", invoice.pk), {"note": "Bank fee"})
    text = as_manager.get(invoice.get_absolute_url()).content.decode()
    assert "and €2.00 deducted" in text
    assert "Bank fee" in text
    assert "Write off the rest" not in text
    methods = as_manager.get(page("invoice_payment", issued().pk)).content.decode()
    assert "Bank transfer" in methods
    assert "Written off" not in methods


def test_drafts_are_copied_thrown_away_and_restored(as_manager):
    draft = make_free((3, "10.01"), notes="Danke")
    as_manager.post(page("invoice_copy", draft.pk))
    copy = Invoice.objects.exclude(pk=draft.pk).get()
    assert (copy.total, copy.notes, copy.order) == (draft.total, "Danke", None)
    as_manager.post(page("invoice_delete", draft.pk))
    assert list(Invoice.objects.all()) == [copy]
    assert as_manager.get(page("invoice_trash")).status_code == 200
    as_manager.post(page("invoice_restore", draft.pk))
    assert Invoice.objects.count() == 2


def test_the_panels_of_order_and_customer(as_staff, staff):
    order = make_order((3, 100))
    panel = as_staff.get(page("for_order", order.pk)).content.decode()
    assert "New invoice" in panel
    ship(order)
    assert "not invoiced yet" in as_staff.get(page("for_order", order.pk)).content.decode()
    invoice = Invoice.from_order(order, by=staff)
    invoice.issue(by=staff)
    invoice.record_payment(Decimal(57), by=staff)
    assert invoice.number in as_staff.get(page("for_order", order.pk)).content.decode()
    shown = as_staff.get(page("for_customer", order.customer_id))
    assert (shown.context["sums"]["open"], shown.context["sums"]["net"]) == (300, 300)


def test_the_back_office_only_reads(as_admin):
    invoice = issued()
    assert as_admin.get("/admin/invoicing/invoice/").status_code == 200
    shown = as_admin.get(f"/admin/invoicing/invoice/{invoice.pk}/change/")
    assert shown.status_code == 200
    assert 'name="_save"' not in shown.content.decode()
    assert as_admin.post(f"/admin/invoicing/invoice/{invoice.pk}/delete/", {"post": "yes"}).status_code == 403
    assert as_admin.get("/admin/invoicing/payment/").status_code == 200
