"""Folders and archives of images: what their names say by a rule, and what DICOM files say themselves."""
