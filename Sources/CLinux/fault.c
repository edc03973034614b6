/* The handler of faults. Only async-signal-safe calls: the heap may be broken, and a lock held. */
#define _GNU_SOURCE
#include "CLinux.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <ucontext.h>
#include <unistd.h>

enum { count = 6, stack_size = 64 << 10, line_size = 512 };

static const struct {
  int number;
  const char *text;
} faults[count] = {
  {SIGSEGV, "SIGSEGV (invalid memory access)"}, {SIGBUS, "SIGBUS (bus error)"},
  {SIGILL, "SIGILL (illegal instruction)"}, {SIGFPE, "SIGFPE (arithmetic exception)"},
  {SIGTRAP, "SIGTRAP (trap)"}, {SIGABRT, "SIGABRT (abort)"},
};

static char stack[stack_size];
static char process_name[64];
static char build_id[2 * 64 + 1];
/* What the kernel added to the addresses of the file; zero unless it is position-independent. */
static uintptr_t load_bias;
static int fault_action;
static pid_t owner;
static volatile sig_atomic_t depth;

typedef struct line {
  char text[line_size];
  size_t length;
} line;

static void add(line *to, const char *text) {
  size_t size = strlen(text);
  size_t room = line_size - 1 - to->length;
  if (size > room) size = room;
  memcpy(to->text + to->length, text, size);
  to->length += size;
}

static void add_number(line *to, uint64_t value, unsigned base) {
  char digits[24];
  char *first = digits + sizeof digits - 1;
  *first = 0;
  do *--first = "0123456789abcdef"[value % base];
  while (value /= base);
  add(to, first);
}

static void write_line(line *what) {
  what->text[what->length++] = '\n';
  int kind = clinux_outlet_kind(2);
  if (kind >= 0) clinux_write_at_once(2, kind, what->text, (int)what->length);
}

/* The build id names the exact binary, and so what the address is in. */
static void add_place(line *to, const void *address) {
  add(to, " at 0x");
  add_number(to, (uintptr_t)address - load_bias, 16);
  if (build_id[0]) {
    add(to, " in build ");
    add(to, build_id);
  }
}

static void add_consequence(line *to) {
  if (fault_action == CLINUX_FAULT_END) {
    add(to, "; it ends");
    return;
  }
  add(to, "; stopping all processes: SIGTERM now, SIGKILL after ");
  add_number(to, (clinux_last_resort_grace_now() + 999) / 1000, 10);
  add(to, " s, then exit code 70");
}

static const void *program_counter(const ucontext_t *context) {
#if defined(__x86_64__)
  return (const void *)context->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
  return (const void *)context->uc_mcontext.pc;
#else
  return 0;
#endif
}

static void report(int number, const siginfo_t *info, const ucontext_t *context) {
  line what = {.length = 0};
  add(&what, process_name);
  add(&what, ": internal error: ");
  for (int i = 0; i < count; i++)
    if (faults[i].number == number) add(&what, faults[i].text);
  add_place(&what, program_counter(context));
  if (number == SIGSEGV || number == SIGBUS) {
    add(&what, ", accessing 0x");
    add_number(&what, (uintptr_t)info->si_addr, 16);
  }
  add_consequence(&what);
  write_line(&what);
}

/* A fault comes from the kernel, and abort(3) from this process. The kernel lets no other process
 * forge either; the pid of sigqueue(3) can be forged, so its code is not accepted. */
static int is_own(const siginfo_t *info) {
  if (info->si_code > 0) return 1;
  return (info->si_code == SI_TKILL || info->si_code == SI_USER) && info->si_pid == getpid();
}

static void handle(int number, siginfo_t *info, void *context) {
  if (!is_own(info)) return;
  /* A child between fork and exec is not the supervisor. */
  int is_copy = getpid() != owner;
  int nested = is_copy ? 0 : depth++;
  if (!is_copy && nested == 0) report(number, info, context);
  if (is_copy || fault_action == CLINUX_FAULT_END) {
    signal(number, SIG_DFL);
    return;
  }
  /* A fault of the handler itself: once more without the line, then not again. */
  if (nested > 1) _exit(70);
  clinux_last_resort();
}

static line problem(const char *text, uint64_t amount, const char *rest) {
  line what = {.length = 0};
  add(&what, process_name);
  add(&what, ": ");
  add(&what, text);
  add_number(&what, amount, 10);
  add(&what, rest);
  return what;
}

void clinux_fault_warn(const char *text, uint64_t amount, const char *rest) {
  line what = problem(text, amount, rest);
  write_line(&what);
}

_Noreturn void clinux_fault_die(
    const char *text, uint64_t amount, const char *rest, const void *address) {
  if (depth++ == 0) {
    line what = problem(text, amount, rest);
    add_place(&what, address);
    add_consequence(&what);
    write_line(&what);
  }
  clinux_last_resort();
}

/* NT_GNU_BUILD_ID of one PT_NOTE segment: name and description are each padded to four bytes. */
static void find_build_id(const char *notes, size_t size) {
  while (size >= sizeof(ElfW(Nhdr))) {
    const ElfW(Nhdr) *note = (const void *)notes;
    size_t name = (note->n_namesz + 3u) & ~3u, content = (note->n_descsz + 3u) & ~3u;
    size_t whole = sizeof *note + name + content;
    if (whole > size) return;
    const unsigned char *bytes = (const unsigned char *)notes + sizeof *note + name;
    if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4
        && memcmp(notes + sizeof *note, "GNU", 4) == 0 && 2 * note->n_descsz < sizeof build_id)
      for (size_t i = 0; i < note->n_descsz; i++) {
        build_id[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        build_id[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
      }
    notes += whole;
    size -= whole;
  }
}

/* From the program headers, as the kernel passes them: also without /proc. */
static void read_program_headers(void) {
  const ElfW(Phdr) *headers = (const void *)getauxval(AT_PHDR);
  size_t entries = getauxval(AT_PHNUM);
  if (!headers) return;
  for (size_t i = 0; i < entries; i++)
    if (headers[i].p_type == PT_PHDR) load_bias = (uintptr_t)headers - headers[i].p_vaddr;
  for (size_t i = 0; i < entries; i++)
    if (headers[i].p_type == PT_NOTE)
      find_build_id((const char *)(load_bias + headers[i].p_vaddr), headers[i].p_memsz);
}

int clinux_fault_install(const char *name, int action) {
  strncpy(process_name, name, sizeof process_name - 1);
  fault_action = action;
  owner = getpid();
  read_program_headers();
  stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
  if (sigaltstack(&alternate, 0) < 0) return -errno;
  sigset_t set;
  sigemptyset(&set);
  for (int i = 0; i < count; i++) {
    struct sigaction handler = {.sa_sigaction = handle,
      .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART};
    if (sigaction(faults[i].number, &handler, 0) < 0) return -errno;
    sigaddset(&set, faults[i].number);
  }
  /* A fault whose signal is blocked kills without a handler. */
  return sigprocmask(SIG_UNBLOCK, &set, 0) < 0 ? -errno : 0;
}
