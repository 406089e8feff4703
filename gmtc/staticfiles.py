"""Where static files come from, and how they are named when served.

Third-party files are installed by npm into `static/node_modules` and never committed. Only the files listed in
NODE_FILES are collected: a package brings hundreds that no page needs.
"""

from fnmatch import fnmatch
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder, FileSystemFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

NODE_FILES = [
    "@tabler/core/dist/css/tabler.min.css",
    "@tabler/core/dist/js/tabler.min.js",
    "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
    "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2",
    "@fontsource/inter/files/inter-latin-[467]00-normal.woff2",
    "@fontsource/inter/files/inter-latin-ext-[467]00-normal.woff2",
    "tom-select/dist/css/tom-select.bootstrap5.min.css",
    "tom-select/dist/js/tom-select.complete.min.js",
    "uplot/dist/uPlot.iife.min.js",
    "uplot/dist/uPlot.min.css",
]


class OwnFiles(FileSystemFinder):
    """`static/` without what npm keeps there."""

    def list(self, ignore_patterns):
        return super().list([*(ignore_patterns or []), "node_modules", "package.json", "package-lock.json"])

    def find(self, path, find_all=False):
        if path.startswith(("node_modules/", "package")):
            return []
        return super().find(path, find_all=find_all)


class NodeModules(BaseFinder):
    """The allowed files of `static/node_modules`, under `/static/npm/`."""

    prefix = "npm/"

    def __init__(self, *args, **kwargs):
        self.storage = FileSystemStorage(settings.BASE_DIR / "static" / "node_modules")
        self.storage.prefix = "npm"

    def check(self, **kwargs):
        return []

    def find(self, path, find_all=False):
        name = path.removeprefix(self.prefix)
        known = path.startswith(self.prefix) and any(fnmatch(name, pattern) for pattern in NODE_FILES)
        found = [self.storage.path(name)] if known and self.storage.exists(name) else []
        return found if find_all or not found else found[0]

    def list(self, ignore_patterns):
        root = Path(self.storage.location)
        for pattern in NODE_FILES:
            for name in sorted(str(path.relative_to(root)) for path in root.glob(pattern)):
                if not matches_patterns(name, ignore_patterns):
                    yield name, self.storage


class HashedStorage(CompressedManifestStaticFilesStorage):
    """Hashed, compressed names. Tabler mentions `.map` files that it does not ship; those references are left alone."""

    patterns = tuple(
        (glob, tuple(pattern for pattern in patterns if "sourceMappingURL" not in str(pattern)))
        for glob, patterns in CompressedManifestStaticFilesStorage.patterns
    )
    keep_only_hashed_files = True

    # The manifest is read once a process, and each page asks for a dozen of its files.
    url = cache(CompressedManifestStaticFilesStorage.url)
