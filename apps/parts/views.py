"""Pages of parts: the list, one part, its stock verbs, the trash."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, Q, Sum
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from apps.parts.filters import MovementFilter, PartFilter
from apps.parts.forms import AdjustForm, BulkForm, IssueForm, PartForm, ReceiveForm, ReserveForm, TransferForm
from apps.parts.models import Part, Procurement, Reservation, StockMovement
from apps.parts.resources import MovementResource, PartResource
from apps.parts.tables import MovementTable, PartTable
from gmtc.errors import Refused
from gmtc.views import ActionView, Chip, CreateView, DetailView, ListView, UpdateView, next_url, permission_required


class PartList(ListView):
    permission = "parts.view_part"
    template_name = "parts/part_list.html"
    # The two names and not their records, which would be two thirds of what is fetched.
    queryset = Part.objects.annotate(category_name=F("category__name"), place=F("default_location__code"))
    filterset_class = PartFilter
    table_class = PartTable
    resource_class = PartResource
    export_permission = "parts.export_part"
    chips = (
        Chip(gettext_lazy("Low stock"), {"stock": "low"}, Part.IS_LOW),
        Chip(gettext_lazy("Out of stock"), {"stock": "out"}, Part.IS_OUT),
        Chip(gettext_lazy("Reserved"), {"stock": "reserved"}, Q(reserved_stock__gt=0)),
        Chip(gettext_lazy("Buy"), {"procurement": "buy"}, Q(procurement=Procurement.BUY)),
        Chip(gettext_lazy("Make"), {"procurement": "make"}, Q(procurement=Procurement.MAKE)),
        Chip(gettext_lazy("Sold"), {"sellable": "true"}, Q(is_sellable=True)),
    )
    totals = {"value": (gettext_lazy("Stock value"), Sum(F("current_stock") * F("average_cost")))}


class PartDetail(DetailView):
    permission = "parts.view_part"
    model = Part
    template_name = "parts/part_detail.html"

    def context(self, part):
        return {
            "levels": part.levels.select_related("location").filter(quantity__gt=0),
            "reservations": part.reservations.filter(quantity__gt=0).select_related("created_by"),
            "movements": part.movements.select_related("location", "created_by")[:12],
        }


class PartCreate(CreateView):
    permission = "parts.add_part"
    model = Part
    form_class = PartForm
    template_name = "parts/part_form.html"


class PartUpdate(UpdateView):
    permission = "parts.change_part"
    model = Part
    form_class = PartForm
    template_name = "parts/part_form.html"


class PartAction(ActionView):
    model = Part
    template_name = "parts/part_action.html"


class PartReceive(PartAction):
    permission = "parts.receive_part"
    form_class = ReceiveForm
    title = gettext_lazy("Receive %(record)s")
    button = gettext_lazy("Receive")
    done = gettext_lazy("%(record)s received into stock.")


class PartIssue(PartAction):
    permission = "parts.issue_part"
    form_class = IssueForm
    title = gettext_lazy("Issue %(record)s")
    button = gettext_lazy("Issue")
    done = gettext_lazy("%(record)s issued from stock.")


class PartAdjust(PartAction):
    permission = "parts.adjust_part"
    form_class = AdjustForm
    title = gettext_lazy("Correct the stock of %(record)s")
    button = gettext_lazy("Correct")
    done = gettext_lazy("Stock of %(record)s corrected.")


class PartTransfer(PartAction):
    permission = "parts.transfer_part"
    form_class = TransferForm
    title = gettext_lazy("Transfer %(record)s")
    button = gettext_lazy("Move stock")
    done = gettext_lazy("%(record)s transferred.")


class PartReserve(PartAction):
    permission = "parts.reserve_part"
    form_class = ReserveForm
    title = gettext_lazy("Reserve %(record)s")
    button = gettext_lazy("Reserve")
    done = gettext_lazy("%(record)s reserved.")


class PartDiscard(PartAction):
    permission = "parts.delete_part"
    verb = "discard"
    done = gettext_lazy("%(record)s moved to the trash.")
    undo = "parts:part_restore"

    def after(self, part):
        return part.get_absolute_url() if part.deleted_at is None else reverse("parts:part_list")


class PartRestore(PartAction):
    permission = "parts.restore_part"
    verb = "restore"
    done = gettext_lazy("%(record)s taken out of the trash.")


class ReservationRelease(ActionView):
    permission = "parts.reserve_part"
    model = Reservation
    verb = "free"
    done = gettext_lazy("Reservation released.")

    def after(self, reservation):
        return reservation.part.get_absolute_url()


class PartTrash(ListView):
    permission = "parts.restore_part"
    template_name = "parts/part_trash.html"
    queryset = Part.everything.trashed().select_related("category", "updated_by")
    filterset_class = PartFilter
    table_class = PartTable


class MovementList(ListView):
    permission = "parts.view_stockmovement"
    template_name = "parts/movement_list.html"
    queryset = StockMovement.objects.select_related("created_by").annotate(
        sku=F("part__sku"), unit=F("part__unit"), place=F("location__code")
    )
    filterset_class = MovementFilter
    table_class = MovementTable
    resource_class = MovementResource
    export_permission = "parts.export_stockmovement"


@permission_required("parts.view_part")
def part_image(request, pk):
    part = get_object_or_404(Part.everything.exclude(image=""), pk=pk)
    try:
        return FileResponse(part.image.open(), headers={"Cache-Control": "private, max-age=3600"})
    except FileNotFoundError as missing:
        raise Http404 from missing


@require_POST
@permission_required("parts.change_part")
def part_bulk(request):
    """One verb on every part that is ticked. What can be done is done; each refusal is named."""
    back = redirect(next_url(request, reverse("parts:part_list")))
    form = BulkForm(request.POST)
    if not form.is_valid():
        wrong = form.errors.get("category")
        messages.error(
            request, wrong[0] if wrong else _("Nothing was changed: tick parts and choose what to do with them.")
        )
        return back
    if form.cleaned_data["action"] == "discard" and not request.user.has_perm("parts.delete_part"):
        raise PermissionDenied("parts.delete_part")
    done, refused = 0, []
    for part in form.cleaned_data["selected"].order_by("pk"):
        try:
            form.act(part, by=request.user)
            done += 1
        except Refused as refusal:
            refused.append(str(refusal))
    if done and form.cleaned_data["action"] == "discard":
        text = ngettext("%(n)s part moved to the trash.", "%(n)s parts moved to the trash.", done)
        messages.success(request, text % {"n": done})
    elif done:
        messages.success(request, ngettext("%(n)s part changed.", "%(n)s parts changed.", done) % {"n": done})
    for text in refused[:5]:
        messages.error(request, text)
    if len(refused) > 5:
        messages.error(request, _("… and %(n)s more were refused.") % {"n": len(refused) - 5})
    return back
