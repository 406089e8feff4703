"""The back office of this room: builds are edited there, bills and parts lists can only be read."""

import pytest
from django.urls import reverse

from apps.builds.models import PartsListImport, PrinterBuild
from apps.builds.tests.factories import make_revision, xlsx

pytestmark = pytest.mark.django_db


def test_lists_and_records_open(as_admin):
    revision = make_revision(released=True)
    record = PartsListImport.upload(xlsx([("1", "A", "x", 1)]), by=None, model_number="X")
    for each in (revision.build, revision, record):
        name = f"admin:builds_{each._meta.model_name}"
        assert as_admin.get(reverse(f"{name}_changelist")).status_code == 200
        assert as_admin.get(reverse(f"{name}_change", args=[each.pk])).status_code == 200


def test_a_build_is_made_there_with_its_product(as_admin):
    fields = {"model_number": "XP1", "name": "Printer", "kind": "printer", "base_price": "5", "specifications": "{}"}
    fields["days_to_build"] = "3"
    assert as_admin.post(reverse("admin:builds_printerbuild_add"), fields).status_code == 302
    assert PrinterBuild.objects.get().product.sku == "XP1"


def test_bills_are_not_written_there(as_admin):
    revision = make_revision()
    assert as_admin.get(reverse("admin:builds_buildrevision_add")).status_code == 403
    url = reverse("admin:builds_buildrevision_change", args=[revision.pk])
    assert as_admin.post(url, {"note": "x"}).status_code == 403
