"""supervisord's XML-RPC interface: values and faults, as the real one was seen to give them."""

import xmlrpc.client

import pytest

S = "supervisor."


def fault(code, text):
    return "FAULT", code, text


def ok(group, name=None):
    return {"name": name or group, "group": group, "status": 80, "description": "OK"}


@pytest.fixture
def quiet(gateway):
    """With a process that has no logs, and one that has twelve bytes."""
    one = gateway()
    one.kernel.program("idle").logs = {"stdout": None, "stderr": None}
    one.kernel.program("cat").logs["stdout"].write_bytes(b"hello world\n")
    return one


ROWS = [
    ("getAPIVersion", (), "3.0"), ("getVersion", (), "3.0"),
    ("getSupervisorVersion", (), "4.3.0"), ("getIdentification", (), "supervisor"),
    ("getState", (), {"statecode": 1, "statename": "RUNNING"}), ("getPID", (), 4242),
    ("getPID", (1,), fault(2, "INCORRECT_PARAMETERS")),
    ("nope", (), fault(1, "UNKNOWN_METHOD")), ("_update", (), fault(1, "UNKNOWN_METHOD")),
    ("getPID.x", (), fault(1, "UNKNOWN_METHOD")),
    ("getProcessInfo", ("nope",), fault(10, "BAD_NAME: nope")),
    ("getProcessInfo", ("multi",), fault(10, "BAD_NAME: multi")),
    ("getProcessInfo", ("multi:*",), fault(10, "BAD_NAME: multi:*")),
    ("getProcessInfo", ("cat:",), fault(10, "BAD_NAME: cat:")),
    ("getProcessInfo", ("",), fault(10, "BAD_NAME: ")),
    ("getProcessInfo", ("a b:c",), fault(10, "BAD_NAME: a b:c")),
    ("getProcessInfo", ("cat\nshutdown",), fault(10, "BAD_NAME: cat\nshutdown")),
    ("getProcessInfo", (), fault(2, "INCORRECT_PARAMETERS")),
    ("getProcessInfo", (5,), fault(2, "INCORRECT_PARAMETERS")),
    ("startProcess", ("cat",), fault(60, "ALREADY_STARTED: cat")),
    ("startProcess", ("cat:cat",), fault(60, "ALREADY_STARTED: cat:cat")),
    ("startProcess", ("nope",), fault(10, "BAD_NAME: nope")),
    ("startProcess", ("all",), fault(10, "BAD_NAME: all")),
    ("startProcess", ("nope:*",), fault(10, "BAD_NAME: nope:*")),
    ("startProcess", ("multi:*",), []), ("startProcess", ("idle",), True),
    ("startProcess", ("idle", False), True),
    ("startProcess", ("bad",), fault(20, "NO_FILE: can't find command '/nope/x'")),
    ("startProcess", ("quick",), fault(50, "SPAWN_ERROR: quick")),
    ("startProcess", (5,), fault(2, "INCORRECT_PARAMETERS")),
    ("startProcess", ("cat", True, 1), fault(2, "INCORRECT_PARAMETERS")),
    ("startProcessGroup", ("nope",), fault(10, "BAD_NAME: nope")),
    ("startProcessGroup", ("idle",), [ok("idle")]), ("startProcessGroup", ("multi",), []),
    ("startProcessGroup", ("quick",), [{"name": "quick", "group": "quick", "status": 50,
                                        "description": "SPAWN_ERROR: quick"}]),
    ("stopProcess", ("cat",), True), ("stopProcess", ("idle",), fault(70, "NOT_RUNNING: idle")),
    ("stopProcess", ("multi:*",), [ok("multi", "multi_0"), ok("multi", "multi_1")]),
    ("stopProcessGroup", ("idle",), []),
    ("stopAllProcesses", (), [ok("cat"), ok("multi", "multi_0"), ok("multi", "multi_1")]),
    ("signalProcess", ("cat", "CONT"), True), ("signalProcess", ("cat", 18), True),
    ("signalProcess", ("cat", "cont "), True),
    ("signalProcess", ("cat", "FOO"), fault(11, "BAD_SIGNAL: FOO")),
    ("signalProcess", ("cat", ""), fault(11, "BAD_SIGNAL: ")),
    ("signalProcess", ("cat", "HUP cat"), fault(11, "BAD_SIGNAL: HUP cat")),
    ("signalProcess", ("cat", "reload"), fault(11, "BAD_SIGNAL: reload")),
    ("signalProcess", ("nope", "FOO"), fault(10, "BAD_NAME: nope")),
    ("signalProcess", ("idle", "CONT"), fault(70, "NOT_RUNNING: idle")),
    ("signalProcessGroup", ("multi", "HUP"), [ok("multi", "multi_0"), ok("multi", "multi_1")]),
    ("signalProcessGroup", ("cat", "FOO"), [{"name": "cat", "group": "cat", "status": 11,
                                             "description": "BAD_SIGNAL: FOO"}]),
    ("signalAllProcesses", ("HUP",), [ok("cat"), ok("multi", "multi_0"), ok("multi", "multi_1")]),
    ("sendProcessStdin", ("nope", "x"), fault(10, "BAD_NAME: nope")),
    ("sendProcessStdin", ("idle", "x"), fault(70, "NOT_RUNNING: idle")),
    ("sendProcessStdin", ("cat", 5), fault(2, "INCORRECT_PARAMETERS: 5")),
    ("sendProcessStdin", ("nope", 5), fault(2, "INCORRECT_PARAMETERS: 5")),
    ("sendProcessStdin", ("cat", ""), True),
    ("sendRemoteCommEvent", ("a b", ""), True), ("sendRemoteCommEvent", (1, 2), True),
    ("readProcessStdoutLog", ("cat", 0, 0), "hello world\n"),
    ("readProcessLog", ("cat", 0, 5), "hello"), ("readProcessLog", ("cat", -5, 0), "orld\n"),
    ("readProcessLog", ("cat", -100, 0), "hello world\n"),
    ("readProcessLog", ("cat", 100, 0), ""), ("readProcessLog", ("cat", 3, 100), "lo world\n"),
    ("readProcessLog", ("cat", -5, 1), fault(3, "BAD_ARGUMENTS")),
    ("readProcessLog", ("cat", 0, -1), fault(3, "BAD_ARGUMENTS")),
    ("readProcessLog", ("cat", "x", 0), fault(2, "INCORRECT_PARAMETERS")),
    ("readProcessLog", ("nope", 0, 0), fault(10, "BAD_NAME: nope")),
    ("readProcessLog", ("idle", 0, 0), fault(20, "NO_FILE")),
    ("readProcessStderrLog", ("cat", 0, 0), ""),
    ("tailProcessLog", ("cat", 0, 5), ["orld\n", 12, True]),
    ("tailProcessStdoutLog", ("cat", 0, 100), ["hello world\n", 12, False]),
    ("tailProcessLog", ("cat", 10, 5), ["orld\n", 12, False]),
    ("tailProcessLog", ("cat", 12, 0), ["", 12, False]),
    ("tailProcessLog", ("cat", 0, 0), ["", 12, True]),
    ("tailProcessLog", ("cat", -5, 3), ["ld\n", 12, True]),
    ("tailProcessLog", ("cat", 0, -3), ["", 12, True]),
    ("tailProcessLog", ("cat", 100, 10), ["", 12, False]),
    ("tailProcessLog", ("cat", 3, 8), ["o world\n", 12, True]),
    ("tailProcessLog", ("cat", 2**31 - 1, 2**31 - 1), ["", 12, False]),
    ("tailProcessStderrLog", ("idle", 0, 0), ["", 0, False]),
    ("tailProcessLog", ("nope", 0, 0), fault(10, "BAD_NAME: nope")),
    ("readLog", (0, 3), "mai"), ("readMainLog", (-2, 0), "n\n"),
    ("readLog", (-1, 1), fault(3, "BAD_ARGUMENTS")), ("clearLog", (), True),
    ("clearProcessLogs", ("cat",), True),
    ("clearProcessLog", ("multi:*",), fault(10, "BAD_NAME: multi:*")),
    ("clearAllProcessLogs", (), [ok("cat"), ok("idle"), ok("multi", "multi_0"),
                                 ok("multi", "multi_1"), ok("bad"), ok("quick")]),
    ("reloadConfig", (), [[["new"], [], ["old"]]]),
    ("addProcessGroup", ("new",), True), ("addProcessGroup", ("cat",), fault(90, "ALREADY_ADDED: cat")),
    ("addProcessGroup", (5,), fault(10, "BAD_NAME: 5")),
    ("removeProcessGroup", ("cat",), fault(91, "STILL_RUNNING: cat")),
    ("removeProcessGroup", ("a:b",), fault(10, "BAD_NAME: a:b")),
    ("restart", (), True), ("shutdown", (), True),
]


@pytest.mark.parametrize("name, arguments, expected", ROWS,
                         ids=[f"{row[0]}{row[1]}" for row in ROWS])
def test_calls_are_answered_as_supervisord_does(quiet, name, arguments, expected):
    assert quiet.call(S + name, *arguments) == expected


def test_a_process_is_described(gateway):
    one = gateway()
    info = one.call(S + "getProcessInfo", "multi:multi_1")
    assert info["group"] == "multi" and info["name"] == "multi_1" and info["pid"] == 4711
    assert info["now"] == 2**31 - 1, "clamped to 32 bits, as upstream"
    assert list(info) == ["name", "group", "start", "stop", "now", "state", "statename", "spawnerr",
                          "exitstatus", "logfile", "stdout_logfile", "stderr_logfile", "pid",
                          "description"]
    assert [p["name"] for p in one.call(S + "getAllProcessInfo")] == [
        "cat", "idle", "multi_0", "multi_1", "bad", "quick"]


def test_a_limit_beyond_32_bits_is_told(gateway):
    info, = gateway().call(S + "getAllConfigInfo")
    assert info == {"name": "cat", "group": "cat", "stdout_logfile_maxbytes": 3 << 30,
                    "exitcodes": [0, 2], "autostart": True, "directory": "none"}


def test_every_method_is_refused_while_stopping(gateway):
    one = gateway()
    one.kernel.statecode = -1
    for name, arguments in [("getVersion", ()), ("getState", ()), ("getPID", ()),
                            ("startProcess", ("cat",)), ("startProcessGroup", ("multi",)),
                            ("stopAllProcesses", ()), ("getAllProcessInfo", ()),
                            ("tailProcessLog", ("cat", 0, 5)), ("clearAllProcessLogs", ()),
                            ("signalAllProcesses", ("HUP",)), ("reloadConfig", ())]:
        assert one.call(S + name, *arguments) == fault(6, "SHUTDOWN_STATE"), name
    assert one.call(S + "sendRemoteCommEvent", "a", "b") is True


def test_methods_describe_themselves(gateway):
    one = gateway()
    names = one.call("system.listMethods")
    assert len(names) == 41 and names == sorted(names)
    assert one.call("system.methodSignature", S + "startProcess") == ["boolean", "string", "boolean"]
    assert one.call("system.methodSignature", S + "tailProcessLog") == ["array", "string", "int", "int"]
    for name in names:
        assert one.call("system.methodHelp", name)
    assert one.call("system.methodHelp", "nope") == fault(4, "SIGNATURE_UNSUPPORTED")


def test_many_calls_in_one_are_answered_bare(gateway):
    one = gateway()
    bad = {"faultCode": 2, "faultString": "INCORRECT_PARAMETERS: No methodName"}
    calls = [{"methodName": S + "getPID"}, {"methodName": S + "nope", "params": []},
             {"methodName": S + "startProcess", "params": ["quick"]}, {"params": []}, 5,
             {"methodName": "system.multicall", "params": [[]]},
             {"methodName": "system.methodSignature", "params": [S + "getPID"]},
             {"methodName": S + "getPID", "params": 5}]
    assert one.call("system.multicall", calls) == [
        4242, {"faultCode": 1, "faultString": "UNKNOWN_METHOD"},
        {"faultCode": 50, "faultString": "SPAWN_ERROR: quick"}, bad, bad,
        {"faultCode": 2, "faultString": "INCORRECT_PARAMETERS: Recursive system.multicall forbidden"},
        ["int"], {"faultCode": 2, "faultString": "INCORRECT_PARAMETERS"}]
    assert one.call("system.multicall", []) == []
    assert one.call("system.multicall", 5) == fault(2, "INCORRECT_PARAMETERS")


def test_an_answer_of_many_logs_has_an_end(gateway):
    one = gateway()
    one.kernel.program("cat").logs["stdout"].write_bytes(b"&" * (3 << 20))
    calls = [{"methodName": S + "readProcessLog", "params": ["cat", 0, 0]}] * 100
    code, text = one.call("system.multicall", calls)[1:]
    assert code == 30 and "too long" in text


def test_text_for_a_process_arrives_whole(gateway):
    one = gateway()
    text = "".join(chr(0x20 + n % 0x2000) for n in range(300_000))
    assert one.call(S + "sendProcessStdin", "cat", text) is True
    assert one.call(S + "sendProcessStdin", "cat", xmlrpc.client.Binary(b"\0\xff")) is True
    assert one.kernel.program("cat").stdin == text.encode() + b"\0\xff"


def test_logs_of_any_bytes_can_be_read(gateway):
    one = gateway()
    log = one.kernel.program("cat").logs["stdout"]
    log.write_bytes("é".encode() + b"\x1b[31mred\0\r\n\xff\xfe<&>")
    assert one.call(S + "tailProcessLog", "cat", 0, 100) == [
        "é\ufffd[31mred\ufffd\r\n\ufffd\ufffd<&>", 18, False]
    assert one.call(S + "readProcessLog", "cat", 1, 4) == "\ufffd\ufffd[3", "cut inside a character"


def test_what_is_no_call_is_a_bad_request(gateway):
    one = gateway()
    for body in ("", "hello", "<methodCall><methodName></methodName></methodCall>",
                 "<methodCall></methodCall>", "<!DOCTYPE a [<!ENTITY b 'c'>]><methodCall/>"):
        assert one.get("/RPC2", method="POST", body=body).status == 400, body
    assert one.get("/RPC2").status == 400
    assert one.get("/RPC2", method="PUT", body="x").status == 400
    assert one.get("/RPC2/x", method="POST", body="<methodCall><methodName>supervisor.getPID"
                   "</methodName></methodCall>").text.count("<int>4242</int>") == 1


def test_a_kernel_that_hangs_up_is_a_fault(gateway):
    one = gateway()
    one.kernel.answer = lambda line, send: (_ for _ in ()).throw(OSError())
    assert one.call(S + "getPID") == fault(30, "FAILED: no answer")
