"""The settings pages, and the brand's files."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.company.forms import LegalForm
from apps.company.models import Company, DocumentText
from apps.company.tests.test_brand import OURS, png, svg

pytestmark = pytest.mark.django_db
TABS = ["/settings/", "/settings/bank/", "/settings/texts/", "/settings/texts/quote/de/", "/settings/brand/"]
FORMS = [tab for tab in TABS if tab != "/settings/texts/"]


def legal(**changes):
    company = Company.current()
    return {name: getattr(company, name) for name in LegalForm.Meta.fields} | {"version": company.version} | changes


def bank(**changes):
    return {
        "tax_number": "12/345/67890", "vat_id": "DE 123 456 788", "vat_rate": "19", "reduced_vat_rate": "7",
        "iban": "de89 3704 0044 0532 0130 00", "bic": "COBADEFFXXX", "payment_days": "10", "quote_days": "20",
        "version": Company.current().version,
    } | changes  # fmt: skip


def brand(**changes):
    return OURS | {"version": Company.current().version} | changes


@pytest.mark.parametrize("tab", TABS)
def test_strangers_sign_in_first(client, tab):
    assert client.get(tab).url.startswith("/accounts/login/")


@pytest.mark.parametrize("tab", TABS)
def test_everybody_reads_the_settings_and_only_admins_get_a_button(as_viewer, as_admin, tab):
    read = as_viewer.get(tab)
    assert read.status_code == 200
    assert "form-foot" not in read.content.decode()
    page = as_admin.get(tab)
    assert page.status_code == 200
    assert ("form-foot" in page.content.decode()) == (tab in FORMS)


@pytest.mark.parametrize("tab", FORMS)
def test_a_manager_cannot_save_them(as_manager, tab):
    before = Company.current().version
    assert as_manager.post(tab, legal() | bank() | brand() | {"intro": "x"}).status_code == 403
    assert Company.current().version == before


def test_an_admin_saves_the_legal_data(as_admin, admin):
    response = as_admin.post("/settings/", legal(legal_name="GM-TC GmbH", country="at"))
    assert response.url == "/settings/"
    company = Company.current()
    assert (company.legal_name, company.country) == ("GM-TC GmbH", "AT")
    assert company.history.first().history_user == admin


def test_half_an_address_of_the_goods_entrance_comes_back(as_admin):
    response = as_admin.post("/settings/", legal(goods_city="Musterstadt"))
    assert response.status_code == 422
    assert "needs street, postcode and city" in response.content.decode()


def test_bank_and_tax_numbers_may_be_typed_in_groups(as_admin):
    assert as_admin.post("/settings/bank/", bank()).status_code == 302
    company = Company.current()
    assert (company.iban, company.vat_id) == ("DE89370400440532013000", "DE123456788")
    assert company.payment_days == 10


@pytest.mark.parametrize(
    ("field", "value"),
    [("iban", "DE89370400440532013001"), ("vat_id", "DE123456789"), ("vat_rate", "101"), ("reduced_vat_rate", "20"),
     ("payment_days", "-1"), ("quote_days", "0")],
)  # fmt: skip
def test_a_wrong_figure_comes_back_beside_its_field(as_admin, field, value):
    response = as_admin.post("/settings/bank/", bank(**{field: value}))
    assert response.status_code == 422
    assert field in response.context["form"].errors


def test_someone_elses_change_is_shown_and_the_input_kept(as_admin, admin):
    mine = legal(city="Hamburg")
    company = Company.current()
    company.revise({"city": "Berlin"}, by=admin, version=company.version)
    response = as_admin.post("/settings/", mine)
    page = response.content.decode()
    assert response.status_code == 409
    assert 'value="Hamburg"' in page
    assert "Berlin" in page
    assert Company.current().city == "Berlin"

    again = mine | {"version": response.context["form"]["version"].value()}
    assert as_admin.post("/settings/", again).status_code == 302
    assert Company.current().city == "Hamburg"


def test_an_admin_writes_the_texts_of_a_document(as_admin):
    text = DocumentText.of("quote", "en")
    form = {"intro": "Dear friends,", "closing": "Yours", "version": text.version}
    assert as_admin.post("/settings/texts/quote/en/", form).status_code == 302
    assert DocumentText.of("quote", "en").intro == "Dear friends,"
    assert DocumentText.of("quote", "de").intro != "Dear friends,"


def test_texts_of_an_unknown_document_are_not_found(as_admin):
    assert as_admin.get("/settings/texts/poem/de/").status_code == 404


# --- Brand


def test_colours_that_can_be_read_are_saved(as_admin):
    assert as_admin.post("/settings/brand/", brand(accent="#0a4d8c")).status_code == 302
    assert Company.current().accent == "#0A4D8C"


@pytest.mark.parametrize(
    ("field", "colour", "figure"), [("accent", "#57C2BB", "1.97"), ("accent_dark", "#0E6B6B", "2.63")]
)
def test_a_colour_that_fails_comes_back_with_the_measured_ratio(as_admin, field, colour, figure):
    response = as_admin.post("/settings/brand/", brand(**{field: colour}))
    assert response.status_code == 422
    assert any(f"contrast {figure} to 1" in error for error in response.context["form"].errors[field])
    assert Company.current().accent == "#0E6B6B"


def test_a_light_accent_is_refused_for_its_links_and_not_for_a_button(as_admin, admin):
    """A button's text is black there, as the preview shows; figures are in the reader's notation."""
    admin.revise({"language": "de"}, by=admin)
    response = as_admin.post("/settings/brand/", brand(accent="#ffff00"))
    (error,) = response.context["form"].errors["accent"]
    assert "Kontrast 1," in error
    assert "4,5 zu 1" in error
    assert [pair.what for pair in response.context["pairs"] if not pair.passes] == ["A link on paper"]
    page = response.content.decode()
    assert 'data-accent-fg="#000000"' in page
    assert "ab 4,5)" in page


def test_what_is_no_colour_comes_back(as_admin):
    assert as_admin.post("/settings/brand/", brand(ink="black")).status_code == 422


def test_the_live_contrast_is_measured_by_the_server(as_manager, client):
    page = as_manager.get("/settings/brand/contrast/", OURS).content.decode()
    assert 'data-accent-fg="#FFFFFF"' in page
    assert page.count("is-ok") == 4
    assert as_manager.get("/settings/brand/contrast/", OURS | {"ink": "red"}).status_code == 400
    assert client.get("/settings/brand/contrast/", OURS).status_code == 302


def test_an_uploaded_logo_is_served_to_everybody_and_can_do_nothing(as_admin, client):
    logo = svg('<rect width="9" height="9"/>')
    as_admin.post("/settings/brand/", brand(logo=SimpleUploadedFile("logo.svg", logo, "image/svg+xml")))
    response = client.get("/brand/logo")
    assert response.content == logo
    assert response.headers["Content-Type"] == "image/svg+xml"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert "script" not in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_a_logo_with_a_program_in_it_comes_back(as_admin):
    bad = SimpleUploadedFile("logo.svg", svg("<script>alert(1)</script>"), "image/svg+xml")
    response = as_admin.post("/settings/brand/", brand(logo=bad))
    assert response.status_code == 422
    assert "logo" in response.context["form"].errors
    assert not Company.current().logo


def test_a_logo_can_be_replaced_and_taken_away(as_admin, client):
    as_admin.post("/settings/brand/", brand(logo=SimpleUploadedFile("a.png", png())))
    assert client.get("/brand/logo").headers["Content-Type"] == "image/png"
    as_admin.post("/settings/brand/", brand(accent="#0a4d8c"))
    assert Company.current().logo, "saving colours keeps the logo"
    as_admin.post("/settings/brand/", brand(**{"logo-clear": "on"}))
    assert not Company.current().logo
    assert client.get("/brand/logo").headers["Content-Type"] == "image/svg+xml"


def test_the_settings_show_the_uploaded_pictures(as_manager, as_admin, client):
    as_admin.post("/settings/brand/", brand(mark=SimpleUploadedFile("a.png", png())))
    assert as_manager.get("/settings/brand/mark/").content == png()
    assert as_manager.get("/settings/brand/logo/").status_code == 404
    assert as_manager.get("/settings/brand/iban/").status_code == 404
    assert client.get("/settings/brand/mark/").status_code == 302


def test_the_style_sheet_needs_no_sign_in_and_is_kept_while_its_hash_is_right(client, as_admin):
    url = Company.current().brand.css_url
    response = client.get(url)
    assert response.headers["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in response.headers["Cache-Control"]
    assert "#0E6B6B" in response.content.decode()

    as_admin.post("/settings/brand/", brand(accent="#0a4d8c"))
    assert Company.current().brand.css_url != url
    old = client.get(url)
    assert "#0A4D8C" in old.content.decode()
    assert "immutable" not in old.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["/brand/logo", "/brand/logo?theme=dark", "/brand/mark"])
def test_the_stand_ins_are_pictures(client, path):
    response = client.get(path)
    assert response.headers["Content-Type"] == "image/svg+xml"
    assert b"FOUZIES" in response.content or path == "/brand/mark"


def test_a_page_asks_for_the_brand_once(as_admin, count_queries):
    as_admin.get("/notifications/")
    with count_queries() as queries:
        page = as_admin.get("/notifications/").content.decode()
    assert Company.current().brand.css_url in page
    assert len([each for each in queries if "company_company" in each["sql"]]) == 1
