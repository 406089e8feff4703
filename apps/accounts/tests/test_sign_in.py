"""The door: password, second factor, reset, sessions."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.contrib.auth import SESSION_KEY
from django.core import mail
from django.db import connection
from django.test import Client

from apps.accounts.models import User
from gmtc.testing import PASSWORD

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "a-new-good-password"


@pytest.fixture
def cache_as_installed(settings):
    """The cache in the database instead of the tests' own."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}}


def sign_in(client, user, password=PASSWORD):
    return client.post("/accounts/login/", {"login": user.email, "password": password})


def confirm(client):
    """allauth asks for the password again before it touches a second factor."""
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})


def is_signed_in(client):
    return SESSION_KEY in client.session


def test_one_signs_in_with_the_address_in_any_case(client, staff):
    response = client.post("/accounts/login/", {"login": "STAFF@Example.com", "password": PASSWORD})

    assert response.url == "/"
    assert is_signed_in(client)


def test_migrate_alone_makes_everything_that_signing_in_needs(client, staff, cache_as_installed):
    assert sign_in(client, staff, "wrong").status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cache")
        assert cursor.fetchone()[0] > 0, "failed attempts are counted in the cache"
    assert sign_in(client, staff).status_code == 302
    assert client.session[SESSION_KEY] == str(staff.pk)


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(client, staff):
    wrong = client.post("/accounts/login/", {"login": staff.email, "password": "wrong"})
    unknown = client.post("/accounts/login/", {"login": "nobody@example.com", "password": "wrong"})

    message = "not correct"
    assert message in wrong.content.decode()
    assert message in unknown.content.decode()
    assert not is_signed_in(client)


def test_after_five_wrong_passwords_the_right_one_does_not_help(client, staff):
    for _attempt in range(5):
        sign_in(client, staff, "wrong")

    assert "Too many failed login attempts" in sign_in(client, staff).content.decode()
    assert not is_signed_in(client)


def test_nobody_signs_up(client):
    assert "signup_closed" in client.get("/accounts/signup/").templates[0].name
    client.post("/accounts/signup/", {"email": "me@example.com", "password1": NEW_PASSWORD})
    assert User.objects.count() == 0


def test_signing_out_takes_a_click_not_a_link(as_staff):
    as_staff.get("/accounts/logout/")
    assert is_signed_in(as_staff)

    as_staff.post("/accounts/logout/")
    assert not is_signed_in(as_staff)


@pytest.mark.django_db(transaction=True)
def test_a_forgotten_password_is_set_by_a_link_in_the_users_language(client, staff, run_jobs, settings):
    User.objects.filter(pk=staff.pk).update(language="de")
    assert client.post("/accounts/password/reset/", {"email": "Staff@example.com"}).status_code == 302
    assert mail.outbox == []  # a job sends it, so the answer takes as long as for a stranger

    run_jobs()

    message = mail.outbox[0]
    assert message.to == ["staff@example.com"]
    assert message.alternatives[0].mimetype == "text/html"
    path = re.search(re.escape(settings.ORIGIN) + r"(/\S+)", message.body).group(1)
    assert path in message.alternatives[0].content

    page = client.get(path, follow=True)
    client.post(page.request["PATH_INFO"], {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    assert sign_in(client, staff, NEW_PASSWORD).url == "/"
    assert "link does not work any more" in Client().get(path, follow=True).content.decode()
    # an unverified address would keep the user from ever adding a second factor
    assert EmailAddress.objects.count() == 0
    assert staff.history.latest().history_change_reason == "change_password"


@pytest.mark.django_db(transaction=True)
def test_a_stranger_gets_no_mail_but_the_same_answer(client, staff, run_jobs):
    known = client.post("/accounts/password/reset/", {"email": staff.email})
    stranger = client.post("/accounts/password/reset/", {"email": "stranger@example.com"})
    run_jobs()

    assert (known.status_code, known.url) == (stranger.status_code, stranger.url)
    assert [message.to for message in mail.outbox] == [[staff.email]]


@pytest.mark.django_db(transaction=True)
def test_who_may_not_sign_in_gets_no_link(client, admin, staff, run_jobs):
    staff.deactivate(by=admin)
    client.post("/accounts/password/reset/", {"email": staff.email})
    run_jobs()
    assert mail.outbox == []


@pytest.mark.django_db(transaction=True)
def test_a_changed_password_is_told_by_mail_and_ends_the_other_sessions(client, staff, run_jobs):
    elsewhere = Client()
    sign_in(elsewhere, staff)
    sign_in(client, staff)

    response = client.post(
        "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    )
    run_jobs()

    assert response.url == "/accounts/profile/"
    assert client.get("/accounts/sessions/").status_code == 200
    assert elsewhere.get("/accounts/sessions/").status_code == 302
    assert mail.outbox[0].to == [staff.email]
    assert "127.0.0.1" in mail.outbox[0].body


def test_a_weak_password_is_refused(client, staff):
    sign_in(client, staff)
    response = client.post(
        "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": "short", "password2": "short"}
    )
    assert response.status_code == 200
    assert User.objects.get(pk=staff.pk).check_password(PASSWORD)


def test_the_code_of_the_app_is_asked_for_after_the_password(client, staff, totp):
    code = totp(staff)

    assert sign_in(client, staff).url == "/accounts/2fa/authenticate/"
    assert not is_signed_in(client)
    client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert not is_signed_in(client)
    assert client.post("/accounts/2fa/authenticate/", {"code": code()}).url == "/"
    assert is_signed_in(client)


def test_a_recovery_code_opens_once(client, staff, totp):
    totp(staff)
    code = RecoveryCodes.activate(staff).get_unused_codes()[0]

    sign_in(client, staff)
    client.post("/accounts/2fa/authenticate/", {"code": code})
    assert is_signed_in(client)

    again = Client()
    sign_in(again, staff)
    again.post("/accounts/2fa/authenticate/", {"code": code})
    assert not is_signed_in(again)


def test_everybody_may_set_up_an_app_and_gets_recovery_codes(client, viewer, code_of):
    sign_in(client, viewer)
    confirm(client)
    page = client.get("/accounts/2fa/totp/activate/")
    assert "data:image/svg+xml" in page.content.decode()
    secret = page.context["form"].secret

    client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})

    assert viewer.has_second_factor()
    assert "Recovery codes" in client.get("/accounts/2fa/recovery-codes/").content.decode().replace("Codes", "codes")


def test_other_sessions_are_listed_and_ended(client, staff):
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    elsewhere = Client(headers={"User-Agent": firefox})
    sign_in(elsewhere, staff)
    sign_in(client, staff)
    assert "Firefox, Linux" in client.get("/accounts/sessions/").content.decode()

    client.post("/accounts/sessions/")

    assert client.get("/accounts/sessions/").status_code == 200
    assert elsewhere.get("/accounts/sessions/").status_code == 302


# --- A second factor is required of admins and managers


@pytest.fixture
def required(settings):
    settings.MFA_REQUIRED = True


@pytest.mark.parametrize("role", ["admin", "manager"])
def test_admins_and_managers_are_led_to_a_second_factor_and_never_in_a_circle(required, request, role):
    client = request.getfixturevalue(f"as_{role}")

    response = client.get("/accounts/users/", follow=True)

    assert response.redirect_chain == [("/accounts/2fa/", 302)]
    assert response.status_code == 200
    for path in ("/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/"):
        answer = client.get(path)
        assert answer.status_code == 200 or answer.url.startswith("/accounts/reauthenticate/"), path
    assert client.get("/accounts/reauthenticate/").status_code == 200
    assert client.get("/healthz").status_code != 302
    assert client.post("/accounts/logout/").url == "/accounts/login/"
    assert not is_signed_in(client)


def test_the_back_office_is_closed_without_a_second_factor(required, as_admin):
    assert as_admin.get("/admin/").url == "/accounts/2fa/"


def test_htmx_is_sent_to_the_whole_page(required, as_admin):
    response = as_admin.get("/accounts/users/", headers={"HX-Request": "true"})
    assert (response.status_code, response.headers["HX-Redirect"]) == (204, "/accounts/2fa/")


def test_the_api_refuses_the_session_of_who_has_no_second_factor(required, as_admin):
    response = as_admin.post("/api/token/revoke", {"refresh": "x"}, content_type="application/json")
    assert response.status_code == 403
    assert response.json()["errors"][0]["code"] == "second_factor_required"


def test_staff_work_without_and_admins_with_a_second_factor(required, as_staff, as_admin, admin, totp):
    assert as_staff.get("/accounts/sessions/").status_code == 200

    totp(admin)
    assert as_admin.get("/accounts/sessions/").status_code == 200


def test_recovery_codes_alone_are_no_second_factor(required, as_admin, admin):
    RecoveryCodes.activate(admin)
    assert as_admin.get("/accounts/sessions/").url == "/accounts/2fa/"


def test_the_last_required_factor_cannot_be_dropped(required, settings, client, admin, totp):
    code = totp(admin)
    sign_in(client, admin)
    client.post("/accounts/2fa/authenticate/", {"code": code()})
    confirm(client)
    client.post("/accounts/2fa/totp/deactivate/")
    assert admin.has_second_factor()

    settings.MFA_REQUIRED = False
    client.post("/accounts/2fa/totp/deactivate/")
    assert not admin.has_second_factor()


def test_an_admin_takes_away_the_factor_of_a_lost_phone(as_admin, admin, staff, totp):
    totp(staff)
    client = Client()

    as_admin.post(f"/accounts/users/{staff.pk}/reset-second-factor/")

    assert not Authenticator.objects.filter(user=staff).exists()
    assert sign_in(client, staff).url == "/"
    assert staff.history.latest().history_change_reason == "reset_second_factor"


# --- Language


def test_the_page_speaks_the_users_language_else_the_browsers(client, staff):
    german = {"Accept-Language": "de"}
    assert client.get("/accounts/login/", headers=german).headers["Content-Language"] == "de"

    User.objects.filter(pk=staff.pk).update(language="en")
    client.force_login(staff)
    assert client.get("/accounts/sessions/", headers=german).headers["Content-Language"] == "en"


def test_nobody_is_looked_up_for_an_anonymous_request(client, count_queries):
    with count_queries() as queries:
        client.get("/accounts/password/reset/")
    assert [query for query in queries if "session" in query["sql"] or "accounts_user" in query["sql"]] == []


# --- The back office has no door of its own


def test_the_back_office_sends_to_the_same_sign_in(client, as_staff):
    assert client.get("/admin/login/").url.startswith("/accounts/login/")
    assert as_staff.get("/admin/", follow=True).status_code == 403


def test_the_password_is_changed_at_one_place(as_admin):
    assert as_admin.get("/admin/password_change/").url == "/accounts/password/change/"


PAGES = """login/ password/reset/ password/reset/done/ password/reset/key/done/ password/reset/key/x-y/ inactive/
    signup/ logout/ reauthenticate/ password/change/ 2fa/ 2fa/totp/activate/ 2fa/webauthn/ 2fa/webauthn/add/
    sessions/""".split()


@pytest.mark.parametrize("page", PAGES)
def test_every_page_of_the_door_has_our_look_and_no_inline_script(page, client, staff):
    if page.split("/")[0] in ("logout", "reauthenticate", "2fa", "sessions") or "change" in page:
        sign_in(client, staff)
        if "2fa" in page:
            confirm(client)
    html = client.get(f"/accounts/{page}").content.decode()

    in_the_house = page in ("password/change/", "2fa/", "sessions/")
    assert 'class="sidebar' in html if in_the_house else 'class="plain-brand"' in html and "plain-card" in html
    assert not re.search(r"<script(?![^>]*(\bsrc=|application/json))", html)
    assert not re.search(r"\sstyle=|\son[a-z]+=", html)
