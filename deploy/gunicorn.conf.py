"""The web server. Numbers for one small machine; GMTC_WEB_WORKERS and GMTC_WEB_THREADS change them."""

import gc
import os

from gmtc import pdf

wsgi_app = "gmtc.wsgi:application"
worker_class = "gthread"
workers = int(os.environ.get("GMTC_WEB_WORKERS", "2"))
threads = int(os.environ.get("GMTC_WEB_THREADS", "4"))

# Loaded once and then forked: two workers take little more memory than one. Nothing connects to the database before.
preload_app = True

# A page takes a tenth of a second, a large PDF a few; what takes a minute hangs. Big work is a job, not a request.
timeout = 60
graceful_timeout = 20
keepalive = 5
max_requests = 5000  # a leak somewhere below us never grows for long
max_requests_jitter = 500

# The heartbeat file must not wait for a busy disk.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
control_socket_disable = True


def when_ready(server):
    """The typesetter's modules are loaded before the workers are forked: two workers share 70 MB that way."""
    pdf.typesetter()
    freeze()


def post_worker_init(worker):
    """Its fonts are each worker's own. Now, so that nobody waits for them at the first document of the day."""
    pdf.warm_up()
    freeze()


def freeze():
    """What is loaded by now stays until the end: the garbage collector need not walk through it again and again.

    That was a tenth of each page's time, and now and then a page that waited for 0.1 s; and pages of memory that the
    collector marks are no longer shared between the workers.
    """
    gc.collect()
    gc.freeze()
