/* What a process does when it fails itself: a trap, a bad address, abort(3), no memory. Admitted:
 * what runs in a signal handler or inside malloc(3), where no Swift may run. */
#ifndef CLINUX_FAULT_H
#define CLINUX_FAULT_H

#include <stddef.h>
#include <stdint.h>

/* fault.c: handlers on a stack of their own for SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP and
 * SIGABRT. Each writes one line to stderr, without waiting, that begins with `name`. Signals that
 * another process sent are ignored. */
#define CLINUX_FAULT_END 0         /* then the signal's default action follows */
#define CLINUX_FAULT_LAST_RESORT 1 /* then this process stops all others and exits with 70 */
int clinux_fault_install(const char *name, int action);
/* For what is no signal: a line with a number in it, and the address of the code that failed. */
_Noreturn void clinux_fault_die(const char *text, uint64_t amount, const char *rest,
    const void *address);
/* The line alone. */
void clinux_fault_warn(const char *text, uint64_t amount, const char *rest);

/* last_resort.c: stops all processes and exits with 70. */
_Noreturn void clinux_last_resort(void);
/* From SIGTERM to SIGKILL, in milliseconds. */
void clinux_last_resort_grace(uint32_t milliseconds);
uint32_t clinux_last_resort_grace_now(void);
/* A role, which ends by itself once its channel is closed: when the programs are down. */
void clinux_last_resort_role(int32_t pid, int is_running);

/* memory.c: a reserve that the first failed allocation releases; the second one is a fault.
 * Without this call a failed allocation returns NULL as ever. */
int clinux_memory_reserve(void);

#endif
