"""What a process holds: memory, descriptors, threads, children, registrations at epoll."""

import collections
import contextlib
import pathlib
import re
import statistics

from supervised import children_of, process_status

ROLES = ("logger", "gateway", "events", "meter", "notify")


def descriptors(pid):
    """How many descriptors of each kind a process has, such as `socket` or `anon_inode:[eventpoll]`."""
    kinds = collections.Counter()
    for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            kinds[re.sub(r":\[\d+\]$", "", str(link.readlink()))] += 1
    return kinds


def registrations(pid):
    """How many descriptors a process has registered at its epoll instances: proc_pid_fdinfo(5)."""
    count = 0
    for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            if "eventpoll" in str(link.readlink()):
                text = pathlib.Path(f"/proc/{pid}/fdinfo/{link.name}").read_text()
                count += sum(line.startswith("tfd:") for line in text.splitlines())
    return count


def children(pid):
    return [int(one) for one in
            children_of(pid)]


def zombies(pid):
    count = 0
    for child in children(pid):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            count += process_status(child)["State"].startswith("Z")
    return count


def roles(pid):
    """The pids of the long-lived roles by name."""
    found = {}
    for child in children(pid):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            title = pathlib.Path(f"/proc/{child}/cmdline").read_bytes().decode(errors="replace")
            for role in ROLES:
                if title.startswith(f"entrypoint: {role}"):
                    found[role] = child
    return found


def sample(pid):
    """Figures of the supervisor and of its roles by name; memory is RssAnon in KiB."""
    figures = {}
    for name, process in {"pid1": pid, **roles(pid)}.items():
        status = process_status(process)
        figures[f"{name} memory"] = int(status["RssAnon"].split()[0])
        figures[f"{name} descriptors"] = sum(descriptors(process).values())
        figures[f"{name} registrations"] = registrations(process)
        figures[f"{name} threads"] = int(status["Threads"])
    figures["zombies"] = zombies(pid)
    return figures


def windows(samples, name, warm_up):
    """The figures of that name in the first and in the last third of the time after the warm-up."""
    rest = samples[int(len(samples) * warm_up):]
    third = max(1, len(rest) // 3)

    def values(part):
        return [one[name] for one in part if name in one]
    return values(rest[:third]), values(rest[-third:])


def tolerance(name, early):
    """How much the last third may be above the first: pages of memory come and go, numbers do not."""
    return max(512, statistics.median(early) // 8) if name.endswith("memory") else 0


def growth(samples, warm_up=0.25):
    """Rows of (name, early, late, is flat), compared by medians: in some samples a probe is under way,
    in some a role that was killed is not back yet."""
    rows = []
    for name in sorted({name for one in samples for name in one}):
        early, late = windows(samples, name, warm_up)
        if not early or not late:
            continue
        before, after = statistics.median(early), statistics.median(late)
        rows.append((name, before, after, after <= before + tolerance(name, early)))
    return rows
