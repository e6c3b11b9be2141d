"""Reading files that nobody here wrote: pictures and PDFs are proven in a child process before they come near a record.

`prove(source, name)` gives a `Proven` file, or raises `UnsafeFile` with a sentence for whoever sent it. What it decides:

- JPEG, PNG, WebP and PDF are taken, and DICOM where the caller says so, known by their first bytes; the name's ending must agree with them.
- At most 40 MB, 50 million pixels and 16,000 pixels a side, read from the header before anything is decoded.
- Every picture is decoded to its end. What pages show is drawn anew from the pixels.
- What is kept for download: JPEG and PNG keep their compressed pixels bit for bit, because radiographs are read from them, and
  lose everything else (place, camera, comments, previews, whatever follows the picture); only the way up and a color
  profile that opens stay. WebP, which cameras and sensors do not write, is encoded anew. A PDF is kept as it is.
  Of a DICOM file only its picture is kept, and what its tags say of the patient and the picture is told (`Said`).
"""

from core.safety.proving import Proven, Said, prove
from core.safety.reasons import UnsafeFile

__all__ = ["Proven", "Said", "UnsafeFile", "prove"]
