"""DICOM encodings, codecs, and writing; no reading of foreign files happens here."""
