/* notify.c: sockets for sd_notify(3), and descriptors that a program has passed. */
#ifndef CLINUX_NOTIFY_H
#define CLINUX_NOTIFY_H

#include <stdint.h>

/* The most descriptors that one message can carry: SCM_MAX_FD of the kernel. */
#define CLINUX_MAX_PASSED 253

typedef struct clinux_datagram {
  /* Of the sender, as the kernel vouches; pid 0 for one outside our PID namespace. */
  int32_t pid;
  uint32_t user;
  /* Not zero: the message was longer than the buffer. */
  int32_t is_truncated;
  int32_t passed_count;
  int32_t passed[CLINUX_MAX_PASSED];
} clinux_datagram;

/* A datagram socket without a name, non-blocking, with the credentials of each sender. */
int clinux_notify_socket(void);
/* Gives it a name in the abstract namespace, to which any user may write. */
int clinux_bind_abstract(int fd, const char *name);
/* The length, 0 for an empty message, -EAGAIN for none. */
int clinux_notify_receive(int fd, void *buffer, int size, clinux_datagram *datagram);
/* No further message is accepted; those that are queued can still be received. */
int clinux_shutdown_reading(int fd);
/* Closes descriptors that may take any time to close (SO_LINGER of socket(7), FUSE, a
 * serial line): the last reference is that of a child, which exits. Returns its pid, or -errno with
 * all of them still open. Where `stops`, the child makes the ports of TCP sockets free before. */
int clinux_close_elsewhere(const int32_t *fds, int count, int stops);
/* pidfd_open(2), and pidfd_send_signal(2). */
int clinux_process_open(int32_t pid);
int clinux_process_signal(int fd, int number);
/* getrandom(2); -errno where there are no random bytes yet. */
int clinux_random(void *bytes, int count);

#endif
