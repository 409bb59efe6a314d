/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The engine's platform (src/engine/platform.ts) in the Linux kernel: packets are socket buffers at tcx ingress, tables are BPF maps.
 * Function by function what the TypeScript declarations promise; offsets count from the IP header, which follows an
 * Ethernet header. Pointers into the packet are taken anew at every call, because helpers move it.
 */
#pragma once

#define ETHERNET_HEADER 14
/* Offsets that the verifier has to reason about: two headers of 60 bytes with room to spare. */
#define MAX_OFFSET 0x7ff
#define NO_CHANGE 0xffff
#define AF_INET 2
#define AF_INET6 10
/* Not in the uapi headers of every distribution. */
#define FIB_SKIP_NEIGHBOUR (1U << 2) /* BPF_FIB_LOOKUP_SKIP_NEIGH, Linux 6.3 */
#define FIB_SOURCE (1U << 4) /* BPF_FIB_LOOKUP_SRC, Linux 6.7 */
#define LOOPBACK_IFINDEX 1

struct packet {
	struct __sk_buff *skb;
	s64 length;
	u32 segment;
	u32 mark;
	u32 own;
	/* What route() or route_as_host() found; redirect() takes it. */
	struct bpf_fib_lookup fib;
};

/* The capacity of a map as it was loaded. */
struct bpf_map {
	__u32 max_entries;
} __attribute__((preserve_access_index));

#define LOOKUP(map, index)                         \
	({                                         \
		u32 key_ = (index);                \
		bpf_map_lookup_elem(&(map), &key_); \
	})

/*
 * Where the packet begins and ends, as pointers from the start: to clang the context's fields are 32-bit numbers, and one that
 * it extends to 64 bits again after keeping it on the stack is no pointer any more to the verifier.
 */
static __always_inline void *packet_start(struct __sk_buff *skb)
{
	void *start;

	asm volatile("%0 = *(u32 *)(%1 + %2)" : "=r"(start) : "r"(skb), "i"(offsetof(struct __sk_buff, data)));
	return start;
}

static __always_inline void *packet_end(struct __sk_buff *skb)
{
	void *end;

	asm volatile("%0 = *(u32 *)(%1 + %2)" : "=r"(end) : "r"(skb), "i"(offsetof(struct __sk_buff, data_end)));
	return end;
}

#define AT(type, packet, offset)                                                              \
	({                                                                                    \
		u64 offset_ = (offset);                                                       \
		struct type *at_ = NULL;                                                      \
		if (offset_ <= MAX_OFFSET) {                                                  \
			void *data_ = packet_start((packet)->skb);                            \
			at_ = data_ + ETHERNET_HEADER + offset_;                              \
			if ((void *)(at_ + 1) > packet_end((packet)->skb)) at_ = NULL;        \
		}                                                                             \
		at_;                                                                          \
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

static __always_inline u8 *byte_pointer(struct packet *packet, s64 offset)
{
	u64 checked = offset;
	u8 *at;

	/* To clang the number is another one now, so it has to be checked here, in the register that is used. */
	asm volatile("" : "+r"(checked));
	if (checked > MAX_OFFSET) return NULL;
	at = packet_start(packet->skb) + ETHERNET_HEADER + checked;
	return (void *)(at + 1) > packet_end(packet->skb) ? NULL : at;
}

static __always_inline s64 byte_at(struct packet *packet, s64 offset)
{
	u8 *at = byte_pointer(packet, offset);

	return at ? *at : -1;
}

static __always_inline void set_byte(struct packet *packet, s64 offset, s64 value)
{
	u8 *at = byte_pointer(packet, offset);

	if (at) *at = value;
}

static __always_inline void reach(struct packet *packet, s64 length)
{
	s64 most = length < packet->length ? length : packet->length;

	bpf_skb_pull_data(packet->skb, ETHERNET_HEADER + most);
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
	void *end = packet_end(packet->skb);
	void *data = packet_start(packet->skb);
	u64 sum = 0;
	int i;

	if (offset < 0 || offset > MAX_OFFSET || length < 0 || length > MAX_OFFSET) return 0;
	data += ETHERNET_HEADER + offset;
	if (length == sizeof(struct ipv4_header) && data + sizeof(struct ipv4_header) <= end)
		return bpf_ntohs(fold_sum((u32)bpf_csum_diff(NULL, 0, data, sizeof(struct ipv4_header), 0)));
	bpf_for(i, 0, length / 2) {
		__be16 *word = data + 2 * (i & (MAX_OFFSET >> 1));

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

/* The helper knows whether the checksum field holds a checksum or only the pseudo header's sum, for hardware to complete. */
static __always_inline void update_checksum(struct packet *packet, s64 offset, s64 address_change, s64 port_change, s64 optional)
{
	u32 at = ETHERNET_HEADER + offset;
	u64 flags = optional ? BPF_F_MARK_MANGLED_0 : 0;

	if (address_change != 0) bpf_l4_csum_replace(packet->skb, at, 0, bpf_htons(fold_sum(address_change)), BPF_F_PSEUDO_HDR | flags);
	if (port_change != NO_CHANGE) bpf_l4_csum_replace(packet->skb, at, 0, bpf_htons(fold_sum(port_change)), flags);
}

static __always_inline s64 make_room(struct packet *packet, s64 keep, s64 room)
{
	u32 length = ETHERNET_HEADER + keep;

	if (bpf_skb_change_tail(packet->skb, length, 0)) return 0;
	if (bpf_skb_adjust_room(packet->skb, room, BPF_ADJ_ROOM_MAC, 0)) return 0;
	if (bpf_skb_pull_data(packet->skb, length + room)) return 0;
	packet->length = room + keep;
	packet->segment = 0;
	return 1;
}

static __always_inline void write_words(__be32 *to, struct address *address)
{
	to[0] = bpf_htonl(address->word0);
	to[1] = bpf_htonl(address->word1);
	to[2] = bpf_htonl(address->word2);
	to[3] = bpf_htonl(address->word3);
}

static __always_inline s64 encapsulate(struct packet *packet, s64 room, s64 family, s64 type)
{
	u64 flags = BPF_F_ADJ_ROOM_FIXED_GSO;

	flags |= family == FAMILY_IPV4 ? BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 : BPF_F_ADJ_ROOM_ENCAP_L3_IPV6;
	if (type == TUNNEL_TYPE_GUE) flags |= BPF_F_ADJ_ROOM_ENCAP_L4_UDP;
	if (type == TUNNEL_TYPE_GRE) flags |= BPF_F_ADJ_ROOM_ENCAP_L4_GRE;
	if (bpf_skb_adjust_room(packet->skb, room, BPF_ADJ_ROOM_MAC, flags)) return 0;
	packet->length += room;
	return bpf_skb_pull_data(packet->skb, ETHERNET_HEADER + room) == 0;
}

/* What insert_room() moves, on its way. */
struct moved {
	u8 bytes[MAX_OFFSET + 1];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct moved);
} movedBytes SEC(".maps");

static __always_inline s64 insert_room(struct packet *packet, s64 offset, s64 room)
{
	u64 length = packet->length - offset;
	u32 at = ETHERNET_HEADER + offset;
	struct moved *moved = LOOKUP(movedBytes, 0);

	if (!moved || length > MAX_OFFSET || packet->segment != 0) return 0;
	if (bpf_skb_change_tail(packet->skb, ETHERNET_HEADER + packet->length + room, 0)) return 0;
	/* To clang the bounds above are proof enough; the verifier sees them again here. */
	asm volatile("" : "+r"(length));
	if (length > 0 && length <= MAX_OFFSET) {
		if (bpf_skb_load_bytes(packet->skb, at, moved->bytes, length)) return 0;
		if (bpf_skb_store_bytes(packet->skb, at + room, moved->bytes, length, 0)) return 0;
	}
	packet->length += room;
	return bpf_skb_pull_data(packet->skb, at + room) == 0;
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
	switch (bpf_fib_lookup(packet->skb, &packet->fib, sizeof(packet->fib), flags)) {
	case BPF_FIB_LKUP_RET_SUCCESS:
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
	fib->ifindex = packet->own ? LOOPBACK_IFINDEX : packet->skb->ifindex;
	if (family == FAMILY_IPV4) fib->ipv4_src = bpf_htonl(source->word0);
	else write_words(fib->ipv6_src, source);
	write_fib_destination(fib, family, destination);
	return look_up(packet, FIB_SKIP_NEIGHBOUR);
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
	if (!source) return look_up(packet, FIB_SKIP_NEIGHBOUR);
	found = look_up(packet, FIB_SKIP_NEIGHBOUR | FIB_SOURCE);
	if (found == ROUTE_FOUND) read_fib_source(fib, source);
	return found;
}

static __always_inline s64 route_mtu(struct packet *packet)
{
	return packet->fib.mtu_result;
}

static __always_inline struct flow *find_flow(struct flow_key *key)
{
	return bpf_map_lookup_elem(&flows, key);
}

static __always_inline s64 add_flow(struct flow_key *key, struct flow *flow)
{
	return bpf_map_update_elem(&flows, key, flow, BPF_NOEXIST) == 0;
}

static __always_inline s64 remove_flow(struct flow_key *key)
{
	return bpf_map_delete_elem(&flows, key) == 0;
}

static __always_inline s64 connection_capacity(void)
{
	return ((struct bpf_map *)&connections)->max_entries;
}

static __always_inline struct connection *connection_at(s64 index)
{
	return LOOKUP(connections, index);
}

static __always_inline s64 change_state(struct connection *connection, s64 from, s64 to)
{
	return __sync_bool_compare_and_swap(&connection->state, (u32)from, (u32)to);
}

static __always_inline struct allocator *allocator(void)
{
	return LOOKUP(allocators, 0);
}

/* Of slots 1 ... last, those that were never used come first, then released ones in the order of their release. */
static __always_inline u32 take_slot(u32 *used, u32 last, void *released)
{
	u32 slot;

	if (*used < last) {
		slot = __sync_fetch_and_add(used, 1) + 1;
		if (slot <= last) return slot;
		__sync_fetch_and_sub(used, 1);
	}
	return bpf_map_pop_elem(released, &slot) ? NONE : slot;
}

static __always_inline s64 take_connection(void)
{
	struct allocator *place = allocator();

	return place ? take_slot(&place->used, connection_capacity() - 1, &freeConnections) : NONE;
}

static __always_inline void release_connection(s64 index)
{
	u32 slot = index;

	bpf_map_push_elem(&freeConnections, &slot, 0);
}

static __always_inline struct service *find_service(struct service_key *key)
{
	return bpf_map_lookup_elem(&services, key);
}

static __always_inline struct service_state *service_state_at(s64 index)
{
	return LOOKUP(serviceStates, index);
}

static __always_inline struct bucket *bucket_at(s64 index)
{
	return LOOKUP(buckets, index);
}

static __always_inline struct locality_cache *locality_cache_at(s64 service)
{
	return LOOKUP(localityCaches, service);
}

static __always_inline struct locality_slot *find_locality(struct locality_key *key)
{
	return bpf_map_lookup_elem(&localitySlots, key);
}

static __always_inline s64 add_locality(struct locality_key *key, struct locality_slot *slot)
{
	return bpf_map_update_elem(&localitySlots, key, slot, BPF_NOEXIST) == 0;
}

static __always_inline s64 remove_locality(struct locality_key *key)
{
	return bpf_map_delete_elem(&localitySlots, key) == 0;
}

static __always_inline struct locality *locality_at(s64 slot)
{
	return LOOKUP(localities, slot);
}

static __always_inline s64 lock_locality(struct locality *locality)
{
	return __sync_bool_compare_and_swap(&locality->busy, 0, 1);
}

static __always_inline s64 take_locality(void)
{
	struct allocator *place = allocator();
	u32 last = ((struct bpf_map *)&localities)->max_entries - 1;

	return place ? take_slot(&place->localities, last, &freeLocalities) : NONE;
}

static __always_inline void release_locality(s64 slot)
{
	u32 released = slot;

	bpf_map_push_elem(&freeLocalities, &released, 0);
}

static __always_inline struct local_address *local_address_at(s64 index)
{
	return LOOKUP(localAddresses, index);
}

static __always_inline struct local_use *local_use_at(s64 index)
{
	return LOOKUP(localUses, index);
}

static __always_inline struct dest *dest_at(s64 index)
{
	return LOOKUP(dests, index);
}

static __always_inline struct dest_state *dest_state_at(s64 index)
{
	return LOOKUP(destStates, index);
}

static __always_inline struct overload *overload_at(s64 dest)
{
	return LOOKUP(overloads, dest);
}

static __always_inline struct counters *counters_at(s64 dest)
{
	return LOOKUP(counters, dest);
}

static __always_inline void sum_counters(s64 dest, struct counters *totals)
{
	u32 index = dest;
	int cpu;

	bpf_for(cpu, 0, 4096) {
		struct counters *row = bpf_map_lookup_percpu_elem(&counters, &index, cpu);

		if (!row) return;
		totals->connections += row->connections;
		totals->in_packets += row->in_packets;
		totals->out_packets += row->out_packets;
		totals->in_bytes += row->in_bytes;
		totals->out_bytes += row->out_bytes;
	}
}

static __always_inline struct rates *rates_at(s64 dest)
{
	return LOOKUP(rates, dest);
}

static __always_inline struct reason_count *reason_at(s64 reason)
{
	return LOOKUP(reasons, reason);
}

static __always_inline struct mark_rule *mark_rule_at(s64 index)
{
	return LOOKUP(markRules, index);
}

static __always_inline struct settings *settings(void)
{
	return LOOKUP(settingsRows, 0);
}

static __always_inline struct layout *layout(void)
{
	return LOOKUP(layouts, 0);
}

static __always_inline struct clock *clock(void)
{
	return LOOKUP(clocks, 0);
}

static __always_inline s64 now_ms(void)
{
	struct clock *time = clock();

	return time ? time->now_ms : 0;
}

static __always_inline s64 random(void)
{
	return bpf_get_prandom_u32();
}

static __always_inline s64 is_less_product(s64 a, s64 b, s64 c, s64 d)
{
	return (u64)a * (u64)b < (u64)c * (u64)d;
}
