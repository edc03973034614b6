/* The file-system identity of this process: setfsuid(2), setfsgid(2), setgroups(2).
 *
 * Only for processes with one thread: the C library would change all threads in setgroups() but
 * only the caller in setfsuid().
 */
#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { max_groups = 1024 };

static struct {
  uid_t uid;
  gid_t gid;
  int group_count;
  gid_t groups[max_groups];
  int death_signal;
  struct __user_cap_data_struct capabilities[2];
} own;

/* CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, FSETID, LINUX_IMMUTABLE, MKNOD, MAC_OVERRIDE. The
 * kernel clears them only in a change from uid 0, and a role may have another uid. */
static const uint32_t file_capabilities[2] = {
  1u << 0 | 1u << 1 | 1u << 2 | 1u << 3 | 1u << 4 | 1u << 9 | 1u << 27, 1u << 0};

static int read_capabilities(struct __user_cap_data_struct sets[2]) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  return syscall(SYS_capget, &header, sets) < 0 ? -errno : 0;
}

static int write_capabilities(const struct __user_cap_data_struct sets[2]) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  return syscall(SYS_capset, &header, sets) < 0 ? -errno : 0;
}

/* An invalid id changes nothing and returns the current one: the calls report no errors. */
static uid_t current_uid(void) { return (uid_t)setfsuid((uid_t)-1); }
static gid_t current_gid(void) { return (gid_t)setfsgid((gid_t)-1); }

int clinux_take_file_identity(uint32_t uid, uint32_t gid) {
  setfsgid(gid);
  setfsuid(uid);
  return current_uid() == uid && current_gid() == gid ? 0 : -EPERM;
}

static int remember_self(void) {
  own.uid = current_uid();
  own.gid = current_gid();
  own.group_count = getgroups(max_groups, own.groups);
  if (own.group_count < 0) return -errno;
  /* The kernel forgets it at each change of the file-system identity. */
  own.death_signal = 0;
  prctl(PR_GET_PDEATHSIG, &own.death_signal, 0, 0, 0);
  return read_capabilities(own.capabilities);
}

static int drop_file_capabilities(void) {
  struct __user_cap_data_struct sets[2];
  int failure = read_capabilities(sets);
  if (failure) return failure;
  for (int half = 0; half < 2; half++) sets[half].effective &= ~file_capabilities[half];
  return write_capabilities(sets);
}

void clinux_act_as_self(void) {
  setfsuid(own.uid);
  setfsgid(own.gid);
  /* Fewer groups than before are no danger: memory may be short. Another identity is one. */
  if (write_capabilities(own.capabilities) < 0 || current_uid() != own.uid
      || current_gid() != own.gid)
    _exit(70);
  if (own.group_count > 0) (void)!setgroups((size_t)own.group_count, own.groups);
  if (own.death_signal) prctl(PR_SET_PDEATHSIG, own.death_signal, 0, 0, 0);
}

/* CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER. */
enum { foreign_files = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 3 };

int clinux_may_use_foreign_files(void) {
  struct __user_cap_data_struct sets[2];
  return read_capabilities(sets) < 0 || (sets[0].effective & foreign_files) != 0;
}

static int uses_files_of_root;

void clinux_use_files_of_root(uint64_t capabilities) {
  struct __user_cap_data_struct sets[2];
  uses_files_of_root = clinux_take_file_identity(0, 0) == 0;
  if (read_capabilities(sets) < 0) return;
  for (int half = 0; half < 2; half++) {
    sets[half].permitted &= (uint32_t)(capabilities >> 32 * half);
    sets[half].effective &= sets[half].permitted;
    sets[half].inheritable = 0;
  }
  write_capabilities(sets);
}

uint32_t clinux_file_uid(void) { return uses_files_of_root ? 0 : geteuid(); }
uint32_t clinux_file_gid(void) { return uses_files_of_root ? 0 : getegid(); }

int clinux_act_as(uint32_t uid, uint32_t gid) {
  int failure = remember_self();
  if (failure) return failure;
  /* A user namespace may forbid setgroups(2), which matters only where there are groups. */
  if (own.group_count > 0 && setgroups(0, 0) < 0) return -errno;
  if (clinux_take_file_identity(uid, gid) == 0 && (uid == 0 || drop_file_capabilities() == 0))
    return 0;
  clinux_act_as_self();
  return -EPERM;
}
