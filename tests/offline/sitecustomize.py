"""Cuts the network off in every Python that the tests start: kernels, servers, the command line.

tests/conftest.py puts this folder on PYTHONPATH, and Python imports a module of this name when it starts.
"""

import os
import sys

HERE = ("localhost", "127.0.0.1", "::1", "0.0.0.0", "::", "", None)


def refuse(event: str, args: tuple) -> None:
    if event == "socket.connect":
        address = args[1]
        host = address[0] if isinstance(address, tuple) else None  # else a socket in the file system
    elif event == "socket.getaddrinfo":
        host = args[0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host not in HERE:
        raise PermissionError(f"the tests run without a network, and something asked for {host}")


if "MINBPE_GRADING_NOTES" not in os.environ:  # where a class is graded, its own guard does this, and notes it
    sys.addaudithook(refuse)
