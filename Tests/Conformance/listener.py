"""An event listener that writes down what it is sent: PATH [HOW...], where HOW is what it does with
one of its events: fail2 rejects the second, die2 dies of it (once), garbage2 says nonsense then; fails
rejects them all."""

import os
import re
import sys

path, habits = sys.argv[1], sys.argv[2:]
# As most listeners do: text, of which Python counts the characters.
source = os.fdopen(0, "r", encoding="utf-8", newline="") if "text" in habits else os.fdopen(0, "rb")


def behaviour(number):
    if "fails" in habits:
        return "fail"
    for habit in habits:
        parts = re.fullmatch(r"([a-z]+)(\d+)", habit)
        if parts and int(parts[2]) == number:
            return parts[1]
    return "accept"


def write_down(head, body):
    both = [one if isinstance(one, bytes) else one.encode() for one in (head.strip(), body)]
    with open(path, "ab") as file:
        file.write(b"|".join(both).replace(b"\n", b"\\n") + b"\n")


def answer(how):
    if how == "die" and not os.path.exists(path + ".died"):
        open(path + ".died", "w").close()
        os._exit(1)
    said = {"fail": b"RESULT 4\nFAIL", "garbage": b"nonsense\n"}.get(how, b"RESULT 2\nOK")
    os.write(1, said + (b"" if how == "garbage" else b"READY\n"))


os.write(1, b"READY\n")
number = 0
while True:
    head = source.readline()
    if not head:
        break
    words = head if isinstance(head, str) else head.decode()
    body = source.read(int(words.rsplit("len:", 1)[1]))
    number += 1
    write_down(head, body)
    answer(behaviour(number))
