"""Care documents: writing our own as a C-CDA R2.1 Continuity of Care Document, and reading those that come from outside."""
