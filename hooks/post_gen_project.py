"""Lay the chosen engine's files over the project, write its secrets, say what to type next."""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

# JSON inside a string literal: whatever an answer holds, here it is data.
ANSWERS = json.loads({{cookiecutter | tojson | tojson}})
SLUG = ANSWERS["project_slug"]
# Where the template was read from; cruft, which renders a project to compare it, gives none.
STARTED_IN = Path(os.environ.get("PWD", "."))
SOURCE = ANSWERS.get("_repo_dir", "") and STARTED_IN / ANSWERS["_repo_dir"]


def lay_engine():
    """Lay the engine's trees, mirrors of the project's, over the project."""
    for tree in ANSWERS["_trees"][ANSWERS["task_engine"]]:
        shutil.copytree(Path("_engines", tree), ".", dirs_exist_ok=True)
    shutil.rmtree("_engines")
    if (more := Path(".env.more")).exists():
        with Path(".env.example").open("a", encoding="utf-8", newline="\n") as example:
            example.write(more.read_text("utf-8"))
        more.unlink()
    locked = re.findall(r'^name = "(.+)"$', Path("uv.lock").read_text("utf-8"), re.MULTILINE)
    if locked.count(SLUG) > 1:
        sys.exit(f"The project needs a package called {SLUG}: name its folder {SLUG}-shop, say.")


def write_env():
    """Write the example with secrets that only this project has; an earlier bake's are kept."""
    if not Path(".env").exists():
        example = Path(".env.example").read_text("utf-8")
        file = os.open(".env", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(file, "w", encoding="utf-8") as env:
            env.write(example.replace("=change-me\n", f"={secrets.token_urlsafe(50)}\n"))


def git(*arguments):
    """What git says of the template's checkout."""
    command = ["git", "-C", str(SOURCE), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def write_cruft():
    """Note the template's address and commit, from which cruft can bring later versions."""
    local = (STARTED_IN / ANSWERS["_template"]).is_dir()
    template = str(SOURCE.resolve()) if local else git("config", "remote.origin.url")
    record = {
        "template": re.sub(r"^(https?://)[^/@]*@", r"\1", template),
        "commit": git("rev-parse", "HEAD"),
        "checkout": ANSWERS["_checkout"],
        "context": {"cookiecutter": {k: v for k, v in ANSWERS.items() if k[0] != "_"}},
        "directory": None,
    }
    Path(".cruft.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


lay_engine()
write_env()
if SOURCE:
    if (SOURCE / ".git").exists() and shutil.which("git"):
        write_cruft()
    print(f"{SLUG} is ready. Type:\n  cd {os.path.relpath('.', STARTED_IN)} && make demo")
