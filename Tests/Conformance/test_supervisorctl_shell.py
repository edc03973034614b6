"""The shell: lines from a pipe, and a person at a terminal, beside the real one."""

import signal
import termios

import pytest
from daemons import process
from supervised import process_status, wait_until
from terminal import Person

INFO = [process("cat", description="pid 4242, uptime 0:00:01"), process("m0", "many"), process("m1", "many"),
        process("twin", "twin"), process("other", "twin"), process("off", state=0, statename="STOPPED")]
ANSWERS = {"getAllProcessInfo": INFO, "getPID": 77, "getSupervisorVersion": "4.3.0", "startProcess": True,
           "stopProcess": True, "shutdown": True, "restart": True}
SCRIPTS = [
    "", "\n", "pid", "pid\n\n  \nversion\n", "pid\nexit\npid\n", "quit now\npid\n", "EOF\npid\n",
    "foo\nfoo bar\n  pid  \nhelp\n?\nhelp exit\n! ls\nx\ty\n", "shutdown\nn\npid\n", "shutdown\nyes\n",
    "shutdown\nY\nreload\nno\nreload\ny\n", "shutdown\n\nreload\n \npid\n", "open foo\npid\nopen unix:///nope\npid\n",
    "start\nstart a\nstop a\nstatus nope\nhelp nope\n", "pid\r\nversion\r\n", "avail x\nadd\nsignal 1\n",
    "h\u00e9\nstart h\u00e9\n", "reload x\nshutdown x\nn\n",
]


@pytest.fixture
def at_terminal():
    started = []

    def start(tool, *arguments, **options):
        started.append(Person(tool, *arguments, **options))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture
def people(fake, theirs, ours, at_terminal):
    """Both clients at a terminal, once their first prompt is there."""
    fake.answers = dict(ANSWERS)

    def start(**options):
        both = [at_terminal(tool, "-s", fake.url, **options) for tool in (theirs, ours)]
        for one in both:
            one.see("supervisor> ")
        return both

    return start


@pytest.mark.parametrize("script", SCRIPTS)
def test_lines_from_a_pipe_are_done_one_by_one(fake, theirs, ours, script):
    assert fake.ask(ours, "", ANSWERS, stdin=script) == fake.ask(theirs, "", ANSWERS, stdin=script)


def test_a_server_that_is_down_does_not_end_the_shell(theirs, ours, fake):
    for url in ("unix:///nowhere", "http://127.0.0.1:1", "foo:/x"):
        said = [tool.run("-s", url, stdin="pid\nstatus\nshutdown\ny\navail\nhelp pid\n")
                for tool in (theirs, ours)]
        assert said[0] == said[1]


def test_i_is_the_shell_unless_there_is_an_action(fake, theirs, ours):
    for words, script in ((["-i"], "pid\n"), (["-i", "pid"], "version\n")):
        fake.answers = dict(ANSWERS)
        said = [tool.run("-s", fake.url, *words, stdin=script) for tool in (theirs, ours)]
        assert said[0] == said[1]


def test_name_and_password_are_asked_for_in_a_pipe(daemon, theirs, ours):
    one = daemon("[program:cat]\ncommand=/bin/cat\n", username="u", password="pw")
    wait_until(lambda: "RUNNING" in ours.run("-s", one.url, "-u", "u", "-p", "pw", "status")[1])
    said = [tool.run("-s", one.url, stdin="u\npw\npid\nversion\n")[:2] for tool in (theirs, ours)]
    assert said[0] == said[1]
    assert "\nsupervisor> 4.3.0\n" in said[1][1]


# Keys, and what the screen has to end with before the next ones.
DIALOGUES = {
    "actions": [("\t\t", r"supervisor> "), ("st\t\t", "st"), ("\u0015sta\t\t", "sta"), ("r\t", "start ")],
    "processes": [("start \t\t", "start "), ("m\t", "many:"), ("\t\t", "many:"), ("*", r"many:\*")],
    "a whole name": [("start ca\t", "start cat"), ("of\t", "cat off"), ("\u0015", "supervisor> ")],
    "behind a colon": [("status cat:\t\t", "cat:"), ("\u0015status twin\t\t", "twin")],
    "groups": [("add \t\t", "add "), ("\u0015remove m\t", "many"), ("\u0015update t\t", "twin")],
    "topics": [("help ma\t", "maintail"), ("\u0015help \t\t", "help ")],
    "signals": [("signal HUP \t\t", "HUP "), ("o\t", "off")],
    "nothing": [("foo \t\t", "foo"), ("\u0015reread \t\t", "reread"), ("\u0015start zz\t\t", "zz")],
    "editing": [("pix\u007fd", "pid"), ("\u0001x\u001b[C\u0006y\u0005z", "xpiydz"), ("\u0015pid", "pid"),
                ("\u0002\u000b", "pi"), ("\u0019", "pid"), ("\u001b[D\u001b[3~x", "pix"),
                ("\u0001\u0004\u0005", "ix"), ("\u0014", "xi"), (" a b\u0017", "xi a"), ("\u0015", "supervisor> ")],
    "the middle": [("stus\u0002\u0002at\u0005", "status"), ("\u0001\u001b[C\u001b[C\u0004\u0005", "sttus"),
                   ("\u001b[H\u001b[Fx", "sttusx")],
    "words": [("one two three\u001bb\u001bb\u0004", "one wo three"), ("\u001bd\u0005!", "one  three!"),
              ("\u001b\u007f", "one  ")],
    "older lines": [("pid\r", "77\nsupervisor> "), ("version\r", "4.3.0\nsupervisor> "), ("\u001b[A", "version"),
                    ("\u0010", "pid"), ("\u000e", "version"), ("\u001b[B", "supervisor> "), ("\u001bOA\u001bOA\r",
                                                                                    "77\nsupervisor> ")],
    "a long line": [("start " + "abcdefghij " * 9, "abcdefghij"), ("\u0001", "abcdefghij"), ("\u0005X", "X"),
                    ("\u0017\u0017\u0017\u0017", "abcdefg\nhij"), ("\u0015", "supervisor> ")],
    "other letters": [("h\u00e9llo", "h\u00e9llo"), ("\u0002\u0002\u0002\u007fe\u0005", "hello")],
    "the end": [("pid\r", "77\nsupervisor> "), ("exit\r", r"exit\n")],
}


def agree(both, keys):
    """Waits until both screens are the same; a completion may still be on its way."""
    try:
        both[1].until(lambda: not both[0].read(0) and both[0].shown() == both[1].shown(), timeout=3)
    except AssertionError:
        assert both[1].shown() == both[0].shown(), keys


@pytest.mark.parametrize("name", DIALOGUES)
def test_the_screen_is_the_same_after_every_key(people, name):
    both = people()
    for keys, wanted in DIALOGUES[name]:
        for one in both:
            one.press(keys)
            one.see(wanted)
        agree(both, keys)


@pytest.mark.parametrize("keys", ["\u0003", "pid\u0003", "\u0004", "exit\r", "quit\r", "shutdown\r\u0003"])
def test_the_shell_is_left_alike(people, keys):
    both = people()
    for one in both:
        for key in keys:
            one.press(key)
            if key.isprintable():
                one.see(key)
            if key == "\r" and "shutdown" in keys:
                one.see(r"y/N\? ")
        # Python does not hear a Ctrl-C that comes between its prompt and its reading.
        insisting = "\u0003" if keys.endswith("\u0003") and one is both[0] else ""
        assert one.ended(insisting) == 0
        assert one.mode() == one.first_mode[3] & (termios.ECHO | termios.ICANON | termios.ISIG)
    # The real one leaves it to the terminal whether ^C is seen.
    assert without_interrupts(both[1]) == without_interrupts(both[0])


def without_interrupts(one):
    return [line.replace("^C", "").rstrip() for line in one.shown().splitlines()]


def test_dangerous_things_are_asked_about(people):
    both = people()
    for one in both:
        one.type("shutdown", r"y/N\? ")
        one.type("n")
        one.type("reload", r"y/N\? ")
        one.type("y", r"Restarted supervisord\nsupervisor> ")
        one.type("shutdown", r"y/N\? ")
        one.type("YES", r"Shut down\nsupervisor> ")
    assert both[1].shown() == both[0].shown()


def test_name_and_password_are_asked_for(daemon, theirs, ours, at_terminal):
    one = daemon("[program:cat]\ncommand=/bin/cat\n", username="u", password="pw")
    wait_until(lambda: "RUNNING" in ours.run("-s", one.url, "-u", "u", "-p", "pw", "status")[1])
    shown = []
    for tool in (theirs, ours):
        person = at_terminal(tool, "-s", one.url)
        for name, word in (("u", "wrong"), ("u", "pw")):
            person.see("Username:")
            person.type(name, "Password:")
            person.until(lambda: not person.mode() & termios.ECHO, "silence")
            person.press(word + "\r")
        person.see("supervisor> ")
        person.type("pid")
        person.type("exit", r"exit\n")
        assert person.ended() == 0
        assert person.mode() & termios.ECHO
        shown.append(person.shown())
    assert shown[1] == shown[0]
    assert "wrong" not in shown[1]


def test_logs_and_a_process_in_the_foreground(daemon, ours, at_terminal):
    """Only ours: at Ctrl-C the real one says different things about its own threads."""
    one = daemon("[program:echo]\ncommand=/bin/sh -c 'echo ready; while read l; do echo \"got $l\"; "
                 "echo \"err $l\" >&2; done'\n")
    wait_until(lambda: "RUNNING" in ours.run("-s", one.url, "status")[1])
    wait_until(lambda: "ready" in ours.run("-s", one.url, "tail echo")[1])
    person = at_terminal(ours, "-s", one.url)
    person.see("supervisor> ")
    person.type("tail -f echo", "==> Press Ctrl-C to exit <==\nready\n")
    person.press("\u0003")
    person.see(r"ready\n\^C\nsupervisor> ")
    person.type("pid", r"\d\nsupervisor> ")
    person.type("fg echo", "==> Press Ctrl-C to exit <==\nready")
    person.type("h\u00e9llo", "")
    for text in ("got h\u00e9llo", "err h\u00e9llo"):
        person.until(lambda: text in person.screen.text(), text)
    person.press("\u0003")
    person.see(r"\n\^CExiting foreground\nsupervisor> ")
    person.type("exit", r"exit\n")
    assert person.ended() == 0


def test_a_process_that_ends_in_the_foreground(fake, theirs, ours):
    answers = {**ANSWERS, "/logtail/p/stdout": (404, []), "/logtail/p/stderr": (404, []),
               "sendProcessStdin": True,
               "getProcessInfo": fake.Turns([process("p"), process("p"), process("p", state=100)])}
    (code, text, _), calls = fake.ask(ours, "fg p", answers, stdin="one\ntwo\nthree\n")
    assert (code, text) == (0, "==> Press Ctrl-C to exit <==\nProcess got killed\nExiting foreground\n")
    assert [call for call in calls if call[0] == "sendProcessStdin"] == [
        ("sendProcessStdin", ("p", "one\n")), ("sendProcessStdin", ("p", "two\n"))]


# Only ours from here on.

@pytest.fixture
def person(fake, ours, at_terminal):
    fake.answers = dict(ANSWERS)

    def start(*arguments, **options):
        one = at_terminal(ours, "-s", fake.url, *arguments, **options)
        one.see("supervisor> ")
        return one

    return start


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGSEGV],
                         ids=lambda number: number.name)
def test_the_terminal_is_given_back_whatever_happens(person, number):
    one = person()
    one.press("pi")
    one.see("pi")
    assert not one.mode() & termios.ICANON
    one.kill(number)
    assert one.ended() == -number
    assert termios.tcgetattr(one.terminal) == one.first_mode


def test_a_stopped_shell_gives_the_terminal_back_and_takes_it_again(person):
    one = person()
    one.press("pi")
    one.see("pi")
    one.kill(signal.SIGTSTP)
    one.until(lambda: one.mode() & termios.ICANON, "line mode")
    one.until(lambda: process_status(one.pid)["State"][0] == "T", "a stop")
    one.kill(signal.SIGCONT)
    one.until(lambda: not one.mode() & termios.ICANON, "keys")
    one.until(lambda: one.raw.count("supervisor> pi") == 2, "the line anew")
    one.press("d\r")
    one.see("77\nsupervisor> ")


def test_the_history_is_kept_in_its_file(person, tmp_path):
    path = tmp_path / "history"
    path.write_text("version\nold h\u00e9\n")
    one = person("-r", path)
    one.type("pid", "77\nsupervisor> ")
    one.type("pid", "77\nsupervisor> ")
    one.press("\u0010\u0010")
    one.see("old h\u00e9")
    one.press("\u0015exit\r")
    assert one.ended() == 0
    assert path.read_text() == "version\nold h\u00e9\npid\nexit\n"
    again = person("--history-file", path)
    again.press("\u0012ver")
    again.see(r"\(reverse-i-search\)`ver': version")
    again.press("\r")
    again.see("supervisor> version\n4.3.0\nsupervisor> ")
    again.press("\u0012zz")
    again.see(r"\(failed reverse-i-search\)`zz': ")
    again.press("\u0007")
    again.see("supervisor> ")


def test_a_line_that_is_longer_than_the_screen_is_edited(person):
    one = person(columns=20)
    one.press("start abcdefghijklmnop")
    one.see("supervisor> start ab\ncdefghijklmnop")
    one.press("\u0001\u0004\u0004\u0004\u0004\u0004\u0004")
    one.see("supervisor> abcdefgh\nijklmnop")
    one.press("\u000bpid\r")
    one.see("supervisor> pid\n77\nsupervisor> ")


def test_a_line_is_drawn_anew_when_the_window_changes(person):
    one = person()
    one.press("start abcdefgh")
    one.see("supervisor> start abcdefgh")
    one.resize(40)
    one.until(lambda: one.raw.count("supervisor> start abcdefgh") == 2, "the line anew")
    one.see(r"STOPPED\nsupervisor> start abcdefgh")
    one.press("ijklmnopqrstuvw")
    one.see("supervisor> start abcdefghijklmnopqrstuv\nw")


def test_the_screen_is_cleared(person):
    one = person()
    one.press("pi\u000c")
    one.until(lambda: one.screen.text() == "supervisor> pi", "an empty screen")


def test_without_a_clever_terminal_lines_are_read_plainly(fake, ours, at_terminal):
    fake.answers = dict(ANSWERS)
    one = at_terminal(ours, "-s", fake.url, env={"TERM": "dumb"})
    one.see("supervisor> ")
    one.press("pid\r")
    one.see("77\nsupervisor> ")
    assert "\x1b" not in one.raw
