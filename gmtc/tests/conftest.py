import pytest

from gmtc.tests import papers as papers_and_lines
from gmtc.tests.things import create_tables, drop_tables


@pytest.fixture(scope="module")
def thing_tables(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        create_tables()
        yield
        drop_tables()


@pytest.fixture
def things(thing_tables, db):
    """The tables of `gmtc.tests.things`, rolled back after the test."""


@pytest.fixture
def committed_things(thing_tables, transactional_db):
    """The same for tests with threads, which must commit to see each other."""


@pytest.fixture(scope="module")
def paper_tables(thing_tables, django_db_blocker):
    with django_db_blocker.unblock():
        papers_and_lines.create_tables()
        yield
        papers_and_lines.drop_tables()


@pytest.fixture
def papers(paper_tables, db):
    """The tables of `gmtc.tests.papers`, rolled back after the test."""


@pytest.fixture
def committed_papers(paper_tables, transactional_db):
    """The same for tests with threads."""
