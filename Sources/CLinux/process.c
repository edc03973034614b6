#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

int clinux_become_subreaper(void) {
  return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0 ? -errno : 0;
}

void clinux_set_name(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

int clinux_processor_count(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) < 0) return 1;
  return CPU_COUNT(&set);
}

int clinux_give_terminal_to(int fd, int32_t group) {
  return tcsetpgrp(fd, group) < 0 ? -errno : 0;
}

int clinux_terminal_owner(int fd) {
  pid_t group = tcgetpgrp(fd);
  return group < 0 ? -errno : group;
}

int clinux_resource_limit(int resource, uint64_t *soft, uint64_t *hard) {
  struct rlimit limit;
  if (getrlimit(resource, &limit) < 0) return -errno;
  *soft = limit.rlim_cur;
  *hard = limit.rlim_max;
  return 0;
}

int clinux_set_resource_limit(int resource, uint64_t soft, uint64_t hard) {
  struct rlimit limit = {soft, hard};
  return setrlimit(resource, &limit) < 0 ? -errno : 0;
}

int clinux_has_capability(int number) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[2] = {0};
  return syscall(SYS_capget, &header, sets) == 0 && sets[number / 32].effective >> number % 32 & 1;
}

/* The groups first: the uid takes the right to change them away. */
int clinux_become_user(uint32_t uid, uint32_t gid, const uint32_t *groups, int count) {
  if (setgroups((size_t)count, groups) < 0) return -errno;
  if (setresgid(gid, gid, gid) < 0) return -errno;
  return setresuid(uid, uid, uid) < 0 ? -errno : 0;
}

static unsigned wait_limit;

/* A process that uses the processor does not wait. */
static void processor_used(int number) {
  (void)number;
  alarm(wait_limit);
}

void clinux_renew_wait_limit(void) {
  struct itimerval interval = {{0, 100000}, {0, 100000}};
  setitimer(ITIMER_PROF, &interval, NULL);
  alarm(wait_limit);
}

void clinux_limit_wait(unsigned seconds) {
  struct sigaction action = {.sa_handler = processor_used, .sa_flags = SA_RESTART};
  sigaction(SIGPROF, &action, NULL);
  wait_limit = seconds;
  clinux_renew_wait_limit();
}

int clinux_become_daemon(void) {
  pid_t pid = fork();
  if (pid < 0) return -errno;
  if (pid > 0) _exit(0);
  int null = open("/dev/null", O_RDWR);
  if (null < 0) return -errno;
  for (int fd = 0; fd < 3; fd++)
    if (dup2(null, fd) < 0) return -errno;
  if (null > 2) close(null);
  return setsid() < 0 ? -errno : 0;
}
