"""The one kind of failure a user can mend."""


class PlotoptError(Exception):
    """Input that plotopt cannot work with.

    The message is one line that names what was wrong, the value, and what to do about it. The command
    line prints it and exits with code 2; library callers catch it. Anything else that escapes is a bug
    and keeps its traceback.
    """
