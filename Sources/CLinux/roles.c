/* The rights of a role: a helper process of the supervisor that runs this same binary. A role gives
 * up what it does not need before it executes the binary, so it never runs with more. */
#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

void clinux_reduce_bounding_set(uint64_t kept) {
  for (int number = 0; number < 64; number++) {
    if (kept >> number & 1) continue;
    /* EPERM without CAP_SETPCAP, EINVAL behind the last capability that the kernel knows. */
    if (prctl(PR_CAPBSET_DROP, number, 0, 0, 0) < 0) return;
  }
}

/* The capabilities of `kept` that the process has, and no others. Where the uid is not 0, execve(2)
 * keeps only those that are ambient. */
static void reduce_capabilities(uint64_t kept, int are_ambient) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[2] = {0};
  if (syscall(SYS_capget, &header, sets) < 0) return;
  for (int half = 0; half < 2; half++) {
    uint32_t bits = sets[half].permitted & (uint32_t)(kept >> 32 * half);
    sets[half] = (struct __user_cap_data_struct){bits, bits, are_ambient ? bits : 0};
  }
  syscall(SYS_capset, &header, sets);
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (int number = 0; are_ambient && number < 64; number++)
    if (kept >> number & 1) prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0);
}

int clinux_reduce_rights(const clinux_role *role) {
  int failure = 0;
  clinux_reduce_bounding_set(role->capabilities);
  if (role->has_user) {
    /* A user namespace may forbid setgroups(2); its root has no groups worth leaving. */
    if (!role->has_group || setgroups(1, &role->group) < 0) setgroups(0, 0);
    prctl(PR_SET_KEEPCAPS, role->capabilities != 0, 0, 0, 0);
    if (setresgid(role->user, role->user, role->user) < 0
        || setresuid(role->user, role->user, role->user) < 0)
      failure = -errno;
  }
  reduce_capabilities(role->capabilities, role->has_user);
  /* An execve(2) as uid 0 would otherwise give the capabilities of the bounding set back. */
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 && failure == 0) failure = -errno;
  return failure;
}

int clinux_forbid_inspection(void) {
  return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? -errno : 0;
}

/* execve(2) makes a process dumpable, so a role forbids inspection before anything else runs:
 * where roles share the uid of a program, the program could attach to the role until then. */
__attribute__((constructor(101))) static void forbid_inspection_of_roles(int count, char **values) {
  static const char prefix[] = "entrypoint: ";
  if (count > 0 && strncmp(values[0], prefix, sizeof prefix - 1) == 0) clinux_forbid_inspection();
}
