/* Two tools of the benchmarks.
 *
 * `timestamp FILE` appends the monotonic clock in nanoseconds as one line and waits for a signal:
 * the first instruction of a supervised program.
 *
 * `timestamp FILE COMMAND ARGUMENT...` appends the clock and becomes PID 1 of a new PID namespace
 * that executes the command: the last instruction before the supervisor.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void stamp(const char *path) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  dprintf(fd, "%lld\n", now.tv_sec * 1000000000LL + now.tv_nsec);
  close(fd);
}

int main(int count, char **words) {
  if (count == 2) {
    stamp(words[1]);
    pause();
    return 0;
  }
  if (unshare(CLONE_NEWPID) < 0) return 1;
  pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    stamp(words[1]);
    execv(words[2], words + 2);
    return 127;
  }
  int status;
  signal(SIGTERM, SIG_IGN);
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
