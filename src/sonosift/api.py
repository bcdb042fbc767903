"""Every step as a Python call: ``from sonosift import api`` and then ``api.ingest(archive, cohort)``.

The command line offers exactly these names. Importing this file is quick; a call loads what it needs.
"""

from sonosift.commands.clear import clear
from sonosift.commands.cluster import cluster
from sonosift.commands.compare import compare
from sonosift.commands.demo import demo
from sonosift.commands.embed import embed
from sonosift.commands.evaluate import evaluate
from sonosift.commands.explain import explain
from sonosift.commands.export import export
from sonosift.commands.forget import forget
from sonosift.commands.ingest import ingest
from sonosift.commands.inspect import inspect
from sonosift.commands.label import label
from sonosift.commands.match import match
from sonosift.commands.merge import merge
from sonosift.commands.name import name
from sonosift.commands.phantom import phantom
from sonosift.commands.predict import predict
from sonosift.commands.pretrain import pretrain
from sonosift.commands.report import report
from sonosift.commands.run import run
from sonosift.commands.runs import runs
from sonosift.commands.train import train
from sonosift.commands.verify import verify

# In the order in which a user meets them.
__all__ = [  # noqa: RUF022
    "demo", "run", "ingest", "inspect", "verify", "clear", "forget", "label", "pretrain", "embed", "cluster", "merge",
    "match", "name", "train", "evaluate", "compare", "explain", "predict", "export", "runs", "report", "phantom",
]  # fmt: skip
