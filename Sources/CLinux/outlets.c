/* Writing where others write too, without ever waiting.
 *
 * The container's stdout and stderr are open files that its programs share. Made non-blocking they
 * would be so for all of them; and between a poll that says "writable" and the write somebody else
 * may fill the pipe, or a terminal take only half a line: PID 1 would sleep in write(2).
 */
#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

int clinux_reopen_for_writing(int fd) {
  struct stat status;
  if (fstat(fd, &status) < 0) return -errno;
  if (!S_ISFIFO(status.st_mode) && !isatty(fd)) return -EINVAL;
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  int copy = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  return copy < 0 ? -errno : copy;
}

int clinux_outlet_kind(int fd) {
  struct stat status;
  if (fstat(fd, &status) < 0) return -errno;
  return S_ISSOCK(status.st_mode) ? CLINUX_SOCKET
    : S_ISFIFO(status.st_mode)    ? CLINUX_PIPE
    : isatty(fd)                  ? CLINUX_TERMINAL
                                  : CLINUX_FILE;
}

static ssize_t write_after_poll(int fd, const void *bytes, size_t count) {
  struct pollfd one = {.fd = fd, .events = POLLOUT};
  if (poll(&one, 1, 0) != 0) return write(fd, bytes, count);
  errno = EAGAIN;
  return -1;
}

/* Not every kernel can write to a pipe without waiting on request, and not every seccomp filter
 * knows the call: EPERM. */
static ssize_t write_to_pipe(int fd, const void *bytes, size_t count) {
  struct iovec piece = {(void *)bytes, count};
  ssize_t sent = pwritev2(fd, &piece, 1, -1, RWF_NOWAIT);
  if (sent >= 0) return sent;
  int lacks_call = errno == EOPNOTSUPP || errno == EINVAL || errno == ENOSYS || errno == EPERM;
  if (!lacks_call) return sent;
  return write_after_poll(fd, bytes, count < 4096 ? count : 4096);
}

int clinux_write_at_once(int fd, int kind, const void *bytes, int count) {
  ssize_t sent;
  size_t size = (size_t)count;
  do sent = kind == CLINUX_SOCKET ? send(fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL)
    : kind == CLINUX_PIPE         ? write_to_pipe(fd, bytes, size)
    : kind == CLINUX_TERMINAL     ? write_after_poll(fd, bytes, size)
                                  : write(fd, bytes, size);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : (int)sent;
}

int clinux_admit_writers(int fd) {
  struct stat status;
  if (fstat(fd, &status) < 0) return -errno;
  if (!S_ISFIFO(status.st_mode) && !isatty(fd)) return 0;
  return fchmod(fd, (status.st_mode | 0222) & 07777) < 0 ? -errno : 0;
}
