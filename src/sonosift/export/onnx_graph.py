"""The whole network as ONNX: stored frames in, answers out, any number of frames at a time."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sonosift.errors import SonosiftError
from sonosift.export.checked import Answers
from sonosift.export.exported_network import ExportedNetwork

FILE_NAME = "model.onnx"
INPUT = "frames"
_EXAMPLES = 2
"""A batch of one would be taken for a batch of always one."""


def write_onnx(network: ExportedNetwork, folder: Path) -> None:
    """Trace the network and write the graph with its description inside."""
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ModuleNotFoundError as error:
        raise SonosiftError(
            f"ONNX needs the package {error.name}", "Install it with: pip install 'sonosift[export]'"
        ) from error
    frames = network.description.frames
    example = torch.zeros(_EXAMPLES, frames.height, frames.width, dtype=torch.uint8)
    with warnings.catch_warnings():
        # Of torch about itself; what counts is the comparison afterwards.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            network,
            (example,),
            dynamo=True,
            input_names=[INPUT],
            output_names=network.output_names,
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            verbose=False,
        )
    assert program is not None
    # The tracer notes for each node where in the source it came from, with the paths of this computer.
    for part in (program.model, program.model.graph, *program.model.graph.all_nodes(), *_values(program.model.graph)):
        part.metadata_props.clear()
        part.doc_string = None
    program.model.metadata_props["sonosift"] = network.description.model_dump_json()
    program.save(str(folder / FILE_NAME))


def _values(graph: Any) -> list[Any]:
    """Return everything in a graph that may carry notes besides its nodes."""
    outputs = [value for node in graph.all_nodes() for value in node.outputs]
    return [*graph.inputs, *graph.initializers.values(), *outputs]


def ask_onnx(folder: Path, frames: NDArray[np.uint8]) -> Answers:
    """Run the graph with ONNX Runtime."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(folder / FILE_NAME), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {INPUT: frames}), strict=True))
