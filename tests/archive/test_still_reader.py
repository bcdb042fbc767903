import struct

import cv2
import imagecodecs
import numpy as np
import pytest
from PIL import Image

from sonosift.archive.still_reader import open_still
from sonosift.archive.unreadable import Reason, Unreadable

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (30, 40), dtype=np.uint8)
COLOUR = RNG.integers(0, 256, (30, 40, 3), dtype=np.uint8)


def only_frame(path):
    (frame,) = open_still(path).frames(3.0)
    return frame


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_lossless_grey_and_colour(tmp_path, kind):
    Image.fromarray(GREY).save(tmp_path / "grey", kind)
    np.testing.assert_array_equal(only_frame(tmp_path / "grey").grey, GREY)
    Image.fromarray(COLOUR).save(tmp_path / "colour", kind)
    np.testing.assert_array_equal(only_frame(tmp_path / "colour").rgb, COLOUR)


def test_jpeg(tmp_path):
    smooth = np.add.outer(np.arange(30), np.arange(40)).astype(np.uint8)
    Image.fromarray(smooth).save(tmp_path / "a", "JPEG", quality=98)
    assert np.abs(only_frame(tmp_path / "a").grey.astype(int) - smooth).max() <= 3


def test_sixteen_bits(tmp_path):
    deep = np.linspace(0, 65535, 1200).astype(np.uint16).reshape(30, 40)
    Image.fromarray(deep).save(tmp_path / "a", "PNG")
    np.testing.assert_array_equal(only_frame(tmp_path / "a").grey, np.round(deep / 257).astype(np.uint8))


def test_transparent_is_black(tmp_path):
    rgba = np.dstack([COLOUR, np.zeros((30, 40), np.uint8)])
    rgba[:, 20:, 3] = 255
    Image.fromarray(rgba).save(tmp_path / "a", "PNG")
    frame = only_frame(tmp_path / "a")
    assert frame.grey[:, :20].max() == 0
    np.testing.assert_array_equal(frame.rgb[:, 20:], COLOUR[:, 20:])


def test_a_palette_and_one_bit(tmp_path):
    picture = Image.fromarray(GREY).convert("P")
    picture.save(tmp_path / "palette", "PNG")
    np.testing.assert_array_equal(only_frame(tmp_path / "palette").grey, GREY)
    Image.fromarray(GREY > 127).save(tmp_path / "bits", "PNG")
    np.testing.assert_array_equal(only_frame(tmp_path / "bits").grey, np.where(GREY > 127, 255, 0))


def test_the_pages_of_a_tiff_are_frames(tmp_path):
    pages = [Image.fromarray(np.full((5, 6), value, np.uint8)) for value in (1, 2, 3)]
    pages[0].save(tmp_path / "a", "TIFF", save_all=True, append_images=pages[1:])
    clip = open_still(tmp_path / "a")
    assert clip.header.frame_count == 3
    assert [(frame.index, int(frame.grey[0, 0])) for frame in clip.frames(3.0)] == [(0, 1), (1, 2), (2, 3)]


def test_a_photograph_with_a_preview_behind_it_is_one_frame(tmp_path):
    """Telephones write such files: the second picture is smaller, or holds no picture but a map."""
    large, small = Image.fromarray(COLOUR), Image.fromarray(COLOUR[::2, ::2])
    large.save(tmp_path / "a.jpg", "MPO", quality=98, save_all=True, append_images=[small])
    clip = open_still(tmp_path / "a.jpg")
    assert (clip.header.frame_count, clip.header.height, clip.header.width) == (1, 30, 40)
    with Image.open(tmp_path / "a.jpg") as other:
        assert other.n_frames == 2
        np.testing.assert_array_equal(only_frame(tmp_path / "a.jpg").rgb, np.asarray(other.convert("RGB")))


def test_a_smaller_copy_in_a_tiff_is_no_page(tmp_path):
    first, second = Image.fromarray(GREY), Image.fromarray(255 - GREY)
    copy = Image.fromarray(GREY[::2, ::2])
    copy.encoderinfo = {"tiffinfo": {254: 1}}
    first.save(tmp_path / "a.tif", save_all=True, append_images=[copy, second])
    clip = open_still(tmp_path / "a.tif")
    frames = list(clip.frames(3.0))
    assert clip.header.frame_count == len(frames) == 2
    assert [frame.index for frame in frames] == [0, 1]
    np.testing.assert_array_equal(frames[1].grey, 255 - GREY)


def refused(path):
    with pytest.raises(Unreadable) as caught:
        list(open_still(path).frames(3.0))
    return caught.value.reason


def test_cut_and_broken_files_have_a_reason(tmp_path):
    Image.fromarray(COLOUR).save(tmp_path / "a", "PNG")
    content = (tmp_path / "a").read_bytes()
    (tmp_path / "cut").write_bytes(content[: len(content) // 2])
    assert refused(tmp_path / "cut") in (Reason.TRUNCATED, Reason.BROKEN_PIXELS)
    (tmp_path / "head").write_bytes(content[:20])
    assert refused(tmp_path / "head") is Reason.BROKEN_HEADER


def test_a_picture_of_a_hundred_megapixels_is_refused(tmp_path):
    Image.new("1", (10_000, 10_000)).save(tmp_path / "a", "PNG")
    assert refused(tmp_path / "a") is Reason.TOO_LARGE


def test_formats_that_are_not_on_the_list_are_refused(tmp_path):
    Image.fromarray(GREY).save(tmp_path / "a", "PPM")
    assert refused(tmp_path / "a") is Reason.BROKEN_HEADER


# The eight orientations of the EXIF standard: where the first row and the first column of the stored picture go.
TURNS = {
    1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud, 5: np.transpose,
    6: lambda a: np.rot90(a, -1), 7: lambda a: np.rot90(a, 2).T, 8: np.rot90,
}  # fmt: skip


def tilted():
    return np.add.outer(4 * np.arange(30), np.arange(40)).astype(np.uint8)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_photograph_is_turned_as_it_says(tmp_path, kind, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(tilted()).save(tmp_path / "a", kind, exif=exif)
    stored = tilted() if kind == "TIFF" else np.array(Image.open(tmp_path / "a").convert("L"))
    expected = TURNS[orientation](stored)
    clip = open_still(tmp_path / "a")
    assert (clip.header.height, clip.header.width) == expected.shape
    np.testing.assert_array_equal(only_frame(tmp_path / "a").grey, expected)


@pytest.mark.parametrize("order", ["II", "MM"])
def test_sixteen_bits_of_a_tiff(tmp_path, order):
    deep = np.linspace(0, 65535, 1200).astype(np.uint16).reshape(30, 40)
    encoded = imagecodecs.tiff_encode(deep) if order == "II" else big_endian_tiff(deep)
    (tmp_path / "a.tif").write_bytes(encoded)
    np.testing.assert_array_equal(only_frame(tmp_path / "a.tif").grey, np.round(deep / 257).astype(np.uint8))


def big_endian_tiff(deep):
    pixels = deep.astype(">u2").tobytes()
    height, width = deep.shape
    tags = [(256, 4, width), (257, 4, height), (258, 3, 16), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, 1),
            (278, 4, height), (279, 4, len(pixels))]  # fmt: skip
    lines = [struct.pack(">HHL", tag, kind, 1) + struct.pack(">L" if kind == 4 else ">Hxx", value)
             for tag, kind, value in tags]  # fmt: skip
    directory = struct.pack(">H", len(tags)) + b"".join(lines) + bytes(4)
    return b"MM\0*" + struct.pack(">L", 8 + len(pixels)) + pixels + directory


def test_webp_against_another_decoder(tmp_path):
    cv2.imwrite(str(tmp_path / "a.webp"), COLOUR, [cv2.IMWRITE_WEBP_QUALITY, 101])
    np.testing.assert_array_equal(only_frame(tmp_path / "a.webp").rgb, COLOUR[..., ::-1])


def test_four_colours_and_sixteen_bit_colour(tmp_path):
    smooth = np.dstack([np.add.outer(3 * np.arange(30), k * np.arange(40)) for k in (1, 2, 3)]).astype(np.uint8)
    Image.fromarray(smooth).convert("CMYK").save(tmp_path / "a", "TIFF")
    assert np.abs(only_frame(tmp_path / "a").rgb.astype(int) - smooth).max() <= 2
    cv2.imwrite(str(tmp_path / "deep.png"), smooth.astype(np.uint16) * 257)
    assert np.abs(only_frame(tmp_path / "deep.png").rgb.astype(int) - smooth[..., ::-1]).max() <= 1
