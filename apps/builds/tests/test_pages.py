"""Pages of this room: who may open them, what they show, what a form does."""

from decimal import Decimal

import pytest
from django.urls import reverse

from apps.builds.models import BuildRevision, ImportStatus, Kind, PartsListImport, PrinterBuild, Status
from apps.builds.tests.factories import fill, make_build, make_revision, xlsx
from apps.parts.models import Part
from apps.parts.tests.factories import make_part, make_stock

pytestmark = pytest.mark.django_db

LISTS = [
    ("builds:build_list", "viewer"),
    ("builds:build_choices", "viewer"),
    ("builds:import_list", "staff"),
    ("builds:build_new", "manager"),
    ("builds:build_trash", "manager"),
]
OF_A_BUILD = [
    ("builds:build_detail", "viewer"),
    ("builds:build_draft", "staff"),
    ("builds:build_edit", "manager"),
]
OF_A_REVISION = [
    ("builds:revision_detail", "viewer"),
    ("builds:revision_compare", "viewer"),
    ("builds:revision_edit", "staff"),
    ("builds:revision_release", "manager"),
]
POSTED = [
    ("builds:revision_make_current", "manager"),
    ("builds:revision_retire", "manager"),
    ("builds:revision_delete", "manager"),
    ("builds:revision_restore", "manager"),
]
RANKS = ["viewer", "staff", "manager"]


@pytest.fixture
def browsers(as_viewer, as_staff, as_manager):
    return dict(zip(RANKS, (as_viewer, as_staff, as_manager), strict=True))


def asks_for(role: str, url: str, client, browsers, *, method: str = "get", allowed=(200,)) -> None:
    assert getattr(client, method)(url).status_code == 302
    for rank, (who, browser) in enumerate(browsers.items()):
        status = getattr(browser, method)(url).status_code
        assert status in (allowed if rank >= RANKS.index(role) else (403,)), who


# --- Who may


@pytest.mark.parametrize(("name", "role"), LISTS)
def test_each_list_asks_for_its_permission(client, browsers, name, role):
    asks_for(role, reverse(name), client, browsers)


@pytest.mark.parametrize(("name", "role"), OF_A_BUILD)
def test_each_page_of_a_build_asks_for_its_permission(client, browsers, name, role):
    asks_for(role, reverse(name, args=[make_build().pk]), client, browsers)


@pytest.mark.parametrize(("name", "role"), OF_A_REVISION)
def test_each_page_of_a_revision_asks_for_its_permission(client, browsers, name, role):
    asks_for(role, reverse(name, args=[make_revision().pk]), client, browsers)


@pytest.mark.parametrize(("name", "role"), POSTED)
def test_verbs_without_questions_ask_for_their_permission(client, browsers, name, role):
    asks_for(role, reverse(name, args=[make_revision().pk]), client, browsers, method="post", allowed=(302,))


def test_files_of_a_bill_ask_for_their_permission(client, browsers):
    revision = make_revision(released=True)
    asks_for("staff", reverse("builds:revision_export", args=[revision.pk, "csv"]), client, browsers)
    asks_for("viewer", reverse("builds:for_part", args=[make_part().pk]), client, browsers)


def test_pages_of_a_parts_list_ask_for_their_permission(client, browsers):
    record = PartsListImport.upload(xlsx([("1", "A", "x", 1)]), by=None, model_number="X")
    asks_for("staff", reverse("builds:import_detail", args=[record.pk]), client, browsers)
    asks_for("staff", reverse("builds:import_row", args=[record.rows.get().pk]), client, browsers)
    for name in ("import_check", "import_target", "import_accept", "import_discard"):
        url = reverse(f"builds:{name}", args=[record.pk])
        assert client.post(url).status_code == 302
        assert browsers["viewer"].post(url).status_code == 403


# --- Lists and details


def test_the_list_costs_the_same_queries_with_one_row_and_with_three(as_staff, count_queries):
    def cost() -> int:
        with count_queries() as queries:
            assert as_staff.get(reverse("builds:build_list")).status_code == 200
        return len(queries)

    make_revision(released=True)
    with_one = cost()
    make_revision(released=True)
    make_revision(released=True)
    assert cost() == with_one
    assert with_one <= 10


def test_the_list_shows_revision_cost_and_margin(as_viewer):
    part = make_part()
    make_stock(part, 5, unit_cost=Decimal("30"))
    build = make_build(model_number="XP77", base_price=Decimal("100"))
    make_revision(build, {part: 2}, released=True)
    page = as_viewer.get(reverse("builds:build_list")).content.decode()
    for text in ("XP77", ">R1<", "€60.00", "40 %"):
        assert text in page


def test_the_list_is_narrowed_by_kind_state_and_part(as_viewer):
    part = make_part()
    make_revision(make_build(model_number="PRINTER-1"), {part: 1}, released=True)
    make_build(model_number="ASSEMBLY-1", kind=Kind.ASSEMBLY)

    def found(**asked) -> list[bool]:
        page = as_viewer.get(reverse("builds:build_list"), asked).content.decode()
        return [f">{name}</a>" in page for name in ("PRINTER-1", "ASSEMBLY-1")]

    assert found() == [True, True]
    assert found(kind="assembly") == [False, True]
    assert found(state="none") == [False, True]
    assert found(part=part.pk) == [True, False]
    assert found(q="printer-1") == [True, False]


@pytest.mark.parametrize("number_of_lines", [1, 30])
def test_detail_pages_cost_at_most_15_queries(as_viewer, count_queries, number_of_lines):
    inner = make_build(kind=Kind.ASSEMBLY)
    make_revision(inner, {make_part(): 1}, released=True)
    parts = {make_part(): 1 for _ in range(number_of_lines)} | {inner.product: 1}
    revision = make_revision(parts=parts, released=True)
    for url in (revision.get_absolute_url(), revision.build.get_absolute_url()):
        with count_queries() as queries:
            assert as_viewer.get(url).status_code == 200
        assert len(queries) <= 15, url


def test_the_bill_is_searched(as_viewer):
    revision = make_revision(parts={make_part(sku="RAIL-450"): 1, make_part(sku="SCREW-M3"): 9})
    page = as_viewer.get(revision.get_absolute_url(), {"q": "rail"}).content.decode().partition('id="bill-rows"')[2]
    assert "RAIL-450</a>" in page
    assert "SCREW-M3</a>" not in page


def test_a_part_shows_where_it_is_used(as_viewer):
    part = make_part()
    current = make_revision(parts={part: 7}, released=True)
    make_revision(parts={part: 1}, released=True).retire(by=None)
    panel = as_viewer.get(reverse("builds:for_part", args=[part.pk])).content.decode()
    assert str(current) in panel
    assert panel.count("<tr>") == 2
    assert reverse("builds:for_part", args=[part.pk]) in as_viewer.get(part.get_absolute_url()).content.decode()


def test_comparing_shows_the_change(as_viewer):
    part = make_part(sku="CHANGED")
    first = make_revision(parts={part: 2}, released=True)
    second = first.build.draft_revision(by=None)
    fill(second, {part: 5, make_part(sku="ADDED"): 1})
    page = as_viewer.get(reverse("builds:revision_compare", args=[second.pk])).content.decode()
    for text in ("From R1 to R2", "CHANGED", "+3", "ADDED"):
        assert text in page


def test_a_bill_is_exported_and_printed(as_staff):
    part = make_part(sku="EXPORTED", name="A part")
    revision = make_revision(parts={part: 3}, released=True)
    csv = b"".join(as_staff.get(reverse("builds:revision_export", args=[revision.pk, "csv"]))).decode()
    assert "EXPORTED" in csv.splitlines()[1]
    xlsx_file = b"".join(as_staff.get(reverse("builds:revision_export", args=[revision.pk, "xlsx"])))
    assert xlsx_file.startswith(b"PK")
    pdf = as_staff.get(reverse("builds:revision_pdf", args=[revision.pk]))
    assert pdf.content.startswith(b"%PDF")
    assert pdf.headers["Content-Type"] == "application/pdf"


# --- Forms and verbs


def test_a_build_is_created_and_edited(as_manager):
    fields = {
        "model_number": "XP55",
        "name": "Printer",
        "kind": "printer",
        "base_price": "2,490.00",
        "days_to_build": "3",
    }
    answer = as_manager.post(reverse("builds:build_new"), fields)
    build = PrinterBuild.objects.get()
    assert answer.url == build.get_absolute_url()
    assert build.product.sku == "XP55"
    again = as_manager.post(reverse("builds:build_new"), fields)
    assert again.status_code == 422
    assert "A build with this model number exists." in again.content.decode()
    fields |= {"name": "Better", "product": build.product_id, "version": build.version}
    as_manager.post(reverse("builds:build_edit", args=[build.pk]), fields)
    build.refresh_from_db()
    assert (build.name, build.base_price) == ("Better", 2490)


def test_a_draft_is_made_from_the_current_revision(as_staff):
    revision = make_revision(parts={make_part(): 4}, released=True)
    url = reverse("builds:build_draft", args=[revision.build_id])
    answer = as_staff.post(url, {"copy_of": revision.pk, "note": "try"})
    draft = BuildRevision.objects.get(number=2)
    assert answer.url == reverse("builds:revision_edit", args=[draft.pk])
    assert (draft.note, draft.lines.get().quantity) == ("try", 4)


def lines(*rows, version, note="") -> dict:
    columns = ("part", "quantity", "reference", "note")
    return {f"line-{name}": [str(row[n]) for row in rows] for n, name in enumerate(columns)} | {
        "version": version,
        "note": note,
    }


def test_the_bill_is_edited_as_one_table(as_staff, staff):
    a, b = make_part(), make_part()
    revision = make_revision(parts={a: 1})
    sent = lines((b.pk, "1,200", "7", "loose"), ("", "", "", ""), (a.pk, "3", "", ""), version=revision.version)
    answer = as_staff.post(reverse("builds:revision_edit", args=[revision.pk]), sent)
    assert answer.url == revision.get_absolute_url()
    assert [(line.part, line.quantity, line.reference, line.note) for line in revision.lines.all()] == [
        (b, 1200, "7", "loose"),
        (a, 3, "", ""),
    ]
    revision.refresh_from_db()
    assert revision.updated_by == staff


@pytest.mark.parametrize(
    ("part", "quantity", "says"),
    [
        ("ok", "abc", "must be a number greater than zero"),
        ("ok", "0", "must be a number greater than zero"),
        ("ok", "NaN", "must be a number greater than zero"),
        ("ok", "1e400", "must be a number greater than zero"),
        ("", "4", "Choose a part."),
        ("nonsense", "4", "Choose a part."),
        ("ok", "1.5", "counted in whole"),
    ],
)
def test_a_bad_line_comes_back_with_what_was_typed(as_staff, part, quantity, says):
    revision = make_revision()
    before = revision.lines.get().part
    sent = lines((make_part().pk if part == "ok" else part, quantity, "", "keep me"), version=revision.version)
    answer = as_staff.post(reverse("builds:revision_edit", args=[revision.pk]), sent)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert says in page
    assert "keep me" in page
    assert revision.lines.get().part == before


def test_a_stale_edit_is_refused_and_keeps_the_input(as_staff):
    revision, part = make_revision(), make_part(sku="MINE")
    version = revision.version
    fill(revision, {make_part(): 1})
    sent = lines((part.pk, "5", "", ""), version=version)
    answer = as_staff.post(reverse("builds:revision_edit", args=[revision.pk]), sent)
    assert answer.status_code == 409
    assert "MINE" in answer.content.decode()
    assert not revision.lines.filter(part=part).exists()


def test_rows_of_a_spreadsheet_are_pasted(as_staff):
    make_part(sku="BY-SKU")
    make_part(sku="OTHER", cad_name="By CAD")
    revision = make_revision()
    text = "BY-SKU\t4\t12\tleft\nby cad\t2,5\nUnknown\t1\n"
    page = as_staff.post(reverse("builds:revision_paste", args=[revision.pk]), {"text": text}).content.decode()
    assert page.count("data-bill-row") == 2
    for piece in ("BY-SKU", "OTHER", 'value="4"', 'value="2,5"', 'value="12"', 'value="left"', "Unknown"):
        assert piece in page
    assert revision.lines.count() == 1


def test_releasing_shows_warnings_and_does_it(as_manager):
    revision = make_revision(parts={make_part(sku="OLD", is_discontinued=True): 1})
    url = reverse("builds:revision_release", args=[revision.pk])
    assert "OLD is discontinued." in as_manager.get(url).content.decode()
    as_manager.post(url)
    revision.refresh_from_db()
    assert (revision.status, revision.is_current) == (Status.RELEASED, True)
    assert as_manager.post(url).status_code == 422


def test_an_empty_draft_is_not_released_and_says_why(as_manager):
    revision = make_revision(parts={})
    answer = as_manager.post(reverse("builds:revision_release", args=[revision.pk]))
    assert answer.status_code == 422
    assert "has no lines yet" in answer.content.decode()


def test_a_released_bill_has_no_edit_page(as_staff):
    revision = make_revision(released=True)
    answer = as_staff.get(reverse("builds:revision_edit", args=[revision.pk]))
    assert answer.url == revision.get_absolute_url()


# --- Parts lists


def test_a_list_is_uploaded_corrected_and_accepted(as_staff):
    build, known = make_build(), make_part(sku="KNOWN")
    file = xlsx([("1*", "Neue Platte", "maria", 2), ("2*", "Rätsel", "ob", 1)])
    answer = as_staff.post(reverse("builds:import_list"), {"file": file, "build": build.pk})
    record = PartsListImport.objects.get()
    assert answer.url == record.get_absolute_url()
    page = as_staff.get(answer.url).content.decode()
    assert "Neue Platte" in page
    assert "Rätsel" in page
    puzzle = record.rows.get(number=3)
    settled = {"decision": "matched", "part": known.pk, "unit": "H87", "procurement": "buy"}
    as_staff.post(reverse("builds:import_row", args=[puzzle.pk]), settled)
    answer = as_staff.post(reverse("builds:import_accept", args=[record.pk]))
    record.refresh_from_db()
    assert answer.url == record.revision.get_absolute_url()
    assert [line.part.sku for line in record.revision.lines.select_related("part")] == ["Neue Platte", "KNOWN"]
    assert as_staff.get(record.get_absolute_url()).status_code == 200


def test_a_quantity_is_corrected_with_its_row(as_staff):
    record = PartsListImport.upload(xlsx([("1", "A", "x", "many")]), by=None, model_number="X")
    row, part = record.rows.get(), make_part()
    url = reverse("builds:import_row", args=[row.pk])
    assert 'name="quantity"' in as_staff.get(url).content.decode()
    settled = {"decision": "matched", "part": part.pk, "unit": "H87", "procurement": "buy"}
    refused = as_staff.post(url, settled)
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["quantity"])
    as_staff.post(url, settled | {"quantity": "12"})
    row.refresh_from_db()
    assert (row.kind, row.quantity) == ("matched", 12)


def test_a_new_part_needs_sku_and_name(as_staff):
    record = PartsListImport.upload(xlsx([("1", "A", "x", 1)]), by=None, model_number="X")
    url = reverse("builds:import_row", args=[record.rows.get().pk])
    answer = as_staff.post(url, {"decision": "new", "sku": "", "name": "", "unit": "H87", "procurement": "buy"})
    assert answer.status_code == 422
    assert answer.content.decode().count("A new part needs this.") == 2


def test_a_file_that_is_no_list_is_refused_beside_the_field(as_staff):
    answer = as_staff.post(reverse("builds:import_list"), {"file": xlsx([("a",)], headings=("Foo",))})
    assert answer.status_code == 422
    assert "no heading row" in answer.content.decode()
    assert not PartsListImport.objects.exists()


def test_columns_are_chosen_by_hand(as_staff):
    record = PartsListImport.upload(xlsx([("A", 2)], headings=("Modell", "Menge")), by=None, model_number="X")
    assert "Say which column holds" in as_staff.get(record.get_absolute_url()).content.decode()
    url = reverse("builds:import_check", args=[record.pk])
    assert as_staff.post(url, {"column-1": "", "column-2": "quantity"}).status_code == 422
    assert as_staff.post(url, {"column-1": "file_name", "column-2": "quantity"}).status_code == 302
    record.refresh_from_db()
    assert record.status == ImportStatus.CHECKED


def test_only_who_may_make_builds_accepts_for_a_new_one(as_staff, as_manager):
    record = PartsListImport.upload(xlsx([("1", "A", "x", 1)]), by=None, model_number="BRANDNEW")
    url = reverse("builds:import_accept", args=[record.pk])
    assert as_staff.post(url).status_code == 403
    assert as_manager.post(url).status_code == 302
    assert PrinterBuild.objects.get().model_number == "BRANDNEW"


def test_accepting_what_is_not_settled_says_so_and_writes_nothing(as_staff):
    build = make_build()
    record = PartsListImport.upload(xlsx([("1", "A", "x", "many")]), by=None, build=build)
    parts = Part.objects.count()
    answer = as_staff.post(reverse("builds:import_accept", args=[record.pk]), follow=True)
    assert "must be settled first" in answer.content.decode()
    assert Part.objects.count() == parts


def test_a_list_is_discarded(as_staff):
    record = PartsListImport.upload(xlsx([("1", "A", "x", 1)]), by=None, model_number="X")
    as_staff.post(reverse("builds:import_discard", args=[record.pk]))
    record.refresh_from_db()
    assert record.status == ImportStatus.DISCARDED
