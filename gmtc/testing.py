"""What every test may use; a pytest plugin (`-p gmtc.testing`, see pyproject.toml).

Users: `viewer`, `staff`, `manager`, `admin`, and signed-in clients `as_viewer`, `as_staff`, `as_manager`, `as_admin`.
Browser: `browser_page`, `open_page(user)`, `settled(page)`; an error in the console or of the CSP fails the test.
Database: `count_queries()`, `run_jobs()`, `race(n, act)`.
"""

import os
import shutil
import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from time import monotonic
from typing import ClassVar
from unittest import mock

import pytest
import zxingcpp
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import connection, connections
from django.test import Client, TransactionTestCase, override_settings
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import sync_playwright
from procrastinate.contrib.django import app as jobs
from pypdf import PdfReader
from pypdfium2 import PdfDocument

from gmtc import pdf
from gmtc.testing_database import CopiedDatabase, Pristine

PASSWORD = "fouzies-test"
REAL_TYPESETTER = pdf.typesetter

# Django's sign-in and Playwright both want the main thread; Playwright runs an event loop in it
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def pytest_configure(config):
    config.addinivalue_line("markers", "journey: a real browser walks a piece of the main job")
    config.addinivalue_line("markers", "paper: reads what stands on a document, so documents are typeset")


@pytest.fixture(scope="session", autouse=True)
def quick_settings():
    """A cheap password hash, a cache per process, and the folder that WhiteNoise looks for."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    with override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    ):
        yield


@pytest.fixture(autouse=True)
def fresh_files_and_cache(tmp_path, quick_settings):
    """Each test has an empty cache, so an empty rate limit too, and a media folder of its own."""
    cache.clear()
    with override_settings(MEDIA_ROOT=tmp_path / "media"):
        yield


# --- Users


def _user(role: str):
    return get_user_model().objects.create_user(
        f"{role}@example.com", PASSWORD, role=role, name=f"{role.capitalize()} Example"
    )


def _signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def viewer(db):
    return _user("viewer")


@pytest.fixture
def staff(db):
    return _user("staff")


@pytest.fixture
def manager(db):
    return _user("manager")


@pytest.fixture
def admin(db):
    return _user("admin")


@pytest.fixture
def as_viewer(viewer):
    return _signed_in(viewer)


@pytest.fixture
def as_staff(staff):
    return _signed_in(staff)


@pytest.fixture
def as_manager(manager):
    return _signed_in(manager)


@pytest.fixture
def as_admin(admin):
    return _signed_in(admin)


# --- Database


@pytest.fixture
def count_queries(db):
    """`with count_queries() as queries: ...`, then `len(queries)`; iterate to see the SQL."""
    return lambda: CaptureQueriesContext(connection)


@pytest.fixture
def run_jobs(transactional_db):
    """`run_jobs()` runs every job that is due, in this process, until none is left."""

    def work():
        with jobs.replace_connector(jobs.connector.get_worker_connector()) as app:
            app.run_worker(wait=False, listen_notify=False, install_signal_handlers=False)

    def run():
        database = connection.settings_dict
        kept_for, database["CONN_MAX_AGE"] = database["CONN_MAX_AGE"], 0  # so a job's thread closes its connection
        try:
            with ThreadPoolExecutor(1) as pool:  # Playwright's event loop has the main thread
                pool.submit(work).result()
        finally:
            database["CONN_MAX_AGE"] = kept_for

    return run


def race(n: int, act) -> list:
    """Run `act(0)` … `act(n - 1)` at the same moment, each in a thread with its own database connection.

    Returns what each gave back, or the exception it raised. The test needs `django_db(transaction=True)`.
    """
    start = threading.Barrier(n)

    def run(i: int):
        try:
            start.wait()
            return act(i)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(n) as pool:
        runs = [pool.submit(run, i) for i in range(n)]
    return [run.exception() or run.result() for run in runs]


@pytest.fixture(scope="session", autouse=True)
def quick_database():
    patch = pytest.MonkeyPatch()
    patch.setattr(connection, "creation", CopiedDatabase(connections["default"]))
    patch.setattr(TransactionTestCase, "_fixture_setup", classmethod(Pristine.remember))
    patch.setattr(TransactionTestCase, "_fixture_teardown", Pristine.restore)
    yield
    patch.undo()


# --- Paper


class BlankSheets:
    """In place of the typesetter: the template is rendered, but the PDF is an empty page, made once of each variant.

    What would have stood on it is told by a comment at the end: other papers are other bytes, the same are the same.
    """

    made: ClassVar[dict] = {}

    @classmethod
    def write(cls, html, *, files, pdf_variant=None):
        if pdf_variant not in cls.made:
            cls.made[pdf_variant] = REAL_TYPESETTER().write("<title>Blank</title>", files={}, pdf_variant=pdf_variant)
        return cls.made[pdf_variant] + b"%% %s\n" % sha256(html.encode()).hexdigest().encode()


@contextmanager
def blank_papers():
    """Typesetting is half of the time of the rooms with documents; most of their tests only want that there is one."""
    with mock.patch.object(pdf, "typesetter", return_value=BlankSheets):
        yield


@pytest.fixture(autouse=True)
def quick_papers(request):
    is_read = any(request.node.get_closest_marker(name) for name in ("paper", "journey"))
    with nullcontext() if is_read else blank_papers():
        yield


def pages_of(content: bytes) -> list[str]:
    """The text of each page of a PDF, on one line, with plain blanks."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(content)).pages]


def text_of(content: bytes) -> str:
    return " ".join(pages_of(content))


def codes_on(content: bytes, *, page: int = 1, dpi: int = 200) -> dict[str, str]:
    """What a scanner reads on a page of a PDF: {"code128": text, "qrcode": text}."""
    found = zxingcpp.read_barcodes(picture_of(content, page=page, dpi=dpi))
    return {str(each.format).split(".")[-1].replace(" ", "").lower(): each.text for each in found}


def picture_of(content: bytes, *, page: int = 1, dpi: int = 200):
    """A page of a PDF as a scanner or a telephone sees it."""
    with closing(PdfDocument(content)) as document:
        return document[page - 1].render(scale=dpi / 72).to_pil()


# --- Browser


def find_chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="session")
def browser(django_db_setup):
    # The database first: once Playwright's event loop runs, Django sees another connection than the one we prepared.
    if not (program := find_chromium()):
        reason = "no Chromium on this machine: install it, or say in CHROMIUM where it is"
        # On the build server a skipped journey would look like a green one.
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"],
        )
        yield chromium
        chromium.close()


@pytest.fixture
def expected_console_errors() -> list[str]:
    """Pieces of console messages that this test provokes on purpose; append to it."""
    return []


@pytest.fixture(scope="session")
def windows(browser):
    """Windows that tests have put away, by kind. Another test takes them again: a new one costs a second."""
    return defaultdict(list)


def _new_window(browser, address: str, language: str, width: int, height: int, dark: bool):
    window = browser.new_context(
        base_url=address,
        locale=language,
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    window.set_default_timeout(10_000)
    return window


def _put_away(window, address: str) -> None:
    """Only the cache of static files stays: no page, no cookie, nothing that a script has stored."""
    page = window.pages[0] if window.pages else window.new_page()  # a test may have closed its own
    everything = {"origin": address, "storageTypes": "all"}
    window.new_cdp_session(page).send("Storage.clearDataForOrigin", everything)
    window.clear_cookies()
    for page in window.pages:
        page.close()


@pytest.fixture
def open_page(browser, windows, live_server, expected_console_errors):
    """`open_page(user)` opens a browser window, signed in as the user; paths are relative to the server.

    Keywords: language, width, height, dark. Fails the test where any window saw an error.
    """
    opened, problems = [], []
    address = str(live_server)

    def open_one(user=None, *, language="en", width=1440, height=900, dark=False):
        kind = (language, width, height, dark)
        window = windows[kind].pop() if windows[kind] else _new_window(browser, address, *kind)
        opened.append((kind, window))
        if user:
            key = _signed_in(user).cookies[settings.SESSION_COOKIE_NAME].value
            window.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": address}])
        page = window.new_page()
        page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda message: message.type == "error" and problems.append(f"{message.location['url']}: {message.text}"),
        )
        return page

    yield open_one
    for kind, window in opened:
        _put_away(window, address)
        windows[kind].append(window)
    unexpected = [each for each in problems if not any(piece in each for piece in expected_console_errors)]
    assert not unexpected, "the browser complained:\n" + "\n".join(unexpected)


@pytest.fixture
def browser_page(open_page):
    """A window of someone who has not signed in."""
    return open_page()


# Two frames: what is measured after a change of the layout (`fit` in app.js) has been measured by then.
AT_REST = """async () => {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const busy = document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling");
    return document.readyState === "complete" && !busy;
}"""


def settled(page) -> None:
    """Wait until the page and its panels are there: leaving earlier would abort them with a console error.

    Playwright's "networkidle" waits half a second longer each time, and knows nothing of panels that come later.
    """
    deadline = monotonic() + 10
    while not page.evaluate(AT_REST):  # `wait_for_function` would take the promise itself for a yes
        assert monotonic() < deadline, f"{page.url} does not come to rest"
        page.wait_for_timeout(20)


AXE = Path(__file__).parent.parent / "static" / "node_modules" / "axe-core" / "axe.min.js"


# Only what is wrong comes back: to write down all that is right, and to carry it here, would take most of the time.
AXE_RUN = """axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    resultTypes: ["violations"],
}).then(({violations}) => violations.map((each) => [each.id, each.nodes.map((node) => node.target.join(" "))]))"""


def accessibility_faults(page) -> list[str]:
    """What axe-core finds wrong on the page by WCAG 2.2 A and AA: "rule: element, element"."""
    page.evaluate(AXE.read_text())
    return [f"{rule}: " + ", ".join(elements) for rule, elements in page.evaluate(AXE_RUN)]
