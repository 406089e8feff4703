"""Sign-in of programs."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client, RequestFactory
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed
from rest_framework_simplejwt.authentication import JWTAuthentication

from apps.accounts import tasks
from apps.accounts.models import RefreshFamily, RefreshToken
from gmtc.testing import PASSWORD, race

pytestmark = pytest.mark.django_db


def post(path, body, client=None, **headers):
    return (client or Client()).post(f"/api/token{path}", body, content_type="application/json", headers=headers)


def content(response):
    body = response.json()
    return body.get("data", body)


def sign_in(user, password=PASSWORD, **more):
    return post("", {"email": user.email, "password": password, **more})


def refresh(token):
    return post("/refresh", {"refresh": token})


def user_of(access):
    request = RequestFactory(headers={"Authorization": f"Bearer {access}"}).get("/api/parts")
    return JWTAuthentication().authenticate(request)[0]


def test_email_and_password_give_a_pair_of_tokens(staff):
    tokens = content(sign_in(staff))

    assert user_of(tokens["access"]) == staff
    assert RefreshFamily.objects.get().user == staff
    assert tokens["refresh"] not in str(RefreshToken.objects.values())


@pytest.mark.parametrize(
    "body", [{"email": "staff@example.com", "password": "wrong"}, {"email": "nobody@example.com", "password": PASSWORD}]
)
def test_wrong_credentials_get_401(staff, body):
    response = post("", body)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert RefreshFamily.objects.count() == 0


@pytest.mark.parametrize("body", [{}, {"email": "staff@example.com"}, {"email": "no", "password": "x"}])
def test_incomplete_credentials_get_400(body):
    assert post("", body).status_code == 400


def test_who_may_not_sign_in_gets_no_token(admin, staff):
    staff.deactivate(by=admin)
    assert sign_in(staff).status_code == 401


def test_five_attempts_a_minute(staff, manager):
    assert [sign_in(staff).status_code for _attempt in range(6)] == [200] * 5 + [429]
    assert sign_in(manager).status_code == 200


def test_failures_here_and_on_the_sign_in_page_are_counted_together(staff, client):
    for _attempt in range(3):
        sign_in(staff, "wrong")
        client.post("/accounts/login/", {"login": staff.email, "password": "wrong"})
    assert sign_in(staff).status_code == 429


# --- The second factor


def test_a_user_with_an_app_sends_its_code(staff, totp):
    code = totp(staff)()
    assert sign_in(staff).status_code == 401
    assert sign_in(staff, totp="000000").status_code == 401
    assert sign_in(staff, totp=code).status_code == 200
    assert sign_in(staff, totp=code).status_code == 401  # a code is good once


def test_codes_are_counted_by_user_from_whatever_address(staff, totp):
    code = totp(staff)()
    proxies = [Client(REMOTE_ADDR=f"192.0.2.{n}") for n in range(6)]
    body = {"email": staff.email, "password": PASSWORD, "totp": "000000"}
    statuses = [post("", body, client).status_code for client in proxies]
    assert statuses == [401] * 5 + [429]
    assert post("", body | {"totp": code}, Client(REMOTE_ADDR="192.0.2.99")).status_code == 429


def test_a_passkey_alone_gives_no_token(staff):
    Authenticator.objects.create(user=staff, type=Authenticator.Type.WEBAUTHN, data={})
    assert sign_in(staff).status_code == 403


def test_where_a_second_factor_is_required_there_is_no_token_without(settings, manager, staff):
    tokens = content(sign_in(manager))
    settings.MFA_REQUIRED = True

    assert sign_in(manager).status_code == 403
    assert refresh(tokens["refresh"]).status_code == 403
    assert sign_in(staff).status_code == 200


# --- Rotation


def test_a_refresh_token_is_exchanged_for_a_new_pair(staff):
    first = content(sign_in(staff))
    second = content(refresh(first["refresh"]))
    third = content(refresh(second["refresh"]))

    assert user_of(third["access"]) == staff
    assert len({first["refresh"], second["refresh"], third["refresh"]}) == 3
    assert RefreshFamily.objects.get().tokens.count() == 3


def test_a_refresh_token_used_twice_ends_its_family_and_no_other(staff):
    first, other = content(sign_in(staff)), content(sign_in(staff))
    second = content(refresh(first["refresh"]))

    assert refresh(first["refresh"]).status_code == 401
    assert refresh(second["refresh"]).status_code == 401
    assert refresh(other["refresh"]).status_code == 200


def test_a_key_does_not_save_a_stolen_token_from_ending_its_family(as_staff, staff):
    """The refusal is a 401, which SubmitOnce would roll back, the revocation with it."""
    first = content(sign_in(staff))
    second = content(refresh(first["refresh"]))

    post("/refresh", {"refresh": first["refresh"]}, as_staff, **{"Idempotency-Key": "k1"})

    assert refresh(second["refresh"]).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_of_two_exchanges_in_the_same_moment_one_wins_and_the_family_ends(staff):
    """Without the lock on the family both find the token unused, and a thief's copy lives on beside the owner's."""
    token = content(sign_in(staff))["refresh"]

    statuses = sorted(response.status_code for response in race(2, lambda i: refresh(token)))

    assert statuses == [200, 401]
    assert RefreshFamily.objects.get().revoked_at is not None


def test_an_access_token_is_no_refresh_token(staff):
    assert refresh(content(sign_in(staff))["access"]).status_code == 401
    assert refresh("nonsense").status_code == 401


def test_signing_out_ends_the_family(staff):
    tokens = content(sign_in(staff))
    assert post("/revoke", {"refresh": tokens["refresh"]}).status_code == 204
    assert refresh(tokens["refresh"]).status_code == 401


def test_tokens_stop_at_once_when_the_user_is_deactivated(admin, staff):
    tokens = content(sign_in(staff))
    staff.deactivate(by=admin)

    with pytest.raises(AuthenticationFailed):
        user_of(tokens["access"])
    assert refresh(tokens["refresh"]).status_code == 401
    staff.activate(by=admin)
    assert refresh(tokens["refresh"]).status_code == 401


def test_a_new_password_ends_all_tokens(staff):
    tokens = content(sign_in(staff))
    staff.change_password("another-good-one", by=staff)

    with pytest.raises(AuthenticationFailed):
        user_of(tokens["access"])
    assert refresh(tokens["refresh"]).status_code == 401


def test_families_are_forgotten_a_day_after_their_last_token_expired(staff):
    sign_in(staff)
    sign_in(staff)
    old = RefreshFamily.objects.first()
    old.tokens.update(expires_at=timezone.now() - timedelta(days=2))

    tasks.clear_expired(0)

    assert old not in RefreshFamily.objects.all()
    assert RefreshFamily.objects.count() == 1
