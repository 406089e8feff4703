"""The databases of the tests: copies of one that is migrated once."""

import threading

import pytest
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper

from gmtc import testing_database
from gmtc.testing import race
from gmtc.testing_database import CopiedDatabase, fingerprint

pytestmark = pytest.mark.django_db


# --- What the migrated one is made from


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A small project: a migration that imports a room's model, which imports two files of gmtc."""
    monkeypatch.setattr(testing_database, "ROOT", tmp_path)
    monkeypatch.setattr(testing_database, "__file__", str(tmp_path / "gmtc" / "testing_database.py"))
    for name, text in {
        "gmtc/__init__.py": "",
        "gmtc/settings.py": "",
        "gmtc/testing_database.py": "",
        "gmtc/triggers.py": "",
        "gmtc/errors.py": "",
        "gmtc/views.py": "",
        "apps/__init__.py": "",
        "apps/parts/__init__.py": "",
        "apps/parts/models/__init__.py": "",
        "apps/parts/models/part.py": "def check(value):\n    from gmtc import errors\n",
        "apps/parts/models/stock.py": "",
        "apps/parts/migrations/__init__.py": "",
        "apps/parts/migrations/0001_initial.py": "import apps.parts.models.part\nfrom gmtc.triggers import NoCircle\n",
    }.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        ("apps/parts/migrations/0001_initial.py", True),
        ("apps/parts/migrations/0002_new.py", True),
        ("apps/parts/migrations/rows.csv", True),
        ("gmtc/triggers.py", True),
        ("gmtc/settings.py", True),
        ("apps/parts/models/part.py", True),
        ("apps/parts/models/__init__.py", True),
        ("gmtc/errors.py", True),  # by way of the model, from inside a function
        ("apps/parts/models/stock.py", False),
        ("gmtc/views.py", False),
    ],
)
def test_what_migrations_are_made_of_changes_the_name_and_nothing_else_does(tree, file, counts):
    before = fingerprint()
    assert fingerprint() == before
    with (tree / file).open("a") as changed:
        changed.write("# changed\n")
    assert (fingerprint() != before) is counts


def test_a_removed_migration_and_another_package_version_change_the_name(tree, monkeypatch):
    (packages := tree / "packages").mkdir()
    monkeypatch.syspath_prepend(str(packages))
    names = {fingerprint()}
    (packages / "django-9.9.dist-info").mkdir()
    names.add(fingerprint())
    (packages / "django-9.9.dist-info").rename(packages / "django-10.0.dist-info")
    names.add(fingerprint())
    (tree / "apps/parts/migrations/0001_initial.py").unlink()
    names.add(fingerprint())
    assert len(names) == 4


# --- Copying


class Quick(CopiedDatabase):
    """Another family of databases, whose migration writes one row; `made` says how often it ran."""

    made: list[str] = []
    source = "first"
    breaks = False

    def __init__(self):
        super().__init__(DatabaseWrapper({**connection.settings_dict, "NAME": "copying", "TEST": {}}, alias="copying"))

    def fingerprint(self):
        return self.source

    def _migrate(self, name):
        self.connection.settings_dict["NAME"] = name
        try:
            with self.connection.cursor() as cursor:
                cursor.execute("CREATE TABLE note AS SELECT 'migrated' AS text")
            self.made.append(name)
            if self.breaks:
                raise RuntimeError("the second migration does not work")
        finally:
            self.connection.close()
            self.connection.settings_dict["NAME"] = "copying"

    def take(self) -> str:
        self.claim()
        self._create_test_db(0, True)
        return self.connection.settings_dict["TEST"]["NAME"]

    def note(self, name: str, write: str = "") -> list[str]:
        """What the table of the database `name` says, after writing to it."""
        other = DatabaseWrapper({**connection.settings_dict, "NAME": name}, alias="copying")
        try:
            with other.cursor() as cursor:
                if write:
                    cursor.execute("INSERT INTO note VALUES (%s)", [write])
                cursor.execute("SELECT text FROM note ORDER BY text")
                return [text for (text,) in cursor.fetchall()]
        finally:
            other.close()


def names() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, 'test_copying_') ORDER BY datname")
        return [name for (name,) in cursor.fetchall()]


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(Quick, "made", [])
    yield Quick
    with Quick()._nodb_cursor() as cursor:
        for name in names():
            cursor.execute(f"ALTER DATABASE {name} IS_TEMPLATE false")
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_it_migrates_once_and_each_copy_is_its_own(quick):
    first, second = quick(), quick()
    one, two = first.take(), second.take()
    assert (one, two) == ("test_copying_1", "test_copying_2")
    assert first.note(one, "mine") == ["migrated", "mine"]
    assert second.note(two) == ["migrated"]
    assert quick.made == ["test_copying_migrated_first"]
    first.release()
    second.release()


def test_a_free_number_is_taken_again_and_what_was_left_under_it_is_gone(quick):
    first = quick()
    first.note(first.take(), "left over")
    first.release()  # as when the process was killed: the database is still there
    assert "test_copying_1" in names()
    again = quick()
    assert again.take() == "test_copying_1"
    assert again.note("test_copying_1") == ["migrated"]
    again.release()


def test_changed_migrations_give_a_new_one_and_the_old_one_goes(quick, monkeypatch):
    first = quick()
    first.take()
    monkeypatch.setattr(quick, "source", "second")
    second = quick()
    second.take()
    assert quick.made == ["test_copying_migrated_first", "test_copying_migrated_second"]
    assert [name for name in names() if "migrated" in name] == ["test_copying_migrated_second"]
    first.release()
    second.release()


def test_one_whose_building_failed_is_never_copied(quick, monkeypatch):
    monkeypatch.setattr(quick, "breaks", True)
    broken = quick()
    with pytest.raises(RuntimeError, match="second migration"):
        broken.take()
    broken.release()
    assert names() == ["test_copying_migrated_first"]  # half a database, and not a template
    monkeypatch.setattr(quick, "breaks", False)
    sound = quick()
    assert sound.note(sound.take()) == ["migrated"]
    assert quick.made == ["test_copying_migrated_first"] * 2
    sound.release()


def test_runs_that_start_at_once_build_it_once_and_get_a_database_each(quick):
    all_have_one = threading.Barrier(4)

    def run(_number):
        mine = quick()
        name = mine.take()
        all_have_one.wait(20)
        found = mine.note(name, name)
        mine.release()
        return name, found

    expected = [f"test_copying_{number}" for number in (1, 2, 3, 4)]
    assert sorted(race(4, run)) == [(name, ["migrated", name]) for name in expected]
    assert quick.made == ["test_copying_migrated_first"]


# --- This very database


def test_this_database_is_a_copy_that_lacks_nothing(settings):
    name = settings.DATABASES["default"]["NAME"]
    family, _underscore, number = name.rpartition("_")
    assert number.isdecimal()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT datname, datistemplate FROM pg_database WHERE starts_with(datname, %s)", [f"{family}_migrated_"]
        )
        assert cursor.fetchall() == [(f"{family}_migrated_{fingerprint()}", True)]
        cursor.execute("SELECT count(*) FROM auth_group_permissions")
        assert cursor.fetchone()[0] > 100
        cursor.execute("SELECT count(*) FROM numbering_series")
        assert cursor.fetchone()[0] > 5
