/*
 * Linux's end of a bulk transfer, as the ports of old: 9 takes whatever comes (RFC 863), 19 sends without end (RFC 864).
 *
 *   peer serve ADDRESS                           both ports, one connection after the other
 *   peer send|receive ADDRESS WARM-UP-MS MS      prints the bytes each second of the time after the warm-up
 *
 * Its congestion control is CUBIC, as Skerry's, whatever the host's is. What was sent is counted when the other side has it acknowledged: what still waits is taken off.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { DISCARD = 9, CHARGEN = 19, PIECE = 256 * 1024, POLL_MS = 20 };

static char piece[PIECE];

static double now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static void require(int holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "peer: %s: %s\n", what, strerror(errno));
  exit(1);
}

static struct sockaddr_in address_of(const char *text, int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  require(inet_pton(AF_INET, text, &address.sin_addr) == 1, text);
  return address;
}

static int open_socket(void) {
  const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  require(made >= 0 && setsockopt(made, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5) == 0, "cubic");
  return made;
}

static int listen_on(const char *text, int port) {
  const struct sockaddr_in address = address_of(text, port);
  const int listener = open_socket(), yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  require(bind(listener, (const void *)&address, sizeof address) == 0 && listen(listener, 8) == 0, "listen");
  return listener;
}

static void serve(const char *address) {
  struct pollfd listeners[] = {{.fd = listen_on(address, DISCARD), .events = POLLIN},
                               {.fd = listen_on(address, CHARGEN), .events = POLLIN}};
  puts("listening on");
  fflush(stdout);
  for (;;) {
    require(poll(listeners, 2, -1) > 0, "poll");
    for (int at = 0; at < 2; at++) {
      if (listeners[at].revents == 0) continue;
      const int connection = accept(listeners[at].fd, NULL, NULL);
      if (at == 0) while (read(connection, piece, PIECE) > 0) continue;
      if (at == 1) while (write(connection, piece, PIECE) > 0) continue;
      close(connection);
    }
  }
}

/* Bytes moved by now: of those sent, what the other side has acknowledged. */
static int64_t moved(int connection, int64_t bytes, int is_sending) {
  int waiting = 0;
  if (is_sending) ioctl(connection, SIOCOUTQ, &waiting);
  return bytes - waiting;
}

static void transfer(int is_sending, const char *text, double warm_up_ms, double counted_ms) {
  const struct sockaddr_in address = address_of(text, is_sending ? DISCARD : CHARGEN);
  const int connection = open_socket();
  require(connect(connection, (const void *)&address, sizeof address) == 0, "connect");
  struct pollfd ready = {.fd = connection, .events = is_sending ? POLLOUT : POLLIN};
  const double start = now_ms();
  double counted_from = 0;
  int64_t bytes = 0, before = 0;
  for (;;) {
    const double now = now_ms();
    if (counted_from == 0 && now >= start + warm_up_ms) counted_from = now, before = moved(connection, bytes, is_sending);
    if (counted_from != 0 && now >= counted_from + counted_ms) {
      printf("%.0f\n", (moved(connection, bytes, is_sending) - before) / (now - counted_from) * 1e3);
      return;
    }
    if (poll(&ready, 1, POLL_MS) == 0) continue;
    const ssize_t count = is_sending ? send(connection, piece, PIECE, MSG_DONTWAIT) : recv(connection, piece, PIECE, MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) continue;
    require(count > 0, "the connection ended");
    bytes += count;
  }
}

int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  if (argc == 3 && strcmp(argv[1], "serve") == 0) serve(argv[2]);
  else if (argc == 5) transfer(strcmp(argv[1], "send") == 0, argv[2], atof(argv[3]), atof(argv[4]));
  else return fprintf(stderr, "peer: serve ADDRESS, or send|receive ADDRESS WARM-UP-MS MS\n"), 2;
  return 0;
}
