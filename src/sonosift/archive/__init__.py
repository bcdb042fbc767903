"""Bytes from a hospital become decoded clips: DICOM, video, stills. Hostile files die in a child process."""
