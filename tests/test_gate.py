"""What the test run itself catches: a network that is needed, a stored output that is not what the cell gives."""

import os
import re
import subprocess
import sys

import pytest
from nbclient import NotebookClient
from nbformat import v4, write

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
ASK = """\
import socket
for ask in (socket.create_connection, lambda address: socket.getaddrinfo("example.com", 80)):
    try:
        ask(("192.0.2.1", 80))
    except PermissionError as error:
        print(error)"""


@pytest.mark.slow
def test_a_notebook_that_asks_for_the_network_fails():
    notebook = v4.new_notebook(cells=[v4.new_code_cell(ASK)])
    NotebookClient(notebook, kernel_name="python3", timeout=60).execute()
    text = notebook.cells[0].outputs[0].text
    assert "something asked for 192.0.2.1" in text
    assert "something asked for example.com" in text


# What a cell holds, what is stored of it, and whether it passes.
COMPARED = {
    "same": ("print(1 + 1)", "2\n", True),
    "another": ("print(1 + 1)", "3\n", False),
    "nothing-stored": ("print(1 + 1)", None, False),
    "warns": ("import sys; print(2); print(3, file=sys.stderr)", "2\n", False),
    "raises": ("raise ValueError", "2\n", False),
}


@pytest.mark.slow
def test_nbval_compares_a_stored_output_with_what_the_cell_gives(tmp_path):
    for name, (source, stored, _) in COMPARED.items():
        outputs = [] if stored is None else [v4.new_output("stream", name="stdout", text=stored)]
        cell = v4.new_code_cell(source, execution_count=1, outputs=outputs)
        write(v4.new_notebook(cells=[cell], metadata=KERNEL), tmp_path / f"{name}.ipynb")
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-q", "-rA", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, env=os.environ, capture_output=True, text=True)
    said = {name: word == "PASSED" for word, name in re.findall(r"^(PASSED|FAILED) (.*)\.ipynb::", done.stdout, re.M)}
    assert said == {name: passes for name, (_, _, passes) in COMPARED.items()}, done.stdout
