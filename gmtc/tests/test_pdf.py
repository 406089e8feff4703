"""Documents are set as DIN 5008 says, and read nothing that they were not given."""

import threading
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from types import SimpleNamespace

import pytest
from pypdf import PdfReader

from gmtc import pdf
from gmtc.testing import pages_of

pytestmark = pytest.mark.paper

LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 10"><rect width="40" height="10"/></svg>'


def letterhead(**changes):
    facts = {
        "brand": SimpleNamespace(name="FOUZIES", accent="#0E6B6B", ink="#16211F", paper="#F7F6F3"),
        "company": SimpleNamespace(legal_name="GM-TC Muster GmbH"),
        "sender": "GM-TC Muster GmbH · Musterstraße 1 · 12345 Musterstadt",
        "footer": [["GM-TC Muster GmbH", "Musterstraße 1"], ["IBAN DE89 3704 0044 0532 0130 00"]],
        "files": {"logo": (LOGO, "image/svg+xml")},
    }
    return SimpleNamespace(**facts | changes)


def letter(lines: int = 2, **changes) -> dict:
    positions = [
        pdf.Position(n, f"Rail {n}", number=f"MGN12-{n}", quantity=Decimal("2.5"), unit="m", price=Decimal("1234.5"),
                     net=Decimal("3086.25"))
        for n in range(1, lines + 1)
    ]  # fmt: skip
    context = {
        "letterhead": letterhead(),
        "recipient": ["Muster Maschinenbau GmbH", "Industriestraße 12a", "70565 Stuttgart"],
        "info": [("Rechnungsdatum", "22.11.2026")],
        "title": "Rechnung",
        "number": "RE-2026-0001",
        "intro": "Einleitung",
        "closing": "Vielen Dank.",
        "positions": positions,
        "totals": [pdf.Total("Summe", Decimal("6172.50"), strong=True)],
    }
    return context | changes


def positions_of(content: bytes) -> dict[str, tuple[float, float]]:
    """Text -> (mm from the left edge, mm from the top edge) of its baseline on the first page."""
    found = {}

    def visit(text, matrix, text_matrix, font, size):
        if text.strip():
            x = text_matrix[4] * matrix[0] + matrix[4]
            y = text_matrix[5] * matrix[3] + matrix[5]
            found.setdefault(text.strip(), (x * 25.4 / 72, 297 - y * 25.4 / 72))

    PdfReader(BytesIO(content)).pages[0].extract_text(visitor_text=visit)
    return found


def test_a_letter_has_its_address_in_the_window_of_din_5008_form_b():
    found = positions_of(pdf.render("pdf/base.html", letter(), language="de"))
    left, top = found["Muster Maschinenbau GmbH"]
    assert left == pytest.approx(25, abs=1)
    # the zone of the address: 45 mm + 17.7 mm for the sender, then 27.3 mm
    assert 62.7 < top < 62.7 + 27.3
    assert found["70565 Stuttgart"][1] < 90
    assert 57 < found["GM-TC Muster GmbH · Musterstraße 1 · 12345 Musterstadt"][1] < 62.7


def test_a_long_letter_repeats_its_table_head_and_counts_its_pages():
    pages = pages_of(pdf.render("pdf/base.html", letter(lines=40), language="en"))
    assert len(pages) >= 3
    for number, page in enumerate(pages, start=1):
        assert f"Page {number} / {len(pages)}" in page
        assert "Unit price" in page or number == len(pages)
        assert "IBAN DE89 3704 0044 0532 0130 00" in page
    assert "Summe" in pages[-1]
    assert "Rail 40" in "".join(pages)


def test_figures_follow_the_language_of_the_document():
    assert "1.234,50" in pages_of(pdf.render("pdf/base.html", letter(), language="de"))[0]
    assert "1,234.50" in pages_of(pdf.render("pdf/base.html", letter(), language="en"))[0]


def test_only_a_draft_is_marked_as_one():
    assert "DRAFT" in pages_of(pdf.render("pdf/base.html", letter(), language="en", draft=True))[0]
    assert "DRAFT" not in pages_of(pdf.render("pdf/base.html", letter(), language="en"))[0]


def test_prices_are_left_out_of_a_delivery_note():
    page = pages_of(pdf.render("pdf/base.html", letter(without_prices=True, totals=[]), language="en"))[0]
    assert "2.5 m" in page
    assert "3,086.25" not in page
    assert "Unit price" not in page


def test_three_x_ten_stays_an_x():
    context = letter(positions=[pdf.Position(1, "Screw 3x10")])
    assert "3x10" in pages_of(pdf.render("pdf/base.html", context, language="en"))[0]


def test_the_house_font_is_embedded():
    reader = PdfReader(BytesIO(pdf.render("pdf/base.html", letter(), language="en")))
    fonts = {str(font.get_object()["/BaseFont"]) for font in reader.pages[0]["/Resources"]["/Font"].values()}
    assert any("Inter" in name for name in fonts)


def test_an_archive_file_says_that_it_is_one():
    content = pdf.render("pdf/base.html", letter(), language="de", pdf_variant="pdf/a-3b")
    metadata = PdfReader(BytesIO(content)).xmp_metadata.stream.get_data().decode()
    assert "pdfaid" in metadata


def test_a_label_is_a6():
    box = PdfReader(BytesIO(pdf.render("pdf/label.html", letter(), language="en"))).pages[0].mediabox
    assert (round(float(box.width) * 25.4 / 72), round(float(box.height) * 25.4 / 72)) == (105, 148)


# --- Attacks. Text of customers is escaped, so these templates stand for one that forgot to.


@pytest.fixture
def watched_server():
    """A server on this machine, and the paths it was asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/css")
            self.end_headers()
            self.wfile.write(b"p { color: red }")

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def attack(html: str, **files) -> bytes:
    return pdf.typesetter().write(html, files=files)


@pytest.mark.parametrize(
    "html",
    [
        '<img src="{}/picture.png">',
        '<link rel="stylesheet" href="{}/sheet.css">',
        '<style>@import url("{}/import.css");</style>',
        '<p style="background: url({}/ground.png)">x</p>',
        '<style>@font-face {{ font-family: A; src: url("{}/font.woff2") }} p {{ font-family: A }}</style><p>x</p>',
        '<object data="{}/object.svg"></object>',
        '<embed src="{}/embed.svg">',
        '<link rel="attachment" href="{}/attachment">',
        '<svg xmlns="http://www.w3.org/2000/svg"><image href="{}/inner.png" width="9" height="9"/></svg>',
    ],
)
def test_no_document_opens_a_connection(html, watched_server):
    address, asked = watched_server
    assert attack(html.format(address)).startswith(b"%PDF")
    assert asked == []


def test_the_watched_server_would_have_noticed(watched_server):
    """The negative control: WeasyPrint without our fetcher does open the connection."""
    address, asked = watched_server
    pdf.typesetter().HTML(string=f'<link rel="stylesheet" href="{address}/sheet.css">').write_pdf()
    assert asked == ["/sheet.css"]


@pytest.mark.parametrize(
    "html",
    [
        '<link rel="attachment" href="{}">',
        '<img src="{}">',
        '<style>@import url("{}");</style>',
        '<object data="{}" type="image/svg+xml"></object>',
    ],
)
@pytest.mark.parametrize("scheme", ["file://{}", "{}", "https://document.invalid/static/../../../../../..{}"])
def test_no_document_reads_a_file_of_the_server(html, scheme, tmp_path):
    secret = tmp_path / "secret.svg"
    secret.write_text('<svg xmlns="http://www.w3.org/2000/svg"><text y="9">HIDDEN WORDS</text></svg>')
    content = attack(html.format(scheme.format(secret)))
    reader = PdfReader(BytesIO(content))
    assert not reader.attachments
    assert "HIDDEN" not in "".join(page.extract_text() for page in reader.pages)


def test_a_logo_cannot_pull_in_other_files(watched_server):
    address, asked = watched_server
    logo = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><image href="{address}/x.png" width="9"/></svg>'
    attack('<img src="files/logo">', logo=(logo.encode(), "image/svg+xml"))
    assert asked == []


def test_only_the_files_that_were_handed_over_are_shown(caplog):
    attack('<img src="files/other">', logo=(LOGO, "image/svg+xml"))
    assert "files/other" in caplog.text


def test_markup_in_a_customers_name_is_text():
    page = pages_of(pdf.render("pdf/base.html", letter(recipient=["<b>Ltd</b> & Sons"]), language="en"))[0]
    assert "<b>Ltd</b> & Sons" in page


def test_many_threads_may_typeset_at_once():
    results = []

    def typeset():
        results.append(len(pages_of(pdf.render("pdf/base.html", letter(), language="de"))))

    threads = [threading.Thread(target=typeset) for _n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [1] * 6


def test_warming_up_loads_the_typesetter():
    pdf.warm_up().join()
    assert pdf.typesetter()._shared
