#include "CLinux.h"

#include <errno.h>
#include <signal.h>
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

int clinux_reap(int32_t pid) {
  siginfo_t info = {0};
  int result;
  do result = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG);
  while (result < 0 && errno == EINTR);
  return result < 0 ? -errno : 0;
}

int clinux_has_stopped(int32_t pid) {
  siginfo_t info = {0};
  int result = waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOHANG);
  return result == 0 && info.si_pid == pid;
}
