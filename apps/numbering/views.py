from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _

from apps.numbering.forms import SeriesForm
from apps.numbering.models import Series
from gmtc.views import Permitted, UpdateView


class SeriesList(Permitted):
    """`/settings/numbers/`: every series with the number that comes next."""

    permission = "numbering.view_series"

    def get(self, request):
        context = {
            "tab": "numbers",
            "rows": Series.with_upcoming(),
            "may_change": request.user.has_perm("numbering.change_series"),
        }
        return render(request, "numbering/series.html", context)


class SeriesEdit(UpdateView):
    """`/settings/numbers/<key>/`"""

    permission = "numbering.change_series"
    model = Series
    form_class = SeriesForm
    title = _("Number series")
    template_name = "numbering/series_form.html"

    def record(self, *, alive: bool = False):
        return get_object_or_404(Series, key=self.kwargs["pk"])

    def context(self, record) -> dict:
        return {"tab": "numbers", "may_change": True, "upcoming": record.upcoming()}
