"""One thread per test process, set before any numeric library is loaded: oversubscribed cores make the tests crawl."""

import os

from sonosift.machine.threads import available_cores, limit_environment

os.environ.update(limit_environment(workers=available_cores()))
