"""Profile, preferences, and the users' pages."""

import pytest
from allauth.usersessions.models import UserSession
from django.core import mail
from django.urls import reverse

from apps.accounts.models import User
from apps.accounts.roles import Role

pytestmark = pytest.mark.django_db


def test_everybody_edits_their_own_name_language_and_appearance(as_viewer, viewer):
    page = as_viewer.get("/accounts/profile/")
    assert viewer.email in page.content.decode()

    response = as_viewer.post("/accounts/profile/", {"name": "Vera View", "language": "de", "theme": "dark"})

    assert response.url == "/accounts/profile/"
    user = User.objects.get(pk=viewer.pk)
    assert (user.name, user.language, user.theme) == ("Vera View", "de", "dark")
    assert user.history.latest().history_user == viewer


def test_a_profile_without_a_name_comes_back_with_422(as_viewer, viewer):
    assert as_viewer.post("/accounts/profile/", {"name": "", "theme": "dark"}).status_code == 422
    assert User.objects.get(pk=viewer.pk).theme == "auto"


def test_the_profile_cannot_raise_its_own_role(as_viewer, viewer):
    as_viewer.post("/accounts/profile/", {"name": "V", "theme": "auto", "role": "admin", "is_staff": "1"})
    assert User.objects.get(pk=viewer.pk).role == Role.VIEWER


# --- Preferences


def test_a_choice_answers_nothing_to_htmx_and_leads_back_without(as_staff, staff):
    choice = {"page": "parts:part_list", "key": "columns", "value": '["price"]'}
    assert as_staff.post("/accounts/prefer/", choice, headers={"HX-Request": "true"}).status_code == 204
    assert as_staff.post("/accounts/prefer/", choice | {"next": "/parts/?q=a"}).url == "/parts/?q=a"
    assert User.objects.get(pk=staff.pk).preference("parts:part_list", "columns") == ["price"]


@pytest.mark.parametrize("elsewhere", ["https://evil.example.com/", "//evil.example.com", "javascript:alert(1)"])
def test_nobody_is_led_to_another_site(as_staff, elsewhere):
    choice = {"page": "app", "key": "theme", "value": '"dark"', "next": elsewhere}
    assert as_staff.post("/accounts/prefer/", choice).url == "/"


@pytest.mark.parametrize("value", ["", "{", '"pink"', "[]"])
def test_a_choice_that_is_none_is_refused(as_staff, staff, value):
    choice = {"page": "app", "key": "theme", "value": value}
    assert as_staff.post("/accounts/prefer/", choice, headers={"HX-Request": "true"}).status_code == 422
    assert "theme" not in User.objects.get(pk=staff.pk).preferences["app"]


def test_views_are_saved_and_deleted(as_staff, staff):
    as_staff.post("/accounts/views/save/", {"page": "parts:part_list", "name": "Short", "query": "low=1"})
    assert User.objects.get(pk=staff.pk).saved_views("parts:part_list") == [{"name": "Short", "query": "low=1"}]

    as_staff.post("/accounts/views/delete/", {"page": "parts:part_list", "name": "Short"})
    assert User.objects.get(pk=staff.pk).saved_views("parts:part_list") == []


@pytest.mark.parametrize("path", ["/accounts/prefer/", "/accounts/views/save/", "/accounts/views/delete/"])
def test_choices_are_posted_by_who_is_signed_in(client, as_staff, path):
    assert client.post(path).url.startswith("/accounts/login/")
    assert as_staff.get(path).status_code == 405


# --- Users


def addresses(user):
    one = {"pk": user.pk}
    read = [reverse("accounts:user_list"), reverse("accounts:user", kwargs=one)]
    write = [
        reverse(f"accounts:{name}", kwargs=one)
        for name in (
            "user_edit",
            "user_role",
            "user_deactivate",
            "user_activate",
            "user_end_sessions",
            "user_reset_second_factor",
            "user_send_link",
        )
    ]
    return read, write


def test_users_are_shown_to_managers_and_changed_by_admins(client, as_staff, as_manager, as_admin, viewer):
    read, write = addresses(viewer)
    for path in read:
        assert client.get(path).url.startswith("/accounts/login/"), path
        assert as_staff.get(path).status_code == 403, path
        assert as_manager.get(path).status_code == 200, path
        assert as_admin.get(path).status_code == 200, path
    for path in [*write, reverse("accounts:user_invite")]:
        assert client.post(path).url.startswith("/accounts/login/"), path
        assert as_manager.post(path).status_code == 403, path
    assert User.objects.get(pk=viewer.pk).is_active


def test_the_list_costs_the_same_for_one_and_for_many(as_admin, count_queries):
    with count_queries() as few:
        as_admin.get("/accounts/users/")
    for n in range(5):
        User.objects.create_user(f"more{n}@example.com", name=f"More {n}")
    with count_queries() as many:
        page = as_admin.get("/accounts/users/")

    assert "more4@example.com" in page.content.decode()
    assert len(few) == len(many)


def test_the_list_is_searched_filtered_and_sorted(as_admin, admin, staff, viewer):
    viewer.deactivate(by=admin)

    def found(query):
        return list(as_admin.get(f"/accounts/users/?{query}").context["rows"])

    assert found("") == [admin, staff, viewer]
    assert found("sort=-email") == [viewer, staff, admin]
    assert found("active=true") == [admin, staff]
    assert found("active=false") == [viewer]
    assert found("q=STAFF@") == found("q=example staff") == [staff]
    assert found("role=admin") == [admin]
    assert found("second_factor=true") == found("q=nobody") == found("role=nonsense") == []


def test_names_stand_where_people_look_for_them(as_admin, admin):
    for n, name in enumerate(["Zorn", "Österle", "Ofner", "Ozan", "straßner", "Strasser", "Çelik", "Cerny"]):
        User.objects.create_user(f"{n}@example.com", name=name)
    rows = as_admin.get("/accounts/users/?sort=name").context["rows"]
    expected = ["Çelik", "Cerny", "Ofner", "Österle", "Ozan", "Strasser", "straßner", "Zorn"]
    assert [person.name for person in rows if person != admin] == expected
    rows = as_admin.get("/accounts/users/?sort=-name").context["rows"]
    assert [person.name for person in rows][:3] == ["Zorn", "straßner", "Strasser"]


def test_many_users_stand_on_several_pages(as_admin, admin):
    for n in range(30):
        User.objects.create_user(f"more{n:02}@example.com", name=f"More {n:02}")
    asked = {"per_page": 25}
    first, second = (as_admin.get("/accounts/users/", asked | {"page": page}).context["rows"] for page in (1, 2))
    assert (len(first), len(second)) == (25, 6)
    assert first[0] == admin
    assert second[-1].name == "More 29"
    summary = as_admin.get("/accounts/users/?summary=1").context
    assert summary["count"] == 31


def test_the_list_shows_who_may_do_what(as_admin, viewer, admin):
    viewer.deactivate(by=admin)
    page = as_admin.get("/accounts/users/").content.decode()
    assert '<span class="badge">may not sign in</span>' in page
    assert '<span class="badge badge-ok">active</span>' in page
    assert f'<a href="/accounts/users/{viewer.pk}/">Viewer Example</a>' in page


@pytest.mark.django_db(transaction=True)
def test_an_invited_user_sets_a_password_and_works(as_admin, client, run_jobs, settings):
    invitation = {"name": "Nora New", "email": "Nora@example.com", "role": "staff", "language": "de"}
    response = as_admin.post("/accounts/users/invite/", invitation)
    run_jobs()

    nora = User.objects.get(email="nora@example.com")
    assert response.url == f"/accounts/users/{nora.pk}/"
    assert mail.outbox[0].to == ["nora@example.com"]
    link = next(line for line in mail.outbox[0].body.splitlines() if "/password/reset/key/" in line)
    page = client.get(link.removeprefix(settings.ORIGIN), follow=True)
    client.post(page.request["PATH_INFO"], {"password1": "noras-own-password", "password2": "noras-own-password"})
    signed_in = client.post("/accounts/login/", {"login": nora.email, "password": "noras-own-password"})
    assert signed_in.url == "/"
    assert not as_admin.get(f"/accounts/users/{nora.pk}/").context["person"].second_factor


def test_a_taken_address_is_said_beside_the_field(as_admin, staff):
    invitation = {"name": "Twin", "email": "staff@example.com", "role": "staff"}
    response = as_admin.post("/accounts/users/invite/", invitation)
    assert response.status_code == 422
    assert response.context["form"].errors["email"] == ["A user with this e-mail address exists."]


def test_an_admin_corrects_name_and_role_and_sees_it_in_the_history(as_admin, admin, staff):
    edit = {"name": "Stefan Staff", "email": "stefan@example.com", "language": "en", "version": staff.version}
    as_admin.post(f"/accounts/users/{staff.pk}/edit/", edit)
    as_admin.post(f"/accounts/users/{staff.pk}/role/", {"role": "manager"})

    user = User.objects.get(pk=staff.pk)
    assert (user.name, user.email, user.role, user.is_staff) == ("Stefan Staff", "stefan@example.com", "manager", True)
    page = as_admin.get(f"/accounts/users/{staff.pk}/").content.decode()
    assert admin.name in page
    assert "Staff Example" in page  # the old name


def test_a_second_tab_does_not_set_the_address_back(as_admin, admin, staff):
    path = f"/accounts/users/{staff.pk}/edit/"
    tab = {"name": staff.name, "email": staff.email, "language": "", "version": staff.version}
    as_admin.post(path, tab | {"email": "new@example.com"})

    late = as_admin.post(path, tab | {"name": "Stefan"})
    assert late.status_code == 409
    page = late.content.decode()
    assert "Someone else saved this record" in page
    assert "new@example.com" in page
    assert User.objects.get(pk=staff.pk).email == "new@example.com"

    typed = late.context["person_form"].data
    assert (typed["name"], typed["version"]) == ("Stefan", 2)
    assert as_admin.post(path, typed.dict()).status_code == 302
    assert User.objects.get(pk=staff.pk).name == "Stefan"


def test_an_address_that_is_taken_comes_back_beside_its_field(as_admin, staff, viewer):
    edit = {"name": "Staff", "email": viewer.email, "language": "", "version": staff.version}
    response = as_admin.post(f"/accounts/users/{staff.pk}/edit/", edit)
    assert response.status_code == 422
    assert "email" in response.context["person_form"].errors


def test_deactivating_asks_first(as_admin, as_manager, staff):
    path = reverse("accounts:user_deactivate", kwargs={"pk": staff.pk})
    page = as_admin.get(path).content.decode()
    assert "cannot sign in any more" in page
    assert User.objects.get(pk=staff.pk).is_active
    assert f'hx-get="{path}"' in as_admin.get(staff.get_absolute_url()).content.decode()
    assert as_manager.get(path).status_code == 403


def test_the_last_admin_is_told_why_not(as_admin, admin):
    response = as_admin.post(f"/accounts/users/{admin.pk}/role/", {"role": "staff"})
    assert response.status_code == 422
    assert "last admin" in response.content.decode()


def test_a_refused_button_says_why(as_admin, admin):
    response = as_admin.post(f"/accounts/users/{admin.pk}/deactivate/", follow=True)
    assert "You cannot deactivate yourself" in response.content.decode()
    assert User.objects.get(pk=admin.pk).is_active


def test_a_deactivated_user_can_be_let_in_again(as_admin, staff):
    as_admin.post(f"/accounts/users/{staff.pk}/deactivate/")
    assert not User.objects.get(pk=staff.pk).is_active

    as_admin.post(f"/accounts/users/{staff.pk}/activate/")
    assert User.objects.get(pk=staff.pk).is_active


# --- Back office


def test_the_back_office_edits_a_user_by_the_same_verbs(as_admin, admin, staff):
    path = f"/admin/accounts/user/{staff.pk}/change/"
    assert "password" not in as_admin.get(path).context["adminform"].form.fields

    values = {"name": "Stefan", "email": "Stefan@example.com", "language": "", "role": "manager"}
    assert as_admin.post(path, values).status_code == 302

    user = User.objects.get(pk=staff.pk)
    assert (user.name, user.email, user.role) == ("Stefan", "stefan@example.com", "manager")
    assert [group.name for group in user.groups.all()] == ["manager"]
    assert user.history.latest().history_user == admin


def test_the_back_office_invites_and_keeps_the_last_admin(as_admin, admin):
    added = {"name": "Ben", "email": "ben@example.com", "language": "", "role": "staff"}
    assert as_admin.post("/admin/accounts/user/add/", added).status_code == 302
    assert User.objects.get(email="ben@example.com").role == "staff"

    path = f"/admin/accounts/user/{admin.pk}/change/"
    refused = as_admin.post(path, {"name": "A", "email": admin.email, "language": "", "role": "staff"})
    assert "last admin" in refused.content.decode()
    assert User.objects.get(pk=admin.pk).role == "admin"


def test_the_back_office_tells_a_users_history_in_words(as_admin, admin, staff):
    staff.assign_role("manager", by=admin)
    page = as_admin.get(f"/admin/accounts/user/{staff.pk}/history/").content.decode()
    assert "<td>changed the role</td>" in page
    assert "<del>Staff</del> → <ins>Manager</ins>" in page
    assert "estore" not in page
    assert as_admin.get(f"/admin/accounts/user/{staff.pk}/history/1/").status_code in (302, 404)


@pytest.mark.parametrize("path", ["mfa/authenticator/", "account/emailaddress/", "usersessions/usersession/"])
def test_secrets_and_sessions_are_not_in_the_back_office(as_admin, path):
    assert as_admin.get(f"/admin/{path}").status_code == 404


def test_users_are_never_deleted(as_admin, staff):
    assert as_admin.post(f"/admin/accounts/user/{staff.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=staff.pk).exists()


# --- Sign-in and security


def test_security_pages_stand_inside_the_house_and_lead_back_to_the_profile(as_viewer):
    for name in ("usersessions_list", "mfa_index", "account_change_password"):
        page = as_viewer.get(reverse(name)).content.decode()
        assert 'class="sidebar' in page
        assert 'href="/accounts/profile/"' in page


def test_a_session_is_shown_by_the_name_of_its_browser(as_viewer, viewer):
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"
    UserSession.objects.update_or_create(
        user=viewer, session_key=as_viewer.session.session_key, defaults={"ip": "10.0.0.1", "user_agent": firefox}
    )
    page = as_viewer.get(reverse("usersessions_list")).content.decode()
    assert "Firefox, Linux" in page
    assert "Gecko" not in page
