"""The corners of the configuration's grammar, read by the real supervisord and by ours."""

import os

import pytest
from peers import difference
from readings import of_ours, of_theirs

HEAD = "[supervisord]\nlogfile=/dev/null\nlogfile_maxbytes=0\n"
PLAIN = HEAD + "[program:a]\ncommand=x\n"
INCLUDED = {
    "a.ini": "[program:a]\npriority=5\nstdout_logfile=%(here)s/x.log\n"
             "[program:b]\ncommand=/bin/cat %(here)s\nstartretries=7\n",
    "b.ini": "[program:a]\nstartretries=9\n[program:b]\nstartretries=8\n[include]\nfiles=*.conf\n",
}


def each(key, values):
    return HEAD + "".join(f"[program:p{number}]\ncommand=x\n{key}={value}\n"
                          for number, value in enumerate(values))


CONFIGURATIONS = {
    "comments": HEAD + "[program:a] ; x\ncommand=sh -c 'a' ; b #x\n; full\n  # indented\ndirectory=/tmp;c\n"
                       "startretries=4 ;x\nstopwaitsecs = 11\t; tab\n",
    "hash": HEAD + "[program:a]\ncommand=foo --color #fff\nserverurl=http://x/#y\n",
    "two comments": HEAD + "[program:a]\ncommand=x;y ;c #d\n[program:b]\ncommand=x#y #c ;d\n",
    "repeated": PLAIN + "priority=1\n[program:b]\ncommand=y\n[program:a]\npriority=2\nPRIORITY=3\n",
    "defaults": "[DEFAULT]\nstartretries=8\nautostart=false\n" + PLAIN + "[program:b]\ncommand=y\n"
                "startretries=9\n",
    "lines": HEAD + "[program:a]\ncommand=x\n  y\n   ; comment\n\n  z\nautostart=false\n",
    "backslash": HEAD + "[program:a]\ncommand=x \\\n  y\n",
    "colons": HEAD + "[program:a]\ncommand: x = y : z\npriority : 4\nserverurl: http://a=b\n",
    "line ends": (PLAIN + "priority=3\n").replace("\n", "\r\n"),
    "expansion": HEAD + "[program:a]\ncommand=x %(process_num)02d %(numprocs)d %(group_name)s 100%% "
                        "%(program_name)s %(host_node_name)s %(here)s\nnumprocs=3\nnumprocs_start=5\n"
                        "process_name=%(program_name)s-%(process_num)03d\n"
                        "stdout_logfile=%(here)s/%(program_name)s_%(process_num)x.log\n",
    "formats": HEAD + "[program:a]\nnumprocs_start=77\ncommand=x %(process_num)5d|%(process_num)-5d|"
                      "%(process_num)+d|%(process_num)o|%(process_num)X|%(process_num)s|%(process_num)#x|"
                      "%(process_num)#o|%(process_num)#06X|%(process_num) d|%(process_num)#d|"
                      "%(program_name)10s|%(program_name).2s|%(process_num)i|%%(x)s\n",
    "environment": HEAD + "environment=FOO=\"b a r\",BAZ=1\n[program:a]\nprocess_name=%(ENV_Q)sx\n"
                          "command=x %(ENV_FOO)s %(ENV_BAZ)s %(ENV_Q)s\n"
                          "environment=Q=7,W=\"%(process_num)d\"\n",
    "groups": PLAIN + "priority=3\n[program:b]\ncommand=x\n[program:c]\ncommand=%(group_name)s\n"
                      "[group:g]\nprograms=c, b\npriority=2\n[group:h]\nprograms=c\n[group:empty]\n",
    "unknown": PLAIN + "foo=bar\n[foo]\nx=y\n",
    "letters": HEAD + "[program:w\u00f6rk*er[1]]\ncommand=x \u00e9\n[program:a]b]\ncommand=x\n",
    "none": PLAIN + "numprocs=0\n",
    "flags": each("autostart", ["yes", "TRUE", "On", "1", "no", "False", "OFF", "0"]),
    "restarts": each("autorestart", ["UNEXPECTED", "true", "off"]),
    "codes": each("exitcodes", ["", "0, 2,\t255", "7"]),
    "numbers": PLAIN + "startretries=+3\npriority=-5\nstopwaitsecs=007\n",
    "sizes": each("stdout_logfile_maxbytes", ["1 kb", "1Gb", "3MB", "0", "12"]),
    "signals": each("stopsignal", ["TERM", "sigint", "9", "Usr1", " QUIT ", "CLD", "POLL", "IO", "RTMIN",
                                   "RTMAX", "0", "15", "WINCH", "SIGPWR", "STKFLT", "IOT", "SYS"]),
    "logs": each("stdout_logfile", ["NONE", "none", "OFF", "Auto", "syslog", "SYSLOG", "/dev/stdout",
                                    "/dev/fd/1", "~/x.log", "/tmp//x.log", "/dev/null"]),
    "redirected": PLAIN + "redirect_stderr=true\nstderr_logfile=/tmp/x\nstderr_capture_maxbytes=1KB\n"
                          "stderr_events_enabled=true\n",
    "groups of processes": PLAIN + "stopasgroup=true\n[program:b]\ncommand=x\nkillasgroup=true\n",
    "places": PLAIN + "umask=0o22\ndirectory=~/x\nserverurl=auto\n",
    "users": each("user", ["nobody", "0"]),
    "listeners": HEAD + "[eventlistener:e]\ncommand=x\nevents=tick_5, PROCESS_STATE\nbuffer_size=3\n"
                        "stdout_capture_maxbytes=5\npriority=4\n[eventlistener:f]\ncommand=x\nevents=EVENT\n"
                        "numprocs=2\nprocess_name=%(process_num)s\n",
    "shared sockets": PLAIN + "[fcgi-program:f]\ncommand=x\nsocket=tcp://127.0.0.1:19999\nnumprocs=2\n"
                              "process_name=f%(process_num)d\n[group:g]\nprograms=a,f\n",
    "no name": HEAD + "[program:]\ncommand=x %(program_name)s|%(group_name)s\n",
    "a blank for a name": HEAD + "[program: ]\ncommand=x\nprocess_name=y\n",
    "a listener without a name": HEAD + "[eventlistener:]\ncommand=x\nevents=EVENT\n",
    "a socket without a name": HEAD + "[fcgi-program:]\ncommand=x\nsocket=tcp://localhost:19998\n",
    "a group without a name": PLAIN + "[group:]\nprograms=a\n",
    "decimals": HEAD + "[program:a]\nnumprocs_start=1234567\ncommand=x %(process_num)e|%(process_num)E|"
                       "%(process_num)f|%(process_num)F|%(process_num)g|%(process_num)G|%(process_num).3e|"
                       "%(process_num).3g|%(process_num).9g|%(process_num)#g|%(process_num)#.0f|"
                       "%(process_num).0e|%(process_num)012.2f|%(process_num)+e|%(process_num)-12g|\n",
    "letters and lengths": HEAD + "[program:a]\nnumprocs_start=233\ncommand=x %(process_num)c|"
                                  "%(process_num)5c|%(process_num)ld|%(process_num)hd|%(process_num)Ld|"
                                  "%(process_num)r|%(process_num)a|%(program_name)c|%(program_name)ls|\n",
    "representations": HEAD + "".join(
        f"[program:{name}]\ncommand=x %(program_name)r|%(program_name)a|%(program_name)9a|%(program_name).3r\n"
        for name in ("it's", "q\"'\u00e9", "plain", "\U0001f600\u0101")),
    "numbers in Python": HEAD + "".join(
        f"[program:p{number}]\ncommand=x\n{key}\n" for number, key in enumerate((
            "startsecs=1_0", "stopwaitsecs= +1_0 ", "exitcodes=1_0,2", "stopsignal=1_5", "priority=1_0",
            "umask=0_22", "umask=0O22", "umask=-1", "umask=17777", "numprocs=-1", "numprocs_start=-3",
            "stdout_logfile_maxbytes=1_0KB"))),
    "below zero": "[supervisord]\nlogfile=/dev/null\nlogfile_maxbytes=-1\nlogfile_backups=-1\nminfds=-1\n"
                  "minprocs=-1\n",
    "nothing": HEAD + "".join(f"[program:{key}]\ncommand=x\n{key}=\n" for key in (
        "directory", "stdout_logfile", "stderr_logfile", "exitcodes", "environment", "serverurl", "command",
        "process_name")) + "[program:both]\ncommand=x\nstderr_logfile=\nredirect_stderr=true\n",
    "no command and no process": HEAD + "[program:a]\nnumprocs=0\n",
    "relative": each("stdout_logfile", ["x.log", "./x.log", "../x.log", "~root/x.log", "~nobody-there"]),
    "open quotations": each("command", ["\"x", "sh -c 'a b", "a\\", "\"\""]),
    "order": "".join([HEAD, *(f"[program:{name}]\ncommand=x\n" for name in "baB"), "[program:c]\ncommand=x\n"
                                                                                 "priority=1\n"]),
    "names": PLAIN + "process_name= zed \n[program: b ]\ncommand=x\n",
    "quotes": HEAD + "[program:a]\ncommand=\"/bin/x y\" 'z'\n",
    "included": HEAD + "[include]\nfiles=conf.d/*.ini nothing/*.x\n[program:a]\ncommand=x %(here)s\n",
}


@pytest.fixture(scope="module")
def answers(real, tmp_path_factory):
    """What the real one says of each, by its name, and where it lies."""
    directory = tmp_path_factory.mktemp("grammar")
    (directory / "conf.d").mkdir()
    for name, text in INCLUDED.items():
        (directory / "conf.d" / name).write_text(text)
    paths = {name: directory / f"{name.replace(' ', '-')}.conf" for name in CONFIGURATIONS}
    for name, path in paths.items():
        path.write_bytes(CONFIGURATIONS[name].encode())
    found = of_theirs(real("python"), paths.values(), dict(os.environ), directory)
    return {name: (path, found[str(path)]) for name, path in paths.items()}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_every_value(links, answers, name):
    path, theirs = answers[name]
    assert isinstance(theirs, list), theirs
    ours = of_ours(links / "supervisord", path, dict(os.environ))
    assert ours == theirs, difference(name, theirs, ours)
