"""Which system calls fail with which errors: the ERRORS sections of the manual pages."""

# SHORT is no error: half of the bytes are written.
ERRORS = {
    "accept4": "ECONNABORTED EMFILE ENFILE ENOBUFS EPERM EINTR",
    "access": "EACCES ENOMEM EIO",
    "bind": "EADDRINUSE EACCES ENOMEM",
    "capget": "EPERM", "capset": "EPERM",
    "chdir": "EACCES EIO",
    "chmod": "EPERM EIO",
    "clone": "EAGAIN ENOMEM",
    "close": "EINTR EIO",
    "close_range": "ENOSYS",
    "connect": "ECONNREFUSED EAGAIN EINTR EACCES",
    "dup2": "EMFILE EINTR", "dup3": "EMFILE EINTR",
    "epoll_create1": "EMFILE ENFILE ENOMEM",
    "epoll_ctl": "ENOMEM ENOSPC",
    "epoll_wait": "EINTR",
    "execve": "ENOMEM EACCES EIO EAGAIN",
    "fadvise64": "EINVAL",
    "fallocate": "ENOSPC EIO",
    "fchdir": "EACCES EIO",
    "fchmod": "EPERM EIO EROFS",
    "fchown": "EPERM EIO", "fchownat": "EPERM EIO",
    "fcntl": "EMFILE",
    "fstat": "ENOMEM EIO",
    "fsync": "EIO ENOSPC",
    "ftruncate": "EIO EPERM",
    "getdents64": "EIO ENOMEM",
    "getpeername": "ENOBUFS", "getsockname": "ENOBUFS",
    "getrandom": "EINTR",
    "inotify_add_watch": "ENOSPC ENOMEM", "inotify_init1": "EMFILE ENFILE ENOMEM",
    "ioctl": "EIO ENOTTY",
    "listen": "EADDRINUSE",
    "lseek": "ESPIPE",
    "memfd_create": "EMFILE ENFILE ENOMEM",
    "mkdirat": "ENOSPC EACCES EROFS",
    "newfstatat": "ENOMEM EIO EACCES",
    "openat": "EMFILE ENFILE ENOMEM EACCES EIO EINTR",
    "pidfd_open": "EMFILE ENOMEM ESRCH ENOSYS", "pidfd_send_signal": "EPERM ESRCH",
    "pipe2": "EMFILE ENFILE",
    "poll": "EINTR ENOMEM",
    "prctl": "EPERM EINVAL",
    "pread64": "EIO EINTR",
    "prlimit64": "EPERM",
    "ptrace": "EPERM ESRCH",
    "pwrite64": "ENOSPC EIO EINTR SHORT",
    # EIO comes from disks and terminals; nearly all reads are of pipes, sockets and timers.
    "read": "EINTR EAGAIN ENOMEM",
    "readlink": "EACCES ENOMEM EIO", "readlinkat": "EACCES ENOMEM EIO",
    "recvfrom": "EINTR EAGAIN ENOMEM ECONNRESET",
    "recvmsg": "EINTR EAGAIN ENOMEM ECONNRESET",
    "renameat": "ENOSPC EACCES EIO", "renameat2": "ENOSPC EACCES EIO",
    "sched_setaffinity": "EINVAL EPERM",
    "sendmsg": "EINTR EAGAIN ENOBUFS ENOMEM EPIPE ETOOMANYREFS",
    "sendto": "EINTR EAGAIN ENOBUFS ENOMEM EPIPE",
    "setfsuid": "EPERM", "setfsgid": "EPERM",
    "setgid": "EPERM", "setgroups": "EPERM ENOMEM", "setuid": "EAGAIN EPERM",
    "setresgid": "EPERM", "setresuid": "EAGAIN EPERM",
    "setpgid": "EPERM ESRCH", "setpriority": "EACCES", "setsid": "EPERM",
    "setsockopt": "ENOMEM ENOBUFS",
    "signalfd4": "EMFILE ENFILE ENOMEM",
    "socket": "EMFILE ENFILE ENOBUFS EACCES", "socketpair": "EMFILE ENFILE ENOMEM",
    "statx": "ENOMEM EIO EACCES",
    "timerfd_create": "EMFILE ENFILE ENOMEM", "timerfd_settime": "ENOMEM",
    "unlinkat": "EACCES EIO EROFS", "unlink": "EACCES EIO EROFS",
    "wait4": "EINTR", "waitid": "EINTR",
    "write": "EINTR EAGAIN ENOSPC EIO EPIPE SHORT", "writev": "EINTR EAGAIN ENOSPC EIO EPIPE",
}

# A call without a line above can at least be refused by a seccomp filter or by a lack of memory.
OTHERWISE = "EPERM ENOMEM"

# Calls that are never made to fail, by the reason.
EXCLUDED = {
    "the allocator; Tests/EndToEnd/test_own_failure.py takes its memory away":
        "brk mmap mprotect mremap munmap madvise",
    "it cannot fail": "getpid getppid gettid getuid geteuid getgid getegid umask alarm getpgid getpgrp",
    "it fails for invalid arguments alone":
        "rt_sigaction rt_sigprocmask sigaltstack clock_gettime clock_nanosleep uname sysinfo times "
        "getrlimit sched_getaffinity getsockopt",
    "the start of the C library, before main": "arch_prctl rseq set_robust_list set_tid_address",
    "it does not return": "exit exit_group rt_sigreturn",
    "a program that cannot be signalled is UNKNOWN, as in supervisord; test_rows.py": "kill",
    "a wait that the kernel restarts": "restart_syscall",
}
EXCLUDED_NAMES = {name for names in EXCLUDED.values() for name in names.split()}


# The other end of the logger's channel is PID 1, whose end no role survives: EPIPE does not come once.
IMPOSSIBLE = {("logger", "sendto"): "EPIPE", ("logger", "sendmsg"): "EPIPE"}


def errors(call, target):
    """The errors that a call of a target is made to fail with, in the order of the table."""
    if call in EXCLUDED_NAMES:
        return []
    impossible = IMPOSSIBLE.get((target, call), "").split()
    return [error for error in ERRORS.get(call, OTHERWISE).split() if error not in impossible]
