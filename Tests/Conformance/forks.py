"""Run by the Python of the real supervisor: its client, a process for each job, without the tenth of
a second that Python and the modules take to start. Jobs come as JSON, a line each; the exit code goes
back as a line."""

import json
import os
import sys
import traceback

from supervisor.supervisorctl import main


def become(job):
    """The child: other files, another place, another environment, and then what the script does."""
    os.chdir(job["cwd"])
    os.environ.clear()
    os.environ.update(job["env"])
    for number, path in enumerate(job["files"]):
        raw = os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY)
        os.dup2(raw, number)
        os.close(raw)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")
    sys.argv = job["argv"]
    try:
        code = main()
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 0 if code is None else 1)


for line in sys.stdin:
    child = os.fork()
    if child == 0:
        become(json.loads(line))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
