"""Patients, their families and providers, and who may see whose what."""
