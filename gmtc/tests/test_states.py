"""Documents move only as their verbs allow, whoever asks and however many at once."""

import threading

import pytest
from django.db import IntegrityError, transaction

from gmtc.errors import IllegalMove
from gmtc.states import is_allowed
from gmtc.testing import race
from gmtc.tests.things import Slip, execute, make_slip

Status = Slip.Status


def test_a_move_runs_the_verb_and_stores_state_and_history(things, staff):
    slip = make_slip()
    slip.send(by=staff, note="by mail")
    stored = Slip.objects.get()
    assert (stored.status, stored.note, stored.version) == (Status.SENT, "by mail", 2)
    row = stored.history.latest("history_id")
    assert (row.history_user, row.history_change_reason, row.status) == (staff, "send", Status.SENT)


def test_a_verb_may_choose_where_it_leads(things, staff):
    for well, state in ((True, Status.DONE), (False, Status.CANCELLED)):
        slip = make_slip()
        slip.send(by=staff)
        slip.close(by=staff, well=well)
        assert Slip.objects.get(pk=slip.pk).status == state


def test_a_move_from_the_wrong_state_is_refused_and_writes_nothing(things, staff):
    slip = make_slip(note="7")
    with pytest.raises(IllegalMove, match=r"^Slip 7 is “Draft”, so this is not possible any more\.$"):
        slip.close(by=staff, well=True)
    assert Slip.objects.get().version == 1
    assert slip.history.count() == 1


def test_a_move_goes_by_what_is_stored_and_not_by_what_was_read(things, staff):
    stale = make_slip()
    Slip.objects.get().send(by=staff)
    assert stale.status == Status.DRAFT
    with pytest.raises(IllegalMove):
        stale.send(by=staff)
    assert Slip.objects.get().version == 2


def test_a_verb_that_fails_leaves_nothing_behind(things, staff):
    slip = make_slip(note="paper")
    with pytest.raises(RuntimeError, match="matches"):
        slip.burn(by=staff)
    stored = Slip.objects.get()
    assert (stored.status, stored.note, stored.version) == (Status.DRAFT, "paper", 1)
    assert slip.history.count() == 1


def test_who_acts_must_be_said(things):
    with pytest.raises(TypeError, match="by"):
        make_slip().send()


def test_a_page_can_ask_which_moves_are_open(things, staff):
    slip = make_slip()
    assert (is_allowed(slip.send, slip), is_allowed(slip.close, slip)) == (True, False)
    slip.send(by=staff)
    assert (is_allowed(slip.send, slip), is_allowed(slip.close, slip)) == (False, True)


def test_of_many_who_move_a_document_at_once_one_succeeds(committed_things):
    pk = make_slip().pk

    def send(i):
        Slip.objects.get(pk=pk).send(by=None)

    outcome = race(8, send)
    assert [type(each).__name__ for each in outcome].count("IllegalMove") == 7
    assert outcome.count(None) == 1
    assert Slip.objects.get().version == 2


def test_without_the_lock_both_of_two_would_succeed(committed_things, monkeypatch):
    """The negative control of the test above: both read the row before one of them writes it."""
    pk = make_slip().pk
    both_have_looked = threading.Barrier(2)

    def look(self):
        self.refresh_from_db()
        both_have_looked.wait(10)

    monkeypatch.setattr(Slip, "lock", look)
    assert race(2, lambda i: Slip.objects.get(pk=pk).send(by=None)) == [None, None]


@pytest.mark.parametrize(
    ("path", "target"),
    [([], "done"), (["sent"], "draft"), (["sent", "done"], "sent"), (["cancelled"], "draft"), ([], "nonsense")],
)
def test_the_database_refuses_an_illegal_move_by_any_hand(things, path, target):
    make_slip()
    for state in path:
        assert execute("UPDATE gmtc_slip SET status = %s", state) == 1
    with pytest.raises(IntegrityError, match="not a legal move"), transaction.atomic():
        execute("UPDATE gmtc_slip SET status = %s", target)


def test_the_database_lets_other_columns_change_in_any_state(things):
    make_slip()
    execute("UPDATE gmtc_slip SET status = 'cancelled'")
    assert execute("UPDATE gmtc_slip SET status = 'cancelled', note = 'still'") == 1


@pytest.mark.parametrize("state", [Status.SENT, Status.DONE, Status.CANCELLED])
def test_the_database_refuses_a_new_document_that_is_not_a_draft(things, state):
    with pytest.raises(IntegrityError, match="a new row cannot be"), transaction.atomic():
        make_slip(status=state)
