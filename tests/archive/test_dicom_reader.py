import io

import cv2
import numpy as np
import pytest

from sonosift.archive.dicom_reader import open_dicom
from sonosift.archive.unreadable import Reason, Unreadable

EXPLICIT, BIG_ENDIAN, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2"
DEFLATED, RLE, BASELINE = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.50"
LOSSLESS_JPEG, LOSSLESS_JPEG_SV1 = "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"
JPEG_LS, JPEG_2000 = "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90"
LOSSLESS = [EXPLICIT, BIG_ENDIAN, IMPLICIT, DEFLATED, RLE, LOSSLESS_JPEG, LOSSLESS_JPEG_SV1, JPEG_LS, JPEG_2000]
ALL = 1000.0


def greys(path, rate=ALL):
    return [frame.grey for frame in open_dicom(path).frames(rate)]


@pytest.mark.parametrize("syntax", LOSSLESS)
def test_lossless_grey_comes_back_exactly(written, grey_frames, syntax):
    path = written(grey_frames, syntax)
    np.testing.assert_array_equal(greys(path), grey_frames)


def test_jpeg_baseline_grey_is_what_another_decoder_gives(written, grey_frames):
    smooth = np.stack([cv2.GaussianBlur(frame, (0, 0), 3) for frame in grey_frames])
    path = written(smooth, BASELINE)
    error = np.abs(np.stack(greys(path)).astype(int) - smooth)
    assert error.max() <= 4


@pytest.mark.parametrize("syntax", [EXPLICIT, BIG_ENDIAN, RLE, LOSSLESS_JPEG_SV1, JPEG_LS, JPEG_2000])
def test_colour_becomes_luminance_and_is_kept_aside(written, syntax):
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 256, (2, 20, 30, 3), dtype=np.uint8)
    path = written(rgb, syntax, "YBR_RCT" if syntax == JPEG_2000 else "RGB")
    for frame, source in zip(open_dicom(path).frames(ALL), rgb, strict=True):
        luminance = source @ np.array([0.299, 0.587, 0.114])
        assert np.abs(frame.grey - luminance).max() <= 1
        np.testing.assert_array_equal(frame.rgb, source)


def test_three_equal_channels_are_grey_to_the_bit(written, grey_frames):
    path = written(np.repeat(grey_frames[..., None], 3, axis=3), EXPLICIT, "RGB")
    frames = list(open_dicom(path).frames(ALL))
    np.testing.assert_array_equal([frame.grey for frame in frames], grey_frames)
    assert all(frame.rgb is None for frame in frames)


def test_ybr_full_is_converted_once(written):
    rgb = np.zeros((1, 16, 16, 3), dtype=np.uint8)
    rgb[...] = (200, 40, 40)
    ybr = np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2YCrCb)[..., [0, 2, 1]] for frame in rgb])
    frame = next(open_dicom(written(ybr, EXPLICIT, "YBR_FULL")).frames(ALL))
    assert frame.rgb is not None
    assert np.abs(frame.rgb.astype(int) - rgb[0]).max() <= 3


@pytest.mark.parametrize("syntax", [EXPLICIT, BIG_ENDIAN])
@pytest.mark.parametrize("first", [0, 5])
def test_a_palette_is_looked_up_in_either_byte_order(written, syntax, first):
    indices = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    words = (np.arange(256)[::-1] << 8).astype("<u2" if syntax == EXPLICIT else ">u2").tobytes()
    palette = {
        f"{channel}PaletteColorLookupTable{part}": value
        for channel in ("Red", "Green", "Blue")
        for part, value in (("Descriptor", [256, first, 16]), ("Data", words))
    }
    path = written(indices, syntax, "PALETTE COLOR", **palette)
    expected = 255 - np.clip(indices[0].astype(int) - first, 0, 255)
    np.testing.assert_array_equal(greys(path)[0], expected)


@pytest.mark.parametrize("bits", [12, 16])
def test_deep_grey_is_scaled_to_bytes(written, bits):
    values = np.linspace(0, 2**bits - 1, 300).astype(np.uint16).reshape(1, 15, 20)
    path = written(values, EXPLICIT, BitsStored=bits, HighBit=bits - 1)
    np.testing.assert_array_equal(greys(path)[0], np.round(values[0] * (255 / (2**bits - 1))).astype(np.uint8))


def test_a_window_of_deep_grey_is_applied(written):
    values = np.arange(0, 2000, 10, dtype=np.uint16).reshape(1, 10, 20)
    path = written(values, EXPLICIT, BitsStored=12, HighBit=11, WindowCenter="1000", WindowWidth="401")
    result = greys(path)[0]
    assert result[values[0] <= 799].max() == 0
    assert result[values[0] >= 1200].min() == 255
    assert abs(int(result[values[0] == 1000][0]) - 128) <= 1


def test_monochrome1_is_inverted(written, grey_frames):
    np.testing.assert_array_equal(greys(written(grey_frames, EXPLICIT, "MONOCHROME1")), 255 - grey_frames)


@pytest.mark.parametrize("syntax", [EXPLICIT, RLE])
def test_clips_are_sampled_by_their_frame_time(written, syntax):
    frames = np.stack([np.full((8, 8), index, dtype=np.uint8) for index in range(20)])
    clip = open_dicom(written(frames, syntax, FrameTime="100"))
    sampled = list(clip.frames(2.5))
    assert [frame.index for frame in sampled] == [0, 4, 8, 12, 16]
    assert [int(frame.grey[0, 0]) for frame in sampled] == [0, 4, 8, 12, 16]
    assert [frame.time_s for frame in sampled] == pytest.approx([0, 0.4, 0.8, 1.2, 1.6])
    assert clip.header.rate_hz == pytest.approx(10)
    assert len(list(clip.frames(2.5))) == 5  # frames may be asked for again


def test_header_facts_and_no_others(written, grey_frames):
    path = written(
        grey_frames, PatientID="7", PatientName="Doe^Jane", StudyInstanceUID="1.2", ManufacturerModelName="X9",
        TransducerData=["C5-1", "UNUSED"], StudyDescription="US LIVER", PatientComments="secret",
    )  # fmt: skip
    header = open_dicom(path).header
    assert (header.height, header.width, header.frame_count) == (48, 64, 3)
    assert header.identity.patient_id == "7"
    assert header.transducers == ("C5-1", "UNUSED")
    assert "secret" not in str(vars(header)) + str(vars(header.identity))


def test_a_file_without_preamble_is_read(written, grey_frames):
    path = written(grey_frames)
    path.write_bytes(path.read_bytes()[132:])
    np.testing.assert_array_equal(greys(path), grey_frames)


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, BIG_ENDIAN])
def test_a_file_that_does_not_name_its_encoding_is_read(written, grey_frames, syntax):
    path = written(grey_frames.astype(np.uint16) * 257, syntax)
    content = path.read_bytes()
    group, element = (b"\0\x08", b"\0\x16") if syntax == BIG_ENDIAN else (b"\x08\0", b"\x16\0")
    path.write_bytes(content[content.index(group + element) :])
    np.testing.assert_array_equal(greys(path), grey_frames)


def refused(path):
    with pytest.raises(Unreadable) as caught:
        greys(path)
    return caught.value.reason


@pytest.mark.parametrize("syntax", [EXPLICIT, RLE, LOSSLESS_JPEG_SV1, JPEG_2000])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_truncated_files_have_a_reason(written, syntax, kept):
    noise = np.random.default_rng(0).integers(0, 256, (4, 64, 64), dtype=np.uint8)
    path = written(noise, syntax)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    assert refused(path) in (Reason.TRUNCATED, Reason.BROKEN_PIXELS, Reason.NO_PIXELS, Reason.BROKEN_HEADER)


def test_sizes_that_lie_are_refused_before_anything_is_allocated(written, grey_frames):
    assert refused(written(grey_frames, Rows=60000, Columns=60000)) is Reason.TOO_LARGE
    assert refused(written(grey_frames, NumberOfFrames=2_000_000)) is Reason.TOO_LARGE
    assert refused(written(grey_frames, NumberOfFrames=400)) is Reason.TRUNCATED
    assert refused(written(grey_frames, Rows=0)) is Reason.BROKEN_HEADER


def test_documents_without_pixels(written, grey_frames, tmp_path):
    from pydicom import dcmread

    def without_pixels(modality):
        dataset = dcmread(written(grey_frames, Modality=modality))
        for keyword in ("PixelData", "Rows", "Columns", "BitsAllocated"):
            delattr(dataset, keyword)
        buffer = io.BytesIO()
        dataset.save_as(buffer)
        (tmp_path / modality).write_bytes(buffer.getvalue())
        return tmp_path / modality

    assert refused(without_pixels("SR")) is Reason.NOT_AN_IMAGE
    assert refused(without_pixels("US")) is Reason.NO_PIXELS


def test_a_vendors_raw_data_is_no_broken_image(written, grey_frames):
    from pydicom import dcmread

    path = written(grey_frames)
    dataset = dcmread(path)
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.66"
    for keyword in ("PixelData", "Rows", "Columns", "BitsAllocated"):
        delattr(dataset, keyword)
    dataset.save_as(path)
    assert refused(path) is Reason.NOT_AN_IMAGE


def test_an_unknown_encoding_is_named(written, grey_frames):
    path = written(grey_frames, RLE)
    path.write_bytes(path.read_bytes().replace(b"1.2.840.10008.1.2.5\0", b"1.2.840.10008.1.2.9\0"))
    assert refused(path) is Reason.UNSUPPORTED_ENCODING
