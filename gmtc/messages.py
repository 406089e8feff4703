"""The message catalogs of `locale/`: extract what the source says, fill in what is translated, check that all is.

    deploy/messages                     bring locale/*/LC_MESSAGES/*.po up to date with the source
    deploy/messages a.po b.po ...       the same, and take missing German texts from these files
    deploy/messages --check             change nothing; exit 1 where the source and the catalogs differ or German is
                                        missing, fuzzy, or has other placeholders than the source

Babel alone does it: GNU gettext is not on every machine. The source language is English, so the English catalog
repeats its keys.
"""

import argparse
import re
import sys
from io import BytesIO, StringIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
LANGUAGES = ("de", "en")
SOURCE_LANGUAGE = "en"

KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PYTHON = [("**/tests/**", "ignore"), ("**.py", "python")]
TEMPLATES = [("**.html", "gmtc.messages:extract_template"), ("**.txt", "gmtc.messages:extract_template")]
SCRIPTS = [("node_modules/**", "ignore"), ("**.js", "javascript")]
# domain -> folder -> what to read in it
DOMAINS = {
    "django": {"gmtc": PYTHON, "apps": PYTHON + TEMPLATES, "templates": TEMPLATES},
    "djangojs": {"static": SCRIPTS},
}
SHOWN_FAULTS = 30  # of a check; the last line says how many there are
VOLATILE = re.compile(
    r'^"(POT-Creation-Date|PO-Revision-Date|Generated-By|Project-Id-Version|Report-Msgid-Bugs-To|Last-Translator'
    r"|Language-Team): .*\n",
    re.MULTILINE,
)
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%%|%[sd]|\{\w*\}")


def extract_template(fileobj, keywords, comment_tags, options):
    """Babel's extractor for Django templates.

    Django turns a template into something like Python; in brackets, its indentation means nothing to the tokenizer.
    """
    source = templatize(fileobj.read().decode("utf-8"))
    return extract_python(BytesIO(f"({source}\n)".encode()), keywords, comment_tags, options)


def extract(domain: str) -> Catalog:
    """Every message of the source, with the files that say it."""
    catalog = Catalog(charset="utf-8")
    for folder, methods in DOMAINS[domain].items():
        found = extract_from_dir(
            ROOT / folder, methods, keywords=KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True
        )
        for name, _line, text, comments, context in found:
            catalog.add(text, locations=[(f"{folder}/{name}", None)], auto_comments=comments, context=context)
    return catalog


def read(file: Path, locale: str | None = None) -> Catalog:
    with file.open("rb") as source:
        return read_po(source, locale=locale, charset="utf-8", abort_invalid=True)


def merged(template: Catalog, old: Catalog | None, language: str) -> Catalog:
    """The messages of `template` with the texts of `old`; what the source no longer says is dropped."""
    catalog = Catalog(
        locale=language,
        charset="utf-8",
        project="GM-TC",
        fuzzy=False,
        header_comment="# GM-TC, written by deploy/messages",
    )
    for message in template:
        if not message.id:
            continue
        known = old.get(message.id, message.context) if old else None
        if known and (known.fuzzy or isinstance(known.id, tuple) != isinstance(message.id, tuple)):
            known = None
        text = known.string if known else _empty(message, catalog)
        if language == SOURCE_LANGUAGE and is_missing(message, text):
            text = message.id
        flags = {flag for flag in message.flags if flag != "fuzzy"}
        catalog.add(
            message.id,
            text,
            locations=sorted(set(message.locations)),
            flags=flags,
            auto_comments=message.auto_comments,
            user_comments=known.user_comments if known else (),
            context=message.context,
        )
    return catalog


def _empty(message: Message, catalog: Catalog):
    return ("",) * catalog.num_plurals if message.pluralizable else ""


def is_missing(message: Message, text=None) -> bool:
    text = message.string if text is None else text
    return not all(text) if isinstance(text, (tuple, list)) else not text


def render(catalog: Catalog) -> str:
    """The .po text, without what changes at every run."""
    out = BytesIO()
    write_po(out, catalog, width=110, sort_by_file=True, ignore_obsolete=True, include_lineno=False)
    return VOLATILE.sub("", out.getvalue().decode("utf-8"))


def fill(catalog: Catalog, fragment: Catalog, name: str, out) -> None:
    """Take the texts that `catalog` misses from `fragment`. A text that is there already stays."""
    for given in fragment:
        if not given.id or is_missing(given) or given.fuzzy:
            continue
        message = catalog.get(given.id, given.context)
        if message is None:
            print(f"{name}: not in the source: {shown(given)}", file=out)
        elif isinstance(message.id, tuple) != isinstance(given.id, tuple):
            print(f"{name}: plural here but not in the source, or the reverse: {shown(given)}", file=out)
        elif is_missing(message):
            message.string = given.string
        elif message.string != given.string:
            print(f"{name}: has another text already, kept “{message.string}”: {shown(given)}", file=out)


def faults(catalog: Catalog) -> list[str]:
    """What is wrong with the messages of a catalog, one line each."""
    found = []
    for message in catalog:
        if not message.id:
            continue
        if is_missing(message):
            found.append(f"missing: {shown(message)}")
            continue
        if message.fuzzy:
            found.append(f"fuzzy: {shown(message)}")
        sources = message.id if message.pluralizable else (message.id,)
        texts = message.string if message.pluralizable else (message.string,)
        allowed = [set(PLACEHOLDER.findall(source)) for source in sources]
        for number, text in enumerate(texts):
            # "one part" for "%(n)s part" and the reverse are both fine, a plural must say its number
            if set(PLACEHOLDER.findall(text)) not in (allowed if number == 0 else allowed[-1:]):
                found.append(f"placeholders differ: {shown(message)} -> {text}")
    return found


def shown(message: Message) -> str:
    text = message.id[0] if isinstance(message.id, tuple) else message.id
    context = f" (context {message.context})" if message.context else ""
    return f"“{text}”{context}"


def update(fragments: list[Path], *, check: bool, out=sys.stdout) -> int:
    """Write the catalogs, or only compare them. Returns how many lines are wrong."""
    wrong = 0
    given = []
    for file in fragments:
        try:
            given.append((file, read(file, "de")))
        except PoFileError as error:
            wrong += 1
            print(f"{file}: {error}", file=out)
    for domain in DOMAINS:
        template = extract(domain)
        for language in LANGUAGES:
            file = LOCALE / language / "LC_MESSAGES" / f"{domain}.po"
            if len(template) == 0 and not file.exists():
                continue
            catalog = merged(template, read(file, language) if file.exists() else None, language)
            if language == "de":
                for path, fragment in given:
                    fill(catalog, fragment, str(path), out if domain == "django" else StringIO())
            text = render(catalog)
            name = file.relative_to(ROOT)
            if check:
                if not file.exists() or file.read_text() != text:
                    wrong += 1
                    print(f"{name}: is not what the source says; run deploy/messages", file=out)
            else:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            found = faults(catalog)
            wrong += len(found)
            for line in found[:SHOWN_FAULTS] if check else found:
                print(f"{name}: {line}", file=out)
            print(f"{name}: {len(catalog)} messages, {len(found)} faults", file=out)
    return wrong


def compile_catalogs() -> int:
    """Write the .mo files that Django reads, beside the .po files. Returns how many."""
    files = sorted(LOCALE.glob("*/LC_MESSAGES/*.po"))
    for file in files:
        with file.with_suffix(".mo").open("wb") as target:
            write_mo(target, read(file, file.parts[-3]))
    return len(files)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="deploy/messages", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("fragments", nargs="*", type=Path, help="files with German texts")
    parser.add_argument("--check", action="store_true", help="change nothing, exit 1 where something is wrong")
    parser.add_argument("--compile", action="store_true", help="only write the .mo files")
    options = parser.parse_args()
    if options.compile:
        compile_catalogs()
        return 0
    wrong = update(options.fragments, check=options.check)
    if not options.check:
        compile_catalogs()
    return 1 if wrong and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
