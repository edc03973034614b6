#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

static struct termios found, wanted;
static volatile sig_atomic_t is_changed;
static int terminal = -1;

enum { count = 11 };
static const int numbers[count] = {SIGTSTP, SIGHUP, SIGQUIT, SIGTERM, SIGILL, SIGTRAP, SIGABRT,
  SIGBUS, SIGFPE, SIGSEGV, SIGPIPE};
static struct sigaction previous[count];

/* The terminal first, then what the signal does to anybody. */
static void restore_and_end(int number) {
  if (is_changed) tcsetattr(terminal, TCSADRAIN, &found);
  signal(number, SIG_DFL);
  raise(number);
}

static void stop_and_resume(int number) {
  int saved = errno;
  if (is_changed) tcsetattr(terminal, TCSADRAIN, &found);
  raise(SIGSTOP);
  if (is_changed) tcsetattr(terminal, TCSADRAIN, &wanted);
  /* Others have written to it meanwhile; what is told as a new size is drawn anew. */
  raise(SIGWINCH);
  (void)number;
  errno = saved;
}

/* What is ignored stays ignored: nohup(1) and shells without job control mean it. */
static void take_signals(void) {
  for (int i = 0; i < count; i++) {
    struct sigaction action = {.sa_handler = restore_and_end, .sa_flags = SA_NODEFER};
    if (numbers[i] == SIGTSTP) action.sa_handler = stop_and_resume;
    sigaction(numbers[i], 0, &previous[i]);
    if (previous[i].sa_handler != SIG_IGN) sigaction(numbers[i], &action, 0);
  }
}

static void give_signals_back(void) {
  for (int i = 0; i < count; i++) sigaction(numbers[i], &previous[i], 0);
}

int clinux_terminal_mode(int fd, int mode) {
  if (mode == CLINUX_TERMINAL_COOKED) {
    if (!is_changed) return 0;
    int result = tcsetattr(terminal, TCSADRAIN, &found) < 0 ? -errno : 0;
    is_changed = 0;
    give_signals_back();
    return result;
  }
  if (!is_changed && tcgetattr(fd, &found) < 0) return -errno;
  wanted = found;
  wanted.c_lflag &= ~(tcflag_t)ECHO;
  if (mode == CLINUX_TERMINAL_KEYS) {
    wanted.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INPCK | ISTRIP | IXON);
    wanted.c_cflag |= CS8;
    wanted.c_lflag &= ~(tcflag_t)(ICANON | IEXTEN);
    wanted.c_cc[VMIN] = 1;
    wanted.c_cc[VTIME] = 0;
  } else {
    wanted.c_lflag |= ICANON | ECHONL;
  }
  terminal = fd;
  if (!is_changed) take_signals();
  is_changed = 1;
  return tcsetattr(fd, TCSADRAIN, &wanted) < 0 ? -errno : 0;
}

int clinux_terminal_columns(int fd) {
  struct winsize size = {0};
  return ioctl(fd, TIOCGWINSZ, &size) < 0 ? -errno : size.ws_col;
}

int clinux_interrupts_open(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGWINCH);
  if (sigprocmask(SIG_BLOCK, &set, 0) < 0) return -errno;
  int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  return fd < 0 ? -errno : fd;
}
