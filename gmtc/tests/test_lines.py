"""The form of a document with lines: what comes in from a browser, or from somebody who is none."""

import uuid
from decimal import Decimal

import pytest
from django.http import QueryDict
from django.utils import translation

from gmtc.lines import EMPTY_ROWS, MAX_LINES, bare, lines_of, plain
from gmtc.tests.papers import Paper, PaperForm, PaperLine, PaperLineForm, make_paper
from gmtc.tests.things import Thing, make_thing


@pytest.fixture
def a(papers):
    return make_thing(name="a")


@pytest.fixture
def b(papers):
    return make_thing(name="b")


def typed(
    *lines: dict, title="paper", version="", total: int | str | None = None, stored: int = 0, **more
) -> QueryDict:
    """What a browser sends: each line a dict of its inputs."""
    data = QueryDict(mutable=True)
    data.update({"title": title, "version": version})
    data.update({"lines-TOTAL_FORMS": len(lines) if total is None else total, "lines-INITIAL_FORMS": stored})
    for number, line in enumerate(lines):
        for name, value in line.items():
            data[f"lines-{number}-{name}"] = "" if value is None else str(value)
    return data


def filled(thing, quantity="1", note="", **more) -> dict:
    return {"thing": thing.pk, "quantity": quantity, "note": note, "id": ""} | more


BLANK = {"thing": "", "quantity": "", "note": "", "id": ""}


def form_for(data, user, paper=None) -> PaperForm:
    return PaperForm(data, user=user, **({"instance": paper} if paper else {}))


def shown(paper) -> list[tuple]:
    return [(each.position, each.thing.name, each.quantity) for each in paper.lines.select_related("thing")]


def errors(form) -> list[dict]:
    return [dict(each) for each in form.lines.errors]


# --- New documents


def test_filled_rows_become_lines_in_their_order_and_blank_rows_none(a, b, staff):
    form = form_for(typed(BLANK, filled(b, "2"), BLANK, filled(a, "1.5", "spare")), staff)
    assert form.is_valid(), errors(form)
    paper = form.save()
    assert shown(paper) == [(1, "b", 2), (2, "a", Decimal("1.5"))]
    assert (paper.title, paper.created_by) == ("paper", staff)


def test_an_empty_form_shows_some_blank_rows(papers, staff):
    form = form_for(None, staff)
    assert len(form.lines.forms) == EMPTY_ROWS
    assert all(each.is_blank for each in form.lines.forms)


def test_a_form_filled_in_advance_counts_only_the_rows_that_came_back(a, b, staff):
    form = PaperForm(user=staff, rows=[{"thing": a.pk, "quantity": 3}, {"thing": b.pk, "quantity": 4}])
    assert [each["quantity"].value() for each in form.lines.forms] == [3, 4, None, None]
    assert 'value="3"' in str(form.lines.forms[0]["quantity"])
    assert ">a</option>" in str(form.lines.forms[0]["thing"])


def test_a_document_of_blank_rows_needs_a_line(papers, staff):
    form = form_for(typed(BLANK, BLANK), staff)
    assert not form.is_valid()
    assert form.lines.non_form_errors() == ["At least one line is needed."]


def test_head_and_lines_show_all_their_errors_at_once(a, staff):
    form = form_for(typed(filled(a, ""), title=""), staff)
    assert not form.is_valid()
    assert "title" in form.errors
    assert errors(form) == [{"quantity": ["This field is required."]}]


def test_a_row_with_anything_in_it_is_no_blank_row(a, staff):
    form = form_for(typed(filled(a), BLANK | {"note": "what was it?"}), staff)
    assert not form.is_valid()
    assert errors(form)[1].keys() == {"thing", "quantity"}


def test_amounts_are_read_in_the_language_of_the_user(a, staff):
    with translation.override("de"):
        form = form_for(typed(filled(a, "1.234,5")), staff)
        assert form.is_valid(), errors(form)
        assert form.lines.rows()[0]["quantity"] == Decimal("1234.5")


def test_the_remote_selects_of_all_rows_take_one_query(papers, staff, count_queries):
    things = [make_thing(name=f"t{number}") for number in range(40)]
    form = form_for(typed(*(filled(each) for each in things)), staff)
    with count_queries() as queries:
        assert form.is_valid()
    assert len(queries) == 1
    with count_queries() as queries:
        "".join(str(field) for line in form.lines.forms for field in line)
    assert len(queries) == 0


# --- Stored documents


@pytest.fixture
def paper(a, b, staff):
    lines = [{"thing": a, "quantity": Decimal(5), "note": "first"}, {"thing": b, "quantity": Decimal("2.500")}]
    return make_paper(*lines, by=staff)


def seen(paper) -> list[dict]:
    """The rows as the browser got them and sends them back."""
    return [filled(line.thing, bare(line.quantity), line.note, id=line.pk) for line in paper.lines.all()]


def test_the_stored_lines_are_shown_without_needless_zeros_and_blank_rows_after_them(paper, staff):
    form = form_for(None, staff, paper)
    assert [each["quantity"].value() for each in form.lines.forms] == [Decimal(5), Decimal("2.5"), None, None]
    assert 'value="2.5"' in str(form.lines.forms[1]["quantity"])


def test_what_comes_back_untouched_writes_nothing(paper, staff):
    form = form_for(typed(*seen(paper), BLANK, BLANK, version=1, stored=2), staff, paper)
    assert form.is_valid(), errors(form)
    form.save()
    assert (Paper.objects.get().version, PaperLine.history.count()) == (1, 2)


def test_rows_are_changed_added_removed_and_reordered_in_one_go(paper, a, b, staff):
    third = make_thing(name="c")
    one, two = seen(paper)
    rows = [two | {"quantity": "7"}, filled(third, "1"), one | {"DELETE": "on"}]
    form = form_for(typed(*rows, version=1, stored=2), staff, paper)
    assert form.is_valid(), errors(form)
    form.save()
    assert shown(paper) == [(1, "b", 7), (2, "c", 1)]
    assert Paper.objects.get().version == 2


def test_a_removed_row_may_be_full_of_nonsense(paper, staff):
    one, two = seen(paper)
    form = form_for(typed(one, two | {"quantity": "many", "DELETE": "on"}, version=1, stored=2), staff, paper)
    assert form.is_valid(), errors(form)
    form.save()
    assert shown(paper) == [(1, "a", 5)]


def test_to_remove_every_row_is_refused_where_one_is_needed(paper, staff):
    form = form_for(typed(*(row | {"DELETE": "on"} for row in seen(paper)), version=1, stored=2), staff, paper)
    assert not form.is_valid()
    assert form.lines.non_form_errors() == ["At least one line is needed."]
    assert len(shown(paper)) == 2


def test_the_line_of_another_document_becomes_a_line_of_this_one_and_stays_where_it_is(paper, a, staff):
    other = make_paper({"thing": a, "quantity": Decimal(9)}, by=staff)
    foreign = other.lines.get()
    rows = [*seen(paper), filled(make_thing(name="c"), "3", id=foreign.pk)]
    form = form_for(typed(*rows, version=1, stored=2), staff, paper)
    assert form.is_valid(), errors(form)
    form.save()
    assert shown(other) == [(1, "a", 9)]
    assert shown(paper) == [(1, "a", 5), (2, "b", Decimal("2.5")), (3, "c", 3)]


def test_a_line_that_somebody_else_removed_meanwhile_is_told_by_the_version(paper, staff, manager):
    rows = seen(paper)
    Paper.objects.get().write(
        {}, [{"id": rows[0]["id"], "thing": paper.lines.first().thing, "quantity": Decimal(5)}], by=manager, version=1
    )
    form = form_for(typed(*rows, version=1, stored=2), staff, Paper.objects.get())
    assert form.is_valid(), errors(form)
    with pytest.raises(Exception, match="changed") as refusal:
        form.save()
    assert type(refusal.value).__name__ == "StaleEdit"
    assert len(shown(paper)) == 1


def test_rows_in_advance_are_for_new_documents_only(paper, a, staff):
    form = PaperForm(user=staff, instance=paper, rows=[{"thing": a.pk, "quantity": 99}])
    assert [each["quantity"].value() for each in form.lines.forms] == [Decimal(5), Decimal("2.5"), None, None]


def test_the_values_of_the_head_are_its_own_fields_only(paper, staff):
    form = form_for(typed(*seen(paper), title="renamed", version=1, stored=2), staff, paper)
    assert form.is_valid(), errors(form)
    assert form.values() == {"title": "renamed"}


# --- What the page draws of them


class FoldedLineForm(PaperLineForm):
    cells = []
    folded = ("note",)


class FoldedForm(PaperForm):
    lines_class = lines_of(FoldedLineForm)


def folded(staff, *lines: dict) -> FoldedForm:
    return FoldedForm(typed(*lines) if lines else None, user=staff)


def test_columns_are_headed_by_their_first_field(papers, staff):
    lines = form_for(None, staff).lines
    assert [[field.name for field in column] for column in lines.forms[0].columns] == [["thing", "note"], ["quantity"]]
    assert [field.label for field in lines.heads] == ["Thing", "Quantity"]


def test_without_cells_every_field_is_a_column_but_those_folded_away(papers, staff):
    line = folded(staff).lines.forms[0]
    assert [[field.name for field in column] for column in line.columns] == [["thing"], ["quantity"]]
    assert [field.name for field in line.folded_fields] == ["note"]


def test_folded_fields_are_shown_where_something_stands_in_them_or_is_wrong(a, staff):
    form = folded(staff, filled(a), filled(a, note="spare"), BLANK)
    assert [each.is_unfolded for each in form.lines.forms] == [False, True, False]
    form = folded(staff, filled(a, note="x" * 41))
    form.is_valid()
    assert form.lines.forms[0].is_unfolded
    assert [each.is_unfolded for each in folded(staff).lines.forms] == [False, False]


def test_rows_that_were_removed_or_left_blank_are_known(a, staff):
    form = form_for(typed(filled(a), filled(a) | {"DELETE": "on"}, BLANK), staff)
    assert [each.is_removed for each in form.lines.forms] == [False, True, False]
    assert [each.is_blank for each in form.lines.forms] == [False, False, True]
    fresh = form_for(None, staff).lines.forms
    assert {(each.is_removed, each.is_blank) for each in fresh} == {(False, True)}


def test_a_document_that_needs_no_lines_may_have_none(papers, staff):
    form = folded(staff, BLANK)
    assert form.is_valid()
    assert list(form.save().lines.all()) == []


def test_each_input_is_named_for_screen_readers_and_for_the_running_totals(papers, staff):
    line = form_for(None, staff).lines.forms[0]
    named = {name: line.fields[name].widget.attrs["aria-label"] for name in ("thing", "note", "quantity")}
    assert named == {"thing": "Thing", "note": "Note", "quantity": "Quantity"}
    assert line.fields["quantity"].widget.attrs["data-role"] == "quantity"
    assert "data-role" not in line.fields["note"].widget.attrs
    assert "form-select" in line.fields["thing"].widget.attrs["class"]
    assert "form-control" in line.fields["note"].widget.attrs["class"]


def test_stored_amounts_are_shown_in_the_language_of_the_user(paper, staff):
    with translation.override("de"):
        form = form_for(None, staff, paper)
        assert 'value="2,5"' in str(form.lines.forms[1]["quantity"])


# --- Nonsense from outside


@pytest.mark.parametrize(
    "quantity",
    [
        "NaN",
        "-NaN",
        "sNaN",
        "Infinity",
        "-Infinity",
        "1e400",
        "1e9",
        "1e-400",
        "-1",
        "0",
        "0.0001",
        "1000000",
        "9" * 400,
        "0x10",
        "１２x",
        "five",
        "1\x002",
        "--1",
        "1 2 3 a",
    ],
)
def test_an_amount_that_is_none_is_an_error_beside_it(a, staff, quantity):
    form = form_for(typed(filled(a, quantity)), staff)
    assert not form.is_valid()
    assert errors(form)[0].keys() == {"quantity"}
    str(form.lines.forms[0]["quantity"])  # and the page can show it again


@pytest.mark.parametrize(
    "key", ["", "0", "nonsense", "' OR 1=1 --", "01a204f6-06d4-72b5-b368-1f5321a0f341", "\x00", "9" * 2000]
)
def test_a_choice_that_there_is_not_is_an_error_beside_it(a, staff, key):
    form = form_for(typed(filled(a) | {"thing": key}), staff)
    assert not form.is_valid()
    assert errors(form)[0].keys() == {"thing"}
    str(form.lines.forms[0]["thing"])


def test_a_choice_from_the_trash_is_an_error_beside_it(a, staff):
    a.discard(by=staff)
    form = form_for(typed(filled(a)), staff)
    assert not form.is_valid()
    assert errors(form)[0].keys() == {"thing"}


@pytest.mark.parametrize("key", ["nonsense", "\x00", "0", "9" * 2000])
def test_an_id_that_cannot_be_one_is_an_error(a, staff, key):
    form = form_for(typed(filled(a, id=key)), staff)
    assert not form.is_valid()
    assert errors(form)[0].keys() == {"id"}


def test_an_id_that_nobody_has_is_a_new_line(a, staff):
    unknown = uuid.uuid4()
    form = form_for(typed(filled(a, id=unknown)), staff)
    assert form.is_valid(), errors(form)
    assert form.save().lines.get().pk != unknown


@pytest.mark.parametrize("total", ["", "-1", "many", "1e3", "NaN"])
def test_a_form_that_does_not_say_how_many_rows_it_has_is_refused(a, staff, total):
    form = form_for(typed(filled(a), total=total), staff)
    assert not form.is_valid()
    assert not Paper.objects.exists()


def test_more_rows_than_a_document_may_have_are_refused_and_none_is_read(a, staff):
    form = form_for(typed(filled(a), total=10_000_000), staff)
    assert len(form.lines.forms) <= MAX_LINES + EMPTY_ROWS
    assert not form.is_valid()


def test_a_note_that_is_too_long_or_holds_a_zero_byte_is_an_error_beside_it(a, staff):
    for note in ("x" * 41, "a\x00b"):
        form = form_for(typed(filled(a, note=note)), staff)
        assert not form.is_valid()
        assert errors(form)[0].keys() == {"note"}


@pytest.mark.parametrize(
    ("value", "shown_as"),
    [
        (Decimal("20.000"), "20"),
        (Decimal("2.500"), "2.5"),
        (Decimal("1E+2"), "100"),
        (Decimal("0.000"), "0"),
        ("x", "x"),
        (None, "None"),
    ],
)
def test_a_number_is_shown_bare(value, shown_as):
    assert str(bare(value)) == shown_as


@pytest.mark.parametrize(
    ("number", "english", "german"),
    [
        ("20.000", "20", "20"),
        ("2.500", "2.5", "2,5"),
        ("1E+2", "100", "100"),
        ("0.000", "0", "0"),
        ("-1.5", "-1.5", "-1,5"),
    ],
)
def test_a_number_is_filled_into_an_input_as_one_types_it(number, english, german):
    assert plain(Decimal(number)) == english
    with translation.override("de"):
        assert plain(Decimal(number)) == german


def test_nothing_of_all_this_has_touched_the_things(a, staff):
    form = form_for(typed(filled(a, "2")), staff)
    assert form.is_valid()
    form.save()
    assert list(Thing.objects.values_list("name", "version")) == [("a", 1)]
