"""Label spaces: the names that labels may take, and what burnt-in text and DICOM tags say in them."""
