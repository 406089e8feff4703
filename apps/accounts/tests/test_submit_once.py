"""One submitted form, one effect."""

import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.db import DataError, connection
from django.http import FileResponse, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.test import RequestFactory
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken

from apps.accounts import tasks
from apps.accounts.middleware import KEEP_BODY, SubmitOnce
from apps.accounts.models import Submission, User
from gmtc.testing import race

pytestmark = pytest.mark.django_db

INVITATION = {"name": "New", "email": "new@example.com", "role": "staff", "language": "", "form_key": "k1"}


def send(user, view, *, key="k1", path="/things/", body=None, headers=None, **extra):
    """A POST through the middleware to a view of the test."""
    if headers is None:
        headers = {}
    request = RequestFactory(headers=headers).post(path, {"form_key": key} | (body or {}), **extra)
    request.user = user
    return SubmitOnce(view)(request)


def effects():
    return Group.objects.filter(name__startswith="effect").count()


def make_effect(response):
    def view(request):
        Group.objects.create(name=f"effect {effects()}")
        return response() if callable(response) else response

    return view


def test_the_same_form_twice_takes_effect_once_and_gives_the_same_answer(as_admin):
    first = as_admin.post("/accounts/users/invite/", INVITATION)
    second = as_admin.post("/accounts/users/invite/", INVITATION)

    assert (first.status_code, first.url) == (302, User.objects.get(email="new@example.com").get_absolute_url())
    assert (second.status_code, second.headers["Location"]) == (302, first.url)
    assert "Idempotent-Replay" not in first.headers
    assert second.headers["Idempotent-Replay"] == "true"
    assert User.objects.filter(email="new@example.com").count() == 1


def test_a_refused_form_does_not_use_up_its_key(as_admin):
    refused = as_admin.post("/accounts/users/invite/", INVITATION | {"email": "no address"})
    assert refused.status_code == 422
    assert Submission.objects.count() == 0

    assert as_admin.post("/accounts/users/invite/", INVITATION).status_code == 302


@pytest.mark.parametrize("status", [400, 403, 409, 422, 500])
def test_an_answer_of_400_and_above_rolls_everything_back(staff, status):
    assert send(staff, make_effect(HttpResponse(status=status))).status_code == status

    assert effects() == 0
    assert Submission.objects.count() == 0


def test_a_view_that_left_the_connection_broken_is_rolled_back_whole(staff):
    def view(request):
        Group.objects.create(name="effect")
        with connection.cursor() as cursor, suppress(DataError):
            cursor.execute("SELECT 1/0")
        return HttpResponse(status=500)

    assert send(staff, view).status_code == 500
    assert effects() == 0


def test_the_same_key_with_other_values_is_refused(staff):
    send(staff, make_effect(HttpResponse("ok")), body={"quantity": "3"})

    other_body = send(staff, make_effect(HttpResponse("ok")), body={"quantity": "4"})
    other_path = send(staff, make_effect(HttpResponse("ok")), path="/others/", body={"quantity": "3"})

    assert (other_body.status_code, other_path.status_code) == (422, 422)
    assert b"sent before with other values" in other_body.content
    assert effects() == 1


def test_who_goes_back_and_sends_something_else_is_led_to_what_was_made(staff):
    send(staff, make_effect(HttpResponseRedirect("/orders/1/")), body={"quantity": "3"})
    again = send(staff, make_effect(HttpResponse("ok")), body={"quantity": "4"})
    assert again.status_code == 422
    assert b'href="/orders/1/"' in again.content


def test_the_csrf_token_may_differ_between_two_sends(staff):
    send(staff, make_effect(HttpResponse("ok")), body={"csrfmiddlewaretoken": "one"})
    again = send(staff, make_effect(HttpResponse("ok")), body={"csrfmiddlewaretoken": "two"})

    assert again.headers["Idempotent-Replay"] == "true"
    assert effects() == 1


def test_two_users_may_have_the_same_key(staff, manager):
    send(staff, make_effect(HttpResponse("ok")))
    send(manager, make_effect(HttpResponse("ok")))
    assert effects() == 2


def test_anonymous_and_keyless_requests_pass(staff):
    for user, key in [(AnonymousUser(), "k1"), (staff, "")]:
        send(user, make_effect(HttpResponse("ok")), key=key)
    assert effects() == 2
    assert Submission.objects.count() == 0


def test_reading_never_asks_for_a_key(staff):
    request = RequestFactory(headers={"Idempotency-Key": "k1"}).get("/things/")
    request.user = staff
    for _twice in range(2):
        SubmitOnce(make_effect(HttpResponse("ok")))(request)
    assert effects() == 2


@pytest.mark.parametrize("key", ["k" * 101, "k\n1"])
def test_a_key_that_is_none_is_refused(staff, key):
    assert send(staff, make_effect(HttpResponse("ok")), key=key).status_code == 400
    assert effects() == 0


def test_the_answer_comes_back_with_its_body_and_its_htmx_headers(staff):
    def response():
        return HttpResponse(
            "<tr>ä</tr>", status=201, headers={"HX-Trigger": "stock-changed", "Location": "/x/", "X-Other": "1"}
        )

    send(staff, make_effect(response))
    again = send(staff, make_effect(response))

    assert (again.status_code, again.content) == (201, "<tr>ä</tr>".encode())
    assert again.headers["HX-Trigger"] == "stock-changed"
    assert again.headers["Location"] == "/x/"
    assert again.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "X-Other" not in again.headers


@pytest.mark.parametrize(
    "response",
    [
        lambda: HttpResponse("x" * (KEEP_BODY + 1)),
        lambda: HttpResponse("a;b", headers={"Content-Disposition": "attachment"}),
        lambda: StreamingHttpResponse(iter(["a", "b"])),
        lambda: FileResponse(open(__file__, "rb")),  # noqa: SIM115 - the response closes it
    ],
    ids=["large", "attachment", "stream", "file"],
)
def test_large_bodies_and_files_are_not_kept_but_still_happen_once(staff, response):
    first = send(staff, make_effect(response))
    again = send(staff, make_effect(response))

    if first.streaming:
        assert b"".join(first)  # was not read by us
        for close in first._resource_closers:
            close()  # response.close() would close the connection of the test as well
    assert Submission.objects.get().body is None
    assert again.status_code == 200
    assert "carried out before" in again.content.decode()
    assert effects() == 1


def test_a_json_body_is_told_apart_too(staff):
    def post(body):
        return send_json(body, user=staff, headers={"Idempotency-Key": "k1"})

    assert post({"quantity": 3}).status_code == 200
    assert post({"quantity": 3}).headers["Idempotent-Replay"] == "true"
    refusal = post({"quantity": 4})
    assert (refusal.status_code, refusal.headers["Content-Type"]) == (422, "application/json")
    assert effects() == 1


def send_json(body, *, user, headers, view=None):
    request = RequestFactory(headers=headers).post("/api/things", body, content_type="application/json")
    request.user = user
    return SubmitOnce(view or make_effect(HttpResponse("{}", content_type="application/json")))(request)


def test_the_bearer_of_a_token_is_recognised(staff):
    headers = {"Idempotency-Key": "k1", "Authorization": f"Bearer {AccessToken.for_user(staff)}"}
    for _twice in range(2):
        send_json({}, user=AnonymousUser(), headers=headers)
    assert effects() == 1
    assert Submission.objects.get().user == staff


def test_a_token_that_does_not_hold_is_left_to_the_view(staff):
    headers = {"Idempotency-Key": "k1", "Authorization": "Bearer nonsense"}
    send_json({}, user=AnonymousUser(), headers=headers)
    assert Submission.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_two_clicks_in_the_same_moment_create_one_effect(staff):
    """The second INSERT waits on the unique index until the first has committed.

    Negative control: the same race with a key each, which is what no lock would be, makes two effects.
    """
    made = threading.Lock()
    count = []

    def view(request):
        with made:
            count.append(1)
            name = f"effect {len(count)}"
        Group.objects.create(name=name)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.2)")  # long enough for the other one to arrive
        return HttpResponse(name)

    answers = race(2, lambda i: send(staff, view))
    assert effects() == 1
    assert [answer.content for answer in answers] == [b"effect 1"] * 2
    assert sum("Idempotent-Replay" in answer.headers for answer in answers) == 1

    race(2, lambda i: send(staff, view, key=f"other {i}"))
    assert effects() == 3


@pytest.mark.django_db(transaction=True)
def test_the_second_of_two_clicks_does_the_work_where_the_first_was_refused(staff):
    turn = iter([409, 200])
    lock = threading.Lock()

    def view(request):
        with lock:
            status = next(turn)
        Group.objects.create(name=f"effect {status}")
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.2)")
        return HttpResponse(status=status)

    answers = race(2, lambda i: send(staff, view))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert list(Group.objects.filter(name__startswith="effect").values_list("name", flat=True)) == ["effect 200"]


def test_submissions_are_forgotten_after_a_week(staff):
    send(staff, make_effect(HttpResponse("ok")), key="old")
    send(staff, make_effect(HttpResponse("ok")), key="young")
    Submission.objects.filter(key="old").update(sent_at=timezone.now() - timedelta(days=7, minutes=1))

    tasks.clear_expired(0)

    assert [each.key for each in Submission.objects.all()] == ["young"]
