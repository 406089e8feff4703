"""The company's row, its numbers, its texts and its letterhead."""

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction

from apps.company.letterhead import letterhead
from apps.company.models import Company, DocumentKind, DocumentText, Language
from apps.company.sample import fill
from gmtc import pdf
from gmtc.errors import Refused, StaleEdit
from gmtc.testing import text_of

pytestmark = pytest.mark.django_db


def test_a_new_database_has_a_company_that_is_visibly_a_sample():
    company = Company.current()
    assert company.trade_name == "FOUZIES"
    assert "Muster" in company.legal_name
    assert company.email.endswith("@example.com")
    company.full_clean()


def test_the_database_holds_one_company_only():
    with pytest.raises(IntegrityError, match="company_company_one"), transaction.atomic():
        Company(legal_name="Second GmbH", trade_name="S", street="s", postcode="1", city="c").save()


def test_the_company_cannot_be_deleted(admin):
    company = Company.current()
    with pytest.raises(Refused):
        company.discard(by=admin)
    with pytest.raises(IntegrityError, match="company_company_stays"), connection.cursor() as cursor:
        cursor.execute("UPDATE company_company SET deleted_at = now()")


def test_filling_again_changes_nothing_that_was_written(admin):
    text = DocumentText.of("quote", "de")
    text.revise({"intro": "Ours"}, by=admin, version=text.version)
    fill()
    assert DocumentText.of("quote", "de").intro == "Ours"
    assert Company.everything.count() == 1


@pytest.mark.parametrize(
    ("field", "wrong", "right"),
    [
        ("vat_id", "DE123456789", "DE123456788"),
        ("iban", "DE89370400440532013001", "DE89370400440532013000"),
        ("bic", "COBADE", "COBADEFFXXX"),
        ("eori", "1234", "DE1234567"),
        ("accent", "petrol", "#0e6b6b"),
        ("country", "de", "DE"),
    ],
)
def test_numbers_are_checked_by_their_digits(field, wrong, right):
    company = Company.current()
    setattr(company, field, wrong)
    with pytest.raises(ValidationError) as error:
        company.full_clean()
    assert field in error.value.message_dict
    setattr(company, field, right)
    company.full_clean()


@pytest.mark.parametrize("rate", ["-1", "100.01", "NaN"])
def test_a_vat_rate_is_a_percentage(rate):
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("UPDATE company_company SET vat_rate = %s", [rate])


def test_a_change_is_kept_in_the_history(admin):
    company = Company.current()
    company.revise({"city": "Berlin"}, by=admin, version=company.version)
    newest, first = company.history.all()
    assert (newest.city, newest.history_user, newest.history_change_reason) == ("Berlin", admin, "edit")
    assert first.city == "Musterstadt"


def test_a_stale_change_is_refused(admin):
    seen = Company.current()
    Company.current().revise({"city": "Berlin"}, by=admin, version=1)
    with pytest.raises(StaleEdit):
        seen.revise({"city": "Hamburg"}, by=admin, version=1)
    assert Company.current().city == "Berlin"


@pytest.mark.parametrize("table", ["company_historicalcompany", "company_historicaldocumenttext"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET history_type = '-'", "DELETE FROM {}", "TRUNCATE {}"])
def test_history_is_only_added_to(table, statement):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))


# --- Texts


@pytest.mark.parametrize("kind", DocumentKind.values)
@pytest.mark.parametrize("language", Language.values)
def test_every_document_has_its_texts_in_both_languages(kind, language):
    text = DocumentText.of(kind, language)
    assert (text.kind, text.language) == (kind, language)
    assert text.intro


def test_a_language_without_texts_gets_the_english_ones():
    assert DocumentText.of("invoice", "fr").intro == DocumentText.of("invoice", "en").intro


# --- Letterhead


def test_the_letterhead_says_what_the_law_wants_on_a_business_letter():
    foot = "\n".join(line for column in letterhead("en").footer for line in column)
    for fact in ("GM-TC Muster GmbH", "HRB 00000", "Amtsgericht Musterstadt", "Maxi Muster", "DE123456788"):
        assert fact in foot
    assert "IBAN DE89 3704 0044 0532 0130 00" in foot
    assert "Germany" in foot


def test_the_letterhead_speaks_the_language_of_the_document():
    assert ["Deutschland" in column for column in letterhead("de").footer][0]


def test_what_is_not_known_leaves_no_empty_line(admin):
    company = Company.current()
    empty = ["phone", "website", "iban", "bic", "tax_number", "register_number", "directors"]
    company.revise(dict.fromkeys(empty, ""), by=admin, version=company.version)
    columns = letterhead("de").footer
    assert all(line.strip() for column in columns for line in column)
    assert not any("IBAN" in line for column in columns for line in column)


def test_the_letterhead_carries_the_word_mark_until_a_logo_is_uploaded():
    content, media_type = letterhead("de").files["logo"]
    assert media_type == "image/svg+xml"
    assert b"<svg" in content


@pytest.mark.paper
@pytest.mark.parametrize(("language", "word"), [("de", "Rechnungen"), ("en", "invoice")])
def test_a_paper_carries_letterhead_and_standing_texts(language, word):
    text = DocumentText.of("invoice", language)
    text.intro += f" {word}"
    context = {"letterhead": letterhead(language), "title": "T", "number": "RE-2026-0001", "intro": text.intro}
    content = pdf.render("pdf/base.html", context | {"recipient": ["Kundin"]}, language=language)
    page = text_of(content)
    for fact in (text.intro, "RE-2026-0001", "Kundin", "HRB 00000", "IBAN DE89 3704 0044 0532 0130 00"):
        assert fact in page
