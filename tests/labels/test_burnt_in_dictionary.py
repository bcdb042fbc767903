from string import ascii_uppercase

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonosift.errors import SonosiftError
from sonosift.labels.burnt_in_dictionary import BurntInDictionary
from sonosift.labels.burnt_in_words import edit_distance, shipped_words, split_words
from sonosift.labels.named_spaces import label_space
from sonosift.phantom.screen.annotation_text import LANGUAGES, annotation_for, draw_habit

ORGANS = BurntInDictionary.named("abdomen")
VIEWS = BurntInDictionary.named("views")

# What the operator aims at in each view of the phantom; an aorta is none of the organs, nor their absence.
ORGAN_OF_VIEW = {
    **dict.fromkeys(("liver_left_sag", "liver_left_trv", "liver_right_lobe", "liver_dome"), "liver"),
    **dict.fromkeys(("portal_vein", "common_bile_duct"), "liver"),
    **dict.fromkeys(("gallbladder_sag", "gallbladder_trv"), "gallbladder"),
    **dict.fromkeys(("right_kidney_sag", "right_kidney_trv", "left_kidney_sag", "left_kidney_trv"), "kidney"),
    **dict.fromkeys(("thyroid_right", "thyroid_left", "lung", "neck", "soft_tissue"), "other"),
    **dict.fromkeys(("bladder_sag", "bladder_trv"), "bladder"),
    "pancreas": "pancreas", "spleen": "spleen", "aorta": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "organ", "view"),
    [
        ("RT KIDNEY SAG", "kidney", "right_kidney_sag"),
        ("sag rt kid", "kidney", "right_kidney_sag"),
        ("Left Kidney Trans", "kidney", "left_kidney_trv"),
        ("LK TRV", "kidney", "left_kidney_trv"),
        ("R KIDNEY LONG UPPER POLE", "kidney", "right_kidney_sag"),
        ("GB SAG", "gallbladder", "gallbladder_sag"),
        ("GALL BLADDER TRV", "gallbladder", "gallbladder_trv"),
        ("BLADDER NECK", "bladder", None),
        ("CBD 4mm", "liver", "common_bile_duct"),
        ("CBD 4.5 MM", "liver", "common_bile_duct"),
        ("PANC HEAD/BODY", "pancreas", "pancreas"),
        ("SPL", "spleen", "spleen"),
        ("BLAD SAG", "bladder", "bladder_sag"),
        ("RT LOBE", "liver", "liver_right_lobe"),
        ("RT LOBE THYROID", "other", "thyroid_right"),
        ("AORTA", None, "aorta"),
        ("KIDNEY", "kidney", None),
        ("RT KIDNEY", "kidney", None),
        # other languages
        ("Vésicule tr.", "gallbladder", "gallbladder_trv"),
        ("REIN DROIT TR", "kidney", "right_kidney_trv"),
        ("Niere li. längs", "kidney", "left_kidney_sag"),
        ("Milz", "spleen", "spleen"),
        ("HÍGADO", "liver", None),
        ("riñón izquierdo long", "kidney", "left_kidney_sag"),
        ("V. PORTAE", "liver", "portal_vein"),
        # slips of the reader
        ("K1DNEY RT 5AG", "kidney", "right_kidney_sag"),
        ("L1VER D0ME", "liver", "liver_dome"),
        ("SPIEEN", "spleen", "spleen"),
        ("RTKIDNEY SAG", "kidney", "right_kidney_sag"),
        ("RTKIDNEYSAG", "kidney", "right_kidney_sag"),
        ("LIVLT SAG", "liver", "liver_left_sag"),
        ("TRVLT LIVER", "liver", "liver_left_trv"),
        ("PAN CREAS", "pancreas", "pancreas"),
        # slips of the finger
        ("PANCRAES", "pancreas", "pancreas"),
        ("LIIVER DOME", "liver", "liver_dome"),
        ("GALBLADER SAG", "gallbladder", "gallbladder_sag"),
        ("MLIZ", "spleen", "spleen"),
        ("MIZL", "spleen", "spleen"),
    ],
)
def test_what_operators_type(text, organ, view):
    assert (ORGANS.label_of([text]), VIEWS.label_of([text])) == (organ, view)
    assert (ORGANS.label_of([text.lower()]), VIEWS.label_of([text.lower()])) == (organ, view)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "...", "MI 1.1", "TIS 0.4", "Tib 0.9", "Abd/Liver C5-1", "Abd Liver", "ABD RENAL", "Chest", "Abd Gen",
        "Chest UST-52105", "Liver C5-1", "2D", "Gn 60", "C 51", "Frame Rate", "FRAME RATE 43", "Rate 43 Hz", "43Hz",
        "18.5cm", "Freq 2.9 MHz", "DR 53 dB", "OLIVER", "SIDNEY", "MILA", "COURT", "JUNG", "RENÉ", "LEBER, ANNA",
        "Dr. Milz", "Kidney Center Springfield", "MILLER^LIV", "LIVERPOOL", "ST. LUKE'S HOSPITAL", "R", "L", "5", "II",
        "LT", "SAG", "1234567", "12.03.1960", "KIDMAN", "LEVEL", "LIVLT", "RTKID 4",
    ],
)  # fmt: skip
def test_what_names_nothing(text):
    assert ORGANS.label_of([text]) is None
    assert VIEWS.label_of([text]) is None


def test_two_organs_are_no_label_and_one_named_twice_is_one():
    assert ORGANS.label_of(["RT KIDNEY / LIVER"]) is None
    assert ORGANS.label_of(["LIVER", "Dr. House", "SPLEEN"]) is None
    assert ORGANS.label_of(["RT KIDNEY SAG", "Dr. House", "LT KID"]) == "kidney"
    assert VIEWS.label_of(["RT KIDNEY SAG", "Dr. House", "LT KIDNEY SAG"]) is None
    assert VIEWS.label_of(["RT LT KIDNEY SAG"]) is None


def test_a_text_in_several_boxes():
    screen = ["norlind", "MI 0.8", "22.09.2016", "RT", "KIDNEY", "SAG", "5", "10", "N"]
    assert VIEWS.label_of(screen) == "right_kidney_sag"
    assert VIEWS.label_of(["RT LOBE", "THYROID"]) == "thyroid_right"
    assert ORGANS.label_of(["GALL", "BLADDER"]) == "gallbladder"


def test_a_lone_letter_marks_the_probe_and_no_side():
    assert VIEWS.label_of(["R", "LT KIDNEY SAG"]) == "left_kidney_sag"
    assert VIEWS.label_of(["R", "KIDNEY SAG"]) is None


def test_shipped_labels_are_names_of_their_space():
    assert set(ORGANS.labels) == set(label_space("abdomen").names)
    assert set(VIEWS.labels) == set(label_space("views").names)


TYPED = sorted({text for views in LANGUAGES.values() for texts in views.values() for text in texts})


def _words(text):
    return " ".join(split_words(text))


def _slipped(text, draw):
    """One letter dropped, doubled, swapped or replaced, anywhere."""
    places = [place for place, letter in enumerate(text) if letter.isalpha()]
    place = draw(st.sampled_from(places))
    other = draw(st.sampled_from("QWERTYUIOPASDFGHJKLZXCVBNM"))
    return draw(
        st.sampled_from(
            [
                text[:place] + text[place + 1 :],
                text[: place + 1] + text[place:],
                text[:place] + text[place : place + 2][::-1] + text[place + 2 :],
                text[:place] + other + text[place + 1 :],
            ]
        )
    )


@pytest.mark.parametrize("dictionary", [ORGANS, VIEWS], ids=["organs", "views"])
@settings(max_examples=400, deadline=None)
@given(st.data())
def test_one_slip_gives_another_label_only_where_another_text_is_as_near(dictionary, data):
    text = data.draw(st.sampled_from(TYPED))
    slipped = _slipped(text, data.draw)
    label, other = dictionary.label_of([text]), dictionary.label_of([slipped])
    # RT that becomes RG spells another word (rein gauche): nobody can tell.
    spelled = any(word in shipped_words() for word in set(split_words(slipped)) - set(split_words(text)))
    if other not in (label, None) and label is not None and not spelled:
        candidates = [typed for typed in TYPED if dictionary.label_of([typed]) == other]
        same = [typed for typed in TYPED if dictionary.label_of([typed]) == label]
        nearest = min(edit_distance(_words(slipped), _words(typed)) for typed in candidates)
        assert nearest <= min(edit_distance(_words(slipped), _words(typed)) for typed in same)


def _every_slip(text):
    """Return what one letter dropped, doubled, swapped or replaced can make of ``text``."""
    slips = set()
    for at in range(len(text)):
        slips |= {text[:at] + text[at + 1 :], text[: at + 1] + text[at:]}
        slips.add(text[:at] + text[at : at + 2][::-1] + text[at + 2 :])
        slips |= {text[:at] + other + text[at + 1 :] for other in ascii_uppercase}
    return slips - {text}


@pytest.mark.parametrize(
    ("side", "means"),
    [
        *((side, "right") for side in ("RIGHT", "RT", "RE", "DROIT", "RECHTS")),
        *((side, "left") for side in ("LEFT", "LT", "LI", "GAUCHE", "LINKS")),
    ],
)
def test_no_slip_turns_a_side_into_the_other_unless_it_spells_it(side, means):
    # LT and RG (rein gauche) are words of their own: nobody can tell them from a slip of RT.
    for slipped in sorted(_every_slip(side) - set(shipped_words())):
        assert VIEWS.label_of([f"{slipped} KIDNEY SAG"]) in (None, f"{means}_kidney_sag"), slipped


@pytest.mark.parametrize(("dictionary", "recall"), [(ORGANS, 0.95), (VIEWS, 0.86)], ids=["organs", "views"])
def test_on_what_the_operators_of_the_phantom_type(dictionary, recall):
    rng = np.random.default_rng(11)
    named = right = wanted = 0
    for _ in range(3000):
        view = str(rng.choice(list(ORGAN_OF_VIEW)))
        text = annotation_for(view, draw_habit(rng), rng)
        truth = ORGAN_OF_VIEW[view] if dictionary is ORGANS else view
        label = dictionary.label_of([text]) if text else None
        if not text:
            continue
        named += label is not None
        right += label is not None and label == truth
        wanted += truth is not None
    assert named > 1000
    assert right / named >= 0.99
    assert right / wanted >= recall


def test_a_file_of_ones_own(tmp_path):
    file = tmp_path / "fetal.csv"
    file.write_text('﻿# planes of the heart\ntext,label\n\n4CH,four_chamber\n"RVOT",rvot\n# no\nFEMUR LT,femur\n')
    dictionary = BurntInDictionary.read(file)
    assert dictionary.labels == ("femur", "four_chamber", "rvot")
    assert dictionary.label_of(["MI 0.9", "4ch"]) == "four_chamber"
    assert dictionary.label_of(["left femrur"]) == "femur"
    assert dictionary.label_of(["right femur"]) is None
    assert dictionary.label_of(["LIVER"]) is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("# nothing\n", "is empty"),
        ("word,label\nLIVER,liver\n", "line 1: the columns are word,label"),
        ("# x\ntext;label\nLIVER;liver\n", "line 2: the columns are text;label"),
        ("text,label\n", "holds no text"),
        ("text,label\nLIVER\n", "line 2: 1 columns"),
        ("text,label\nLIVER,liver,x\n", "line 2: 3 columns"),
        ("text,label\n\n --- ,liver\n", "line 3: the text '---' holds no word"),
        ("text,label\n12,liver\n", "line 2: the text '12' holds nothing but numbers"),
        ('text,label\nLIVER,"a/b"\n', "line 2: 'a/b' is no label"),
        ("text,label\nRT KIDNEY,a\n# c\nRein droit,b\n", "line 4: 'Rein droit' has the label 'b', but line 2"),
    ],
)
def test_a_mistake_in_a_file_is_named_with_its_line(tmp_path, content, message):
    file = tmp_path / "mine.csv"
    file.write_text(content)
    with pytest.raises(SonosiftError) as error:
        BurntInDictionary.read(file)
    assert message in error.value.message


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(SonosiftError, match="cannot be read"):
        BurntInDictionary.read(tmp_path / "none.csv")
    (tmp_path / "latin.csv").write_bytes("text,label\nVÉSICULE,gb\n".encode("latin-1"))
    with pytest.raises(SonosiftError, match="UTF-8"):
        BurntInDictionary.read(tmp_path / "latin.csv")
    with pytest.raises(SonosiftError, match="allowed: abdomen, views"):
        BurntInDictionary.named("abdomne")
