import pytest

from apps.numbering.models import Series

pytestmark = pytest.mark.django_db
LIST, EDIT = "/settings/numbers/", "/settings/numbers/invoice/"


def form(**changes):
    return {"prefix": "RE", "has_year": "on", "digits": "4", "first": "1", "version": "1"} | changes


def test_strangers_sign_in_first(client):
    assert client.get(LIST).url.startswith("/accounts/login/")
    assert client.post(EDIT, form()).url.startswith("/accounts/login/")


def test_staff_may_neither_see_nor_change_the_series(as_staff):
    assert as_staff.get(LIST).status_code == 403
    assert as_staff.post(EDIT, form(prefix="X")).status_code == 403
    assert Series.of("invoice").prefix == "RE"


def test_an_admin_sees_the_next_number_of_every_series(as_admin):
    page = as_admin.get(LIST).content.decode()
    for series, upcoming in Series.with_upcoming():
        assert upcoming in page
        assert series.key in page


def test_an_admin_changes_the_prefix(as_admin, admin):
    assert as_admin.post(EDIT, form(prefix="rg")).url == LIST
    series = Series.of("invoice")
    assert series.prefix == "RG"
    assert series.history.first().history_user == admin


def test_two_series_cannot_share_a_prefix(as_admin):
    response = as_admin.post(EDIT, form(prefix="AN"))
    assert response.status_code == 422
    assert Series.of("invoice").prefix == "RE"


@pytest.mark.parametrize(("field", "value"), [("prefix", "R E"), ("prefix", ""), ("digits", "9"), ("first", "0")])
def test_a_format_that_cannot_work_comes_back(as_admin, field, value):
    response = as_admin.post(EDIT, form(**{field: value}))
    assert response.status_code == 422


def test_a_stale_edit_is_refused_with_the_input_kept(as_admin, admin):
    Series.of("invoice").revise({"prefix": "RX"}, by=admin, version=1)
    response = as_admin.post(EDIT, form(prefix="RY"))
    assert response.status_code == 409
    assert 'value="RY"' in response.content.decode()
    assert Series.of("invoice").prefix == "RX"


def test_an_unknown_series_is_not_found(as_admin):
    assert as_admin.get("/settings/numbers/nonsense/").status_code == 404


def test_the_list_asks_the_database_the_same_however_many_counters_there_are(as_admin, count_queries):
    as_admin.get(LIST)
    with count_queries() as queries:
        as_admin.get(LIST)
    assert len([each for each in queries if "numbering_" in each["sql"]]) == 2
