"""What may be uploaded as a logo, and what is kept of it.

An SVG is a program: it can carry scripts, load other files and hold HTML. Only drawings pass; anything else is refused
with its name, never silently cut out, so that the owner knows what the logo lost.
"""

import hashlib
import re
import warnings
from io import BytesIO
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

MAX_BYTES = 512 * 1024
MAX_PIXELS = 16_000_000
TOO_MANY = (Image.DecompressionBombWarning, Image.DecompressionBombError)
SVG_SPACE = "{http://www.w3.org/2000/svg}"
DRAWING = set(
    "svg g defs symbol use title desc metadata path rect circle ellipse line polyline polygon text tspan "
    "linearGradient radialGradient stop clipPath mask pattern style".split()
)
# A reference into the file itself (#sign) or a picture inside it; everything else would be fetched from somewhere.
INSIDE = re.compile(r"^\s*(#|data:image/(png|jpeg);base64,)")
FETCHES = re.compile(r"url\((?!\s*['\"]?\s*#)|@import|expression\s*\(|javascript:|\\", re.IGNORECASE)


def checked(upload) -> ContentFile:
    """The uploaded picture under a name made of its content. Raises ValidationError saying what is wrong with it."""
    if upload.size > MAX_BYTES:
        raise ValidationError(_("The picture is too large: at most %(limit)s KB.") % {"limit": MAX_BYTES // 1024})
    upload.seek(0)
    data = upload.read()
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        check_png(data)
        suffix = "png"
    else:
        check_svg(data)
        suffix = "svg"
    return ContentFile(data, name=f"{hashlib.sha256(data).hexdigest()[:24]}.{suffix}")


def check_png(data: bytes) -> None:
    """Raises ValidationError where the file is broken, or small on disk and huge in memory."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data), formats=["PNG"]) as picture:
                width, height = picture.size
                if width * height > MAX_PIXELS:
                    raise ValidationError(
                        _("The picture has too many pixels: at most %(limit)s million.")
                        % {"limit": MAX_PIXELS // 1_000_000}
                    )
                picture.verify()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, *TOO_MANY) as error:
        raise ValidationError(_("This PNG file is damaged.")) from error


def check_svg(data: bytes) -> None:
    """Raises ValidationError naming the first thing that is not plain drawing."""
    try:
        root = fromstring(data, forbid_dtd=True)
    except DefusedXmlException as error:
        raise ValidationError(_("The SVG file has a document type definition; save it without.")) from error
    except (ParseError, ValueError, LookupError) as error:
        raise ValidationError(_("This is neither an SVG nor a PNG file.")) from error
    if root.tag != f"{SVG_SPACE}svg":
        raise ValidationError(_("This is neither an SVG nor a PNG file."))
    if b"<?xml-stylesheet" in data:
        raise ValidationError(_("The SVG file loads a style sheet from outside."))
    for element in root.iter():
        check_element(element)


def check_element(element) -> None:
    name = str(element.tag)
    if name.startswith(SVG_SPACE):
        name = name.removeprefix(SVG_SPACE)
        if name not in DRAWING:
            raise ValidationError(_("The SVG file holds “%(name)s”, which is not drawing.") % {"name": name})
    elif "}" not in name or "xhtml" in name:
        raise ValidationError(_("The SVG file holds “%(name)s”, which is not drawing.") % {"name": name})
    for attribute, value in element.attrib.items():
        short = attribute.rpartition("}")[2].lower()
        if short.startswith("on"):
            raise ValidationError(_("The SVG file holds a program (%(name)s).") % {"name": short})
        # Editors keep file names in attributes of their own namespace; nobody follows those.
        fetches = short not in ("href", "src") and not attribute.startswith("{") and FETCHES.search(value)
        if fetches or (short in ("href", "src") and not INSIDE.match(value)):
            raise ValidationError(_("The SVG file loads something from outside (%(name)s).") % {"name": short})
    if name == "style" and FETCHES.search("".join(element.itertext())):
        raise ValidationError(_("The SVG file loads something from outside (%(name)s).") % {"name": "style"})


def content_type(name: str) -> str:
    return "image/svg+xml" if name.endswith(".svg") else "image/png"
