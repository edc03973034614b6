/* Calls relative to an open directory, and the file-system identity of this process. */
#ifndef CLINUX_FILES_H
#define CLINUX_FILES_H

#include <stdint.h>

/* directories.c. `directory` is a descriptor, also one of O_PATH. */
int clinux_open_at(int directory, const char *name, int flags, unsigned mode);
/* A descriptor that only stands for an object (O_PATH): opening a FIFO, a device or a file without
 * read permission this way neither waits nor fails. A symbolic link is not followed. */
int clinux_open_place(int directory, const char *name, int is_directory);
/* Whether an access control list (acl(5)) may name users of an object. Without /proc no list is
 * seen. */
int clinux_has_access_list(int fd);
/* Whether an object is mounted where it is: a name in a directory, or with an empty name what `fd`
 * has opened. statx(2); -1 before Linux 5.8, which cannot tell. */
int clinux_is_mount(int fd, const char *name);
/* rename(2) within a directory that replaces nothing: -EEXIST. */
int clinux_rename_to_free(int directory, const char *from, const char *to);
/* Whether programs of other users run in root's group. */
int clinux_group_of_root_is_shared(void);
/* From now on the group counts as one with other members. */
void clinux_share_group_of_root(void);
/* By descriptor, also one of O_PATH: no name can be changed between the check and the call. */
int clinux_own_place(int fd, uint32_t uid, uint32_t gid);
int clinux_set_mode_of_place(int fd, unsigned mode);
/* Binds a unix(7) socket to a name in a directory that only the supervisor may change. The file
 * gets exactly this mode, and has no further rights before. */
int clinux_bind_at(int fd, int directory, const char *name, unsigned mode);
/* A unix(7) stream socket. */
int clinux_unix_socket(int blocking);
int clinux_listen(int fd, int backlog);
/* 1 where a process listens at this name, 0 where none does. It never waits: a full queue is an
 * answer. */
int clinux_socket_answers(int directory, const char *name);
/* The same for PID 1: a child process connects. -ETIMEDOUT where the child has not answered after
 * 2 s. */
int clinux_child_finds_answer(int directory, const char *name);
int clinux_rename_at(int from_directory, const char *from, int directory, const char *to);
/* Not a directory. */
int clinux_remove_at(int directory, const char *name);

/* From now on this process creates and opens files as root does and has no capabilities but these,
 * which no program that it starts gets. Without CAP_SETUID the file-system identity stays. */
void clinux_use_files_of_root(uint64_t capabilities);
/* Changes the file-system uid and gid, and nothing else. -EPERM where the kernel has refused one of
 * the two. A process may always return to its effective uid and gid. */
int clinux_take_file_identity(uint32_t uid, uint32_t gid);
/* The file-system uid and gid while no clinux_act_as is in effect. */
uint32_t clinux_file_uid(void);
uint32_t clinux_file_gid(void);
/* Whether a capability overrules the owners and the permissions of files. */
int clinux_may_use_foreign_files(void);
/* identity.c: everything until clinux_act_as_self uses this file-system uid and gid, no
 * supplementary groups, and none of the capabilities that overrule file permissions. -EPERM where
 * the kernel refuses this identity, or -errno of another failure; then nothing has changed. Calls
 * must not be nested. */
int clinux_act_as(uint32_t uid, uint32_t gid);
/* Ends the process where its own identity cannot be restored. */
void clinux_act_as_self(void);

#endif
