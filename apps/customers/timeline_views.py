"""The contact history on a customer's page, and the page of all follow-ups."""

from django.db.models import Q
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from apps.customers.filters import Due, FollowUpFilter, due_condition
from apps.customers.forms import InteractionForm, NoteForm
from apps.customers.models import Customer, Interaction
from apps.customers.resources import FollowUpResource
from apps.customers.tables import FollowUpTable
from gmtc.errors import Refused
from gmtc.views import ActionView, Chip, ListView, next_url, permission_required

A_SCREENFUL = 15


def timeline(request, customer, *, form: NoteForm | None = None, refusal: str = "") -> dict:
    """What `customers/timeline.html` shows; `?entries=all` shows it to the beginning."""
    entries = customer.interactions.filter(deleted_at=None).select_related(
        "person", "contact", "follow_up_by", "done_by", "created_by"
    )
    limit = None if request.GET.get("entries") == "all" else A_SCREENFUL + 1
    found = list(entries[:limit])
    has_more = limit is not None and len(found) > A_SCREENFUL
    may_note = request.user.has_perm("customers.note_customer") and not customer.deleted_at
    return {
        "record": customer,
        "entries": found[:A_SCREENFUL] if has_more else found,
        "has_more": has_more,
        "refusal": refusal,
        "note_form": form or (NoteForm(customer=customer, user=request.user) if may_note else None),
    }


@permission_required("customers.view_interaction")
def customer_timeline(request, pk):
    """The panel alone, which htmx puts in place of the old one."""
    customer = get_object_or_404(Customer.everything, pk=pk)
    return render(request, "customers/timeline.html", timeline(request, customer))


@require_POST
@permission_required("customers.note_customer")
def customer_note(request, pk):
    customer = get_object_or_404(Customer, pk=pk)
    form = NoteForm(request.POST, customer=customer, user=request.user)
    is_written = form.is_valid()
    if is_written:
        form.save()
        if not request.htmx:
            return redirect(f"{customer.get_absolute_url()}#timeline")
    context = timeline(request, customer, form=None if is_written else form)
    return render(request, "customers/timeline.html", context, status=200 if is_written else 422)


@require_POST
@permission_required("customers.finish_interaction")
def interaction_finish(request, pk):
    return _turn(request, get_object_or_404(Interaction, pk=pk), Interaction.finish)


@require_POST
@permission_required("customers.finish_interaction")
def interaction_reopen(request, pk):
    return _turn(request, get_object_or_404(Interaction, pk=pk), Interaction.reopen)


@require_POST
@permission_required("customers.delete_interaction")
def interaction_delete(request, pk):
    return _turn(request, get_object_or_404(Interaction, pk=pk), Interaction.discard)


def _turn(request, interaction, verb):
    """The verb, then the panel for htmx, else the page that asked."""
    refusal = ""
    try:
        verb(interaction, by=request.user)
    except Refused as refused:
        refusal = str(refused)
    if request.htmx:
        context = timeline(request, interaction.customer, refusal=refusal)
        return render(request, "customers/timeline.html", context)
    return HttpResponseRedirect(next_url(request, interaction.get_absolute_url()))


class InteractionEdit(ActionView):
    permission = "customers.change_interaction"
    model = Interaction
    form_class = InteractionForm
    title = _("Edit entry")
    button = _("Save")
    done = _("Entry saved.")

    def after(self, interaction):
        return interaction.customer.get_absolute_url()


class FollowUpList(ListView):
    """Whom we have promised to call back."""

    permission = "customers.view_interaction"
    template_name = "customers/follow_up_list.html"
    queryset = Interaction.objects.follow_ups().select_related("customer", "contact", "follow_up_by")
    filterset_class = FollowUpFilter
    table_class = FollowUpTable
    resource_class = FollowUpResource
    export_permission = "customers.export_customer"

    @cached_property
    def chips(self):
        """What is mine, and what is due, depends on who asks and when."""
        return (
            Chip(_("Mine"), {"mine": "true"}, Q(follow_up_by=self.request.user)),
            *(Chip(due.label, {"due": due.value}, due_condition(due)) for due in Due),
        )

    def context(self, filterset, rows):
        return super().context(filterset, rows) | {
            "heading": _("Follow-ups"),
            "list_url": reverse("customers:follow_up_list"),
        }
