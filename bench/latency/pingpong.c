/*
 * Request and response over UDP, one at a time, each timed: what a call between
 * two hosts waits for. In C, because what a runtime of its own would add would
 * hide the difference between data paths.
 *
 *   pingpong serve PORT                          answers until it is ended
 *   pingpong ask ADDRESS PORT SECONDS WARMUP     says "begin" after the warm-up,
 *                                                and in the end one JSON object
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#define MESSAGE_BYTES 18 /* the least that fills an Ethernet frame */
/* After it a request counts as lost. */
#define PATIENCE_MS 200
/* Requests that are still unanswered then: there is no way. */
#define HOPELESS 50
/* Classes of 1/64 of a power of two, up to 2^40 ns: a quantile is known to 1.6 %. */
#define FINE_BITS 6
#define FINE	  (1 << FINE_BITS)
#define CLASSES	  (40 * FINE)

static uint64_t histogram[CLASSES];

static void fail(const char *what)
{
	fprintf(stderr, "pingpong: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static uint64_t now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static unsigned class_of(uint64_t ns)
{
	unsigned power;

	if (ns < FINE)
		return ns;
	power = 63 - __builtin_clzll(ns);
	return (power - FINE_BITS + 1) * FINE + ((ns >> (power - FINE_BITS)) & (FINE - 1));
}

/* The middle of a class. */
static uint64_t value_of(unsigned class)
{
	unsigned power = class / FINE + FINE_BITS - 1;

	if (class < FINE)
		return class;
	return ((uint64_t)(FINE + class % FINE) << (power - FINE_BITS)) + ((1ull << (power - FINE_BITS)) >> 1);
}

static double quantile_us(uint64_t count, double fraction)
{
	uint64_t wanted = (uint64_t)((double)count * fraction), seen = 0;

	for (unsigned class = 0; class < CLASSES; class ++) {
		seen += histogram[class];
		if (seen > wanted)
			return (double)value_of(class) / 1000;
	}
	return 0;
}

static int udp_socket(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0)
		fail("socket");
	return fd;
}

static struct sockaddr_in address_of(const char *host, const char *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(atoi(port)) };

	if (inet_pton(AF_INET, host, &address.sin_addr) != 1) {
		fprintf(stderr, "pingpong: %s is no IPv4 address\n", host);
		exit(2);
	}
	return address;
}

static void serve(const char *port)
{
	struct sockaddr_in from, own = address_of("0.0.0.0", port);
	char message[MESSAGE_BYTES];
	int fd = udp_socket();

	if (bind(fd, (struct sockaddr *)&own, sizeof(own)))
		fail("bind");
	puts("ready");
	fflush(stdout);
	for (;;) {
		socklen_t size = sizeof(from);
		ssize_t length = recvfrom(fd, message, sizeof(message), 0, (struct sockaddr *)&from, &size);

		if (length > 0)
			sendto(fd, message, length, 0, (struct sockaddr *)&from, size);
	}
}

/* Nanoseconds until the answer to this very request, or 0. */
static uint64_t ask_once(int fd, uint64_t number)
{
	char message[MESSAGE_BYTES] = { 0 };
	uint64_t before = now_ns(), answered;

	memcpy(message, &number, sizeof(number));
	if (send(fd, message, sizeof(message), 0) < 0 && errno != EHOSTUNREACH && errno != ECONNREFUSED)
		fail("send");
	do {
		if (recv(fd, message, sizeof(message), 0) < (ssize_t)sizeof(answered))
			return 0;
		memcpy(&answered, message, sizeof(answered));
	} while (answered != number);
	return now_ns() - before;
}

static void fail_to_answer(const char *host)
{
	fprintf(stderr, "pingpong: %s does not answer\n", host);
	exit(1);
}

static void begin(void)
{
	puts("begin");
	fflush(stdout);
}

static void ask(const char *host, const char *port, double seconds, double warm_up)
{
	struct timeval patience = { .tv_usec = PATIENCE_MS * 1000 };
	struct sockaddr_in address = address_of(host, port);
	uint64_t number = 0, count = 0, lost = 0, in_a_row = 0, longest = 0;
	uint64_t from, end, last, cpu = 0;
	int fd = udp_socket();

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		fail("connect");
	last = now_ns();
	from = last + (uint64_t)(warm_up * 1e9);
	end = from + (uint64_t)(seconds * 1e9);
	while (last < end) {
		uint64_t ns = ask_once(fd, ++number);

		last = now_ns();
		in_a_row = ns ? 0 : in_a_row + 1;
		if (in_a_row == HOPELESS)
			fail_to_answer(host);
		if (last < from)
			continue;
		if (!cpu) {
			begin();
			cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
			from = now_ns();
			continue;
		}
		if (!ns) {
			lost++;
			continue;
		}
		histogram[class_of(ns) < CLASSES ? class_of(ns) : CLASSES - 1]++;
		longest = ns > longest ? ns : longest;
		count++;
	}
	if (!count)
		fail_to_answer(host);
	printf("{\"count\":%llu,\"lost\":%llu,\"cpuNs\":%llu,\"seconds\":%.6f,\"p50\":%.2f,\"p99\":%.2f,\"p999\":%.2f,\"max\":%.2f}\n",
	       (unsigned long long)count, (unsigned long long)lost, (unsigned long long)(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu),
	       (double)(last - from) / 1e9, quantile_us(count, 0.5), quantile_us(count, 0.99), quantile_us(count, 0.999),
	       (double)longest / 1000);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		serve(argv[2]);
	else if (argc == 6 && strcmp(argv[1], "ask") == 0)
		ask(argv[2], argv[3], atof(argv[4]), atof(argv[5]));
	else {
		fprintf(stderr, "usage: pingpong serve PORT | ask ADDRESS PORT SECONDS WARMUP\n");
		return 2;
	}
	return 0;
}
