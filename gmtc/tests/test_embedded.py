"""The database server that comes with the Python environment."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from gmtc import embedded

USER = "import sys, time; from pathlib import Path; from gmtc import embedded; {}"


def process(code: str, folder) -> subprocess.Popen:
    """A Python process that uses the server; it says a line when it has done what `code` says."""
    return subprocess.Popen(
        [sys.executable, "-c", USER.format(code), str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


START = "print(embedded.start(Path(sys.argv[1]), durable=False), flush=True); sys.stdin.readline()"
FORK = (
    "import os; embedded.start(Path(sys.argv[1]), durable=False); pid = os.fork();"
    "pid or sys.stdin.readline(); pid or sys.exit(); print(pid, flush=True)"
)


@pytest.fixture
def room():
    """Not pytest's `tmp_path`: that is closed to the system user who runs the server for root."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR, ignore_cleanup_errors=True) as room:
        yield Path(room)


@pytest.fixture
def folder(room):
    folder = room / "postgres"
    yield folder
    embedded.stop(folder)


def is_gone(folder) -> bool:
    """The server stops a moment after its last user."""
    deadline = time.monotonic() + 20
    while embedded.url(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    return embedded.url(folder) is None


def end(user: subprocess.Popen) -> None:
    user.stdin.close()
    assert user.wait(20) == 0
    user.stdout.close()


def test_the_server_lives_until_its_last_user_ends(folder):
    first, second = process(START, folder), process(START, folder)
    assert first.stdout.readline() == second.stdout.readline() != ""
    end(first)
    assert embedded.url(folder)
    end(second)
    assert is_gone(folder)


def test_killed_users_do_not_keep_the_server_alive(folder):
    first, second = process(START, folder), process(START, folder)
    for user in (first, second):
        user.stdout.readline()
    first.kill()
    first.communicate()
    time.sleep(0.3)
    assert embedded.url(folder)
    second.kill()
    second.communicate()
    assert is_gone(folder)


def test_a_forked_process_is_a_user_too(folder):
    parent = process(FORK, folder)
    parent.stdout.readline()
    assert parent.wait(20) == 0  # the child still waits for a line
    assert embedded.url(folder)
    parent.stdin.close()
    parent.stdout.read()  # ends when the child has
    parent.stdout.close()
    assert is_gone(folder)


def test_a_server_that_is_just_stopping_comes_back_for_the_next_user(folder):
    for _ in range(5):
        user = process(START, folder)
        assert user.stdout.readline()
        end(user)


def test_rows_survive_a_killed_server_and_a_process_id_that_now_is_another_program(folder):
    url = embedded.start(folder)
    with psycopg.connect(url) as db:
        db.execute("CREATE TABLE kept AS SELECT 42 AS n")
    pid, _port, _sockets = embedded._postmaster(folder)
    os.kill(pid, signal.SIGKILL)
    file = folder / "postmaster.pid"
    lines = file.read_text().splitlines()
    while embedded.url(folder):
        time.sleep(0.05)
    file.write_text("\n".join([str(os.getppid()), *lines[1:]]) + "\n")

    with psycopg.connect(embedded.start(folder)) as db:
        assert db.execute("SELECT n FROM kept").fetchone() == (42,)


def test_a_long_folder_name_with_odd_characters_works_and_case_is_folded_in_every_language(room):
    folder = room / ("a long name, with a blank and 'quotes' " * 3) / "50 % ü+"
    try:
        with psycopg.connect(embedded.start(folder, durable=False)) as db:
            assert db.execute("SELECT upper('größe'), current_setting('fsync')").fetchone() == ("GRÖßE", "off")
    finally:
        embedded.stop(folder)
