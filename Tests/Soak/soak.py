"""Disturbs a supervisor that is PID 1 for a long time: `soak.py [--minutes N] [--seed N]`.

Between bouts of churn the supervisor is left alone until every program runs; then figures of PID 1
and of its roles are taken. In the end they are printed; the exit code is 1 where one has grown,
where a program was not as it should be, or where the supervisor did not end with 0.
"""

import argparse
import pathlib
import random
import shutil
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "EndToEnd"))
import samples  # noqa: E402
import workload  # noqa: E402
from churn import Churn  # noqa: E402
from supervised import Supervised, free_port, wait_until  # noqa: E402

BOUT_SECONDS = 15
# Each reload begins with an empty heap, so memory is observed without; descriptors, which pass
# through, are compared before and after some reloads at the end.
RELOADS = 5


class Soak:
    def __init__(self, directory, seed):
        self.directory = directory
        workload.prepare(directory)
        self.port = free_port()
        path = directory / "entrypoint.conf"
        self.one = Supervised(directory, "", pid1=True, path=path)
        self.churn = Churn(self.one, directory, self.port, seed)
        self.churn.write()
        self.samples = []
        self.complaints = []

    def start(self):
        self.one.start()
        self.settle()

    def settle(self):
        """Until every program that should run does, and none that should not."""
        self.churn.rest()
        # Without guests the descriptors are the same number each time.
        self.churn.guests = {}
        self.churn.write()
        # A change that found another one under way was refused.
        wait_until(lambda: self.churn.client("update")[0] == 0, 60, "an update")
        names = set(workload.expected(self.churn.guests))

        def missing():
            status = self.one.status()
            programs = {name: row for name, row in status.items() if row.get("kind", "program") in (
                "program", "eventlistener", "listener")}
            wrong = {name: programs.get(name, {}).get("state", "missing") for name in names
                     if programs.get(name, {}).get("state") != "RUNNING"
                     or not programs.get(name, {}).get("ready", True)}
            # A start that was requested during a stop has been refused.
            for name in names:
                if programs.get(name, {}).get("state") == "STOPPED":
                    self.churn.client("start", name)
            guests = {name for name in programs if name.startswith("guest")} - names
            self.wrong = {**wrong, **dict.fromkeys(guests, "not expected")}
            return not self.wrong
        try:
            wait_until(missing, 120, "the programs")
        except AssertionError as error:
            self.complaints.append(f"not as they should be: {self.wrong} {error}")

    def bout(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.churn.act()

    def take(self):
        # Roles that were killed a moment ago are back, and no zombie is left.
        wait_until(lambda: {"logger", "gateway", "events"} <= set(samples.roles(self.one.pid)),
                   30, "the roles")
        wait_until(lambda: samples.zombies(self.one.pid) == 0, 30, "the end of the zombies")
        taken = wait_until(lambda: self.quiet(), 30, "figures")
        self.samples.append(taken)
        return taken

    def quiet(self):
        try:
            return samples.sample(self.one.pid)
        except (FileNotFoundError, ProcessLookupError):
            return None

    def run(self, minutes):
        self.start()
        end = time.monotonic() + 60 * minutes
        number = 0
        while time.monotonic() < end and len(self.complaints) < 3:
            self.bout(BOUT_SECONDS)
            self.settle()
            taken = self.take()
            number += 1
            if number % 10 == 0:
                print(f"{number} bouts: " + ", ".join(
                    f"{name} {value}" for name, value in sorted(taken.items())), flush=True)
        self.reloads()
        code = self.one.stop(timeout=120)
        if code != 0:
            self.complaints.append(f"exit code {code}")

    def usual(self):
        """The medians of PID 1's descriptors and registrations at rest: probes come and go."""
        several = [self.take() for _ in range(9)]
        del self.samples[-9:]
        return {name: statistics.median(one[name] for one in several) for name in several[0]
                if name.startswith("pid1") and not name.endswith("memory")}

    def reloads(self):
        before = self.usual()
        for _ in range(RELOADS):
            stamp = self.started()
            self.churn.reload()
            wait_until(lambda: self.started() > stamp, 120, "a reload")
            self.settle()
        after = self.usual()
        for name, value in after.items():
            if value > before[name]:
                self.complaints.append(f"{name} after {RELOADS} reloads: {before[name]} -> {value}")
        print(f"{RELOADS} reloads: {before} -> {after}")

    def started(self):
        """How often the supervisor has begun."""
        return self.one.journal_path.read_text(errors="replace").count('"wall"')

    def report(self):
        print("actions: " + ", ".join(f"{name} {count}" for name, count in self.churn.counts.items()))
        print(f"samples: {len(self.samples)}")
        print(f"{'figure':32} {'early':>10} {'late':>10}")
        for name, before, after, flat in samples.growth(self.samples):
            print(f"{name:32} {before:>10} {after:>10} {'' if flat else 'GROWN'}")
            if not flat:
                self.complaints.append(f"{name} has grown from {before} to {after}")
        text = self.one.said()
        for word in ("internal error", "invariant"):
            if word in text:
                self.complaints.append(f"the supervisor wrote: {word}")
        for line in self.complaints:
            print(f"FAILED: {line}")
        return 1 if self.complaints else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="soak-"))
    print(f"seed {options.seed}, {directory}", flush=True)
    soak = Soak(directory, options.seed)
    try:
        soak.run(options.minutes)
    finally:
        code = soak.report()
        soak.one.kill()
        if code == 0:
            shutil.rmtree(directory)
    return code


if __name__ == "__main__":
    sys.exit(main())
