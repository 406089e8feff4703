from django.db.models import Exists, OuterRef, Q

from apps.deliveries.models.delivery_line import DeliveryPrinter
from apps.deliveries.models.status import SHIPPED, Status
from gmtc.models import RecordQuerySet


class DeliveryQuerySet(RecordQuerySet):
    def search(self, text: str):
        """Every word somewhere in the number, the tracking number, the ship-to, the order, the customer or a serial."""
        for word in text.split()[:8]:
            printers = DeliveryPrinter.objects.filter(line__delivery=OuterRef("pk"), printer__serial__icontains=word)
            self = self.filter(
                Q(search_text__says=word)
                | Q(order__search_text__says=word)
                | Q(order__customer__search_text__says=word)
                | Exists(printers)
            )
        return self

    def pending(self):
        """To be packed."""
        return self.filter(status=Status.PENDING)

    def shipped(self):
        """Has left the house, whatever came of it."""
        return self.filter(status__in=SHIPPED)

    def late(self):
        """Should have left, or should have arrived."""
        return self.filter(self.model.IS_LATE)

    def with_returns(self):
        """Something of it came back."""
        return self.filter(self.model.has_returns_condition())
