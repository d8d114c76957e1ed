/*
 * A long, narrow and lossy cable between two network namespaces: a TAP device in each, and this between them.
 *
 *   relay PID-A NAME-A PID-B NAME-B LOSS-PPM DELAY-US BITS-PER-S QUEUE-BYTES SEED
 *
 * Each way by itself: a frame is lost by chance, of a generator with a seed; it leaves when those before it have, at the
 * line's rate; a full queue drops it; then it takes the delay. Prints "listening on" when both devices are there.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { FRAMES = 16384, FRAME_LIMIT = 2048 };

struct frame {
  int64_t due_ns;
  int length;
  char bytes[FRAME_LIMIT];
};

/* One direction. */
struct way {
  int from, to;
  int64_t line_free_ns; /* when the last frame will have left */
  unsigned first, end;
  struct frame *frames;
};

static uint64_t random_state, loss_ppm, delay_ns, bits_per_s, queue_bytes;

static int64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static void require(int holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "relay: %s: %s\n", what, strerror(errno));
  exit(1);
}

/* xorshift64* */
static uint32_t next_random(void) {
  random_state ^= random_state >> 12;
  random_state ^= random_state << 25;
  random_state ^= random_state >> 27;
  return (random_state * 0x2545f4914f6cdd1dull) >> 32;
}

/* A TAP device belongs to the namespace in which it was opened. */
static int open_tap(const char *pid, const char *name) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%s/ns/net", pid);
  const int namespace = open(path, O_RDONLY | O_CLOEXEC);
  require(namespace >= 0 && setns(namespace, CLONE_NEWNET) == 0, path);
  close(namespace);
  const int tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  require(tap >= 0 && ioctl(tap, TUNSETIFF, &request) == 0, name);
  return tap;
}

static void take(struct way *way, int64_t now) {
  while (way->end - way->first < FRAMES) {
    struct frame *frame = &way->frames[way->end % FRAMES];
    frame->length = read(way->from, frame->bytes, FRAME_LIMIT);
    if (frame->length <= 0) return;
    if (next_random() % 1000000 < loss_ppm) continue;
    const int64_t start = way->line_free_ns > now ? way->line_free_ns : now;
    if ((uint64_t)(start - now) * bits_per_s / 8000000000ull > queue_bytes) continue;
    way->line_free_ns = start + frame->length * 8000000000ll / (int64_t)bits_per_s;
    frame->due_ns = way->line_free_ns + delay_ns;
    way->end++;
  }
}

static void give(struct way *way, int64_t now) {
  for (; way->first != way->end; way->first++) {
    const struct frame *frame = &way->frames[way->first % FRAMES];
    if (frame->due_ns > now) return;
    if (write(way->to, frame->bytes, frame->length) < 0 && errno == EAGAIN) return;
  }
}

int main(int argc, char **argv) {
  if (argc != 10) return fprintf(stderr, "relay: nine arguments are needed\n"), 2;
  loss_ppm = atoll(argv[5]);
  delay_ns = atoll(argv[6]) * 1000;
  bits_per_s = atoll(argv[7]);
  queue_bytes = atoll(argv[8]);
  random_state = strtoull(argv[9], NULL, 10) * 2 + 1;
  const int a = open_tap(argv[1], argv[2]), b = open_tap(argv[3], argv[4]);
  struct way ways[] = {{.from = a, .to = b}, {.from = b, .to = a}};
  for (int at = 0; at < 2; at++) require((ways[at].frames = malloc(FRAMES * sizeof(struct frame))) != NULL, "malloc");
  puts("listening on");
  fflush(stdout);
  struct pollfd ready[] = {{.fd = a, .events = POLLIN}, {.fd = b, .events = POLLIN}};
  for (;;) {
    const int64_t now = now_ns();
    int64_t wait_ns = 1000000000;
    for (int at = 0; at < 2; at++) {
      struct way *way = &ways[at];
      take(way, now);
      give(way, now);
      if (way->first == way->end) continue;
      const int64_t left = way->frames[way->first % FRAMES].due_ns - now;
      if (left < wait_ns) wait_ns = left > 0 ? left : 0;
    }
    const struct timespec timeout = {.tv_sec = wait_ns / 1000000000, .tv_nsec = wait_ns % 1000000000};
    require(ppoll(ready, 2, &timeout, NULL) >= 0, "ppoll");
  }
}
