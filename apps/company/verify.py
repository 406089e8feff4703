"""What is always true of the company's own row and texts."""

from collections.abc import Iterator

from django.core.files.storage import default_storage

from apps.company.models import Company, DocumentText
from gmtc.verify import Fault, Rule, guard_rules, history_rules, sql_rule

ONE = sql_rule(
    "There is one company",
    count="SELECT count(*) FROM company_company",
    faults="SELECT 'company', count(*), 1 FROM company_company WHERE deleted_at IS NULL HAVING count(*) <> 1",
)


def missing_pictures() -> Iterator[Fault]:
    for company in Company.everything.all():
        for name in filter(None, (company.logo.name, company.logo_dark.name, company.mark.name)):
            if not default_storage.exists(name):
                yield Fault(PICTURES.name, name, "missing", "a file")


PICTURES = Rule("The pictures of the brand are there", Company.everything.count, missing_pictures)

RULES = [
    ONE,
    PICTURES,
    *history_rules(Company),
    *history_rules(DocumentText),
    *guard_rules(
        "company",
        triggers=[
            f"company_historical{noun}_append_only_{reach}"
            for noun in ("company", "documenttext")
            for reach in ("row", "all")
        ],
    ),
]
