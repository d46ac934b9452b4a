// Python's modules in wheels and zips, compiled by the Python that will import them:
//
//     node compile.mjs PYODIDE FROM INTO
//
// In the browser compiling was most of a kernel's start. The sources stay beside it, for tracebacks and inspect.getsource.
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

const [pyodide, from, into] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(join(pyodide, 'pyodide.mjs')));
const python = await loadPyodide({ indexURL: pyodide });
for (const [place, root] of [['/from', from], ['/into', into]]) {
  python.FS.mkdir(place);
  python.FS.mount(python.FS.filesystems.NODEFS, { root }, place);
}
python.runPython(`
import warnings
from importlib.util import cache_from_source, source_hash
from importlib._bootstrap_external import _code_to_hash_pyc
from pathlib import Path
from sysconfig import get_path
from zipfile import ZIP_DEFLATED, ZipFile

def compiled(source, place):
    code = compile(source, place, "exec", dont_inherit=True)
    return _code_to_hash_pyc(code, source_hash(source), checked=False)  # by hash: unpacking a wheel loses the times

warnings.simplefilter("ignore", SyntaxWarning)  # other people's
for path in sorted(Path("/from").iterdir()):
    wheel = path.suffix == ".whl"
    place = get_path("purelib" if wheel else "stdlib")
    with ZipFile(path) as old, ZipFile(f"/into/{path.name}", "w", ZIP_DEFLATED) as new:
        for info in old.infolist():
            data = old.read(info)
            new.writestr(info, data)
            if info.filename.endswith(".py"):
                beside = cache_from_source(info.filename) if wheel else info.filename + "c"  # where each is looked for
                new.writestr(beside, compiled(data, f"{place}/{info.filename}"))
`);
