#include "CLinux.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>

enum { batch = 64 };

int clinux_poller_open(void) {
  int fd = epoll_create1(EPOLL_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

static int control(int poller, int operation, int fd, int events, uint64_t token) {
  struct epoll_event event = {0};
  if (events & CLINUX_READABLE) event.events |= EPOLLIN | EPOLLRDHUP;
  if (events & CLINUX_WRITABLE) event.events |= EPOLLOUT;
  if (events & CLINUX_ONCE) event.events |= EPOLLONESHOT;
  event.data.u64 = token;
  return epoll_ctl(poller, operation, fd, &event) < 0 ? -errno : 0;
}

int clinux_poller_add(int poller, int fd, int events, uint64_t token) {
  return control(poller, EPOLL_CTL_ADD, fd, events, token);
}

int clinux_poller_change(int poller, int fd, int events, uint64_t token) {
  return control(poller, EPOLL_CTL_MOD, fd, events, token);
}

int clinux_poller_remove(int poller, int fd) {
  return control(poller, EPOLL_CTL_DEL, fd, 0, 0);
}

int clinux_poller_wait(int poller, uint64_t *tokens, int *events, int count, int timeout) {
  struct epoll_event ready[batch];
  int found = epoll_wait(poller, ready, count < batch ? count : batch, timeout);
  if (found < 0) return errno == EINTR ? 0 : -errno;
  for (int i = 0; i < found; i++) {
    tokens[i] = ready[i].data.u64;
    events[i] = (ready[i].events & (EPOLLIN | EPOLLRDHUP) ? CLINUX_READABLE : 0)
      | (ready[i].events & EPOLLOUT ? CLINUX_WRITABLE : 0)
      | (ready[i].events & (EPOLLHUP | EPOLLERR) ? CLINUX_HANGUP : 0);
  }
  return found;
}

int clinux_poll_one(int fd, int events, int timeout) {
  struct pollfd one = {.fd = fd};
  if (events & CLINUX_READABLE) one.events |= POLLIN;
  if (events & CLINUX_WRITABLE) one.events |= POLLOUT;
  int found = poll(&one, 1, timeout);
  if (found < 0) return errno == EINTR ? 0 : -errno;
  return (one.revents & POLLIN ? CLINUX_READABLE : 0)
    | (one.revents & POLLOUT ? CLINUX_WRITABLE : 0)
    | (one.revents & (POLLHUP | POLLERR | POLLNVAL) ? CLINUX_HANGUP : 0);
}
