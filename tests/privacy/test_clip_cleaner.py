"""Text of known pixels over speckle of known pixels: no letter may be left, no other pixel may change."""

import difflib

import cv2
import numpy as np
import pytest

from sonosift.privacy.clip_cleaner import ClipCleaner
from sonosift.privacy.text_reader import find_text, read_line
from tests.privacy.speckled_fan import HEIGHT, WIDTH, fan, jpeg, letters, likeness, speckle, written

CORNER = (40, 30)


def study(frames, mask=None, **options):
    mask = fan() if mask is None else mask
    screen = np.zeros((HEIGHT + 100, WIDTH + 100), dtype=np.uint8)
    screen[CORNER[1] : CORNER[1] + mask.shape[0], CORNER[0] : CORNER[0] + mask.shape[1]] = frames[0]
    return ClipCleaner(**options).study(frames, mask, screen, CORNER)


def near(coverage, reach=9):
    return cv2.dilate((coverage > 0).astype(np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)) > 0


def read_everything(picture):
    return " ".join(read_line(picture, box)[0] for box in find_text(picture, fan()))


CASES = {
    "large": {"scale": 1.1, "thickness": 2},
    "small": {"scale": 0.4},
    "grey ink": {"ink": 160},
    "bold": {"scale": 0.7, "thickness": 3},
    "upright": {"upright": True},
    "jpeg": {"quality": 80},
}


@pytest.mark.parametrize("case", CASES)
def test_no_letter_is_left_and_nothing_else_changes(case):
    options = dict(CASES[case])
    ink, quality = options.pop("ink", 230), options.pop("quality", None)
    place = (180, 80) if options.get("upright") else (100, 190)
    coverage = letters("MILLER 4420", place, **options)
    frame = written(speckle(3), coverage, ink)
    if quality:
        frame = np.where(fan(), jpeg(frame, quality), 0).astype(np.uint8)
    assert likeness(frame, coverage) > 0.6
    overlay = study([frame])
    cleaned = overlay.clean(0, frame)
    assert abs(likeness(cleaned, coverage)) < 0.15
    assert difflib.SequenceMatcher(None, "MILLER 4420", read_everything(cleaned)).ratio() < 0.5
    altered = overlay.altered(0)
    assert altered[(coverage > 0.3) & fan()].all()
    np.testing.assert_array_equal(cleaned[~altered], frame[~altered])
    line = np.zeros(fan().shape, dtype=bool)  # the blank between two words goes with them
    x, y, width, height = cv2.boundingRect((coverage > 0).astype(np.uint8))
    line[y - 9 : y + height + 9, x : x + width] = True
    assert not (altered & ~near(coverage) & ~line).any()


@pytest.mark.parametrize("grain", [1.2, 1.6, 2.5])
def test_pictures_without_text_stay_as_they_are(grain):
    shares = []
    for seed in range(4):
        frame = speckle(seed, grain=grain)
        overlay = study([frame])
        shares.append((overlay.altered(0) & fan()).sum() / fan().sum())
    assert np.mean(shares) <= 0.002


@pytest.mark.parametrize(("box", "goes"), [((180, 120, 380, 190), False), ((180, 120, 380, 150), True)])
def test_a_tall_line_without_strokes_or_words_is_the_scan_itself(monkeypatch, box, goes):
    """The finder took the bright rim of a fan with nothing below it for one letter, and the clip was held."""
    monkeypatch.setattr("sonosift.privacy.clip_cleaner.find_text", lambda *_: [box])
    frame = speckle(3)
    altered = study([frame]).altered(0)
    x0, y0, x1, y1 = box
    assert (altered & fan())[y0:y1, x0:x1].sum() == (fan()[y0:y1, x0:x1].sum() if goes else 0)


def test_a_ruled_line_goes_unless_marks_are_kept():
    frame = speckle(3)
    frame[240:242, 150:260] = 174
    assert study([frame]).altered(0)[240:242, 150:260].all()
    assert not study([frame], remove_calipers=False).altered(0)[240:242, 150:260].any()


def test_bright_tissue_is_no_text():
    frame = speckle(5).astype(np.float64)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    frame += 150 * np.exp(-((y - 60 - 0.0015 * (x - 200) ** 2) ** 2) / 40)  # a reflector under the probe
    frame += 120 * np.exp(-((x - 260) ** 2 + (y - 200) ** 2) / 500)  # gas
    frame = np.where(fan(), np.clip(frame, 0, 255), 0).astype(np.uint8)
    clip = [np.where(fan(), np.clip(frame.astype(int) + step, 0, 255), 0).astype(np.uint8) for step in (0, 2, 1, 3)]
    for frames in ([frame], clip):
        overlay = study(frames)
        assert (overlay.altered(0) & fan()).sum() <= 0.002 * fan().sum()


def test_what_is_read_is_told_with_its_place_in_the_source():
    coverage = letters("GALLBLADDER", (110, 190), 0.7)
    words = study([written(speckle(1), coverage)]).words
    word = max(words, key=lambda word: difflib.SequenceMatcher(None, word.text, "GALLBLADDER").ratio())
    assert difflib.SequenceMatcher(None, word.text.upper(), "GALLBLADDER").ratio() > 0.85
    assert word.inside_fan
    columns = np.flatnonzero(coverage.any(axis=0)) + CORNER[0]
    assert abs(word.box[0] - columns[0]) <= 8
    assert abs(word.box[2] - columns[-1]) <= 8


def test_words_beside_the_fan_are_read_too():
    frame = speckle(1)
    screen = np.zeros((HEIGHT + 100, WIDTH + 100), dtype=np.uint8)
    screen[CORNER[1] : CORNER[1] + HEIGHT, CORNER[0] : CORNER[0] + WIDTH] = frame
    cv2.putText(screen, "SPLEEN", (60, 350), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 255, 1, cv2.LINE_AA)
    words = ClipCleaner().study([frame], fan(), screen, CORNER).words
    assert [word.text for word in words if not word.inside_fan] == ["SPLEEN"]


def test_letters_cut_by_the_edge_of_the_fan_are_painted_over():
    frame = speckle(2)
    coverage = letters("DOE JOHN", (10, 150), 0.7)
    screen = np.zeros((HEIGHT + 100, WIDTH + 100), dtype=np.uint8)
    whole = np.rint(frame * (1 - coverage) + 235 * coverage).astype(np.uint8)
    screen[CORNER[1] : CORNER[1] + HEIGHT, CORNER[0] : CORNER[0] + WIDTH] = whole
    crop = np.where(fan(), whole, 0).astype(np.uint8)
    on_fan = (coverage > 0.5) & fan()
    assert on_fan.sum() > 20
    assert (coverage[~fan()] > 0.5).sum() > 20
    overlay = ClipCleaner().study([crop], fan(), screen, CORNER)
    assert overlay.altered(0)[on_fan].mean() > 0.95


def test_text_that_comes_later_is_found_in_its_frames_only():
    coverage = letters("SMITH ANNA", (120, 200), 0.6)
    shown = range(7, 12)
    clip = [written(speckle(seed), coverage) if seed in shown else speckle(seed) for seed in range(20)]
    overlay = study(clip)
    for position, frame in enumerate(clip):
        covered = overlay.altered(position)[coverage > 0.5].mean()
        assert covered == 1.0 if position in shown else covered < 0.1
        np.testing.assert_array_equal(
            overlay.clean(position, frame)[~overlay.altered(position)], frame[~overlay.altered(position)]
        )


def test_faint_text_is_found_by_standing_still():
    coverage = letters("SMITH ANNA", (120, 200), 0.6)
    clip = [written(speckle(seed), coverage, ink=105) for seed in range(10)]
    overlay = study(clip)
    assert overlay.altered(4)[coverage > 0.5].mean() > 0.9
    assert abs(likeness(overlay.clean(4, clip[4]), coverage)) < 0.2


def test_calipers_go_or_stay_as_asked_and_their_figures_always_go():
    frame = speckle(4)
    marks = np.zeros((HEIGHT, WIDTH), dtype=np.float64)
    for x, y in ((150, 120), (250, 120)):
        marks[y, x - 5 : x + 6] = marks[y - 5 : y + 6, x] = 1.0
    figures = letters("2.34 cm", (160, 220), 0.6)
    frame = written(written(frame, marks, 240), figures, 240)
    removing, keeping = study([frame]), study([frame], remove_calipers=False)
    assert removing.altered(0)[marks > 0].all()
    assert not keeping.altered(0)[marks > 0].any()
    for overlay in (removing, keeping):
        assert overlay.altered(0)[figures > 0.5].all()


def test_the_same_clip_gives_the_same_pixels_in_grey_and_colour():
    coverage = letters("RENAL 12", (120, 200), 0.6)
    clip = [written(speckle(seed), coverage) for seed in range(3)]
    one, two = study(clip), study(clip)
    assert one.words == two.words
    for position, frame in enumerate(clip):
        np.testing.assert_array_equal(one.clean(position, frame), two.clean(position, frame))
    colour = np.stack([clip[0], clip[0] // 2, clip[0] // 3], axis=2)
    before = colour.copy()
    cleaned, altered = one.clean(0, colour), one.altered(0)
    assert cleaned.shape == colour.shape
    np.testing.assert_array_equal(cleaned[~altered], colour[~altered])
    np.testing.assert_array_equal(cleaned[..., 0][altered], one.clean(0, clip[0])[altered])
    np.testing.assert_array_equal(colour, before)


@pytest.mark.parametrize("shape", [(1, 1), (5, 9), (20, 20), (64, 3)])
@pytest.mark.parametrize("value", [0, 255])
def test_tiny_and_empty_pictures(shape, value):
    frame = np.full(shape, value, dtype=np.uint8)
    overlay = ClipCleaner().study([frame, frame], np.ones(shape, dtype=bool), frame, (0, 0))
    np.testing.assert_array_equal(overlay.clean(1, frame), frame)
    assert overlay.words == ()


class _CountedClip(list):
    """A long clip of few pictures that counts how many it has handed out and nobody gave back."""

    def __init__(self, pictures, count):
        super().__init__(pictures)
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, position):
        if not 0 <= position < self.count:
            raise IndexError(position)
        return super().__getitem__(position % super().__len__()).copy()


def test_a_long_clip_stays_out_of_memory():
    import tracemalloc

    small = np.s_[100:140, 180:220]
    pictures = [np.ascontiguousarray(speckle(seed)[small]) for seed in range(8)]
    clip, mask = _CountedClip(pictures, 2000), np.ones(pictures[0].shape, dtype=bool)
    cleaner = ClipCleaner()
    cleaner.study(_CountedClip(pictures, 10), mask, pictures[0], (0, 0))
    tracemalloc.start()
    cleaner.study(clip, mask, pictures[0], (0, 0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.35 * len(clip) * pictures[0].nbytes
