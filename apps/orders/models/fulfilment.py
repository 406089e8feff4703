import datetime
from collections.abc import Iterable
from operator import attrgetter

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.orders import news
from apps.orders.models.order_line import OrderLine, lock_parts, outlook
from apps.orders.models.status import OPEN, Status
from apps.parts.models import Reference
from gmtc.errors import IllegalMove, Refused
from gmtc.lined import Lined
from gmtc.states import move


class Fulfilment(Lined):
    """What becomes of a confirmed order: its lines are held, made, shipped, and the order's status follows them."""

    class Meta(Lined.Meta):
        abstract = True

    def refuse_unless_open(self) -> None:
        if not self.is_open:
            raise IllegalMove(
                _("%(order)s is “%(state)s”, so this is not possible any more.")
                % {"order": self, "state": self.get_status_display()}
            )

    # --- Holding stock

    def reserve(self, *, by) -> None:
        """Hold whatever is in stock by now of what is missing. Raises Refused where that is nothing."""
        with transaction.atomic():
            self.lock()
            self.refuse_unless_open()
            if not self.hold_stock(self.lock_lines(), by):
                raise Refused(_("Nothing that %(order)s still needs is free in stock.") % {"order": self})
            self.follow_lines(by=by)

    def lock_lines(self) -> list[OrderLine]:
        """After the order its lines, then the parts, each in the order of their keys."""
        lines = list(self.lines.order_by("pk").select_for_update(of=("self",), no_key=True))
        lock_parts(lines)
        for line in lines:
            line.order = self
        return lines

    def outlook(self) -> list:
        """What could be held of each line right now, and what is missing."""
        return outlook(self.lines.select_related("part"))

    @staticmethod
    def hold_stock(lines: list[OrderLine], by) -> bool:
        """Whether anything was held."""
        wanted = [(line, held) for line, held, _missing in outlook(sorted(lines, key=attrgetter("position"))) if held]
        for line, held in wanted:
            line.part.reserve(held, reference=Reference.to(line), by=by)
            line.refresh_from_db(fields=["reserved_quantity"])
        return bool(wanted)

    # --- Following the lines

    def record_production(self, *, by) -> None:
        """Work on it has begun."""
        with transaction.atomic():
            self.lock()
            self.refuse_unless_open()
            if self.production_date is None:
                self.production_date = timezone.localdate()
                self.status = self.reached(self.lines.all())
                self.save(by=by, reason="record_production")

    def follow_lines(self, *, by, reason: str = "") -> None:
        """Set the status that the lines say; the order is locked.

        `reason` is what was reported to a line. It stands in the order's history too, once for all lines of a delivery.
        """
        if not self.is_confirmed:
            return
        reached = self.reached(self.lines.all())
        # While a delivery leaves, its lines are told one after the other, so an order may look ready on the way.
        if reached == Status.READY != self.status and reason != "record_shipped":
            news.ready(self, by=by)
        if reached != self.status or reason and not self._was_told_of(reason, by):
            self.status = reached
            self.save(by=by, reason=reason or "follow_lines")

    def _was_told_of(self, reason: str, by) -> bool:
        just_now = timezone.now() - datetime.timedelta(seconds=5)
        told = self.history.filter(history_change_reason=reason, history_user=by, history_date__gte=just_now)
        return told.exists()

    def reached(self, lines: Iterable[OrderLine]) -> str:
        lines = list(lines)
        for line in lines:
            line.order = self
        if all(line.open_quantity == 0 for line in lines):
            arrived = all(line.delivered_quantity >= line.shipped_quantity for line in lines)
            return Status.DELIVERED if arrived else Status.SHIPPED
        if all(line.missing_quantity == 0 for line in lines):
            return Status.READY
        return Status.PRODUCTION if self.production_date else Status.PENDING

    # --- Ending

    @move(Status.DRAFT, Status.QUOTED, *OPEN, to=Status.CANCELLED)
    def cancel(self, *, by, reason: str):
        """Give the order up while nothing has left the house; what was held goes back to the free stock."""
        self.keep_reason(reason)
        lines = self.lock_lines()
        if any(line.shipped_quantity for line in lines):
            raise Refused(_("Something of %(order)s was shipped: close it short instead.") % {"order": self})
        self._let_go(lines, by)
        news.given_up(self, by=by)

    @move(*OPEN)
    def close_short(self, *, by, reason: str):
        """The rest will not be shipped any more."""
        self.keep_reason(reason)
        lines = self.lock_lines()
        if not any(line.shipped_quantity for line in lines):
            raise Refused(_("Nothing of %(order)s was shipped: cancel it instead.") % {"order": self})
        self._let_go(lines, by)
        self.is_closed_short = True
        news.given_up(self, by=by)
        return self.reached(lines)

    def _let_go(self, lines: list[OrderLine], by) -> None:
        for line in lines:
            line.let_go(by=by)
