"""A document and its lines are written as one record."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from gmtc.errors import Refused, StaleEdit
from gmtc.history import entries
from gmtc.testing import race
from gmtc.tests.papers import Paper, PaperLine, make_paper
from gmtc.tests.things import execute, make_thing


@pytest.fixture
def a(papers):
    return make_thing(name="a")


@pytest.fixture
def b(papers):
    return make_thing(name="b")


@pytest.fixture
def c(papers):
    return make_thing(name="c")


def line(thing, quantity=1, **more) -> dict:
    return {"thing": thing, "quantity": Decimal(quantity), "note": thing.name} | more


def rows(paper) -> list[dict]:
    """The stored lines as `write` takes them."""
    return [
        {"id": each.pk, "thing": each.thing, "quantity": each.quantity, "note": each.note}
        for each in paper.lines.select_related("thing")
    ]


def shown(paper) -> list[tuple]:
    return [(each.position, each.note, each.quantity) for each in paper.lines.all()]


def all_lines(paper) -> list[tuple]:
    """Those in the trash too."""
    found = PaperLine.everything.filter(paper=paper).order_by("created_at", "position")
    return [(each.note, bool(each.deleted_at)) for each in found]


# --- Writing


def test_the_lines_stand_in_the_order_they_were_given_in(a, b, c, staff):
    paper = make_paper(line(c), line(a), line(b), by=staff)
    assert shown(paper) == [(1, "c", 1), (2, "a", 1), (3, "b", 1)]
    assert (paper.version, paper.created_by) == (1, staff)
    assert {each.created_by for each in paper.lines.all()} == {staff}


def test_another_order_moves_the_lines_and_writes_only_those_that_moved(a, b, c, staff):
    paper = make_paper(line(a), line(b), line(c), by=staff)
    one, two, three = rows(paper)
    paper.write({}, [one, three, two], by=staff, version=1)
    assert shown(paper) == [(1, "a", 1), (2, "c", 1), (3, "b", 1)]
    assert [each.version for each in paper.lines.order_by("note")] == [1, 2, 2]


def test_a_removed_line_goes_to_the_trash_with_who_did_it(a, b, staff, manager):
    paper = make_paper(line(a), line(b), by=staff)
    paper.write({}, rows(paper)[1:], by=manager, version=1)
    assert shown(paper) == [(1, "b", 1)]
    assert all_lines(paper) == [("a", True), ("b", False)]
    gone = PaperLine.everything.get(note="a")
    assert gone.history.first().history_user == manager


def test_a_new_line_may_take_the_place_of_a_removed_one(a, b, staff):
    paper = make_paper(line(a, 5), line(b), by=staff)
    paper.write({}, [line(a, 7), rows(paper)[1]], by=staff, version=1)
    assert shown(paper) == [(1, "a", 7), (2, "b", 1)]
    assert all_lines(paper) == [("a", True), ("b", False), ("a", False)]


def test_all_lines_may_go_and_none_given_at_all_leaves_them(a, staff):
    paper = make_paper(line(a), by=staff)
    paper.write({"title": "renamed"}, None, by=staff, version=1)
    assert shown(paper) == [(1, "a", 1)]
    paper.write({}, [], by=staff, version=2)
    assert shown(paper) == []


def test_writing_what_is_stored_writes_nothing(a, b, staff):
    paper = make_paper(line(a), line(b), by=staff)
    paper.write({"title": "paper"}, rows(paper), by=staff, version=1)
    assert (paper.version, paper.history.count(), PaperLine.history.count()) == (1, 1, 2)


def test_a_change_in_a_line_is_a_new_version_of_the_document(a, b, staff, manager):
    paper = make_paper(line(a), line(b), by=staff)
    one, two = rows(paper)
    paper.write({}, [one, two | {"quantity": Decimal(3)}], by=manager, version=1)
    assert (paper.version, paper.updated_by) == (2, manager)
    assert [each.version for each in paper.lines.all()] == [1, 2]
    assert Paper.objects.get().version == 2


def test_the_line_of_another_document_is_not_taken_from_it(a, b, staff):
    other, paper = make_paper(line(a, 9), by=staff), make_paper(line(b), by=staff)
    foreign = rows(other)[0] | {"quantity": Decimal(2)}
    paper.write({}, [*rows(paper), foreign], by=staff, version=1)
    assert shown(other) == [(1, "a", 9)]
    assert shown(paper) == [(1, "b", 1), (2, "a", 2)]
    assert paper.lines.last().pk != foreign["id"]


def test_a_line_in_the_trash_does_not_come_back_by_its_id(a, b, staff):
    paper = make_paper(line(a), line(b), by=staff)
    one, two = rows(paper)
    paper.write({}, [two], by=staff, version=1)
    paper.write({}, [two, one], by=staff, version=2)
    assert PaperLine.everything.get(pk=one["id"]).deleted_at
    assert shown(paper) == [(1, "b", 1), (2, "a", 1)]
    assert paper.lines.last().pk != one["id"]


def test_the_history_of_head_and_lines_names_the_verb_and_who_at_one_moment(a, b, c, staff, manager):
    paper = make_paper(line(a), line(b), by=staff)
    first, second = rows(paper)
    paper.write({"title": "new"}, [first | {"quantity": Decimal(2)}, line(c)], by=manager, version=1)
    head, *_rest = paper.history.all()
    newest = PaperLine.history.filter(history_user=manager).order_by("note")
    assert [(row.note, row.history_type, row.history_change_reason) for row in newest] == [
        ("a", "~", "edit"),
        ("b", "~", "delete"),
        ("c", "+", "create"),
    ]
    assert (head.history_change_reason, head.history_user) == ("edit", manager)
    assert {row.history_date for row in newest} == {head.history_date}


def test_after_writing_the_document_is_as_it_is_stored(a, staff):
    paper = Paper()
    paper.write({"title": "paper"}, [line(a)], by=staff)
    execute("UPDATE gmtc_paper SET title = 'by a trigger'")
    paper.write({}, [], by=staff, version=1)
    assert (paper.title, paper.version) == ("by a trigger", 2)


def test_a_document_may_begin_without_lines_and_its_rows_may_come_from_anywhere(a, b, staff):
    paper = Paper()
    paper.write({"title": "paper"}, None, by=staff)
    assert shown(paper) == []
    paper.write({}, (line(each) for each in (a, b)), by=staff, version=1)
    assert shown(paper) == [(1, "a", 1), (2, "b", 1)]


# --- Refusals


def test_an_edit_of_lines_that_somebody_else_changed_is_refused(a, b, staff, manager):
    paper = make_paper(line(a), by=staff)
    theirs, ours = Paper.objects.get(), Paper.objects.get()
    theirs.write({}, [*rows(paper), line(b)], by=manager, version=1)
    with pytest.raises(StaleEdit) as refusal:
        ours.write({"title": "mine"}, rows(paper), by=staff, version=1)
    assert (refusal.value.since, refusal.value.record.version) == (1, 2)
    assert (Paper.objects.get().title, shown(paper)) == ("paper", [(1, "a", 1), (2, "b", 1)])


@pytest.mark.parametrize("version", [None, 0, 2])
def test_an_edit_that_does_not_say_what_it_saw_is_refused(a, staff, version):
    paper = make_paper(line(a), by=staff)
    with pytest.raises(StaleEdit):
        paper.write({"title": "blind"}, None, by=staff, version=version)
    assert Paper.objects.get().title == "paper"


def test_a_document_in_the_trash_is_not_edited_there(b, staff, manager):
    paper = make_paper(by=staff)
    paper.discard(by=manager)
    for version in (1, 2):
        with pytest.raises(Refused, match="paper is in the trash; restore it first"):
            paper.write({"title": "new"}, [line(b)], by=staff, version=version)
    assert (Paper.everything.get().title, all_lines(paper)) == ("paper", [])


def test_what_may_no_longer_be_edited_keeps_its_lines_whatever_the_version(a, staff):
    paper = make_paper(line(a), by=staff)
    execute("UPDATE gmtc_paper SET is_sent = true")
    for version in (1, 7):
        with pytest.raises(Refused, match="left the house"):
            paper.write({}, [], by=staff, version=version)
    assert shown(paper) == [(1, "a", 1)]


def test_a_line_that_the_database_refuses_takes_the_whole_document_back(a, b, staff):
    paper = make_paper(line(a), by=staff)
    with pytest.raises(IntegrityError), transaction.atomic():
        paper.write({"title": "new"}, [*rows(paper), line(b), line(b, 2)], by=staff, version=1)
    assert (Paper.objects.get().title, shown(paper)) == ("paper", [(1, "a", 1)])
    with pytest.raises(IntegrityError), transaction.atomic():
        make_paper(line(a, -1), by=staff, title="never")
    assert not Paper.everything.filter(title="never").exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_write_at_once_one_is_refused(committed_papers):
    a = make_thing(name="a")
    make_paper(line(a))

    def write(number):
        paper = Paper.objects.get()
        paper.write({}, [rows(paper)[0] | {"quantity": Decimal(10 + number)}], by=None, version=1)

    outcomes = race(2, write)
    assert [type(each) for each in outcomes].count(StaleEdit) == 1
    (quantity,) = PaperLine.objects.values_list("quantity", flat=True)
    assert quantity == 10 + outcomes.index(None)
    assert Paper.objects.get().version == 2


# --- What the history tells


def told(paper) -> list[list[tuple]]:
    """The changes of each entry, newest first."""
    return [[(change.label, change.old, change.new) for change in entry.changes] for entry in entries(paper)]


def test_each_entry_of_the_head_tells_what_happened_to_the_lines_with_it(a, b, c, staff):
    paper = make_paper(line(a), line(b), by=staff)
    one, two = rows(paper)
    paper.write({}, [one | {"quantity": Decimal(4)}, two, line(c)], by=staff, version=1)
    paper.write({"title": "shorter"}, rows(paper)[:2], by=staff, version=2)
    assert told(paper) == [
        [("Title", "paper", "shorter"), ("Line 3", "1 x c", "–")],
        [("Line 1: Quantity", "1", "4"), ("Line 3", "–", "1 x c")],
        [],  # the lines that it was made with are not told
    ]


def test_a_line_that_only_moved_down_is_not_told_as_changed(a, b, c, staff):
    paper = make_paper(line(a), line(b), by=staff)
    paper.write({}, [line(c), *rows(paper)], by=staff, version=1)
    assert told(paper)[0] == [("Line 1", "–", "1 x c")]


def test_lines_that_only_changed_places_are_told(a, b, staff):
    paper = make_paper(line(a), line(b), by=staff)
    paper.write({}, rows(paper)[::-1], by=staff, version=1)
    assert sorted(told(paper)[0]) == [("Line 1: Position", "2", "1"), ("Line 2: Position", "1", "2")]


def test_what_another_verb_wrote_into_a_line_stands_beside_the_entry_next_to_it(a, staff):
    paper = make_paper(line(a), by=staff)
    paper.write({"title": "later"}, None, by=staff, version=1)
    only = paper.lines.get()
    only.note = "by hand"
    only.save(by=staff, reason="edit")
    assert told(paper) == [[("Title", "paper", "later"), ("Line 1: Note", "a", "by hand")], []]


def test_another_thing_in_a_line_is_told_by_name(a, b, staff):
    paper = make_paper(line(a), by=staff)
    paper.write({}, [rows(paper)[0] | {"thing": b}], by=staff, version=1)
    assert told(paper)[0] == [("Line 1: Thing", "a", "b")]


def test_the_lines_of_another_document_are_not_told(a, b, staff):
    paper, other = make_paper(line(a), by=staff), make_paper(line(b), by=staff)
    other.write({}, [rows(other)[0] | {"quantity": Decimal(8)}], by=staff, version=1)
    assert told(paper) == [[]]


def test_the_history_of_a_long_document_takes_few_queries(a, papers, staff, count_queries):
    things = [make_thing(name=f"t{number}") for number in range(30)]
    paper = make_paper(*(line(each) for each in things), by=staff)
    paper.write({}, [each | {"quantity": Decimal(2)} for each in rows(paper)], by=staff, version=1)
    with count_queries() as queries:
        assert len(told(paper)[0]) == 30
    assert len(queries) == 3  # of the head, of the lines, the names of the things
