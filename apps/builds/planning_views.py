"""The planning page."""

from uuid import UUID

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.builds.planning import Plan
from apps.builds.proposals import CarriedOut
from apps.builds.wishes import read_wishes
from apps.orders.models import CustomerOrder
from gmtc.errors import Refused
from gmtc.views import permission_required, refuse

SAID = 5  # links to what was made, before "…"


@permission_required("builds.view_productionjob")
def planning(request):
    """What is short and what is to be done about it; `?order=<uuid>` of one order, `?minimum=1` with minimum stocks.

    A POST carries out what is ticked; with `look` it only shows what the changed quantities and suppliers come to.
    """
    order = _asked_order(request)
    with_minimum = request.GET.get("minimum") == "1"
    wishes = read_wishes(request.POST)
    plan = Plan(order=order.pk if order else None, with_minimum=with_minimum, wishes=wishes)
    status = 200
    if request.method == "POST":
        if refused := refuse(request, "builds.plan_productionjob"):
            return refused
        if "look" not in request.POST:
            if done := _carry_out(request, plan):
                return done
            status = 422
    context = {
        "plan": plan,
        "order": order,
        "with_minimum": with_minimum,
        "groups": plan.by_supplier(),
        "left_out": _left_out(request),
    }
    return render(request, "builds/planning.html", context, status=status)


def _left_out(request) -> set[str]:
    """The proposals whose tick was taken away. What the page did not show before is ticked."""
    seen = {name.removeprefix("proposed.") for name in request.POST if name.startswith("proposed.")}
    return seen - set(request.POST.getlist("selected"))


def _asked_order(request) -> CustomerOrder | None:
    try:
        key = UUID(request.GET.get("order", ""))
    except ValueError:
        return None
    return get_object_or_404(CustomerOrder.objects.select_related("customer"), pk=key)


def _carry_out(request, plan: Plan):
    """The answer, or None where the page is shown again with what is wrong in it."""
    chosen = request.POST.getlist("selected")
    if not chosen:
        messages.error(request, _("Nothing was chosen."))
        return redirect(request.get_full_path())
    try:
        done = plan.carry_out(chosen, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return None
    messages.success(request, _told(done))
    if done.gone:
        text = ngettext(
            "%(count)s proposal was not needed any more or could not be carried out.",
            "%(count)s proposals were not needed any more or could not be carried out.",
            done.gone,
        )
        messages.warning(request, text % {"count": done.gone})
    return redirect(request.get_full_path())


def _told(done: CarriedOut) -> str:
    """How much was made, with links to the first of it."""
    jobs = ngettext("%(count)s job planned", "%(count)s jobs planned", len(done.jobs)) % {"count": len(done.jobs)}
    orders = ngettext(
        "%(count)s purchase order drafted", "%(count)s purchase orders drafted", len(done.purchase_orders)
    ) % {"count": len(done.purchase_orders)}
    return format_html("{}{}, {}{}.", jobs, _linked(done.jobs), orders, _linked(done.purchase_orders))


def _linked(records) -> str:
    if not records:
        return ""
    links = format_html_join(", ", '<a href="{}">{}</a>', ((each.get_absolute_url(), each) for each in records[:SAID]))
    return format_html(" ({}{})", links, ", …" if len(records) > SAID else "")
