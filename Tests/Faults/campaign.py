"""Derives the faults of a scenario from the calls it makes, and injects them one by one."""

import collections
import random
import subprocess

import errors
import scenarios
from bench import Bench
from supervised import wait_until

# What goes wrong in a scenario when the supervisor does: a wait that ends, a request without answer.
PROBLEMS = (AssertionError, OSError, KeyError, subprocess.TimeoutExpired)

# `skip` calls from there succeed first, then `times` fail.
Fault = collections.namedtuple("Fault", "scenario target call stack skip times error frames")

# After a fault a scenario may repeat what it did, but not more often than this.
MAX_CALLS = 200_000

ATTEMPTS = 2


def name(fault):
    return (f"{fault.scenario}: {fault.target} {fault.call} at {fault.stack:08x} "
            f"{fault.skip + 1}..{fault.skip + fault.times} {fault.error}")


def faults(scenario, sites):
    """Each call with each of its errors: the first one from there, the last one, and three at once."""
    for site in sorted(sites, key=lambda site: (site.target, site.call, site.stack)):
        places = [(0, 1)]
        if site.count > 1:
            places.append((site.count - 1, 1))
        if site.count > 3:
            places.append((0, 3))
        for error in errors.errors(site.call, site.target):
            for skip, times in places:
                yield Fault(scenario, site.target, site.call, site.stack, skip, times, error, site.frames)


def sample(all_faults, count, seed):
    """So many faults, with each pair of target and call as often as every other one."""
    source = random.Random(seed)
    groups = collections.defaultdict(list)
    for fault in all_faults:
        groups[fault.target, fault.call].append(fault)
    for group in groups.values():
        source.shuffle(group)
    chosen = []
    while len(chosen) < count and any(groups.values()):
        for key in sorted(groups):
            if groups[key] and len(chosen) < count:
                chosen.append(groups[key].pop())
    return chosen


class Violation(AssertionError):
    """What a fault must not lead to."""


class Laps:
    """Faults in a supervisor that lives on from one to the next."""

    def __init__(self, tracer, directory):
        self.tracer, self.directory = tracer, directory
        self.started = 0
        self.one = None
        # Of the present supervisor.
        self.laps = 0

    def supervisor(self):
        if self.one is None:
            self.started += 1
            self.laps = 0
            self.one = Bench(self.tracer, self.directory / f"s{self.started}").begin()
            self.one.up()
            # What is made only once is made before descriptors are counted.
            for lap in (scenarios.spawn, scenarios.stop, scenarios.rotation, scenarios.http):
                lap(self.one)
            self.one.put_to_rest()
        return self.one

    def end(self):
        if self.one:
            self.one.kill()
            self.one = None

    def sites(self, lap):
        """The calls of two runs, since one may have made some that are not always made."""
        one, found = self.supervisor(), {}
        for _ in range(2):
            scenarios.prepare(one, lap)
            one.record()
            lap(one)
            one.put_to_rest()
            for site in one.sites():
                found[site.target, site.call, site.stack] = site
        return list(found.values())

    def inject(self, lap, fault):
        """Runs the scenario with that fault; raises Violation. False where the call was not made."""
        if self.laps >= scenarios.LIFETIMES.get(lap, self.laps + 1):
            self.end()
        one = self.supervisor()
        try:
            # A call that was not made this time may be made the next time.
            for _ in range(ATTEMPTS):
                self.laps += 1
                self.run(one, lap, fault)
                if one.injected:
                    return True
            return False
        except PROBLEMS as problem:
            text = (f"{name(fault)} ({one.what})\n{problem}\n"
                    f"exit {one.code}\n{one.said()[-1500:]}")
            self.end()
            raise Violation(text) from problem

    def run(self, one, lap, fault):
        before = one.descriptors()
        scenarios.prepare(one, lap)
        first, calls = one.lines, one.total()
        one.mark = len(one.output.read_text(errors="replace"))
        one.arm(fault)
        try:
            lap(one)
        finally:
            one.disarm()
        one.put_to_rest()
        made = one.total() - calls
        assert made < MAX_CALLS, f"{made} calls: it spins"
        one.lines_arrived(first)
        # Without a fault nothing is lost any more.
        first, said = one.lines, len(one.said())
        one.write_lines()
        one.lines_arrived(first, said)
        one.rests()
        wait_until(lambda: not one.zombies(), what="the end of the zombies")
        self.descriptors_are(one, before)

    def descriptors_are(self, one, before):
        def condition():
            now = one.descriptors()
            self.difference = {
                "leaked": {key: count for key, count in (now - before).items()
                           if not may_grow(key[1], now[key])},
                "missing": {key: count for key, count in (before - now).items()
                            if not key[1].startswith("/")}}
            return not any(self.difference.values())
        try:
            wait_until(condition, 10, "the same descriptors")
        except AssertionError as problem:
            raise AssertionError(f"descriptors: {self.difference}") from problem


def may_grow(path, count):
    """A log is opened when it is needed, once, and /dev/null takes the place of a missing 0, 1 or 2."""
    return path == "/dev/null" or (count == 1 and path.endswith((".log", "/journal")))


class Lives:
    """Faults in supervisors that live from the boot to the shutdown, each for one fault."""

    def __init__(self, tracer, directory):
        self.tracer, self.directory = tracer, directory
        self.started = 0

    def supervisor(self):
        self.started += 1
        return Bench(self.tracer, self.directory / f"l{self.started}")

    def sites(self, life):
        one = self.supervisor()
        try:
            return life(one, lambda: one.record(), one.sites)
        finally:
            one.kill()

    def inject(self, life, fault):
        """Runs the life with that fault; raises Violation. False where the call was not made."""
        one = self.supervisor()
        try:
            life(one, lambda: one.arm(fault), lambda: one.disarm())
            return one.injected > 0
        except PROBLEMS as problem:
            raise Violation(f"{name(fault)} ({one.what})\n{problem}\nexit {one.code}\n"
                            f"{one.said()[-1500:]}") from problem
        finally:
            one.kill()
