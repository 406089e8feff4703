"""A pytest plugin for deploy/test: the size of the code and what the tests reach, before the summary line."""

import io
from pathlib import Path

from coverage import Coverage

ROOT = Path(__file__).resolve().parent.parent
SIZES = {
    "Python": (["gmtc/**/*.py", "apps/**/*.py", "deploy/**/*.py"], ["/tests/", "/migrations/"]),
    "tests": (["gmtc/**/tests/**/*.py", "apps/**/tests/**/*.py"], []),
    "templates": (["templates/**/*.html", "apps/**/*.html", "templates/**/*.txt"], []),
    "CSS and JavaScript": (["static/css/**/*.css", "static/js/**/*.js"], []),
}
# What only declares or draws; the rest of a room is its models and processes.
SURFACE = "admin api apps filters forms resources tables urls views".split()


def lines(patterns: list[str], without: list[str]) -> int:
    files = {file for pattern in patterns for file in ROOT.glob(pattern)}
    kept = [file for file in files if not any(piece in file.as_posix() for piece in without)]
    return sum(file.read_bytes().count(b"\n") for file in kept)


def covered(**which) -> str:
    coverage = Coverage(config_file=str(ROOT / "pyproject.toml"))
    coverage.load()
    return f"{coverage.report(file=io.StringIO(), **which):.0f} %"


def pytest_terminal_summary(terminalreporter, config):
    write = terminalreporter.write_line
    terminalreporter.section("figures")
    write("lines      " + ", ".join(f"{lines(*where):,} {name}" for name, where in SIZES.items()))
    if config.pluginmanager.hasplugin("_cov"):
        surface = [f"apps/*/{name}.py" for name in SURFACE] + [f"apps/*/{name}/*" for name in (*SURFACE, "management")]
        omit = ["*/tests/*", "*/migrations/*", "gmtc/*", *surface]
        write(f"coverage   {covered()} of all, {covered(include=['apps/*'], omit=omit)} of models and processes")
    passed = [each for each in terminalreporter.stats.get("passed", []) if "journey" in each.keywords]
    seconds = sum(each.duration for each in passed)
    write(f"browser    {len(passed)} journeys in {seconds:.0f} s")
