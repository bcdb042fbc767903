"""Threads are shared out before any numeric library is loaded: oversubscribed cores make the tests crawl."""

import os

from sonosift.machine.threads import limit_environment

_workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
os.environ.update(limit_environment(_workers))
