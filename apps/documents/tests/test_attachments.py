"""Files that people attach: what is taken, who sees them, and that none can run in our name."""

from io import BytesIO

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from apps.documents import filetypes, store
from apps.documents.models import Attachment
from gmtc.errors import Refused

pytestmark = pytest.mark.django_db
# Records of other rooms, found by name as the pages find them
Part = apps.get_model("parts.Part")
PDF = b"%PDF-1.7 a data sheet"
HTML = b"<html><script>alert(1)</script></html>"


@pytest.fixture
def record():
    part = Part(sku="MGN12", name="Rail")
    part.save()
    return part


def picture(format: str = "PNG", size=(1200, 600), **options) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, "#0E6B6B").save(out, format, **options)
    return out.getvalue()


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "text/html")  # what the browser says of the type is not believed


def attach(record, name="sheet.pdf", content=PDF, by=None) -> Attachment:
    return Attachment.attach(record=record, file=upload(name, content), by=by)


def panel(record) -> str:
    return f"/documents/attachments/parts.part/{record.pk}/"


# --- What is taken


def test_an_attachment_keeps_the_file_and_says_who_brought_it(record, staff):
    file = attach(record, by=staff)
    assert Attachment.objects.about(record).get() == file
    assert (file.content(), file.size, file.media_type) == (PDF, len(PDF), "application/pdf")
    assert file.sha256 == store.digest(PDF)
    assert file.history.get().history_user == staff


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("photo.JPG", picture("JPEG"), "image/jpeg"),
        ("photo.webp", picture("WEBP"), "image/webp"),
        ("frame.step", b"ISO-10303-21;\nHEADER;", "model/step"),
        ("notes.txt", "Größe 5".encode(), "text/plain"),
        ("list.csv", b"a;b", "text/csv"),
        ("cube.3mf", b"PK\x03\x04x", "model/3mf"),
        ("drawing.svg", b"<svg/>", "image/svg+xml"),
    ],
)
def test_the_files_of_a_workshop_are_taken(record, name, content, media_type):
    assert attach(record, name, content).media_type == media_type


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", HTML),
        ("program.exe", b"MZ"),
        ("script.js", b"alert(1)"),
        ("no-suffix", b"text"),
        ("photo.png", HTML),
        ("photo.png", picture("JPEG")),
        ("photo.png", picture()[:200]),
        ("sheet.pdf", HTML),
        ("table.xlsx", HTML),
        ("sheet.pdf.html", PDF),
        ("empty.txt", b""),
    ],
)
def test_other_files_and_liars_are_refused(record, name, content):
    with pytest.raises(Refused):
        attach(record, name, content)
    assert not Attachment.everything.exists()


def test_a_file_over_the_limit_is_refused(record, settings):
    settings.MAX_UPLOAD_BYTES = 1024
    with pytest.raises(Refused, match="too large"):
        attach(record, "big.txt", b"x" * 1025)


def test_a_picture_with_too_many_pixels_is_refused(record, monkeypatch):
    monkeypatch.setattr(filetypes, "MAX_PIXELS", 1000)
    with pytest.raises(Refused):
        attach(record, "photo.png", picture())


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\x\\plan.pdf", "plan.pdf"),
        ('a"b\r\nX: y.txt', "a_b__X_ y.txt"),
        ("gpj.\u202eexe.txt", "gpj._exe.txt"),
        ("..", "file"),
        ("x" * 300 + ".pdf", "x" * 146 + ".pdf"),
        ("Maßblatt.pdf", "Maßblatt.pdf"),
    ],
)
def test_names_are_harmless(given, kept):
    assert filetypes.clean_name(given) == kept


def test_a_photo_has_a_small_picture_that_says_nothing_of_where_it_was_taken(record):
    exif = Image.Exif()
    exif[0x0112] = 6  # taken with the camera turned
    exif[0x013B] = "A. Photographer"
    file = attach(record, "photo.jpg", picture("JPEG", exif=exif))
    small = store.get(file.thumbnail_stored_as)
    with Image.open(BytesIO(small)) as thumbnail:
        assert thumbnail.height > thumbnail.width
        assert max(thumbnail.size) <= 320
        assert not thumbnail.getexif()
    assert b"Photographer" not in small


# --- Serving


def test_pictures_and_pdfs_are_shown_everything_else_is_saved(record, as_viewer):
    shown = as_viewer.get(attach(record).get_absolute_url())
    assert shown.headers["Content-Disposition"].startswith("inline")
    for name, content in [("drawing.svg", b"<svg/>"), ("page.xml", HTML), ("notes.txt", HTML)]:
        saved = as_viewer.get(attach(record, name, content).get_absolute_url())
        assert saved.headers["Content-Disposition"].startswith("attachment")
        assert saved.headers["Content-Type"] == "application/octet-stream"
        assert "sandbox" in saved.headers["Content-Security-Policy"]
        assert saved.headers["X-Content-Type-Options"] == "nosniff"


def test_the_thumbnail_is_served_to_those_who_see_the_record(record, as_viewer, viewer):
    file = attach(record, "photo.png", picture())
    url = f"{file.get_absolute_url()}thumbnail/"
    assert as_viewer.get(url).headers["Content-Type"] == "image/webp"
    assert as_viewer.get(f"{attach(record).get_absolute_url()}thumbnail/").status_code == 404
    viewer.groups.clear()
    assert as_viewer.get(url).status_code == 403


# --- Panel


def test_whoever_may_change_the_record_adds_and_deletes_files(record, as_staff, staff):
    page = as_staff.get(panel(record)).content.decode()
    assert "Add files" in page
    files = [upload("a.pdf", PDF), upload("b.png", picture())]
    answer = as_staff.post(panel(record), {"files": files}, headers={"HX-Request": "true"})
    assert "a.pdf" in answer.content.decode()
    assert "b.png" in answer.content.decode()
    file = Attachment.objects.get(file_name="a.pdf")
    answer = as_staff.post(f"{file.get_absolute_url()}delete/", headers={"HX-Request": "true"})
    assert f'href="{file.get_absolute_url()}' not in answer.content.decode()
    assert Attachment.everything.get(pk=file.pk).deleted_at
    assert as_staff.get(file.get_absolute_url()).status_code == 404


def test_a_bad_file_among_good_ones_is_named(record, as_staff):
    files = [upload("a.pdf", PDF), upload("b.exe", b"MZ")]
    page = as_staff.post(panel(record), {"files": files}, headers={"HX-Request": "true"}).content.decode()
    assert "b.exe: files of this type cannot be attached" in page
    assert [file.file_name for file in Attachment.objects.all()] == ["a.pdf"]


def test_without_javascript_the_page_of_the_record_comes_back(record, as_staff):
    response = as_staff.post(panel(record), {"files": [upload("a.pdf", PDF)]})
    assert response.url == record.get_absolute_url()
    response = as_staff.post(f"{Attachment.objects.get().get_absolute_url()}delete/")
    assert response.url == record.get_absolute_url()


def test_a_viewer_reads_but_does_not_touch(record, as_viewer):
    file = attach(record)
    page = as_viewer.get(panel(record)).content.decode()
    assert "sheet.pdf" in page
    assert "Add files" not in page
    assert as_viewer.post(panel(record), {"files": [upload("a.pdf", PDF)]}).status_code == 403
    assert as_viewer.post(f"{file.get_absolute_url()}delete/").status_code == 403
    assert Attachment.objects.get() == file


def test_who_may_not_see_the_record_sees_no_files(record, as_viewer, viewer):
    file = attach(record)
    viewer.groups.clear()
    assert as_viewer.get(panel(record)).status_code == 403
    assert as_viewer.get(file.get_absolute_url()).status_code == 403


def test_strangers_sign_in_first(record, client):
    file = attach(record)
    for url in (panel(record), file.get_absolute_url(), f"{file.get_absolute_url()}thumbnail/"):
        assert client.get(url).url.startswith("/accounts/login/")


@pytest.mark.parametrize("label", ["parts.nothing", "nonsense", "accounts.user", "auth.group"])
def test_only_business_records_have_files(record, as_admin, label):
    assert as_admin.get(f"/documents/attachments/{label}/{record.pk}/").status_code == 404


@pytest.mark.parametrize("files", [1, 3])
def test_the_panel_asks_the_database_the_same_however_many_files(record, as_staff, staff, count_queries, files):
    for n in range(files):
        attach(record, f"{n}.pdf", PDF, by=staff)
    as_staff.get(panel(record))
    with count_queries() as queries:
        as_staff.get(panel(record))
    assert len(queries) <= 8, [each["sql"] for each in queries]
    assert len([each for each in queries if "documents_attachment" in each["sql"]]) == 1


# --- The trash of a record's files


def test_a_deleted_file_stands_below_the_others_and_comes_back(record, as_staff, staff):
    file = attach(record, by=staff)
    file.discard(by=staff)
    page = as_staff.get(panel(record)).content.decode()
    assert "1 deleted file<" in page
    assert f"{file.get_absolute_url()}restore/" in page
    assert f'href="{file.get_absolute_url()}' not in page

    answer = as_staff.post(f"{file.get_absolute_url()}restore/", headers={"HX-Request": "true"}).content.decode()
    assert "deleted file" not in answer
    assert f'href="{file.get_absolute_url()}' in answer
    assert Attachment.objects.get() == file
    assert file.history.first().history_user == staff


def test_without_javascript_restoring_leads_back_to_the_record(record, as_staff, staff):
    file = attach(record, by=staff)
    file.discard(by=staff)
    response = as_staff.post(f"{file.get_absolute_url()}restore/")
    assert response.url == record.get_absolute_url()
    assert as_staff.get(f"{file.get_absolute_url()}restore/").status_code == 405


def test_who_may_only_look_neither_sees_nor_restores_deleted_files(record, client, as_viewer, staff):
    file = attach(record, by=staff)
    file.discard(by=staff)
    assert "deleted file" not in as_viewer.get(panel(record)).content.decode()
    assert as_viewer.post(f"{file.get_absolute_url()}restore/").status_code == 403
    assert client.post(f"{file.get_absolute_url()}restore/").url.startswith("/accounts/login/")
    assert not Attachment.objects.exists()
