"""Pages of customers: the list, one customer, the verbs, addresses and contacts, the trash."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Q, Subquery
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from apps.customers.duplicates import find_duplicates
from apps.customers.filters import REGIONS, UNCHECKED_VAT, CustomerFilter, Region
from apps.customers.forms import (
    AddressForm,
    BlockForm,
    ContactForm,
    CustomerForm,
    NewCustomerForm,
    VatCheckForm,
)
from apps.customers.models import Address, Contact, Customer, Interaction, Kind, TaxCase, suggested_tax_case
from apps.customers.models.tax import compact_vat_id
from apps.customers.resources import CustomerResource
from apps.customers.tables import CustomerTable
from apps.customers.timeline_views import timeline
from gmtc.errors import Refused
from gmtc.views import ActionView, Chip, CreateView, DetailView, ListView, UpdateView, next_url, permission_required

# A subquery and no join: the counts of the chips would otherwise be asked of a wrapped query, which cannot be.
NEXT_FOLLOW_UP = Subquery(
    Interaction.objects.open().filter(customer=OuterRef("pk")).order_by("follow_up_on").values("follow_up_on")[:1]
)


class CustomerList(ListView):
    permission = "customers.view_customer"
    template_name = "customers/customer_list.html"
    queryset = Customer.objects.annotate(follow_up_on=NEXT_FOLLOW_UP)
    filterset_class = CustomerFilter
    table_class = CustomerTable
    resource_class = CustomerResource
    export_permission = "customers.export_customer"
    chips = (
        Chip(gettext_lazy("Companies"), {"kind": "company"}, Q(kind=Kind.COMPANY)),
        Chip(gettext_lazy("Private persons"), {"kind": "person"}, Q(kind=Kind.PERSON)),
        Chip(gettext_lazy("Germany"), {"region": "de"}, REGIONS[Region.GERMANY]),
        Chip(gettext_lazy("Rest of the EU"), {"region": "eu"}, REGIONS[Region.EU]),
        Chip(gettext_lazy("Outside the EU"), {"region": "world"}, REGIONS[Region.WORLD]),
        Chip(gettext_lazy("Open follow-ups"), {"follow_up": "true"}, Customer.has_open_follow_up()),
        Chip(gettext_lazy("VAT ID not confirmed"), {"vat_unchecked": "true"}, UNCHECKED_VAT),
        Chip(gettext_lazy("Blocked"), {"blocked": "true"}, Q(is_blocked=True)),
    )


class CustomerDetail(DetailView):
    permission = "customers.view_customer"
    model = Customer
    template_name = "customers/customer_detail.html"

    def context(self, customer):
        addresses = list(customer.addresses.filter(deleted_at=None))
        for address in addresses:
            address.customer = customer
        return {
            "addresses": addresses,
            "contacts": list(customer.contacts.filter(deleted_at=None)),
            "open_follow_ups": customer.interactions.filter(Interaction.IS_OPEN, deleted_at=None).count(),
            "days_to_pay": customer.days_to_pay(),
        } | timeline(self.request, customer)


class CustomerCreate(CreateView):
    permission = "customers.add_customer"
    model = Customer
    form_class = NewCustomerForm
    template_name = "customers/customer_form.html"


class CustomerUpdate(UpdateView):
    permission = "customers.change_customer"
    model = Customer
    form_class = CustomerForm
    template_name = "customers/customer_form.html"


@permission_required("customers.view_customer")
def customer_hints(request):
    """Beside the form: who looks the same, and how the customer will be taxed."""
    asked = request.GET
    is_person = asked.get("kind") == Kind.PERSON
    besides = Customer.everything.filter(pk=asked["besides"]).first() if _is_key(asked.get("besides")) else None
    vat_id = compact_vat_id(asked.get("vat_id", ""))
    duplicates = find_duplicates(
        name=f"{asked.get('first_name', '')} {asked.get('last_name', '')}"
        if is_person
        else asked.get("company_name", ""),
        vat_id=vat_id,
        email=asked.get("email", ""),
        besides=besides.pk if besides else None,
    )
    country = besides.country if besides else asked.get("country", "")
    context = {"duplicates": duplicates}
    if country:
        context["suggested"] = TaxCase(suggested_tax_case(country=country, vat_id=vat_id)).label
    return render(request, "customers/hints.html", context)


def _is_key(text: str | None) -> bool:
    return (
        bool(text)
        and len(text) == 36
        and text.replace("-", "").isalnum()
        and all(c in "0123456789abcdef-" for c in text)
    )


class CustomerAction(ActionView):
    model = Customer
    template_name = "customers/customer_action.html"


class CustomerBlock(CustomerAction):
    permission = "customers.block_customer"
    form_class = BlockForm
    title = gettext_lazy("Block %(record)s")
    button = gettext_lazy("Block")
    done = gettext_lazy("%(record)s is blocked.")
    danger = True


class CustomerUnblock(CustomerAction):
    permission = "customers.block_customer"
    verb = "unblock"
    done = gettext_lazy("%(record)s may buy again.")


class CustomerVatCheck(CustomerAction):
    permission = "customers.check_customer"
    form_class = VatCheckForm
    template_name = "customers/vat_check.html"
    title = gettext_lazy("Check the VAT ID of %(record)s")
    button = gettext_lazy("Keep the answer")
    done = gettext_lazy("The check of the VAT ID of %(record)s is recorded.")


class CustomerDiscard(CustomerAction):
    permission = "customers.delete_customer"
    verb = "discard"
    done = gettext_lazy("%(record)s moved to the trash.")
    undo = "customers:customer_restore"

    def after(self, customer):
        return customer.get_absolute_url() if customer.deleted_at is None else reverse("customers:customer_list")


class CustomerRestore(CustomerAction):
    permission = "customers.restore_customer"
    verb = "restore"
    done = gettext_lazy("%(record)s taken out of the trash.")


class CustomerTrash(ListView):
    permission = "customers.restore_customer"
    template_name = "customers/customer_trash.html"
    queryset = Customer.everything.trashed().annotate(follow_up_on=NEXT_FOLLOW_UP)
    filterset_class = CustomerFilter
    table_class = CustomerTable


# --- Addresses and contacts, in dialogs on the customer's page --------------------------------------------------------


class AddressNew(CustomerAction):
    permission = "customers.add_address"
    form_class = AddressForm
    title = gettext_lazy("New address of %(record)s")
    button = gettext_lazy("Save")
    done = gettext_lazy("Address of %(record)s saved.")


class AddressAction(ActionView):
    model = Address

    def after(self, address):
        return address.customer.get_absolute_url()


class AddressEdit(AddressAction):
    permission = "customers.change_address"
    form_class = AddressForm
    title = gettext_lazy("Edit address")
    button = gettext_lazy("Save")
    done = gettext_lazy("%(record)s saved.")

    def after(self, address):
        """Tells where the new country has changed how the customer is taxed."""
        customer = Customer.everything.get(pk=address.customer_id)
        last = customer.history.order_by("-history_id").first()
        if last.history_change_reason == "follow_address" and customer.updated_at >= address.updated_at:
            text = _("In this country %(customer)s is taxed differently: %(case)s.")
            messages.warning(self.request, text % {"customer": customer, "case": customer.get_tax_case_display()})
        return customer.get_absolute_url()


class AddressDefault(AddressAction):
    permission = "customers.change_address"
    verb = "make_default"
    done = gettext_lazy("%(record)s is the standard now.")


class AddressDiscard(AddressAction):
    permission = "customers.delete_address"
    verb = "discard"
    done = gettext_lazy("%(record)s moved to the trash.")
    undo = "customers:address_restore"


class AddressRestore(AddressAction):
    permission = "customers.delete_address"
    verb = "restore"
    done = gettext_lazy("%(record)s taken out of the trash.")


class ContactNew(CustomerAction):
    permission = "customers.add_contact"
    form_class = ContactForm
    title = gettext_lazy("New contact of %(record)s")
    button = gettext_lazy("Save")
    done = gettext_lazy("Contact of %(record)s saved.")


class ContactAction(ActionView):
    model = Contact

    def after(self, contact):
        return contact.customer.get_absolute_url()


class ContactEdit(ContactAction):
    permission = "customers.change_contact"
    form_class = ContactForm
    title = gettext_lazy("Edit %(record)s")
    button = gettext_lazy("Save")
    done = gettext_lazy("%(record)s saved.")


class ContactPrimary(ContactAction):
    permission = "customers.change_contact"
    verb = "make_primary"
    done = gettext_lazy("%(record)s is the first contact now.")


class ContactDiscard(ContactAction):
    permission = "customers.delete_contact"
    verb = "discard"
    done = gettext_lazy("%(record)s moved to the trash.")
    undo = "customers:contact_restore"


class ContactRestore(ContactAction):
    permission = "customers.delete_contact"
    verb = "restore"
    done = gettext_lazy("%(record)s taken out of the trash.")


# --- Many at once, and what remote selects ask for --------------------------------------------------------------------


@require_POST
@permission_required("customers.delete_customer")
def customer_bulk(request):
    """Move the ticked customers to the trash. What can be done is done; each refusal is named."""
    back = redirect(next_url(request, reverse("customers:customer_list")))
    keys = [key for key in request.POST.getlist("selected") if _is_key(key)]
    if request.POST.get("action") != "discard":
        raise PermissionDenied
    done, refused = 0, []
    for customer in Customer.objects.filter(pk__in=keys).order_by("pk"):
        try:
            customer.discard(by=request.user)
            done += 1
        except Refused as refusal:
            refused.append(str(refusal))
    if done:
        text = ngettext("%(n)s customer moved to the trash.", "%(n)s customers moved to the trash.", done)
        messages.success(request, text % {"n": done})
    for text in refused[:5]:
        messages.error(request, text)
    if len(refused) > 5:
        messages.error(request, _("… and %(n)s more were refused.") % {"n": len(refused) - 5})
    return back


@permission_required("customers.view_customer")
def customer_choices(request):
    """Blocked customers are shown too: whoever sells to them is refused with the reason."""
    found = Customer.objects.search(request.GET.get("q", "").replace("\x00", "")).order_by("name", "number")[:50]
    return JsonResponse(
        {
            "results": [
                {
                    "id": each.pk,
                    "text": each.name,
                    "hint": " · ".join(filter(None, [each.number, each.city, _("blocked") if each.is_blocked else ""])),
                }
                for each in found
            ]
        }
    )


@permission_required("customers.view_customer")
def address_choices(request, pk):
    """The addresses of a customer, the standard ones first: for the forms of orders and deliveries."""
    addresses = Address.objects.filter(customer=pk, customer__deleted_at=None).select_related("customer")
    words = request.GET.get("q", "").lower().split()
    return JsonResponse(
        {
            "results": [
                {"id": each.pk, "text": str(each), "hint": each.get_kind_display()}
                for each in addresses.order_by("-is_default", "kind", "city")[:200]
                if all(word in str(each).lower() for word in words)
            ][:50]
        }
    )
