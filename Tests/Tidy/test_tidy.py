"""The code base is tested like code: imports, sizes, words, layout.

Each rule is a function from a path and its text to complaints, and is shown to be able to fail.
"""

import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = [ROOT / name for name in subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True,
    capture_output=True, text=True).stdout.splitlines()]
FILES = [path for path in FILES if path.is_file()]

# What a folder may import: the arrows of the architecture.
WALL = [
    ("Sources/SafeText", set()),
    ("Sources/Linux", {"CLinux", "Glibc", "SafeText"}),
    ("Sources/ProgramSpec", {"SafeText"}),
    ("Sources/Supervise/Core", {"ProgramSpec"}),
    ("Sources/Supervise/Kernel", {"SuperviseCore", "ProgramSpec", "LoggerProtocol",
                                  "GatewayProtocol", "EventsProtocol", "MeterProtocol",
                                  "NotifyProtocol", "Linux", "SafeText"}),
    ("Sources/Entrypoint/Logger/Protocol", set()),
    ("Sources/Entrypoint/Logger", {"EventsProtocol", "LoggerProtocol", "Linux", "SafeText"}),
    ("Sources/Entrypoint/Events/Protocol", {"LoggerProtocol"}),
    ("Sources/Entrypoint/Events", {"EventsProtocol", "Linux", "SafeText"}),
    ("Sources/Entrypoint/HTTP", set()),
    ("Sources/Entrypoint/XMLRPC", {"HTTP"}),
    ("Sources/Entrypoint/Gateway/Protocol", set()),
    ("Sources/Entrypoint/Gateway", {"GatewayProtocol", "ControlProtocol", "HTTP", "XMLRPC",
                                    "Linux"}),
    ("Sources/Entrypoint/Meter/Protocol", {"LoggerProtocol"}),
    ("Sources/Entrypoint/Meter", {"MeterProtocol", "Linux"}),
    ("Sources/Entrypoint/Notify/Protocol", {"LoggerProtocol"}),
    ("Sources/Entrypoint/Notify", {"NotifyProtocol", "Linux"}),
    ("Sources/Entrypoint/Step", {"Linux", "SafeText"}),
    ("Sources/Entrypoint/Probe", {"ProgramSpec", "SuperviseCore", "Linux"}),
    ("Sources/Entrypoint/Lease", {"Probe", "ProgramSpec", "SuperviseCore", "Linux"}),
    ("Sources/Entrypoint/ControlClient", {"ProgramSpec"}),
    ("Sources/Entrypoint/Import", {"ControlProtocol", "ProgramSpec", "SafeText"}),
    ("Sources/Entrypoint/Command", {"ControlProtocol", "Import", "Probe", "ProgramSpec",
                                    "SuperviseCore", "Linux", "SafeText"}),
    ("Sources/Entrypoint/Flags", set()),
    ("Sources/Entrypoint/Supervisord", {"Flags", "ProgramSpec", "Linux"}),
    ("Sources/Entrypoint/Supervisorctl", {"Flags", "HTTP", "XMLRPC", "Probe", "ProgramSpec",
                                         "Linux"}),
    ("Sources/Entrypoint/Main", {"Command", "Events", "Gateway", "Lease", "Linux", "Logger",
                                 "Meter", "Notify", "Probe", "ProgramSpec", "Step", "Supervise",
                                 "SuperviseCore",
                                 "Supervisorctl", "Supervisord"}),
    ("Tests", None),
]

BANNED = {
    r"\b(TODO|FIXME|XXX|HACK)\b": "do it, or leave it out",
    r"\btry!": "throw, or handle the error",
    r"\bas!": "use a type that cannot be wrong",
    r"\bfatalError\(": "use invariant()",
    r"@unchecked|nonisolated\(unsafe\)": "make it Sendable in truth",
    r"\bimport (Foundation|Dispatch)\b": "use Linux, or the standard library",
    r"/work/": "no paths of one machine",
    r"\bmark\.flaky|\breruns\b": "a test that fails at times is a fault; repair it",
}

# Longer than the limit, and why.
LONG_FUNCTIONS = {}
MOST_LINES, MOST_COLUMNS, MOST_FUNCTION_LINES, MOST_C_FUNCTION_LINES = 300, 100, 40, 60


def imports(path, text):
    folder = str(path)
    allowed = next((names for prefix, names in WALL if folder.startswith(prefix + "/")), None)
    if not folder.endswith(".swift") or allowed is None:
        return
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(r"(?:package |internal |public )?import (\w+)", line)
        if found and found[1] not in allowed:
            yield f"{path}:{number}: {found[1]} may not be imported here; arrows run one way"


def sizes(path, text):
    lines = text.splitlines()
    if path.suffix in (".swift", ".c", ".h") and len(lines) > MOST_LINES:
        yield f"{path}: {len(lines)} lines; is it still one concern?"
    for number, line in enumerate(lines, 1):
        if path.suffix in (".swift", ".c", ".h") and len(line) > MOST_COLUMNS:
            yield f"{path}:{number}: {len(line)} columns; break the line"


def functions(path, text):
    if path.suffix not in (".swift", ".c") or "Tests" in path.parts:
        return
    most = MOST_FUNCTION_LINES if path.suffix == ".swift" else MOST_C_FUNCTION_LINES
    opening = r"^( *).*\b(func \w+|init\??)\b.*\{$" if path.suffix == ".swift" else r"^()\w.*\) \{$"
    lines = text.splitlines()
    for number, line in enumerate(lines):
        found = re.match(opening, line)
        if not found:
            continue
        end = next((index for index in range(number + 1, len(lines))
                    if lines[index] == found[1] + "}"), number)
        if end - number + 1 > most:
            yield f"{path}:{number + 1}: {end - number + 1} lines in one function; divide it"


def words(path, text):
    if path.name == "test_tidy.py":
        return
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, instead in BANNED.items():
            if path.suffix in (".swift", ".c", ".h", ".md", ".py", ".conf") and re.search(pattern, line):
                if "fatalError" in pattern and path.name == "LastWords.swift":
                    continue
                yield f"{path}:{number}: {line.strip()[:60]}: {instead}"


def defaults(path, text):
    """In the core every case is named, so that a new one cannot be forgotten."""
    if str(path).startswith("Sources/Supervise/Core/"):
        for number, line in enumerate(text.splitlines(), 1):
            if re.match(r"\s*default:", line):
                yield f"{path}:{number}: default: in the core; name the cases"


def sleeps(path, text):
    """Tests wait for conditions; one helper in each harness may pause between two looks."""
    if "Tests" not in path.parts or path.name in ("test_tidy.py", "supervised.py", "servers.py"):
        return
    for number, line in enumerate(text.splitlines(), 1):
        if re.search(r"\b(time\.sleep|usleep|nanosleep|Thread\.sleep|Task\.sleep)\(", line):
            if "usleep(1000); _exit" not in line:
                yield f"{path}:{number}: a sleep; wait for a condition"


def documented(path, text):
    if str(path).startswith("Sources/") and path.suffix == ".swift" and path.name != "main.swift":
        if "///" not in text and not text.startswith("// #"):
            yield f"{path}: says nowhere what it is for"


RULES = [imports, sizes, functions, words, defaults, sleeps, documented]

SAMPLES = {
    imports: ("Sources/ProgramSpec/X.swift", "import Linux\n"),
    sizes: ("Sources/Linux/X.swift", "x\n" * 400),
    functions: ("Sources/Linux/X.swift", "func f() {\n" + "  x\n" * 50 + "}\n"),
    words: ("Sources/Linux/X.swift", "let x = try! f()\n"),
    defaults: ("Sources/Supervise/Core/X.swift", "    default: break\n"),
    sleeps: ("Tests/X/test_x.py", "time.sleep(1)\n"),
    documented: ("Sources/Linux/X.swift", "struct X {}\n"),
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_code_keeps_the_rule(rule):
    complaints = []
    for path in FILES:
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        complaints += rule(path.relative_to(ROOT), text)
    assert not complaints, "\n" + "\n".join(complaints[:40])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rule_can_fail(rule):
    path, text = SAMPLES[rule]
    assert list(rule(pathlib.Path(path), text))


def test_the_layout_is_swift_format_s():
    done = subprocess.run(["swift", "format", "lint", "--strict", "-r", "Sources", "Tests",
                           "Package.swift"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]


def test_every_path_the_readme_names_is_there():
    text = (ROOT / "README.md").read_text()
    for target in re.findall(r"\]\((?!https?:|#)([^)]+)\)", text):
        assert (ROOT / target).exists(), target


def plain(cell):
    return cell.replace("`", "").strip()


def test_every_difference_from_supervisord_is_shown_by_a_test():
    """A row of the README's table and the marks of the conformance tests name each other."""
    table = (ROOT / "README.md").read_text().split("### Where it differs", 1)[1].split("\n## ", 1)[0]
    rows = [plain(row.split("|")[1]) for row in table.splitlines() if row.startswith("| ")]
    rows.remove("---")
    marks = set()
    for path in (ROOT / "Tests/Conformance").glob("test_*.py"):
        marks |= {plain(one) for one in re.findall(
            r"(?:mark\.difference|\bof)\(\s*\"([^\"]+)\"", path.read_text())}
    assert rows[0] == "what" and set(rows[1:]) == marks, sorted(set(rows[1:]) ^ marks)


def test_the_readme_s_exit_codes_are_the_source_s():
    source = (ROOT / "Sources/Entrypoint/Command/Arguments/ExitCode.swift").read_text()
    codes = {int(code) for code in re.findall(r"Int32 = (\d+)", source)}
    table = (ROOT / "README.md").read_text().split("## Exit codes", 1)[1].split("\n## ", 1)[0]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.M)} == codes
