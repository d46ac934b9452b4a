"""A JupyterHub for a class on one machine, with nbgrader's exchange.

    python -m pip install jupyterhub && npm install --global configurable-http-proxy
    jupyterhub --config deploy/jupyterhub/jupyterhub_config.py

docs/jupyterhub.md is the guide. Everything that differs from place to place comes from the environment:

    MINBPE_HUB         the folder for what the hub keeps, and for the exchange (default: ./hub)
    MINBPE_INSTRUCTORS names, with commas between them (default: instructor)
    MINBPE_TRY         set to 1 to try it on your own machine: no passwords, all users are you. Never for a class.
"""

import os
import pwd
import subprocess
import sys
from pathlib import Path

c = get_config()  # noqa: F821  (JupyterHub puts it there)

COURSE = Path(__file__).resolve().parents[2]
HUB = Path(os.environ.get("MINBPE_HUB", "hub")).resolve()
INSTRUCTORS = set(filter(None, os.environ.get("MINBPE_INSTRUCTORS", "instructor").split(",")))
EXCHANGE = HUB / "exchange"
TRY = bool(os.environ.get("MINBPE_TRY"))
HUB.mkdir(parents=True, exist_ok=True)
EXCHANGE.mkdir(exist_ok=True)
EXCHANGE.chmod(0o777)  # nbgrader's exchange: everybody hands in here, and nobody reads what others handed in

c.JupyterHub.bind_url = os.environ.get("MINBPE_URL", "http://127.0.0.1:8000")
c.JupyterHub.db_url = f"sqlite:///{HUB / 'jupyterhub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(HUB / "cookie_secret")
c.ConfigurableHTTPProxy.pid_file = str(HUB / "proxy.pid")
c.Authenticator.admin_users = INSTRUCTORS
c.JupyterHub.load_groups = {"formgrade-minbpe": {"users": sorted(INSTRUCTORS)}}
c.Spawner.cmd = [str(Path(sys.executable).with_name("jupyterhub-singleuser"))]
c.Spawner.default_url = "/lab"
c.Spawner.http_timeout = 120  # seconds: a class comes in all at once
c.Spawner.environment = {
    "JUPYTER_CONFIG_PATH": str(HUB / "config"),  # nbgrader_config.py, below, for everybody
    "MINBPE_COURSE": str(COURSE),
}

# What nbgrader reads in every user's server: where the exchange is, what course it is, and where a fetched exercise
# goes: beside the notebooks, so that the links between them work.
(HUB / "config").mkdir(exist_ok=True)
(HUB / "config" / "nbgrader_config.py").write_text(
    f"""import os
from pathlib import Path

c = get_config()
c.CourseDirectory.course_id = "minbpe"
c.Exchange.root = {str(EXCHANGE)!r}
c.Exchange.assignment_dir = str(Path.home() / "exercises")
c.Exchange.timezone = "UTC"
if {TRY}:  # all servers and folders are yours, so nbgrader cannot tell by them who it is
    c.ExchangeCollect.check_owner = False
    if os.environ["JUPYTERHUB_USER"] not in {sorted(INSTRUCTORS)}:
        c.CourseDirectory.student_id = os.environ["JUPYTERHUB_USER"]
""",
    encoding="utf-8",
)

LAY_OUT = '[ -d exercises ] || mkdir exercises; [ -e notebooks ] || cp -R "$0" notebooks'


def lay_out(spawner) -> None:
    """A learner's home holds the notebooks of the course, and a place for the exercises."""
    home = Path(spawner.user_env({})["HOME"])
    who = {}
    if TRY:
        home.mkdir(parents=True, exist_ok=True)
    elif os.getuid() == 0:
        # As the learner, whose links would else take root anywhere.
        user = pwd.getpwnam(spawner.user.name)
        who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    subprocess.run(["sh", "-c", LAY_OUT, str(COURSE / "notebooks")], cwd=home, check=True, **who)


c.Spawner.pre_spawn_hook = lay_out

if TRY:
    c.JupyterHub.authenticator_class = "dummy"
    c.DummyAuthenticator.allow_all = True
    c.JupyterHub.spawner_class = "simple"
    c.SimpleLocalProcessSpawner.home_dir_template = str(HUB / "home" / "{username}")
    c.Spawner.notebook_dir = str(HUB / "home" / "{username}")
    c.Spawner.args = ["--allow-root"] if os.getuid() == 0 else []
