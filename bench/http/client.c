/*
 * An open-loop HTTP client: requests are due at a fixed rate by the clock, whether or not earlier ones were answered.
 *
 * One that finds every connection busy waits, and its wait counts as latency. It does not sleep: it has a processor
 * to itself, so that a request leaves when it is due, and no time of waking is taken for the server's.
 *
 *   client ADDRESS PORT PATH RATE CONNECTIONS WARM-UP-MS COUNTED-MS NAP-US [COMMAND WORD...]
 *
 * Runs the command when the warm-up is over, before itself in the scheduler's order, and waits for it at the end. Then
 * it prints one line of JSON. Connections are used in turn.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_LIMIT = 1024, RESPONSE_LIMIT = 4096, EVENTS = 64, NAP_EVERY_NS = 1000000, PRIORITY = 6 };

struct connection {
  int socket;
  int received;
  int64_t due_at_ns; /* of the request that it waits for */
  char response[RESPONSE_LIMIT];
};

static struct connection connections[CONNECTIONS_LIMIT];
/* Those that wait for nothing, in the order in which they came to that. */
static struct connection *idle[CONNECTIONS_LIMIT];
static unsigned idle_first, idle_end;
static unsigned failed;
static char request[RESPONSE_LIMIT];
static size_t request_length;

static int64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static void require(int holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "client: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void open_connection(struct connection *one, const struct sockaddr_in *server, int poll) {
  one->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  require(one->socket >= 0, "socket");
  require(connect(one->socket, (const void *)server, sizeof *server) == 0, "connect");
  int yes = 1;
  setsockopt(one->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = one};
  require(epoll_ctl(poll, EPOLL_CTL_ADD, one->socket, &event) == 0, "epoll_ctl");
  idle[idle_end++ % CONNECTIONS_LIMIT] = one;
}

static void send_request(struct connection *one, int64_t due_at_ns) {
  one->due_at_ns = due_at_ns;
  one->received = 0;
  if (send(one->socket, request, request_length, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)request_length) failed++;
}

/* Whether a response is whole: its length, 0 while it is not, -1 where it is none that we want. */
static int response_length(const char *text, int received) {
  const char *end = memmem(text, received, "\r\n\r\n", 4);
  if (end == NULL) return received == RESPONSE_LIMIT ? -1 : 0;
  if (memcmp(text, "HTTP/1.1 200", 12) != 0) return -1;
  for (const char *at = text; at < end; at++) {
    if (*at != '\n' || strncasecmp(at + 1, "content-length:", 15) != 0) continue;
    int length = (int)(end + 4 - text) + atoi(at + 16);
    return received >= length ? length : 0;
  }
  return -1;
}

/* Whether the connection has its answer. */
static int receive(struct connection *one, int poll) {
  ssize_t count = recv(one->socket, one->response + one->received, RESPONSE_LIMIT - one->received, MSG_DONTWAIT);
  if (count < 0 && errno == EAGAIN) return 0;
  if (count > 0) one->received += count;
  int length = count <= 0 ? -1 : response_length(one->response, one->received);
  if (length == 0) return 0;
  if (length == one->received) return 1;
  /* Closed, not 200, or more than was asked for. */
  failed++;
  epoll_ctl(poll, EPOLL_CTL_DEL, one->socket, NULL);
  close(one->socket);
  return 0;
}

static void run_beside(char **words) {
  const pid_t child = fork();
  require(child >= 0, "fork");
  if (child != 0) return;
  const struct sched_param before = {.sched_priority = sched_getscheduler(0) == SCHED_FIFO ? PRIORITY : 0};
  if (before.sched_priority > 0) sched_setscheduler(0, SCHED_FIFO, &before);
  execv(words[0], words);
  require(0, words[0]);
}

static int compare(const void *a, const void *b) {
  const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  if (argc < 9) return fprintf(stderr, "client: eight arguments are needed\n"), 2;
  const double rate = atof(argv[4]);
  const int count = atoi(argv[5]);
  const int64_t warm_up_ns = atoll(argv[6]) * 1000000, counted_ns = atoll(argv[7]) * 1000000;
  if (count < 1 || count > CONNECTIONS_LIMIT || rate <= 0) return fprintf(stderr, "client: no such load\n"), 2;
  struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
  require(inet_pton(AF_INET, argv[1], &server.sin_addr) == 1, argv[1]);
  request_length = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", argv[3], argv[1]);
  const size_t samples_limit = (size_t)(rate * counted_ns / 1e9) + CONNECTIONS_LIMIT;
  int64_t *samples = malloc(samples_limit * sizeof *samples);
  require(samples != NULL, "malloc");
  memset(samples, 0, samples_limit * sizeof *samples); /* touched before the clock runs */
  const int poll = epoll_create1(EPOLL_CLOEXEC);
  for (int at = 0; at < count; at++) open_connection(&connections[at], &server, poll);

  const int64_t start = now_ns(), counted_from = start + warm_up_ns, end = counted_from + counted_ns;
  const int nap_us = atoi(argv[8]);
  int64_t nap_at = start;
  size_t due = 0, answered = 0;
  int is_counting = 0;
  for (int64_t now = start; now < end; now = now_ns()) {
    if (!is_counting && now >= counted_from) {
      is_counting = 1;
      failed = 0;
      if (argc > 9) run_beside(argv + 9);
    }
    for (;;) {
      const int64_t due_at = start + (int64_t)(due * (1e9 / rate));
      if (due_at > now || idle_first == idle_end) break;
      send_request(idle[idle_first++ % CONNECTIONS_LIMIT], due_at);
      due++;
    }
    if (nap_us > 0 && now >= nap_at) {
      usleep(nap_us);
      nap_at = now + NAP_EVERY_NS;
    }
    struct epoll_event events[EVENTS];
    const int ready = epoll_wait(poll, events, EVENTS, 0);
    const int64_t received_at = ready > 0 ? now_ns() : 0;
    for (int at = 0; at < ready; at++) {
      struct connection *one = events[at].data.ptr;
      if (!receive(one, poll)) continue;
      idle[idle_end++ % CONNECTIONS_LIMIT] = one;
      if (is_counting && answered < samples_limit) samples[answered++] = received_at - one->due_at_ns;
    }
  }
  int status = 0;
  if (argc > 9) require(wait(&status) > 0 && status == 0, argv[9]);
  qsort(samples, answered, sizeof *samples, compare);
  const double us = 1e-3;
  printf("{\"answered\":%zu,\"failed\":%u,\"seconds\":%.6f,\"p50Us\":%.1f,\"p99Us\":%.1f}\n", answered, failed,
         counted_ns / 1e9, answered ? samples[answered / 2] * us : -1, answered ? samples[answered * 99 / 100] * us : -1);
  return 0;
}
