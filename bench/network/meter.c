/*
 * Where one processor's time goes, by sampling it: a server's own work, in user space and in the kernel, and the
 * network's deferred work (softirq), in whosever time it was done. What others do on that processor is told apart, so
 * that a busy machine does not spoil the figures.
 *
 *   meter PROCESSOR MS PID...
 *
 * A child of the lowest class of the scheduler soaks up what time is left: a processor that sleeps is not sampled, and
 * waking it costs what depends on the hypervisor.
 *
 * Prints a line of JSON: counts of samples. Needs root. Kernel symbols come from /proc/kallsyms; perf_event_open(2).
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A prime, so that samples do not fall into step with requests that are due every 20 us. */
enum { PERIOD_NS = 203317, RING_PAGES = 512, DRAIN_MS = 50 };

struct range {
  const char *name;
  uint64_t start, end;
};

/* The two functions that all of the network's deferred work is done in. */
static struct range deferred[] = {{"net_rx_action", 0, 0}, {"net_tx_action", 0, 0}};
enum { DEFERRED = sizeof deferred / sizeof deferred[0] };

static unsigned long samples, user, kernel, softirq, idle, others, lost;
static pid_t soaker;
static pid_t *pids;
static int pids_count;

static void fail(const char *what) {
  fprintf(stderr, "meter: %s: %s\n", what, strerror(errno));
  exit(1);
}

/* A function ends where the next symbol begins. */
static void find_symbols(void) {
  FILE *file = fopen("/proc/kallsyms", "r");
  if (file == NULL) fail("/proc/kallsyms");
  uint64_t address;
  char kind, name[512];
  while (fscanf(file, "%lx %c %511s%*[^\n]", &address, &kind, name) == 3) {
    for (int at = 0; at < DEFERRED; at++) {
      struct range *one = &deferred[at];
      if (strcmp(name, one->name) == 0) one->start = address;
      if (address > one->start && one->start != 0 && (one->end == 0 || address < one->end)) one->end = address;
    }
  }
  fclose(file);
  /* Symbols are sorted by section only: those that stood before their function were never looked at. */
  for (int at = 0; at < DEFERRED; at++) {
    if (deferred[at].start == 0) fail(deferred[at].name);
  }
}

static int is_deferred(const uint64_t *chain, uint64_t length) {
  for (uint64_t place = 0; place < length; place++) {
    for (int at = 0; at < DEFERRED; at++) {
      if (chain[place] >= deferred[at].start && chain[place] < deferred[at].end) return 1;
    }
  }
  return 0;
}

static int is_ours(pid_t pid) {
  for (int at = 0; at < pids_count; at++) {
    if (pids[at] == pid) return 1;
  }
  return 0;
}

/* PERF_SAMPLE_TID, PERF_SAMPLE_CALLCHAIN */
struct sample {
  struct perf_event_header header;
  uint32_t pid, tid;
  uint64_t length, chain[];
};

static void count(const struct sample *one) {
  samples++;
  if (is_deferred(one->chain, one->length)) softirq++;
  else if (is_ours(one->pid)) *((one->header.misc & PERF_RECORD_MISC_CPUMODE_MASK) == PERF_RECORD_MISC_USER ? &user : &kernel) += 1;
  else if (one->pid == 0 || (pid_t)one->pid == soaker) idle++;
  else others++;
}

static void drain(struct perf_event_mmap_page *ring, size_t page) {
  const char *data = (const char *)ring + page;
  const uint64_t size = RING_PAGES * page, head = __atomic_load_n(&ring->data_head, __ATOMIC_ACQUIRE);
  uint64_t tail = ring->data_tail;
  static uint64_t whole[65536 / sizeof(uint64_t)];
  while (tail < head) {
    const struct perf_event_header *header = (const void *)(data + tail % size);
    /* A record may go around the ring's end. */
    for (size_t at = 0; at < header->size; at += 8) whole[at / 8] = *(const uint64_t *)(data + (tail + at) % size);
    if (header->type == PERF_RECORD_SAMPLE) count((const void *)whole);
    if (header->type == PERF_RECORD_LOST) lost += whole[2];
    tail += header->size;
  }
  __atomic_store_n(&ring->data_tail, tail, __ATOMIC_RELEASE);
}

static pid_t soak(int processor) {
  const pid_t child = fork();
  if (child != 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  const struct sched_param none = {0};
  if (sched_setaffinity(0, sizeof set, &set) != 0 || sched_setscheduler(0, SCHED_IDLE, &none) != 0) fail("soak");
  for (;;) __builtin_ia32_pause();
}

int main(int argc, char **argv) {
  if (argc < 3) return fprintf(stderr, "meter: a processor and a time are needed\n"), 2;
  pids_count = argc - 3;
  pids = calloc(argc, sizeof *pids);
  for (int at = 0; at < pids_count; at++) pids[at] = atoi(argv[at + 3]);
  find_symbols();
  struct perf_event_attr event = {
      .type = PERF_TYPE_SOFTWARE,
      .size = sizeof event,
      .config = PERF_COUNT_SW_CPU_CLOCK,
      .sample_period = PERIOD_NS,
      .sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_CALLCHAIN,
      .exclude_callchain_user = 1,
      .wakeup_events = 1 << 30,
  };
  const int processor = atoi(argv[1]);
  soaker = soak(processor);
  const int counter = syscall(SYS_perf_event_open, &event, -1, processor, -1, PERF_FLAG_FD_CLOEXEC);
  if (counter < 0) fail("perf_event_open");
  const size_t page = sysconf(_SC_PAGESIZE);
  struct perf_event_mmap_page *ring =
      mmap(NULL, (RING_PAGES + 1) * page, PROT_READ | PROT_WRITE, MAP_SHARED, counter, 0);
  if (ring == MAP_FAILED) fail("mmap");
  for (int left_ms = atoi(argv[2]); left_ms > 0; left_ms -= DRAIN_MS) {
    usleep((left_ms < DRAIN_MS ? left_ms : DRAIN_MS) * 1000);
    drain(ring, page);
  }
  ioctl(counter, PERF_EVENT_IOC_DISABLE, 0);
  kill(soaker, SIGKILL);
  drain(ring, page);
  printf("{\"periodNs\":%d,\"samples\":%lu,\"user\":%lu,\"kernel\":%lu,\"softirq\":%lu,\"idle\":%lu,\"others\":%lu,\"lost\":%lu}\n", PERIOD_NS, samples, user,
         kernel, softirq, idle, others, lost);
  return 0;
}
