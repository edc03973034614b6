"""Servers to talk to: the real supervisord, and one that answers what a test tells it to."""

import contextlib
import http.server
import os
import signal
import socket
import socketserver
import subprocess
import threading
import urllib.parse
import xmlrpc.client

from supervised import free_port, wait_until


class Daemon:
    """A supervisord with a directory, a socket and a port of its own."""

    def __init__(self, program, directory, programs="", *, username="", password="", supervisord=""):
        self.program, self.directory = program, directory
        self.socket, self.port = directory / "s.sock", free_port()
        self.url, self.tcp = f"unix://{self.socket}", f"http://127.0.0.1:{self.port}"
        self.configuration = directory / "supervisord.conf"
        self.login = f"username={username}\npassword={password}\n" if username else ""
        self.head = f"[supervisord]\nchildlogdir={directory}\npidfile={directory}/pid\n" \
            f"logfile={directory}/main.log\nnodaemon=true\nsilent=true\nuser=root\n{supervisord}\n"
        self.write(programs)
        self.process = None

    def write(self, programs):
        self.configuration.write_text(
            f"[unix_http_server]\nfile={self.socket}\n{self.login}"
            f"[inet_http_server]\nport=127.0.0.1:{self.port}\n{self.login}{self.head}"
            "[rpcinterface:supervisor]\n"
            "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
            f"[supervisorctl]\nserverurl={self.url}\n{programs}".replace("%DIR%", str(self.directory)))

    def start(self):
        self.process = subprocess.Popen(
            [str(self.program), "-n", "-c", str(self.configuration)], cwd=self.directory,
            stdout=open(self.directory / "output", "wb"), stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL)
        wait_until(self.answers, what=f"an answer of {self.program}")
        return self

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError((self.directory / "output").read_text())
        for family, address in ((socket.AF_UNIX, str(self.socket)),
                                (socket.AF_INET, ("127.0.0.1", self.port))):
            with socket.socket(family) as one:
                try:
                    one.connect(address)
                except OSError:
                    return False
        return True

    def kill(self):
        if self.process and self.process.poll() is None:
            family = descendants(self.process.pid)
            self.process.kill()
            self.process.wait()
            for pid in family:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def descendants(pid):
    """Also those that lead groups of their own, or are traced."""
    done = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True)
    return [one for child in map(int, done.stdout.split()) for one in (child, *descendants(child))]


class FakeServer:
    """Answers calls with what `answers` holds: a value, a Fault, the bytes of a body, or a Status.
    A list of Turns is taken from the front, one a call."""

    class Status(int):
        pass

    class Turns(list):
        pass

    def __init__(self):
        self.answers, self.calls = {}, []
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                parameters, method = xmlrpc.client.loads(
                    self.rfile.read(int(self.headers["Content-Length"])))
                fake.calls.append((method.removeprefix("supervisor."), parameters))
                answer = fake.answer(method.removeprefix("supervisor."))
                if isinstance(answer, FakeServer.Status):
                    return self.send_error(answer)
                if isinstance(answer, xmlrpc.client.Fault):
                    answer = xmlrpc.client.dumps(answer).encode()
                elif not isinstance(answer, bytes):
                    answer = xmlrpc.client.dumps((answer,), methodresponse=True).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def do_GET(self):
                status, pieces = fake.answers.get(urllib.parse.unquote(self.path), (404, []))
                if status != 200:
                    return self.send_error(status)
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for piece in pieces:
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                self.wfile.write(b"0\r\n\r\n")

        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, method):
        answer = self.answers.get(method)
        if isinstance(answer, FakeServer.Turns):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if answer is None:
            answer = "3.0" if method == "getVersion" else xmlrpc.client.Fault(1, "UNKNOWN_METHOD")
        return answer

    def ask(self, tool, line, answers, **options):
        """What a tool says, and which calls it has made, but for the greeting: how often a server is
        asked for its version is nobody's business."""
        self.calls = []
        self.answers = {key: FakeServer.Turns(value) if isinstance(value, FakeServer.Turns) else value
                        for key, value in answers.items()}
        said = tool.run("-s", self.url, *([line] if line else []), hidden=[(self.url, "URL")],
                        **options)
        return said, [call for call in self.calls if call[0] != "getVersion"]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def process(name, group=None, state=20, statename="RUNNING", description="", pid=4242):
    """As getProcessInfo tells it."""
    return {"name": name, "group": group or name, "state": state, "statename": statename,
            "description": description, "pid": pid}


def result(status, name="p", group="g", description="why"):
    return {"name": name, "group": group, "status": status, "description": description}
