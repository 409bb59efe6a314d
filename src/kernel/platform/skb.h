/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Packets as socket buffers at tcx ingress: the part of the engine's platform that `packet.h` leaves open.
 */
#pragma once

typedef struct __sk_buff packet_context;

/* BPF_FIB_LOOKUP_SKIP_NEIGH, Linux 6.3, not in the uapi headers of every distribution: redirect() resolves the neighbour. */
#define ROUTE_FLAGS (1U << 2)

/* Flags of adjust_room(), Linux 6.3. */
#define DECAPSULATE_TO_IPV4 (1ULL << 7) /* BPF_F_ADJ_ROOM_DECAP_L3_IPV4 */
#define DECAPSULATE_TO_IPV6 (1ULL << 8) /* BPF_F_ADJ_ROOM_DECAP_L3_IPV6 */

static __always_inline u32 receiving_device(struct __sk_buff *skb)
{
	return skb->ifindex;
}

#include "packet.h"

static __always_inline void reach(struct packet *packet, s64 length)
{
	s64 most = length < packet->length ? length : packet->length;

	bpf_skb_pull_data(packet->context, ETHERNET_HEADER + most);
}

/* The helper knows whether the checksum field holds a checksum or only the pseudo header's sum, for hardware to complete. */
static __always_inline void update_checksum(struct packet *packet, s64 offset, s64 address_change, s64 port_change, s64 optional)
{
	u32 at = ETHERNET_HEADER + offset;
	u64 flags = optional ? BPF_F_MARK_MANGLED_0 : 0;

	if (address_change != 0) bpf_l4_csum_replace(packet->context, at, 0, bpf_htons(fold_sum(address_change)), BPF_F_PSEUDO_HDR | flags);
	if (port_change != NO_CHANGE) bpf_l4_csum_replace(packet->context, at, 0, bpf_htons(fold_sum(port_change)), flags);
}

static __always_inline s64 make_room(struct packet *packet, s64 keep, s64 room)
{
	u32 length = ETHERNET_HEADER + keep;

	if (bpf_skb_change_tail(packet->context, length, 0)) return 0;
	if (room != 0 && bpf_skb_adjust_room(packet->context, room, BPF_ADJ_ROOM_MAC, 0)) return 0;
	if (bpf_skb_pull_data(packet->context, length + room)) return 0;
	packet->length = room + keep;
	packet->segment = 0;
	return 1;
}

static __always_inline s64 encapsulate(struct packet *packet, s64 room, s64 family, s64 type)
{
	u64 flags = BPF_F_ADJ_ROOM_FIXED_GSO;

	flags |= family == FAMILY_IPV4 ? BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 : BPF_F_ADJ_ROOM_ENCAP_L3_IPV6;
	if (type == TUNNEL_TYPE_GUE) flags |= BPF_F_ADJ_ROOM_ENCAP_L4_UDP;
	if (type == TUNNEL_TYPE_GRE) flags |= BPF_F_ADJ_ROOM_ENCAP_L4_GRE;
	if (bpf_skb_adjust_room(packet->context, room, BPF_ADJ_ROOM_MAC, flags)) return 0;
	packet->length += room;
	return bpf_skb_pull_data(packet->context, ETHERNET_HEADER + room) == 0;
}

static __always_inline s64 decapsulate(struct packet *packet, s64 length, s64 family)
{
	u64 flags = family == FAMILY_IPV4 ? DECAPSULATE_TO_IPV4 : DECAPSULATE_TO_IPV6;
	__be16 protocol = ethernet_protocol(family);

	if (bpf_skb_adjust_room(packet->context, -(s32)length, BPF_ADJ_ROOM_MAC, flags)) return 0;
	/* skb->protocol is right already; loopback, where the host's own packets come in again, goes by the frame's own field. */
	if (bpf_skb_store_bytes(packet->context, offsetof(struct ethhdr, h_proto), &protocol, sizeof(protocol), 0)) return 0;
	packet->length -= length;
	return 1;
}

static __always_inline s64 insert_room(struct packet *packet, s64 offset, s64 room)
{
	u64 length = packet->length - offset;
	u32 at = ETHERNET_HEADER + offset;
	struct moved *moved = LOOKUP(movedBytes, 0);

	if (!moved || length > READABLE_BYTES || offset + room > READABLE_BYTES || packet->segment != 0) return 0;
	if (bpf_skb_change_tail(packet->context, ETHERNET_HEADER + packet->length + room, 0)) return 0;
	/* To clang the bounds above are proof enough; the verifier sees them again here. */
	asm volatile("" : "+r"(length));
	if (length > 0 && length <= READABLE_BYTES) {
		if (bpf_skb_load_bytes(packet->context, at, moved->bytes, length)) return 0;
		if (bpf_skb_store_bytes(packet->context, at + room, moved->bytes, length, 0)) return 0;
	}
	packet->length += room;
	return bpf_skb_pull_data(packet->context, at + room) == 0;
}
