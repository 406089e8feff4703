import json
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.utils.translation import gettext_lazy, override
from rest_framework import exceptions

from apps.parts.models import Part
from apps.parts.tests.factories import make_part
from gmtc.envelope import refusal, server_error, to_json
from gmtc.testing import PASSWORD, race


def token(client, user) -> dict:
    answer = client.post("/api/token", {"email": user.email, "password": PASSWORD}, "application/json")
    return {"Authorization": f"Bearer {answer.json()['data']['access']}"}


# --- The envelope


def test_json_has_one_form_for_each_kind_of_value():
    values = {
        "amount": Decimal("0E-7"),
        "when": datetime(2026, 1, 31, 12, tzinfo=UTC),
        "id": UUID(int=1),
        "word": gettext_lazy("Search"),
    }
    assert json.loads(to_json(values)) == {
        "amount": "0.0000000",
        "when": "2026-01-31T12:00:00Z",
        "id": "00000000-0000-0000-0000-000000000001",
        "word": "Search",
    }


def test_json_refuses_what_it_does_not_know():
    with pytest.raises(TypeError):
        to_json({"odd": object()})


def test_every_answer_has_an_envelope_with_its_own_id(as_viewer):
    first, second = (as_viewer.get("/api/parts").json() for _ in range(2))
    assert list(first) == ["data", "pagination", "meta", "errors"]
    assert datetime.fromisoformat(first["meta"]["timestamp"]).tzinfo == UTC
    assert UUID(first["meta"]["request_id"]) != UUID(second["meta"]["request_id"])


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"a": NaN}', b"[" * 100_000])
def test_what_is_not_json_is_refused(as_manager, body):
    answer = as_manager.generic("POST", "/api/parts", body, "application/json")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "parse_error"


def test_a_spreadsheet_is_not_json(as_manager):
    answer = as_manager.post("/api/parts", "sku;name", "text/csv")
    assert answer.status_code == 415
    assert answer.json()["errors"][0]["code"] == "unsupported_media_type"


def test_unknown_addresses_and_methods_answer_in_the_envelope(as_viewer):
    part = make_part()
    answers = [
        as_viewer.get("/api/unheard-of"),
        as_viewer.post("/api/parts/"),
        as_viewer.get("/api/parts/not-an-id"),
        as_viewer.get(f"/api/parts/{UUID(int=5)}"),
        as_viewer.delete("/api/parts"),
        as_viewer.options("/api/parts"),
        as_viewer.get(f"/api/parts/{part.pk}/receive"),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404, 404, 405, 405, 405]
    assert [answer.json()["errors"][0]["code"] for answer in answers] == ["not_found"] * 4 + ["method_not_allowed"] * 3


def test_a_request_that_is_too_large_is_refused_in_the_envelope(as_manager, settings):
    settings.MAX_UPLOAD_BYTES = 100
    answer = as_manager.post("/api/parts", {"sku": "A" * 200}, "application/json")
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["code"] == "too_large"


def test_a_busy_database_asks_to_come_back():
    answer = refusal(OperationalError("deadlock detected"), {})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_a_bug_is_not_dressed_up_as_a_refusal():
    assert refusal(ZeroDivisionError(), {}) is None


def test_after_a_bug_programs_get_json():
    answer = server_error(RequestFactory().get("/api/parts"))
    assert (answer.status_code, json.loads(answer.content)["errors"][0]["code"]) == (500, "error")


def test_errors_of_nested_lines_name_the_line():
    error = exceptions.ValidationError({"lines": [{}, {"quantity": ["Too much."]}], "note": ["Missing."]})
    found = [(each["field"], each["message"]) for each in refusal(error, {}).data["errors"]]
    assert found == [("lines.1.quantity", "Too much."), ("note", "Missing.")]


# --- Signing in


def test_a_program_works_with_a_token(staff):
    client = Client()
    headers = token(client, staff)
    answer = client.post("/api/parts", {"sku": "A", "name": "A"}, "application/json", headers=headers)
    assert answer.status_code == 201
    assert Part.objects.get().created_by == staff


def test_a_token_that_does_not_hold_is_refused(db):
    answer = Client().get("/api/parts", headers={"Authorization": "Bearer nonsense"})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert [each["code"] for each in answer.json()["errors"]] == ["token_not_valid"]


def test_the_missing_permission_is_named(as_viewer):
    answer = as_viewer.post("/api/parts", {"sku": "A", "name": "A"}, "application/json")
    assert answer.status_code == 403
    assert "parts.add_part" in answer.json()["errors"][0]["message"]


def test_a_session_without_a_csrf_token_changes_nothing(manager):
    client = Client(enforce_csrf_checks=True)
    client.force_login(manager)
    assert client.get("/api/parts").status_code == 200
    assert client.post("/api/parts", {"sku": "A", "name": "A"}, "application/json").status_code == 403
    assert not Part.objects.exists()


def test_the_hundred_and_first_request_in_a_minute_waits(as_viewer, as_staff):
    answers = [as_viewer.get("/api/parts").status_code for _ in range(100)]
    assert set(answers) == {200}
    refused = as_viewer.get("/api/parts")
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 61
    assert refused.json()["errors"][0]["code"] == "throttled"
    assert as_staff.get("/api/parts").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_the_same_name_at_once_one_gets_a_conflict():
    user = get_user_model().objects.create_user("s@example.com", PASSWORD, role="staff")
    headers = token(Client(), user)

    def create(_number):
        body = {"sku": "SAME", "name": "Same"}
        return Client().post("/api/parts", body, "application/json", headers=headers).status_code

    assert sorted(race(4, create)) == [201, 409, 409, 409]
    assert Part.objects.count() == 1


# --- Description


def test_the_schema_is_complete_and_valid():
    out = StringIO()
    call_command("spectacular", "--fail-on-warn", "--validate", stdout=out)
    assert "/api/parts/{id}/receive" in out.getvalue()


def test_the_schema_describes_answers_as_they_are_sent(as_viewer):
    schema = as_viewer.get("/api/schema").json()
    components = schema["components"]["schemas"]
    one = schema["paths"]["/api/parts/{id}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert list(one["properties"]) == ["data", "meta", "errors"]
    assert list(components["PaginatedPartList"]["properties"]) == ["data", "pagination", "meta", "errors"]
    sent = as_viewer.get(f"/api/parts/{make_part().pk}").json()["data"]
    assert sent.keys() == components["Part"]["properties"].keys()
    receive = schema["paths"]["/api/parts/{id}/receive"]["post"]
    assert receive["x-permission"] == "parts.receive_part"
    assert receive["summary"] == "Takes goods into stock at its cost; the average cost follows."
    assert [each["name"] for each in receive["parameters"]] == ["Idempotency-Key", "id"]
    assert list(receive["responses"]) == ["201", "400", "401", "403", "404", "409", "429"]


def test_the_description_is_for_those_who_are_signed_in(db):
    assert Client().get("/api/schema").status_code == 401
    assert Client().get("/api/docs").status_code == 302


def test_the_docs_page_lists_every_address(as_viewer):
    page = as_viewer.get("/api/docs").content.decode()
    for path in as_viewer.get("/api/schema").json()["paths"]:
        assert f" {path}</code>" in page
    assert "curl -X POST" in page


def test_summaries_are_in_the_language_of_the_reader(as_viewer):
    with override("de"):
        expected = str(Part._meta.verbose_name_plural)
    schema = as_viewer.get("/api/schema", headers={"Accept-Language": "de"}).json()
    assert expected in schema["paths"]["/api/parts"]["get"]["summary"]
