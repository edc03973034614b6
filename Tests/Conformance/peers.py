"""The real supervisord and ours on the same configuration: asked the same, and compared."""

import os
import re
import signal
import xmlrpc.client

from daemons import Daemon
from supervised import wait_until

# The texts that tell of a moment.
MOMENTS = [
    (r"pid \d+, uptime (\d+ days?, )?\d+:\d\d:\d\d", "pid P, uptime T"),
    (r"\b[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M", "DATE"),
]
# The numbers that do: only whether there is one can be compared.
NUMBERS = ("pid", "start", "stop", "now")


def plain(answer, daemon):
    """An answer without what no two daemons have in common. autorestart is told from 4.4 on."""
    if isinstance(answer, dict):
        return {key: bool(value) if key in NUMBERS else plain(value, daemon)
                for key, value in answer.items() if key != "autorestart"}
    if isinstance(answer, (list, tuple)):
        found = [plain(one, daemon) for one in answer]
        # Outcomes come in the order in which they came about.
        return sorted(found, key=lambda one: (one["group"], one["name"])) if are_outcomes(found) \
            else found
    if isinstance(answer, str):
        answer = answer.replace(str(daemon.directory), "%DIR%")
        for pattern, replacement in MOMENTS:
            answer = re.sub(pattern, replacement, answer)
    return answer


def are_outcomes(found):
    return bool(found) and all(isinstance(one, dict) and "status" in one for one in found)


class Peer(Daemon):
    """One of the two."""

    def call(self, method, *parameters):
        """The answer, or the fault as a pair, or the status of HTTP."""
        if "." not in method:
            method = f"supervisor.{method}"
        server = xmlrpc.client.ServerProxy(f"{self.tcp}/RPC2")
        for name in method.split("."):
            server = getattr(server, name)
        try:
            return server(*parameters)
        except xmlrpc.client.Fault as fault:
            return f"Fault {fault.faultCode}", fault.faultString
        except xmlrpc.client.ProtocolError as error:
            return "HTTP", error.errcode

    def info(self, name):
        return self.call("getProcessInfo", name)

    def until(self, name, state, timeout=30):
        wait_until(lambda: self.info(name)["statename"] == state, timeout, f"{name} {state}")

    def identification(self):
        """Nothing while it is not there, or is about to go."""
        try:
            return self.call("getIdentification")
        except OSError:
            return None

    def log(self, name):
        path = self.directory / name
        return path.read_bytes() if path.exists() else None

    def hang_up(self):
        self.process.send_signal(signal.SIGHUP)


class Peers:
    """Both of them."""

    def __init__(self, theirs, ours):
        self.theirs, self.ours = theirs, ours
        self.differences = []

    def each(self, act):
        return [act(one) for one in (self.theirs, self.ours)]

    def until(self, name, state):
        self.each(lambda one: one.until(name, state))

    def kill(self, pids):
        for pid in pids:
            os.kill(pid, signal.SIGKILL)

    def write(self, programs):
        self.each(lambda one: one.write(programs))

    def ask(self, method, *parameters):
        """What both say, which must be the same but for what depends on the moment."""
        said = self.each(lambda one: plain(one.call(method, *parameters), one))
        if said[0] != said[1]:
            self.differences.append(difference(f"{method}{parameters}", *said))
        return said[0]

    def check(self):
        assert not self.differences, "\n".join(self.differences)


def difference(what, theirs, ours):
    """Shown as short as it can be: of two structures only the members that differ."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        keys = [key for key in {**theirs, **ours} if theirs.get(key) != ours.get(key)]
        theirs, ours = ({key: one.get(key) for key in keys} for one in (theirs, ours))
    if isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        rows = [difference(f"{what}[{index}]", *both)
                for index, both in enumerate(zip(theirs, ours)) if both[0] != both[1]]
        return "\n".join(rows)
    return f"{what}\n  supervisord: {theirs!r}\n  ours:        {ours!r}"
