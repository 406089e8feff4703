"""REST of this room: builds with their bills, revisions, verbs, refusals."""

import pytest

from apps.builds.models import BuildRevision, PrinterBuild, Status
from apps.builds.tests.factories import make_build, make_revision
from apps.parts.tests.factories import make_part

pytestmark = pytest.mark.django_db


def send(browser, url: str, body: dict | None = None, method: str = "post"):
    return getattr(browser, method)(url, body or {}, content_type="application/json")


def test_builds_are_listed_and_filtered(as_viewer):
    make_build(model_number="XP1")
    make_build(model_number="XP2", kind="assembly")
    data = as_viewer.get("/api/builds?kind=assembly").json()["data"]
    assert [each["model_number"] for each in data] == ["XP2"]


def test_the_parts_of_a_build_are_the_lines_of_its_current_revision(as_viewer):
    part = make_part(sku="LINE")
    revision = make_revision(parts={part: 4}, released=True)
    revision.build.draft_revision(by=None, copy_of=revision)
    data = as_viewer.get(f"/api/builds/{revision.build_id}/parts").json()["data"]
    assert [(each["part_sku"], each["quantity"], each["unit"]) for each in data] == [("LINE", "4.000", "H87")]


def test_lists_cost_the_same_queries_with_one_row_and_with_three(as_viewer, count_queries):
    def cost(url: str) -> int:
        with count_queries() as queries:
            assert as_viewer.get(url).status_code == 200
        return len(queries)

    revision = make_revision(released=True)
    urls = ["/api/builds", "/api/revisions", f"/api/builds/{revision.build_id}/parts"]
    before = [cost(url) for url in urls]
    make_revision(released=True)
    make_revision(released=True)
    assert [cost(url) for url in urls] == before


def test_a_build_is_made_with_its_product(as_manager, as_staff):
    body = {"model_number": "XP5", "name": "Printer"}
    assert send(as_staff, "/api/builds", body).status_code == 403
    answer = send(as_manager, "/api/builds", body)
    assert answer.status_code == 201
    assert answer.json()["data"]["product_sku"] == "XP5"
    again = send(as_manager, "/api/builds", body)
    assert again.status_code == 409
    assert PrinterBuild.objects.count() == 1


def test_a_revision_is_drafted_written_and_released(as_manager):
    build, part = make_build(), make_part()
    draft = send(as_manager, "/api/revisions", {"build": str(build.pk), "note": "x"}).json()["data"]
    url = f"/api/revisions/{draft['id']}"
    lines = {"version": draft["version"], "lines": [{"part": str(part.pk), "quantity": "3"}]}
    written = send(as_manager, f"{url}/write_parts", lines)
    assert written.status_code == 200
    assert [each["quantity"] for each in as_manager.get(f"{url}/parts").json()["data"]] == ["3.000"]
    assert send(as_manager, f"{url}/write_parts", lines).status_code == 409
    released = send(as_manager, f"{url}/release").json()["data"]
    assert (released["status"], released["is_current"]) == (Status.RELEASED, True)
    assert send(as_manager, f"{url}/release").status_code == 409


def test_verbs_ask_for_their_permission(as_staff):
    revision = make_revision()
    for name in ("release", "retire", "make_current"):
        assert send(as_staff, f"/api/revisions/{revision.pk}/{name}").status_code == 403
    assert BuildRevision.objects.get().status == Status.DRAFT


def test_a_note_is_changed_and_the_build_is_not(as_staff):
    revision = make_revision()
    url = f"/api/revisions/{revision.pk}"
    body = {"note": "new", "version": revision.version}
    assert send(as_staff, url, body, "patch").json()["data"]["note"] == "new"
    revision.refresh_from_db()
    other = {"build": str(make_build().pk), "version": revision.version}
    assert send(as_staff, url, other, "patch").status_code == 400
