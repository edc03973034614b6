"""/metrics: by Prometheus' own tools, and against what is known of the processes otherwise."""

import json
import os
import pathlib
import re
import signal
import subprocess
import time
import urllib.request

import pytest

from supervised import TERM, free_port, role_of, wait_until
from test_gateway_health import serve  # noqa: F401
from tracing import frozen

LINE = re.compile(r'(\w+)(?:\{(.*)\})? (\S+)')
PAIR = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')

CONFIGURATION = """
[hook:migrate]
command=/bin/true
[wait:gate]
url=file:///bin/sh
[program:web]
command=/bin/bash -c 'echo hello; exec sleep 1000'
startsecs=0
stdout_logfile=%DIR%/web.log
health=file:///bin/sh
health_interval=50ms
[program:worker]
command=sleep 1000
process_name=%(process_num)d
numprocs=2
startsecs=0
[program:idle]
command=sleep 1000
autostart=false
[program:lossy]
command=/bin/bash -c 'echo lost; exec sleep 1000'
startsecs=0
stdout_logfile=/dev/full
[cron:tick]
schedule=@yearly
command=/bin/true
"""


class Metrics(dict):
    """Values by (name, labels); `types` by family."""

    def __init__(self, text):
        super().__init__()
        self.types = dict(line.split()[2:] for line in text.splitlines()
                          if line.startswith("# TYPE"))
        for line in text.splitlines():
            if not line.startswith("#"):
                name, labels, value = LINE.fullmatch(line).groups()
                self[name, frozenset(PAIR.findall(labels or ""))] = float(value)

    def of(self, family, /, **labels):
        """The one sample that has these labels, whatever others it has; None for none."""
        found = [value for (known, pairs), value in self.items()
                 if known == f"entrypoint_{family}" and set(labels.items()) <= pairs]
        assert len(found) <= 1, (family, labels, found)
        return found[0] if found else None


def scrape(site):
    response, text = site.ask("/metrics", trusted=True)
    assert response.status == 200
    assert response.getheader("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
    return Metrics(text)


@pytest.fixture
def served(serve):  # noqa: F811
    one, site = serve(CONFIGURATION)
    one.ready()
    return one, site


def test_promtool_finds_nothing_to_complain_of(served):
    one, site = served
    one.client("start", "tick")
    wait_until(lambda: scrape(site).of("cron_last_run_success", name="tick"), what="a run")
    wait_until(lambda: scrape(site).of("probe_success", name="web"), what="a check")
    text = site.ask("/metrics", trusted=True)[1]
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True,
                          text=True, timeout=30)
    assert (done.returncode, done.stdout + done.stderr) == (0, ""), text
    bad = text.replace("entrypoint_unit_restarts_total", "entrypoint_unit_restarts")
    assert subprocess.run(["promtool", "check", "metrics"], input=bad, capture_output=True,
                          text=True, timeout=30).returncode != 0, "it would say so"


def test_what_is_told_is_so(served):
    one, site = served
    rows = one.status()
    metrics = scrape(site)
    assert metrics.of("build_info") == 1
    assert (metrics.of("healthy"), metrics.of("ready"), metrics.of("shutting_down")) == (1, 1, 0)
    for name, state in [("web", "running"), ("worker:1", "running"), ("idle", "stopped"),
                        ("migrate", "succeeded"), ("gate", "passed")]:
        assert metrics.of("unit_state", name=name, state=state) == 1, name
        others = [value for (known, pairs), value in metrics.items()
                  if known == "entrypoint_unit_state" and ("name", name) in pairs]
        assert sum(others) == 1 and len(others) >= 8
    assert metrics.of("unit_info", name="worker:0", unit="worker", group="worker",
                      kind="program") == 1
    assert (metrics.of("unit_up", name="web"), metrics.of("unit_up", name="idle")) == (1, 0)
    assert metrics.of("unit_ready", name="web") == 1
    assert metrics.of("unit_healthy", name="web") == 1
    assert metrics.of("unit_healthy", name="worker:0") is None
    assert metrics.of("unit_last_exit_code", name="migrate") == 0
    started = metrics.of("unit_start_time_seconds", name="web")
    seconds = float(pathlib.Path("/proc/uptime").read_text().split()[0])
    ticks = int(pathlib.Path(f"/proc/{rows['web']['pid']}/stat").read_text()
                .rpartition(")")[2].split()[19])
    assert abs(started - (time.time() - seconds + ticks / os.sysconf("SC_CLK_TCK"))) < 2
    assert metrics.of("unit_ready_time_seconds", name="web") >= started
    assert 0 <= metrics.of("unit_start_duration_seconds", name="web") < 5
    assert metrics.of("unit_start_time_seconds", name="idle") is None
    assert metrics.of("unit_processes", name="web") == 1

    def resident():
        pages = pathlib.Path(f"/proc/{rows['web']['pid']}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    # It has been a copy of PID 1, and bash.
    wait_until(lambda: abs(scrape(site).of("unit_resident_memory_bytes", name="web") - resident()) < 1 << 20,
               what="the memory that the kernel says")
    for role in ("init", "logger", "gateway"):
        assert metrics.of("role_resident_memory_bytes", role=role) > 100_000
        assert metrics.of("role_cpu_seconds_total", role=role) >= 0
    assert scrape(site).of("unit_start_time_seconds", name="web") == started


def test_logs_are_counted_and_what_is_lost_too(served):
    one, site = served
    wait_until(lambda: scrape(site).of("log_bytes_total", name="web", stream="stdout") == 6,
               what="six bytes")
    metrics = wait_until(
        lambda: (found := scrape(site)).of("log_dropped_bytes_total", name="lossy",
                                           stream="stdout") and found, what="lost bytes")
    assert metrics.of("log_dropped_bytes_total", name="lossy", stream="stdout") == 5
    assert metrics.of("log_dropped_bytes_total", name="web", stream="stdout") == 0
    # Another logger counts from zero; the counter does not go back.
    logger = role_of(one, "logger")
    os.kill(logger, signal.SIGKILL)
    wait_until(lambda: role_of(one, "logger") not in (None, logger), what="another logger")
    assert scrape(site).of("log_bytes_total", name="web", stream="stdout") == 6
    one.client("restart", "web")
    wait_until(lambda: scrape(site).of("log_bytes_total", name="web", stream="stdout") == 12,
               what="twelve bytes")


@pytest.mark.needs_root
def test_a_logger_that_is_stuck_keeps_nobody_from_the_rest(served):
    one, site = served
    wait_until(lambda: scrape(site).of("log_bytes_total", name="web", stream="stdout") == 6,
               what="six bytes")
    logger = role_of(one, "logger")
    with frozen(logger):
        assert scrape(site).of("unit_up", name="web") == 1
    assert scrape(site).of("log_bytes_total", name="web", stream="stdout") == 6


def test_restarts_are_counted_by_their_reason_and_never_forgotten(served):
    one, site = served

    def restarts(reason, name="web"):
        return scrape(site).of("unit_restarts_total", name=name, reason=reason)
    assert restarts("exit") == 0 and restarts("by_hand") == 0
    os.kill(one.status()["web"]["pid"], signal.SIGKILL)
    wait_until(lambda: restarts("exit") == 1, what="a restart")
    assert scrape(site).of("unit_last_exit_code", name="web") == 137
    one.client("restart", "web")
    assert (restarts("exit"), restarts("by_hand")) == (1, 1)
    one.client("restart", "--rolling", "worker")
    assert restarts("rolling", "worker:0") == restarts("rolling", "worker:1") == 1
    # A program that is taken away and comes back goes on counting.
    one.path.write_text(one.path.read_text().replace("sleep 1000'\nstartsecs=0\nstdout_logfile=%s"
                                                     % one.directory, "sleep 999'\nstartsecs=0\n"
                                                     "stdout_logfile=%s" % one.directory))
    before = one.status()["web"]["pid"]
    one.client("update")
    assert one.status()["web"]["pid"] != before, "it is another program"
    assert restarts("exit") == 1 and restarts("by_hand") == 1


def test_processor_time_outlives_its_process(served):
    one, site = served
    one.path.write_text(one.path.read_text() + "[program:busy]\nautorestart=false\nstartsecs=0\n"
                        "command=/bin/bash -c 'for ((i=0; i<200000; i++)); do :; done'\n")
    one.client("update")
    one.until("busy", "EXITED", 30)
    first = scrape(site).of("unit_cpu_seconds_total", name="busy")
    assert first > 0.05
    one.client("start", "busy")
    one.until("busy", "EXITED", 30)
    assert scrape(site).of("unit_cpu_seconds_total", name="busy") > first + 0.05


def test_crons_and_probes(served):
    one, site = served
    metrics = scrape(site)
    assert metrics.of("probe_checks_total", name="gate", probe="wait", result="passed") == 1
    assert metrics.of("cron_runs_total", name="tick", result="succeeded") == 0
    assert metrics.of("cron_next_run_timestamp_seconds", name="tick") > 1.7e9
    assert metrics.of("cron_last_run_success", name="tick") is None
    one.client("start", "tick")
    metrics = wait_until(
        lambda: (found := scrape(site)).of("cron_runs_total", name="tick", result="succeeded")
        and found, what="a run")
    assert metrics.of("cron_last_run_success", name="tick") == 1
    assert metrics.of("cron_starts_total", name="tick") == 1

    def checks():
        return scrape(site).of("probe_checks_total", name="web", probe="health", result="passed")
    first = wait_until(checks, what="a check")
    metrics = wait_until(lambda: checks() > first and scrape(site), what="another check")
    total = metrics.of("probe_duration_seconds_sum", name="web", probe="health")
    assert 0 < metrics.of("probe_last_duration_seconds", name="web", probe="health") <= total
    assert metrics.of("probe_duration_seconds_count", name="web", probe="health") > first


def test_counters_never_go_back(served):
    one, site = served
    before = scrape(site)
    for gateway in (False, True):
        if gateway:
            old = role_of(one, "gateway")
            os.kill(old, signal.SIGKILL)
            wait_until(lambda: role_of(one, "gateway") not in (None, old), what="another gateway")
        one.client("restart", "web")
        after = scrape(site)
        for key, value in before.items():
            if after.types.get(key[0]) == "counter" and key in after:
                # Of a running process what it has used so far is known to a tick.
                assert after[key] >= value - 0.011, key
        before = after


def test_it_costs_nothing_while_nobody_asks_and_answers_to_the_end(served, tmp_path):
    one, site = served
    assert site.ask("/metrics")[0].status == 401
    assert site.ask("/metrics", "POST", trusted=True)[0].status == 405
    one.path.write_text(one.path.read_text() + "[program:last]\nstartsecs=0\nstopwaitsecs=20\n"
                        f"command=/bin/bash -c 'trap \"until [ -e {tmp_path}/go ]; do sleep 0.02; "
                        f"done; exit\" TERM; : > {tmp_path}/trapped; while :; do sleep 0.02; done'\n")
    one.client("update")
    wait_until((tmp_path / "trapped").exists, what="a program that does not end at once")
    one.send(TERM)
    metrics = wait_until(lambda: (found := scrape(site)).of("shutting_down") == 1
                         and found.of("unit_state", name="last", state="stopping") and found,
                         what="a shutdown")
    assert (metrics.of("ready"), metrics.of("healthy")) == (0, 0)
    (tmp_path / "go").touch()
    assert one.wait() == 0


def test_a_real_prometheus_scrapes_it(served, tmp_path):
    one, site = served
    port = free_port()
    configuration = tmp_path / "prometheus.yml"
    configuration.write_text(
        "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\nscrape_configs:\n"
        "- job_name: site\n  basic_auth: {username: admin, password: secret}\n"
        f"  static_configs: [{{targets: ['127.0.0.1:{site.port}']}}]\n")
    server = subprocess.Popen(
        ["prometheus", f"--config.file={configuration}", f"--storage.tsdb.path={tmp_path}/data",
         f"--web.listen-address=127.0.0.1:{port}"],
        stdout=subprocess.DEVNULL, stderr=(tmp_path / "said").open("w"))

    def ask(query):
        url = f"http://127.0.0.1:{port}/api/v1/query?query={query}"
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                return json.load(response)["data"]["result"]
        except OSError:
            return []
    try:
        result = wait_until(
            lambda: ask("entrypoint_unit_up%7Bname%3D%22worker%3A1%22%7D"), 30, "the series")
        assert result[0]["value"][1] == "1"
        assert result[0]["metric"]["unit"] == "worker"
        wait_until(lambda: [row for row in ask("up") if row["value"][1] == "1"], what="up")
        os.kill(one.status()["web"]["pid"], signal.SIGKILL)
        wait_until(lambda: [row for row in ask("increase(entrypoint_unit_restarts_total"
                                               "%7Breason%3D%22exit%22%7D[1m])")
                            if float(row["value"][1]) > 0], 30, "the increase")
    finally:
        server.kill()
        server.wait()
