from pathlib import Path

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from apps.accounts.models import User
from apps.builds.models import ImportStatus, PartsListImport, RowKind
from gmtc.errors import Refused


class Command(BaseCommand):
    help = (
        "Match a parts list out of CAD (xlsx or CSV) with the parts: a line a row, then the totals. Writes nothing "
        "without --accept; with it, the new parts and a draft revision with its bill of materials, all or nothing."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--model", required=True, help="model number of the build, such as FP24; new ones are made")
        parser.add_argument("--accept", action="store_true", help="write it; without, only show what would happen")
        parser.add_argument(
            "--user", default="", help="e-mail address of the user who acts; without, the system itself"
        )

    def handle(self, *args, file, model, accept, user, **options):
        by = None
        if user and (by := User.objects.filter(email__iexact=user).first()) is None:
            raise CommandError(f"There is no user {user}.")
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        try:
            # The file of an import that is rolled back would stay behind, so the try-out is discarded by its verb.
            with transaction.atomic():
                self._work(file, model, accept=accept, by=by)
        except Refused as refusal:
            raise CommandError(f"{refusal} Nothing was written.") from None

    def _work(self, file: Path, model: str, *, accept: bool, by) -> None:
        with file.open("rb") as opened:
            upload = PartsListImport.upload(File(opened, name=file.name), by=by, model_number=model)
        try:
            if upload.status != ImportStatus.CHECKED:
                raise Refused(upload.message)
            for row in upload.rows.select_related("part"):
                self.stdout.write(self._line(row))
            counts = upload.counts()
            self.stdout.write(
                f"{sum(counts.values())} rows: {counts[RowKind.MATCHED]} matched, {counts[RowKind.NEW]} new, "
                f"{counts[RowKind.SKIPPED]} left out, {counts[RowKind.FAULTY]} to be settled"
            )
            if accept:
                upload.accept(by=by)
        except Refused:
            upload.file.delete(save=False)
            raise
        if accept:
            self.stdout.write(f"{upload.revision}: {upload.revision.lines.count()} lines written, as a draft.")
        else:
            upload.discard(by=by)
            self.stdout.write("Nothing was written; --accept writes it.")

    def _line(self, row) -> str:
        quantity = "" if row.quantity is None else f"{row.quantity.normalize():f}"
        target = row.part.sku if row.part else row.sku if row.kind == RowKind.NEW else ""
        into = f" Added to row {row.into}." if row.into else ""
        if row.kind == RowKind.NEW and row.suggestions:
            into += " Alike: " + ", ".join(f"{each['sku']} ({each['score']} %)" for each in row.suggestions) + "."
        return f"{row.number:>5}  {row.kind:<8} {quantity:>7}  {row.file_name}  ->  {target}  {row.reason}{into}"
