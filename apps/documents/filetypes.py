"""Which files may be attached, by their names and by what is in them."""

import re
import unicodedata
import warnings
from io import BytesIO
from pathlib import PurePath

from django.utils.translation import gettext_lazy as _
from PIL import Image, UnidentifiedImageError

from gmtc.errors import Refused

PICTURES = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/gif": "GIF"}
SHOWN = {*PICTURES, "application/pdf"}
MAX_PIXELS = 50_000_000
TOO_MANY = (Image.DecompressionBombWarning, Image.DecompressionBombError)
SUFFIXES = {"application/pdf": ".pdf", "application/xml": ".xml", "text/csv": ".csv", "application/zip": ".zip"}

# Suffix -> content type and how such a file begins (nothing: text, or too many ways to begin).
ALLOWED = {
    "pdf": ("application/pdf", b"%PDF-"),
    "png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    "jpg": ("image/jpeg", b"\xff\xd8\xff"),
    "jpeg": ("image/jpeg", b"\xff\xd8\xff"),
    "webp": ("image/webp", b"RIFF"),
    "gif": ("image/gif", b"GIF8"),
    "svg": ("image/svg+xml", b""),
    "step": ("model/step", b"ISO-10303-21"),
    "stp": ("model/step", b"ISO-10303-21"),
    "stl": ("model/stl", b""),
    "3mf": ("model/3mf", b"PK\x03\x04"),
    "obj": ("model/obj", b""),
    "dxf": ("image/vnd.dxf", b""),
    "dwg": ("image/vnd.dwg", b"AC"),
    "gcode": ("text/x.gcode", b""),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK\x03\x04"),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK\x03\x04"),
    "ods": ("application/vnd.oasis.opendocument.spreadsheet", b"PK\x03\x04"),
    "odt": ("application/vnd.oasis.opendocument.text", b"PK\x03\x04"),
    "csv": ("text/csv", b""),
    "txt": ("text/plain", b""),
    "md": ("text/markdown", b""),
    "xml": ("application/xml", b""),
    "eml": ("message/rfc822", b""),
    "zip": ("application/zip", b"PK"),
    "mp4": ("video/mp4", b""),
}


def recognised(name: str, content: bytes) -> str:
    """The content type. Raises Refused where the type is not allowed or the content is not what the name says."""
    suffix = PurePath(name).suffix.lstrip(".").lower()
    if suffix not in ALLOWED:
        raise Refused(
            _("%(name)s: files of this type cannot be attached. Allowed: %(types)s.")
            % {"name": name, "types": ", ".join(ALLOWED)},
            field="files",
        )
    media_type, beginning = ALLOWED[suffix]
    if not content.startswith(beginning) or (media_type in PICTURES and not is_picture(content, PICTURES[media_type])):
        raise Refused(_("%(name)s is damaged, or not the kind of file its name says.") % {"name": name}, field="files")
    return media_type


def is_picture(content: bytes, format: str) -> bool:
    """Whether Pillow can read it all, at no more pixels than a camera takes."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(content), formats=[format]) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    return False
                picture.load()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, *TOO_MANY):
        return False
    return True


def clean_name(name: str) -> str:
    """The last part of a path without characters that file systems or headers trip over, at most 150 long."""
    name = unicodedata.normalize("NFC", PurePath(name.replace("\\", "/")).name)
    name = re.sub(r'[\x00-\x1f\x7f"<>|:*?/\u202a-\u202e\u2066-\u2069]', "_", name).strip(" .") or "file"
    path = PurePath(name)
    return path.stem[: 150 - len(path.suffix)] + path.suffix if len(path.suffix) < 20 else name[:150]
