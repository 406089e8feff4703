"""The back office as a whole: addresses that nobody means are answered."""

import pytest
from django.contrib import admin
from django.urls import reverse

pytestmark = pytest.mark.django_db

NONSENSE = ["created_at__year=99999", "p=99999999999999999999", "o=99"]
REGISTERED = sorted(model._meta.label for model in admin.site._registry)


@pytest.mark.parametrize("label", REGISTERED)
def test_a_list_answers_what_cannot_be_meant(as_admin, label):
    model = next(each for each in admin.site._registry if each._meta.label == label)
    page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    for asked in NONSENSE:
        answer = as_admin.get(f"{page}?{asked}", follow=True)
        assert answer.status_code == 200, asked


def test_a_state_that_no_job_has_is_answered(as_admin):
    page = reverse("admin:procrastinate_procrastinatejob_changelist")
    assert as_admin.get(f"{page}?status__exact=nonsense", follow=True).status_code == 200
