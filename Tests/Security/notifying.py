"""What a program needs to announce something by sd_notify(3): the head of the attackers' scripts."""

NOTIFY = """
import array, os, signal, socket, struct, sys, time
def notify(text, address=None, passing=()):
    address = address or os.environ["NOTIFY_SOCKET"]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        out.connect(address.replace("@", "\\0", 1))
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", passing))] if passing else []
        out.sendmsg([text.encode()], rights)
def addresses():
    found = []
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            entries = open(f"/proc/{number}/environ", "rb").read().split(b"\\0")
        except OSError:
            continue
        found += [entry[14:].decode() for entry in entries if entry.startswith(b"NOTIFY_SOCKET=")]
    return found
"""
