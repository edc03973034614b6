#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

const char *clinux_error_name(int error) { return strerrorname_np(error); }

int clinux_pipe(int fds[2], int own_reader) {
  if (pipe2(fds, O_CLOEXEC) < 0) return -errno;
  int failure = own_reader ? clinux_make_nonblocking(fds[0]) : 0;
  if (failure < 0) {
    close(fds[0]);
    close(fds[1]);
  }
  return failure;
}

int clinux_open(const char *path, int flags, unsigned mode) {
  int fd;
  do fd = open(path, flags | O_CLOEXEC, (mode_t)mode);
  while (fd < 0 && errno == EINTR);
  return fd < 0 ? -errno : fd;
}

int clinux_may_execute(const char *path) {
  if (syscall(SYS_faccessat2, AT_FDCWD, path, X_OK, AT_EACCESS) == 0) return 1;
  /* Linux before 5.8 does not have the call; the filters of older container engines refuse it. */
  if (errno != ENOSYS && errno != EPERM) return 0;
  return access(path, X_OK) == 0 || clinux_file_uid() != geteuid();
}

int clinux_duplicate(int fd, int minimum) {
  int copy = fcntl(fd, F_DUPFD_CLOEXEC, minimum);
  return copy < 0 ? -errno : copy;
}

int clinux_set_inheritable(int fd, int inheritable) {
  return fcntl(fd, F_SETFD, inheritable ? 0 : FD_CLOEXEC) < 0 ? -errno : 0;
}

int clinux_unread(int fd) {
  int count = 0;
  return ioctl(fd, FIONREAD, &count) < 0 ? -errno : count;
}

int clinux_lock_file(int fd, int wait) {
  int result;
  do result = flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB));
  while (result < 0 && errno == EINTR);
  return result < 0 ? -errno : 0;
}

int clinux_watch_directory(const char *path) {
  int fd = inotify_init1(IN_CLOEXEC);
  if (fd < 0) return -errno;
  unsigned events = IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE;
  if (inotify_add_watch(fd, path, events) >= 0) return fd;
  int failure = -errno;
  close(fd);
  return failure;
}

int clinux_memory_file(const char *name) {
  int fd = memfd_create(name, MFD_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

int clinux_read_at(int fd, void *buffer, int size, int64_t position) {
  ssize_t count;
  do count = pread(fd, buffer, (size_t)size, position);
  while (count < 0 && errno == EINTR);
  return count < 0 ? -errno : (int)count;
}

int clinux_make_nonblocking(int fd) {
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) return -errno;
  return 0;
}
