"""Bring the database and the static files up to date with the code: `python -m deploy.prepare [--demo]`.

Run before the web server and the worker start, in the demo and in production. One process for all steps, because
loading the project takes longer than most of them.
"""

import os
import sys

import django
from django.core.management import call_command

STEPS = [
    ("Database", "migrating", ["migrate", "--verbosity", "0"]),
    ("Pages", "collecting the static files", ["collectstatic", "--noinput", "--verbosity", "0"]),
]
DEMO = ("Data", "filling in the demo company where the database is empty", ["seed_demo"])


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gmtc.settings")
    django.setup()
    for topic, text, command in [*STEPS, DEMO] if "--demo" in sys.argv[1:] else STEPS:
        print(f"{topic:<10} {text}", flush=True)
        call_command(*command)


if __name__ == "__main__":
    main()
