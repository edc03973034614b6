#include "CLinux.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/wait.h>

static int peek(idtype_t type, id_t who, clinux_ending *ending) {
  siginfo_t info = {0};
  ending->kind = CLINUX_NOBODY;
  int result;
  do result = waitid(type, who, &info, WEXITED | WNOHANG | WNOWAIT);
  while (result < 0 && errno == EINTR);
  if (result < 0) return -errno;
  if (info.si_pid == 0) return 0;
  ending->pid = info.si_pid;
  ending->value = info.si_status;
  ending->kind = info.si_code == CLD_EXITED ? CLINUX_EXITED
    : info.si_code == CLD_DUMPED            ? CLINUX_DUMPED
                                            : CLINUX_KILLED;
  return 0;
}

int clinux_peek_ended(clinux_ending *ending) { return peek(P_ALL, 0, ending); }

int clinux_peek_child(int32_t pid, clinux_ending *ending) {
  return peek(P_PID, (id_t)pid, ending);
}

static uint64_t nanoseconds(struct timeval time) {
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_usec * 1000u;
}

int clinux_reap(int32_t pid, uint64_t *processor_time) {
  struct rusage usage = {0};
  int result;
  do result = wait4(pid, NULL, WNOHANG, &usage);
  while (result < 0 && errno == EINTR);
  *processor_time = nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime);
  return result < 0 ? -errno : 0;
}

int clinux_has_stopped(int32_t pid) {
  siginfo_t info = {0};
  int result = waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOHANG);
  return result == 0 && info.si_pid == pid;
}
