"""Every step as a Python call: ``from sonosift import api`` and then ``api.ingest(archive, cohort)``.

The command line offers exactly these names. Importing this file is quick; a call loads what it needs.
"""

from sonosift.commands.cluster import cluster
from sonosift.commands.demo import demo
from sonosift.commands.evaluate import evaluate
from sonosift.commands.ingest import ingest
from sonosift.commands.inspect import inspect
from sonosift.commands.label import label
from sonosift.commands.phantom import phantom
from sonosift.commands.pretrain import pretrain
from sonosift.commands.report import report
from sonosift.commands.run import run
from sonosift.commands.train import train

# In the order in which a user meets them.
__all__ = ["demo", "run", "ingest", "inspect", "label", "pretrain", "cluster", "train", "evaluate", "report", "phantom"]  # noqa: RUF022
