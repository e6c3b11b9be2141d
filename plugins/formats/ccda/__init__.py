"""Care documents (C-CDA R1.1 to R2.1, and what systems really write): their patient, the lists of the chart, and the document itself."""
