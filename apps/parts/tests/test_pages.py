"""Pages of this room: who may open them, what they show, what a form does."""

from decimal import Decimal

import pytest
from django.urls import reverse

from apps.parts.models import Category, Part, StockMovement
from apps.parts.tests.factories import make_category, make_location, make_part, make_stock

pytestmark = pytest.mark.django_db

OPEN_TO_VIEWERS = [
    "parts:part_list",
    "parts:movement_list",
    "parts:category_list",
    "parts:category_tree",
    "parts:location_list",
    "parts:part_choices",
    "parts:category_choices",
    "parts:location_choices",
]
OF_ONE_PART = [
    ("parts:part_detail", "viewer"),
    ("parts:part_edit", "staff"),
    ("parts:part_receive", "staff"),
    ("parts:part_issue", "staff"),
    ("parts:part_transfer", "staff"),
    ("parts:part_reserve", "staff"),
    ("parts:part_adjust", "manager"),
]
POSTED = [("parts:part_delete", "manager"), ("parts:part_restore", "manager")]


def form(**fields) -> dict:
    return (
        {"sku": "NEW-1", "name": "New", "unit": "H87", "procurement": "buy", "unit_price": "0"}
        | {
            "minimum_stock": "0",
            "reorder_quantity": "0",
        }
        | fields
    )


# --- Who may


@pytest.mark.parametrize("name", OPEN_TO_VIEWERS)
def test_lists_ask_for_sign_in_and_are_open_to_viewers(client, as_viewer, name):
    answer = client.get(reverse(name))
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("account_login"))
    assert as_viewer.get(reverse(name)).status_code == 200


@pytest.mark.parametrize(("name", "role"), OF_ONE_PART)
def test_each_page_of_a_part_asks_for_its_permission(client, as_viewer, as_staff, as_manager, name, role):
    url = reverse(name, args=[make_part().pk])
    ranks = {"viewer": as_viewer, "staff": as_staff, "manager": as_manager}
    assert client.get(url).status_code == 302
    for rank, (who, browser) in enumerate(ranks.items()):
        assert browser.get(url).status_code == (200 if rank >= [*ranks].index(role) else 403), who


@pytest.mark.parametrize(("name", "role"), POSTED)
def test_verbs_without_questions_ask_for_their_permission(client, as_staff, as_manager, name, role):
    url = reverse(name, args=[make_part().pk])
    assert client.post(url).status_code == 302
    assert as_staff.post(url).status_code == 403
    assert as_manager.post(url).status_code == 302


def test_export_needs_its_own_permission(as_viewer, as_staff):
    make_part()
    assert as_viewer.get(reverse("parts:part_list"), {"export": "csv"}).status_code == 403
    assert as_staff.get(reverse("parts:part_list"), {"export": "csv"}).status_code == 200


# --- The list


def test_the_list_costs_the_same_queries_with_one_row_and_with_three(as_staff, count_queries):
    def cost() -> int:
        with count_queries() as queries:
            assert as_staff.get(reverse("parts:part_list")).status_code == 200
        return len(queries)

    def add():
        make_stock(make_part(category=make_category(), default_location=make_location()), 5)

    add()
    with_one = cost()
    add()
    add()
    assert cost() == with_one
    assert with_one <= 8


def test_search_needs_every_word_in_any_order(as_viewer):
    make_part(sku="MGN12_450mm", name="Linear rail")
    make_part(sku="MGN12_200mm", name="Linear rail")
    page = as_viewer.get(reverse("parts:part_list"), {"q": "rail 450"}).content.decode()
    assert "MGN12_450mm" in page
    assert "MGN12_200mm" not in page


def test_search_finds_umlauts_in_either_case(as_viewer):
    make_part(sku="F-1", name="Lüfterfilter")
    assert "F-1" in as_viewer.get(reverse("parts:part_list"), {"q": "LÜFTER"}).content.decode()


def test_htmx_gets_the_list_alone(as_viewer):
    make_part(sku="ONE")
    page = as_viewer.get(
        reverse("parts:part_list"), headers={"HX-Request": "true", "HX-Target": "list"}
    ).content.decode()
    assert 'id="list"' in page
    assert "ONE" in page
    assert "<html" not in page


def test_a_category_shows_what_lies_under_it(as_viewer):
    top = make_category(name="Fasteners")
    make_part(sku="SCREW", category=make_category(name="Screws", parent=top))
    make_part(sku="OTHER")
    page = as_viewer.get(reverse("parts:part_list"), {"category": top.pk}).content.decode()
    assert "SCREW" in page
    assert "OTHER" not in page


def test_the_summary_counts_what_each_chip_would_leave(as_viewer):
    make_part(minimum_stock=5)
    part = make_part()
    make_stock(part, 10, unit_cost=Decimal("2.50"))
    context = as_viewer.get(reverse("parts:part_list"), {"summary": "1", "stock": "low"}).context
    counts = {str(chip["label"]): chip["count"] for chip in context["chips"]}
    assert counts["Low stock"] == 1
    assert counts["Out of stock"] == 1
    assert context["count"] == 1
    context = as_viewer.get(reverse("parts:part_list"), {"summary": "1"}).context
    assert context["totals"][0][1] == Decimal("25")


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-3",
        "page=x",
        "page=99",
        "page=99999999999999999999",
        "per_page=7",
        "sort=nonsense",
        "category=x",
    ],
)
def test_nonsense_in_the_address_still_shows_a_page(as_viewer, query):
    make_part()
    assert as_viewer.get(f"{reverse('parts:part_list')}?{query}").status_code == 200


def test_the_second_page_has_the_next_rows(as_viewer):
    for n in range(30):
        make_part(sku=f"P-{n:02}")
    context = as_viewer.get(reverse("parts:part_list"), {"page": 2, "per_page": 25}).context
    assert [part.sku for part in context["rows"]] == [f"P-{n:02}" for n in range(25, 30)]
    assert not context["page"].has_next()


def test_columns_that_are_switched_off_are_not_shown(as_viewer, viewer):
    make_part(unit_price=Decimal("12.34"))
    assert "€12.34" in as_viewer.get(reverse("parts:part_list")).content.decode()
    viewer.prefer("parts:part_list", "columns", ["unit_price"])
    assert "€12.34" not in as_viewer.get(reverse("parts:part_list")).content.decode()


def test_the_trash_lists_only_deleted_parts(as_manager, manager):
    make_part(sku="GONE").discard(by=manager)
    make_part(sku="HERE")
    trash = as_manager.get(reverse("parts:part_trash")).content.decode()
    assert "GONE" in trash
    assert "HERE" not in trash
    assert "GONE" not in as_manager.get(reverse("parts:part_list")).content.decode()


# --- Forms


def test_create_writes_the_part_and_who_did_it(as_staff, staff):
    answer = as_staff.post(
        reverse("parts:part_new"),
        form(unit_price="1,234.50", **{"specifications-key": ["Length", ""], "specifications-value": ["450 mm", ""]}),
    )
    part = Part.objects.get(sku="NEW-1")
    assert answer.url == part.get_absolute_url()
    assert part.unit_price == Decimal("1234.50")
    assert part.specifications == {"Length": "450 mm"}
    assert part.history.get().history_user == staff


def test_amounts_are_read_in_the_users_language(as_staff, staff):
    staff.language = "de"
    staff.save()
    as_staff.post(reverse("parts:part_new"), form(unit_price="1.234,50"))
    assert Part.objects.get(sku="NEW-1").unit_price == Decimal("1234.50")


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("unit_price", "NaN"),
        ("unit_price", "1e400"),
        ("unit_price", "-1"),
        ("minimum_stock", "abc"),
        ("sku", "  "),
        ("unit_price", "Infinity"),
    ],
)
def test_a_bad_field_is_refused_beside_it_and_nothing_is_written(as_staff, field, typed):
    answer = as_staff.post(reverse("parts:part_new"), form(**{field: typed}))
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not Part.objects.exists()


def test_a_taken_sku_is_refused_whatever_its_case(as_staff):
    make_part(sku="new-1")
    answer = as_staff.post(reverse("parts:part_new"), form())
    assert answer.status_code == 422
    assert "A part with this SKU exists." in answer.content.decode()


def test_a_stale_edit_is_refused_with_what_the_other_changed_and_the_input_kept(as_staff, manager):
    part = make_part(sku="NEW-1", name="Before")
    seen = part.version
    part.revise({"name": "Theirs"}, by=manager, version=seen)
    answer = as_staff.post(reverse("parts:part_edit", args=[part.pk]), form(name="Mine", version=seen))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Theirs" in page
    assert 'value="Mine"' in page
    part.refresh_from_db()
    assert part.name == "Theirs"
    # What the page sends back now carries the version that was shown, so the second save is meant.
    again = as_staff.post(reverse("parts:part_edit", args=[part.pk]), form(name="Mine", version=part.version))
    assert again.status_code == 302
    part.refresh_from_db()
    assert part.name == "Mine"


def test_a_copy_takes_the_fields_over_but_not_what_must_be_unique(as_staff):
    part = make_part(sku="OLD", name="Rail", barcode="4012345678901", unit_price=Decimal("9.9"))
    form = as_staff.get(reverse("parts:part_new"), {"copy": part.pk}).context["form"]
    assert form["name"].value() == "Rail"
    assert form["unit_price"].value() == Decimal("9.9000")
    assert not form["sku"].value()
    assert not form["barcode"].value()
    assert as_staff.get(reverse("parts:part_new"), {"copy": "nonsense"}).status_code == 200


# --- Verbs


def test_receive_moves_stock_and_goes_back_to_the_part(as_staff, staff):
    part, place = make_part(), make_location()
    answer = as_staff.post(
        reverse("parts:part_receive", args=[part.pk]), {"quantity": "12", "unit_cost": "1.5", "location": place.pk}
    )
    part.refresh_from_db()
    assert answer.url == part.get_absolute_url()
    assert (part.current_stock, part.average_cost) == (12, Decimal("1.5"))
    assert StockMovement.objects.get().created_by == staff


def test_a_form_that_is_sent_twice_moves_stock_once(as_staff):
    part, place = make_part(), make_location()
    sent = {"quantity": "12", "location": place.pk, "form_key": "a" * 32}
    first = as_staff.post(reverse("parts:part_receive", args=[part.pk]), sent)
    second = as_staff.post(reverse("parts:part_receive", args=[part.pk]), sent)
    part.refresh_from_db()
    assert (first.status_code, second.status_code) == (302, 302)
    assert part.current_stock == 12


def test_more_than_is_free_is_refused_beside_the_quantity(as_staff):
    part = make_part()
    place = make_stock(part, 3)
    answer = as_staff.post(reverse("parts:part_issue", args=[part.pk]), {"quantity": "4", "location": place.pk})
    assert answer.status_code == 422
    assert answer.context["form"].errors["quantity"] == [f"{part.sku}: 4 needed, 3 free."]


def test_htmx_gets_the_questions_as_a_dialog_and_is_sent_on_afterwards(as_staff):
    part, place = make_part(), make_location()
    url = reverse("parts:part_receive", args=[part.pk])
    assert "<html" not in as_staff.get(url, headers={"HX-Request": "true"}).content.decode()
    answer = as_staff.post(url, {"quantity": "1", "location": place.pk}, headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == part.get_absolute_url()


def test_a_deleted_part_can_be_taken_back_from_its_toast(as_manager):
    part = make_part()
    answer = as_manager.post(reverse("parts:part_delete", args=[part.pk]), follow=True)
    undo = reverse("parts:part_restore", args=[part.pk])
    assert undo in answer.content.decode()
    as_manager.post(undo)
    assert Part.objects.filter(pk=part.pk).exists()


def test_a_part_in_use_is_not_deleted_and_the_page_says_why(as_manager):
    part = make_part()
    make_stock(part, 1)
    page = as_manager.post(reverse("parts:part_delete", args=[part.pk]), follow=True).content.decode()
    assert "cannot be deleted" in page
    assert Part.objects.filter(pk=part.pk).exists()


def test_bulk_changes_what_it_can_and_names_what_it_refused(as_manager):
    free, used = make_part(sku="FREE"), make_part(sku="USED")
    make_stock(used, 1)
    answer = as_manager.post(
        reverse("parts:part_bulk"), {"action": "discard", "selected": [free.pk, used.pk]}, follow=True
    )
    page = answer.content.decode()
    assert "1 part moved to the trash." in page
    assert "USED cannot be deleted" in page
    assert list(Part.objects.values_list("sku", flat=True)) == ["USED"]


def test_bulk_sets_a_category_with_history(as_staff, staff):
    part, category = make_part(), make_category()
    as_staff.post(reverse("parts:part_bulk"), {"action": "category", "category": category.pk, "selected": [part.pk]})
    part.refresh_from_db()
    assert part.category == category
    assert part.history.first().history_user == staff


def test_setting_no_category_takes_none_away(as_staff):
    part = make_part(category=Category.objects.create(name="Screws"))
    answer = as_staff.post(reverse("parts:part_bulk"), {"action": "category", "selected": [part.pk]}, follow=True)
    assert "Choose the category first." in answer.content.decode()
    part.refresh_from_db()
    assert part.category.name == "Screws"


def test_bulk_delete_is_not_for_staff(as_staff):
    part = make_part()
    assert as_staff.post(reverse("parts:part_bulk"), {"action": "discard", "selected": [part.pk]}).status_code == 403
    assert Part.objects.exists()


@pytest.mark.parametrize(
    "sent",
    [
        {"action": "category", "category": "x"},
        {"selected": ["x"]},
        {"action": "nonsense"},
        {"next": "https://evil.example.com"},
    ],
)
def test_bulk_takes_nonsense_calmly(as_manager, sent):
    make_part()
    answer = as_manager.post(reverse("parts:part_bulk"), sent)
    assert answer.status_code == 302
    assert answer.url.startswith("/parts/")


# --- One part


def test_the_detail_page_shows_stock_reservations_movements_and_history(as_staff, staff):
    part = make_part(sku="SHOW", by=staff)
    place = make_stock(part, 10, unit_cost=Decimal("2"), by=staff)
    part.reserve(4, by=staff, note="Fair")
    part.revise({"name": "Renamed"}, by=staff, version=part.version)
    page = as_staff.get(part.get_absolute_url()).content.decode()
    for shown in ("Fair", place.code, "Renamed", "€20.00", str(staff)):
        assert shown in page


def test_the_detail_page_costs_at_most_fifteen_queries(as_staff, staff, count_queries):
    part = make_part(category=make_category())
    place = make_stock(part, 10)
    for _ in range(3):
        part.reserve(1, by=staff, note="x")
        part.issue(1, location=place, by=staff)
        part.revise({"category": make_category(), "name": f"{part.name}."}, by=staff, version=part.version)
    with count_queries() as queries:
        as_staff.get(part.get_absolute_url())
    assert len(queries) <= 15


def test_nothing_is_found_where_there_is_nothing(as_viewer):
    assert as_viewer.get("/parts/00000000-0000-7000-8000-000000000000/").status_code == 404


def test_a_category_under_itself_is_refused_beside_the_field(as_manager):
    top = make_category(name="Top")
    below = make_category(name="Below", parent=top)
    answer = as_manager.post(
        reverse("parts:category_edit", args=[top.pk]), {"name": "Top", "parent": below.pk, "version": top.version}
    )
    assert answer.status_code == 422
    assert "parent" in answer.context["form"].errors
    assert Category.objects.get(pk=top.pk).parent is None


def test_remote_choices_find_by_any_word_of_the_path(as_viewer):
    top = make_category(name="Fasteners")
    make_category(name="Screws", parent=top)
    found = as_viewer.get(reverse("parts:category_choices"), {"q": "fast scr"}).json()["results"]
    assert [each["hint"] for each in found] == ["Fasteners / Screws"]


def test_a_verb_opened_in_the_browser_asks_before_it_acts(as_manager):
    """As after signing in again: the address of a button is opened, not posted to."""
    part = make_part(sku="A-1")
    page = as_manager.get(reverse("parts:part_delete", args=[part.pk])).content.decode()
    assert "Please confirm" in page
    assert "Carry out" in page
    part.refresh_from_db()
    assert part.deleted_at is None
