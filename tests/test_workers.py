"""Many processes count what one counts, and nothing is left of them; a cluster survives the loss of a worker."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import psutil
import pytest

from minbpe import RegexTokenizer, blocks, corpora, counting, train
from minbpe.counting import count_chunks
from minbpe.workers import WorkerLost, on_cores

POSIX = pytest.mark.skipif(os.name != "posix", reason="POSIX only")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Everything happens in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Some 700 kB of real text in files of several kinds, and its documents in order."""
    folder = tmp_path_factory.mktemp("corpus")
    texts = [corpora.load(name) for name in ("english", "code", "unicode")]
    lines = corpora.load("parallel").splitlines()
    (folder / "a.txt").write_bytes((texts[0] * 3).encode())
    (folder / "b.txt.gz").write_bytes(gzip.compress(texts[1].encode()))
    (folder / "c.jsonl").write_text("".join(json.dumps({"text": line}) + "\n" for line in lines), encoding="utf-8")
    (folder / "d.txt").write_bytes(texts[2].encode())
    return folder, [texts[0] * 3, texts[1], *lines, texts[2]]


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks are cut here and sent to the workers, so this tells them too."""
    monkeypatch.setattr(blocks, "BLOCK", 20_000)


def counted_at_once(documents):
    """What training on the documents counts."""
    return list(RegexTokenizer()._count_chunks(documents).items())


def workers_of(process=None):
    """The worker processes that a process has started."""
    found = []
    for child in (process or psutil.Process()).children(recursive=True):
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
    return found


def assert_gone(processes):
    _, alive = psutil.wait_procs(processes, timeout=20)
    for process in alive:
        process.kill()
    assert not alive


# On this machine


def test_any_number_of_workers_gives_the_counts_of_one_in_the_same_order(corpus, small_blocks):
    folder, documents = corpus
    size = sum(path.stat().st_size for path in folder.iterdir())
    for workers in (1, 3):
        done = []
        counts = count_chunks(folder, field="text", workers=workers, progress=done.append)
        assert list(counts.items()) == counted_at_once(documents)
        assert sum(done) == size
    assert len(done) > 10
    assert workers_of() == []


def test_a_small_input_is_counted_here_and_a_large_one_on_all_cores(monkeypatch):
    Path("a.txt").write_text("some text")
    started = mock.Mock(side_effect=lambda *_: (each for each in ()))
    monkeypatch.setattr(counting, "on_cores", started)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(5), raising=False)
    assert count_chunks("a.txt") == {b"some": 1, b" text": 1}
    assert not started.called
    monkeypatch.setattr(counting, "MANY_BYTES", 9)
    count_chunks("a.txt")
    assert started.call_args[0][0] == 5


class Numbered(NamedTuple):
    number: int
    size: int = 1


def slow_at_first(block):
    time.sleep(1.5 if block.number == 0 else 0)
    return block.number


def test_all_results_come_in_order_when_the_first_block_takes_longest():
    blocks = [Numbered(number) for number in range(20)]
    assert list(on_cores(2, slow_at_first, blocks, None)) == list(range(20))


def test_training_from_counts_is_training_on_the_texts(corpus, small_blocks):
    folder, documents = corpus
    ours, theirs = RegexTokenizer(), RegexTokenizer()
    theirs.train(documents, 400)
    ours.train_from_counts(count_chunks(folder, field="text", workers=2), 400)
    assert ours.merges == theirs.merges


def test_an_error_in_a_worker_arrives_here_and_ends_all_of_them(corpus, small_blocks):
    folder, _ = corpus
    Path("bad.txt").write_bytes(b"x" * 99 + b"\xff")
    with pytest.raises(ValueError, match=r"bad\.txt .* 0xff at offset 99 "):
        count_chunks([folder / "a.txt", "bad.txt", folder / "d.txt"], workers=2)
    assert workers_of() == []


def test_a_worker_that_is_killed_is_an_error_that_says_what_may_have_happened(corpus, small_blocks):
    folder, _ = corpus

    def kill_a_worker(_):
        workers_of()[0].kill()

    with pytest.raises(WorkerLost, match="out of memory"):
        count_chunks([folder / "a.txt"] * 20, workers=2, progress=kill_a_worker)
    assert workers_of() == []


def test_a_script_that_forgets_to_guard_its_main_part_is_told_so(corpus):
    folder, _ = corpus
    Path("script.py").write_text(
        f"from minbpe.counting import count_chunks\ncount_chunks({str(folder / 'a.txt')!r}, workers=2)\n"
    )
    done = subprocess.run([sys.executable, "script.py"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert 'if __name__ == "__main__":' in done.stderr.splitlines()[-1]


@contextmanager
def command_at_work(*argv):
    """The command line with two workers that are busy with a long text."""
    megabyte = (corpora.load("english") * 14).encode()
    with open("long.txt", "wb") as file:
        for _ in range(100):
            file.write(megabyte)
    before = set(os.listdir(os.environ.get("TMPDIR", "/tmp")))
    process = subprocess.Popen(
        [sys.executable, "-m", "minbpe.train", "long.txt", "--tokenizer", "regex", "--workers", "2", *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # so that Ctrl-C, which goes to all processes of a terminal, does not reach the tests
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        parent = psutil.Process(process.pid)
        deadline = time.monotonic() + 60
        while sum(worker.cpu_times().user > 0.5 for worker in workers_of(parent)) < 2:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.02)
        yield process, parent.children(recursive=True), before
    finally:
        process.kill()
        process.wait()


@POSIX
def test_ctrl_c_ends_all_processes_and_leaves_nothing_behind():
    with command_at_work() as (process, children, before):
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
        out, err = process.communicate(timeout=30)
        assert (process.returncode, out, err) == (130, b"", b"minbpe.train: interrupted\n")
        assert_gone(children)
    assert os.listdir() == ["long.txt"]
    assert not {name for name in os.listdir(os.environ.get("TMPDIR", "/tmp")) if "pym" in name} - before


@POSIX
def test_workers_do_not_outlive_a_command_that_is_killed():
    with command_at_work() as (process, children, _):
        process.kill()
        assert_gone(children)


@POSIX
def test_ctrl_c_while_the_workers_start_is_as_quiet():
    Path("a.txt").write_text("some text")
    process = subprocess.Popen(
        [sys.executable, "-m", "minbpe.train", "a.txt", "--tokenizer", "regex", "--workers", "4"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    parent = psutil.Process(process.pid)
    while not workers_of(parent) and process.poll() is None:
        time.sleep(0.005)
    children = parent.children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, b"", b"minbpe.train: interrupted\n")
    assert_gone(children)


# On a cluster


@pytest.fixture(scope="module")
def cluster():
    """A Dask cluster of two processes on this machine."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs=50
    ) as cluster:
        yield cluster


def test_a_cluster_one_of_whose_workers_is_killed_midway_gives_the_counts_of_one_process(corpus, small_blocks, cluster):
    from distributed import Client

    folder, documents = corpus
    killed = []

    def kill_one(_):
        """When the first block is done: the worker that has done it, and holds its counts."""
        if not killed:
            pids = {address: info["pid"] for address, info in client.run(lambda: {"pid": os.getpid()}).items()}
            holding = {address for addresses in client.who_has().values() for address in addresses} or pids
            killed.append(pids[next(iter(holding))])
            os.kill(killed[0], signal.SIGTERM if os.name == "nt" else signal.SIGKILL)

    with Client(cluster, set_as_default=False) as client:
        counts = count_chunks(folder, field="text", client=client, progress=kill_one)
        assert len(killed) == 1 and not psutil.pid_exists(killed[0])
        assert list(counts.items()) == counted_at_once(documents)
        undisturbed = count_chunks(folder, field="text", client=client, min_frequency=3)
        assert list(undisturbed.items()) == list(count_chunks(folder, field="text", min_frequency=3).items())
        assert client.who_has() == {}  # nothing is left on the cluster either


def test_the_command_line_has_a_cluster_count(corpus, cluster, capsys):
    folder, documents = corpus
    argv = [str(folder), "--field", "text", "--tokenizer", "regex", "--vocab-size", "300"]
    assert train.main([*argv, "--cluster", cluster.scheduler_address]) == 0
    tokenizer, expected = RegexTokenizer(), RegexTokenizer()
    tokenizer.load("models/regex.model")
    expected.train(documents, 300)
    assert tokenizer.merges == expected.merges


def test_an_error_on_the_cluster_is_the_users_error(cluster):
    from distributed import Client

    Path("bad.txt").write_bytes(b"x" * 99 + b"\xff")
    with Client(cluster, set_as_default=False) as client:
        with pytest.raises(ValueError, match=r"bad\.txt is not UTF-8: byte 0xff at offset 99 "):
            count_chunks("bad.txt", client=client)
        with pytest.raises(ValueError, match="a cluster cannot read standard input"):
            count_chunks("-", client=client)


def test_a_cluster_that_does_not_answer_or_has_no_workers_is_an_error(cluster, monkeypatch, capsys):
    from distributed import Client, LocalCluster

    Path("a.txt").write_text("some text")
    monkeypatch.setattr(train, "CONNECTING", "0.5 s")
    for address in ("tcp://127.0.0.1:9", "nonsense://x", "no address"):
        assert train.main(["a.txt", "--tokenizer", "regex", "--cluster", address]) == 2
        err = capsys.readouterr().err
        assert err.startswith(f"minbpe.train: error: no Dask scheduler answers at {address}")
        assert err.count("\n") == 1
    monkeypatch.setattr("minbpe.workers.PATIENCE", 0.2)
    with (
        LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address=None) as empty,
        Client(empty, set_as_default=False) as client,
        pytest.raises(WorkerLost, match="no workers"),
    ):
        count_chunks("a.txt", client=client)
