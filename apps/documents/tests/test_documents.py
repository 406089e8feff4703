"""Issued documents never change, and only those who may see the record see its papers."""

import hashlib
from pathlib import Path

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection, transaction

from apps.documents import store
from apps.documents.models import Document

pytestmark = pytest.mark.django_db
# Records of other rooms, found by name as the pages find them
Part = apps.get_model("parts.Part")
PDF = b"%PDF-1.7 a paper"


@pytest.fixture
def record():
    part = Part(sku="FP24", name="Printer")
    part.save()
    return part


@pytest.fixture
def document(record, admin):
    return Document.issue(kind="invoice", number="RE-2026-0001", record=record, content=PDF, xml=b"<x/>", by=admin)


def path_of(name: str) -> Path:
    return Path(default_storage.path(name))


# --- Store


def test_bytes_lie_under_their_own_digest():
    name = store.put("documents", PDF)
    assert name.endswith(hashlib.sha256(PDF).hexdigest())
    assert store.get(name) == PDF


def test_the_same_bytes_are_kept_once():
    assert store.put("documents", PDF) == store.put("documents", PDF)
    assert len([file for file in path_of("documents").rglob("*") if file.is_file()]) == 1


def test_a_file_that_was_cut_short_is_written_again():
    name = store.put("documents", PDF)
    path_of(name).write_bytes(PDF[:4])
    store.put("documents", PDF)
    assert store.get(name) == PDF


# --- Issue


def test_an_issued_document_keeps_its_bytes_and_what_they_are(document, record, admin):
    found = Document.objects.about(record).get()
    assert found == document
    assert (found.content(), found.xml()) == (PDF, b"<x/>")
    assert (found.size, found.sha256) == (len(PDF), hashlib.sha256(PDF).hexdigest())
    assert (found.file_name, found.media_type, found.created_by) == ("RE-2026-0001.pdf", "application/pdf", admin)
    assert found.record == record
    assert found.verify()


def test_the_bytes_are_on_disk_before_the_transaction_ends(record, admin):
    with transaction.atomic():
        document = Document.issue(kind="quote", number="AN-1", record=record, content=PDF, by=admin)
        assert path_of(document.stored_as).read_bytes() == PDF
        transaction.set_rollback(True)
    assert not Document.objects.exists()


def test_an_empty_document_is_a_mistake_of_the_caller(record, admin):
    with pytest.raises(ValueError, match="empty"):
        Document.issue(kind="quote", number="AN-1", record=record, content=b"", by=admin)


def test_a_number_with_a_slash_gives_a_plain_file_name(record, admin):
    document = Document.issue(kind="quote", number="AN/1", record=record, content=PDF, by=admin)
    assert document.file_name == "1.pdf"


@pytest.mark.parametrize("damage", ["change", "remove"])
@pytest.mark.parametrize("which", ["stored_as", "xml_stored_as"])
def test_damage_is_found(document, damage, which):
    assert Document.objects.broken() == []
    file = path_of(getattr(document, which))
    if damage == "change":
        file.write_bytes(b"%PDF-1.7 another paper")
    else:
        file.unlink()
    assert not document.verify()
    assert Document.objects.broken() == [document]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE documents_document SET number = 'RE-2026-0002'",
        "UPDATE documents_document SET sha256 = sha256",
        "DELETE FROM documents_document",
        "TRUNCATE documents_document",
    ],
)
def test_the_database_refuses_to_change_or_remove_a_document(document, statement):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a foreign key still to be checked would refuse TRUNCATE too
        with pytest.raises(DatabaseError, match="append-only"):
            cursor.execute(statement)
        transaction.set_rollback(True)


def test_the_model_refuses_too(document):
    with pytest.raises(TypeError):
        document.delete()


# --- Serving


def test_a_document_is_shown_or_downloaded_as_it_was_issued(document, as_viewer):
    shown = as_viewer.get(document.get_absolute_url())
    assert shown.content == PDF
    assert shown.headers["Content-Type"] == "application/pdf"
    assert shown.headers["Content-Disposition"] == 'inline; filename="RE-2026-0001.pdf"'
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Cache-Control"] == "private, no-cache"
    assert "script-src" not in shown.headers["Content-Security-Policy"]
    saved = as_viewer.get(document.get_absolute_url() + "?download")
    assert saved.headers["Content-Disposition"] == 'attachment; filename="RE-2026-0001.pdf"'


def test_a_name_with_umlauts_is_told_as_rfc_5987_says(record, admin, as_viewer):
    document = Document.issue(
        kind="quote", number="AN-1", record=record, content=PDF, by=admin, file_name='Angebot "Größe".pdf'
    )
    header = as_viewer.get(document.get_absolute_url()).headers["Content-Disposition"]
    assert header == "inline; filename*=utf-8''Angebot%20_Gr%C3%B6%C3%9Fe_.pdf"


def test_the_browser_asks_again_but_is_not_sent_the_same_twice(document, as_viewer, viewer):
    url = document.get_absolute_url()
    etag = as_viewer.get(url).headers["ETag"]
    assert as_viewer.get(url, headers={"If-None-Match": etag}).status_code == 304
    viewer.groups.clear()
    assert as_viewer.get(url, headers={"If-None-Match": etag}).status_code == 403


def test_the_e_invoice_is_a_download(document, as_viewer, record, admin):
    response = as_viewer.get(f"{document.get_absolute_url()}xml/")
    assert response.content == b"<x/>"
    assert response.headers["Content-Disposition"] == 'attachment; filename="RE-2026-0001.xml"'
    plain = Document.issue(kind="quote", number="AN-1", record=record, content=PDF, by=admin)
    assert as_viewer.get(f"{plain.get_absolute_url()}xml/").status_code == 404


def test_a_lost_file_is_not_found_rather_than_an_error(document, as_viewer):
    path_of(document.stored_as).unlink()
    assert as_viewer.get(document.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("tail", ["", "xml/"])
def test_strangers_sign_in_first(document, client, tail):
    assert client.get(document.get_absolute_url() + tail).url.startswith("/accounts/login/")


@pytest.mark.parametrize("tail", ["", "xml/"])
def test_who_may_not_see_the_record_may_not_see_its_papers(document, as_viewer, viewer, tail):
    viewer.groups.clear()
    assert as_viewer.get(document.get_absolute_url() + tail).status_code == 403


def test_the_panel_lists_what_was_issued_for_the_record(document, record, as_viewer, viewer):
    url = f"/documents/issued/parts.part/{record.pk}/"
    assert document.get_absolute_url() in as_viewer.get(url).content.decode()
    other = apps.get_model("company.Company").objects.get()
    assert (
        document.get_absolute_url()
        not in as_viewer.get(f"/documents/issued/company.company/{other.pk}/").content.decode()
    )
    viewer.groups.clear()
    assert as_viewer.get(url).status_code == 403
