"""The servers that `cuspid demo` and `cuspid test` start by themselves: a database, a broker, a mailbox."""


class Problem(Exception):
    """Something that whoever runs the command must mend; the text is one sentence that says what and how."""
