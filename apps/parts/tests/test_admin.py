import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from apps.parts.models import Category, Part, StockMovement
from apps.parts.tests.factories import make_category, make_location, make_part, make_stock

LISTS = ["category", "storagelocation", "part", "stockmovement", "reservation"]


def at(name: str, page: str, *args) -> str:
    return reverse(f"admin:parts_{name}_{page}", args=args)


def words(response) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


@pytest.fixture
def pages(db) -> list[str]:
    """Every page of the room in the back office."""
    category, place, part = make_category(), make_location(), make_part()
    make_stock(part, 5, location=place)
    reservation = part.reserve(1, by=None)
    records = [("category", category), ("storagelocation", place), ("part", part), ("reservation", reservation)]
    found = [at(name, "changelist") for name in LISTS]
    found += [at(name, "add") for name in LISTS[:3]]
    found += [at(name, page, record.pk) for name, record in records for page in ("change", "history")]
    found += [at(name, "delete", record.pk) for name, record in records[:3]]
    return [*found, at("stockmovement", "change", StockMovement.objects.first().pk)]


def test_a_manager_opens_every_page(pages, as_manager):
    assert {path: as_manager.get(path).status_code for path in pages} == dict.fromkeys(pages, 200)


@pytest.mark.parametrize("who", ["as_staff", "as_viewer"])
def test_staff_and_viewers_have_no_back_office(pages, request, who):
    client = request.getfixturevalue(who)
    assert {client.get(path).status_code for path in pages} <= {302, 403}


def test_nobody_gets_in_without_signing_in(pages):
    answers = [Client().get(path) for path in pages]
    assert all(answer.status_code == 302 and "login" in answer["Location"] for answer in answers)


# --- Saving


@pytest.fixture
def part_form():
    """The fields of the form, as the browser sends them for a part."""

    def fields(part: Part | None = None, **changes):
        values = {"sku": "FAN-40", "name": "Fan", "unit": "H87", "procurement": "buy"}
        values |= {"minimum_stock": "0", "reorder_quantity": "0", "unit_price": "0"}
        values |= {"levels-TOTAL_FORMS": "0", "levels-INITIAL_FORMS": "0"}
        if part:
            values |= {"sku": part.sku, "name": part.name, "seen_version": part.version}
        return values | changes

    return fields


def test_adding_writes_the_history_with_the_user(as_manager, manager, part_form):
    pairs = {"specifications-key": ["V", ""], "specifications-value": ["24", ""]}
    answer = as_manager.post(at("part", "add"), part_form(**pairs))
    assert answer.status_code == 302
    part = Part.objects.get(sku="FAN-40")
    assert (part.created_by, part.specifications) == (manager, {"V": "24"})
    row = part.history.get()
    assert (row.history_user, row.history_change_reason) == (manager, "admin")


def test_editing_revises_the_record(as_manager, manager, part_form):
    part, category = make_part(), make_category()
    answer = as_manager.post(at("part", "change", part.pk), part_form(part, name="Renamed", category=category.pk))
    assert answer.status_code == 302
    part.refresh_from_db()
    assert (part.name, part.category, part.version, part.updated_by) == ("Renamed", category, 2, manager)
    assert part.history.first().history_user == manager


def test_saving_without_a_change_writes_nothing(as_manager, part_form):
    part = make_part()
    assert as_manager.post(at("part", "change", part.pk), part_form(part)).status_code == 302
    part.refresh_from_db()
    assert (part.version, part.history.count()) == (1, 1)


def test_a_stale_edit_is_refused_and_names_the_other(as_manager, staff, part_form):
    part = make_part()
    fields = part_form(part, name="Mine")
    part.revise({"name": "Theirs"}, by=staff, version=1)
    answer = as_manager.post(at("part", "change", part.pk), fields)
    assert answer.status_code == 200
    assert "Staff Example has saved this record" in answer.content.decode()
    part.refresh_from_db()
    assert part.name == "Theirs"


def test_a_form_without_the_version_changes_nothing(as_manager, part_form):
    part = make_part(name="Kept")
    fields = part_form(part, name="Mine")
    del fields["seen_version"]
    assert as_manager.post(at("part", "change", part.pk), fields).status_code == 200
    part.refresh_from_db()
    assert part.name == "Kept"


def test_running_columns_cannot_be_typed(as_manager, part_form):
    part = make_part()
    as_manager.post(at("part", "change", part.pk), part_form(part, name="New", current_stock="99", average_cost="9"))
    part.refresh_from_db()
    assert (part.name, part.current_stock, part.average_cost) == ("New", 0, 0)


def test_specifications_are_typed_as_names_and_texts(as_manager, part_form):
    part = make_part(specifications={"Length": "450 mm"})
    page = as_manager.get(at("part", "change", part.pk)).content.decode()
    assert 'name="specifications-key" value="Length"' in page
    assert 'name="specifications-value" value="450 mm"' in page

    pairs = {"specifications-key": ["Length", "Width"], "specifications-value": ["450 mm", "2 m"]}
    assert as_manager.post(at("part", "change", part.pk), part_form(part, **pairs)).status_code == 302
    part.refresh_from_db()
    assert part.specifications == {"Length": "450 mm", "Width": "2 m"}


def test_a_name_that_is_taken_is_refused(as_manager, part_form):
    make_part(sku="fan-40")
    answer = as_manager.post(at("part", "add"), part_form())
    assert "A part with this SKU exists." in answer.content.decode()


def test_the_unit_of_a_part_that_has_moved_is_refused_beside_its_field(as_manager, part_form):
    part = make_part()
    make_stock(part, 5)
    answer = as_manager.post(at("part", "change", part.pk), part_form(part, unit="MTR", name="Hose"))
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors.keys() == {"unit"}
    part.refresh_from_db()
    assert (part.unit, part.version) == ("H87", 1)


# --- Deleting


def test_deleting_moves_to_the_trash(as_manager, manager):
    part = make_part()
    assert as_manager.post(at("part", "delete", part.pk), {"post": "yes"}).status_code == 302
    part.refresh_from_db()
    assert part.deleted_at
    row = part.history.first()
    assert (row.history_user, row.history_change_reason) == (manager, "delete")
    assert LogEntry.objects.get().user == manager


def test_a_record_in_use_names_its_users_and_stays(as_manager):
    part = make_part()
    make_stock(part, 5)
    path = at("part", "delete", part.pk)
    assert "1 stock movement" in as_manager.get(path).content.decode()
    as_manager.post(path, {"post": "yes"})
    part.refresh_from_db()
    assert part.deleted_at is None


def test_the_bulk_action_does_what_can_be_done(as_manager):
    free, used = make_part(sku="FREE"), make_part(sku="USED")
    make_stock(used, 1)
    answer = as_manager.post(
        at("part", "changelist"), {"action": "move_to_trash", "_selected_action": [free.pk, used.pk]}
    )
    assert words(answer) == [
        "USED cannot be deleted, it is used by: 1 stock movement, 1 stock level.",
        "1 record moved to the trash.",
    ]
    assert list(Part.objects.values_list("sku", flat=True)) == ["USED"]


def test_django_s_own_delete_action_is_gone(as_manager):
    part = make_part()
    page = as_manager.get(at("part", "changelist")).content.decode()
    assert "delete_selected" not in page
    as_manager.post(
        at("part", "changelist"), {"action": "delete_selected", "_selected_action": [part.pk], "post": "yes"}
    )
    assert Part.objects.filter(pk=part.pk).exists()


def test_the_trash_is_shown_apart_and_gives_back(as_manager, manager):
    kept, trashed = make_category(name="Kept"), make_category(name="Thrown")
    trashed.discard(by=None)
    path = at("category", "changelist")
    assert list(as_manager.get(path).context["cl"].result_list) == [kept]
    assert list(as_manager.get(f"{path}?trash=1").context["cl"].result_list) == [trashed]
    answer = as_manager.post(f"{path}?trash=1", {"action": "take_out", "_selected_action": [trashed.pk]})
    assert words(answer) == ["1 record restored."]
    assert Category.objects.filter(pk=trashed.pk).exists()
    assert trashed.history.first().history_user == manager


def test_what_cannot_come_back_says_why(as_manager):
    trashed = make_part(sku="FAN")
    trashed.discard(by=None)
    make_part(sku="FAN")
    answer = as_manager.post(
        f"{at('part', 'changelist')}?trash=1", {"action": "take_out", "_selected_action": [trashed.pk]}
    )
    assert words(answer) == ["FAN: A part with this SKU exists."]


def test_a_record_in_the_trash_can_be_read_and_not_changed(as_manager, part_form):
    part = make_part()
    part.discard(by=None)
    path = at("part", "change", part.pk)
    assert as_manager.get(path).status_code == 200
    assert as_manager.post(path, part_form(part, name="New")).status_code == 403


# --- What is only read


@pytest.mark.parametrize("name", ["stockmovement", "reservation"])
def test_the_ledger_and_reservations_are_only_read(as_admin, name):
    part = make_part()
    make_stock(part, 5)
    row = {"stockmovement": part.movements.first(), "reservation": part.reserve(1, by=None)}[name]
    assert as_admin.get(at(name, "add")).status_code == 403
    assert as_admin.post(at(name, "change", row.pk), {"quantity": "1"}).status_code == 403
    assert as_admin.post(at(name, "delete", row.pk), {"post": "yes"}).status_code == 403


# --- Finding


def test_the_history_page_shows_who_changed_what(as_manager, staff):
    part = make_part(name="Before")
    part.revise({"name": "After"}, by=staff, version=1)
    page = as_manager.get(at("part", "history", part.pk)).content.decode()
    assert "<del>Before</del> → <ins>After</ins>" in page
    assert "Staff Example" in page


def test_long_choices_are_searched_and_leave_the_trash_out(as_manager):
    make_category(name="Fans")
    make_category(name="Fan guards").discard(by=None)
    field = {"app_label": "parts", "model_name": "part", "field_name": "category", "term": "fan"}
    answer = as_manager.get(reverse("admin:autocomplete"), field)
    assert [each["text"] for each in answer.json()["results"]] == ["Fans"]
    assert 'data-ajax--url="/admin/autocomplete/"' in as_manager.get(at("part", "add")).content.decode()


def test_parts_are_found_as_on_the_pages(as_manager):
    found = make_part(sku="MGN12_450", name="Linear rail")
    make_part(name="Linear bearing")
    answer = as_manager.get(at("part", "changelist"), {"q": "rail mgn"})
    assert list(answer.context["cl"].result_list) == [found]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_the_same_for_one_row_and_for_three(name, as_manager, manager, count_queries):
    def fill():
        category = make_category(parent=make_category(), by=manager)
        place = make_location(parent=make_location(), by=manager)
        part = make_part(category=category, by=manager)
        make_stock(part, 5, location=place, by=manager)
        part.reserve(1, by=manager)

    fill()
    as_manager.get(at(name, "changelist"))  # content types are read once a process
    with count_queries() as one:
        as_manager.get(at(name, "changelist"))
    fill()
    fill()
    with count_queries() as three:
        assert len(as_manager.get(at(name, "changelist")).context["cl"].result_list) >= 3
    assert len(one) == len(three)
    assert len(one) <= 9


# --- In the browser


@pytest.mark.journey
def test_the_back_office_works_under_the_strict_policy(open_page, manager):
    part = make_part(sku="FAN-40", category=make_category(name="Fans"))
    make_category(name="Motors")
    page = open_page(manager)
    page.goto("/admin/")
    page.get_by_role("link", name="Parts", exact=True).last.click()
    page.get_by_role("link", name="FAN-40").click()
    page.locator("#select2-id_category-container").click()
    page.get_by_role("option", name="Motors").click()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("was changed successfully").wait_for()
    page.goto(at("part", "history", part.pk))
    expect(page.locator("#change-history ins")).to_have_text("Motors")
    page.goto(at("part", "delete", part.pk))
    page.get_by_role("button", name="Move to the trash").click()
    page.get_by_text("is in the trash now").wait_for()
    page.get_by_role("link", name="Back to GM-TC").click()
    part.refresh_from_db()
    assert part.deleted_at


@pytest.mark.journey
def test_the_api_is_described_in_the_browser(open_page, manager):
    page = open_page(manager)
    page.goto("/api/docs")
    page.get_by_label("Search", exact=True).fill("parts.receive_part")
    shown = page.locator(".api-operation:visible")
    assert shown.count() == 1
    shown.locator("summary").click()
    page.get_by_text("parts.receive_part").wait_for()
