/* notify.c: sockets for sd_notify(3), and descriptors that a program has passed. */
#ifndef CLINUX_NOTIFY_H
#define CLINUX_NOTIFY_H

#include <stdint.h>

typedef struct clinux_datagram {
  /* Of the sender, as the kernel vouches; pid 0 for one outside our PID namespace. */
  int32_t pid;
  uint32_t user;
  /* Not zero: the message was longer than the buffer. */
  int32_t is_truncated;
  /* Not zero: descriptors have come with the message, which is still in the queue. */
  int32_t has_descriptors;
} clinux_datagram;

/* A datagram socket without a name, non-blocking, with the credentials of each sender. */
int clinux_notify_socket(void);
/* Gives it a name in the abstract namespace, to which any user may write. */
int clinux_bind_abstract(int fd, const char *name);
/* The next message of a socket with SO_PASSCRED (`names_sender`), or the next bytes of a stream.
 * Takes it from the queue unless descriptors have come with it. The length, 0 for an empty message
 * or the end of a stream, -EAGAIN for none. */
int clinux_receive_plain(int fd, void *buffer, int size, int names_sender, clinux_datagram *found);
/* No further message is accepted; those that are queued can still be received. */
int clinux_shutdown_reading(int fd);
/* Closes sockets, in ascending order, whose last close may take any time: the last reference is
 * that of a child, which exits. The close of a file that has a flush operation (FUSE, NFS) waits
 * whether or not it is the last one: such a descriptor must never be the caller's. Returns the pid
 * of the child, or -errno with all of them still open. Where `stops`, the child makes the ports of
 * TCP sockets free before. */
int clinux_close_elsewhere(const int32_t *fds, int count, int stops);
/* A child receives one message, and closes the descriptors that have come with it by its exit,
 * which may take any time. It holds no other descriptor then. Returns its pid, or -errno. */
int clinux_receive_elsewhere(int fd);
/* A child receives all messages of sockets, in ascending order, and ends in the same way. poll(2)
 * reports POLLHUP of a socket that accepts no message once its queue is empty. */
int clinux_empty_elsewhere(const int32_t *fds, int count);
/* pidfd_open(2), and pidfd_send_signal(2). */
int clinux_process_open(int32_t pid);
int clinux_process_signal(int fd, int number);
/* getrandom(2); -errno where there are no random bytes yet. */
int clinux_random(void *bytes, int count);

#endif
