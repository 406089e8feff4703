"""The plugin that all other tests stand on."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.db import connection

from gmtc.testing import BlankSheets, pages_of, race, settled

User = get_user_model()


def committed_rows() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [row[0] for row in cursor.fetchall()]
        counts = {}
        for table in tables:
            cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608
            counts[table] = cursor.fetchone()[0]
    return counts


@pytest.mark.django_db(transaction=True)
def test_a_committing_test_leaves_the_database_as_migrate_left_it(request):
    before = committed_rows()
    User.objects.create_user("left@example.com", "x", role="staff", name="Left Over")
    Group.objects.get(name="staff").permissions.clear()
    assert committed_rows() != before

    from gmtc.testing import Pristine

    class Test:
        @staticmethod
        def _databases_names(include_mirrors):
            return ["default"]

    Pristine.restore(Test)
    assert committed_rows() == before


@pytest.mark.django_db(transaction=True)
def test_roles_hold_their_permissions_after_a_committing_test():
    assert Group.objects.get(name="admin").permissions.count() == Permission.objects.count() > 0
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_racers_have_connections_of_their_own_and_hand_back_results_and_errors():
    def act(i):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pid = cursor.fetchone()[0]
        if i == 2:
            raise ValueError("two")
        return pid

    results = race(4, act)

    assert str(results[2]) == "two"
    assert len({*results[:2], results[3]}) == 3


def test_signed_in_clients_have_their_role(as_viewer, as_staff, as_manager, as_admin):
    clients = [as_viewer, as_staff, as_manager, as_admin]
    roles = [User.objects.get(pk=client.session["_auth_user_id"]).role for client in clients]
    assert roles == ["viewer", "staff", "manager", "admin"]


@pytest.mark.journey
@pytest.mark.django_db(transaction=True)
def test_settled_waits_for_a_request_that_is_under_way(open_page):
    page = open_page()
    page.goto("/accounts/login/")
    page.evaluate("""() => {
        document.body.className = "htmx-request";
        setTimeout(() => document.body.classList.remove("htmx-request"), 400);
    }""")
    settled(page)
    assert page.evaluate("document.body.className") == ""


def test_blank_sheets_are_pdfs_and_another_for_each_text():
    one, same, other = (BlankSheets.write(text, files={}) for text in ("<p>1</p>", "<p>1</p>", "<p>2</p>"))
    assert one == same != other
    assert pages_of(other) == [""]
