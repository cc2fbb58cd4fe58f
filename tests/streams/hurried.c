/* Lets the wall clock of a program go HURRIED_SPEED times faster since HURRIED_SINCE (ms): cc -shared -fPIC, then LD_PRELOAD.
   The kernel is asked directly, as libraries want the time before this one is ready. */

#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long long micro(void) {
    struct timespec real;
    const char *since = getenv("HURRIED_SINCE"), *speed = getenv("HURRIED_SPEED");
    syscall(SYS_clock_gettime, CLOCK_REALTIME, &real);
    long long now = real.tv_sec * 1000000LL + real.tv_nsec / 1000, began = since ? atoll(since) * 1000 : now;
    return began + (long long)((now - began) * (speed ? atof(speed) : 1.0));
}

int clock_gettime(clockid_t clock, struct timespec *told) {
    if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)
        return syscall(SYS_clock_gettime, clock, told);
    long long now = micro();
    told->tv_sec = now / 1000000;
    told->tv_nsec = now % 1000000 * 1000;
    return 0;
}

int gettimeofday(struct timeval *told, void *zone) {
    long long now = micro();
    told->tv_sec = now / 1000000;
    told->tv_usec = now % 1000000;
    return 0;
}

time_t time(time_t *told) {
    time_t now = micro() / 1000000;
    if (told)
        *told = now;
    return now;
}
