/*
 * What AF_XDP itself costs on a path: frames from one interface out of another,
 * with a constant header pushed in front or taken off, and nothing decided. With
 * sockets and rings as vtepd has them: copy mode, one memory, 16384 frames of
 * 2 KiB, rings of 2048, and a socket of its own for sending. Looks at no frame.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAMES 16384
#define FRAME_BYTES 2048
#define RING 2048
#define BATCH 64
#define HEADER_BYTES 50

struct ring {
	uint32_t *producer, *consumer;
	void *entries;
};

struct side {
	int fd, sending;
	struct ring fill, completion, receive, transmit;
};

static uint8_t *memory;
static uint8_t header[HEADER_BYTES];

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static uint32_t ready(const struct ring *ring)
{
	return __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE) - *ring->consumer;
}

static uint32_t waiting(const struct ring *ring)
{
	return *ring->producer - __atomic_load_n(ring->consumer, __ATOMIC_ACQUIRE);
}

static void move(uint32_t *index, uint32_t count)
{
	__atomic_store_n(index, *index + count, __ATOMIC_RELEASE);
}

static uint64_t *address_at(const struct ring *ring, uint32_t index)
{
	return (uint64_t *)ring->entries + (index & (RING - 1));
}

static struct xdp_desc *descriptor_at(const struct ring *ring, uint32_t index)
{
	return (struct xdp_desc *)ring->entries + (index & (RING - 1));
}

static struct ring map_ring(int fd, int option, uint64_t offset, size_t entry_bytes)
{
	struct xdp_mmap_offsets all;
	socklen_t length = sizeof(all);
	int size = RING;

	if (setsockopt(fd, SOL_XDP, option, &size, sizeof(size)) ||
	    getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, &all, &length))
		fail("ring");
	struct xdp_ring_offset at = option == XDP_UMEM_FILL_RING	? all.fr
				    : option == XDP_UMEM_COMPLETION_RING ? all.cr
				    : option == XDP_RX_RING		 ? all.rx
									 : all.tx;
	char *base = mmap(NULL, at.desc + RING * entry_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
			  (off_t)offset);
	if (base == MAP_FAILED)
		fail("mmap");
	return (struct ring){ (void *)(base + at.producer), (void *)(base + at.consumer), base + at.desc };
}

static int new_socket(void)
{
	int fd = socket(AF_XDP, SOCK_RAW, 0);

	if (fd < 0)
		fail("socket");
	return fd;
}

static void bind_to(int fd, unsigned int ifindex, uint16_t flags, int shared_with)
{
	struct sockaddr_xdp address = {
		.sxdp_family = AF_XDP, .sxdp_ifindex = ifindex, .sxdp_flags = flags, .sxdp_shared_umem_fd = (uint32_t)shared_with
	};

	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		fail("bind");
}

static void steer(const char *object_file, unsigned int ifindex, int fd)
{
	struct bpf_object *object = bpf_object__open_file(object_file, NULL);
	uint32_t queue = 0;

	if (!object)
		fail(object_file);
	struct bpf_program *program = bpf_object__find_program_by_name(object, "vtep_xsk_access");
	bpf_program__set_autoload(bpf_object__find_program_by_name(object, "vtep_xsk_uplink"), false);
	if (bpf_object__load(object) ||
	    bpf_map_update_elem(bpf_object__find_map_fd_by_name(object, "vtep_xsks"), &queue, &fd, BPF_ANY) ||
	    !bpf_program__attach_xdp(program, (int)ifindex))
		fail("XDP program");
}

/* `first`: of the frames that wait here for reception. */
static void open_side(struct side *side, const char *name, const char *object_file, const struct side *other, uint32_t first)
{
	unsigned int ifindex = if_nametoindex(name);
	struct xdp_umem_reg area = { .addr = (uintptr_t)memory, .len = FRAMES * FRAME_BYTES, .chunk_size = FRAME_BYTES };

	side->fd = new_socket();
	side->sending = new_socket();
	if (!other && setsockopt(side->fd, SOL_XDP, XDP_UMEM_REG, &area, sizeof(area)))
		fail("XDP_UMEM_REG");
	side->fill = map_ring(side->fd, XDP_UMEM_FILL_RING, XDP_UMEM_PGOFF_FILL_RING, sizeof(uint64_t));
	side->completion = map_ring(side->fd, XDP_UMEM_COMPLETION_RING, XDP_UMEM_PGOFF_COMPLETION_RING, sizeof(uint64_t));
	side->receive = map_ring(side->fd, XDP_RX_RING, XDP_PGOFF_RX_RING, sizeof(struct xdp_desc));
	side->transmit = map_ring(side->sending, XDP_TX_RING, XDP_PGOFF_TX_RING, sizeof(struct xdp_desc));
	if (other)
		bind_to(side->fd, ifindex, XDP_SHARED_UMEM, other->fd);
	else
		bind_to(side->fd, ifindex, XDP_COPY | XDP_USE_NEED_WAKEUP, 0);
	bind_to(side->sending, ifindex, XDP_SHARED_UMEM, side->fd);
	for (uint32_t i = 0; i < RING; i++)
		*address_at(&side->fill, i) = (uint64_t)(first + i) * FRAME_BYTES;
	move(side->fill.producer, RING);
	steer(object_file, ifindex, side->fd);
}

/* A frame that was sent waits for reception again where it came from: there is one way at a time. */
static void give_back(struct side *from, struct side *to)
{
	uint32_t count = ready(&to->completion);

	for (uint32_t i = 0; i < count; i++)
		*address_at(&from->fill, *from->fill.producer + i) = *address_at(&to->completion, *to->completion.consumer + i);
	move(to->completion.consumer, count);
	move(from->fill.producer, count);
}

/* Returns whether there was anything to do. */
static int carry(struct side *from, struct side *to, int push)
{
	uint32_t count = ready(&from->receive);

	if (count > BATCH)
		count = BATCH;
	for (uint32_t i = 0; i < count; i++) {
		struct xdp_desc frame = *descriptor_at(&from->receive, *from->receive.consumer + i);

		frame.addr = push ? frame.addr - HEADER_BYTES : frame.addr + HEADER_BYTES;
		frame.len = push ? frame.len + HEADER_BYTES : frame.len - HEADER_BYTES;
		if (push)
			memcpy(memory + frame.addr, header, HEADER_BYTES);
		*descriptor_at(&to->transmit, *to->transmit.producer + i) = frame;
	}
	move(from->receive.consumer, count);
	move(to->transmit.producer, count);
	while (waiting(&to->transmit) > 0)
		sendto(to->sending, NULL, 0, MSG_DONTWAIT, NULL, 0);
	give_back(from, to);
	return count > 0;
}

static void read_header(const char *hex)
{
	for (int i = 0; i < HEADER_BYTES; i++)
		if (sscanf(hex + 2 * i, "%2hhx", &header[i]) != 1)
			fail("header");
}

int main(int argc, char **argv)
{
	struct side access, uplink;

	if (argc != 5 || strlen(argv[4]) != 2 * HEADER_BYTES) {
		fprintf(stderr, "usage: xdpsock OBJECT ACCESS UPLINK HEADER\n");
		return 2;
	}
	read_header(argv[4]);
	memory = mmap(NULL, FRAMES * FRAME_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (memory == MAP_FAILED)
		fail("mmap");
	open_side(&access, argv[2], argv[1], NULL, 0);
	open_side(&uplink, argv[3], argv[1], &access, RING);
	printf("ready\n");
	fflush(stdout);
	struct pollfd both[] = { { .fd = access.fd, .events = POLLIN }, { .fd = uplink.fd, .events = POLLIN } };
	while (poll(both, 2, -1) >= 0)
		while (carry(&access, &uplink, 1) | carry(&uplink, &access, 0))
			;
	fail("poll");
}
