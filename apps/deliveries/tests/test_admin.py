"""The back office of this room: everything can be read, only carriers can be written."""

import pytest
from django.urls import reverse

from apps.deliveries.tests.factories import make_carrier, make_shipped, returned

pytestmark = pytest.mark.django_db


def test_each_page_opens_and_what_verbs_write_is_locked(as_admin):
    delivery, carrier = make_shipped(), make_carrier()
    paper = delivery.return_([returned(delivery.lines.get(), 1)], by=None)
    for record, may_add in ((carrier, 200), (delivery, 403), (paper, 403)):
        name = f"admin:deliveries_{record._meta.model_name}"
        assert as_admin.get(reverse(f"{name}_changelist"), {"q": "x"}).status_code == 200
        assert as_admin.get(reverse(f"{name}_change", args=[record.pk])).status_code == 200
        assert as_admin.get(reverse(f"{name}_history", args=[record.pk])).status_code == 200
        assert as_admin.get(reverse(f"{name}_add")).status_code == may_add
    found = as_admin.get(reverse("admin:deliveries_delivery_changelist"), {"q": delivery.number}).context["cl"].queryset
    assert list(found) == [delivery]
