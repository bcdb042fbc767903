"""Standard views: where each one aims, from which side, and how the image lies; and the four super-groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sonosift.errors import unknown_name
from sonosift.phantom.anatomy.body import Body
from sonosift.phantom.physics.arrays import Vector, unit
from sonosift.phantom.physics.geometry import ProbeKind
from sonosift.phantom.scanning.probe_pose import ProbePose, pose_from

SUPER_GROUPS = ("liver", "centre", "flank", "outside")


@dataclass(frozen=True)
class View:
    """A standard view.

    Attributes:
        name: Stored name.
        super_group: One of ``SUPER_GROUPS``.
        region: Which part of the body: trunk, neck or limb.
        target: The landmark it aims at.
        outward: From the target towards the probe, in body directions (left, front, head).
        lateral: Direction of the image's right edge; ``along`` and ``across`` an organ are filled in per patient.
        organ_axis: The organ whose long axis the image follows, if any.
        across: Whether the image lies across that axis instead.
        probe: The usual kind of probe.
        reach_mm: How far behind the target the image should still go.
        turned_share: How often the operator scans at right angles to this.
    """

    name: str
    super_group: str
    region: str
    target: str
    outward: tuple[float, float, float]
    lateral: tuple[float, float, float]
    organ_axis: str | None = None
    across: bool = False
    probe: ProbeKind = "curvilinear"
    reach_mm: float = 30.0
    turned_share: float = 0.0


_FEET, _LEFT = (0.0, 0.0, -1.0), (1.0, 0.0, 0.0)

VIEWS: tuple[View, ...] = (
    View("liver_left_sag", "liver", "trunk", "left lobe", (0.0, 1.0, -0.3), _FEET),
    View("liver_left_trv", "liver", "trunk", "left lobe", (-0.05, 1.0, -0.45), _LEFT),
    View("liver_right_lobe", "liver", "trunk", "right lobe", (-0.75, 0.6, -0.15), (0.25, 0.2, -0.95)),
    View("liver_dome", "liver", "trunk", "liver dome", (-0.1, 0.75, -0.75), _LEFT),
    View("portal_vein", "liver", "trunk", "portal vein", (-0.3, 0.9, -0.35), (0.85, 0.0, -0.4)),
    View("gallbladder_sag", "centre", "trunk", "gallbladder", (-0.15, 0.9, -0.3), _FEET, "gallbladder"),
    View("gallbladder_trv", "centre", "trunk", "gallbladder", (-0.25, 0.9, -0.1), _LEFT, "gallbladder", True),
    View("common_bile_duct", "centre", "trunk", "bile duct", (-0.25, 0.9, -0.1), (0.45, 0.1, -0.9)),
    View("pancreas", "centre", "trunk", "pancreas", (0.0, 1.0, 0.05), (0.97, -0.1, 0.15)),
    View("aorta", "centre", "trunk", "aorta", (0.0, 1.0, 0.0), _LEFT, turned_share=0.35),
    View("right_kidney_sag", "flank", "trunk", "right kidney", (-0.85, 0.4, 0.1), _FEET, "right kidney"),
    View("right_kidney_trv", "flank", "trunk", "right kidney", (-0.85, 0.35, 0.0), _LEFT, "right kidney", True),
    View("left_kidney_sag", "flank", "trunk", "left kidney", (0.9, -0.15, -0.05), _FEET, "left kidney"),
    View("left_kidney_trv", "flank", "trunk", "left kidney", (0.9, -0.15, -0.1), _LEFT, "left kidney", True),
    View("spleen", "flank", "trunk", "spleen", (0.9, 0.1, -0.35), _FEET, "spleen", turned_share=0.2),
    View("bladder_sag", "outside", "trunk", "bladder", (0.0, 1.0, 0.15), _FEET),
    View("bladder_trv", "outside", "trunk", "bladder", (0.0, 1.0, 0.1), _LEFT),
    View("thyroid_right", "outside", "neck", "thyroid right", (-0.2, 1.0, 0.0), _LEFT, probe="linear", reach_mm=12),
    View("thyroid_left", "outside", "neck", "thyroid left", (0.2, 1.0, 0.0), _LEFT, probe="linear", reach_mm=12),
    View("lung", "outside", "trunk", "lung", (-0.5, 0.85, 0.0), _FEET, turned_share=0.3),
    View("neck", "outside", "neck", "neck", (0.1, 1.0, 0.0), _FEET, probe="linear", reach_mm=12),
    View("soft_tissue", "outside", "limb", "soft tissue", (0.0, 1.0, 0.0), _LEFT, probe="linear", reach_mm=12),
)
VIEW_NAMES = tuple(view.name for view in VIEWS)
_BY_NAME = {view.name: view for view in VIEWS}


def view_named(name: str) -> View:
    """Return a view by its stored name."""
    if name not in _BY_NAME:
        raise unknown_name("view", name, VIEW_NAMES)
    return _BY_NAME[name]


@dataclass(frozen=True)
class OperatorError:
    """How far an operator is off the standard view: standard deviations."""

    place_mm: float = 14.0
    angle_deg: float = 12.0
    turn_deg: float = 18.0


def standard_axes(body: Body, view: View) -> tuple[Vector, Vector, Vector]:
    """Return target, outward and lateral directions of a view in this body, without any error."""
    target = body.landmark(view.region, view.target)
    outward = unit(*view.outward)
    lateral = np.asarray(view.lateral, dtype=np.float64)
    if view.organ_axis is not None:
        axis = body.trunk.directions[view.organ_axis]
        axis = axis * np.sign(axis @ np.array([0.0, 0.2, -1.0]))
        lateral = np.cross(outward, axis) * np.sign(np.cross(outward, axis) @ lateral) if view.across else axis
    return target, outward, lateral


def aim(body: Body, view: View, rng: np.random.Generator, error: OperatorError) -> tuple[ProbePose, float]:
    """Place the probe for a view, with operator error.

    Returns:
        The pose and the distance from the probe's face to the target.
    """
    target, outward, lateral = standard_axes(body, view)
    scale = 1.0 if view.region == "trunk" else 0.35
    aimed_at = target + error.place_mm * scale * rng.standard_normal(3)
    spread = np.tan(np.deg2rad(error.angle_deg)) * scale
    outward = outward + spread * rng.standard_normal(3)
    outward /= np.linalg.norm(outward)
    turn = np.deg2rad(error.turn_deg) * rng.standard_normal()
    if rng.random() < view.turned_share:
        turn += np.pi / 2.0
    lateral = lateral * np.cos(turn) + np.cross(outward, lateral) * np.sin(turn)
    face, distance = body.skin(view.region, aimed_at, outward)
    # The organ is not always in the middle of the picture.
    beside = rng.normal(0.0, 20.0) * scale
    pose = pose_from(face, -outward, lateral)
    return ProbePose(pose.face + beside * pose.lateral, pose.axial, pose.lateral), distance
