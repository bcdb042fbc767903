"""Every encoding and colour model: pixels against what went in, or against another decoder than the reader's."""

import colorsys

import cv2
import imagecodecs
import numpy as np
import pydicom
import pytest

from sonosift.archive.dicom_reader import open_dicom
from sonosift.archive.unreadable import Reason, Unreadable

NATIVE = ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"]
EXPLICIT, BASELINE, EXTENDED, RLE = NATIVE[1], "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.5"
LOSSLESS_JPEG = ["1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"]
JPEG_LS, NEAR = "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"
J2K, LOSSY_J2K = "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"
HTJ2K, HTJ2K_RPCL, LOSSY_HTJ2K = (f"1.2.840.10008.1.2.4.{number}" for number in (201, 202, 203))
LOSSLESS = [*NATIVE, RLE, *LOSSLESS_JPEG, JPEG_LS, J2K, HTJ2K, HTJ2K_RPCL]


def decoded(path):
    return list(open_dicom(path).frames(1e6))


def speckle(shape, top, seed=0):
    """Smooth enough for lossy codecs, with every level of brightness."""
    noise = np.random.default_rng(seed).random(shape)
    for frame in noise:
        frame[...] = cv2.GaussianBlur(frame, (0, 0), 4)
    noise -= noise.min()
    return noise / noise.max() * top


def as_bytes(values, low, high):
    return np.round((values.astype(np.float64) - low) * 255 / (high - low)).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("syntax", LOSSLESS)
@pytest.mark.parametrize("size", [(48, 64), (47, 63), (5, 9)])
def test_lossless_bytes(written, syntax, size):
    frames = np.random.default_rng(1).integers(0, 256, (3, *size), dtype=np.uint8)
    np.testing.assert_array_equal([frame.grey for frame in decoded(written(frames, syntax))], frames)


@pytest.mark.parametrize("syntax", LOSSLESS)
@pytest.mark.parametrize("stored", [12, 16])
def test_lossless_words(written, syntax, stored):
    frames = speckle((2, 40, 52), 2**stored - 1).astype(np.uint16)
    path = written(frames, syntax, BitsStored=stored, HighBit=stored - 1)
    expected = as_bytes(frames, 0, 2**stored - 1)
    np.testing.assert_array_equal([frame.grey for frame in decoded(path)], expected)


@pytest.mark.parametrize("syntax", [*NATIVE, RLE])
def test_signed_words(written, syntax):
    frames = (speckle((2, 30, 40), 4095) - 2048).astype(np.int16)
    path = written(frames, syntax, BitsStored=12, HighBit=11)
    np.testing.assert_array_equal([frame.grey for frame in decoded(path)], as_bytes(frames, -2048, 2047))


def test_bits_above_the_stored_ones_do_not_count(written):
    frames = speckle((1, 30, 40), 1023).astype(np.uint16)
    path = written(frames | 0x8400, EXPLICIT, BitsStored=10, HighBit=9)
    np.testing.assert_array_equal(decoded(path)[0].grey, as_bytes(frames[0], 0, 1023))


def test_bits_at_the_top_of_the_word(written):
    frames = (speckle((1, 30, 40), 255).astype(np.uint16)) << 8
    path = written(frames, EXPLICIT, BitsStored=8, HighBit=15)
    assert np.abs(decoded(path)[0].grey.astype(int) - (frames[0] >> 8)).max() <= 1


def test_one_bit_for_each_pixel(written):
    bits = np.random.default_rng(0).integers(0, 2, (2, 16, 24), dtype=np.uint8)
    packed = np.packbits(bits.reshape(-1), bitorder="little").tobytes()
    path = written(bits, EXPLICIT, BitsAllocated=1, BitsStored=1, HighBit=0)
    content = path.read_bytes()
    assert content.endswith(bits.tobytes())
    path.write_bytes(content[: -bits.size - 4] + len(packed).to_bytes(4, "little") + packed)
    np.testing.assert_array_equal([frame.grey for frame in decoded(path)], bits * 255)


@pytest.mark.parametrize(
    ("syntax", "encode", "decode"),
    [
        (BASELINE, imagecodecs.jpeg8_encode, imagecodecs.jpeg8_decode),
        (EXTENDED, imagecodecs.jpeg8_encode, imagecodecs.jpeg8_decode),
        (NEAR, lambda frame: imagecodecs.jpegls_encode(frame, level=3), imagecodecs.jpegls_decode),
        (LOSSY_J2K, lambda frame: imagecodecs.jpeg2k_encode(frame, level=45), imagecodecs.jpeg2k_decode),
        (LOSSY_HTJ2K, lambda frame: imagecodecs.htj2k_encode(frame, reversible=False), imagecodecs.htj2k_decode),
    ],
)
def test_lossy_grey_is_what_another_decoder_gives(written, syntax, encode, decode):
    frames = speckle((3, 48, 64), 255).astype(np.uint8)
    items = [encode(frame) for frame in frames]
    found = decoded(written(frames, syntax, items=[item + b"\0" * (len(item) % 2) for item in items]))
    for frame, item, source in zip(found, items, frames, strict=True):
        assert np.abs(frame.grey.astype(int) - decode(item)).max() <= 1
        assert 0 < np.abs(frame.grey.astype(int) - source).max() <= 12


def test_extended_jpeg_of_twelve_bits(written):
    frames = speckle((2, 48, 64), 4095).astype(np.uint16)
    path = written(frames, EXTENDED, BitsStored=12, HighBit=11)
    for frame, source in zip(decoded(path), frames, strict=True):
        assert np.abs(frame.grey.astype(int) - as_bytes(source, 0, 4095)).max() <= 1


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("syntax", [EXPLICIT, RLE, J2K])
def test_monochrome(written, syntax, photometric):
    frames = speckle((1, 20, 30), 255).astype(np.uint8)
    expected = frames[0] if photometric == "MONOCHROME2" else 255 - frames[0]
    np.testing.assert_array_equal(decoded(written(frames, syntax, photometric))[0].grey, expected)


def colour_frames():
    """Strong, smooth colours: no decoder's upsampling of chroma matters much."""
    y, x = np.mgrid[0:48, 0:64]
    planes = [120 + 100 * np.sin(x / 17), 120 + 100 * np.cos(y / 13), 40 + 2 * x]
    return np.stack([np.dstack(planes), np.dstack(planes[::-1])]).clip(0, 255).astype(np.uint8)


def check_colour(path, expected, tolerance):
    frames = decoded(path)
    assert len(frames) == len(expected)
    for frame, source in zip(frames, expected, strict=True):
        assert np.abs(frame.rgb.astype(int) - source).max() <= tolerance
        assert np.abs(frame.grey - source @ np.array([0.299, 0.587, 0.114])).max() <= tolerance + 1


@pytest.mark.parametrize("syntax", [*NATIVE, RLE, LOSSLESS_JPEG[1], JPEG_LS])
def test_rgb(written, syntax):
    check_colour(written(colour_frames(), syntax, "RGB"), colour_frames(), 0)


@pytest.mark.parametrize("syntax", NATIVE)
@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL"])
def test_colour_by_plane(written, syntax, photometric):
    rgb = colour_frames()
    stored = rgb if photometric == "RGB" else in_ybr(rgb)
    by_plane = np.ascontiguousarray(stored.transpose(0, 3, 1, 2)).reshape(rgb.shape)
    check_colour(written(by_plane, syntax, photometric, PlanarConfiguration=1), rgb, 0 if photometric == "RGB" else 3)


def in_ybr(rgb):
    """The equations of PS3.3 C.7.6.3.1.2, by themselves."""
    matrix = np.array([[0.299, 0.587, 0.114], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]])
    return np.rint(rgb @ matrix.T + [0, 128, 128]).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("syntax", [*NATIVE, RLE, JPEG_LS])
def test_ybr_full(written, syntax):
    check_colour(written(in_ybr(colour_frames()), syntax, "YBR_FULL"), colour_frames(), 3)


@pytest.mark.parametrize("syntax", [NATIVE[0], NATIVE[1], NATIVE[3]])
def test_ybr_full_422_uncompressed(written, syntax):
    rgb = np.repeat(colour_frames()[:, :, ::2], 2, axis=2)  # pairs of columns with one colour lose nothing
    ybr = in_ybr(rgb)
    pairs = np.stack([ybr[:, :, ::2, 0], ybr[:, :, 1::2, 0], ybr[:, :, ::2, 1], ybr[:, :, ::2, 2]], axis=-1)
    path = written(ybr, syntax, "YBR_FULL_422")
    content, length = path.read_bytes(), ybr.size
    assert content.endswith(ybr.tobytes())
    order = "big" if syntax == NATIVE[3] else "little"
    path.write_bytes(content[: -length - 4] + pairs.size.to_bytes(4, order) + pairs.tobytes())
    check_colour(path, rgb, 3)


def test_ybr_full_422_that_is_not_subsampled(written):
    check_colour(written(in_ybr(colour_frames()), EXPLICIT, "YBR_FULL_422"), colour_frames(), 3)


def pixels_replaced(path, old, new):
    """Write other pixel data than pydicom lets one write."""
    content = path.read_bytes()
    assert content.endswith(old)
    path.write_bytes(content[: -len(old) - 4] + len(new).to_bytes(4, "little") + new)


@pytest.mark.parametrize("by_plane", [False, True])
@pytest.mark.parametrize("syntax", [NATIVE[0], NATIVE[1], NATIVE[2]])
@pytest.mark.parametrize("model", ["HSV", "CMYK", "ARGB"])
def test_retired_colour_models(written, syntax, model, by_plane):
    """Against the conversions of Python's colorsys, and of Pillow, pixel for pixel."""
    rgb = colour_frames()[:, :16, :20]
    if model == "HSV":
        stored = [[[colorsys.rgb_to_hsv(*pixel) for pixel in row] for row in frame / 255.0] for frame in rgb]
        stored = np.rint(np.array(stored) * 255).astype(np.uint8)
    elif model == "CMYK":
        stored = np.concatenate([255 - rgb, np.zeros((*rgb.shape[:3], 1), np.uint8)], axis=3)
    else:
        stored = np.concatenate([np.zeros((*rgb.shape[:3], 1), np.uint8), rgb], axis=3)
    layout = stored.transpose(0, 3, 1, 2) if by_plane else stored
    path = written(
        np.ascontiguousarray(layout).reshape(stored.shape),
        syntax, model, PlanarConfiguration=int(by_plane), SamplesPerPixel=stored.shape[3],
    )  # fmt: skip
    check_colour(path, rgb, 4 if model == "HSV" else 0)


def test_black_of_four_colours_darkens(written):
    stored = np.zeros((1, 4, 4, 4), np.uint8)
    stored[..., 0], stored[..., 3] = 51, 128
    expected = np.broadcast_to([204 * 127 / 255, 127, 127], (1, 4, 4, 3))
    check_colour(written(stored, EXPLICIT, "CMYK", SamplesPerPixel=4), expected, 1)


def test_alpha_chooses_from_a_palette(written):
    """PS3.3 of 2001: where alpha is not 0 the palette's colour takes the place of the pixel's own."""
    stored = np.random.default_rng(0).integers(0, 256, (1, 12, 14, 4), dtype=np.uint8)
    stored[0, :, ::2, 0] = 0
    table = np.random.default_rng(3).integers(0, 256, (256, 3), dtype=np.uint8)
    palette = {
        f"{channel}PaletteColorLookupTable{part}": value
        for number, channel in enumerate(("Red", "Green", "Blue"))
        for part, value in (
            ("Descriptor", [256, 0, 16]), ("Data", (table[:, number].astype("<u2") << 8).tobytes()),
        )
    }  # fmt: skip
    expected = np.array([[table[pixel[0]] if pixel[0] else pixel[1:] for pixel in row] for row in stored[0]])
    check_colour(written(stored, EXPLICIT, "ARGB", SamplesPerPixel=4, **palette), expected[None], 0)


def test_the_range_of_television(written):
    """By the other direction of Rec. 601: 219 steps of luminance above 16, 224 of chroma around 128."""
    rgb = np.repeat(colour_frames()[:, :, ::2], 2, axis=2)
    full = in_ybr(rgb).astype(np.float64)
    luminance = np.rint(16 + full[..., 0] * 219 / 255)
    chroma = np.rint(128 + (full[..., 1:] - 128) * 224 / 255)
    pairs = np.stack(
        [luminance[:, :, ::2], luminance[:, :, 1::2], chroma[:, :, ::2, 0], chroma[:, :, ::2, 1]], axis=-1
    ).astype(np.uint8)
    path = written(rgb, EXPLICIT, "YBR_PARTIAL_422")
    pixels_replaced(path, rgb.tobytes(), pairs.tobytes())
    check_colour(path, rgb, 4)


@pytest.mark.parametrize("syntax", [BASELINE, EXTENDED])
@pytest.mark.parametrize("stated", ["YBR_PARTIAL_422", "YBR_FULL_422", "YBR_FULL"])
def test_a_jpeg_is_of_full_range_and_converted_once(written, syntax, stated):
    items = [jpeg(frame, colorspace="RGB", subsampling="422") for frame in colour_frames()]
    other = [imagecodecs.jpeg8_decode(item) for item in items]
    check_colour(written(colour_frames(), syntax, stated, items=items), other, 12)


@pytest.mark.parametrize(
    ("syntax", "model", "reason"),
    [
        (EXPLICIT, "XYB", Reason.UNSUPPORTED_ENCODING),
        (EXPLICIT, "", Reason.BROKEN_HEADER),
        (RLE, "HSV", Reason.UNSUPPORTED_ENCODING),
        (J2K, "YBR_PARTIAL_422", Reason.UNSUPPORTED_ENCODING),
    ],
)
def test_a_colour_model_that_cannot_be_converted_has_a_reason(written, syntax, model, reason):
    path = written(colour_frames(), syntax, "RGB" if syntax != J2K else "YBR_RCT")
    dataset = pydicom.dcmread(path)
    dataset.PhotometricInterpretation = model
    dataset.save_as(path)
    with pytest.raises(Unreadable) as caught:
        decoded(path)
    assert caught.value.reason is reason


def test_compressed_items_under_an_uncompressed_encoding(written):
    items = [imagecodecs.jpeg8_encode(frame) for frame in colour_frames()]
    path = written(colour_frames(), BASELINE, "YBR_FULL_422", items=[*items, bytes(20_000)])
    path.write_bytes(path.read_bytes().replace(BASELINE.encode(), EXPLICIT.encode() + bytes(3)))
    with pytest.raises(Unreadable) as caught:
        decoded(path)
    assert caught.value.reason is Reason.BROKEN_HEADER


def jpeg(rgb, **options):
    return imagecodecs.jpeg8_encode(rgb, level=97, **options)


@pytest.mark.parametrize("subsampling", ["444", "422", "420"])
@pytest.mark.parametrize("stated", ["YBR_FULL_422", "YBR_FULL", "RGB"])
def test_jpeg_colour_is_what_its_own_marker_says(written, subsampling, stated):
    """Encoders write JFIF, which means YBR, and many headers state RGB for such files."""
    items = [jpeg(frame, colorspace="RGB", subsampling=subsampling) for frame in colour_frames()]
    assert b"JFIF" in items[0][:20]
    check_colour(written(colour_frames(), BASELINE, stated, items=items), colour_frames(), 12)


def test_jpeg_whose_components_are_rgb(written):
    items = [jpeg(frame, colorspace="RGB", outcolorspace="RGB") for frame in colour_frames()]
    other = [imagecodecs.jpeg8_decode(item) for item in items]
    check_colour(written(colour_frames(), BASELINE, "RGB", items=items), other, 0)
    check_colour(written(colour_frames(), BASELINE, "YBR_FULL_422", items=items), other, 0)


@pytest.mark.parametrize(("syntax", "photometric"), [(J2K, "YBR_RCT"), (LOSSY_J2K, "YBR_ICT"), (HTJ2K, "YBR_RCT")])
def test_jpeg_2000_colour(written, syntax, photometric):
    check_colour(written(colour_frames(), syntax, photometric), colour_frames(), 0 if syntax != LOSSY_J2K else 12)


def test_jpeg_2000_without_a_colour_transform(written):
    rgb = colour_frames()
    plain = [imagecodecs.jpeg2k_encode(frame, level=0, codecformat="J2K", reversible=True, mct=False) for frame in rgb]
    check_colour(written(rgb, J2K, "RGB", items=plain), rgb, 0)
    ybr = in_ybr(rgb)
    plain = [imagecodecs.jpeg2k_encode(frame, level=0, codecformat="J2K", reversible=True, mct=False) for frame in ybr]
    check_colour(written(rgb, J2K, "YBR_FULL", items=plain), rgb, 3)


@pytest.mark.parametrize("syntax", [EXPLICIT, NATIVE[3], RLE, JPEG_LS, J2K])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_palettes_under_a_codec(written, syntax, dtype):
    indices = np.random.default_rng(2).integers(0, 256, (2, 20, 30)).astype(dtype)
    table = np.random.default_rng(3).integers(0, 256, (256, 3), dtype=np.uint8)
    order = ">u2" if syntax == NATIVE[3] else "<u2"
    palette = {
        f"{channel}PaletteColorLookupTable{part}": value
        for number, channel in enumerate(("Red", "Green", "Blue"))
        for part, value in (
            ("Descriptor", [256, 0, 16]), ("Data", (table[:, number].astype(np.uint16) << 8).astype(order).tobytes()),
        )
    }  # fmt: skip
    check_colour(written(indices, syntax, "PALETTE COLOR", **palette), table[indices], 0)


def test_sixteen_bit_colour(written):
    rgb = colour_frames().astype(np.uint16) * 257
    check_colour(written(rgb, EXPLICIT, "RGB"), colour_frames(), 0)


@pytest.mark.parametrize(
    "syntax",
    ["1.2.840.10008.1.2.4.94", "1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.1.98", "1.2.840.113619.5.2", "1.2.3"],
)
def test_encodings_without_a_decoder_are_named(written, syntax):
    path = written(np.zeros((1, 8, 8), np.uint8), HTJ2K)
    content = path.read_bytes()
    old = HTJ2K.encode() + b"\0"
    # Same length, so that nothing else of the file changes.
    path.write_bytes(content.replace(old, syntax.encode().ljust(len(old), b"\0")))
    with pytest.raises(Unreadable) as caught:
        decoded(path)
    assert caught.value.reason is Reason.UNSUPPORTED_ENCODING


def test_big_endian_bytes_in_words_of_odd_frames(written):
    frames = np.random.default_rng(4).integers(0, 256, (3, 5, 7), dtype=np.uint8)
    path = written(frames, NATIVE[3])
    content = path.read_bytes()
    pixels = frames.tobytes() + b"\0"
    assert content.endswith(pixels)
    words = np.frombuffer(pixels, ">u2").astype("<u2").tobytes()
    path.write_bytes((content[: -len(pixels)] + words).replace(b"\x7f\xe0\0\x10OB", b"\x7f\xe0\0\x10OW"))
    np.testing.assert_array_equal([frame.grey for frame in decoded(path)], frames)


def test_a_segmented_palette(written):
    """One segment of single values and one straight line, as PS3.3 C.7.9.2 has them, in 16 bits."""
    indices = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    singles = [0x0A00, 0x1400, 0x1E00]
    line_to = 0xFD00
    segments = np.array([0, 3, *singles, 1, 253, line_to], dtype="<u2").tobytes()
    ramp = singles[-1] + (line_to - singles[-1]) * np.arange(1, 254) / 253
    expected = (np.array([*singles, *ramp]) / 256)[indices[0]]
    palette = {
        f"{prefix}{channel}PaletteColorLookupTable{part}": value
        for channel in ("Red", "Green", "Blue")
        for prefix, part, value in (("", "Descriptor", [256, 0, 16]), ("Segmented", "Data", segments))
    }
    (frame,) = decoded(written(indices, EXPLICIT, "PALETTE COLOR", **palette))
    assert np.abs(frame.grey - expected).max() <= 1
