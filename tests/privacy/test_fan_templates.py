"""Templates against fans drawn from closed forms."""

import itertools
import json
import stat

import cv2
import numpy as np
import pytest

from sonosift.errors import SonosiftError
from sonosift.privacy.fan import TRUSTED
from sonosift.privacy.fan_polygon import polygon_of
from sonosift.privacy.fan_template_folder import FanTemplateFolder
from sonosift.privacy.fan_templates import apply_template, build_templates, templates_for

HEIGHT, WIDTH = 480, 640
Y, X = np.mgrid[0:HEIGHT, 0:WIDTH]


def sector(outer=380.0, half_angle=0.6, apex_x=320.0):
    radius, angle = np.hypot(X - apex_x, Y - 20.0), np.arctan2(X - apex_x, Y - 20.0)
    return (radius >= 50) & (radius <= outer) & (np.abs(angle) <= half_angle)


def row(mask, machine="Aurora 7", transducer="C5-2"):
    return {
        "machine": machine,
        "transducer": transducer,
        "height": HEIGHT,
        "width": WIDTH,
        "fan_outline": polygon_of(mask),
    }


def speckle(mask, seed=0):
    rng = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(rng.rayleigh(60.0, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 1.2)
    return np.where(mask, np.clip(noise, 12, 255), 0).astype(np.uint8)


def overlap(first, second):
    return (first & second).sum() / (first | second).sum()


def jittered(count):
    return [row(sector(outer=380 + (number % 3) - 1)) for number in range(count)]


def test_clips_that_agree_make_a_template_and_a_lonely_one_does_not():
    (template,) = build_templates([*jittered(5), row(sector(outer=250))])
    assert template.clips == 5
    assert (template.machine, template.transducer) == ("Aurora 7", "C5-2")
    assert overlap(template.mask(), sector()) > 0.99


def test_two_depths_are_two_templates_and_machines_are_kept_apart():
    rows = [row(sector())] * 3 + [row(sector(outer=250))] * 4 + [row(sector(), machine="Vesta 300")] * 2
    templates = build_templates(rows)
    assert [template.clips for template in templates] in ([3, 4], [4, 3])
    assert {template.machine for template in templates} == {"Aurora 7"}
    assert len({template.name for template in templates}) == 2


def test_the_order_of_the_rows_does_not_matter():
    rows = [*jittered(4), *([row(sector(outer=250, half_angle=0.5))] * 3)]
    first = build_templates(rows)
    for order in itertools.islice(itertools.permutations(rows), 0, 4000, 997):
        assert build_templates(order) == first


def test_a_template_gives_a_cut_fan_back_where_content_agrees():
    (template,) = build_templates(jittered(3))
    shadowed = speckle(sector())
    shadowed[(X > 400) & (Y > 200)] = 0
    fan = apply_template([shadowed], template)
    assert fan is not None
    assert overlap(fan.mask, sector()) > 0.99
    assert fan.confidence >= TRUSTED
    assert fan.parts == 1


def test_a_template_is_refused_where_content_disagrees():
    (template,) = build_templates(jittered(3))
    assert apply_template([speckle(sector(half_angle=0.9))], template) is None  # wider than the template
    assert apply_template([speckle(sector(outer=200))], template) is None  # much smaller
    assert apply_template([np.zeros((HEIGHT, WIDTH), np.uint8)], template) is None
    assert apply_template([speckle(sector())[:400]], template) is None


def test_an_edited_template_may_cut_content_off():
    (template,) = build_templates(jittered(3))
    corners = ((200, 100), (440, 100), (440, 330), (200, 330))
    drawn = template.model_copy(update={"polygons": (corners,), "edited": True})
    fan = apply_template([speckle(sector())], drawn)
    assert fan is not None
    assert fan.box == (200, 100, 441, 331)
    assert apply_template([speckle(sector())], template.model_copy(update={"polygons": (corners,)})) is None


def test_edited_templates_come_first_then_the_most_used():
    rows = [row(sector())] * 3 + [row(sector(outer=250))] * 4
    shallow, deep = sorted(build_templates(rows), key=lambda template: -template.clips)
    assert templates_for([deep, shallow], "Aurora 7", "C5-2", HEIGHT, WIDTH) == [shallow, deep]
    drawn = deep.model_copy(update={"edited": True})
    assert templates_for([shallow, drawn], "Aurora 7", "C5-2", HEIGHT, WIDTH) == [drawn, shallow]
    assert templates_for([shallow], "Vesta 300", "C5-2", HEIGHT, WIDTH) == []
    assert templates_for([shallow], "Aurora 7", "L9", HEIGHT, WIDTH) == []
    assert templates_for([shallow], "Aurora 7", "C5-2", HEIGHT, WIDTH + 1) == []


def test_the_folder_gives_back_what_it_keeps_and_only_its_owner_may_read(tmp_path):
    templates = build_templates([*jittered(3), *([row(sector(outer=200), transducer=None)] * 3)])
    folder = FanTemplateFolder(tmp_path / "fan_templates")
    folder.keep(templates, {templates[0].name: speckle(sector())})
    assert folder.read() == sorted(templates, key=lambda template: template.name)
    files = sorted(folder.path.iterdir())
    assert [file.suffix for file in files].count(".png") == 1
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    picture = cv2.imread(str(next(file for file in files if file.suffix == ".png")))
    x, y = templates[0].polygons[0][0]
    assert picture[y, x].tolist() == [0, 200, 255]


def test_what_a_person_edited_survives_and_what_is_gone_goes(tmp_path):
    folder = FanTemplateFolder(tmp_path / "fan_templates")
    first, second = build_templates([*jittered(3), *([row(sector(outer=200))] * 3)])
    folder.keep([first, second])
    file = folder.path / f"{first.name}.json"
    facts = json.loads(file.read_text())
    facts.update(edited=True, polygons=[[[10, 10], [100, 10], [100, 100]]])
    file.write_text(json.dumps(facts))
    folder.keep([first])
    (kept,) = folder.read()
    assert kept.edited
    assert kept.polygons == (((10, 10), (100, 10), (100, 100)),)


@pytest.mark.parametrize(
    "change",
    [{"polygons": [[[1, 2], [3, 4]]]}, {"colour": "red"}, {"polygons": [[[900, 900], [950, 900], [950, 990]]]}],
)
def test_a_broken_template_is_named(tmp_path, change):
    folder = FanTemplateFolder(tmp_path / "fan_templates")
    (template,) = build_templates(jittered(3))
    folder.keep([template])
    file = folder.path / f"{template.name}.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(SonosiftError, match=template.name):
        folder.read()
    file.write_text("{")
    with pytest.raises(SonosiftError, match="not a fan template"):
        folder.read()
