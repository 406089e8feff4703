"""How fast the system is at the size it is made for. Called by deploy/bench.

Data: see `deploy/bench_data.py`. Each work is measured warm, many times, as a signed-in member of the staff
through Django's test client: what the server does, without the network. A floor is the least that the same answer
could cost, measured the same way in the same run: the same client, middleware and sign-in, and behind them a bare
view with the same rows. Later rooms add their work to WORKS.
"""

import argparse
import csv
import gc
import io
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple
from urllib.parse import urlencode

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gmtc.settings")
django.setup()

import orjson  # noqa: E402 - the lines below need the settings that setup() has loaded
from django.core.cache import cache  # noqa: E402
from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.shortcuts import render  # noqa: E402
from django.template import Context, Engine  # noqa: E402
from django.template.loader import render_to_string  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import include, path, reverse  # noqa: E402
from django.utils import timezone  # noqa: E402
from openpyxl import Workbook  # noqa: E402

from apps.accounts.models import User  # noqa: E402
from apps.builds.models import BuildPart, BuildRevision, PartsListImport, PrinterBuild  # noqa: E402
from apps.builds.planning import Plan  # noqa: E402
from apps.customers.models import Address, Customer  # noqa: E402
from apps.invoicing import papers  # noqa: E402
from apps.invoicing.models import Invoice  # noqa: E402
from apps.orders.models import CustomerOrder, OrderLine  # noqa: E402
from apps.parts.filters import PartFilter  # noqa: E402
from apps.parts.models import Category, Part, PartImport  # noqa: E402
from apps.suppliers.models import SupplierPart  # noqa: E402
from deploy.bench_data import MANAGER, STAFF, build, empty, rng  # noqa: E402
from gmtc import pdf  # noqa: E402
from gmtc.alphabet import alphabetical  # noqa: E402
from gmtc.bulk import create_all, update_all  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
RUNS = 60


# --- Measuring -------------------------------------------------------------------------------------------------------


class Figure(NamedTuple):
    """One line of the table; times in milliseconds. `is_met` None: measured, not judged."""

    work: str
    ms: float
    p95: float | None = None
    floor: float | None = None
    queries: int | None = None
    target: str = ""
    is_met: bool | None = None
    unit: str = "ms"


def timed(act: Callable[[int], object], runs: int = RUNS) -> tuple[float, float]:
    """Median and 95th percentile of warm runs."""
    return beside(act, None, runs)[:2]


def beside(act: Callable, floor: Callable | None, runs: int = RUNS) -> tuple[float, float, float]:
    """Median, 95th percentile, median of the floor; taken in turns, so that a busy machine slows both alike."""
    times, floors = [], []
    for run in range(runs + 3):
        for each, found in ((act, times), (floor, floors)):
            if each:
                begin = time.perf_counter()
                each(run)
                found.append((time.perf_counter() - begin) * 1000)
    times, floors = times[3:], floors[3:] or [0.0]  # the first ones warm up
    return median(times), quantiles(times, n=20)[-1], median(floors)


def once(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return (time.perf_counter() - begin) * 1000


class Visitor:
    """A signed-in browser without a network."""

    def __init__(self, email: str):
        self.client = Client(SERVER_NAME="localhost")
        self.client.force_login(User.objects.get(email=email))

    def get(self, address: str, **headers) -> bytes:
        response = self.client.get(address, headers=headers)
        if response.status_code != 200:
            sys.exit(f"{address} answered {response.status_code}")
        return b"".join(response.streaming_content) if response.streaming else response.content

    def queries(self, address: str, **headers) -> int:
        with CaptureQueriesContext(connection) as captured:
            self.get(address, **headers)
        return len(captured)


FRAGMENT = {"HX-Request": "true", "HX-Target": "list"}
COLUMNS = "sku name category__name unit_price current_stock reserved_stock default_location__code unit".split()
BARE = Engine().from_string(
    "<table>{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table>"
)


def _narrowed(request):
    """The same rows in the same order as the list has them. Whether the user may see them is part of every answer."""
    assert request.user.has_perm("parts.view_part")  # noqa: S101
    parts = PartFilter(request.GET, queryset=Part.objects.all()).qs
    return parts.order_by(alphabetical(request.GET["sort"]), "pk")


def bare_list(request):
    """The floor of a list: the same rows, bare."""
    rows = _narrowed(request).values_list(*COLUMNS)
    count = rows.order_by()[:1001].count()
    return HttpResponse(f"{count}{BARE.render(Context({'rows': rows[:50]}))}")


def bare_page(request):
    """What every page costs, whatever stands in it."""
    assert request.user.has_perm("parts.view_part")  # noqa: S101
    return render(request, "base.html")


def bare_json(request):
    rows = _narrowed(request)
    names = [field.attname for field in Part._meta.concrete_fields if field.name != "search_text"]
    found = [{name: str(value) for name, value in row.items()} for row in rows.values(*names)[:50]]
    return HttpResponse(orjson.dumps({"data": found, "count": rows.count()}), content_type="application/json")


urlpatterns = [
    path("bare/list", bare_list),
    path("bare/page", bare_page),
    path("bare/json", bare_json),
    path("", include("gmtc.urls")),
]


# --- What is measured ------------------------------------------------------------------------------------------------


def lists() -> Iterator[Figure]:
    staff = Visitor(STAFF)
    top = Category.objects.get(name="Group 07").pk
    for name, query in (
        ("first page", "sort=sku"),
        ("in stock, dearest first", "stock=available&sort=-unit_price"),
        ("category and stock, by name", f"category={top}&stock=low&sort=name"),
    ):
        address, bare = f"{reverse('parts:part_list')}?{query}&per_page=50", f"/bare/list?{query}"
        for work, headers in (
            (f"parts list, 50 rows, {name}", {}),
            ("  the list alone, as htmx asks for it", FRAGMENT),
        ):
            ms, p95, floor = beside(
                lambda run, at=address, headers=headers: staff.get(at, **headers), lambda run, at=bare: staff.get(at)
            )
            queries = staff.queries(address, **headers)
            is_met = ms <= 1.5 * floor and queries <= 8
            yield Figure(work, ms, p95, floor, queries, "1.5 x, 8 queries", is_met)
    ms, p95 = timed(lambda run: staff.get("/bare/page"))
    yield Figure("a page with nothing in it", ms, p95, None, staff.queries("/bare/page"))
    address = f"{reverse('parts:part_list')}?stock=available&summary=1"
    ms, p95 = timed(lambda run: staff.get(address), 10)
    yield Figure("counts and totals beside the list", ms, p95, None, staff.queries(address))
    for name, page in (("movements, newest 50", "parts:movement_list"), ("orders, newest 50", "orders:order_list")):
        address = f"{reverse(page)}?per_page=50"
        ms, p95 = timed(lambda run, address=address: staff.get(address))
        queries = staff.queries(address)
        yield Figure(name, ms, p95, None, queries, "8 queries", queries <= 8)


TYPED = "mgn|mgn12|mgn12 4|mgn12 450|würth m3x12|iso4762-m5|kugel|petg|fan 80x80|24 v 350".split("|")
TYPED_ORDERS = "b-0|b-01|b-0123|b-012345|becker|müller opt|maschinenbau|eder & jansen|schulen 7|12345".split("|")


def search() -> Iterator[Figure]:
    staff = Visitor(STAFF)
    for name, page, typed, headers in (
        ("search in parts, as you type", "parts:part_list", TYPED, FRAGMENT),
        ("search in orders, as you type", "orders:order_list", TYPED_ORDERS, FRAGMENT),
        ("part choices of a remote select", "parts:part_choices", TYPED, {}),
        ("search over everything, as you type", "search:suggestions", TYPED + TYPED_ORDERS, {}),
    ):
        asked = [f"{reverse(page)}?{urlencode({'q': text})}" for text in typed]
        ms, p95 = timed(lambda run, asked=asked, headers=headers: staff.get(asked[run % len(asked)], **headers), 60)
        queries = max(staff.queries(address, **headers) for address in asked)
        yield Figure(name, ms, p95, None, queries, "p95 100 ms", p95 <= 100)


def details() -> Iterator[Figure]:
    staff = Visitor(STAFF)
    for name, records in (("part", Part.objects), ("order", CustomerOrder.objects), ("customer", Customer.objects)):
        pages = [record.get_absolute_url() for record in records.order_by("pk")[: RUNS * 7 : 7]]
        ms, p95 = timed(lambda run, pages=pages: staff.get(pages[run % len(pages)]))
        queries = max(staff.queries(page) for page in pages[:5])
        is_met = p95 <= 100 and queries <= 15
        yield Figure(f"{name} detail", ms, p95, None, queries, "p95 100 ms, 15 queries", is_met)
    ms, p95 = timed(lambda run: staff.get("/"))
    yield Figure("dashboard", ms, p95, None, staff.queries("/"))


def api() -> Iterator[Figure]:
    staff = Visitor(STAFF)
    query = "stock=available&sort=name"
    cache.clear()  # the rate limit counts per minute
    ms, p95, floor = beside(
        lambda run: staff.get(f"/api/parts?{query}&per_page=50"), lambda run: staff.get(f"/bare/json?{query}")
    )
    queries = staff.queries(f"/api/parts?{query}&per_page=50")
    yield Figure("API, 50 parts filtered and sorted", ms, p95, floor, queries, "2 x", ms <= 2 * floor)


def export() -> Iterator[Figure]:
    manager = Visitor(MANAGER)
    count = Part.objects.count()

    def bare():
        out = csv.writer(io.StringIO())
        for row in Part.objects.values_list(*COLUMNS).iterator(chunk_size=2_000):
            out.writerow(row)

    floor = once(bare)
    ms = once(lambda: manager.get(f"{reverse('parts:part_list')}?export=csv"))
    yield Figure(f"export of {count:,} parts as CSV", ms, None, floor)


def parts_list() -> Iterator[Figure]:
    """A parts list out of CAD, half of it parts that exist: read, matched with all parts, each row previewed."""
    known = Part.objects.order_by("-pk").values_list("sku", flat=True)[:102]
    book = Workbook()
    book.active.append(["Item Number", "File Name (no extension)", "Author", "Quantity"])
    for number, name in enumerate([*known, *(f"NEW_{number:03}_Würth_LOD_High" for number in range(102))], start=1):
        book.active.append([f"{number}*", name, "cad", number % 9 + 1])
    content = io.BytesIO()
    book.save(content)

    def preview(run: int) -> None:
        file = SimpleUploadedFile(f"list-{run}.xlsx", content.getvalue())
        with transaction.atomic():
            upload = PartsListImport.upload(file, by=None, model_number=f"BENCH-{run}")
            if upload.counts() != {"matched": 102, "new": 102, "skipped": 0, "faulty": 0}:
                sys.exit(f"the parts list found {upload.counts()}")
            upload.file.delete(save=False)
            transaction.set_rollback(True)

    ms, p95 = timed(preview, 10)
    yield Figure("parts list of 204 rows, read and previewed", ms, p95, target="1 s", is_met=p95 <= 1_000)


def imports() -> Iterator[Figure]:
    """10,000 rows, a fifth of them parts that exist: read, preview, write with history. Taken back afterwards."""
    manager = User.objects.get(email=MANAGER)
    known = Part.objects.values_list("sku", flat=True)[:2_000]
    table = io.StringIO()
    out = csv.writer(table, delimiter=";")
    out.writerow(["Artikelnummer", "Bezeichnung", "Einheit", "Mindestbestand", "Verkaufspreis", "Hersteller"])
    for number, sku in enumerate([*known, *(f"NEW-{number:05}" for number in range(8_000))]):
        out.writerow([sku, f"Imported part {number}", "Stk", number % 50, f"{number % 900},50", "Würth"])
    file = SimpleUploadedFile("parts.csv", table.getvalue().encode())
    with transaction.atomic():
        begin = time.perf_counter()
        upload = PartImport.upload(file, by=manager, language="de", options={})
        upload.check_rows(by=manager)
        upload.lock().work(by=manager)
        checked = time.perf_counter()
        if (upload.lock().new_rows, upload.changed_rows) != (8_000, 2_000):
            sys.exit(f"the import found {upload.new_rows} new, {upload.changed_rows} changed: {upload.message}")
        upload.accept(by=manager)
        upload.lock().work(by=manager)
        done = time.perf_counter()
        if upload.lock().status != "accepted":
            sys.exit(f"the import is {upload.status}: {upload.message}")
        upload.file.delete(save=False)
        transaction.set_rollback(True)
    ms = (done - begin) * 1000
    yield Figure("import of 10,000 rows, all", ms, target="8 s", is_met=ms <= 8_000)
    yield Figure("  reading and preview", (checked - begin) * 1000)


def planning() -> Iterator[Figure]:
    """1,000 open orders for a printer of 204 lines, nested 3 deep, half of it short. Taken back afterwards.

    The floor only reads what it is made of: the order lines, the bills, the parts, the offers.
    """
    staff = User.objects.get(email=STAFF)
    with transaction.atomic():
        bills = make_bills(staff)
        make_open_orders(bills[0].build.product, 1_000, staff)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE orders_orderline, orders_customerorder, builds_buildpart")
        with CaptureQueriesContext(connection) as captured:
            plan = Plan()
        if len(plan.to_build) < 1_000 + 3 or len(plan.to_buy) < 150:
            sys.exit(f"the plan has {len(plan.to_build)} jobs and {len(plan.to_buy)} purchases")

        needs = {each.part.pk: each.quantity for each in plan.to_buy}

        def bare(run: int) -> None:
            list(OrderLine.objects.filter(order__status="pending").values_list("part", "quantity", "order__number"))
            list(BuildPart.objects.filter(revision__in=bills).values_list("revision", "part", "quantity"))
            Part.objects.in_bulk(list(needs))
            SupplierPart.best_offers(needs)

        ms, p95, floor = beside(lambda run: Plan(), bare, 5)
        transaction.set_rollback(True)
    yield Figure("planning, 1,000 orders x 204 lines, 3 deep", ms, p95, floor, len(captured), "2 s", ms <= 2_000)


def make_bills(by) -> list[BuildRevision]:
    """A printer of 204 lines with a sub-assembly in a sub-assembly in a sub-assembly of 20 lines each."""
    parts = list(Part.objects.filter(procurement="buy").order_by("sku")[:261])
    inner: list[Part] = []
    revisions = []
    for level, count in enumerate((20, 20, 20, 204)):
        build = PrinterBuild(
            model_number=f"BENCH-{level}", name=f"Bench {level}", kind="printer" if count > 20 else "assembly"
        )
        build.save(by=by, reason="create")
        revision = build.draft_revision(by=by)
        own = [parts.pop() for _ in range(count - len(inner))]
        rows = [
            {"part": part, "quantity": Decimal(rng.randrange(1, 9)), "reference": "", "note": ""}
            for part in own + inner
        ]
        revision.write({}, rows, by=by, version=revision.version)
        revision.release(by=by)
        revisions.append(revision)
        inner = [build.product]
    return revisions[::-1]


def make_open_orders(product: Part, count: int, by) -> None:
    customer = Customer(company_name="Bench GmbH", tax_case="S")
    customer.register(Address(street="Weg 1", postcode="70565", city="Stuttgart", country="DE"), by=by)
    today = timezone.localdate()
    orders = [CustomerOrder(customer=customer) for _ in range(count)]
    create_all(orders, by=by, reason="create")
    lines = [
        OrderLine(
            order=order,
            part=product,
            position=1,
            description="Printer",
            unit=product.unit,
            quantity=1,
            unit_price=1,
            vat_rate=19,
            net=1,
        )
        for order in orders
    ]
    create_all(lines, by=by, reason="create")
    for number, order in enumerate(orders):
        order.number, order.order_date, order.status = f"BENCH-{number:05}", today, "pending"
        order.promised_date = today + timedelta(days=rng.randrange(10, 200))
    update_all(orders, ["number", "order_date", "status", "promised_date"], by=by, reason="confirm")


def invoice_pdf() -> Iterator[Figure]:
    """An invoice of 12 lines with its e-invoice, beside the bare WeasyPrint call of the same page; and once more."""
    staff, by = Visitor(STAFF), User.objects.get(email=MANAGER)
    with transaction.atomic():
        invoice = make_invoice(by)
        context = papers.context_of(invoice, draft=False)
        html = render_to_string(papers.TEMPLATE, context | {"language": invoice.language, "draft": False})
        write, files = pdf.typesetter().write, context["letterhead"].files
        ms, p95, floor = beside(
            lambda run: papers.made(Invoice.objects.get(pk=invoice.pk)),
            lambda run: write(html, files=files, pdf_variant="pdf/a-3b"),
            10,
        )
        yield Figure("invoice PDF with its e-invoice, 12 lines", ms, p95, floor, None, "1.2 x", ms <= 1.2 * floor)
        address = invoice.paper.get_absolute_url()
        ms, p95 = timed(lambda run: staff.get(address))
        yield Figure("  the same again, as it was issued", ms, p95, None, staff.queries(address), "10 ms", ms <= 10)
        transaction.set_rollback(True)


def make_invoice(by) -> Invoice:
    customer = Customer(company_name="Bench GmbH", tax_case="S")
    customer.register(Address(street="Weg 1", postcode="70565", city="Stuttgart", country="DE"), by=by)
    invoice = Invoice(supply_start=timezone.localdate())
    invoice.take_terms_of(customer)
    rows = [
        {
            "description": f"Nozzle {number}",
            "quantity": Decimal(3),
            "unit_price": Decimal("10.01"),
            "vat_rate": Decimal(19),
        }
        for number in range(12)
    ]
    invoice.write({}, rows, by=by)
    invoice.issue(by=by)
    return invoice


def verify() -> Iterator[Figure]:
    yield Figure("manage.py verify, everything", once(lambda: call_command("verify", stdout=io.StringIO())))


def memory() -> Iterator[Figure]:
    """What a web worker and a job worker hold after some work, by their share of the machine's memory (PSS)."""
    yield Figure("this process at most", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, unit="MB")
    if not Path("/proc/self/smaps_rollup").exists():
        return
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    python = sys.executable
    web = subprocess.Popen(
        [
            python,
            "-m",
            "gunicorn",
            "-c",
            str(ROOT / "deploy" / "gunicorn.conf.py"),
            "--log-level",
            "warning",
            "-b",
            f"127.0.0.1:{port}",
        ],
        cwd=ROOT,
    )
    jobs = subprocess.Popen([python, "manage.py", "procrastinate", "worker"], cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        visitor = Visitor(STAFF)
        cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in visitor.client.cookies.items())
        request = urllib.request.Request(  # noqa: S310 - our own server
            f"http://127.0.0.1:{port}{reverse('parts:part_list')}", headers={"Cookie": cookie, "Host": "localhost"}
        )
        wait_for(web, port)
        for _ in range(100):
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                answer.read()
        for number, worker in enumerate(children(web.pid), 1):
            yield Figure(f"web worker {number}", shared_fairly(worker), unit="MB")
        yield Figure("web master", shared_fairly(web.pid), unit="MB")
        yield Figure("job worker", shared_fairly(jobs.pid), unit="MB")
    finally:
        for process in (web, jobs):
            process.send_signal(signal.SIGTERM)
        for process in (web, jobs):
            process.wait(30)


def wait_for(web: subprocess.Popen, port: int) -> None:
    """Until the server answers."""
    for _ in range(300):
        with closing(socket.socket()) as caller:
            if caller.connect_ex(("127.0.0.1", port)) == 0:
                return
        if web.poll() is not None:
            break
        time.sleep(0.2)
    sys.exit("The web server does not start: see above.")


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def shared_fairly(pid: int) -> float:
    """Megabytes; what several processes share is counted in parts."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


WORKS = [lists, search, details, api, export, parts_list, imports, planning, invoice_pdf, verify, memory]


# --- The table -------------------------------------------------------------------------------------------------------


def show(figure: Figure) -> None:
    cells = [
        f"{figure.work:<55}",
        f"{figure.ms:>9,.1f} {figure.unit:<2}",
        f"{figure.p95:>9,.1f}" if figure.p95 is not None else " " * 9,
        f"{figure.floor:>9,.1f}" if figure.floor is not None else " " * 9,
        f"{figure.ms / figure.floor:>6.2f}" if figure.floor else " " * 6,
        f"{figure.queries:>8}" if figure.queries is not None else " " * 8,
        f"  {figure.target:<24}",
        {None: "", True: "ok", False: "MISSED"}[figure.is_met],
    ]
    print(" ".join(cells).rstrip(), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--parts", type=int, default=100_000)
    parser.add_argument("--movements", type=int, default=1_000_000)
    parser.add_argument("--orders", type=int, default=50_000)
    parser.add_argument(
        "--only", default="", help="a word of the works to measure: " + ", ".join(w.__name__ for w in WORKS)
    )
    parser.add_argument("--fresh", action="store_true", help="drop the data of an earlier bench first")
    options = parser.parse_args()
    if options.fresh:
        empty()
    build(options.parts, options.movements, options.orders)
    gc.collect()
    gc.freeze()  # as the web server does before it serves
    print(f"\n{'work':<55} {'median':>12} {'p95':>9} {'floor':>9} {'ratio':>6} {'queries':>8}  target")
    missed = 0
    with override_settings(ROOT_URLCONF="deploy.bench"):
        for work in WORKS:
            if options.only in work.__name__:
                for figure in work():
                    show(figure)
                    missed += figure.is_met is False
    if missed:
        sys.exit(f"\n{missed} figures are over their target.")
    print("\nEvery target is met.")


if __name__ == "__main__":
    main()
