/* From the decision to start a program to its first instruction, in one place and without Swift:
 * between fork and exec nothing may allocate, lock or trap.
 *
 * The child is a copy-on-write copy, not one that shares our memory as vfork's does. A set-up step
 * may hang for ever (a working directory on a dead network disk), and then it is the child that
 * hangs and not PID 1; and a child that has dropped its uid must not share memory with root.
 *
 * What fails is written to a record in shared memory, not to a pipe: no descriptor to open, to
 * poll or to leak. The child exits with 127 after it, so whoever reaps it finds the record whole.
 */
#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { lowest_spare = 10 };

clinux_report *clinux_reports_make(int count) {
  size_t size = (size_t)count * sizeof(clinux_report);
  void *memory = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? 0 : memory;
}

static _Noreturn void fail(const clinux_launch *launch, int stage) {
  if (launch->report) {
    launch->report->error = errno;
    launch->report->stage = stage;
  }
  _exit(127);
}

/* An open file of its own for the same pipe. What is non-blocking is the open file and not the
 * number: one program that wants it so, as Node does, would have all others lose output. Without
 * /proc, or the rights, they share it. */
static int own_pipe(int fd, int mode) {
  struct stat status;
  if (fstat(fd, &status) < 0 || !S_ISFIFO(status.st_mode)) return fd;
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  /* A pipe whose other end has gone must not make us wait for it. */
  int own = open(path, mode | O_NONBLOCK | O_CLOEXEC);
  if (own < 0) return fd;
  fcntl(own, F_SETFL, 0);
  return own;
}

/* The open descriptors as /proc names them. 0 where that cannot be read. */
static int close_listed_on_exec(void) {
  struct entry {
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
  };
  _Alignas(struct entry) char entries[2048];
  int directory = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return 0;
  long count;
  while ((count = syscall(SYS_getdents64, directory, entries, sizeof entries)) > 0)
    for (long at = 0; at < count;) {
      struct entry *entry = (struct entry *)(entries + at);
      int fd = 0;
      for (const char *digit = entry->name; *digit >= '0' && *digit <= '9'; digit++)
        fd = fd * 10 + *digit - '0';
      if (fd > 2) fcntl(fd, F_SETFD, FD_CLOEXEC);
      at += entry->length;
    }
  close(directory);
  return count == 0;
}

/* What the container's runtime left open is not for the programs. Linux before 5.11 does not know
 * CLOSE_RANGE_CLOEXEC. */
static void close_others_on_exec(void) {
  if (syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */) == 0) return;
  if (close_listed_on_exec()) return;
  for (int fd = 3; fd < 65536; fd++) fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* 0, 1 and 2 may be wanted in any order, so each source is first moved out of the way. */
static int place_descriptors(const clinux_launch *launch) {
  int moved[4] = {-1, -1, -1, -1};
  for (int i = 0; i < 3; i++) {
    int from = launch->stdio[i];
    from = from < 0 ? open("/dev/null", O_RDWR | O_CLOEXEC)
                    : own_pipe(from, i == 0 ? O_RDONLY : O_WRONLY);
    moved[i] = fcntl(from, F_DUPFD_CLOEXEC, lowest_spare + launch->extra_to + 1);
    if (moved[i] < 0) return -1;
  }
  if (launch->extra_from >= 0) {
    moved[3] = fcntl(launch->extra_from, F_DUPFD_CLOEXEC, lowest_spare + launch->extra_to + 1);
    if (moved[3] < 0) return -1;
  }
  for (int i = 0; i < 3; i++)
    if (dup2(moved[i], i) < 0) return -1;
  close_others_on_exec();
  return moved[3] >= 0 && dup2(moved[3], launch->extra_to) < 0 ? -1 : 0;
}

/* Until its next exec the files in /proc of a process that has changed its user belong to root:
 * such a process is not dumpable, and neither is its child. */
static int open_oom_score(void) {
  static const char path[] = "/proc/self/oom_score_adj";
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd >= 0 || errno != EACCES || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) return fd;
  prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  fd = open(path, O_WRONLY | O_CLOEXEC);
  int error = errno;
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  errno = error;
  return fd;
}

static int set_oom_score(int value) {
  char text[16];
  int length = snprintf(text, sizeof text, "%d", value);
  int fd = open_oom_score();
  if (fd < 0) return -1;
  return write(fd, text, (size_t)length) == length ? 0 : -1;
}

static int set_limits(const clinux_launch *launch) {
  for (int i = 0; i < launch->limit_count; i++) {
    struct rlimit limit = {launch->limits[i].soft, launch->limits[i].hard};
    if (setrlimit(launch->limits[i].resource, &limit) < 0) return -1;
  }
  return 0;
}

static int set_processors(const clinux_launch *launch) {
  if (launch->processor_words == 0) return 0;
  size_t size = (size_t)launch->processor_words * sizeof(uint64_t);
  return syscall(SYS_sched_setaffinity, 0, size, launch->processors) < 0 ? -1 : 0;
}

/* While we are still allowed to. What it loses here no program can give back, not one that is
 * setuid root either. A kernel tells of numbers that it does not know by an error. */
static int drop_bounding_set(const clinux_launch *launch) {
  for (int number = 0; number < 64; number++) {
    int has = prctl(PR_CAPBSET_READ, number, 0, 0, 0);
    if (has < 0) break;
    if (has == 0 || launch->capabilities >> number & 1) continue;
    if (prctl(PR_CAPBSET_DROP, number, 0, 0, 0) < 0) return -1;
  }
  /* Else they go with root's uid; the exec takes this flag back. */
  return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
}

/* The ambient set is what a program that knows nothing of capabilities gets through the exec. */
static int set_capabilities(const clinux_launch *launch) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[2];
  for (int half = 0; half < 2; half++) {
    uint32_t bits = (uint32_t)(launch->capabilities >> 32 * half);
    sets[half] = (struct __user_cap_data_struct){bits, bits, bits};
  }
  if (syscall(SYS_capset, &header, sets) < 0) return -1;
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) return -1;
  for (int number = 0; number < 64; number++)
    if (launch->capabilities >> number & 1)
      if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0) < 0) return -1;
  return 0;
}

/* Raw calls in this order: the groups need the right to change them, which the uid takes away. */
static void drop_identity(const clinux_launch *launch) {
  if (setgroups((size_t)launch->group_count, launch->groups) < 0) fail(launch, CLINUX_STAGE_GROUPS);
  if (setresgid(launch->gid, launch->gid, launch->gid) < 0) fail(launch, CLINUX_STAGE_GID);
  if (setresuid(launch->uid, launch->uid, launch->uid) < 0) fail(launch, CLINUX_STAGE_UID);
}

/* PID 1 ignores and blocks what it likes; its programs get the defaults of a fresh process. */
static void reset_signals(void) {
  /* The kernel's own call with a record of zeros, all defaults: the C library's keeps 32 and 33 to
   * itself, and what was ignored there would stay so. */
  static const uint64_t standard[8] = {0};
  for (int number = 1; number <= 64; number++)
    syscall(SYS_rt_sigaction, number, standard, (void *)0, (size_t)8);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, 0);
}

static void execute(const clinux_launch *launch) {
  execve(launch->path, launch->arguments, launch->environment);
  if (errno != ENOEXEC || !launch->shell_fallback) return;
  int count = 0;
  while (launch->arguments[count]) count++;
  char *words[count + 2];
  words[0] = "/bin/sh";
  words[1] = (char *)launch->path;
  for (int i = 1; i <= count; i++) words[i + 1] = launch->arguments[i];
  execve("/bin/sh", words, launch->environment);
}

/* Sent by the child itself: if PID 1 sent it, a program could have written its first line by then,
 * and the logger would take the line for its predecessor's. A full channel is no reason to wait. */
static void announce(const clinux_launch *launch) {
  unsigned char record[128];
  uint64_t pid = (uint64_t)getpid();
  size_t size = (size_t)launch->announcement_size;
  if (size < sizeof pid || size > sizeof record) return;
  memcpy(record, launch->announcement, size);
  unsigned char *end = record + size - sizeof pid;
  for (size_t i = 0; i < sizeof pid; i++) end[i] = (unsigned char)(pid >> 8 * i);
  send(launch->announcement_channel, record, size, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* A process may join any process group of its own session (setpgid(2)), but no process can join
 * another session. A session for each program therefore keeps the others out of its process group,
 * and tells whose a process is. The foreground command needs the session that has the terminal. */
static int separate(const clinux_launch *launch) {
  if (launch->stays_in_group) return 0;
  if (launch->foreground) return setpgid(0, 0);
  return setsid() < 0 ? -1 : 0;
}

static _Noreturn void become(const clinux_launch *launch, pid_t parent) {
  announce(launch);
  if (separate(launch) < 0) fail(launch, CLINUX_STAGE_GROUP);
  /* SIGTTOU is still blocked, so taking the foreground from the background is allowed. */
  if (launch->foreground && isatty(0) && tcsetpgrp(0, getpgrp()) < 0 && errno != ENOTTY)
    fail(launch, CLINUX_STAGE_TERMINAL);
  if (place_descriptors(launch) < 0) fail(launch, CLINUX_STAGE_DESCRIPTORS);
  if (launch->has_oom && set_oom_score(launch->oom) < 0) fail(launch, CLINUX_STAGE_OOM);
  if (launch->has_nice && setpriority(PRIO_PROCESS, 0, launch->nice) < 0)
    fail(launch, CLINUX_STAGE_NICE);
  if (set_limits(launch) < 0) fail(launch, CLINUX_STAGE_LIMITS);
  if (set_processors(launch) < 0) fail(launch, CLINUX_STAGE_PROCESSORS);
  if (launch->has_capabilities && drop_bounding_set(launch) < 0)
    fail(launch, CLINUX_STAGE_BOUNDING_SET);
  if (launch->role) clinux_reduce_bounding_set(launch->role->capabilities);
  if (launch->has_identity) drop_identity(launch);
  /* What the kernel refuses here it refuses before the first role is started, or not at all: see
   * RoleUsers. A role with too many rights is better than a supervisor without one. */
  if (launch->role) clinux_reduce_rights(launch->role);
  if (launch->has_capabilities && set_capabilities(launch) < 0)
    fail(launch, CLINUX_STAGE_CAPABILITIES);
  if (launch->umask_value >= 0) umask((mode_t)launch->umask_value);
  if (launch->directory && chdir(launch->directory) < 0) fail(launch, CLINUX_STAGE_DIRECTORY);
  if (launch->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    fail(launch, CLINUX_STAGE_PRIVILEGES);
  /* Last, for a change of identity takes it back. */
  if (launch->dies_with_parent && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
    fail(launch, CLINUX_STAGE_PRIVILEGES);
  /* A parent that ended before this sends no signal any more. */
  if (launch->dies_with_parent && getppid() != parent) _exit(127);
  reset_signals();
  execute(launch);
  fail(launch, CLINUX_STAGE_EXEC);
}

int clinux_spawn(const clinux_launch *launch) {
  if (launch->report) launch->report->stage = launch->report->error = 0;
  pid_t parent = getpid();
  pid_t pid = _Fork();
  if (pid < 0) return -errno;
  if (pid == 0) become(launch, parent);
  /* For the others only the child can make the group. Until it has, a signal for the group goes to
   * the child alone, where the signal stays pending until the mask is lifted before the exec. */
  if (launch->foreground && !launch->stays_in_group) setpgid(pid, pid);
  return pid;
}
