from datetime import timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from apps.orders.models import status
from apps.orders.models.order_line import OrderLine
from apps.orders.models.status import CONFIRMED, OPEN, Status
from gmtc.models import RecordQuerySet


class CustomerOrderQuerySet(RecordQuerySet):
    def search(self, text: str):
        """Every word somewhere in the numbers, the customer, their reference, or in a part of the order."""
        for word in text.split()[:8]:
            lines = OrderLine.objects.filter(order=OuterRef("pk"), part__search_text__holds=word)
            self = self.filter(Q(search_text__says=word) | Q(customer__search_text__says=word) | Exists(lines))
        return self

    def drafts(self):
        return self.filter(status=Status.DRAFT)

    def quoted(self):
        return self.filter(status=Status.QUOTED)

    def open(self):
        """Confirmed, and something is still to be shipped."""
        return self.filter(status__in=OPEN)

    def confirmed(self):
        return self.filter(status__in=CONFIRMED)

    def late(self):
        """Open, and past the promised date."""
        return self.filter(status.late())

    def expired(self):
        """Quotes that nobody has answered in time."""
        return self.filter(status.expired())

    def expiring(self, notice: timedelta):
        """Quotes that are still good, but not for longer than `notice`."""
        today = timezone.localdate()
        return self.quoted().filter(valid_until__range=(today, today + notice))

    def shippable(self):
        """Something is held in stock for it and may leave now."""
        return self.filter(status.shippable())

    def to_invoice(self):
        """Something was shipped and not invoiced yet."""
        return self.filter(status.to_invoice())
