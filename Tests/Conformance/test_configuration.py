"""The same configurations, read by the real supervisord and by ours."""

import os
import pathlib
import re
import subprocess

import corpus
import pytest
from peers import difference
from readings import of_ours, of_theirs

@pytest.fixture(scope="module")
def configurations(real, tmp_path_factory):
    """What the real one says of each file of the corpus: by its name, with its path and variables."""
    directory = tmp_path_factory.mktemp("corpus")
    paths, environment = {}, dict(os.environ)
    for row in corpus.rows() + corpus.rows("FAIL"):
        paths[row["file"]] = directory / row["file"]
        text = corpus.prepared(row, directory)
        paths[row["file"]].write_text(text)
        environment.update(corpus.variables(text))
    answers = of_theirs(real("python"), paths.values(), environment, directory)
    return {name: (path, environment, answers[str(path)]) for name, path in paths.items()}


@pytest.mark.parametrize("name", [row["file"] for row in corpus.rows()])
def test_every_value_of_the_corpus(links, configurations, name):
    path, environment, theirs = configurations[name]
    assert isinstance(theirs, list), theirs
    ours = of_ours(links / "supervisord", path, environment)
    assert ours == theirs, difference("getAllConfigInfo", theirs, ours)


@pytest.mark.parametrize("row", corpus.rows() + corpus.rows("FAIL"), ids=lambda row: row["file"])
def test_the_index_of_the_corpus_says_what_supervisord_says(configurations, row):
    theirs = configurations[row["file"]][2]
    if row["result"] == "OK":
        assert len(theirs) == int(row["processes"])
    else:
        assert theirs == "exit 2"


def run(program, directory, *arguments):
    done = subprocess.run([str(program), *arguments], cwd=directory, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=20)
    return done.returncode, done.stdout, done.stderr.replace(str(program), "supervisord")


@pytest.mark.parametrize("line", [
    "-x", "--bogus", "foo", "-n foo bar", "-- -n", "-c", "-i", "-nx", "--logfile", "--nodaemon=1",
    "-c a -c b", "-n -n -c /nope", "-s --silent -c /nope", "--n", "--no", "--log x", "-c /nope.conf",
    "-v", "--version", "-nv", "--vers",
])
def test_the_command_line(real, links, tmp_path, line):
    theirs, ours = (run(program, tmp_path, *line.split())
                    for program in (real("supervisord"), links / "supervisord"))
    assert ours == theirs


def sentence(said):
    """What is wrong, without the frame that it stands in."""
    code, output, errors = said
    assert (code, output) == (2, ""), said
    assert errors.startswith("Error: ") and errors.endswith("\nFor help, use supervisord -h\n")
    words = errors.removeprefix("Error: ").removesuffix("\nFor help, use supervisord -h\n")
    return re.sub(r" in section '.*' \(file: '.*'\)$", "", words)


def both(real, links, directory, *arguments):
    said = [run(program, directory, *arguments)
            for program in (real("supervisord"), links / "supervisord")]
    return [sentence(one) for one in said]


HEAD = "[supervisord]\nlogfile=/dev/null\nlogfile_maxbytes=0\npidfile=%DIR%/pid\ncontrol=%DIR%/control\n"


@pytest.mark.parametrize("line", ["-e bogus", "-m 9", "-z x", "-d /nope", "-e bogus -c /nope"])
def test_a_bad_value_is_complained_of_before_a_missing_file(real, links, tmp_path, line):
    theirs, ours = both(real, links, tmp_path, "-n", *line.split())
    assert theirs.startswith("invalid value for -") and theirs in ours


@pytest.mark.parametrize("line", [
    "-e bogus", "-e warning", "-m 9", "-d /nope", "-l /nope/x", "-y 1.5MB", "-z x", "-q /nope", "-a x",
    "--minprocs x", "-u nosuch", "--user nosuch",
])
def test_a_bad_value_on_the_command_line(real, links, tmp_path, line):
    """supervisord's words; what to write instead may follow."""
    path = tmp_path / "s.conf"
    path.write_text(HEAD.replace("%DIR%", str(tmp_path)))
    theirs, ours = both(real, links, tmp_path, *line.split(), "-n", "-c", str(path))
    assert theirs in ours


def test_no_configuration_at_all(real, links, tmp_path):
    """The list begins beside the program, wherever that is; root is warned of the search."""
    theirs, ours = (run(program, tmp_path, "-n")[2] for program in (real("supervisord"),
                                                                    links / "supervisord"))
    warnings = [re.findall(r": (UserWarning: .*)", one) for one in (theirs, ours)]
    assert warnings[1] == warnings[0] and len(warnings[0]) == (os.getuid() == 0)
    words = [re.search(r"Error: No config file found at default paths \((.*)\); (use .*)", one).groups()
             for one in (theirs, ours)]
    assert words[0][1] == words[1][1]
    assert words[0][0].split(", ")[2:] == words[1][0].split(", ")[2:]


@pytest.mark.parametrize("name", ["./supervisord", "bin/supervisord", "a/bin/supervisord", "../supervisord"])
def test_a_configuration_is_looked_for_beside_a_program_that_is_called_by_a_relative_path(
        real, links, tmp_path, name):
    said = []
    for whose, program in (("theirs", real("supervisord")), ("ours", links / "supervisord")):
        here = tmp_path / whose / "here"
        here.mkdir(parents=True)
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        # The real one is a script: it may lie anywhere.
        (here / name).write_bytes(pathlib.Path(program).read_bytes())
        (here / name).chmod(0o755)
        said.append(run(name, here, "-n")[2].splitlines()[-2:])
    assert said[1] == said[0] and "No config file found at default paths" in said[0][0]


def test_a_daemon_found_in_the_search_path_knows_its_place(real, links, tmp_path):
    (tmp_path / "ours/bin").mkdir(parents=True)
    (tmp_path / "ours/supervisord.conf").write_text("[supervisord]\nloglevel=loud\n")
    (tmp_path / "ours/bin/supervisord").symlink_to(links / "supervisord")
    for program in (real("supervisord"), str(tmp_path / "ours/bin/supervisord")):
        place = os.path.dirname(program)

        def bare(*arguments):
            return subprocess.run(
                ["supervisord", *arguments], cwd=tmp_path, capture_output=True, text=True,
                env={**os.environ, "PATH": f"/nowhere:{place}:{os.environ['PATH']}"}).stderr

        assert bare("-x") == f"Error: option -x not recognized\nFor help, use {program} -h\n"
    assert f"Error: {tmp_path}/ours/supervisord.conf:2:10: error: loglevel=loud" in bare("-n")


@pytest.mark.difference("`supervisord -h`")
def test_the_help_names_every_option(real, links, tmp_path):
    theirs, ours = (run(program, tmp_path, "-h") for program in (real("supervisord"), links / "supervisord"))
    assert (theirs[0], ours[0]) == (0, 0)
    options = [set(re.findall(r"^-\S+", text, re.M)) for _, text, _ in (theirs, ours)]
    assert options[1] == options[0] and len(options[0]) == 20


PROGRAM = HEAD + "[program:a]\ncommand=/bin/cat\nautostart=false\n"
LISTENER = HEAD + "[eventlistener:e]\ncommand=/bin/cat\n"
SHARED = HEAD + "[fcgi-program:f]\ncommand=/bin/cat\n"
UNIX = HEAD + "[unix_http_server]\nfile=%DIR%/s\n"
INET = HEAD + "[inet_http_server]\n"


@pytest.mark.parametrize("text", [
    "[program:a]\ncommand=x\n", PROGRAM + "autorestart=always\n", PROGRAM + "stopasgroup=maybe\n",
    PROGRAM + "redirect_stderr=x\n", PROGRAM + "stdout_logfile_maxbytes=50M\n",
    PROGRAM + "stderr_logfile_maxbytes=1TB\n", PROGRAM + "stdout_capture_maxbytes=x\n",
    PROGRAM + "stdout_logfile_backups=x\n", PROGRAM + "startretries=x\n", PROGRAM + "numprocs=x\n",
    PROGRAM + "priority=x\n", PROGRAM + "umask=9\n", PROGRAM + "umask=\n", PROGRAM + "stopsignal=FOO\n",
    PROGRAM + "stopsignal=99\n", PROGRAM + "exitcodes=300\n", PROGRAM + "exitcodes=a\n",
    PROGRAM + "stdout_logfile=/nope/x\n", PROGRAM + "user=nosuch\n", PROGRAM + "environment=A=a@b\n",
    PROGRAM + "environment=A=\n", PROGRAM + "environment=A=\"x\n", PROGRAM + "directory=100%\n",
    PROGRAM + "stopasgroup=true\nkillasgroup=false\n", PROGRAM + "numprocs=2\n",
    PROGRAM + "process_name=a/b\n", HEAD + "[program:a]\n", HEAD + "[program:a b]\ncommand=x\n",
    HEAD + "[program:a:b]\ncommand=x\n", PROGRAM + "[group:g]\nprograms=zz\n",
    PROGRAM + "[group:g]\nprograms=a\npriority=x\n", HEAD + "[include]\n",
    HEAD + "loglevel=warning\n", HEAD + "childlogdir=/nope\n", HEAD + "directory=/nope\n",
    HEAD + "minfds=x\n", HEAD + "umask=9\n", HEAD + "silent=maybe\n", HEAD + "user=nosuch\n",
    HEAD + "umask=\n", HEAD + "user=\n", HEAD + "directory=\n", HEAD + "childlogdir=\n",
    HEAD + "nodaemon=maybe\n", HEAD + "nodaemon=\n",
    HEAD + "environment=A=a@b\n", HEAD + "logfile=/nope/x\n",
    HEAD + "[unix_http_server]\n", INET, INET + "port=abc\n", INET + "port=70000\n",
    UNIX + "username=x\n", UNIX + "password=x\n",
    LISTENER, LISTENER + "events=FOO\n", LISTENER + "events=TICK_5,tick_7\n",
    LISTENER + "events=TICK_5\nbuffer_size=0\n", LISTENER + "events=TICK_5\nbuffer_size=x\n",
    LISTENER + "events=TICK_5\nredirect_stderr=true\n", SHARED,
])
def test_a_bad_configuration(real, links, tmp_path, text):
    """supervisord's words, behind the place in the file and before what to write instead."""
    path = tmp_path / "s.conf"
    path.write_text(text.replace("%DIR%", str(tmp_path)))
    theirs, ours = both(real, links, tmp_path, "-n", "-c", str(path))
    assert theirs.strip() in ours
    assert re.match(rf"{re.escape(str(path))}:(\d+:\d+:)? error: ", ours)


@pytest.mark.parametrize("text, theirs, ours", [
    ("a=1\n", "File contains no section headers.", "s.conf:1:1: error: File contains no section headers"),
    (HEAD + "foo\nbar\n", "\t[line  7]: 'bar\\n'", "s.conf:7:1: error: 'bar' is neither key=value nor a"),
    (PROGRAM + "startsecs=1.5\n", "invalid literal for int()", "not a valid duration: '1.5'"),
    (PROGRAM + "directory=%(nope)s\n", "contains names ('nope') which cannot be expanded",
     "directory in [program:a] contains names ('nope') which cannot be expanded"),
    (PROGRAM + "environment=A=%(ENV_NO_SUCH)s\n", "names ('ENV_NO_SUCH') which cannot be expanded",
     "names ('ENV_NO_SUCH') which cannot be expanded: the environment has no NO_SUCH"),
    (UNIX + "chown=nosuch\n", "Invalid sockchown value nosuch", "Invalid user name nosuch"),
    (UNIX + "chown=\n", "Invalid sockchown value ", "Invalid user name "),
    (SHARED + "socket=unix:///tmp/f\nsocket_owner=\n", "Invalid socket_owner value ", "Invalid user name "),
    (SHARED + "socket=unix:///tmp/f\nsocket_backlog=\n", "invalid literal for int()", "'' is no backlog"),
    (UNIX + "chmod=9\n", "Invalid chmod value 9", "9 can not be converted to an octal type"),
    (SHARED + "socket=foo\n", "('Bad socket format %s', 'foo')", "Bad socket format foo; write"),
    (SHARED + "socket=tcp://h:9\nsocket_mode=0700\n", "should only be used with a Unix domain socket",
     "only a unix socket has an owner and a mode"),
])
def test_other_words_for_the_same(real, links, tmp_path, text, theirs, ours):
    (tmp_path / "s.conf").write_text(text.replace("%DIR%", str(tmp_path)))
    said = both(real, links, tmp_path, "-n", "-c", "s.conf")
    assert theirs in said[0] and ours in said[1], said
