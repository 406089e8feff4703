"""Pages of suppliers: the list, one supplier, contacts, offers, the trash."""

from django.db.models import Count, F, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django_htmx.http import HttpResponseClientRedirect

from apps.parts.models import Part
from apps.suppliers.filters import SupplierFilter, SupplierPartFilter
from apps.suppliers.forms import ContactForm, SupplierForm, SupplierPartForm
from apps.suppliers.models import PurchaseOrder, PurchaseOrderLine, Supplier, SupplierContact, SupplierPart
from apps.suppliers.performance import paid_prices, performance, price_curve
from apps.suppliers.resources import SupplierPartResource, SupplierResource
from apps.suppliers.tables import SupplierPartTable, SupplierTable
from gmtc.views import ActionView, Chip, CreateView, DetailView, ListView, UpdateView, next_url, permission_required

OFFERS_SHOWN = 20


def counted(rows) -> Coalesce:
    """How many of `rows` belong to the supplier; a subquery each, because two joins would multiply each other."""
    found = rows.filter(supplier=OuterRef("pk")).order_by().values("supplier").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(found, output_field=IntegerField()), 0)


class SupplierList(ListView):
    permission = "suppliers.view_supplier"
    template_name = "suppliers/supplier_list.html"
    queryset = Supplier.objects.annotate(
        offers=counted(SupplierPart.objects.all()), open_orders=counted(PurchaseOrder.objects.open())
    )
    filterset_class = SupplierFilter
    table_class = SupplierTable
    resource_class = SupplierResource
    export_permission = "suppliers.export_supplier"
    chips = (
        Chip(gettext_lazy("With open orders"), {"open": "true"}, Q(open_orders__gt=0)),
        Chip(gettext_lazy("Foreign currency"), {"currency": "USD"}, Q(currency="USD")),
        Chip(gettext_lazy("Blocked"), {"blocked": "true"}, Q(is_blocked=True)),
    )


class SupplierTrash(ListView):
    permission = "suppliers.restore_supplier"
    template_name = "suppliers/supplier_trash.html"
    queryset = Supplier.everything.trashed()
    filterset_class = SupplierFilter
    table_class = SupplierTable


class SupplierDetail(DetailView):
    permission = "suppliers.view_supplier"
    model = Supplier
    template_name = "suppliers/supplier_detail.html"

    def context(self, supplier):
        orders = supplier.purchase_orders.all()
        current = list(orders.filter(status__in=["draft", "sent", "partial"]).order_by("expected_delivery_date", "id"))
        open_orders = [order for order in current if order.is_open]
        offers = supplier.items.with_breaks()
        return {
            "performance": performance(supplier),
            "open_orders": open_orders,
            "drafts": [order for order in current if order.is_draft],
            "past_orders": orders.filter(status__in=["received", "cancelled"]).order_by("-order_date", "-number")[:8],
            "open_value": sum(order.total_in_euros for order in open_orders),
            "offers": offers[:OFFERS_SHOWN],
            "number_of_offers": supplier.items.count(),
            "contacts": supplier.contacts.all(),
            "address": supplier.address_lines(self.request.LANGUAGE_CODE)[1:],
        }


class SupplierCreate(CreateView):
    permission = "suppliers.add_supplier"
    model = Supplier
    form_class = SupplierForm
    template_name = "suppliers/supplier_form.html"


class SupplierUpdate(UpdateView):
    permission = "suppliers.change_supplier"
    model = Supplier
    form_class = SupplierForm
    template_name = "suppliers/supplier_form.html"


class SupplierDiscard(ActionView):
    permission = "suppliers.delete_supplier"
    model = Supplier
    verb = "discard"
    done = gettext_lazy("%(record)s moved to the trash.")
    undo = "suppliers:supplier_restore"

    def after(self, supplier):
        return supplier.get_absolute_url() if supplier.deleted_at is None else reverse("suppliers:supplier_list")


class SupplierRestore(ActionView):
    permission = "suppliers.restore_supplier"
    model = Supplier
    verb = "restore"
    done = gettext_lazy("%(record)s taken out of the trash.")


@permission_required("suppliers.view_supplier")
def supplier_choices(request):
    suppliers = Supplier.objects.active().search(request.GET.get("q", ""))[:50]
    return JsonResponse(
        {"results": [{"id": each.pk, "text": each.name, "hint": f"{each.number} {each.city}"} for each in suppliers]}
    )


# --- What is edited in a dialog over another page


class InDialog:
    """A form in a dialog for htmx, on a page of its own without; afterwards one is where one was (`?next=`)."""

    template_name = "suppliers/dialog_form.html"

    def context(self, record):
        return {"shell": "ui/dialog.html" if self.request.htmx else "base.html", "in_dialog": bool(self.request.htmx)}

    def submit(self, form, *, done):
        answer = super().submit(form, done=done)
        if answer.status_code != 302:
            return answer
        url = next_url(self.request, answer.url)
        if self.request.htmx:
            return HttpResponseClientRedirect(url)
        answer.headers["Location"] = url
        return answer


class ContactCreate(InDialog, CreateView):
    permission = "suppliers.add_suppliercontact"
    model = SupplierContact
    form_class = ContactForm


class ContactUpdate(InDialog, UpdateView):
    permission = "suppliers.change_suppliercontact"
    model = SupplierContact
    form_class = ContactForm


class ContactDiscard(ActionView):
    permission = "suppliers.delete_suppliercontact"
    model = SupplierContact
    verb = "discard"
    done = gettext_lazy("%(record)s moved to the trash.")
    undo = "suppliers:contact_restore"


class ContactRestore(ContactDiscard):
    verb = "restore"
    done = gettext_lazy("%(record)s taken out of the trash.")
    undo = ""


# --- Offers


class SupplierPartList(ListView):
    permission = "suppliers.view_supplierpart"
    template_name = "suppliers/supplier_part_list.html"
    queryset = SupplierPart.objects.select_related("supplier", "part")
    filterset_class = SupplierPartFilter
    table_class = SupplierPartTable
    resource_class = SupplierPartResource
    export_permission = "suppliers.export_supplierpart"
    chips = (
        Chip(gettext_lazy("Preferred"), {"preferred": "true"}, Q(is_preferred=True)),
        Chip(gettext_lazy("Supplier is blocked"), {"blocked": "true"}, Q(supplier__is_blocked=True)),
    )


class SupplierPartDetail(DetailView):
    permission = "suppliers.view_supplierpart"
    model = SupplierPart
    template_name = "suppliers/supplier_part_detail.html"

    def context(self, item):
        points = paid_prices(item)
        return {"points": points[::-1], "curve": price_curve(points), "breaks": item.price_breaks.all()}


class SupplierPartCreate(InDialog, CreateView):
    permission = "suppliers.add_supplierpart"
    model = SupplierPart
    form_class = SupplierPartForm
    template_name = "suppliers/supplier_part_form.html"


class SupplierPartUpdate(InDialog, UpdateView):
    permission = "suppliers.change_supplierpart"
    model = SupplierPart
    form_class = SupplierPartForm
    template_name = "suppliers/supplier_part_form.html"


class SupplierPartAction(ActionView):
    model = SupplierPart

    def after(self, item):
        return next_url(self.request, item.get_absolute_url())


class SupplierPartPrefer(SupplierPartAction):
    permission = "suppliers.prefer_supplierpart"
    verb = "prefer"
    done = gettext_lazy("%(record)s is preferred now.")


class SupplierPartDiscard(SupplierPartAction):
    permission = "suppliers.delete_supplierpart"
    verb = "discard"
    done = gettext_lazy("%(record)s moved to the trash.")
    undo = "suppliers:supplier_part_restore"


class SupplierPartRestore(SupplierPartAction):
    permission = "suppliers.delete_supplierpart"
    verb = "restore"
    done = gettext_lazy("%(record)s taken out of the trash.")


@permission_required("suppliers.view_supplierpart")
def for_part(request, pk):
    """Panel on the page of a part: who sells it, and what is on its way."""
    part = get_object_or_404(Part.everything, pk=pk)
    lines = (
        PurchaseOrderLine.objects.filter(
            part=part, purchase_order__status__in=["draft", "sent", "partial"], received_quantity__lt=F("quantity")
        )
        .filter(purchase_order__deleted_at=None)
        .select_related("purchase_order__supplier")
        .order_by("purchase_order__expected_delivery_date", "purchase_order__id")
    )
    offers = list(SupplierPart.objects.filter(part=part).with_breaks())
    best = SupplierPart.best_offer(part, part.reorder_quantity or 1)
    context = {
        "part": part,
        "offers": sorted(offers, key=lambda item: (not item.is_preferred, item.supplier.name)),
        "best": best,
        "lines": lines[:20],
        "back": part.get_absolute_url(),
    }
    return render(request, "suppliers/for_part.html", context)
