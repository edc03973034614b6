"""What getAllConfigInfo says of a configuration, without any of its programs being run."""

import json
import re
import subprocess
import xmlrpc.client

from supervised import ROOT, free_port, wait_until

AUTOMATIC = re.compile(r".*-std(out|err)---\w+-\w{8}\.log")
# Ours is asked over its server, while its programs wait for what never comes.
FROZEN = """
[inet_http_server]
port=127.0.0.1:{port}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisord]
control={directory}/control.sock
nodaemon=true
silent=true
[wait:never]
command=false
timeout=0
interval=1h
"""


def of_theirs(python, paths, environment, directory):
    """By path; what refuses is told by its exit code."""
    script = ROOT / "Tests/Conformance/read_configurations.py"
    done = subprocess.run([python, str(script), *map(str, paths)], cwd=directory, env=environment,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def of_ours(program, path, environment):
    """Our getAllConfigInfo, with the names of AUTO files as they are before they are made."""
    port, own = free_port(), path.with_name("ours.conf")
    frozen = FROZEN.format(port=port, directory=path.parent)
    own.write_bytes(path.read_bytes() + frozen.encode())
    process = subprocess.Popen([str(program), "-n", "-c", str(own)], env=environment, cwd=path.parent,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    server = xmlrpc.client.ServerProxy(f"http://127.0.0.1:{port}/RPC2")

    def answer():
        assert process.poll() is None, process.stderr.read().decode()
        try:
            return [server.supervisor.getAllConfigInfo()]
        except OSError:
            return None

    try:
        return [as_theirs(one) for one in wait_until(answer, what=f"an answer about {path}")[0]]
    finally:
        process.kill()
        process.wait()


def as_theirs(info):
    """4.3.0 does not tell autorestart; later releases do."""
    assert info.pop("autorestart") in (True, False, "unexpected")
    for key in ("stdout_logfile", "stderr_logfile"):
        if AUTOMATIC.fullmatch(info[key]):
            info[key] = "auto"
    return info
