"""Uploading a price list, which belongs to one supplier; the other pages of an import are those of every room."""

from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from django.utils.translation import get_language

from apps.suppliers.forms import SupplierField
from apps.suppliers.models import Supplier
from gmtc.errors import Refused
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

    def post(self, request):
        form = PriceListForm(request.POST, request.FILES, user=request.user)
        if form.is_valid():
            try:
                upload = self.model.upload(
                    form.cleaned_data["file"],
                    by=request.user,
                    language=get_language(),
                    options=form.options(),
                    supplier=form.cleaned_data["supplier"],
                )
                upload.check_rows(by=request.user)
                return redirect(upload)
            except Refused as refusal:
                form.add_error("file", str(refusal))
        return self.upload_page(form, status=422)
