"""FHIR R4 in JSON: bundles, single resources, and bulk exports (NDJSON).

The resources are read as plain dictionaries. Whatever is missing or of another type than it should be counts as not said, so that no
resource, however odd, is worse than a fault with its place.
"""
