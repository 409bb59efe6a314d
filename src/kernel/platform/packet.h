/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Packets as all programs see them: bytes between two pointers of a context. Offsets count from the IP header, which follows an
 * Ethernet header. Pointers into the packet are taken anew at every call, because helpers move it.
 *
 * Who includes this has defined the context's type `packet_context`, `receiving_device()`, and the flags ROUTE_FLAGS of the lookup in route().
 */
#pragma once

#define ETHERNET_HEADER 14
#define NO_CHANGE 0xffff
#define AF_INET 2
#define AF_INET6 10
#define FIB_SOURCE (1U << 4) /* BPF_FIB_LOOKUP_SRC, Linux 6.7 */
#define LOOPBACK_IFINDEX 1

struct packet {
	packet_context *context;
	s64 length;
	u32 segment;
	u32 mark;
	u32 own;
	/* What route() or route_as_host() found; the program that forwards takes it. */
	struct bpf_fib_lookup fib;
};

/*
 * Where the packet begins and ends, as pointers from the start: to clang the context's fields are 32-bit numbers, and one that
 * it extends to 64 bits again after keeping it on the stack is no pointer any more to the verifier.
 */
static __always_inline void *packet_start(packet_context *context)
{
	void *start;

	asm volatile("%0 = *(u32 *)(%1 + %2)" : "=r"(start) : "r"(context), "i"(offsetof(packet_context, data)));
	return start;
}

static __always_inline void *packet_end(packet_context *context)
{
	void *end;

	asm volatile("%0 = *(u32 *)(%1 + %2)" : "=r"(end) : "r"(context), "i"(offsetof(packet_context, data_end)));
	return end;
}

#define AT(type, packet, offset)                                                   \
	({                                                                                 \
		u64 offset_ = (offset);                                                    \
		struct type *at_ = NULL;                                                   \
		if (offset_ <= READABLE_BYTES - sizeof(struct type)) {                     \
			void *data_ = packet_start((packet)->context);                     \
			at_ = data_ + ETHERNET_HEADER + offset_;                           \
			if ((void *)(at_ + 1) > packet_end((packet)->context)) at_ = NULL; \
		}                                                                          \
		at_;                                                                       \
	})

static __always_inline struct ipv4_header *ipv4_at(struct packet *packet, s64 offset)
{
	return AT(ipv4_header, packet, offset);
}

static __always_inline struct ipv6_header *ipv6_at(struct packet *packet, s64 offset)
{
	return AT(ipv6_header, packet, offset);
}

static __always_inline struct extension_header *extension_at(struct packet *packet, s64 offset)
{
	return AT(extension_header, packet, offset);
}

static __always_inline struct fragment_header *fragment_at(struct packet *packet, s64 offset)
{
	return AT(fragment_header, packet, offset);
}

static __always_inline struct ports *ports_at(struct packet *packet, s64 offset)
{
	return AT(ports, packet, offset);
}

static __always_inline struct tcp_header *tcp_at(struct packet *packet, s64 offset)
{
	return AT(tcp_header, packet, offset);
}

static __always_inline struct udp_header *udp_at(struct packet *packet, s64 offset)
{
	return AT(udp_header, packet, offset);
}

static __always_inline struct sctp_header *sctp_at(struct packet *packet, s64 offset)
{
	return AT(sctp_header, packet, offset);
}

static __always_inline struct icmp_header *icmp_at(struct packet *packet, s64 offset)
{
	return AT(icmp_header, packet, offset);
}

static __always_inline struct gue_header *gue_at(struct packet *packet, s64 offset)
{
	return AT(gue_header, packet, offset);
}

static __always_inline struct gre_header *gre_at(struct packet *packet, s64 offset)
{
	return AT(gre_header, packet, offset);
}

static __always_inline struct gre_checksum *gre_checksum_at(struct packet *packet, s64 offset)
{
	return AT(gre_checksum, packet, offset);
}

static __always_inline struct toa_option *toa_at(struct packet *packet, s64 offset)
{
	return AT(toa_option, packet, offset);
}

static __always_inline struct toa_rest *toa_rest_at(struct packet *packet, s64 offset)
{
	return AT(toa_rest, packet, offset);
}

static __always_inline void *bytes_at(struct packet *packet, s64 offset, u32 size)
{
	u64 checked = offset;
	void *at;

	/* To clang the number is another one now, so it has to be checked here, in the register that is used. */
	asm volatile("" : "+r"(checked));
	if (checked > READABLE_BYTES - size) return NULL;
	at = packet_start(packet->context) + ETHERNET_HEADER + checked;
	return at + size > packet_end(packet->context) ? NULL : at;
}

static __always_inline s64 byte_at(struct packet *packet, s64 offset)
{
	u8 *at = bytes_at(packet, offset, sizeof(*at));

	return at ? *at : -1;
}

static __always_inline void set_byte(struct packet *packet, s64 offset, s64 value)
{
	u8 *at = bytes_at(packet, offset, sizeof(*at));

	if (at) *at = value;
}

static __always_inline void set_word(struct packet *packet, s64 offset, s64 value)
{
	__be32 *at = bytes_at(packet, offset, sizeof(*at));

	if (at) *at = bpf_htonl(value);
}

/* What an Ethernet header says of a packet of a `Family`. */
static __always_inline __be16 ethernet_protocol(s64 family)
{
	return family == FAMILY_IPV4 ? bpf_htons(ETH_P_IP) : bpf_htons(ETH_P_IPV6);
}

static __always_inline u32 fold_sum(u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

static __always_inline s64 sum_of_bytes(struct packet *packet, s64 offset, s64 length)
{
	void *end = packet_end(packet->context);
	void *data = packet_start(packet->context);
	u64 sum = 0;
	int i;

	if (offset < 0 || offset >= READABLE_BYTES || length < 0 || length > SUMMABLE_BYTES) return 0;
	data += ETHERNET_HEADER + offset;
	if (length == sizeof(struct ipv4_header) && data + sizeof(struct ipv4_header) <= end)
		return bpf_ntohs(fold_sum((u32)bpf_csum_diff(NULL, 0, data, sizeof(struct ipv4_header), 0)));
	bpf_for(i, 0, length / 2) {
		__be16 *word = data + 2 * (i & (SUMMABLE_BYTES >> 1));

		if ((void *)(word + 1) > end) return 0;
		sum += bpf_ntohs(*word);
	}
	if (length & 1) {
		u8 *last = data + (length - 1);

		if ((void *)(last + 1) > end) return 0;
		sum += *last << 8;
	}
	return fold_sum(sum);
}

/* What insert_room() moves, on its way. */
struct moved {
	u8 bytes[READABLE_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct moved);
} movedBytes SEC(".maps");

static __always_inline void write_words(__be32 *to, struct address *address)
{
	to[0] = bpf_htonl(address->word0);
	to[1] = bpf_htonl(address->word1);
	to[2] = bpf_htonl(address->word2);
	to[3] = bpf_htonl(address->word3);
}

static __always_inline void write_fib_destination(struct bpf_fib_lookup *fib, s64 family, struct address *destination)
{
	if (family == FAMILY_IPV4) {
		fib->family = AF_INET;
		fib->ipv4_dst = bpf_htonl(destination->word0);
	} else {
		fib->family = AF_INET6;
		write_words(fib->ipv6_dst, destination);
	}
}

static __always_inline s64 look_up(struct packet *packet, u32 flags)
{
	switch (bpf_fib_lookup(packet->context, &packet->fib, sizeof(packet->fib), flags)) {
	case BPF_FIB_LKUP_RET_SUCCESS:
	case BPF_FIB_LKUP_RET_NO_NEIGH:
		return ROUTE_FOUND;
	case BPF_FIB_LKUP_RET_FRAG_NEEDED:
		return ROUTE_TOO_BIG;
	case BPF_FIB_LKUP_RET_FWD_DISABLED:
		return ROUTE_FORWARDING_DISABLED;
	default:
		return ROUTE_NONE;
	}
}

static __always_inline s64 route(struct packet *packet, s64 family, struct address *source, struct address *destination, s64 length)
{
	struct bpf_fib_lookup *fib = &packet->fib;

	__builtin_memset(fib, 0, sizeof(*fib));
	fib->tot_len = length;
	fib->ifindex = packet->own ? LOOPBACK_IFINDEX : receiving_device(packet->context);
	if (family == FAMILY_IPV4) fib->ipv4_src = bpf_htonl(source->word0);
	else write_words(fib->ipv6_src, source);
	write_fib_destination(fib, family, destination);
	return look_up(packet, ROUTE_FLAGS);
}

static __always_inline void read_fib_source(struct bpf_fib_lookup *fib, struct address *source)
{
	if (fib->family == AF_INET) {
		source->word0 = bpf_ntohl(fib->ipv4_src);
		return;
	}
	source->word0 = bpf_ntohl(fib->ipv6_src[0]);
	source->word1 = bpf_ntohl(fib->ipv6_src[1]);
	source->word2 = bpf_ntohl(fib->ipv6_src[2]);
	source->word3 = bpf_ntohl(fib->ipv6_src[3]);
}

/*
 * The kernel looks up ways for packets of its own as for ones that came in by the loopback device. The helper does the same for that
 * device's index, if forwarding is enabled there, which says nothing of other devices: the host part sees to it.
 */
static __always_inline s64 route_as_host(struct packet *packet, s64 family, struct address *destination, s64 length, struct address *source)
{
	struct bpf_fib_lookup *fib = &packet->fib;
	s64 found;

	__builtin_memset(fib, 0, sizeof(*fib));
	fib->tot_len = length;
	fib->ifindex = LOOPBACK_IFINDEX;
	write_fib_destination(fib, family, destination);
	if (!source) return look_up(packet, ROUTE_FLAGS);
	found = look_up(packet, ROUTE_FLAGS | FIB_SOURCE);
	if (found == ROUTE_FOUND) read_fib_source(fib, source);
	return found;
}

static __always_inline s64 route_mtu(struct packet *packet)
{
	return packet->fib.mtu_result;
}
