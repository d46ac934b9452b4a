"""What an offline site cannot carry says so, in a sentence."""


class NotInThisSite(ModuleNotFoundError):
    """A package is missing, and this is no mistake of the reader's. Jupyter shows the sentence, without a traceback."""

    def _render_traceback_(self):
        return [str(self)]


def absent(name):
    return NotInThisSite(
        f"This needs the package {name}, which this copy of the course comes without, since it is not plain Python. "
        "Read on; or run the notebook where the course is installed."
    )
