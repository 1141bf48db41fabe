"""How gunicorn serves the site: `gunicorn academy.wsgi --config python:academy.gunicorn`.

A few processes with a few threads each. Every process is stateless, so more of
them may run on other machines.
"""

import gc

import environ

env = environ.Env()

bind = env.str("WEB_BIND", default="127.0.0.1:8000")
workers = env.int("WEB_PROCESSES", default=2)
threads = env.int("WEB_THREADS", default=4)
worker_class = "gthread"
# Loaded once and shared by all processes, which halves their memory and their
# start; but then code cannot be reloaded, as it is while developing.
preload_app = not env.bool("DEBUG", default=False)
# Recycled now and then, so that a slow leak never becomes an outage.
max_requests = 10_000
max_requests_jitter = 1_000
timeout = 60  # seconds
graceful_timeout = 20  # seconds
keepalive = 30  # seconds; above the idle time of the proxies in front, so that they close first
accesslog = None  # the addresses of links in mails and of certificates are keys
proc_name = "academy"
control_socket_disable = True  # it would lie in the home folder, one for all sites of a user

# What is open in many browsers at once when enrollment opens.
BUSY_TEMPLATES = [
    "cms/course_index_page.html",
    "cms/course_page.html",
    "courses/enroll.html",
    "courses/enrollment.html",
]


def when_ready(server):
    """Before the processes are made: load what the first visitor would wait for, and share it."""
    if not server.cfg.preload_app:
        return
    from django.conf import settings  # noqa: PLC0415  the site is loaded only now
    from django.template.loader import get_template  # noqa: PLC0415
    from django.urls import get_resolver  # noqa: PLC0415
    from django.utils import translation  # noqa: PLC0415

    get_resolver().url_patterns  # noqa: B018  imports every view
    for template in BUSY_TEMPLATES if settings.TEMPLATES else []:  # the bench serves a bare view with this file too
        get_template(template)
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            translation.gettext("Academy")
    gc.collect()
    gc.freeze()  # what is shared stays untouched, and so stays shared


def post_worker_init(worker):
    """In each process: look for garbage less often, since a page of two hundred rows makes thousands of objects."""
    gc.set_threshold(20_000, 20, 20)
