"""What `manage.py verify` says of the company when somebody has changed the tables by hand."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection

from apps.company.models import Company, DocumentText
from apps.company.verify import RULES

pytestmark = pytest.mark.django_db


def execute(sql: str, *values) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, values)
        cursor.execute("SET LOCAL session_replication_role = origin")


def broken() -> dict[str, list[str]]:
    """The rules that are broken, each with its rows."""
    found = {rule.name: [f"{f.record}: {f.found}, expected {f.expected}" for f in rule.find()] for rule in RULES}
    return {name: faults for name, faults in found.items() if faults}


def test_a_new_company_and_a_changed_one_are_sound(admin):
    assert broken() == {}
    company = Company.current()
    company.revise({"city": "Leipzig"}, by=admin, version=company.version)
    assert broken() == {}


def test_a_company_that_is_gone_is_found():
    execute("DELETE FROM company_company")
    assert broken()["There is one company"] == ["company: 0, expected 1"]


def test_terms_changed_by_hand_are_found():
    execute("UPDATE company_company SET vat_rate = 16")
    (row,) = broken()["Company: the last history row is the record as it stands"]
    assert row.startswith(f"Company {Company.current().pk}: version 1, expected as in history row ")


def test_a_text_changed_by_hand_is_found():
    text = DocumentText.of("quote", "de")
    execute("UPDATE company_documenttext SET closing = 'Nothing.' WHERE id = %s", text.pk)
    (row,) = broken()["DocumentText: the last history row is the record as it stands"]
    assert row.startswith(f"DocumentText {text.pk}: ")


def test_a_logo_that_is_gone_is_found(admin):
    company = Company.current()
    name = default_storage.save("brand/logo.svg", ContentFile(b"<svg/>"))
    company.revise({"logo": name}, by=admin, version=company.version)
    assert broken() == {}
    default_storage.delete(name)
    assert broken() == {"The pictures of the brand are there": [f"{name}: missing, expected a file"]}


def test_a_missing_constraint_is_found():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE company_company DROP CONSTRAINT company_company_vat_rate")
    assert broken() == {
        "Constraints are in place": [
            "constraint company_company_vat_rate: missing or not valid, expected on company_company"
        ]
    }
