import pytest

from gmtc.tests import papers as papers_and_lines
from gmtc.tests.things import create_tables, drop_tables


@pytest.fixture(scope="module")
def thing_tables(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        # together, because whoever looks for what needs a thing looks into the papers too
        create_tables()
        papers_and_lines.create_tables()
        yield
        papers_and_lines.drop_tables()
        drop_tables()


@pytest.fixture
def things(thing_tables, db):
    """The tables of `gmtc.tests.things`, rolled back after the test."""


@pytest.fixture
def committed_things(thing_tables, transactional_db):
    """The same for tests with threads, which must commit to see each other."""


@pytest.fixture
def papers(thing_tables, db):
    """The tables of `gmtc.tests.papers`, rolled back after the test."""


@pytest.fixture
def committed_papers(thing_tables, transactional_db):
    """The same for tests with threads."""
