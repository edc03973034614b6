"""Our own gateway, spoken to by both clients."""

import pytest

LINES = [
    "status", "status idle multi:*", "status nope", "pid", "pid cat", "pid all", "start idle",
    "start bad quick nope", "start cat", "start multi:*", "stop idle cat", "stop idle", "restart multi:*",
    "signal HUP cat", "signal FOO cat", "signal HUP all", "tail -5 cat", "tail cat", "tail idle stderr",
    "tail -f nope", "maintail", "clear cat", "clear all", "reread", "avail", "add new cat", "remove cat",
    "version", "fg idle", "reload", "shutdown",
]


def prepare(one):
    one.kernel.program("idle").logs = {"stdout": None, "stderr": None}
    one.kernel.program("cat").logs["stdout"].write_bytes("hello w\u00f6rld\n".encode())
    one.kernel.config.update(inuse=True, group_prio=999, process_prio=7)
    return one


def urls(one):
    return f"unix://{one.path}", f"http://127.0.0.1:{one.port}"


@pytest.mark.parametrize("kind", [0, 1], ids=["unix", "tcp"])
def test_both_clients_hear_the_same(gateways, theirs, ours, kind):
    first, second = (prepare(one) for one in gateways())
    for line in LINES:
        said = [tool.run("-s", urls(one)[kind], line, hidden=[(urls(one)[kind], "URL")])
                for tool, one in ((theirs, first), (ours, second))]
        assert said[1] == said[0], line


def test_both_clients_log_in(gateways, theirs, ours):
    first, second = gateways(username="user", password="thepassword")
    for login in ([], ["-u", "user", "-p", "wrong"], ["-u", "user", "-p", "thepassword"]):
        for url in (0, 1):
            said = [tool.run(*login, "-s", urls(one)[url], "pid")
                    for tool, one in ((theirs, first), (ours, second))]
            assert said[1] == said[0]


def test_both_clients_see_the_end_coming(gateways, theirs, ours):
    first, second = gateways()
    first.kernel.statecode = second.kernel.statecode = -1
    for line in ("status", "pid", "start cat", "shutdown", "reload", "reread", "update", "avail"):
        said = [tool.run("-s", urls(one)[0], line) for tool, one in ((theirs, first), (ours, second))]
        assert said[1] == said[0], line


def test_our_client_follows_a_log_of_our_own(gateways, ours):
    one = prepare(gateways()[0])
    process = ours.start("-s", urls(one)[0], "tail", "-f", "cat")
    from supervised import wait_until
    wait_until(lambda: "rld\n" in process.said())
    with open(one.kernel.program("cat").logs["stdout"], "ab") as log:
        log.write(b"more\n")
    wait_until(lambda: process.said().endswith("more\n"))
    process.interrupt()
    assert process.wait() == 0
