"""What `manage.py verify` says of users when somebody has changed the tables by hand."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, connection

from apps.accounts.models import RefreshFamily
from apps.accounts.verify import RULES

pytestmark = pytest.mark.django_db


def execute(sql: str, *values) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def broken() -> dict[str, list[str]]:
    """The rules that are broken, each with its rows."""
    found = {rule.name: [f"{f.record}: {f.found}, expected {f.expected}" for f in rule.find()] for rule in RULES}
    return {name: faults for name, faults in found.items() if faults}


def test_users_made_by_the_verbs_are_sound(viewer, staff, manager, admin):
    staff.revise({"name": "New Name"}, by=admin)
    staff.assign_role("manager", by=admin)
    RefreshFamily.objects.create(user=viewer, client="phone")
    viewer.deactivate(by=admin)
    assert broken() == {}
    assert [rule.count() for rule in RULES[:3]] == [4, 4, 4]


def test_a_user_in_another_group_is_found(viewer, staff):
    staff.groups.add(Group.objects.get(name="manager"))
    viewer.groups.clear()
    assert broken() == {
        "Each user is in the group of the role and in no other": [
            "staff@example.com: manager, staff, expected staff",
            "viewer@example.com: no group, expected viewer",
        ]
    }


def test_rights_past_the_role_are_found(viewer, staff, manager):
    viewer.user_permissions.add(Permission.objects.get(codename="add_part"))
    execute("UPDATE accounts_user SET is_staff = false WHERE role = 'manager'")
    rows = broken()["Nobody holds a permission of their own, nor every permission without being an admin"]
    assert rows == [
        "viewer@example.com: may add_part, expected what the role may",
        "manager@example.com: may not open the back office, expected what the role may",
    ]
    execute("UPDATE accounts_user SET is_superuser = true WHERE role = 'staff'")
    rows = broken()["Nobody holds a permission of their own, nor every permission without being an admin"]
    assert "staff@example.com: superuser, expected role admin, or no superuser" in rows


def test_a_group_with_more_or_less_than_its_role_is_found():
    Group.objects.get(name="viewer").permissions.add(Permission.objects.get(codename="add_part"))
    Group.objects.get(name="staff").permissions.remove(Permission.objects.get(codename="receive_part"))
    assert broken() == {
        "Each role may do exactly what apps/accounts/roles.py says": [
            "staff: parts.receive_part: not granted, expected granted",
            "viewer: parts.add_part: granted, expected not granted",
        ]
    }


def test_a_change_that_history_does_not_tell_is_found(staff):
    execute("UPDATE accounts_user SET name = 'Somebody' WHERE id = %s", staff.pk)
    (row,) = broken()["User: the last history row is the record as it stands"]
    assert row.startswith(f"User {staff.pk}: other values, expected as in history row ")


def test_a_user_without_history_is_found(staff):
    execute("SET LOCAL session_replication_role = replica")
    execute("DELETE FROM accounts_historicaluser")
    execute("SET LOCAL session_replication_role = origin")
    assert broken() == {"User: each has a history": ["staff@example.com: no history row, expected one or more"]}


def test_an_address_nobody_could_sign_in_with_is_found(staff):
    execute("UPDATE accounts_user SET email = 'Staff@Example.com'")
    assert broken()["Addresses are kept in lower case, as the sign-in looks them up"] == [
        f"user {staff.pk}: Staff@Example.com, expected staff@example.com"
    ]


def test_a_token_of_somebody_who_left_is_found(staff, admin):
    staff.deactivate(by=admin)
    family = RefreshFamily.objects.create(user=staff, client="phone")
    assert broken() == {
        "Who may not sign in has no token that still works": [
            f"staff@example.com: token family {family.pk}, expected revoked"
        ]
    }


def test_a_missing_guard_is_found():
    execute("ALTER TABLE accounts_historicaluser DISABLE TRIGGER accounts_historicaluser_append_only_row")
    assert broken() == {
        "Triggers are in place and on": ["trigger accounts_historicaluser_append_only_row: switched off, expected on"]
    }


@pytest.mark.parametrize("sql", ["UPDATE {} SET name = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_history_of_users_is_only_ever_added_to(staff, sql):
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match="accounts_historicaluser is append-only"):
        execute(sql.format("accounts_historicaluser"))
