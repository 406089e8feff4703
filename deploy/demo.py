"""Run the whole system on this machine with the data of a made-up company. Called by deploy/demo.

Starts the database (unless DATABASE_URL names one), brings it up to date, fills it when it is empty, then runs the web
server and one job worker and watches over both. Ctrl-C or TERM stops everything that was started here; if this process
is killed, the kernel stops the rest. A part that crashes or hangs ends the demo with an error.
"""

import argparse
import ctypes
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, closing, suppress
from pathlib import Path

from gmtc import embedded

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("GMTC_DATA") or ROOT / "var").resolve()
LOGS = DATA / "log"
OWN = DATA / "made-by-demo"  # the marker: data here may be dropped by --fresh
ROWS_AND_FILES = ("postgres", "media")

PASSWORD = "fouzies-demo"  # noqa: S105 - of people who do not exist
SIGN_INS = ("admin", "manager", "staff", "viewer")

START_SECONDS = 60
STOP_SECONDS = 25
ILL_SECONDS = 60  # a system that is not well for this long has failed
PR_SET_PDEATHSIG = 1


def say(topic: str, text: str) -> None:
    print(f"{topic:<10} {text}", flush=True)


def fail(text: str):
    sys.exit(f"\n{text}")


class Asked(SystemExit):
    """Ctrl-C, TERM or a closed terminal: the normal end."""


_leaving: list[int] = []


def leave(number, _frame):
    if not _leaving:  # once is enough; stopping takes a moment
        _leaving.append(number)
        raise Asked(0)


# --- Processes


class Part:
    """One of the processes of the system, with its log file."""

    def __init__(self, name: str, *command: str, environment: dict[str, str]):
        self.name = name
        self.log = LOGS / f"{name}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches us alone, and we stop the parts in order
                preexec_fn=die_with_parent,
            )

    def report(self, what: str) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-25:]
        return "\n".join([f"The {self.name} {what}. The end of {self.log}:", *(f"  {line}" for line in lines)])

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                say("Stopping", f"the {self.name} does not end, so it is killed")
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # what it may have left behind
        self.process.wait()


def die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def run(module: str, *arguments: str, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", module, *arguments]
    if subprocess.run(command, cwd=ROOT, env=environment, preexec_fn=die_with_parent).returncode:
        fail(f"{module} failed: see above.")


# --- Data


def drop_data() -> None:
    if os.environ.get("DATABASE_URL"):
        fail("--fresh drops only the database that comes with the demo, and DATABASE_URL names another one.")
    if not OWN.exists():
        if not (DATA / "postgres").exists():
            return
        fail(f"{DATA} was not made by this script, so --fresh leaves it alone. Choose another folder with GMTC_DATA.")
    embedded.stop(DATA / "postgres")
    for name in ROWS_AND_FILES:
        if (DATA / name).exists():
            # Renamed first: half a database is worse than none.
            gone = (DATA / name).rename(DATA / f"{name}.dropped")
            shutil.rmtree(gone)
    say("Data", f"dropped what was in {DATA}")


def lock_folder(until_the_end: ExitStack) -> None:
    """One demo a folder."""
    file = until_the_end.enter_context((DATA / "demo.lock").open("a+"))
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        fail(f"A demo runs in {DATA} already (process {file.read().strip()}). Choose another folder with GMTC_DATA.")
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()


def check_port(port: int) -> None:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            fail(f"Port {port} cannot be used ({error.strerror}). Choose another one: deploy/demo --port {port + 1}")


# --- Watching


def is_well(port: int) -> tuple[bool, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:  # noqa: S310
            return True, answer.read().decode()
    except urllib.error.HTTPError as error:
        return False, error.read().decode(errors="replace")
    except OSError as error:
        return False, str(error)


def check_alive(parts: list[Part]) -> None:
    for part in parts:
        if (code := part.process.poll()) is not None:
            fail(part.report(f"ended by itself (code {code})"))


def wait_until_well(port: int, parts: list[Part]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        check_alive(parts)
        well, answer = is_well(port)
        if well:
            return
        if time.monotonic() > deadline:
            fail(f"The system did not become well in {START_SECONDS} s. /healthz says: {answer}\nLogs are in {LOGS}.")
        time.sleep(0.2)


def watch(port: int, parts: list[Part]):
    last_well = time.monotonic()
    while True:
        for _ in range(20):
            check_alive(parts)
            time.sleep(0.5)
        well, answer = is_well(port)
        if well:
            last_well = time.monotonic()
        elif time.monotonic() - last_well > ILL_SECONDS:
            fail(f"The system has been ill for {ILL_SECONDS} s. /healthz says: {answer}\nLogs are in {LOGS}.")


def main() -> None:
    parser = argparse.ArgumentParser(prog="deploy/demo", description="Run the whole system with made-up data.")
    parser.add_argument("--port", type=int, default=8000, help="where the pages are (8000)")
    parser.add_argument("--fresh", action="store_true", help="drop the data of earlier runs first")
    options = parser.parse_args()
    port = options.port

    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, leave)
    LOGS.mkdir(parents=True, exist_ok=True)

    with ExitStack() as until_the_end:
        lock_folder(until_the_end)
        check_port(port)
        if options.fresh:
            drop_data()

        environment = os.environ | {"PYTHONUNBUFFERED": "1"}
        environment.setdefault("ORIGIN", f"http://localhost:{port}")
        environment.pop("DEBUG", None)
        if os.environ.get("DATABASE_URL"):
            say("Database", "the one that DATABASE_URL names")
        else:
            if not (DATA / "postgres").exists():
                OWN.touch()
            # Held by this process, so the server does not stop between the steps.
            embedded.start(DATA / "postgres")
            say("Database", f"PostgreSQL 18 in {DATA / 'postgres'}")
        run("deploy.prepare", "--demo", environment=environment)

        binary = str(Path(sys.executable).parent / "gunicorn")
        parts = []
        for name, *command in (
            ("worker", sys.executable, "manage.py", "procrastinate", "worker", "--shutdown-graceful-timeout", "15"),
            ("web", binary, "-c", "deploy/gunicorn.conf.py", "--bind", f"127.0.0.1:{port}"),
        ):
            parts.append(Part(name, *command, environment=environment))
            until_the_end.callback(parts[-1].stop)
        wait_until_well(port, parts)

        people = "\n".join(f"             {name}@example.com" for name in SIGN_INS)
        print(f"\n  GM-TC runs at http://localhost:{port}/\n\n  Sign in as (password {PASSWORD}):\n{people}\n")
        print("  Ctrl-C stops it.\n", flush=True)
        try:
            watch(port, parts)
        finally:
            say("Stopping", "web server, worker and database")


if __name__ == "__main__":
    main()
