"""Uploading a price list, which belongs to one supplier; the other pages of an import are those of every room."""

from django.core.exceptions import ValidationError

from apps.suppliers.forms import SupplierField
from apps.suppliers.models import Supplier
from gmtc.import_views import ImportList, UploadForm


class PriceListForm(UploadForm):
    supplier = SupplierField()
    field_order = ["supplier", "file"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["supplier"].widget.attrs["class"] = "form-select"


class PriceListUpload(ImportList):
    """`?supplier=<uuid>` says whose price list it is."""

    def get(self, request):
        try:
            supplier = Supplier.objects.filter(pk=request.GET.get("supplier") or None).first()
        except ValidationError:  # nonsense in the address
            supplier = None
        return self.upload_page(PriceListForm(initial={"supplier": supplier and supplier.pk}, user=request.user))

    def columns(self, form):
        return {"supplier": form.cleaned_data["supplier"]}
