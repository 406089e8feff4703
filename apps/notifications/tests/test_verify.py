"""What `manage.py verify` says of notifications when somebody has changed the tables by hand."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apps.notifications.models import Kind, Notification, Preference
from apps.notifications.verify import RULES

pytestmark = pytest.mark.django_db


def execute(sql: str, *values) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def broken() -> dict[str, list[str]]:
    """The rules that are broken, each with its rows."""
    found = {rule.name: [f"{f.record}: {f.found}, expected {f.expected}" for f in rule.find()] for rule in RULES}
    return {name: faults for name, faults in found.items() if faults}


@pytest.fixture
def notification(staff):
    return Notification.objects.create(user=staff, kind=Kind.STOCK, title="Screws are short", url="/parts/")


def test_notifications_are_sound(notification, staff):
    Preference.objects.create(user=staff, kind=Kind.STOCK, mail=False)
    Notification.objects.all().mark_read()
    assert broken() == {}


def test_a_kind_that_nobody_knows_is_found(notification, staff):
    Preference.objects.create(user=staff, kind=Kind.STOCK)
    execute("UPDATE notifications_notification SET kind = 'weather'")
    execute("UPDATE notifications_preference SET kind = 'weather'")
    assert broken() == {
        "Every notification and every choice is of a kind that there is": [
            f"notification {notification.pk}: weather, expected a kind",
            f"choice of user {staff.pk}: weather, expected a kind",
        ]
    }


def test_what_was_read_before_it_was_written_is_found(notification):
    execute("UPDATE notifications_notification SET read_at = %s", timezone.now() - timedelta(days=1))
    (row,) = broken()["Nothing was read before it was written"]
    assert row.startswith(f"notification {notification.pk}: read ")


@pytest.mark.parametrize("url", ["https://example.com/", "//example.com/", "parts/"])
def test_a_way_out_of_the_house_is_found_and_so_is_the_missing_constraint(notification, url):
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute("ALTER TABLE notifications_notification DROP CONSTRAINT notifications_own_url")
    execute("UPDATE notifications_notification SET url = %s", url)
    assert broken() == {
        "A notification leads to a page of ours": [f"notification {notification.pk}: {url}, expected a path, /..."],
        "Constraints are in place": [
            "constraint notifications_own_url: missing or not valid, expected on notifications_notification"
        ],
    }
