"""Tables of the list pages: django-tables2 sorts, pages and names the columns; the cells are written here.

A list is what people look at all day, and nearly all of its time went into cells: a template asks `{% if %}` for each
and looks each name up in a dozen dictionaries, fifty times a column. So a column says in Python what its cell holds,
and the rows are joined from text. A list with rows of a look of its own overrides `{% block rows %}` with a template.
"""

import html
from collections.abc import Callable, Iterable
from copy import copy
from typing import NamedTuple

import django_tables2 as tables
from django.core.paginator import Page, Paginator
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

COUNT_AT_MOST = 1_000
FARTHEST = 1_000_000_000  # no list has such a page


def badge(text, kind: str = "", *, title="") -> SafeString:
    """A word that stands out: `kind` is "bad", "warn", "ok" or nothing."""
    css = f"badge badge-{kind}" if kind else "badge"
    if title:
        return format_html('<span class="{}" title="{}">{}</span>', css, title, text)
    return format_html('<span class="{}">{}</span>', css, text)


def escaped(text) -> str:
    """For HTML, unless it is safe already; nothing for None."""
    if text is None:
        return ""
    return text.__html__() if hasattr(text, "__html__") else html.escape(str(text))


class Column(tables.Column):
    """A column of a list page.

    `cell`: what stands in it, by the record: text, or SafeString where it is HTML; without it the attribute of the
    column's name. `numeric`: set right. `fixed`: cannot be hidden. `hidden`: off until asked for. `secondary`: not on a
    phone. `link`: leads to the record. `css`: more classes, or a function of the record that gives them.
    """

    def __init__(
        self,
        *,
        cell: Callable | None = None,
        numeric=False,
        fixed=False,
        hidden=False,
        secondary=False,
        link=False,
        css: str | Callable = "",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.cell, self.link = cell, link
        self.numeric, self.fixed, self.hidden, self.secondary = numeric, fixed, hidden, secondary
        self.more_css = css

    def __deepcopy__(self, memo):
        """Each table gets columns of its own; what a column consists of is the same for all and never changes."""
        return copy(self)

    @property
    def css_class(self) -> str:
        return " ".join(name for name, is_on in (("num", self.numeric), ("secondary", self.secondary)) if is_on)

    def writer(self, name: str) -> Callable:
        """`write(record, url)` gives the whole `<td>`."""
        content = self.cell or (lambda record: getattr(record, name))
        if self.link:
            unlinked = content

            def write(record, url):
                return f'{opening}<a href="{url}">{escaped(unlinked(record))}</a></td>'

        elif callable(self.more_css):

            def write(record, url):
                css = f"{self.css_class} {self.more_css(record)}".strip()
                return f'<td class="{css}">{escaped(content(record))}</td>'

        else:

            def write(record, url):
                return f"{opening}{escaped(content(record))}</td>"

        css = "" if callable(self.more_css) else f"{self.more_css} {self.css_class}".strip()
        opening = f'<td class="{css}">' if css else "<td>"
        return write


class Heading(NamedTuple):
    """The head of a column. `sort` is the order that a click asks for, empty where it cannot be sorted."""

    label: str
    css: str
    sort: str = ""
    direction: str = ""  # "ascending" or "descending" where the list is sorted by it now


class RecordTable(tables.Table):
    """Base of the rooms' tables. `hide` names the columns that the user switched off."""

    class Meta:
        order_by_field = "sort"

    def __init__(self, *args, hide=None, **kwargs):
        super().__init__(*args, **kwargs)
        chosen = {name for name, column in self.base_columns.items() if column.hidden} if hide is None else set(hide)
        self.hide = {name for name in chosen if name in self.base_columns and not self.base_columns[name].fixed}

    @cached_property
    def shown(self) -> list:
        """The bound columns that are on."""
        return [column for column in self.columns if column.name not in self.hide]

    @property
    def headings(self) -> list[Heading]:
        found = []
        for column in self.shown:
            label, css = column.header, column.column.css_class
            if column.orderable:
                order = column.order_by_alias
                direction = "descending" if order.is_descending else "ascending"
                found.append(Heading(label, css, order.next, direction if column.is_ordered else ""))
            else:
                found.append(Heading(label, css))
        return found

    @cached_property
    def show(self) -> dict[str, bool]:
        """For a row template of one's own: `{% if show.category %}`."""
        return {name: name not in self.hide for name in self.base_columns}

    def url_of(self, record) -> str:
        """Where a click on the row leads."""
        return record.get_absolute_url()

    def body(self, records: Iterable, *, ticks: bool = False) -> SafeString:
        """The rows; with `ticks` each can be chosen for a bulk action."""
        writers = [column.column.writer(column.name) for column in self.shown]
        rows = []
        for record in records:
            url = html.escape(self.url_of(record))
            cells = "".join([write(record, url) for write in writers])
            rows.append(f'<tr data-href="{url}">{self._tick(record) if ticks else ""}{cells}</tr>\n')
        return mark_safe("".join(rows))  # noqa: S308 - every cell went through `escaped`

    @staticmethod
    def _tick(record) -> str:
        return (
            '<td class="tick"><input type="checkbox" class="form-check-input" name="selected"'
            f' value="{record.pk}" aria-label="{escaped(str(record))}"></td>'
        )


class CappedPaginator(Paginator):
    """Counts no further than COUNT_AT_MOST: an exact count reads the whole table, and nobody pages past a thousand.

    A page beyond the cap still opens; its own rows tell whether there is a next one.

    `records`: the same without the filters, which need not be asked again of rows that are found by their keys.

    `is_scan`: to find the rows at all means to read the whole table, as a search for a piece of a word does. Then it is
    read once: the keys up to the cap are both the count and the pages.
    """

    def __init__(self, *args, records=None, is_scan: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        self.records = self.object_list if records is None else records
        self.is_scan = is_scan

    @cached_property
    def count(self):
        # By key, because the list's own order may have no index to stop early on.
        return self.object_list.order_by("pk").values("pk")[: COUNT_AT_MOST + 1].count()

    @property
    def is_capped(self) -> bool:
        return self.count > COUNT_AT_MOST

    def page(self, number):
        number = self._page_number(str(number))
        if self.is_scan and number * self.per_page <= COUNT_AT_MOST:
            return self._scanned(number)
        rows = self._rows(number)
        if number == 1 and len(rows) <= self.per_page:
            self.count = len(rows)  # all there are: nothing to count
        elif not rows and number > 1:
            number = min(number, self.num_pages)
            rows = self._rows(number)
        return CappedPage(rows[: self.per_page], number, self, more=len(rows) > self.per_page)

    @staticmethod
    def _page_number(asked: str) -> int:
        """Nonsense is the first page; what is too far for the database is past every end, and so the last page."""
        if not asked.isdecimal():
            return 1
        return max(1, int(asked)) if len(asked) < len(str(FARTHEST)) else FARTHEST

    def _scanned(self, number: int) -> "CappedPage":
        keys = list(self.object_list.values_list("pk", flat=True)[: COUNT_AT_MOST + 1])
        self.count = len(keys)
        number = min(number, self.num_pages)
        start = (number - 1) * self.per_page
        wanted = keys[start : start + self.per_page]
        rows = list(self.records.filter(pk__in=wanted)) if wanted else []
        return CappedPage(rows, number, self, more=len(keys) > start + self.per_page)

    def _rows(self, number: int) -> list:
        """The page's rows and one more, which tells whether there is a next page.

        The keys are sorted first and alone: to sort whole rows with all that is joined to them costs three times more.
        """
        start = (number - 1) * self.per_page
        keys = self.object_list.values("pk")[start : start + self.per_page + 1]
        return list(self.records.filter(pk__in=keys))


class CappedPage(Page):
    def __init__(self, object_list, number, paginator, *, more: bool):
        super().__init__(object_list, number, paginator)
        self.more = more

    def has_next(self):
        return self.more

    def start_index(self):
        return (self.number - 1) * self.paginator.per_page + 1 if self.object_list else 0

    def end_index(self):
        return self.start_index() + len(self.object_list) - 1 if self.object_list else 0
