"""How gunicorn serves the site: `gunicorn academy.wsgi --config python:academy.gunicorn`.

A few processes with a few threads each. Every process is stateless, so more of
them may run on other machines.
"""

import environ

env = environ.Env()

bind = env.str("WEB_BIND", default="127.0.0.1:8000")
workers = env.int("WEB_PROCESSES", default=2)
threads = env.int("WEB_THREADS", default=4)
worker_class = "gthread"
# Recycled now and then, so that a slow leak never becomes an outage.
max_requests = 10_000
max_requests_jitter = 1_000
timeout = 60  # seconds
graceful_timeout = 20  # seconds
keepalive = 30  # seconds; above the idle time of the proxies in front, so that they close first
accesslog = None
# The paths of links in mails are keys; no request line is written to a log.
proc_name = "academy"
