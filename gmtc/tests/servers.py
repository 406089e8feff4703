"""Servers of our own on the test's database, as in production, for tests that kill them: web and job worker."""

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

import psycopg
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection

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


def start(command: list[str], folder: Path, log: Path, **more: str) -> subprocess.Popen:
    """Run Python with `command` on the test's database, its files in `folder`, as a process of its own."""
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "SECRET_KEY": settings.SECRET_KEY,
        "GMTC_DATA": str(folder),
        "DEBUG": "1",  # serves static files from their sources
        **more,
    }
    environment.pop("PYTEST_CURRENT_TEST", None)
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, *command], cwd=settings.BASE_DIR, env=environment, stdout=output, stderr=subprocess.STDOUT
        )


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
        self.media = folder / "media"
        address = f"127.0.0.1:{self.port}"
        self.process = start(
            ["-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", "-b", address], folder, self.log, GMTC_WEB_WORKERS="1"
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


class Worker:
    """One job worker, as in production."""

    def __init__(self, folder: Path):
        self.folder, self.log = folder, folder / "worker.log"
        self.process = start(["manage.py", "procrastinate", "worker"], folder, self.log)

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.process.kill()
        self.process.wait()

    def kill(self) -> None:
        """Nothing of it is left, and the time has passed after which a worker that is not heard of counts as dead."""
        self.process.kill()
        self.process.wait()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")


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


def waiting() -> int:
    """How many wait for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone()[0]


def cut_off() -> None:
    """Have the database drop whoever waits for a lock, as it does when it is restarted or runs out of memory."""
    with psycopg.connect(database_url(), autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )


def break_inside(web: Web, interrupt, lock: tuple, path: str, session: str, fields: dict) -> None:
    """Post the form, and call `interrupt` while it waits for what `lock`, SQL and its values, holds."""
    with held(*lock):
        answers = []

        def send():
            try:
                answers.append(web.post(path, session, fields))
            except OSError:
                answers.append(None)

        sender = threading.Thread(target=send)
        sender.start()
        until(waiting, f"the verb to reach the lock: {web.log.read_text()[-2000:]}")
        interrupt()
        sender.join(PATIENCE)
        assert answers in ([None], [500]), "the form was answered as if nothing had happened"
    until(lambda: not waiting(), "the broken transaction to end")
