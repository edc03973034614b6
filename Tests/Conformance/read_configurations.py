"""Run by the Python of the real supervisor: reads the configurations named on the command line and
prints what its getAllConfigInfo says of each, as JSON, without starting anything."""

import json
import sys
import types

from supervisor.options import ServerOptions
from supervisor.rpcinterface import SupervisorNamespaceRPCInterface


def read(path):
    options = ServerOptions()
    options.realize(["-n", "-c", path])
    supervisor = types.SimpleNamespace(
        options=options, process_groups={group.name: group for group in options.process_group_configs})
    interface = SupervisorNamespaceRPCInterface(supervisor)
    interface._update = lambda _: None
    return interface.getAllConfigInfo()


def answer(path):
    try:
        return read(path)
    except SystemExit as end:
        return f"exit {end.code}"


print(json.dumps({path: answer(path) for path in sys.argv[1:]}))
