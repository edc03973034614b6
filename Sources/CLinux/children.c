#include "CLinux.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* A child that calls PTRACE_TRACEME makes its parent its tracer, and waitid(2) reports the stops of
 * a traced child whatever its options are. This process wants to trace no child: the child is
 * detached and continues. SIGSTOP and SIGTRAP are how a child waits for its tracer, so they are
 * dropped; every other signal is delivered as if the child had never been traced.
 *
 * Where ptrace(2) is forbidden (a seccomp filter) the report is consumed, or the same report would
 * come again forever, and the child is killed, because nothing could resume it. */
static void release(pid_t pid, int signal) {
  long delivered = signal == SIGSTOP || signal == SIGTRAP ? 0 : signal;
  if (ptrace(PTRACE_DETACH, pid, (void *)0, (void *)delivered) == 0) return;
  siginfo_t info = {0};
  waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOHANG);
  kill(pid, SIGKILL);
}

static int ending_kind(int code) {
  switch (code) {
    case CLD_EXITED: return CLINUX_EXITED;
    case CLD_KILLED: return CLINUX_KILLED;
    case CLD_DUMPED: return CLINUX_DUMPED;
    default: return CLINUX_RELEASED;
  }
}

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
  ending->kind = ending_kind(info.si_code);
  if (ending->kind == CLINUX_RELEASED) release(info.si_pid, info.si_status);
  return 0;
}

int clinux_peek_ended(clinux_ending *ending) { return peek(P_ALL, 0, ending); }

int clinux_peek_child(int32_t pid, clinux_ending *ending) {
  return peek(P_PID, (id_t)pid, ending);
}

/* P_PIDFD of waitid(2), Linux 5.4; not every C library names it. */
int clinux_peek_process(int handle, clinux_ending *ending) {
  return peek((idtype_t)3, (id_t)handle, ending);
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
  int result = waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOHANG | WNOWAIT);
  /* A ptrace stop (CLD_TRAPPED) stays for `peek`: SIGCONT does not end it. */
  if (result < 0 || info.si_pid != pid || info.si_code != CLD_STOPPED) return 0;
  return waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOHANG) == 0 && info.si_pid == pid;
}
