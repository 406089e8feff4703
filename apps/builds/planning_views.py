"""The planning page."""

from uuid import UUID

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.builds.planning import Plan
from apps.builds.proposals import CarriedOut
from apps.orders.models import CustomerOrder
from gmtc.errors import Refused
from gmtc.views import permission_required, refuse


@permission_required("builds.view_productionjob")
def planning(request):
    """What is short and what is to be done about it; `?order=<uuid>` of one order, `?minimum=1` with minimum stocks."""
    order = _asked_order(request)
    with_minimum = request.GET.get("minimum") == "1"
    plan = Plan(order=order.pk if order else None, with_minimum=with_minimum)
    if request.method == "POST":
        return refuse(request, "builds.plan_productionjob") or _carry_out(request, plan)
    context = {"plan": plan, "order": order, "with_minimum": with_minimum, "groups": plan.by_supplier()}
    return render(request, "builds/planning.html", context)


def _asked_order(request) -> CustomerOrder | None:
    try:
        key = UUID(request.GET.get("order", ""))
    except ValueError:
        return None
    return get_object_or_404(CustomerOrder.objects.select_related("customer"), pk=key)


def _carry_out(request, plan: Plan):
    chosen = request.POST.getlist("selected")
    if not chosen:
        messages.error(request, _("Nothing was chosen."))
        return redirect(request.get_full_path())
    try:
        done = plan.carry_out(chosen, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(request.get_full_path())
    messages.success(request, _told(done))
    if done.gone:
        text = ngettext(
            "%(count)s proposal was not needed any more or could not be carried out.",
            "%(count)s proposals were not needed any more or could not be carried out.",
            done.gone,
        )
        messages.warning(request, text % {"count": done.gone})
    if done.purchase_orders and not done.jobs:
        return redirect(f"{reverse('suppliers:purchase_order_list')}?status=draft")
    return redirect(request.get_full_path())


def _told(done: CarriedOut) -> str:
    jobs = ngettext("%(count)s job planned", "%(count)s jobs planned", len(done.jobs)) % {"count": len(done.jobs)}
    orders = ngettext(
        "%(count)s purchase order drafted", "%(count)s purchase orders drafted", len(done.purchase_orders)
    ) % {"count": len(done.purchase_orders)}
    return f"{jobs}, {orders}."
