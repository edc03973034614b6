"""Clients that ask and ask, and what became of every request."""

import http.client
import threading
import time
from collections import Counter


class Load:
    """With one thread a path, each with a connection that it keeps; `sticky` ones keep their cookie."""

    def __init__(self, port, paths, sticky=()):
        self.port, self.sticky = port, sticky
        self.answers, self.failures, self.bodies = Counter(), [], Counter()
        self.lock, self.over = threading.Lock(), threading.Event()
        self.threads = [threading.Thread(target=self._ask, args=(path, path in sticky), daemon=True)
                        for path in paths]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join(60)

    def _ask(self, path, is_sticky):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {}
        # Some fifty a second each, so that two processors have room for those who answer.
        while not self.over.wait(0.02):
            begun = time.monotonic()
            try:
                connection.request("GET", path, headers=headers)
                reply = connection.getresponse()
                body, status = reply.read().decode(), reply.status
            except (OSError, http.client.HTTPException) as error:
                status, body = 0, repr(error)
                connection.close()
            with self.lock:
                self.answers[path] += 1
                if status == 200:
                    self.bodies[path, body] += 1
                    cookie = reply.getheader("Set-Cookie")
                    if is_sticky and cookie:
                        headers = {"Cookie": cookie.split(";")[0]}
                else:
                    self.failures.append((path, status, body[:200], round(begun, 3)))
