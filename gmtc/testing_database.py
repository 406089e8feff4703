"""The tests' databases: migrated once, copied for each worker, and put back after a test that commits.

To migrate an empty database takes half a minute, to copy a migrated one a third of a second. The migrated one stays on
the server under a name that says what it was made from, so whoever changes a migration gets a new one.
"""

import ast
import hashlib
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

from django.db import connections
from django.db.backends.postgresql.creation import DatabaseCreation
from django.db.migrations.executor import MigrationExecutor

ROOT = Path(__file__).resolve().parent.parent
BUILDING = 0  # the advisory lock of whoever builds or copies; 1 and up: a run has the database of this number


def fingerprint() -> str:
    """Names what `migrate` makes: the migrations and settings, what those import of ours, the versions of packages."""
    files = {ROOT / "gmtc" / "settings.py", Path(__file__), *ROOT.glob("apps/*/migrations/**/*")}
    files = {file for file in files if file.is_file() and file.suffix != ".pyc"}
    waiting = list(files)
    while waiting:
        found = _imports(waiting.pop()) - files
        files |= found
        waiting += found
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(f"{file.relative_to(ROOT)}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    for package in sorted({entry.name for path in sys.path for entry in Path(path).glob("*.dist-info")}):
        digest.update(package.encode())
    return digest.hexdigest()[:16]


def _imports(file: Path) -> set[Path]:
    """Our own files that a Python file imports, packages on the way included."""
    if file.suffix != ".py":
        return set()
    names = set()
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            names |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
    found = set()
    for name in names:
        parts = name.split(".")
        if parts[0] in ("gmtc", "apps"):
            for length in range(1, len(parts) + 1):
                module = ROOT.joinpath(*parts[:length])
                found |= {module.with_suffix(".py"), module / "__init__.py"}
    return {file for file in found if file.is_file()}


class CopiedDatabase(DatabaseCreation):
    """Makes a worker's database as a copy of the migrated one.

    Two runs at once get databases of different numbers. The number is an advisory lock in the maintenance database, so
    the server takes it back however a run ends, and the next owner drops what is left under it.
    """

    def create_test_db(self, *args, **kwargs):
        self.claim()
        # Django's own calls `_create_test_db` and then `migrate`, which finds nothing to do but fills in what follows
        # the code: permissions, roles, number series.
        return super().create_test_db(*args, **kwargs)

    def destroy_test_db(self, *args, **kwargs):
        super().destroy_test_db(*args, **kwargs)
        self.release()

    def _destroy_test_db(self, test_database_name, verbosity):
        """By force: a thread of the last test may still be on its way out."""
        self.connection.close()
        with self._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {self._quote_name(test_database_name)} WITH (FORCE)")

    def claim(self) -> None:
        """Take the first free number."""
        self._claimed = ExitStack()
        self._cursor = self._claimed.enter_context(self._nodb_cursor())
        self._name, number = f"test_{self.connection.settings_dict['NAME'][:30]}", BUILDING + 1
        while not self._ask("SELECT pg_try_advisory_lock(hashtext(%s), %s)", self._name, number):
            number += 1
        self.connection.settings_dict["TEST"]["NAME"] = f"{self._name}_{number}"

    def release(self) -> None:
        self._claimed.close()

    def _create_test_db(self, verbosity, autoclobber, keepdb=False):
        database = self._quote_name(self._get_test_db_name())
        with self._alone():
            template = self._quote_name(self._migrated())
            self._cursor.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
            self._cursor.execute(f"CREATE DATABASE {database} TEMPLATE {template}")

    # --- The migrated one

    fingerprint = staticmethod(fingerprint)

    @contextmanager
    def _alone(self):
        """No other run builds, copies or drops meanwhile."""
        self._ask("SELECT pg_advisory_lock(hashtext(%s), %s)", self._name, BUILDING)
        try:
            yield
        finally:
            self._ask("SELECT pg_advisory_unlock(hashtext(%s), %s)", self._name, BUILDING)

    def _migrated(self) -> str:
        """The name of the migrated database, which is built where it is missing. Older ones are dropped then."""
        prefix = f"{self._name}_migrated_"
        name = prefix + self.fingerprint()
        # It becomes a template when it is complete: one whose building was cut short does not count.
        if self._ask("SELECT count(*) FROM pg_database WHERE datname = %s AND datistemplate", name):
            return name
        self._cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix])
        for (old,) in self._cursor.fetchall():
            self._cursor.execute(f"ALTER DATABASE {self._quote_name(old)} IS_TEMPLATE false")
            self._cursor.execute(f"DROP DATABASE {self._quote_name(old)} WITH (FORCE)")
        self._cursor.execute(f"CREATE DATABASE {self._quote_name(name)}")
        self._migrate(name)
        self._cursor.execute(f"ALTER DATABASE {self._quote_name(name)} IS_TEMPLATE true")
        return name

    def _migrate(self, name: str) -> None:
        """Migrations alone, none of what `migrate` does after them: that is done anew in each copy."""
        usual = self.connection.settings_dict["NAME"]
        self.connection.close()
        self.connection.settings_dict["NAME"] = name
        try:
            executor = MigrationExecutor(self.connection)
            executor.migrate(executor.loader.graph.leaf_nodes())
        finally:
            self.connection.close()
            self.connection.settings_dict["NAME"] = usual

    def _ask(self, sql: str, *values):
        self._cursor.execute(sql, values)
        return self._cursor.fetchone()[0]


class Pristine:
    """Puts a database back to how `migrate` left it, after a test that commits.

    Django's `flush` truncates, which append-only tables refuse, and drops the rows that migrations wrote. We keep a
    copy of those rows and switch triggers off while we put them back; only tables that have rows are touched.
    """

    REMEMBER = """
        DO $$ DECLARE name text; filled boolean; BEGIN
            IF to_regnamespace('pristine') IS NOT NULL THEN RETURN; END IF;
            CREATE SCHEMA pristine;
            FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
                EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO filled;
                IF filled THEN
                    EXECUTE format('CREATE TABLE pristine.%I AS TABLE public.%I', name, name);
                END IF;
            END LOOP;
        END $$
    """
    RESTORE = """
        DO $$ DECLARE name text; filled boolean; columns text; BEGIN
            PERFORM set_config('session_replication_role', 'replica', true);
            PERFORM set_config('lock_timeout', '20s', true);
            FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
                EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO filled;
                IF filled THEN
                    EXECUTE format('DELETE FROM public.%I', name);
                END IF;
            END LOOP;
            FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'pristine' LOOP
                SELECT string_agg(quote_ident(column_name), ', ') INTO columns FROM information_schema.columns
                    WHERE table_schema = 'public' AND table_name = name AND is_generated = 'NEVER';
                EXECUTE format('INSERT INTO public.%I (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM pristine.%I',
                    name, columns, columns, name);
            END LOOP;
        END $$
    """

    @staticmethod
    def remember(test):
        for alias in test._databases_names(include_mirrors=False):
            with connections[alias].cursor() as cursor:
                cursor.execute(Pristine.REMEMBER)

    @staticmethod
    def restore(test):
        for alias in test._databases_names(include_mirrors=False):
            with connections[alias].cursor() as cursor:
                cursor.execute(Pristine.RESTORE)
