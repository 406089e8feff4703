"""Is the system well? `GET /healthz` answers 200 or 503, for monitors and for the scripts that start it.

A middleware in front of all others, because the question must be answered where host names, sessions and redirects
are not in order, and without any table of ours. It asks over a connection of its own that gives up after two seconds,
so a database that hangs gives an answer too.
"""

import logging
import tomllib

import psycopg
from django.conf import settings
from django.db import connection
from django.http import HttpResponseNotAllowed, JsonResponse

WORKER_SILENT_SECONDS = 60  # a worker writes a heartbeat every 10 s
PATIENCE_SECONDS = 2
# what says where the database is; the rest of Django's parameters are about cursors and adapters
ADDRESS = ("service", "host", "port", "dbname", "user", "password", "sslmode", "sslrootcert", "sslcert", "sslkey")

log = logging.getLogger(__name__)


class Health:
    def __init__(self, get_response):
        self.get_response = get_response
        project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]
        self.version = project["version"]

    def __call__(self, request):
        if request.path_info != "/healthz":
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        facts = {**check(), "version": self.version}
        well = facts["database"] and facts["worker"]
        return JsonResponse(facts, status=200 if well else 503, headers={"Cache-Control": "no-store"})


def check() -> dict[str, bool]:
    """Whether the database answers, and whether a job worker has given a sign of life in the last minute."""
    parameters = {name: value for name, value in connection.get_connection_params().items() if name in ADDRESS}
    limit = {"connect_timeout": PATIENCE_SECONDS, "options": f"-c statement_timeout={PATIENCE_SECONDS * 1000}"}
    try:
        with psycopg.connect(**parameters | limit, autocommit=True) as own:
            return {"database": True, "worker": _worker_lives(own)}
    except psycopg.Error as error:
        log.warning("The database does not answer: %s", str(error).strip())
        return {"database": False, "worker": False}


def _worker_lives(own: psycopg.Connection) -> bool:
    try:
        row = own.execute(
            "SELECT max(last_heartbeat) > now() - make_interval(secs => %s) FROM procrastinate_workers",
            [WORKER_SILENT_SECONDS],
        ).fetchone()
    except psycopg.errors.UndefinedTable:  # before the first migration
        return False
    return bool(row[0])
