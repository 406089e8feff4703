"""Categories and storage locations are trees: names are unique in their place, and nothing lies under itself."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from apps.parts.models import Category, StorageLocation
from apps.parts.tests.factories import execute, faults, make_category, make_location, make_part, make_stock
from gmtc.errors import InUse
from gmtc.testing import race

pytestmark = pytest.mark.django_db


@pytest.fixture
def branches(db):
    """Mechanics / Screws / Metric, and Electronics beside them."""
    mechanics = make_category(name="Mechanics")
    screws = make_category(name="Screws", parent=mechanics)
    metric = make_category(name="Metric", parent=screws)
    return mechanics, screws, metric, make_category(name="Electronics")


def test_a_path_names_all_branches_down_to_it(branches, django_assert_num_queries):
    assert branches[2].path == "Mechanics / Screws / Metric"
    with django_assert_num_queries(1):
        paths = [category.path for category in Category.objects.with_path()]
    assert paths == ["Electronics", "Mechanics", "Mechanics / Screws", "Mechanics / Screws / Metric"]


def test_below_a_branch_is_everything_under_it_and_itself(branches):
    mechanics, screws, metric, _electronics = branches
    assert set(Category.objects.below(screws)) == {screws, metric}
    assert set(Category.objects.below(mechanics)) == {mechanics, screws, metric}


def test_a_form_says_that_a_branch_would_lie_under_itself(branches):
    mechanics, _screws, metric, electronics = branches
    mechanics.parent = metric
    with pytest.raises(ValidationError) as refused:
        mechanics.full_clean()
    assert refused.value.message_dict == {"parent": ["This lies under “Mechanics” itself."]}
    mechanics.parent = mechanics
    with pytest.raises(ValidationError):
        mechanics.full_clean()
    mechanics.parent = electronics
    mechanics.full_clean()


def test_the_database_refuses_a_circle_by_any_hand(branches, staff):
    mechanics, _screws, metric, _electronics = branches
    with pytest.raises(IntegrityError, match="would lie under itself"), transaction.atomic():
        mechanics.revise({"parent": metric}, by=staff, version=1)
    with pytest.raises(IntegrityError, match="would lie under itself"), transaction.atomic():
        execute("UPDATE parts_category SET parent_id = id WHERE parent_id IS NULL")
    with pytest.raises(IntegrityError, match="would lie under itself"), transaction.atomic():
        make_location(parent=None).revise({"parent": StorageLocation.objects.get()}, by=staff, version=1)
    assert faults() == []


@pytest.mark.django_db(transaction=True)
def test_two_branches_cannot_be_moved_under_each_other_at_once():
    for _ in range(5):
        branches = make_category(name="Left"), make_category(name="Right")

        def swallow(i, branches=branches):
            branches[i].revise({"parent": branches[1 - i]}, by=None, version=1)

        assert sorted(type(each).__name__ for each in race(2, swallow)) == ["IntegrityError", "NoneType"]
        assert faults() == []
        for branch in sorted(branches, key=lambda each: Category.objects.get(pk=each.pk).parent_id is None):
            branch.discard(by=None)


def test_a_category_name_is_unique_in_its_place_in_either_case(branches):
    mechanics, *_others = branches
    with pytest.raises(ValidationError, match=r"A category with this name exists here\."):
        Category(name="mechanics").full_clean()
    with pytest.raises(ValidationError, match=r"A category with this name exists here\."):
        Category(name="SCREWS", parent=mechanics).full_clean()
    with pytest.raises(IntegrityError, match="parts_category_name"), transaction.atomic():
        make_category(name="MECHANICS")
    make_category(name="Screws").full_clean()


def test_a_location_code_is_unique_in_the_house(staff):
    hall = make_location(code="H1")
    first = make_location(code="B-14")
    with pytest.raises(ValidationError, match=r"A storage location with this code exists\."):
        StorageLocation(code="b-14", name="Box", parent=hall).full_clean()
    with pytest.raises(IntegrityError, match="parts_location_code"), transaction.atomic():
        make_location(code="b-14", parent=hall)
    first.discard(by=staff)
    make_location(code="b-14", parent=hall)
    with pytest.raises(ValidationError, match=r"A storage location with this code exists\."):
        first.restore(by=staff)


def test_a_branch_in_use_is_kept_and_says_by_what(branches, staff):
    mechanics, screws, metric, electronics = branches
    make_part(category=metric)
    with pytest.raises(InUse, match=r"^Mechanics cannot be deleted, it is used by: 1 category\.$"):
        mechanics.discard(by=staff)
    with pytest.raises(InUse, match=r"^Metric cannot be deleted, it is used by: 1 part\.$"):
        metric.discard(by=staff)
    electronics.discard(by=staff)
    assert list(Category.objects.order_by("name")) == [mechanics, metric, screws]


def test_a_place_where_something_lies_or_lay_is_kept(staff):
    part = make_part()
    place = make_stock(part, 1)
    part.issue(1, location=place, by=staff)
    with pytest.raises(InUse, match="used by: 2 stock movements, 1 stock level"):
        place.discard(by=staff)


def test_the_usual_place_of_a_part_is_kept(staff):
    place = make_location(code="B-14")
    make_part(default_location=place)
    with pytest.raises(InUse, match="B-14 cannot be deleted, it is used by: 1 part"):
        place.discard(by=staff)
