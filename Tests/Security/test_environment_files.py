"""A small file must not cost much memory."""

import subprocess

import pytest

from supervised import BINARY

FILES = {
    "one large value, many references": "A=" + "x" * 60_000 + "\n" + "".join(f"B{i}=$A\n" for i in range(1000)),
    "a value that doubles": "A=" + "x" * 1000 + "\n" + "A=$A$A\n" * 7 + "".join(f"B{i}=$A\n" for i in range(5000)),
    "references in defaults": "A=" + "x" * 60_000 + "\n" + "".join(f"B{i}=${{C:-$A}}\n" for i in range(700)),
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_references_in_an_environment_file_cannot_fill_the_memory(tmp_path, text):
    (tmp_path / "env").write_text(text)
    configuration = tmp_path / "entrypoint.conf"
    configuration.write_text(f"[supervisord]\nenvironment_file={tmp_path}/env\n[program:a]\ncommand=/bin/cat\n")
    # Of address space, in KiB: the binary alone takes about 10 MiB.
    command = ["sh", "-c", 'ulimit -v 49152; exec "$@"', "sh", BINARY, "check", "-c", str(configuration)]
    done = subprocess.run(command, capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert done.returncode == 2, said
    assert "the values of this file are longer than 2 MB together" in said
    assert f"{tmp_path}/env:" in said
