"""One door for all files: look at the content, hand the file to the reader that knows it."""

from __future__ import annotations

from pathlib import Path

from sonosift.archive.clip import Clip
from sonosift.archive.sniff import Content, sniff
from sonosift.archive.unreadable import Reason, Unreadable


def open_clip(path: Path) -> Clip:
    """Open any supported file as a clip.

    Raises:
        Unreadable: with the reason, for every file that is not a readable image or clip.
    """
    content = sniff(path)
    if content is Content.DICOM:
        from sonosift.archive.dicom_reader import open_dicom

        return open_dicom(path)
    if content is Content.VIDEO:
        from sonosift.archive.video_reader import open_video

        return open_video(path)
    if content is Content.STILL:
        from sonosift.archive.still_reader import open_still

        return open_still(path)
    raise Unreadable(_SKIP_REASONS[content])


_SKIP_REASONS = {
    Content.DICOMDIR: Reason.DICOMDIR,
    Content.PACKED: Reason.PACKED_ARCHIVE,
    Content.ZIP: Reason.NESTED_ARCHIVE,  # zip files are unpacked by zip_members before they come here
    Content.OTHER: Reason.NOT_AN_IMAGE,
}
