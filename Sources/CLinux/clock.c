#include "CLinux.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

uint64_t clinux_monotonic(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int64_t clinux_wall(int32_t *nanoseconds) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  *nanoseconds = (int32_t)now.tv_nsec;
  return now.tv_sec;
}

static void fill(const struct tm *from, clinux_date *date) {
  date->year = from->tm_year + 1900;
  date->month = from->tm_mon + 1;
  date->day = from->tm_mday;
  date->hour = from->tm_hour;
  date->minute = from->tm_min;
  date->second = from->tm_sec;
}

void clinux_local_date(int64_t seconds, clinux_date *date) {
  time_t time = seconds;
  struct tm broken = {0};
  localtime_r(&time, &broken);
  fill(&broken, date);
}

void clinux_universal_date(int64_t seconds, clinux_date *date) {
  time_t time = seconds;
  struct tm broken = {0};
  gmtime_r(&time, &broken);
  fill(&broken, date);
}

int clinux_timer_open(void) {
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  return fd < 0 ? -errno : fd;
}

int clinux_clock_watch_open(void) {
  int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  if (fd < 0) return -errno;
  /* So far away that it never comes, and early enough for any clock to reach. */
  struct itimerspec at = {.it_value = {.tv_sec = 0x7fffffff * 64L}};
  if (timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &at, 0) == 0) return fd;
  int error = errno;
  close(fd);
  return -error;
}

int clinux_timer_arm(int timer, uint64_t nanoseconds) {
  struct itimerspec at = {0};
  at.it_value.tv_sec = (time_t)(nanoseconds / 1000000000u);
  at.it_value.tv_nsec = (long)(nanoseconds % 1000000000u);
  return timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, 0) < 0 ? -errno : 0;
}

int clinux_wall_timer_open(void) {
  int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  return fd < 0 ? -errno : fd;
}

int clinux_wall_timer_arm(int timer, int64_t seconds) {
  struct itimerspec at = {0};
  at.it_value.tv_sec = (time_t)seconds;
  int flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
  return timerfd_settime(timer, flags, &at, 0) < 0 ? -errno : 0;
}
