/* Files relative to an open directory, so that nothing in the path to the directory can be replaced
 * between the check of the path and the use of the file. */
#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

int clinux_open_at(int directory, const char *name, int flags, unsigned mode) {
  int fd;
  do fd = openat(directory, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, (mode_t)mode);
  while (fd < 0 && errno == EINTR);
  return fd < 0 ? -errno : fd;
}

int clinux_open_place(int directory, const char *name, int is_directory) {
  int flags = O_PATH | O_NOFOLLOW | (is_directory ? O_DIRECTORY : 0);
  return clinux_open_at(directory, name, flags, 0);
}

static int group_of_root_is_shared;

void clinux_share_group_of_root(void) { group_of_root_is_shared = 1; }

int clinux_group_of_root_is_shared(void) { return group_of_root_is_shared; }

int clinux_has_access_list(int fd) {
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return getxattr(path, "system.posix_acl_access", 0, 0) > 0;
}

int clinux_is_mount(int fd, const char *name) {
  struct statx status;
  int flags = *name ? AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT : AT_EMPTY_PATH;
  if (statx(fd, name, flags, 0, &status) < 0) return -1;
  if (!(status.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT)) return -1;
  return (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

int clinux_rename_to_free(int directory, const char *from, const char *to) {
  if (syscall(SYS_renameat2, directory, from, directory, to, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return -errno;
  /* The file system has no such call (NFS). */
  struct stat seen;
  if (fstatat(directory, to, &seen, AT_SYMLINK_NOFOLLOW) == 0) return -EEXIST;
  if (errno != ENOENT) return -errno;
  return renameat(directory, from, directory, to) < 0 ? -errno : 0;
}

int clinux_own_place(int fd, uint32_t uid, uint32_t gid) {
  return fchownat(fd, "", uid, gid, AT_EMPTY_PATH) < 0 ? -errno : 0;
}

/* fchmod(2) refuses O_PATH, and fchmodat2(2) with AT_EMPTY_PATH is newer than many kernels. */
int clinux_set_mode_of_place(int fd, unsigned mode) {
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  if (chmod(path, (mode_t)mode) == 0) return 0;
  if (errno != ENOENT && errno != ENOTDIR) return -errno;
  /* /proc is not mounted. A directory can be opened again by its own name. */
  int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (again < 0) return -errno;
  int failure = fchmod(again, (mode_t)mode) < 0 ? -errno : 0;
  close(again);
  return failure;
}

typedef int address_call(int, const struct sockaddr *, socklen_t);

static int call_in(address_call *call, int fd, const char *prefix, const char *name) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int length = snprintf(address.sun_path, sizeof address.sun_path, "%s%s", prefix, name);
  if (length < 0 || (size_t)length >= sizeof address.sun_path) return -ENAMETOOLONG;
  return call(fd, (struct sockaddr *)&address, sizeof address) < 0 ? -errno : 0;
}

/* From the directory itself, and back. Not where there would be no way back. */
static int call_from_inside(address_call *call, int fd, int directory, const char *name) {
  int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (here < 0) return -errno;
  int failure = fchdir(here) < 0 || fchdir(directory) < 0 ? -errno : 0;
  if (failure == 0) {
    failure = call_in(call, fd, "", name);
    if (fchdir(here) < 0) failure = -errno;
  }
  close(here);
  return failure;
}

enum { proc_path_size = 40 };

/* Addresses are paths. The one in /proc leads to an open directory or file whatever its own path
 * leads to by now. 0 where /proc is not mounted. */
static int has_proc_path(int fd, char path[proc_path_size], const char *end) {
  snprintf(path, proc_path_size, "/proc/self/fd/%d", fd);
  if (access(path, F_OK) < 0) return 0;
  strcat(path, end);
  return 1;
}

static int bind_at(int fd, int directory, const char *name) {
  char prefix[proc_path_size];
  return has_proc_path(directory, prefix, "/") ? call_in(bind, fd, prefix, name)
                                               : call_from_inside(bind, fd, directory, name);
}

/* By the descriptor of the file: a user may put a link in the place of its name. */
static int connect_at(int fd, int directory, const char *name) {
  int place = clinux_open_place(directory, name, 0);
  if (place < 0) return place;
  char path[proc_path_size];
  int failure = has_proc_path(place, path, "") ? call_in(connect, fd, path, "")
                                               : call_from_inside(connect, fd, directory, name);
  close(place);
  return failure;
}

int clinux_bind_at(int fd, int directory, const char *name, unsigned mode) {
  /* The file gets the mode of the socket, less the umask: never more rights than it is to have. */
  if (fchmod(fd, (mode_t)mode) < 0) return -errno;
  int failure = bind_at(fd, directory, name);
  struct stat file;
  if (failure < 0) return failure;
  if (fstatat(directory, name, &file, AT_SYMLINK_NOFOLLOW) < 0) return -errno;
  if ((file.st_mode & 07777) == mode) return 0;
  return fchmodat(directory, name, (mode_t)mode, 0) < 0 ? -errno : 0;
}

int clinux_unix_socket(int blocking) {
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (blocking ? 0 : SOCK_NONBLOCK), 0);
  return fd < 0 ? -errno : fd;
}

int clinux_listen(int fd, int backlog) { return listen(fd, backlog) < 0 ? -errno : 0; }

int clinux_socket_answers(int directory, const char *name) {
  int fd = clinux_unix_socket(0);
  if (fd < 0) return fd;
  int failure = connect_at(fd, directory, name);
  close(fd);
  if (failure == -EMFILE || failure == -ENFILE || failure == -ENOMEM) return failure;
  return failure == 0 || failure == -EAGAIN;
}

enum { answer_milliseconds = 2000 };

static int answer_of_child(int from) {
  signed char answer;
  struct pollfd source = {.fd = from, .events = POLLIN};
  int count;
  do count = poll(&source, 1, answer_milliseconds);
  while (count < 0 && errno == EINTR);
  if (count == 0) return -ETIMEDOUT;
  return read(from, &answer, 1) == 1 ? answer : -ECHILD;
}

int clinux_child_finds_answer(int directory, const char *name) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
  pid_t child = fork();
  int failure = -errno;
  if (child == 0) {
    signed char answer = (signed char)clinux_socket_answers(directory, name);
    _exit(write(ends[1], &answer, 1) != 1);
  }
  close(ends[1]);
  int answer = child < 0 ? failure : answer_of_child(ends[0]);
  close(ends[0]);
  if (child < 0) return failure;
  /* A child that waits for a disk does not end yet; the supervisor reaps it later. */
  kill(child, SIGKILL);
  waitpid(child, 0, answer == -ETIMEDOUT ? WNOHANG : 0);
  return answer;
}

int clinux_rename_at(int from_directory, const char *from, int directory, const char *to) {
  return renameat(from_directory, from, directory, to) < 0 ? -errno : 0;
}

int clinux_remove_at(int directory, const char *name) {
  return unlinkat(directory, name, 0) < 0 ? -errno : 0;
}
