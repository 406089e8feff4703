"""WeasyPrint, shut in: it reads our static files and the files handed to it, and nothing else.

Imported by `gmtc.pdf` when the first document is made.
"""

import logging
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from ssl import PROTOCOL_TLS_CLIENT, SSLContext
from threading import Lock
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from PIL import ImageFile
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

# WeasyPrint makes Pillow take damaged pictures, for the whole process; our checks of uploads would let them pass.
ImageFile.LOAD_TRUNCATED_IMAGES = False

log = logging.getLogger("gmtc.pdf")

# A host that cannot exist; relative addresses in templates and style sheets are resolved against it.
HOUSE = "https://document.invalid/"
STATIC, FILES = "/static/", "/files/"
STATIC_KINDS = {".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png", ".woff2": "font/woff2"}

# Without one, WeasyPrint reads all root certificates of the system for each document.
TRUSTS_NOBODY = SSLContext(PROTOCOL_TLS_CLIENT)

# Fonts and parsed style sheets are shared by all documents of the process (0.34 instead of 0.50 s a page). Pango's
# font map is not made for two threads at once.
_lock = Lock()
_shared: dict = {}


class NotAllowed(ValueError):
    """A document asked for something outside of what it was given."""


class Shut(URLFetcher):
    """Answers only addresses of HOUSE, never opens a connection, a path or a `data:` document of another kind.

    A subclass, because WeasyPrint 70 takes no plain function; `open` is closed too, as it leads around `fetch`.
    """

    def __init__(self, files: Mapping[str, tuple[bytes, str]]):
        super().__init__(allowed_protocols={"https"}, allow_redirects=False, ssl_context=TRUSTS_NOBODY)
        self.files = files

    def fetch(self, url, headers=None):
        content, media_type = self.look_up(url)
        return URLFetcherResponse(url, body=content, headers={"Content-Type": media_type})

    def open(self, url, data=None, timeout=None):
        raise NotAllowed(str(url))

    def look_up(self, url: str) -> tuple[bytes, str]:
        if url.startswith("data:image/png;base64,"):  # codes and charts that we draw ourselves
            return URLFetcher.open(URLFetcher(allowed_protocols={"data"}), url).read(), "image/png"
        if not url.startswith(HOUSE):
            log.warning("document asked for %.200s: refused", url)
            raise NotAllowed(url)
        path = unquote(urlsplit(url).path)
        if path.startswith(FILES) and path.removeprefix(FILES) in self.files:
            return self.files[path.removeprefix(FILES)]
        if path.startswith(STATIC):
            return self.static(path.removeprefix(STATIC))
        log.warning("document asked for %.200s: unknown", url)
        raise NotAllowed(url)

    def static(self, name: str) -> tuple[bytes, str]:
        """A static file by its plain name; where static files were collected, the sources need not be there."""
        kind = STATIC_KINDS.get(Path(name).suffix) or mimetypes.guess_type(name)[0]
        found = finders.find(name) if ".." not in Path(name).parts else None
        collected = Path(settings.STATIC_ROOT) / name
        path = Path(found) if found else collected
        if Path(name).suffix not in STATIC_KINDS or ".." in Path(name).parts or not path.is_file():
            log.warning("document asked for the static file %.200s: not there", name)
            raise NotAllowed(name)
        return path.read_bytes(), kind


def write(html: str, *, files: Mapping[str, tuple[bytes, str]], pdf_variant: str | None = None) -> bytes:
    """The PDF of a page of HTML; colours come as custom properties in the page, so one parsed style sheet fits all."""
    with _lock:
        if not _shared or settings.DEBUG:
            fonts = FontConfiguration()
            sheet = CSS(url=f"{HOUSE}static/css/pdf.css", url_fetcher=Shut({}), font_config=fonts)
            _shared.update(fonts=fonts, sheet=sheet)
        document = HTML(string=html, base_url=HOUSE, url_fetcher=Shut(files))
        return document.write_pdf(stylesheets=[_shared["sheet"]], font_config=_shared["fonts"], pdf_variant=pdf_variant)
