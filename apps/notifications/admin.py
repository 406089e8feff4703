"""The worker's jobs in the back office: what failed and why, and trying it again."""

import json

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django.admin import ProcrastinateJobAdmin
from procrastinate.contrib.django.models import ProcrastinateJob

from gmtc.admin import Lenient

LONGEST = 2_000

admin.site.unregister(ProcrastinateJob)


@admin.register(ProcrastinateJob)
class JobAdmin(Lenient, ProcrastinateJobAdmin):
    """As the library has it, without the style in the markup that our content security policy refuses."""

    @admin.display(description=_("Arguments"))
    def pretty_args(self, instance):
        return format_html('<span class="job-args">{}</span>', json.dumps(instance.args, ensure_ascii=False)[:LONGEST])
