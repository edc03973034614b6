"""Configurations in the forms that public container images use (see Tests/Corpus/README.md), made
ready to be read on any machine: their programs, and what says how to run them, stay as they are."""

import csv
import os
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
DIRECTORY = pathlib.Path(os.environ.get("ENTRYPOINT_CORPUS", ROOT / "Tests/Corpus"))
# Sections that say where to listen and what to read besides.
DROPPED = re.compile(r"\[(unix_http_server|inet_http_server|rpcinterface:|include|supervisorctl|ctlplugin:)")
# Keys whose values must exist: users, and the directories of files.
USER = re.compile(r"^(user|socket_owner)(\s*[=:]\s*)\S.*$")
PATH = re.compile(r"^((?:stdout_|stderr_)?logfile|pidfile|childlogdir)(\s*[=:]\s*)(/(?!dev/|proc/).*)$")


def rows(result="OK"):
    """The files that supervisord accepts, or those that it refuses (FAIL)."""
    with open(DIRECTORY / "index.tsv", newline="") as lines:
        table = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [row for row in table if row["result"] == result]


def variables(text):
    return {name: "1" for name in re.findall(r"%\(ENV_(\w+)\)", text)}


def prepared(row, directory):
    """The text for both: as in the image, but for the places of files, and the users."""
    text = (DIRECTORY / "configs" / row["file"]).read_text()
    if row["kind"] == "fragment":
        text = "[supervisord]\n" + text
    kept, isKept, section = [], True, ""
    for line in text.splitlines():
        if line.startswith("["):
            isKept, section = not DROPPED.match(line), line
        elif section.startswith("[supervisord]") and re.match(r"\s*(directory|user)\s*[=:]", line):
            continue
        if isKept:
            line = USER.sub(r"\1\2root", line)
            kept.append(PATH.sub(lambda found: moved(found, directory), line))
    return "\n".join(kept) + "\n"


def moved(found, directory):
    key, delimiter, value = found.groups()
    if key == "childlogdir":
        return f"{key}{delimiter}{directory}"
    value, *comment = re.split(r"(?=\s[;#])", value, maxsplit=1)
    return f"{key}{delimiter}{directory}/{value.strip('/').replace('/', '_')}{''.join(comment)}"
