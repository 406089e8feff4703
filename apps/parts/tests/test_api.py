import json
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from apps.parts.models import Part, StockMovement
from apps.parts.tests.factories import make_category, make_location, make_part, make_stock

NOWHERE = uuid4()


def send(client, method: str, path: str, body=None, **headers):
    return client.generic(
        method, path, json.dumps(body) if body is not None else b"", "application/json", headers=headers
    )


def problems(response) -> list[tuple[str, str | None]]:
    return [(each["code"], each["field"]) for each in response.json()["errors"]]


# --- Who may


@pytest.fixture
def every_address(db) -> dict[tuple[str, str], dict | None]:
    """Each address of the room with a body that works for someone who may."""
    part, category, other = make_part(), make_category(), make_location()
    place = make_stock(part, 10)
    trashed = make_part()
    trashed.discard(by=None)
    trashed_category, trashed_place = make_category(), make_location()
    trashed_category.discard(by=None)
    trashed_place.discard(by=None)
    reservation = part.reserve(1, by=None)
    movement = StockMovement.objects.first()
    return {
        ("GET", "/api/categories"): None,
        ("POST", "/api/categories"): {"name": "Fans"},
        ("GET", f"/api/categories/{category.pk}"): None,
        ("PUT", f"/api/categories/{category.pk}"): {"name": "Screws", "version": 1},
        ("PATCH", f"/api/categories/{category.pk}"): {"name": "Bolts", "version": 2},
        ("DELETE", f"/api/categories/{category.pk}"): None,
        ("POST", f"/api/categories/{trashed_category.pk}/restore"): None,
        ("GET", "/api/locations"): None,
        ("POST", "/api/locations"): {"code": "Z-1", "name": "Shelf"},
        ("GET", f"/api/locations/{other.pk}"): None,
        ("PUT", f"/api/locations/{other.pk}"): {"code": "Z-2", "name": "Shelf", "version": 1},
        ("PATCH", f"/api/locations/{other.pk}"): {"name": "Rack", "version": 2},
        ("POST", f"/api/locations/{trashed_place.pk}/restore"): None,
        ("GET", "/api/parts"): None,
        ("POST", "/api/parts"): {"sku": "FAN-40", "name": "Fan"},
        ("GET", f"/api/parts/{part.pk}"): None,
        ("PUT", f"/api/parts/{part.pk}"): {"sku": "FAN-41", "name": "Fan", "version": 1},
        ("PATCH", f"/api/parts/{part.pk}"): {"name": "Big fan", "version": 2},
        ("POST", f"/api/parts/{trashed.pk}/restore"): None,
        ("POST", f"/api/parts/{part.pk}/receive"): {"quantity": "5", "location": str(place.pk)},
        ("POST", f"/api/parts/{part.pk}/issue"): {"quantity": 2, "location": str(place.pk)},
        ("POST", f"/api/parts/{part.pk}/adjust"): {"quantity": "-1", "location": str(place.pk), "note": "broken"},
        ("POST", f"/api/parts/{part.pk}/transfer"): {
            "quantity": 1,
            "source": str(place.pk),
            "target": str(other.pk),
        },
        ("POST", f"/api/parts/{part.pk}/reserve"): {"quantity": 1},
        ("GET", f"/api/parts/{part.pk}/movements"): None,
        ("GET", f"/api/parts/{part.pk}/levels"): None,
        ("GET", f"/api/parts/{part.pk}/reservations"): None,
        ("GET", "/api/movements"): None,
        ("GET", f"/api/movements/{movement.pk}"): None,
        ("GET", "/api/reservations"): None,
        ("GET", f"/api/reservations/{reservation.pk}"): None,
        ("POST", f"/api/reservations/{reservation.pk}/release"): {"quantity": 1},
        ("DELETE", f"/api/locations/{NOWHERE}"): None,
        ("DELETE", f"/api/parts/{trashed.pk}"): None,
    }


def test_nobody_gets_in_without_signing_in(every_address):
    answers = {key: send(Client(), *key, body).status_code for key, body in every_address.items()}
    assert set(answers.values()) == {401}


def test_a_viewer_reads_and_changes_nothing(every_address, as_viewer):
    answers = {key: send(as_viewer, *key, body).status_code for key, body in every_address.items()}
    assert {key for key, status in answers.items() if status == 200} == {key for key in answers if key[0] == "GET"}
    assert {status for key, status in answers.items() if key[0] != "GET"} == {403}


def test_a_manager_may_do_all_of_it(every_address, as_manager):
    answers = {key: send(as_manager, *key, body).status_code for key, body in every_address.items()}
    assert [key for key, status in answers.items() if status >= 300] == [("DELETE", f"/api/locations/{NOWHERE}")]


def test_staff_may_not_adjust_the_stock(every_address, as_staff):
    refused = {key[1].rsplit("/", 1)[1] for key, body in every_address.items() if "adjust" in key[1]
               and send(as_staff, *key, body).status_code == 403}  # fmt: skip
    assert refused == {"adjust"}


def test_the_ledger_cannot_be_written(as_admin):
    assert send(as_admin, "POST", "/api/movements", {"quantity": 5}).status_code == 405


# --- Reading


def test_a_part_shows_amounts_as_strings_and_times_in_utc(as_viewer, manager):
    category, place = make_category(name="Electronics"), make_location(code="E-1")
    part = make_part(
        by=manager, category=category, default_location=place, unit_price=Decimal("1.5"), specifications={"V": "24"}
    )
    make_stock(part, Decimal("2"), location=place, unit_cost=Decimal("0.8"))
    answer = as_viewer.get(f"/api/parts/{part.pk}")
    shown = answer.json()["data"]
    assert answer["ETag"] == '"1"'
    assert shown["created_at"].endswith("Z")
    del shown["created_at"], shown["updated_at"]
    assert shown == {
        "id": str(part.pk),
        "sku": part.sku,
        "name": part.name,
        "description": "",
        "category": str(category.pk),
        "category_name": "Electronics",
        "specifications": {"V": "24"},
        "unit": "H87",
        "procurement": "buy",
        "is_sellable": False,
        "is_serialised": False,
        "is_discontinued": False,
        "current_stock": "2.000",
        "reserved_stock": "0.000",
        "free_stock": "2.000",
        "minimum_stock": "0.000",
        "reorder_quantity": "0.000",
        "unit_price": "1.5000",
        "average_cost": "0.8000",
        "manufacturer": "",
        "manufacturer_number": "",
        "cad_name": "",
        "barcode": "",
        "weight": None,
        "customs_number": "",
        "country_of_origin": "",
        "default_location": str(place.pk),
        "default_location_code": "E-1",
        "image": None,
        "version": 1,
        "created_by": str(manager.pk),
        "updated_by": str(manager.pk),
    }


def test_the_picture_of_a_part_is_behind_its_permission(as_viewer):
    part = make_part(image=SimpleUploadedFile("fan.png", b"a picture", "image/png"))
    path = as_viewer.get(f"/api/parts/{part.pk}").json()["data"]["image"]
    assert path == f"/api/parts/{part.pk}/image"
    assert Client().get(path).status_code == 401
    for accept in ("*/*", "image/*", "image/png"):
        answer = as_viewer.get(path, headers={"Accept": accept})
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
        assert answer.getvalue() == b"a picture"
    assert as_viewer.get(f"/api/parts/{make_part().pk}/image").status_code == 404


def test_the_list_of_the_strategy_filters_sorts_and_pages(as_viewer):
    electronics = make_category(name="Electronics")
    boards = make_category(name="Boards", parent=electronics)
    for number in range(7):
        part = make_part(sku=f"E-{number}", name=f"Board {9 - number}", category=boards if number % 2 else electronics)
        make_stock(part, 10 + number)
    make_part(sku="LOW", category=electronics)
    make_stock(make_part(sku="OTHER"), 50)
    answer = as_viewer.get("/api/parts?category=electronics&stock_min=11&sort=name&page=2&per_page=4").json()
    assert [each["sku"] for each in answer["data"]] == ["E-2", "E-1"]
    assert answer["pagination"] == {"page": 2, "per_page": 4, "total": 6, "total_pages": 2}
    assert answer["errors"] is None
    assert answer["meta"].keys() == {"timestamp", "request_id"}


def test_names_are_sorted_by_the_alphabet_as_in_the_pages(as_viewer):
    for name in ("Zange", "Öl", "ofen", "Oxid"):
        make_part(name=name)
    for sort, expected in (("name", ["ofen", "Öl", "Oxid", "Zange"]), ("-name", ["Zange", "Oxid", "Öl", "ofen"])):
        assert [each["name"] for each in as_viewer.get(f"/api/parts?sort={sort}").json()["data"]] == expected


def test_a_category_is_found_by_id_and_an_unknown_one_has_no_parts(as_viewer):
    category = make_category()
    part = make_part(category=category)
    by_id = as_viewer.get(f"/api/parts?category={category.pk}").json()["data"]
    assert [each["id"] for each in by_id] == [str(part.pk)]
    assert as_viewer.get("/api/parts?category=unheard-of").json()["data"] == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("colour=red", ("unknown_parameter", "colour")),
        ("sort=password", ("invalid", "sort")),
        ("sort=category__parent", ("invalid", "sort")),
        ("page=0", ("invalid", "page")),
        ("page=two", ("invalid", "page")),
        ("page=99999999999999999999", ("invalid", "page")),
        ("per_page=201", ("invalid", "per_page")),
        ("stock_min=many", ("invalid", "stock_min")),
        ("stock_min=NaN", ("invalid", "stock_min")),
        ("stock=full", ("invalid_choice", "stock")),
        ("location=here", ("invalid_choice", "location")),
        ("sellable=perhaps", ("invalid", "sellable")),
        ("q=%00", ("null_characters_not_allowed", "q")),
    ],
)
def test_a_query_that_cannot_be_understood_is_refused_by_name(as_viewer, query, expected):
    answer = as_viewer.get(f"/api/parts?{query}")
    assert answer.status_code == 400
    assert problems(answer) == [expected]


def test_a_page_behind_the_last_is_empty(as_viewer):
    make_part()
    answer = as_viewer.get("/api/parts?page=7").json()
    assert answer["data"] == []
    assert answer["pagination"]["total"] == 1


def test_sorting_by_several_and_downwards(as_viewer):
    for sku, price in (("A", 1), ("B", 2), ("C", 2)):
        make_part(sku=sku, unit_price=price)
    answer = as_viewer.get("/api/parts?sort=-unit_price,sku").json()
    assert [each["sku"] for each in answer["data"]] == ["B", "C", "A"]


def test_parts_in_the_trash_are_gone(as_viewer):
    part = make_part()
    part.discard(by=None)
    assert as_viewer.get("/api/parts").json()["data"] == []
    assert as_viewer.get(f"/api/parts/{part.pk}").status_code == 404


@pytest.mark.parametrize("path", ["/api/parts", "/api/movements", "/api/reservations", "/api/categories"])
def test_a_list_costs_the_same_for_one_row_and_for_three(path, as_viewer, count_queries):
    def fill():
        category = make_category(parent=make_category())
        part = make_part(category=category, default_location=make_location())
        make_stock(part, 5)
        part.reserve(1, by=None)

    fill()
    with count_queries() as one:
        as_viewer.get(path)
    fill()
    fill()
    with count_queries() as three:
        assert len(as_viewer.get(path).json()["data"]) >= 3
    # session, user, permissions, rows
    assert len(one) == len(three) == 4


def test_what_belongs_to_a_part_is_listed_below_it(as_viewer):
    part, other = make_part(), make_part()
    place = make_stock(part, 5, location=make_location(code="X-1"))
    make_stock(other, 7)
    part.reserve(2, by=None, note="for the fair")
    path = f"/api/parts/{part.pk}"
    assert [each["quantity"] for each in as_viewer.get(f"{path}/movements").json()["data"]] == ["5.000"]
    assert as_viewer.get(f"{path}/levels").json()["data"] == [
        {"part": str(part.pk), "location": str(place.pk), "location_code": "X-1", "quantity": "5.000"}
    ]
    assert [each["note"] for each in as_viewer.get(f"{path}/reservations").json()["data"]] == ["for the fair"]
    assert as_viewer.get(f"{path}/movements?kind=sale").json()["data"] == []
    assert problems(as_viewer.get(f"{path}/levels?kind=sale")) == [("unknown_parameter", "kind")]


# --- Writing


def test_a_new_part_is_stored_with_its_history(as_staff, staff):
    category = make_category()
    answer = send(
        as_staff,
        "POST",
        "/api/parts",
        {"sku": "RAIL-450", "name": "Rail", "category": str(category.pk), "unit_price": "19.9", "minimum_stock": 4},
    )
    assert answer.status_code == 201
    assert answer.json()["data"]["unit_price"] == "19.9000"
    part = Part.objects.get(sku="RAIL-450")
    assert (part.category, part.minimum_stock, part.created_by) == (category, 4, staff)
    row = part.history.get()
    assert (row.history_user, row.history_change_reason) == (staff, "create")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"name": "Fan"}, [("required", "sku")]),
        ({"sku": "F", "name": ""}, [("blank", "name")]),
        ({"sku": "F", "name": "F", "colour": "red"}, [("unknown_field", "colour")]),
        ({"sku": "F", "name": "F", "unit": "EA"}, [("invalid_choice", "unit")]),
        ({"sku": "F", "name": "F", "unit_price": "NaN"}, [("invalid", "unit_price")]),
        ({"sku": "F", "name": "F", "unit_price": "1e400"}, [("max_digits", "unit_price")]),
        ({"sku": "F", "name": "F", "unit_price": "-1"}, [("min_value", "unit_price")]),
        ({"sku": "F", "name": "F", "unit_price": "0.00001"}, [("max_decimal_places", "unit_price")]),
        ({"sku": "F", "name": "F", "category": str(NOWHERE)}, [("does_not_exist", "category")]),
        ({"sku": "F", "name": "F", "category": "fans"}, [("invalid", "category")]),
        ({"sku": "F", "name": "F", "specifications": ["V"]}, [("not_a_dict", "specifications")]),
        ({"sku": "F", "name": "F", "specifications": {"V": {"a": 1}}}, [("invalid", "specifications.V")]),
        ({"sku": "F\x00", "name": "F"}, [("null_characters_not_allowed", "sku")]),
        (["sku"], [("invalid", None)]),
        ("sku", [("invalid", None)]),
    ],
)
def test_values_that_are_not_valid_are_named(as_staff, values, expected):
    answer = send(as_staff, "POST", "/api/parts", values)
    assert answer.status_code == 400
    assert sorted(problems(answer), key=str) == sorted(expected, key=str)
    assert not Part.everything.exists()


def test_a_number_that_is_infinite_is_not_json(as_staff):
    answer = as_staff.post("/api/parts", '{"sku": "F", "name": "F", "unit_price": 1e400}', "application/json")
    assert answer.status_code == 400
    assert not Part.everything.exists()


@pytest.mark.parametrize(("field", "value"), [("sku", "fan-40"), ("barcode", "401"), ("cad_name", "fan")])
def test_a_name_that_is_taken_is_a_conflict(as_staff, field, value):
    make_part(sku="FAN-40", barcode="401", cad_name="fan")
    answer = send(as_staff, "POST", "/api/parts", {"sku": "NEW", "name": "New"} | {field: value})
    assert answer.status_code == 409
    assert problems(answer) == [("duplicate", field)]


def test_two_categories_of_one_name_in_one_place_are_a_conflict(as_staff):
    make_category(name="Fans")
    answer = send(as_staff, "POST", "/api/categories", {"name": "fans"})
    assert answer.status_code == 409
    assert problems(answer) == [("duplicate", "name")]


def test_a_category_does_not_go_below_itself(as_staff):
    above = make_category()
    below = make_category(parent=above)
    answer = send(as_staff, "PATCH", f"/api/categories/{above.pk}", {"parent": str(below.pk), "version": 1})
    assert answer.status_code == 400
    assert problems(answer) == [("invalid", "parent")]


def test_running_columns_are_ignored_when_sent_back(as_staff):
    part = make_part()
    shown = as_staff.get(f"/api/parts/{part.pk}").json()["data"]
    answer = send(as_staff, "PUT", f"/api/parts/{part.pk}", shown | {"current_stock": "99.000", "name": "Renamed"})
    assert answer.status_code == 200
    part.refresh_from_db()
    assert (part.name, part.current_stock, part.version) == ("Renamed", 0, 2)


def test_patch_writes_what_is_sent_and_nothing_else(as_staff, staff):
    part = make_part(description="keep")
    answer = send(as_staff, "PATCH", f"/api/parts/{part.pk}", {"name": "New", "version": 1})
    assert (answer.status_code, answer["ETag"]) == (200, '"2"')
    part.refresh_from_db()
    assert (part.name, part.description, part.updated_by) == ("New", "keep", staff)
    assert [row.history_change_reason for row in part.history.all()] == ["edit", "create"]


def test_put_replaces_the_whole_record(as_staff):
    part = make_part(description="old", category=make_category())
    send(as_staff, "PUT", f"/api/parts/{part.pk}", {"sku": part.sku, "name": "New", "version": 1})
    part.refresh_from_db()
    assert (part.name, part.description, part.category) == ("New", "", None)


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_unit_of_a_part_that_has_moved_is_refused_beside_its_field(as_staff, language):
    part = make_part(sku="HOSE")
    make_stock(part, 10)
    answer = send(as_staff, "PATCH", f"/api/parts/{part.pk}", {"unit": "MTR", "version": 1}, accept_language=language)
    (problem,) = answer.json()["errors"]
    assert (answer.status_code, problem["field"]) == (400, "unit")
    assert problem["message"].startswith(
        {"en": "HOSE has moved in stock, so its unit stays.", "de": "HOSE wurde im Lager schon bewegt"}[language]
    )
    assert (Part.objects.get().unit, Part.objects.get().version) == ("H87", 1)


def test_a_put_that_leaves_the_unit_out_does_not_make_metres_pieces(as_staff):
    part = make_part(unit="MTR")
    make_stock(part, "2.5")
    answer = send(as_staff, "PUT", f"/api/parts/{part.pk}", {"sku": part.sku, "name": "New", "version": 1})
    assert (answer.status_code, [field for _code, field in problems(answer)]) == (400, ["unit"])
    assert (Part.objects.get().unit, Part.objects.get().name) == ("MTR", part.name)


def test_an_edit_must_say_what_it_has_read(as_staff):
    part = make_part()
    answer = send(as_staff, "PATCH", f"/api/parts/{part.pk}", {"name": "New"})
    assert answer.status_code == 400
    assert problems(answer) == [("required", "version")]
    assert send(as_staff, "PATCH", f"/api/parts/{part.pk}", {"name": "New"}, if_match='"1"').status_code == 200


def test_a_stale_edit_is_refused_and_shows_what_is_there_now(as_staff):
    part = make_part()
    part.revise({"name": "By someone else"}, by=None, version=1)
    answer = send(as_staff, "PATCH", f"/api/parts/{part.pk}", {"name": "Mine", "version": 1})
    assert answer.status_code == 409
    assert problems(answer) == [("stale_edit", "version")]
    current = answer.json()["meta"]["current"]
    assert (current["name"], current["version"]) == ("By someone else", 2)
    part.refresh_from_db()
    assert part.name == "By someone else"


def test_deleting_moves_to_the_trash_and_restoring_takes_it_out(as_manager, manager):
    part = make_part()
    assert send(as_manager, "DELETE", f"/api/parts/{part.pk}").status_code == 204
    part.refresh_from_db()
    assert part.deleted_at
    assert part.history.first().history_user == manager
    assert send(as_manager, "POST", f"/api/parts/{part.pk}/restore").status_code == 200
    part.refresh_from_db()
    assert part.deleted_at is None


def test_a_part_in_use_is_not_deleted(as_manager):
    part = make_part()
    make_stock(part, 1)
    answer = send(as_manager, "DELETE", f"/api/parts/{part.pk}")
    assert answer.status_code == 409
    assert problems(answer) == [("in_use", None)]


def test_a_part_does_not_come_back_beside_its_successor(as_manager):
    part = make_part(sku="FAN")
    part.discard(by=None)
    make_part(sku="FAN")
    answer = send(as_manager, "POST", f"/api/parts/{part.pk}/restore")
    assert answer.status_code == 409
    assert problems(answer) == [("duplicate", None)]


# --- Verbs


def test_receiving_writes_the_ledger(as_staff, staff):
    part, place = make_part(), make_location()
    answer = send(
        as_staff,
        "POST",
        f"/api/parts/{part.pk}/receive",
        {"quantity": "12", "location": str(place.pk), "unit_cost": "0.35", "note": "by hand"},
    )
    assert answer.status_code == 201
    shown = answer.json()["data"]
    assert (shown["kind"], shown["quantity"], shown["unit_cost"]) == ("purchase", "12.000", "0.3500")
    movement = StockMovement.objects.get()
    assert (movement.part, movement.created_by, movement.note) == (part, staff, "by hand")
    part.refresh_from_db()
    assert (part.current_stock, part.average_cost) == (12, Decimal("0.3500"))


def test_more_than_there_is_cannot_be_issued(as_staff):
    part = make_part()
    place = make_stock(part, 3)
    answer = send(as_staff, "POST", f"/api/parts/{part.pk}/issue", {"quantity": 4, "location": str(place.pk)})
    assert answer.status_code == 409
    assert problems(answer) == [("insufficient_stock", "quantity")]
    assert answer.json()["errors"][0]["message"] == f"{part.sku}: 4 needed, 3 free."


def test_a_refusal_speaks_the_language_of_the_one_who_asks(as_staff):
    answer = send(as_staff, "GET", "/api/parts?page=0", accept_language="de")
    assert answer["Content-Language"] == "de"


def test_half_a_piece_is_refused_by_the_business(as_staff):
    part, place = make_part(), make_location()
    answer = send(as_staff, "POST", f"/api/parts/{part.pk}/receive", {"quantity": "0.5", "location": str(place.pk)})
    assert answer.status_code == 409
    assert problems(answer) == [("refused", "quantity")]


@pytest.mark.parametrize(
    ("quantity", "code"),
    [("-1", "min_value"), ("0", "min_value"), ("NaN", "invalid"), ("Infinity", "invalid"), ("1e400", "max_digits"),
     ("many", "invalid"), ("0.0001", "max_decimal_places"), (None, "null"), (True, "invalid")],
)  # fmt: skip
def test_what_is_no_quantity_is_refused(as_staff, quantity, code):
    part, place = make_part(), make_location()
    body = {"quantity": quantity, "location": str(place.pk)}
    answer = send(as_staff, "POST", f"/api/parts/{part.pk}/receive", body)
    assert answer.status_code == 400
    assert problems(answer) == [(code, "quantity")]
    assert not StockMovement.objects.exists()


def test_a_place_in_the_trash_takes_no_goods(as_staff):
    part, place = make_part(), make_location()
    place.discard(by=None)
    answer = send(as_staff, "POST", f"/api/parts/{part.pk}/receive", {"quantity": 1, "location": str(place.pk)})
    assert problems(answer) == [("does_not_exist", "location")]


def test_stock_is_reserved_issued_from_the_reservation_and_released(as_manager):
    part = make_part()
    place = make_stock(part, 10)
    held = send(as_manager, "POST", f"/api/parts/{part.pk}/reserve", {"quantity": 6}).json()["data"]
    body = {"quantity": 4, "location": str(place.pk), "reservation": held["id"]}
    assert send(as_manager, "POST", f"/api/parts/{part.pk}/issue", body).status_code == 201
    released = send(as_manager, "POST", f"/api/reservations/{held['id']}/release").json()["data"]
    assert released["quantity"] == "0.000"
    part.refresh_from_db()
    assert (part.current_stock, part.reserved_stock) == (6, 0)


def test_a_reservation_of_another_part_is_refused(as_manager):
    part, other = make_part(), make_part()
    place = make_stock(part, 5)
    make_stock(other, 5)
    held = other.reserve(2, by=None)
    body = {"quantity": 1, "location": str(place.pk), "reservation": str(held.pk)}
    answer = send(as_manager, "POST", f"/api/parts/{part.pk}/issue", body)
    assert answer.status_code == 409
    assert problems(answer) == [("refused", "reservation")]


def test_moving_and_correcting_stock(as_manager):
    part, target = make_part(), make_location()
    source = make_stock(part, 5)
    body = {"quantity": "2", "source": str(source.pk), "target": str(target.pk)}
    moved = send(as_manager, "POST", f"/api/parts/{part.pk}/transfer", body)
    assert (moved.status_code, moved.json()["data"]["current_stock"]) == (200, "5.000")
    assert part.stock_at(target) == 2
    body = {"quantity": "-1", "location": str(target.pk), "note": "dropped"}
    assert send(as_manager, "POST", f"/api/parts/{part.pk}/adjust", body).status_code == 201
    assert part.stock_at(target) == 1
    assert problems(send(as_manager, "POST", f"/api/parts/{part.pk}/adjust", body | {"note": ""})) == [
        ("blank", "note")
    ]


def test_the_same_key_receives_only_once(as_staff):
    part, place = make_part(), make_location()
    body = {"quantity": 5, "location": str(place.pk)}
    first, second = (
        send(as_staff, "POST", f"/api/parts/{part.pk}/receive", body, idempotency_key="once") for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["data"] == second.json()["data"]
    part.refresh_from_db()
    assert part.current_stock == 5


def test_dates_narrow_the_ledger(as_viewer):
    make_stock(make_part(), 1)
    today = timezone.localdate()
    assert len(as_viewer.get(f"/api/movements?since={today}").json()["data"]) == 1
    assert as_viewer.get(f"/api/movements?until={today.replace(year=today.year - 1, day=1)}").json()["data"] == []
