from dataclasses import replace

import numpy as np
import pytest

from sonosift.phantom.anatomy.shapes import Ellipsoid, turned
from sonosift.phantom.anatomy.tissue import GAS, LIVER, LUNG, RIB, STONE, Tissue
from sonosift.phantom.physics.arrays import db_to_amplitude
from sonosift.phantom.physics.image_formation import envelope
from sonosift.phantom.physics.painting import Scene, Structure, paint
from sonosift.phantom.physics.point_spread import PointSpread
from sonosift.phantom.physics.propagation import SHADOW_DB, SoundSettings, compensation_db, excess_loss_db, propagate
from sonosift.phantom.physics.sections import Points, Section

ROWS, LINES, STEP = 200, 60, 0.5
SETTINGS = SoundSettings(centre_mhz=3.5, haze_db=-200.0, clutter_db=-200.0, b_lines=0.0)
PLAIN = Tissue("plain", 0.0, 0.5, mottle_db=0.0)
WATER = Tissue("water", -40.0, 0.0, mottle_db=0.0)


def grid() -> Points:
    depth, line = np.mgrid[0:ROWS, 0:LINES].astype(np.float32)
    y, x = -(depth + 0.5) * np.float32(STEP), (line - LINES / 2) * np.float32(1.0)
    return Points(x, y, np.zeros_like(x), -y, x, y, np.zeros_like(x), STEP)


def ball(radius: float, depth: float) -> Ellipsoid:
    return Ellipsoid(np.array([0.0, -depth, 0.0]), np.full(3, radius), turned())


def section(*structures: Structure) -> Section:
    return paint(grid(), Scene(PLAIN, tuple(structures)))


def test_nothing_is_lost_where_the_machine_assumes_right():
    assert np.abs(excess_loss_db(section(), SETTINGS)).max() < 0.2


def test_compensation_is_two_way_attenuation():
    # 0.5 dB/cm/MHz, both ways, 3.5 MHz, 10 cm.
    assert compensation_db(np.array([100.0]), SETTINGS)[0] == pytest.approx(2 * 0.5 * 3.5 * 10)


def test_enhancement_behind_fluid_is_what_the_fluid_did_not_take():
    loss = excess_loss_db(section(Structure(ball(15.0, 40.0), WATER)), SETTINGS)
    behind = loss[int(70 / STEP), LINES // 2]
    assert behind == pytest.approx(-2 * 0.5 * 3.5 * 3.0, abs=0.5)  # 3 cm of fluid
    assert loss[int(70 / STEP), 2] == pytest.approx(0.0, abs=0.2)


def test_shadow_behind_a_stone_and_only_there():
    loss = excess_loss_db(section(Structure(ball(4.0, 40.0), STONE)), SETTINGS)
    assert loss[int(70 / STEP), LINES // 2] > SHADOW_DB
    assert np.abs(loss[: int(35 / STEP)]).max() < 0.3
    assert np.abs(loss[:, LINES // 2 + 6]).max() < 0.3


def test_bone_casts_a_clean_shadow_and_gas_a_dirty_one():
    bone = propagate(section(Structure(ball(6.0, 30.0), RIB)), SETTINGS)
    gas = propagate(section(Structure(ball(6.0, 30.0), GAS)), SETTINGS)
    row, line = int(50 / STEP), LINES // 2
    assert bone.diffuse[row, line] < 0.02
    assert gas.diffuse[row : row + 10, line].mean() > 5 * bone.diffuse[row : row + 10, line].mean()
    assert gas.loss_db[row, line] > SHADOW_DB


def test_a_fluid_ball_dims_its_own_sides():
    loss = excess_loss_db(section(Structure(ball(15.0, 40.0), replace(WATER, attenuation=0.5, wall_db=5.0))), SETTINGS)
    below = loss[int(70 / STEP)]
    assert below[LINES // 2 - 15 : LINES // 2 - 13].max() > below[LINES // 2] + 2.0
    assert below[2] == pytest.approx(0.0, abs=0.2)


def test_a_lines_repeat_the_depth_of_the_pleura():
    lung = Ellipsoid(np.array([0.0, -320.0, 0.0]), np.full(3, 300.0), turned())  # almost flat, 20 mm deep
    wall = replace(PLAIN, name="muscle")  # lung behind the wall of the chest, not behind an organ
    echoes = propagate(paint(grid(), Scene(wall, (Structure(lung, LUNG),))), SETTINGS)
    line = echoes.diffuse[:, LINES // 2]
    for depth, weaker in ((40.0, 2.0), (60.0, 1.2)):  # each bounce is fainter
        here = line[int((depth - 3) / STEP) : int((depth + 3) / STEP)].max()
        between = line[int((depth + 7) / STEP) : int((depth + 13) / STEP)].max()
        assert here > weaker * between


def test_behind_the_diaphragm_the_organ_is_seen_once_more():
    liver = replace(PLAIN, name="liver", organ="liver")
    organ = Ellipsoid(np.array([0.0, -50.0, 0.0]), np.array([200.0, 40.0, 200.0]), turned())
    bright = Structure(ball(4.0, 50.0), replace(PLAIN, name="spot", echo_db=12.0))
    lung = Ellipsoid(np.array([0.0, -370.0, 0.0]), np.full(3, 300.0), turned())  # from 70 mm on
    echoes = propagate(paint(grid(), Scene(PLAIN, (Structure(organ, liver), bright, Structure(lung, LUNG)))), SETTINGS)
    line = echoes.diffuse[:, LINES // 2]
    mirrored = line[int(88 / STEP) : int(92 / STEP)].mean()  # 20 mm behind, as the spot is 20 mm before
    assert mirrored > 2 * line[int(77 / STEP) : int(82 / STEP)].mean()


def test_walls_echo_only_where_they_face_the_beam():
    walled = replace(PLAIN, name="walled", wall_db=10.0)
    wall = section(Structure(ball(15.0, 40.0), walled)).wall
    assert wall[int(25 / STEP) - 2 : int(25 / STEP) + 2, LINES // 2].max() == pytest.approx(10 ** (10 / 20), rel=0.15)
    assert wall[int(40 / STEP) - 2 : int(40 / STEP) + 2, LINES // 2 - 16 : LINES // 2 - 12].max() < 0.2


def test_homogeneous_tissue_ends_as_rayleigh_speckle():
    echoes = propagate(section(), SETTINGS)
    rng = np.random.default_rng(0)
    noise = (rng.standard_normal((400, 120, 2), dtype=np.float32) * np.float32(np.sqrt(0.5))).view(np.complex64)[..., 0]
    spread = PointSpread(1.0, np.full(400, 1.1, np.float32), np.full(400, 2.0, np.float32))
    amplitude = envelope(echoes, noise, spread, np.zeros_like(noise), np.zeros(400, np.float32))[80:380, 5:-5]
    assert amplitude.mean() / amplitude.std() == pytest.approx(1.91, rel=0.05)


def test_brighter_tissue_is_brighter_by_its_decibels():
    bright = replace(PLAIN, name="bright", echo_db=6.0)
    echoes = propagate(section(Structure(ball(15.0, 40.0), bright)), SETTINGS)
    inside = echoes.diffuse[int(40 / STEP), LINES // 2]
    outside = echoes.diffuse[int(40 / STEP), 2]
    assert inside / outside == pytest.approx(float(db_to_amplitude(np.array(6.0))), rel=0.05)


def test_more_attenuation_never_brightens_what_lies_behind():
    losses = [
        excess_loss_db(section(Structure(ball(15.0, 40.0), replace(LIVER, attenuation=a))), SETTINGS)[-1, LINES // 2]
        for a in (0.3, 0.5, 0.8)
    ]
    assert losses == sorted(losses)
