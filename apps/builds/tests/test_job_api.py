"""REST of production: jobs with their verbs, printers."""

import datetime

import pytest

from apps.builds.models import JobStatus, ProductionJob
from apps.builds.tests.factories import finished, make_job, make_product, picked, stocked
from apps.builds.tests.test_api import send
from apps.customers.tests.factories import make_customer
from apps.parts.tests.factories import make_location, make_part

pytestmark = pytest.mark.django_db


def test_a_job_walks_from_planned_to_completed(as_staff):
    part, table, shelf = stocked(10), make_location(), make_location()
    product = make_product({part: 2}, steps=["Turns"])
    answer = send(as_staff, "/api/jobs", {"part": str(product.pk), "quantity": 2})
    assert answer.status_code == 201
    job = answer.json()["data"]
    assert (job["status"], job["part_sku"]) == ("planned", product.sku)
    url = f"/api/jobs/{job['id']}"
    assert send(as_staff, f"{url}/release").json()["data"]["status"] == "released"
    (line,) = as_staff.get(f"{url}/parts").json()["data"]
    assert (line["quantity"], line["reserved_quantity"], line["short_quantity"]) == ("4.000", "4.000", "0.000")
    send(as_staff, f"{url}/start")
    pick = {"line": line["id"], "quantity": "4", "location": str(part.default_location_id)}
    assert send(as_staff, f"{url}/pick", {"workplace": str(table.pk), "lines": [pick]}).status_code == 200
    send(as_staff, f"{url}/test")
    checks = [check["id"] for check in as_staff.get(f"{url}/checks").json()["data"]]
    assert len(checks) == 2
    send(as_staff, f"{url}/record_checks", {"checks": checks, "passed": True})
    done = send(as_staff, f"{url}/complete", {"location": str(shelf.pk)}).json()["data"]
    assert (done["status"], done["cost"]) == ("completed", "4.0000")
    printers = as_staff.get(f"{url}/printers").json()["data"]
    assert sorted(printer["piece"] for printer in printers) == [1, 2]
    assert as_staff.get(f"/api/printers?q={printers[0]['serial']}").json()["data"][0]["job"] == job["id"]


def test_refusals_say_why(as_staff, as_manager):
    job = make_job({make_part(sku="GONE-1"): 1})
    answer = send(as_staff, f"/api/jobs/{job.pk}/release")
    assert answer.status_code in (409, 422)
    assert "GONE-1" in answer.content.decode()
    assert send(as_staff, f"/api/jobs/{job.pk}/release", {"short": True}).status_code == 200
    assert send(as_staff, f"/api/jobs/{job.pk}/cancel", {"reason": "x"}).status_code == 403
    assert send(as_manager, f"/api/jobs/{job.pk}/cancel", {"reason": "x"}).status_code == 200
    job.refresh_from_db()
    assert job.status == JobStatus.CANCELLED
    assert as_manager.delete(f"/api/jobs/{job.pk}").status_code == 403


def test_a_viewer_reads_and_does_nothing(as_viewer):
    job = make_job({stocked(): 1})
    assert as_viewer.get(f"/api/jobs/{job.pk}").status_code == 200
    assert send(as_viewer, f"/api/jobs/{job.pk}/release").status_code == 403
    assert send(as_viewer, "/api/jobs", {"part": str(job.part_id)}).status_code == 403


def test_a_bought_part_is_not_built(as_staff):
    answer = send(as_staff, "/api/jobs", {"part": str(make_part().pk), "quantity": 1})
    assert answer.status_code in (400, 422)
    assert not ProductionJob.objects.exists()


def test_extra_consumption_is_written_down(as_staff):
    part = stocked(10)
    job = picked(make_job({part: 1}))
    body = {
        "part": str(part.pk),
        "quantity": "1",
        "location": str(part.default_location_id),
        "kind": "scrap",
        "reason": "dropped",
    }
    assert send(as_staff, f"/api/jobs/{job.pk}/use_extra", body).status_code == 200
    assert as_staff.get(f"/api/jobs/{job.pk}/extras").json()["data"][0]["reason"] == "dropped"


def test_a_printer_is_restocked_and_noted(as_staff, staff):
    printer = finished(make_job(product=make_product({stocked(): 1}))).printers.get()
    printer.hand_over(make_customer(), on=datetime.date(2026, 11, 1), by=staff)
    printer.take_back(by=staff)
    url = f"/api/printers/{printer.pk}"
    assert send(as_staff, f"{url}/restock").json()["data"]["status"] == "in_stock"
    version = as_staff.get(url).json()["data"]["version"]
    body = {"version": version, "notes": "cleaned"}
    assert send(as_staff, f"{url}/write_notes", body).json()["data"]["notes"] == "cleaned"
    assert send(as_staff, f"{url}/write_notes", body).status_code == 409
    assert as_staff.get(f"{url}/parts").json()["data"][0]["consumed_quantity"] == "1.000"


def test_lists_cost_the_same_queries_with_one_row_and_with_three(as_viewer, count_queries):
    def cost(url: str) -> int:
        with count_queries() as queries:
            assert as_viewer.get(url).status_code == 200
        return len(queries)

    def build():
        return finished(make_job(product=make_product({stocked(): 1}, steps=["Turns"])))

    job = build()
    urls = ["/api/jobs", "/api/printers", f"/api/jobs/{job.pk}/parts", f"/api/jobs/{job.pk}/checks"]
    before = [cost(url) for url in urls]
    build()
    build()
    assert [cost(url) for url in urls] == before
    assert max(before) <= 6
