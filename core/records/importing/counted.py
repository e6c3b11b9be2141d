"""How far reading a file has come: counted in what was read of it, which is the only thing that all readers have in common."""

import io


class Counted(io.FileIO):
    """A file that counts what was read of it, each time anew where it is read more than once."""

    so_far = 0

    def readinto(self, buffer) -> int | None:
        """What reads a part of it ends here."""
        number = super().readinto(buffer)
        self.so_far += number or 0
        return number

    def readall(self) -> bytes:
        """All that is left of it."""
        found = super().readall()
        self.so_far += len(found)
        return found
