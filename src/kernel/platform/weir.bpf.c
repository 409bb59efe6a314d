/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The programs of the kernel host. weir_ingress runs for every packet that a device receives, weir_egress, where it is needed, for every
 * packet that a device sends; weir_start starts the timer
 * that calls the engine's tick() from then on, with no process of ours alive; weir_tick calls it once, on a clock of the caller's.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "records.h"
#include "tables.h"
#include "skb.h"
#include "engine.c"
#include "tcx.h"

#define NS_PER_MS 1000000ULL
#define CLOCK_MONOTONIC 1
#define MOST_HEADERS 256

/* Makes the first `length` bytes readable in one piece, if there are so many. */
static __always_inline int pull(struct __sk_buff *skb, u32 length)
{
	return skb->data_end - skb->data >= length || (skb->len >= length && !bpf_skb_pull_data(skb, length));
}

/*
 * Makes the headers readable in one piece. What is shorter the engine finds out; IPv6 with so many extension headers that
 * they end behind the first 256 bytes it takes for malformed unless they lie in one piece anyway.
 */
static __always_inline void pull_headers(struct __sk_buff *skb, int family)
{
	u32 most = MOST_HEADERS;

	if (family == FAMILY_IPV4) {
		struct ipv4_header *ip = packet_start(skb) + ETHERNET_HEADER;

		if ((void *)(ip + 1) > packet_end(skb)) {
			if (!pull(skb, ETHERNET_HEADER + sizeof(*ip))) return;
			ip = packet_start(skb) + ETHERNET_HEADER;
			if ((void *)(ip + 1) > packet_end(skb)) return;
		}
		most = ETHERNET_HEADER + (ip->version_and_length & 0xf) * 4 + sizeof(struct tcp_header);
	}
	if (skb->data_end - skb->data >= most) return;
	pull(skb, most < skb->len ? most : skb->len);
}

/* Global, so that the verifier walks it once for all programs. The context is a socket buffer's, whose data begins with the Ethernet header. */
__noinline int weir_handle(struct __sk_buff *skb, int own)
{
	struct packet packet;
	int family;

	if (skb->protocol == bpf_htons(ETH_P_IP)) family = FAMILY_IPV4;
	else if (skb->protocol == bpf_htons(ETH_P_IPV6)) family = FAMILY_IPV6;
	else return TCX_NEXT;

	pull_headers(skb, family);
	packet.context = skb;
	packet.length = (s64)skb->len - ETHERNET_HEADER;
	packet.segment = skb->gso_size;
	packet.mark = skb->mark;
	packet.own = own;
	switch (handle_packet(&packet, family)) {
	case VERDICT_DROP:
		return TC_ACT_SHOT;
	case VERDICT_FORWARD:
		return redirect_to(packet.fib.ifindex, packet.fib.family, packet.fib.ipv6_dst);
	case VERDICT_SEND:
		return send_as_host(skb);
	default:
		return TCX_NEXT;
	}
}

SEC("tc")
int weir_ingress(struct __sk_buff *skb)
{
	/* A tagged frame comes again, untagged, on its VLAN's device; a frame to another host is none of ours; what has a handoff is done with. */
	if (skb->vlan_present || skb->pkt_type != PACKET_HOST || (has_metadata(skb) && handoff_of(skb))) return TCX_NEXT;
	return weir_handle(skb, skb->ifindex == LOOPBACK_IFINDEX);
}

/* Marks a packet that has been through weir_egress: what that sends out by another device comes by again. */
#define SEEN 0x5745

/* For packets that the host itself sends: answers of a server that is the host, and connections of its own to virtual addresses elsewhere. */
SEC("tc")
int weir_egress(struct __sk_buff *skb)
{
	if (skb->ingress_ifindex != 0 || skb->tc_index == SEEN) return TCX_NEXT;
	skb->tc_index = SEEN;
	return weir_handle(skb, 1);
}

struct ticker {
	struct bpf_timer timer;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct ticker);
} ticker SEC(".maps");

static int on_tick(void *map, u32 *key, struct ticker *value)
{
	s64 again_ms = tick(bpf_ktime_get_ns() / NS_PER_MS);

	bpf_timer_start(&value->timer, again_ms * NS_PER_MS, 0);
	return 0;
}

SEC("syscall")
int weir_start(void *context)
{
	struct ticker *value = LOOKUP(ticker, 0);

	if (!value) return 1;
	bpf_timer_init(&value->timer, &ticker, CLOCK_MONOTONIC);
	bpf_timer_set_callback(&value->timer, on_tick);
	return bpf_timer_start(&value->timer, 0, 0);
}

struct tick_request {
	u64 now_ms;
};

SEC("syscall")
int weir_tick(struct tick_request *request)
{
	return tick(request->now_ms);
}

char _license[] SEC("license") = "Dual MIT/GPL";
