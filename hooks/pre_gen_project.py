"""Refuse, in one sentence, an answer that could not name a project; nothing is written before."""

import json
import os
import re
import sys
import unicodedata
from pathlib import Path

# JSON inside a string literal: whatever an answer holds, here it is data.
ANSWERS = json.loads({{cookiecutter | tojson | tojson}})
TYPED = json.loads({{_cookiecutter | default({}) | tojson | tojson}})

LONGEST = 100
# Each of these ends a string, starts a tag or a substitution in a file that the name is written to.
BREAKING = '"\\{}<>$`'
# A right-to-left override can make a name read as what it is not.
UNREADABLE = {"Cc", "Cs", "Zl", "Zp"}
OVERRIDES = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def unfit(character):
    """Whether a project name may not hold this character."""
    return (
        character in BREAKING
        or unicodedata.category(character) in UNREADABLE
        or unicodedata.bidirectional(character) in OVERRIDES
    )


def objection(name, slug):
    """Why the answers are refused, or None."""
    for question, typed in TYPED.items():
        if isinstance(typed, str) and "{" in typed and "cookiecutter.__slug" not in typed:
            return f"The answer to {question} holds a brace: answer with plain text."
    if not name.strip() or len(name) > LONGEST:
        return (
            f"The project name has {len(name)} characters: give it 1 to {LONGEST}, not all blank."
        )
    if bad := next(filter(unfit, name), None):
        return f"The project name holds {bad!a}: leave out control characters and any of {BREAKING}"
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug) or len(slug) > LONGEST:
        return f"The folder name is {slug[:LONGEST]!a}: use lowercase letters, digits and hyphens."
    return None


def remove_folders(slug):
    """Remove the folders that a name with slashes has made, and nothing that holds a file."""
    os.chdir(ANSWERS["_output_dir"])
    for folder in (Path(slug), *Path(slug).parents):
        if folder.name in ("", "..") or any(folder.iterdir()):
            return
        folder.rmdir()


if reason := objection(ANSWERS["project_name"], ANSWERS["project_slug"]):
    if "/" in ANSWERS["project_slug"]:
        remove_folders(ANSWERS["project_slug"])
    sys.exit(reason)
