"""The worker dies in the middle of a verb, the database goes down: nothing is lost and nothing happens twice.

A real web server works on the test's database. A lock that we hold makes the verb wait at a late step of its
transaction; there its worker is killed.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.urls import reverse

from apps.parts.models import StockMovement
from apps.parts.tests.factories import faults, make_location, make_part, make_stock

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 30  # seconds, on a busy machine
CSRF = "c" * 32


def until(condition, what: str):
    """Wait until `condition()` is true and return what it gave."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {PATIENCE} s for {what}")


def database_url() -> str:
    row = connection.settings_dict
    host = urllib.parse.quote(row["HOST"], safe="")
    auth = ":".join(urllib.parse.quote(each, safe="") for each in (row["USER"], row["PASSWORD"]) if each)
    port = f":{row['PORT']}" if row["PORT"] else ""
    return f"postgresql://{auth}@{host}{port}/{row['NAME']}"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


class Web:
    """One web worker under its master, as in production."""

    def __init__(self, folder: Path):
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = folder / "gunicorn.log"
        environment = os.environ | {
            "DATABASE_URL": database_url(),
            "SECRET_KEY": settings.SECRET_KEY,
            "GMTC_DATA": str(folder),
            "GMTC_WEB_WORKERS": "1",
            "DEBUG": "1",  # serves static files from their sources
        }
        environment.pop("PYTEST_CURRENT_TEST", None)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "-b", f"127.0.0.1:{self.port}"],
                cwd=settings.BASE_DIR,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def worker(self) -> int:
        """The process that answers requests."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0]) if children else 0

    def is_up(self) -> bool:
        try:
            return bool(self._status(f"http://127.0.0.1:{self.port}/healthz"))  # 503: there is no job worker here
        except OSError:
            return False

    def post(self, path: str, session: str, fields: dict) -> int:
        """The status of the answer."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            data=urllib.parse.urlencode(fields | {"csrfmiddlewaretoken": CSRF}).encode(),
            headers={"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={CSRF}"},
        )
        return self._status(request)

    @staticmethod
    def _status(request) -> int:
        try:
            answer = urllib.request.build_opener(NoRedirect).open(request, timeout=PATIENCE)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return answer.status

    def kill_worker(self) -> None:
        dead = self.worker()
        os.kill(dead, signal.SIGKILL)
        until(lambda: self.worker() not in (0, dead) and self.is_up(), "another worker")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)


@pytest.fixture(scope="module")
def web(django_db_setup, tmp_path_factory):
    server = Web(tmp_path_factory.mktemp("web"))
    try:
        until(server.is_up, f"the web server: {server.log.read_text()}")
        yield server
    finally:
        server.stop()


def sign_in(user) -> str:
    """The key of a session that `user` has signed in to."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return session.session_key


@contextmanager
def held(sql: str, *values):
    """Hold the locks that `sql` takes, from another connection."""
    with psycopg.connect(database_url()) as other:
        other.execute(sql, values)
        yield
        other.rollback()


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])


def kill_inside(web, lock: str, value, path: str, session: str, fields: dict) -> None:
    """Post the form, and kill the worker while it waits for the rows that `lock` holds."""
    with held(lock, value):
        lost = []

        def send():
            try:
                web.post(path, session, fields)
            except OSError as error:
                lost.append(error)

        sender = threading.Thread(target=send)
        sender.start()
        until(somebody_waits, f"the verb to reach the lock: {web.log.read_text()[-2000:]}")
        web.kill_worker()
        sender.join(PATIENCE)
        assert lost, "the answer came although the worker was killed"
    until(lambda: not somebody_waits(), "the dead worker's transaction to end")


def test_a_worker_killed_while_goods_come_in_leaves_no_trace_and_the_form_can_be_sent_again(web, staff):
    part, place = make_part(), make_location()
    make_stock(part, 5, location=place, by=staff)
    session, path = sign_in(staff), reverse("parts:part_receive", args=[part.pk])
    fields = {"quantity": "3", "location": str(place.pk), "unit_cost": "2", "note": "", "form_key": str(uuid4())}
    lock = "SELECT 1 FROM parts_stocklevel WHERE part_id = %s FOR UPDATE"  # the ledger's trigger needs it
    kill_inside(web, lock, part.pk, path, session, fields)
    part.refresh_from_db()
    assert (part.current_stock, StockMovement.objects.count()) == (5, 1)

    assert [web.post(path, session, fields) for _again in range(2)] == [302, 302]
    part.refresh_from_db()
    assert (part.current_stock, StockMovement.objects.count()) == (8, 2)
    assert faults() == []


def test_pages_work_again_after_the_database_has_dropped_every_connection(web, staff):
    part, place = make_part(), make_location()
    session, path = sign_in(staff), reverse("parts:part_receive", args=[part.pk])

    def receive() -> int:
        fields = {"quantity": "1", "location": str(place.pk), "unit_cost": "2", "note": "", "form_key": str(uuid4())}
        return web.post(path, session, fields)

    assert receive() == 302
    with psycopg.connect(database_url(), autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name <> 'tests'"
        )
    connection.close()
    assert receive() == 302
    part.refresh_from_db()
    assert part.current_stock == 2
    assert faults() == []
