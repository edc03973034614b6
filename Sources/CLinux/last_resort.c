/* The init that is left when the supervisor has failed: it reaps, sends SIGTERM to all processes,
 * waits for the grace period, sends SIGKILL, and exits with 70.
 *
 * It runs in a signal handler on a state that must not be trusted: no memory is allocated, no lock
 * is taken, and nothing of Swift is touched. */
#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
  internal_error = 70,
  most_roles = 16,
  /* For the logger to write what is left in its pipes. */
  flush_milliseconds = 2000,
  /* For what SIGKILL does not end: a process that waits for a dead disk. */
  kill_milliseconds = 5000,
};

static uint32_t grace = 10000;
static int32_t roles[most_roles];

void clinux_last_resort_grace(uint32_t milliseconds) { grace = milliseconds; }
uint32_t clinux_last_resort_grace_now(void) { return grace; }

void clinux_last_resort_role(int32_t pid, int is_running) {
  int32_t from = is_running ? 0 : pid, to = is_running ? pid : 0;
  for (int i = 0; i < most_roles; i++)
    if (roles[i] == from) {
      roles[i] = to;
      return;
    }
}

static int is_role(int32_t pid) {
  for (int i = 0; i < most_roles; i++)
    if (roles[i] == pid) return 1;
  return 0;
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Calls `visit` with each child that is not a role; how many there are, or -1 without /proc. */
static int visit_children(void (*visit)(int32_t pid, int number), int number) {
  int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  char bytes[4096];
  int32_t pid = 0;
  int found = 0;
  ssize_t size;
  while ((size = read(fd, bytes, sizeof bytes)) > 0)
    for (ssize_t i = 0; i < size; i++) {
      if (bytes[i] >= '0' && bytes[i] <= '9') {
        pid = pid * 10 + (bytes[i] - '0');
        continue;
      }
      if (pid > 1 && !is_role(pid)) {
        found++;
        if (visit) visit(pid, number);
      }
      pid = 0;
    }
  close(fd);
  return found;
}

/* Most programs lead a process group; one that does not is signalled alone. */
static void signal_child(int32_t pid, int number) {
  if (kill(-pid, number) < 0) kill(pid, number);
}

/* Only PID 1 may signal everything: elsewhere that would be the whole machine. Roles ignore
 * SIGTERM. */
static void signal_everything(int number) {
  if (getpid() == 1)
    kill(-1, number);
  else
    visit_children(signal_child, number);
}

/* False when there is no child at all. */
static int reap(void) {
  pid_t pid;
  do pid = waitpid(-1, 0, WNOHANG);
  while (pid > 0 || (pid < 0 && errno == EINTR));
  return pid == 0;
}

/* SIGCHLD, or the signals by which a container is stopped. */
static int next_signal(int64_t milliseconds, int stops_too) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  if (stops_too) {
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGQUIT);
  }
  struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  return sigtimedwait(&set, 0, &time);
}

/* Until no program is left, the time is over, or a further stop signal has come. */
static void wait_for_programs(int64_t limit) {
  int64_t end = now() + limit;
  while (reap() && visit_children(0, 0) != 0) {
    int64_t rest = end - now();
    if (rest <= 0) return;
    int number = next_signal(rest, 1);
    if (number > 0 && number != SIGCHLD) return;
  }
}

/* Until no child is left. Processes whose parent has been killed become children here: elsewhere
 * than as PID 1 they are looked for again and again. */
static void wait_for_all(int64_t limit, int number) {
  int64_t end = now() + limit;
  while (reap() && now() < end) {
    if (number && getpid() != 1) visit_children(signal_child, number);
    next_signal(number ? 20 : end - now(), 0);
  }
}

static void block_signals(void) {
  sigset_t set;
  sigfillset(&set);
  sigdelset(&set, SIGSEGV);
  sigdelset(&set, SIGBUS);
  sigdelset(&set, SIGILL);
  sigdelset(&set, SIGFPE);
  sigdelset(&set, SIGTRAP);
  sigdelset(&set, SIGABRT);
  sigprocmask(SIG_SETMASK, &set, 0);
}

_Noreturn void clinux_last_resort(void) {
  block_signals();
  signal(SIGCHLD, SIG_DFL);
  /* A stop signal that came before the fault is the first one, not a further one. */
  while (next_signal(0, 1) > 0) {}
  signal_everything(SIGTERM);
  wait_for_programs(grace);
  /* Every role reads the end of its channel now, and the logger the end of its pipes. */
  syscall(SYS_close_range, 3u, ~0u, 0u);
  if (visit_children(0, 0) == 0) wait_for_all(flush_milliseconds, 0);
  signal_everything(SIGKILL);
  for (int i = 0; i < most_roles; i++)
    if (roles[i] > 1) kill(roles[i], SIGKILL);
  wait_for_all(kill_milliseconds, SIGKILL);
  _exit(internal_error);
}
