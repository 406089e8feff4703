"""Tables of the list pages: django-tables2 sorts, pages and names the columns; each room's template writes the cells.

Its own cell rendering takes four times as long as a plain `<tr>` (STACK.md), and a template is easier to read.
"""

import django_tables2 as tables
from django.core.paginator import Page, Paginator
from django.utils.functional import cached_property

COUNT_AT_MOST = 1_000


class Column(tables.Column):
    """A column of a list page.

    `numeric`: set right. `fixed`: cannot be hidden. `hidden`: off until asked for. `secondary`: not on a phone.
    """

    def __init__(self, *, numeric=False, fixed=False, hidden=False, secondary=False, **kwargs):
        super().__init__(**kwargs)
        self.numeric, self.fixed, self.hidden, self.secondary = numeric, fixed, hidden, secondary

    @property
    def css_class(self) -> str:
        return " ".join(name for name, is_on in (("num", self.numeric), ("secondary", self.secondary)) if is_on)


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

    @cached_property
    def show(self) -> dict[str, bool]:
        """For the row template: `{% if show.category %}`."""
        return {name: name not in self.hide for name in self.base_columns}


class CappedPaginator(Paginator):
    """Counts no further than COUNT_AT_MOST: an exact count reads the whole table, and nobody pages past a thousand.

    A page beyond the cap still opens; its own rows tell whether there is a next one.
    """

    @cached_property
    def count(self):
        # By key, because the list's own order may have no index to stop early on.
        return self.object_list.order_by("pk")[: COUNT_AT_MOST + 1].count()

    @property
    def is_capped(self) -> bool:
        return self.count > COUNT_AT_MOST

    def page(self, number):
        number = max(1, int(number)) if str(number).isdecimal() else 1
        rows = self._rows(number)
        if number == 1 and len(rows) <= self.per_page:
            self.count = len(rows)  # all there are: nothing to count
        elif not rows and number > 1:
            number = min(number, self.num_pages)
            rows = self._rows(number)
        return CappedPage(rows[: self.per_page], number, self, more=len(rows) > self.per_page)

    def _rows(self, number: int) -> list:
        """The page's rows and one more, which tells whether there is a next page.

        The keys are sorted first and alone: to sort whole rows with all that is joined to them costs three times more.
        """
        start = (number - 1) * self.per_page
        keys = self.object_list.values("pk")[start : start + self.per_page + 1]
        return list(self.object_list.filter(pk__in=keys))


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
