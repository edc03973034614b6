"""When crons come, beside Python's own time zones: every time over years, in several places."""

import datetime
import subprocess
import zoneinfo

import pytest

from supervised import BINARY

UTC = datetime.timezone.utc
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca",
         "America/Asuncion", "Asia/Kathmandu", "Europe/Dublin"]
YEARS = range(2019, 2044)

# For each: hours, minutes, days of the month, months, days of the week (0 is Sunday).
SCHEDULES = {
    "30 2 * * *": ([2], [30], None, None, None),
    "0 0 * * *": ([0], [0], None, None, None),
    "15,45 1-3 * * *": ([1, 2, 3], [15, 45], None, None, None),
    "*/20 2 * * *": ([2], [0, 20, 40], None, None, None),
    "10 */4 * * sun": (list(range(0, 24, 4)), [10], None, None, [0]),
    "5 3 1,15 3-10/2 mon": ([3], [5], [1, 15], [3, 5, 7, 9], [1]),
}


def matches(day, days, months, weekdays):
    if months and day.month not in months:
        return False
    weekday = (day.weekday() + 1) % 7
    if days and weekdays:
        return day.day in days or weekday in weekdays
    return (not days or day.day in days) and (not weekdays or weekday in weekdays)


def moments(local, zone):
    """The instants at which the clock shows that time: none, one or two."""
    found = []
    for fold in (0, 1):
        instant = local.replace(tzinfo=zone, fold=fold).astimezone(UTC)
        if instant.astimezone(zone).replace(tzinfo=None) == local and instant not in found:
            found.append(instant)
    return found


def after_the_gap(local, zone):
    """The moment at which the clock jumped over that time."""
    minute = datetime.timedelta(minutes=1)
    before = local.replace(tzinfo=zone, fold=0).utcoffset()
    instant = (local - before).replace(tzinfo=UTC)
    while (instant - minute).astimezone(zone).utcoffset() != before:
        instant -= minute
    return instant


def expected(schedule, zone):
    hours, minutes, days, months, weekdays = SCHEDULES[schedule]
    is_wild = any(field.startswith("*") for field in schedule.split()[:2])
    found = set()
    day = datetime.date(YEARS[0], 1, 1)
    while day.year in YEARS:
        for hour in hours if matches(day, days, months, weekdays) else []:
            for minute in minutes:
                local = datetime.datetime(day.year, day.month, day.day, hour, minute)
                times = moments(local, zone)
                if is_wild:
                    found.update(times)
                elif times:
                    found.add(times[0])
                else:
                    found.add(after_the_gap(local, zone))
        day += datetime.timedelta(days=1)
    return sorted(found)


def told(tmp_path, schedule, name, count):
    path = tmp_path / "e.conf"
    path.write_text(f"[supervisord]\n[cron:c]\ncommand=true\nschedule={schedule}\ntimezone={name}\n")
    done = subprocess.run(
        [BINARY, "next", "-c", path, "--count", str(count), "--from", f"{YEARS[0] - 1}-12-31T00:00:00Z"],
        capture_output=True, text=True, check=True)
    return [datetime.datetime.fromisoformat(line.split()[1].replace("Z", "+00:00"))
            for line in done.stdout.splitlines()]


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_time_over_the_years(tmp_path, schedule, name):
    zone = zoneinfo.ZoneInfo(name)
    wanted = expected(schedule, zone)
    # From the day before on.
    found = [time for time in told(tmp_path, schedule, name, len(wanted) + 20)
             if time >= wanted[0]][:len(wanted)]
    assert len(found) == len(wanted) > 100
    assert next((pair for pair in zip(found, wanted) if pair[0] != pair[1]), None) is None
    # The offsets it shows are those of the place.
    assert all(time.utcoffset() == time.astimezone(zone).utcoffset() for time in found)


def test_what_next_says(tmp_path):
    path = tmp_path / "e.conf"
    path.write_text("[supervisord]\n[cron:a]\ncommand=x\nschedule=@reboot\n[cron:b]\ncommand=x\n"
                    "schedule=@every 90s\n[cron:c]\ncommand=x\nschedule=0 3 * * *\ntimezone=UTC\n")

    def ask(*words):
        done = subprocess.run([BINARY, "next", "-c", path, *words], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    code, text = ask("--count", "1", "--from", "2026-01-01T03:00:00Z")
    assert code == 0
    assert text.splitlines() == [
        "a                        once, when everything has started",
        "b                        every 90s from when everything has started",
        "c                        2026-01-02T03:00:00Z"]
    assert ask("c", "--count", "2", "--from", "2026-01-01T02:59:59Z")[1].count("\n") == 2
    assert ask("nobody") == (1, "nobody: ERROR (no such cron)\n")
    for words, complaint in [(["--count", "0"], "--count takes a number from 1 up"),
                             (["--from", "soon"], "--from takes a time like 2026-03-29T00:00:00Z"),
                             (["--bogus"], "next does not know --bogus")]:
        code, text = ask(*words)
        assert (code, text.splitlines()[0]) == (2, f"Error: {complaint}")
