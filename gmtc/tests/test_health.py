import json
import os
import signal
import time

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from gmtc import embedded

pytestmark = pytest.mark.django_db(transaction=True)


def heartbeat(seconds_ago: int):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => %s))",
            [seconds_ago],
        )


def ask(**headers):
    response = Client(raise_request_exception=True).get("/healthz", headers=headers)
    return response.status_code, json.loads(response.content)


def test_all_is_well_when_the_database_answers_and_a_worker_lives():
    heartbeat(seconds_ago=20)
    assert ask() == (200, {"database": True, "worker": True, "version": "0.1.0"})


def test_no_worker_is_503():
    assert ask() == (503, {"database": True, "worker": False, "version": "0.1.0"})


def test_a_worker_silent_for_over_a_minute_is_503():
    heartbeat(seconds_ago=61)
    assert ask()[0] == 503


def test_it_answers_under_any_host_name_without_redirect_session_or_caching(settings):
    settings.SECURE_SSL_REDIRECT = True
    heartbeat(seconds_ago=0)
    response = Client().get("/healthz", headers={"host": "10.0.0.7"})
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert not response.cookies


def test_it_only_reads():
    assert Client(enforce_csrf_checks=True).post("/healthz").status_code == 405


def test_a_database_that_is_gone_is_503(monkeypatch, caplog):
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")
    assert ask() == (503, {"database": False, "worker": False, "version": "0.1.0"})
    assert "does not answer" in caplog.text


@pytest.mark.skipif(bool(os.environ.get("DATABASE_URL")), reason="stops a server of its own")
def test_a_database_that_hangs_is_503_within_three_seconds(tmp_path, monkeypatch):
    folder = settings.DATA_DIR / "hanging-postgres"
    embedded.start(folder, durable=False)
    pid, port, sockets = embedded._postmaster(folder)
    try:
        os.kill(pid, signal.SIGSTOP)
        monkeypatch.setitem(connection.settings_dict, "HOST", sockets)
        began = time.monotonic()
        assert ask()[0] == 503
        assert time.monotonic() - began < 3
    finally:
        os.kill(pid, signal.SIGCONT)
        embedded.stop(folder)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(host=sockets, port=port, user="postgres")
