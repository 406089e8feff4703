"""The verbs of an order and of its lines, as dialogs."""

from django.contrib import messages
from django.db.models import F
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from apps.orders.doubts import doubts_about
from apps.orders.models import CustomerOrder, OrderLine
from apps.orders.verb_forms import (
    ArrangeForm,
    CancelForm,
    CloseShortForm,
    ConfirmForm,
    DeclineForm,
    LineReserveForm,
    MailForm,
    QuoteForm,
)
from gmtc.errors import Refused
from gmtc.views import ActionView, permission_required


class OrderAction(ActionView):
    model = CustomerOrder


class OrderQuote(OrderAction):
    permission = "orders.quote_customerorder"
    form_class = QuoteForm
    template_name = "orders/order_quote.html"
    title = gettext_lazy("Quote %(record)s")
    button = pgettext_lazy("verb", "Quote")
    done = gettext_lazy("%(record)s was quoted.")

    def context(self, order):
        return {"doubts": doubts_about(order)}


class OrderWithdraw(OrderAction):
    permission = "orders.quote_customerorder"
    verb = "withdraw"
    done = gettext_lazy("%(record)s is a draft again; the next quote will be a new version.")


class OrderDecline(OrderAction):
    permission = "orders.quote_customerorder"
    form_class = DeclineForm
    template_name = "orders/order_decline.html"
    title = gettext_lazy("%(record)s was declined")
    button = gettext_lazy("Note it")
    done = gettext_lazy("%(record)s was declined.")


class OrderConfirm(OrderAction):
    permission = "orders.confirm_customerorder"
    form_class = ConfirmForm
    template_name = "orders/order_confirm.html"
    title = gettext_lazy("Confirm %(record)s")
    button = gettext_lazy("Confirm")
    done = gettext_lazy("%(record)s was confirmed.")

    def context(self, order):
        outlook = order.outlook()
        return {
            "doubts": doubts_about(order),
            "outlook": outlook,
            "is_short": any(each.missing for each in outlook),
        }


class OrderArrange(OrderAction):
    permission = "orders.change_customerorder"
    form_class = ArrangeForm
    title = gettext_lazy("Dates and delivery of %(record)s")
    button = gettext_lazy("Save")
    done = gettext_lazy("%(record)s saved.")


class OrderReserve(OrderAction):
    permission = "orders.reserve_customerorder"
    verb = "reserve"
    done = gettext_lazy("Stock is held for %(record)s.")


class OrderCancel(OrderAction):
    permission = "orders.cancel_customerorder"
    form_class = CancelForm
    template_name = "orders/order_cancel.html"
    title = gettext_lazy("Cancel %(record)s")
    button = pgettext_lazy("sales", "Cancel the order")
    done = gettext_lazy("%(record)s was cancelled.")
    danger = True


class OrderCloseShort(OrderAction):
    permission = "orders.cancel_customerorder"
    form_class = CloseShortForm
    template_name = "orders/order_close.html"
    title = gettext_lazy("Close %(record)s without the rest")
    button = gettext_lazy("Close without the rest")
    done = gettext_lazy("%(record)s was closed.")
    danger = True

    def context(self, order):
        return {"open_lines": [line for line in order.lines.select_related("part") if line.open_quantity]}


class OrderMail(OrderAction):
    permission = "orders.quote_customerorder"
    form_class = MailForm
    title = gettext_lazy("Mail the papers of %(record)s")
    button = gettext_lazy("Mail")
    done = gettext_lazy("%(record)s is on its way by mail.")


class OrderDiscard(OrderAction):
    permission = "orders.delete_customerorder"
    verb = "discard"
    done = gettext_lazy("%(record)s moved to the trash.")
    undo = "orders:order_restore"

    def after(self, order):
        return order.get_absolute_url() if order.deleted_at is None else reverse("orders:order_list")


class OrderRestore(OrderAction):
    permission = "orders.restore_customerorder"
    verb = "restore"
    done = gettext_lazy("%(record)s taken out of the trash.")


@require_POST
@permission_required("orders.add_customerorder")
def order_copy(request, pk):
    order = get_object_or_404(CustomerOrder.everything, pk=pk)
    try:
        draft = order.copy(by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(order)
    messages.success(request, _("%(order)s was copied into this draft.") % {"order": order})
    return redirect(draft)


# --- Lines


class LineAction(ActionView):
    model = OrderLine
    permission = "orders.reserve_customerorder"

    def record(self, *, alive=False):
        return get_object_or_404(OrderLine.objects.select_related("order", "part"), pk=self.kwargs["pk"])


class LineReserve(LineAction):
    form_class = LineReserveForm
    template_name = "orders/line_reserve.html"
    title = gettext_lazy("Hold stock for %(record)s")
    button = gettext_lazy("Reserve")
    done = gettext_lazy("Stock is held for %(record)s.")

    def context(self, line):
        others = OrderLine.objects.filter(part=line.part_id, reserved_quantity__gt=0).exclude(pk=line.pk)
        return {"others": others.select_related("order__customer").order_by(F("order__promised_date").asc())[:10]}


class LineUnreserve(LineAction):
    verb = "unreserve"
    done = gettext_lazy("What was held for %(record)s is free again.")
