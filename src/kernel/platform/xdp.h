/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Packets as native XDP sees them, frames in a driver's memory: the part of the engine's platform that `packet.h` leaves open. The program
 * lets in only packets that are in one piece and whose checksums are real, so nothing has to be pulled or completed here.
 */
#pragma once

typedef struct xdp_md packet_context;

/* With the neighbour's address: nobody resolves it behind us. */
#define ROUTE_FLAGS 0

static __always_inline u32 receiving_device(struct xdp_md *context)
{
	return context->ingress_ifindex;
}

#include "packet.h"

static __always_inline void reach(struct packet *packet, s64 length)
{
}

static __always_inline void update_checksum(struct packet *packet, s64 offset, s64 address_change, s64 port_change, s64 optional)
{
	__be16 *checksum = bytes_at(packet, offset, sizeof(*checksum));
	u64 change = port_change == NO_CHANGE ? address_change : address_change + port_change;
	u32 sum;

	if (!checksum) return;
	sum = bpf_ntohs(*checksum);
	if (optional && sum == 0) return;
	sum = 0xffff - fold_sum(0xffff - sum + change);
	*checksum = optional && sum == 0 ? 0xffff : bpf_htons(sum);
}

/* Puts bytes of any kind between Ethernet header and packet: at least the length of that header, so that the places of its copies don't overlap. */
static __always_inline s64 put_in_front(struct packet *packet, s64 room)
{
	struct xdp_md *context = packet->context;
	u8 *start, *end;

	if (room < ETHERNET_HEADER || room > 0xff || bpf_xdp_adjust_head(context, -(int)room)) return 0;
	start = packet_start(context);
	end = packet_end(context);
	if (start + room + ETHERNET_HEADER > end) return 0;
	__builtin_memcpy(start, start + room, ETHERNET_HEADER);
	packet->length += room;
	return 1;
}

static __always_inline s64 write_protocol(struct packet *packet, s64 family)
{
	struct ethhdr *ethernet = packet_start(packet->context);

	if ((void *)(ethernet + 1) > packet_end(packet->context)) return 0;
	ethernet->h_proto = ethernet_protocol(family);
	return 1;
}

static __always_inline s64 make_room(struct packet *packet, s64 keep, s64 room)
{
	if (keep > READABLE_BYTES || bpf_xdp_adjust_tail(packet->context, (int)(keep - packet->length))) return 0;
	packet->length = keep;
	return room == 0 || put_in_front(packet, room);
}

static __always_inline s64 encapsulate(struct packet *packet, s64 room, s64 family, s64 type)
{
	return put_in_front(packet, room) && write_protocol(packet, family);
}

static __always_inline s64 decapsulate(struct packet *packet, s64 length, s64 family)
{
	struct xdp_md *context = packet->context;
	struct ethhdr *from = packet_start(context), *to;
	void *end = packet_end(context);
	u64 checked = length;

	/* As in bytes_at(). */
	asm volatile("" : "+r"(checked));
	/* From the header's length on, so that its copies don't overlap. */
	if (checked < ETHERNET_HEADER || checked > READABLE_BYTES || (void *)(from + 1) > end) return 0;
	to = (void *)from + checked;
	if ((void *)(to + 1) > end) return 0;
	*to = *from;
	if (bpf_xdp_adjust_head(context, (int)checked)) return 0;
	packet->length -= length;
	return write_protocol(packet, family);
}

static __always_inline s64 insert_room(struct packet *packet, s64 offset, s64 room)
{
	u64 length = packet->length - offset;
	u32 at = ETHERNET_HEADER + offset;
	struct moved *moved = LOOKUP(movedBytes, 0);

	if (!moved || length > READABLE_BYTES || offset + room > READABLE_BYTES) return 0;
	if (bpf_xdp_adjust_tail(packet->context, (int)room)) return 0;
	/* To clang the bounds above are proof enough; the verifier sees them again here. */
	asm volatile("" : "+r"(length));
	if (length > 0 && length <= READABLE_BYTES) {
		if (bpf_xdp_load_bytes(packet->context, at, moved->bytes, length)) return 0;
		if (bpf_xdp_store_bytes(packet->context, at + room, moved->bytes, length)) return 0;
	}
	packet->length += room;
	return 1;
}
