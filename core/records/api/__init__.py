"""The door over the network: `/api/v1`, for the practice's own system, with a key of the practice.

It takes records in (`core.records`), receives files for them, and hands out the changes that were made here (`core.records.changes`).
"""
