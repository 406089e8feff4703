"""What `manage.py verify` says of files when somebody has touched the disk or changed the tables by hand."""

from io import BytesIO
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from PIL import Image
from uuid_utils.compat import uuid7

from apps.documents import store
from apps.documents.models import Attachment, Document
from apps.documents.verify import RULES

pytestmark = pytest.mark.django_db
Part = apps.get_model("parts.Part")
PDF = b"%PDF-1.7 a paper"
ISSUED, ATTACHED = (
    "Each issued document has the bytes that were issued",
    "Each attachment has the bytes that were attached",
)


@pytest.fixture
def record():
    part = Part(sku="FP24", name="Printer")
    part.save()
    return part


@pytest.fixture
def document(record, admin):
    return Document.issue(kind="invoice", number="RE-2026-0001", record=record, content=PDF, xml=b"<x/>", by=admin)


@pytest.fixture
def photo(record, staff):
    content = BytesIO()
    Image.new("RGB", (800, 600), "#0E6B6B").save(content, "PNG")
    return Attachment.attach(record=record, file=SimpleUploadedFile("photo.png", content.getvalue()), by=staff)


def past_guards(sql: str, *values) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, values)
        cursor.execute("SET LOCAL session_replication_role = origin")


def broken() -> dict[str, list[str]]:
    """The rules that are broken, each with its rows."""
    found = {rule.name: [f"{f.record}: {f.found}, expected {f.expected}" for f in rule.find()] for rule in RULES}
    return {name: faults for name, faults in found.items() if faults}


def path_of(name: str) -> Path:
    return Path(default_storage.path(name))


def test_files_as_they_were_kept_are_sound_even_where_the_record_is_in_the_trash(document, photo, record, admin):
    photo.discard(by=admin)
    record.discard(by=admin)
    assert broken() == {}
    assert [rule.count() for rule in RULES[:4]] == [1, 1, 1, 1]


def test_a_document_with_other_bytes_is_named_with_both_digests(document):
    path_of(document.stored_as).write_bytes(b"%PDF-1.7 another paper")
    other = store.digest(b"%PDF-1.7 another paper")
    assert broken() == {ISSUED: [f"Document RE-2026-0001 ({document.stored_as}): {other}, expected {document.sha256}"]}


def test_a_missing_document_and_a_missing_e_invoice_are_found(document):
    path_of(document.stored_as).unlink()
    path_of(document.xml_stored_as).unlink()
    assert broken() == {
        ISSUED: [
            f"Document RE-2026-0001 ({document.stored_as}): no file, expected {document.sha256}",
            f"Document RE-2026-0001 ({document.xml_stored_as}): no file, expected {document.xml_sha256}",
        ]
    }


def test_a_row_that_claims_another_digest_is_found(document):
    past_guards("UPDATE documents_document SET sha256 = %s", "0" * 64)
    assert broken() == {
        ISSUED: [f"Document RE-2026-0001 ({document.stored_as}): {document.sha256}, expected {'0' * 64}"]
    }


def test_an_attachment_and_a_small_picture_that_are_gone_or_cut_short_are_found(photo):
    path_of(photo.stored_as).write_bytes(b"half")
    path_of(photo.thumbnail_stored_as).unlink()
    digest = photo.thumbnail_stored_as.rpartition("/")[2]
    assert broken() == {
        ATTACHED: [
            f"Attachment photo.png ({photo.stored_as}): {store.digest(b'half')}, expected {photo.sha256}",
            f"Attachment photo.png ({photo.thumbnail_stored_as}): no file, expected {digest}",
        ]
    }


def test_a_file_in_the_trash_is_looked_at_too(photo, staff):
    photo.discard(by=staff)
    path_of(photo.stored_as).unlink()
    assert list(broken()) == [ATTACHED]


def test_a_file_whose_record_is_gone_is_found(document, photo, record):
    past_guards("DELETE FROM parts_historicalpart")
    past_guards("DELETE FROM parts_part")
    lost = f"parts.part {record.pk}, which is not there, expected a record"
    assert broken() == {
        "Each issued document belongs to a record": [f"Document RE-2026-0001: {lost}"],
        "Each attachment belongs to a record": [f"Attachment photo.png: {lost}"],
    }


def test_a_file_of_a_table_that_no_longer_exists_is_found(document):
    gone = ContentType.objects.create(app_label="parts", model="stockcount2020")
    past_guards("UPDATE documents_document SET content_type_id = %s, object_id = %s", gone.pk, uuid7())
    document = Document.objects.get()
    assert broken() == {
        "Each issued document belongs to a record": [
            f"Document RE-2026-0001: parts.stockcount2020 {document.object_id}, which is not there, expected a record"
        ]
    }


def test_a_document_that_could_be_changed_is_found():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE documents_document DISABLE TRIGGER documents_document_append_only_row")
    assert broken() == {
        "Triggers are in place and on": ["trigger documents_document_append_only_row: switched off, expected on"]
    }
