import numpy as np
import pytest

from sonosift.archive.picture_sequence import PictureSequence


class Numbered(PictureSequence):
    def __init__(self, count: int) -> None:
        self.count, self.asked = count, []

    def __len__(self) -> int:
        return self.count

    def picture(self, position: int) -> np.ndarray:
        self.asked.append(position)
        return np.full((1, 1), position, np.uint8)


def numbers(pictures):
    return [int(picture[0, 0]) for picture in pictures]


@pytest.mark.parametrize("part", [slice(None), slice(1, 4), slice(-2, None), slice(None, None, -2), slice(7, 9)])
def test_parts_are_those_of_a_list(part):
    assert numbers(Numbered(5)[part]) == list(range(5))[part]


def test_it_is_read_one_at_a_time_and_ends():
    pictures = Numbered(3)
    assert int(pictures[-1][0, 0]) == 2
    assert pictures.asked == [2]
    assert numbers(pictures) == [0, 1, 2]
    assert numbers(reversed(pictures)) == [2, 1, 0]
    for beyond in (3, -4):
        with pytest.raises(IndexError):
            pictures[beyond]
    assert numbers(Numbered(0)) == []
