"""Users, their roles, and what the pages remember for them."""

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction

from apps.accounts.invitations import invite, send_invitation
from apps.accounts.models import RefreshFamily, User
from apps.accounts.roles import Role
from gmtc.errors import Refused
from gmtc.testing import PASSWORD, race

pytestmark = pytest.mark.django_db


def reasons(user):
    return list(user.history.order_by("history_id").values_list("history_change_reason", flat=True))


def test_an_address_is_kept_in_lower_case_and_is_unique_whatever_its_case(staff):
    user = User.objects.create_user("Berta.Blum@Example.COM", PASSWORD, name="Berta Blum")

    assert user.email == "berta.blum@example.com"
    assert User.objects.get_by_natural_key("BERTA.blum@example.com") == user
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=staff.pk).update(email="BERTA.BLUM@example.com")


def test_passwords_are_hashed_with_bcrypt(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.BCryptSHA256PasswordHasher"]

    assert User(email="a@example.com").password == ""
    assert User.objects.create_user("a@example.com", PASSWORD).password.startswith("bcrypt_sha256$$2b$")


def test_a_new_user_is_in_the_group_of_the_role_and_leaves_one_history_row(admin):
    user = User.objects.create_user("new@example.com", name="New", role=Role.MANAGER, by=admin)

    assert list(user.groups.all()) == [Group.objects.get(name="manager")]
    assert user.is_staff
    assert not user.has_usable_password()
    row = user.history.get()
    assert (row.history_user, row.history_change_reason, row.role) == (admin, "create", "manager")


def test_a_role_gives_its_permissions_and_takes_the_others_away(admin, manager):
    assert manager.has_perm("accounts.view_user")
    assert not manager.has_perm("accounts.change_user")

    manager.assign_role(Role.STAFF, by=admin)

    assert not User.objects.get(pk=manager.pk).has_perm("accounts.view_user")
    assert not User.objects.get(pk=manager.pk).is_staff
    assert reasons(manager) == ["create", "assign_role"]


def test_a_superuser_who_stops_being_admin_keeps_no_power(admin):
    boss = User.objects.create_superuser("boss@example.com", PASSWORD, name="Boss")

    boss.assign_role(Role.VIEWER, by=admin)

    assert not User.objects.get(pk=boss.pk).has_perm("accounts.change_user")


def test_permissions_cost_one_query_a_request(staff, count_queries):
    user = User.objects.get(pk=staff.pk)
    with count_queries() as queries:
        user.has_perm("parts.view_part")
        user.has_perm("parts.add_part")
        user.has_perm("accounts.view_user")
    assert len(queries) == 1


def test_the_last_admin_can_neither_leave_the_role_nor_be_deactivated(admin, manager):
    with pytest.raises(Refused, match="last admin"):
        admin.assign_role(Role.STAFF, by=admin)
    with pytest.raises(Refused, match="last admin"):
        admin.deactivate(by=manager)

    admin.refresh_from_db()
    assert (admin.role, admin.is_active) == (Role.ADMIN, True)


def test_an_inactive_admin_does_not_count_as_the_one_who_stays(admin):
    other = User.objects.create_user("other@example.com", role=Role.ADMIN, name="Other")
    other.deactivate(by=admin)

    with pytest.raises(Refused, match="last admin"):
        admin.assign_role(Role.STAFF, by=other)


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_demote_each_other_at_once_leave_one_admin(admin):
    """Without `_lock_admins()` both see the other one still in office, and nobody is left."""
    other = User.objects.create_user("other@example.com", role=Role.ADMIN, name="Other")
    pairs = [(admin, other), (other, admin)]

    results = race(2, lambda i: User.objects.get(pk=pairs[i][0].pk).assign_role(Role.STAFF, by=pairs[i][1]))

    assert sorted(type(result).__name__ for result in results) == ["NoneType", "Refused"]
    assert User.objects.admins().count() == 1


def test_nobody_deactivates_themselves(admin):
    User.objects.create_user("other@example.com", role=Role.ADMIN, name="Other")

    with pytest.raises(Refused, match="yourself"):
        admin.deactivate(by=admin)


def test_deactivating_ends_sessions_and_tokens(admin, staff, client):
    client.post("/accounts/login/", {"login": staff.email, "password": PASSWORD})
    family = RefreshFamily.objects.create(user=staff, client="curl")
    assert Session.objects.count() == 1

    staff.deactivate(by=admin)

    family.refresh_from_db()
    assert family.revoked_at is not None
    assert Session.objects.count() == 0
    assert client.get("/accounts/profile/").url.startswith("/accounts/login/")
    assert reasons(staff) == ["create", "deactivate"]


def test_an_activated_user_may_sign_in_again(admin, staff, client):
    staff.deactivate(by=admin)
    assert client.post("/accounts/login/", {"login": staff.email, "password": PASSWORD}).url == "/accounts/inactive/"

    staff.activate(by=admin)

    assert client.post("/accounts/login/", {"login": staff.email, "password": PASSWORD}).url == "/"


def test_signing_in_is_no_change_of_the_user(staff, client):
    client.post("/accounts/login/", {"login": staff.email, "password": PASSWORD})

    staff.refresh_from_db()
    assert staff.last_login is not None
    assert reasons(staff) == ["create"]


def test_a_new_password_leaves_a_history_row_without_the_password(staff):
    staff.change_password("another-good-one", by=staff)

    row = staff.history.latest()
    assert (row.history_change_reason, row.history_user) == ("change_password", staff)
    assert not hasattr(row, "password")


def test_editing_writes_only_what_differs(admin, staff):
    staff.revise({"name": staff.name, "email": staff.email.upper(), "language": ""}, by=admin)
    assert reasons(staff) == ["create"]

    staff.revise({"name": "Sabine Staff"}, by=admin)
    assert staff.history.latest().history_user == admin
    assert User.objects.get(pk=staff.pk).name == "Sabine Staff"


def test_a_taken_address_is_refused_at_its_field(admin, staff):
    with pytest.raises(Refused) as refusal:
        staff.revise({"email": "Admin@example.com"}, by=admin)
    assert refusal.value.field == "email"

    with pytest.raises(Refused) as refusal:
        invite("STAFF@example.com", name="Twin", role=Role.STAFF, by=admin)
    assert refusal.value.field == "email"
    assert User.objects.count() == 2


def test_a_link_is_not_sent_to_who_may_not_sign_in(admin, staff):
    staff.deactivate(by=admin)
    with pytest.raises(Refused, match="activate"):
        send_invitation(staff)


@pytest.mark.parametrize(
    ("name", "initials"), [("Ada Lovelace", "AL"), ("Ada", "A"), ("Ada King Lovelace", "AL"), ("", "A")]
)
def test_the_avatar_shows_first_and_last_initial(name, initials):
    assert User(name=name, email="ada@example.com").initials == initials


# --- Preferences


def test_a_choice_is_remembered_by_page(staff):
    staff.prefer("parts:part_list", "columns", ["price", "supplier"])
    staff.prefer("app", "theme", "dark")

    fresh = User.objects.get(pk=staff.pk)
    assert fresh.preference("parts:part_list", "columns") == ["price", "supplier"]
    assert fresh.preference("parts:part_list", "per_page", 50) == 50
    assert fresh.theme == "dark"
    assert reasons(staff) == ["create"]


@pytest.mark.parametrize(
    ("page", "key", "value"),
    [
        ("views", "columns", []),
        ("Parts <b>", "columns", []),
        ("parts", "colour", "red"),
        ("parts", "columns", "price"),
        ("parts", "columns", ["x" * 61]),
        ("parts", "columns", ["x"] * 101),
        ("parts", "per_page", 5_000),
        ("parts", "per_page", True),
        ("parts", "per_page", "50"),
        ("app", "theme", "pink"),
        ("app", "density", {}),
    ],
)
def test_what_is_no_choice_is_not_remembered(staff, page, key, value):
    with pytest.raises(Refused):
        staff.prefer(page, key, value)
    assert User.objects.get(pk=staff.pk).preferences == {}


@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_choose_at_once_lose_nothing(staff):
    """Without the lock each writes its own copy of the whole object, and one choice is lost."""
    tabs = [User.objects.get(pk=staff.pk) for _tab in range(4)]

    results = race(4, lambda i: tabs[i].prefer(f"page{i}", "per_page", 100))

    assert results == [None] * 4
    stored = User.objects.get(pk=staff.pk)
    assert [stored.preference(f"page{i}", "per_page") for i in range(4)] == [100] * 4


def test_a_saved_view_replaces_the_one_of_its_name(staff):
    staff.save_view("parts", "  Short   parts ", "?low=1")
    staff.save_view("parts", "Open", "status=open")
    staff.save_view("parts", "Short parts", "low=1&sort=sku")

    fresh = User.objects.get(pk=staff.pk)
    assert fresh.saved_views("parts") == [
        {"name": "Open", "query": "status=open"},
        {"name": "Short parts", "query": "low=1&sort=sku"},
    ]
    fresh.delete_view("parts", "Open")
    fresh.delete_view("parts", "never saved")
    assert [view["name"] for view in User.objects.get(pk=staff.pk).saved_views("parts")] == ["Short parts"]


@pytest.mark.parametrize(
    ("page", "name", "query"),
    [("parts", " ", "a=1"), ("parts", "n" * 61, "a=1"), ("parts", "n", "q" * 2_001), ("views", "n", "a=1")],
)
def test_a_view_without_a_name_or_too_long_is_refused(staff, page, name, query):
    with pytest.raises(Refused):
        staff.save_view(page, name, query)
    assert staff.saved_views(page) == []


def test_fifty_views_a_page_are_enough(staff):
    for n in range(50):
        staff.save_view("parts", f"View {n}", f"n={n}")

    with pytest.raises(Refused, match="50"):
        staff.save_view("parts", "One more", "n=51")
    staff.save_view("parts", "View 3", "n=33")
    staff.save_view("orders", "One more", "n=51")
    assert len(staff.saved_views("parts")) == 50
