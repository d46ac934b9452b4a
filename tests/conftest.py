"""What the tests share: the option --long, hypothesis without chance, and GPT-4's vocabulary without a network."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir

from minbpe import GPT4Tokenizer, vocabularies

SLOW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
settings.register_profile("course", deadline=None, derandomize=True, database=None, suppress_health_check=SLOW)
settings.load_profile("course")


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="run the long forms of the fuzz tests too (minutes)")
    parser.addoption("--site", type=Path, help="a folder made by tools/build_site.py --offline: test it in a browser")


@pytest.hookimpl(tryfirst=True)  # before the plugin pytest-timeout reads its options
def pytest_configure(config):
    if config.getoption("--long"):
        config.option.timeout = 3 * 60 * 60
    # For the kernels, too: no test adds to a learner's progress, or sees it, and none needs a network.
    os.environ["MINBPE_PROGRESS"] = ""
    offline = str(Path(__file__).with_name("offline"))
    if offline not in os.environ.get("PYTHONPATH", ""):
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [offline, os.environ.get("PYTHONPATH")]))
    if not hasattr(config, "workerinput"):
        # Makes matplotlib's list of fonts, where there is none yet. Kernels that had to make it would say so in a cell.
        import_module("matplotlib.font_manager")
    config.addinivalue_line("markers", "long: runs only with --long")
    config.addinivalue_line("markers", 'slow: takes more than 3 s; leave it out with -m "not slow"')


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--long"):
        for item in items:
            if "long" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="runs with --long"))


@pytest.fixture(scope="session")
def long(request) -> bool:
    """Whether this is the long run."""
    return request.config.getoption("--long")


@pytest.fixture(scope="session", autouse=True)
def _nothing_is_written_outside_the_temporary_folder(tmp_path_factory):
    """tiktoken's downloads and hypothesis's notes go where pytest clears up."""
    set_hypothesis_home_dir(tmp_path_factory.mktemp("hypothesis"))
    before = {name: os.environ.pop(name, None) for name in ("TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR")}
    os.environ["TIKTOKEN_CACHE_DIR"] = str(tmp_path_factory.mktemp("tiktoken"))
    yield
    for name, value in before.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


@pytest.fixture(scope="session")
def cl100k():
    """tiktoken's cl100k_base: the encoding of GPT-4."""
    return vocabularies.get_encoding("cl100k_base")


@pytest.fixture(scope="session")
def o200k():
    """tiktoken's o200k_base: the encoding of GPT-4o."""
    return vocabularies.get_encoding("o200k_base")


@pytest.fixture(scope="session")
def gpt4() -> GPT4Tokenizer:
    """One GPT4Tokenizer for all tests. They only read it."""
    return GPT4Tokenizer()
