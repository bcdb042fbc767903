"""The table of encodings against pydicom's own dictionary of transfer syntaxes."""

import pytest
from pydicom.uid import UID

from sonosift.dicom.encodings import ENCODINGS, encoding_named, encoding_of
from sonosift.errors import SonosiftError


@pytest.mark.parametrize("encoding", ENCODINGS.values(), ids=lambda encoding: encoding.name)
def test_the_standard_agrees(encoding):
    uid = UID(encoding.uid)
    assert uid.is_transfer_syntax
    assert uid.is_encapsulated == encoding.encapsulated
    assert encoding_of(encoding.uid) is encoding
    assert encoding_named(encoding.name) is encoding
    # The names of the lossless ones say so in the standard, except RLE ("lossless" too) and the plain ones.
    if encoding.codec in ("jpeg-lossless", "jpeg-ls", "rle"):
        assert encoding.lossless
        assert "Lossless" in uid.name


def test_an_unknown_name_gets_the_closest():
    with pytest.raises(SonosiftError, match="jpeg-ls"):
        encoding_named("jpegls")
    assert encoding_of("1.2.3") is None
