#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Faults are left out: they cannot be read from a descriptor, and blocked they kill silently.
 *
 * SIGPIPE is ignored and never read: each line to a reader that has gone would queue one, whose
 * line in the log would queue the next. SIGCHLD may have come to us ignored, by a shell's
 * `trap '' CHLD`; then no child would ever be a zombie and no end be seen. */
int clinux_signals_open(void) {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGCHLD, SIG_DFL);
  sigset_t set;
  sigfillset(&set);
  sigdelset(&set, SIGPIPE);
  sigdelset(&set, SIGSEGV);
  sigdelset(&set, SIGBUS);
  sigdelset(&set, SIGILL);
  sigdelset(&set, SIGFPE);
  sigdelset(&set, SIGTRAP);
  sigdelset(&set, SIGABRT);
  if (sigprocmask(SIG_SETMASK, &set, 0) < 0) return -errno;
  int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  return fd < 0 ? -errno : fd;
}

static sigset_t expand(uint64_t set) {
  sigset_t signals;
  sigemptyset(&signals);
  for (int number = 1; number <= 64; number++)
    if (set >> (number - 1) & 1) sigaddset(&signals, number);
  return signals;
}

/* The kernel queues real-time signals one by one: who may signal us could fill the queue with them,
 * and a blocked signal is queued also where it is ignored. So those that mean nothing to us are
 * ignored and not blocked, and the kernel drops them when they are sent. The C library hides 32 and
 * 33, which it uses itself, from its own calls. */
int clinux_signals_take(uint64_t set) {
  static const uint64_t ignored[4] = {(uint64_t)(uintptr_t)SIG_IGN};
  signal(SIGPIPE, SIG_IGN);
  signal(SIGCHLD, SIG_DFL);
  for (int number = 32; number <= 64; number++)
    if (!(set >> (number - 1) & 1))
      syscall(SYS_rt_sigaction, number, ignored, (void *)0, (size_t)8);
  sigset_t signals = expand(set);
  return sigprocmask(SIG_SETMASK, &signals, 0) < 0 ? -errno : 0;
}

int clinux_signals_watch(uint64_t set) {
  sigset_t signals = expand(set);
  int fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  return fd < 0 ? -errno : fd;
}

int clinux_signals_read(int fd, uint64_t *standard, uint8_t queued[CLINUX_SIGNAL_BATCH],
                        int *queued_count) {
  struct signalfd_siginfo batch[CLINUX_SIGNAL_BATCH];
  *standard = 0;
  *queued_count = 0;
  ssize_t size = read(fd, batch, sizeof batch);
  if (size < 0) return errno == EAGAIN || errno == EINTR ? 0 : -errno;
  int count = (int)((size_t)size / sizeof batch[0]);
  for (int i = 0; i < count; i++) {
    uint32_t number = batch[i].ssi_signo;
    if (number < 32)
      *standard |= (uint64_t)1 << (number - 1);
    else
      queued[(*queued_count)++] = (uint8_t)number;
  }
  return count;
}

int clinux_child_signal_open(void) {
  signal(SIGCHLD, SIG_DFL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  if (sigprocmask(SIG_BLOCK, &set, 0) < 0) return -errno;
  int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  return fd < 0 ? -errno : fd;
}

int clinux_signals_next(int fd, int *sender) {
  struct signalfd_siginfo info;
  ssize_t count = read(fd, &info, sizeof info);
  if (count < 0) return errno == EAGAIN || errno == EINTR ? 0 : -errno;
  if (count != sizeof info) return 0;
  *sender = (int)info.ssi_pid;
  return (int)info.ssi_signo;
}

void clinux_ignore_signal(int number) { signal(number, SIG_IGN); }

static void end(int number) { _exit(128 + number); }

void clinux_end_on_signal(int number) {
  struct sigaction action = {.sa_handler = end};
  sigaction(number, &action, 0);
  /* It may have come to us blocked: by ourselves, before everything began again. */
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  sigprocmask(SIG_UNBLOCK, &set, 0);
}
