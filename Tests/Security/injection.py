"""Makes a process perform a system call of our choice, as one that an attacker has taken over would."""

import ctypes
import os
import signal

LIBC = ctypes.CDLL(None, use_errno=True)
SEIZE, INTERRUPT, DETACH, SINGLESTEP, GETREGS, SETREGS = 0x4206, 0x4207, 17, 9, 12, 13
NAMES = ("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base "
         "gs_base ds es fs gs").split()
ARGUMENTS = ("rdi", "rsi", "rdx", "r10", "r8", "r9")
WALL = 0x40000000
# The instruction of x86-64 that makes a system call.
SYSCALL = b"\x0f\x05"


class Registers(ctypes.Structure):
    """user_regs_struct of sys/user.h."""

    _fields_ = [(name, ctypes.c_ulonglong) for name in NAMES]


def ptrace(request, pid, address=0, data=0):
    LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    LIBC.ptrace.restype = ctypes.c_long
    if LIBC.ptrace(request, pid, address, data) < 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request:#x}")


def interrupt(pid, number, arguments=()):
    """Stops the process before that call; its registers as they were, and as they are now.

    It is stopped where it has just made a call, so the instruction before the next one makes calls.
    """
    saved, changed = Registers(), Registers()
    while True:
        ptrace(SEIZE, pid)
        ptrace(INTERRUPT, pid)
        os.waitpid(pid, WALL)
        ptrace(GETREGS, pid, 0, ctypes.addressof(saved))
        with open(f"/proc/{pid}/mem", "rb") as memory:
            memory.seek(saved.rip - len(SYSCALL))
            if memory.read(len(SYSCALL)) == SYSCALL:
                break
        ptrace(DETACH, pid)
    ctypes.memmove(ctypes.addressof(changed), ctypes.addressof(saved), ctypes.sizeof(saved))
    changed.rip, changed.rax, changed.orig_rax = saved.rip - 2, number, 2 ** 64 - 1
    for name, value in zip(ARGUMENTS, arguments):
        setattr(changed, name, value % 2 ** 64)
    ptrace(SETREGS, pid, 0, ctypes.addressof(changed))
    return saved, changed


def system_call(pid, number, *arguments):
    """What the call returns, negative for an error; or the signal that has killed the process."""
    saved, changed = interrupt(pid, number, arguments)
    ptrace(SINGLESTEP, pid)
    _, status = os.waitpid(pid, WALL)
    if os.WIFSIGNALED(status):
        return signal.Signals(os.WTERMSIG(status))
    ptrace(GETREGS, pid, 0, ctypes.addressof(changed))
    ptrace(SETREGS, pid, 0, ctypes.addressof(saved))
    ptrace(DETACH, pid)
    return ctypes.c_longlong(changed.rax).value


def hang(pid):
    """The process waits for ever in pause(2), and does nothing that it was to do."""
    interrupt(pid, 34)
    ptrace(DETACH, pid)
