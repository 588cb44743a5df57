"""`--system`: the user and the cache of the service of the machine."""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from markerd.cli.service_account import become_service
from markerd.errors import UnavailableError
from needs import missing

UNIT = "[Service]\nUser={user}\nEnvironment=XDG_CACHE_HOME=/var/cache/markerd\n"


def test_cache_is_that_of_the_unit(tmp_path: Path) -> None:
    """The shipped unit names it, so that is where the models go."""
    shipped = (files("markerd") / "data" / "systemd" / "markerd.service").read_text("utf-8")
    assert UNIT.splitlines()[2] in shipped.splitlines()
    unit = tmp_path / "markerd.service"
    unit.write_text(shipped.replace("User=markerd", f"User={getpass.getuser()}"))
    environment: dict[str, str] = {}
    become_service(environment, unit)
    assert environment["XDG_CACHE_HOME"] == "/var/cache/markerd"


@pytest.mark.parametrize(("user", "message"), [(None, "no service"), ("nobody-of-that-name", "does not exist")])
def test_missing_service_or_user_is_named(tmp_path: Path, user: str | None, message: str) -> None:
    """Neither is an error without words."""
    unit = tmp_path / "markerd.service"
    if user is not None:
        unit.write_text(UNIT.format(user=user))
    with pytest.raises(UnavailableError, match=message):
        become_service({}, unit)


def test_root_becomes_the_user_of_the_service(tmp_path: Path) -> None:
    """What is written then belongs to that user, and no right of root is left."""
    if os.geteuid() != 0:
        missing("only root can become another user")
    unit = tmp_path / "markerd.service"
    unit.write_text(UNIT.format(user="nobody"))
    tmp_path.chmod(0o755)
    code = (
        "import os, pwd, sys; from pathlib import Path; from markerd.cli.service_account import become_service; "
        "become_service(unit=Path(sys.argv[1])); nobody = pwd.getpwnam('nobody'); "
        "assert os.getresuid() == (nobody.pw_uid,) * 3; assert os.getresgid() == (nobody.pw_gid,) * 3; "
        "assert os.environ['HOME'] == nobody.pw_dir; assert 0 not in os.getgroups()"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(unit)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
