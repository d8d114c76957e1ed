/*
 * The rival: the least that a C server does. One thread, epoll, one read and one write for each request.
 *
 *   epoll ADDRESS PORT
 *
 * It looks for the end of a head and for nothing in it, which is less than any real server may do.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DESCRIPTORS_LIMIT = 4096, HEAD_LIMIT = 2048, EVENTS = 64 };

static const char ANSWER[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nhello, world\n";

/* What has come of a head, by descriptor. */
static struct head {
  int length;
  char text[HEAD_LIMIT];
} heads[DESCRIPTORS_LIMIT];

static void serve(int connection) {
  struct head *head = &heads[connection];
  ssize_t count = read(connection, head->text + head->length, HEAD_LIMIT - head->length);
  if (count <= 0) {
    close(connection);
    return;
  }
  head->length += count;
  for (;;) {
    char *end = memmem(head->text, head->length, "\r\n\r\n", 4);
    if (end == NULL) break;
    if (write(connection, ANSWER, sizeof ANSWER - 1) < 0) break;
    head->length -= (int)(end + 4 - head->text);
    memmove(head->text, end + 4, head->length);
  }
  if (head->length == HEAD_LIMIT) close(connection);
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
  if (inet_pton(AF_INET, argv[1], &address.sin_addr) != 1) return 2;
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(listener, (void *)&address, sizeof address) != 0 || listen(listener, 1024) != 0) return perror("listen"), 1;
  const int poll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  puts("listening on");
  fflush(stdout);
  for (;;) {
    struct epoll_event events[EVENTS];
    const int ready = epoll_wait(poll, events, EVENTS, -1);
    for (int at = 0; at < ready; at++) {
      if (events[at].data.fd != listener) {
        serve(events[at].data.fd);
        continue;
      }
      const int connection = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
      if (connection < 0) continue;
      if (connection >= DESCRIPTORS_LIMIT) {
        close(connection);
        continue;
      }
      heads[connection].length = 0;
      setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      event.data.fd = connection;
      epoll_ctl(poll, EPOLL_CTL_ADD, connection, &event);
    }
  }
}
