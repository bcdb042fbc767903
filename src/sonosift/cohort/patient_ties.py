"""Which patients must stay together: those who share a near-duplicate frame, directly or through others."""

from __future__ import annotations

import numpy as np
import polars as pl


def tied_patients(catalog: pl.DataFrame) -> pl.DataFrame:
    """Return ``patient, component, frames``: patients with the same component may never be separated.

    A component is named by its first patient in alphabetical order, so that the name does not depend on the order of
    the catalog.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    patients = catalog.group_by("patient").len("frames").sort("patient")
    number = {patient: index for index, patient in enumerate(patients["patient"])}
    shared = catalog.drop_nulls("near_duplicate_group").select("patient", "near_duplicate_group").unique()
    groups = shared["near_duplicate_group"].rank("dense").cast(pl.Int64).to_numpy()
    # Patients and groups are the nodes of one graph: membership is the edge.
    members = np.array([number[patient] for patient in shared["patient"]], dtype=np.int64)
    nodes = len(patients) + (int(groups.max()) if len(groups) else 0)
    edges = coo_array(
        (np.ones(len(members), dtype=np.int8), (members, len(patients) + groups - 1)), shape=(nodes, nodes)
    )
    component = connected_components(edges, directed=False)[1][: len(patients)]
    return (
        patients.with_columns(pl.Series("number", component))
        .with_columns(pl.col("patient").min().over("number").alias("component"))
        .select("patient", "component", pl.col("frames").cast(pl.Int64))
    )
