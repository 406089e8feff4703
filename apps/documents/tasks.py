"""Mailing an issued document, by a job that survives a mail server that is away for a while."""

from procrastinate.contrib.django import app

from apps.documents.models import Document
from gmtc import mail


@app.task(name="documents.mail_document", queue="mail", retry=mail.PATIENTLY)
def mail_document(*, document_id: str, to: str, subject: str, body: str, language: str, reply_to: str) -> None:
    document = Document.objects.get(pk=document_id)
    mail.send(
        "document",
        to=[to],
        subject=subject,
        context={"body": body},
        language=language,
        attachments=[(document.file_name, document.content(), document.media_type)],
        reply_to=[reply_to] if reply_to else [],
    )
