/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The decapsulator of a real server: at a device's tcx ingress it takes the outer headers off packets that a director has
 * tunnelled to this host (IP in IP: RFC 2003, 2473, 4213; GUE variant 0: draft-ietf-intarea-gue; GRE: RFC 2784), and the
 * stack goes on with what was inside. It does so only if the outer destination is one of this host's own addresses and the
 * inner one a virtual address; anything else passes untouched: fragments, outer IPv4 options or IPv6 extension headers, GUE
 * with flags or the control bit, GRE with key, sequence number or routing.
 *
 * C and not the engine's TypeScript: it is calls of the kernel's helpers and nothing else, keeps no state, and runs on no
 * other host, where a second body of it could drift apart.
 *
 * Datagrams that came as one super-packet in GUE (UDP_SEGMENT, kept whole by veth or virtio) are cut into segments on the way:
 * adjust_room() leaves them marked as UDP in UDP, and a socket that wants them one by one gets none, for the kernel would cut
 * them where the outer headers were. So lo, which can't pass on tunnelled super-packets, cuts them while the headers are on;
 * a second program strips the segments there and hands them back to the device where they came in.
 *
 * Checksums of outer UDP and GRE are not verified: those inside cover all that is delivered, and adjust_room() makes the
 * stack verify them, unless they are still to be completed by hardware (CHECKSUM_PARTIAL). About 100 ns a packet.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>
#include <linux/types.h>
#include <stddef.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* tcx's own return code, Linux 6.6, and flags of adjust_room(), Linux 6.3: not in the headers of every distribution. */
#define TCX_NEXT (-1)
#define DECAPSULATE_TO_IPV4 (1ULL << 7) /* BPF_F_ADJ_ROOM_DECAP_L3_IPV4 */
#define DECAPSULATE_TO_IPV6 (1ULL << 8) /* BPF_F_ADJ_ROOM_DECAP_L3_IPV6 */

#define LOOPBACK_IFINDEX 1

#define PROTOCOL_IPV4 4
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define PROTOCOL_IPV6 41
#define PROTOCOL_GRE 47
/* More fragments, and the offset; not "don't fragment". */
#define FRAGMENT_BITS 0x3fff
#define CONGESTION_EXPERIENCED 3
#define GUE_LENGTH_BITS 0x1f
#define GRE_CHECKSUM 0x8000
#define NOT_TUNNELLED (-1)

/* Written by src/real-server/decapsulator.ts, and read there: layouts are the same on both sides. */
enum type { TYPE_IPIP = 1, TYPE_GUE, TYPE_GRE };
enum role { ROLE_OWN = 1, ROLE_VIRTUAL };

struct tunnel {
	__u32 type;
	/* GUE's, in host order. */
	__u32 port;
	/* The device where the director's packets come in. */
	__u32 ifindex;
};

struct address {
	/* 4 or 6; of IPv4 only the first word is used. */
	__u32 family;
	__be32 words[4];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tunnel);
} tunnels SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct address);
	__type(value, __u32);
} addresses SEC(".maps");

struct ipv4_header {
	__u8 version_and_length, tos;
	__be16 total_length, identification, fragment;
	__u8 ttl, protocol;
	__be16 checksum;
	__be32 source, destination;
};

struct ipv6_header {
	__be32 version_class_flow;
	__be16 payload_length;
	__u8 next_header, hop_limit;
	__be32 source[4], destination[4];
};

struct udp_header {
	__be16 source, destination, length, checksum;
};

struct gue_header {
	__u8 variant_and_length, protocol;
	__be16 flags;
};

struct gre_header {
	__be16 flags, protocol;
};

/* What has been read of a packet: where the reading is, and what comes there. */
struct reading {
	struct tunnel *tunnel;
	__u32 offset;
	int protocol;
	int congested;
};

#define READ(skb, reading, header) (bpf_skb_load_bytes(skb, (reading)->offset, header, sizeof(*(header))) == 0)

static __always_inline int has_role(struct address *address, __u32 role)
{
	__u32 *found = bpf_map_lookup_elem(&addresses, address);

	return found && *found == role;
}

/* The IP header at the reading's offset, if its destination has the role. */
static __always_inline int read_ipv4(struct __sk_buff *skb, struct reading *reading, __u32 role)
{
	struct address destination = { .family = 4 };
	struct ipv4_header ip;

	if (!READ(skb, reading, &ip) || ip.version_and_length >> 4 != 4) return 0;
	destination.words[0] = ip.destination;
	if (!has_role(&destination, role)) return 0;
	reading->protocol = ip.protocol;
	if (role == ROLE_VIRTUAL) return 1;
	if (ip.version_and_length != 0x45 || ip.fragment & bpf_htons(FRAGMENT_BITS)) return 0;
	reading->congested = (ip.tos & CONGESTION_EXPERIENCED) == CONGESTION_EXPERIENCED;
	reading->offset += sizeof(ip);
	return 1;
}

static __always_inline int read_ipv6(struct __sk_buff *skb, struct reading *reading, __u32 role)
{
	struct address destination = { .family = 6 };
	struct ipv6_header ip;

	if (!READ(skb, reading, &ip) || bpf_ntohl(ip.version_class_flow) >> 28 != 6) return 0;
	__builtin_memcpy(destination.words, ip.destination, sizeof(ip.destination));
	if (!has_role(&destination, role)) return 0;
	reading->protocol = ip.next_header;
	if (role == ROLE_VIRTUAL) return 1;
	reading->congested = (bpf_ntohl(ip.version_class_flow) >> 20 & CONGESTION_EXPERIENCED) == CONGESTION_EXPERIENCED;
	reading->offset += sizeof(ip);
	return 1;
}

/* Reads past UDP and GUE; the protocol inside. */
static __always_inline int read_gue(struct __sk_buff *skb, struct reading *reading, __u32 port)
{
	struct udp_header udp;
	struct gue_header gue;

	if (!READ(skb, reading, &udp) || bpf_ntohs(udp.destination) != port) return NOT_TUNNELLED;
	reading->offset += sizeof(udp);
	if (!READ(skb, reading, &gue)) return NOT_TUNNELLED;
	/* Variant 0 without the control bit: the three bits above the length. A flag says what the optional fields are. */
	if (gue.variant_and_length & ~GUE_LENGTH_BITS || gue.flags) return NOT_TUNNELLED;
	reading->offset += sizeof(gue) + (gue.variant_and_length & GUE_LENGTH_BITS) * 4;
	return gue.protocol;
}

static __always_inline int read_gre(struct __sk_buff *skb, struct reading *reading)
{
	struct gre_header gre;

	if (!READ(skb, reading, &gre) || gre.flags & ~bpf_htons(GRE_CHECKSUM)) return NOT_TUNNELLED;
	reading->offset += sizeof(gre) + (gre.flags ? 4 : 0);
	if (gre.protocol == bpf_htons(ETH_P_IP)) return PROTOCOL_IPV4;
	return gre.protocol == bpf_htons(ETH_P_IPV6) ? PROTOCOL_IPV6 : NOT_TUNNELLED;
}

static __always_inline int protocol_inside(struct __sk_buff *skb, struct reading *reading)
{
	struct tunnel *tunnel = reading->tunnel;

	if (tunnel->type == TYPE_IPIP) return reading->protocol;
	if (tunnel->type == TYPE_GUE && reading->protocol == PROTOCOL_UDP) return read_gue(skb, reading, tunnel->port);
	if (tunnel->type == TYPE_GRE && reading->protocol == PROTOCOL_GRE) return read_gre(skb, reading);
	return NOT_TUNNELLED;
}

/* The congestion that routers marked on the outer header (RFC 6040 §4.2); false where the inner packet must be dropped for it. */
static __always_inline int keep_congestion(struct __sk_buff *skb, int is_ipv4)
{
	__u8 first[2];

	if (bpf_skb_load_bytes(skb, ETH_HLEN, first, sizeof(first))) return 0;
	if (!((is_ipv4 ? first[1] : first[1] >> 4) & CONGESTION_EXPERIENCED)) return 0;
	return bpf_skb_ecn_set_ce(skb);
}

static __always_inline int strip(struct __sk_buff *skb, struct reading *reading, int is_ipv4)
{
	__s32 outer = reading->offset - ETH_HLEN;
	__be16 inside = is_ipv4 ? bpf_htons(ETH_P_IP) : bpf_htons(ETH_P_IPV6);
	__u64 flags = BPF_F_ADJ_ROOM_FIXED_GSO | (is_ipv4 ? DECAPSULATE_TO_IPV4 : DECAPSULATE_TO_IPV6);

	if (bpf_skb_adjust_room(skb, -outer, BPF_ADJ_ROOM_MAC, flags)) return TC_ACT_SHOT;
	/* skb->protocol is right already; the frame's own field should agree. */
	if (bpf_skb_store_bytes(skb, offsetof(struct ethhdr, h_proto), &inside, sizeof(inside), 0)) return TC_ACT_SHOT;
	if (reading->congested && !keep_congestion(skb, is_ipv4)) return TC_ACT_SHOT;
	return TCX_NEXT;
}

/* Reads both headers of a packet from the director to a virtual address: 4 or 6, of what is inside, or NOT_TUNNELLED. */
static __always_inline int read_packet(struct __sk_buff *skb, struct reading *reading, __u32 pkt_type)
{
	*reading = (struct reading){ .tunnel = bpf_map_lookup_elem(&tunnels, &(__u32){ 0 }), .offset = ETH_HLEN };
	/* A tagged frame comes again, untagged, on its VLAN's device; a frame to another host is none of ours. */
	if (!reading->tunnel || skb->vlan_present || skb->pkt_type != pkt_type) return NOT_TUNNELLED;
	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		if (!read_ipv4(skb, reading, ROLE_OWN)) return NOT_TUNNELLED;
	} else if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
		if (!read_ipv6(skb, reading, ROLE_OWN)) return NOT_TUNNELLED;
	} else {
		return NOT_TUNNELLED;
	}
	switch (protocol_inside(skb, reading)) {
	case PROTOCOL_IPV4:
		return read_ipv4(skb, reading, ROLE_VIRTUAL) ? 4 : NOT_TUNNELLED;
	case PROTOCOL_IPV6:
		return read_ipv6(skb, reading, ROLE_VIRTUAL) ? 6 : NOT_TUNNELLED;
	default:
		return NOT_TUNNELLED;
	}
}

SEC("tc")
int weir_decapsulate(struct __sk_buff *skb)
{
	struct reading reading;
	int family = read_packet(skb, &reading, PACKET_HOST);

	if (family == NOT_TUNNELLED) return TCX_NEXT;
	/* What is not TCP is datagrams: adjust_room() takes no other super-packets. */
	if (reading.tunnel->type == TYPE_GUE && skb->gso_size && reading.protocol != PROTOCOL_TCP)
		return bpf_redirect(LOOPBACK_IFINDEX, 0);
	return strip(skb, &reading, family == 4);
}

/*
 * On lo: the segments still have the Ethernet address of the device where they came in, which makes them another host's. What this
 * host sends to itself has lo's own.
 */
SEC("tc")
int weir_decapsulate_segment(struct __sk_buff *skb)
{
	struct reading reading;
	int family = read_packet(skb, &reading, PACKET_OTHERHOST);

	if (family == NOT_TUNNELLED) return TCX_NEXT;
	if (strip(skb, &reading, family == 4) != TCX_NEXT) return TC_ACT_SHOT;
	return bpf_redirect(reading.tunnel->ifindex, BPF_F_INGRESS);
}

char _license[] SEC("license") = "Dual MIT/GPL";
