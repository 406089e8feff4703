"""The pages of the import."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from apps.parts.models import Category, Part, PartImport
from apps.parts.resources import PartResource
from apps.parts.tests.factories import make_part
from apps.parts.tests.test_import import many, upload_rows, xlsx
from gmtc.imports import SILENT

pytestmark = pytest.mark.django_db
LIST = "/parts/import/"


def post_file(client, content, name="parts.xlsx", **fields):
    return client.post(LIST, {"file": SimpleUploadedFile(name, content)} | fields)


def addresses(record) -> dict[str, list[str]]:
    gets = [LIST, "/parts/import/template.csv", "/parts/import/template.xlsx"]
    gets += [reverse(f"parts:import_{page}", args=[record.pk]) for page in ("detail", "progress")]
    posts = [reverse(f"parts:import_{page}", args=[record.pk]) for page in ("check", "accept", "discard", "resume")]
    return {"get": gets, "post": [LIST, *posts]}


def test_every_address_asks_for_the_permission(client, as_viewer, manager):
    found = upload_rows(["SKU", "Name"], ["A", "x"], by=manager)
    for method, urls in addresses(found).items():
        for url in urls:
            assert getattr(client, method)(url).url.startswith("/accounts/login/")
            assert getattr(as_viewer, method)(url).status_code == 403
    found.refresh_from_db()
    assert found.status == "checked"


def test_verbs_are_only_posted(as_manager, manager):
    found = upload_rows(["SKU", "Name"], ["A", "x"], by=manager)
    for url in addresses(found)["post"][1:]:
        assert as_manager.get(url).status_code == 405


def test_a_file_is_uploaded_looked_at_and_imported(as_manager):
    make_part(sku="OLD", name="Old")
    response = post_file(as_manager, xlsx(["SKU", "Name"], ["OLD", "Newer"], ["NEW", "New"]))
    found = PartImport.objects.get()
    assert response.url == found.get_absolute_url()
    page = as_manager.get(found.get_absolute_url()).content.decode()
    assert "<del>Old</del> <ins>Newer</ins>" in page
    assert reverse("parts:import_accept", args=[found.pk]) in page
    assert as_manager.post(reverse("parts:import_accept", args=[found.pk])).url == found.get_absolute_url()
    assert set(Part.objects.values_list("name", flat=True)) == {"Newer", "New"}
    page = as_manager.get(found.get_absolute_url()).content.decode()
    assert "Imported: 1 new, 1 changed." in page
    shown = as_manager.get(f"/parts/?imported={found.pk}").content.decode()
    assert "OLD" in shown
    assert "NEW" in shown


def test_the_parts_of_one_import_can_be_listed(as_manager, manager):
    make_part(sku="SAME-1", name="x")
    make_part(sku="OTHER-1")
    found = upload_rows(["SKU", "Name"], ["NEW-1", "New"], ["SAME-1", "x"], by=manager)
    found.accept(by=manager)
    rows = as_manager.get(f"/parts/?imported={found.pk}&export=csv")
    text = b"".join(rows.streaming_content).decode()
    assert "NEW-1" in text
    assert "SAME-1" not in text
    assert "OTHER-1" not in text


def test_a_faulty_cell_is_shown_with_its_address_and_nothing_can_be_accepted(as_manager, manager):
    found = upload_rows(["SKU", "Name", "Price", "Mood"], ["A", "x", 1], ["B", "y", "abc"], by=manager)
    page = as_manager.get(found.get_absolute_url()).content.decode()
    assert "<strong>C3</strong> “abc” is not a number." in page
    assert "1 row is faulty, so nothing is imported. Correct the file" in page
    assert "Not imported, as no field fits: Mood." in page
    assert reverse("parts:import_accept", args=[found.pk]) not in page
    as_manager.post(reverse("parts:import_accept", args=[found.pk]))
    assert not Part.objects.exists()


@pytest.mark.parametrize("content", [b"MZ\x90\x00" + bytes(range(256)), b"", b"Foo;Bar\r\n1;2"])
def test_a_file_that_is_no_table_comes_back_with_a_reason(as_manager, content):
    response = post_file(as_manager, content, name="parts.xlsx")
    if response.status_code == 302:  # a table, but not ours: the import says so
        assert "There is no heading row" in as_manager.get(response.url).content.decode()
    else:
        assert response.status_code == 422
        assert not PartImport.objects.exists()


def test_columns_are_corrected_on_the_page(as_manager, manager):
    found = upload_rows(["Thing", "Name"], ["A", "x"], by=manager)
    page = as_manager.get(found.get_absolute_url()).content.decode()
    assert "no column “SKU”" in page
    url = reverse("parts:import_check", args=[found.pk])
    refused = as_manager.post(url, {"column-1": "name", "column-2": "name"})
    assert refused.status_code == 422
    assert "Choose one" in refused.content.decode()
    as_manager.post(url, {"column-1": "sku", "column-2": "name"})
    found.refresh_from_db()
    assert (found.status, found.mapping, found.new_rows) == ("checked", ["sku", "name"], 1)


def test_options_are_kept_and_can_be_changed(as_manager):
    content = xlsx(["SKU", "Name", "Category"], ["A", "x", "Nowhere"])
    post_file(as_manager, content, creates_branches="on", decimal_mark=",")
    found = PartImport.objects.get()
    assert (found.options, found.faulty_rows) == ({"creates_branches": True, "decimal_mark": ","}, 0)
    as_manager.post(
        reverse("parts:import_check", args=[found.pk]), {"column-1": "sku", "column-2": "name", "column-3": "category"}
    )
    found.refresh_from_db()
    assert (found.options, found.faulty_rows) == ({}, 1)
    assert not Category.objects.exists()


def test_a_discarded_import_leaves_the_list(as_manager, manager):
    found = upload_rows(["SKU", "Name"], ["A", "x"], by=manager)
    assert found.original_name in as_manager.get(LIST).content.decode()
    assert as_manager.post(reverse("parts:import_discard", args=[found.pk])).url == LIST
    assert found.get_absolute_url() not in as_manager.get(LIST).content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_running_import_shows_progress_until_it_is_done(as_manager, run_jobs):
    post_file(as_manager, xlsx(*many(501)))
    found = PartImport.objects.get()
    page = as_manager.get(found.get_absolute_url()).content.decode()
    progress = reverse("parts:import_progress", args=[found.pk])
    assert f'hx-get="{progress}"' in page
    assert 'hx-trigger="every 1s"' in page
    fragment = as_manager.get(progress)
    assert b"<progress" in fragment.content
    assert b"<html" not in fragment.content
    run_jobs()
    assert as_manager.get(progress).headers["HX-Refresh"] == "true"
    assert "Import 501 rows" in as_manager.get(found.get_absolute_url()).content.decode()


@pytest.mark.django_db(transaction=True)
def test_an_import_whose_job_fell_silent_can_be_started_again(as_manager, run_jobs):
    post_file(as_manager, xlsx(*many(501)))
    found = PartImport.objects.get()
    resume = reverse("parts:import_resume", args=[found.pk])
    assert resume not in as_manager.get(found.get_absolute_url()).content.decode()
    PartImport.everything.update(seen_alive=timezone.now() - SILENT * 2)
    assert resume in as_manager.get(found.get_absolute_url()).content.decode()
    as_manager.post(resume)
    run_jobs()
    found.refresh_from_db()
    assert found.status == "checked"


def test_rows_are_filtered_and_paged(as_manager, manager, count_queries):
    make_part(sku="P-00000", name="Part")
    found = upload_rows(*many(250), by=manager)
    url = found.get_absolute_url()
    assert "1–100 of 250" in as_manager.get(url).content.decode()
    assert "201–250 of 250" in as_manager.get(url + "?page=3").content.decode()
    assert "1–1 of 1" in as_manager.get(url + "?kind=unchanged").content.decode()
    assert "No row of this kind" in as_manager.get(url + "?kind=faulty").content.decode()
    with count_queries() as queries:
        as_manager.get(url)
    assert len(queries) <= 10


def test_a_file_with_markup_in_it_is_shown_as_text(as_manager, manager):
    found = upload_rows(["SKU", "Name"], ["<script>alert(1)</script>", "<b>x</b>"], by=manager, name="<i>.xlsx")
    page = as_manager.get(found.get_absolute_url()).content.decode()
    assert "<script>alert" not in page
    assert "<b>x</b>" not in page
    assert "<i>" not in page


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_the_template_can_be_imported(as_manager, manager, format):
    response = as_manager.get(f"/parts/import/template.{format}")
    content = response.content if format == "csv" else b"".join(response.streaming_content)
    assert f'filename="parts-template.{format}"' in response.headers["Content-Disposition"]
    post_file(as_manager, content, name=f"t.{format}", creates_branches="on")
    found = PartImport.objects.get()
    # only the example itself stands in the way
    assert found.rows.get().errors == {"": "This is the example of the template: delete the row."}
    assert set(found.mapping) == {column.name for column in PartResource.importable()}


def test_the_template_explains_every_column(as_manager):
    content = b"".join(as_manager.get("/parts/import/template.xlsx").streaming_content)
    legend = openpyxl.load_workbook(io.BytesIO(content)).worksheets[1]
    assert [cell.value for cell in legend["A"]][1:] == [column.heading for column in PartResource.importable()]


def test_an_unknown_template_format_is_refused(as_manager):
    assert as_manager.get("/parts/import/template.exe").status_code == 400
