"""The back office as a whole: addresses that nobody means are answered, and lists reach every record."""

import re
from decimal import Decimal

import pytest
from django.contrib import admin
from django.test import Client, RequestFactory
from django.urls import reverse

from apps.builds.tests.factories import make_job, make_revision, stocked
from apps.deliveries.models import Delivery
from apps.deliveries.tests.factories import returned
from apps.invoicing.models import Invoice
from apps.invoicing.tests import factories as sold
from apps.parts.models import Part
from apps.parts.tests.factories import make_part, make_stock
from apps.suppliers.tests import factories as bought_from
from gmtc.admin import LockedInline

pytestmark = pytest.mark.django_db

NONSENSE = ["created_at__year=99999", "p=99999999999999999999", "o=99"]
REGISTERED = sorted(model._meta.label for model in admin.site._registry)
ADMINS = [admin.site._registry[model] for model in sorted(admin.site._registry, key=lambda model: model._meta.label)]
FAR = "9" * 30


def address(model, page: str, *args) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def foreign_keys(model) -> list[str]:
    return [field.name for field in model._meta.fields if field.many_to_one and field.editable]


@pytest.fixture
def by_admin(admin):
    """A request as Django's admin classes get it."""
    request = RequestFactory().get("/")
    request.user = admin
    return request


@pytest.mark.parametrize("label", REGISTERED)
def test_a_list_answers_what_cannot_be_meant(as_admin, label):
    model = next(each for each in admin.site._registry if each._meta.label == label)
    page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    for asked in NONSENSE:
        answer = as_admin.get(f"{page}?{asked}", follow=True)
        assert answer.status_code == 200, asked


def test_a_state_that_no_job_has_is_answered(as_admin):
    page = reverse("admin:procrastinate_procrastinatejob_changelist")
    assert as_admin.get(f"{page}?status__exact=nonsense", follow=True).status_code == 200


def test_a_list_reaches_every_record_and_ends_without_a_fault(as_admin):
    Part.objects.bulk_create([Part(sku=f"P-{number}", name="Nut") for number in range(1_060)])
    page = address(Part, "changelist")

    last = as_admin.get(f"{page}?p=22").context["cl"]
    assert (last.result_count, len(last.result_list)) == (1_060, 10)

    beyond = as_admin.get(f"{page}?p=23")
    assert (beyond.status_code, beyond["Location"]) == (302, f"{page}?e=1")


@pytest.mark.parametrize("key", ["x", "0"])
def test_an_empty_form_answers_a_key_that_cannot_be_one(as_admin, by_admin, key):
    """In the address it is not chosen, sent it is an error of the form."""
    for each in ADMINS:
        names = foreign_keys(each.model)
        if not names or not each.has_add_permission(by_admin):
            continue
        page = address(each.model, "add")
        assert as_admin.get(f"{page}?{'&'.join(f'{name}={key}' for name in names)}").status_code == 200, page
        sent = as_admin.post(page, dict.fromkeys(names, "x"))
        assert sent.status_code == 200, page
        assert set(names) <= set(sent.context["adminform"].form.errors), page


@pytest.mark.parametrize("page", ["change", "history", "delete"])
def test_a_record_that_there_cannot_be_is_answered(as_admin, page):
    for each in ADMINS:
        for key in ("x", FAR):
            answer = as_admin.get(address(each.model, page, key))
            assert answer.status_code in (302, 403, 404), (each, key)


def test_a_choice_that_cannot_be_meant_is_answered(as_admin, by_admin):
    for each in ADMINS:
        for name in foreign_keys(each.model):
            asked = {"app_label": each.opts.app_label, "model_name": each.opts.model_name, "field_name": name}
            page = reverse("admin:autocomplete", query=asked)
            for rest in (f"term=a&page={FAR}", "term=a&page=x", "term=%00", "term=a&page=0"):
                assert as_admin.get(f"{page}&{rest}").status_code in (200, 400, 403, 404), (asked, rest)


def test_whoever_reads_a_document_reads_its_lines(manager):
    request = RequestFactory().get("/")
    request.user = manager
    for each in ADMINS:
        lines = [inline for inline in each.inlines if issubclass(inline, LockedInline)]
        shown = [type(inline) for inline in each.get_inline_instances(request)]
        assert shown == lines or not each.has_view_permission(request), each


def test_figures_are_written_as_on_the_pages(as_admin, manager):
    part = make_part(sku="FAN-40", minimum_stock=15, unit_price=Decimal("1.2345"), weight=Decimal("1234.5"))
    make_part(sku="FAN-50", unit_price=1)
    make_part(sku="FAN-60", unit_price=Decimal("1.234"))
    make_stock(part, 15)
    manager.revise({"language": "de"}, by=manager)
    client = Client()
    client.force_login(manager)

    listed = client.get(address(Part, "changelist")).content.decode()
    cells = re.findall(r'<td class="field-(current_stock|unit_price)">([^<]*)<', listed)
    assert sorted(cells) == [
        ("current_stock", "0"),
        ("current_stock", "0"),
        ("current_stock", "15"),
        ("unit_price", "1,00"),
        ("unit_price", "1,2340"),
        ("unit_price", "1,2345"),
    ]
    page = client.get(address(Part, "change", part.pk)).content.decode()
    assert "15,000" not in re.sub("<input[^>]*>", "", page)
    assert '<div class="readonly">15</div>' in page


def test_what_goes_to_the_trash_is_said_to_be_there(as_admin):
    part = make_part(sku="FAN-40", name="Fan")
    answer = as_admin.post(address(Part, "delete", part.pk), {"post": "yes"}, follow=True)
    assert answer.redirect_chain == [(address(Part, "changelist"), 302)]
    (word,) = map(str, answer.context["messages"])
    assert word == f"{part} is in the trash now."


def papers(lines: int) -> list:
    """Each document of the business, with that many lines."""
    order = sold.make_shipped(*[(2, "10.01")] * lines)
    invoice = Invoice.from_order(order, by=None)
    invoice.issue(by=None)
    delivery = Delivery.objects.get(order=order)
    back = delivery.return_([returned(line, 1) for line in delivery.lines.all()], by=None)
    bought = bought_from.make_sent(*[(make_part(), 5, 1) for _line in range(lines)])
    receipt = bought_from.receive_all(bought)
    revision = make_revision(parts={make_part(): 1 for _line in range(lines)})
    job = make_job({stocked(): 1 for _line in range(lines)}, steps=["Print"])
    job.release(by=None)
    offer = bought_from.make_offer(breaks={Decimal(10 * (line + 1)): Decimal(1) for line in range(lines)})
    return [order, invoice, delivery, back, bought, receipt, revision, job, offer]


def test_a_document_is_shown_with_its_lines_at_the_same_cost(as_manager, count_queries):
    for short, long in zip(papers(1), papers(3), strict=True):
        as_manager.get(address(short, "change", short.pk))  # what Django remembers of the model is read once
        with count_queries() as few:
            as_manager.get(address(short, "change", short.pk))
        with count_queries() as many:
            page = as_manager.get(address(long, "change", long.pk))
        assert 3 in [len(each.forms) for each in page.context["inline_admin_formsets"]], long
        assert len(few) == len(many), long
