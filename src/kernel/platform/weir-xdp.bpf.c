/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The programs of a device at XDP. weir_xdp runs the engine on what is plain: one whole frame with an IP header without options or
 * extension headers, TCP, UDP or SCTP behind it, and real checksums. All else it passes up as it is, to the tcx program of the device.
 * What the engine has handled and only the stack can finish goes up with a handoff; weir_handoff, at tcx in front of all others, sends on
 * its way what is to leave. It writes nothing, because a program that does loses the metadata of a buffer that somebody else holds too.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "records.h"
#include "tables.h"
#include "xdp.h"
#include "engine.c"
#include "tcx.h"

#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define PROTOCOL_SCTP 132
#define NOT_PLAIN 0
#define IPV4_NO_OPTIONS 0x45
#define IPV4_FRAGMENT 0x3fff

/* Devices that take redirected frames, by index: the control side keeps them. A frame to another would be lost without a word. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, u32);
} redirectTargets SEC(".maps");

/* Fields of the kernel's own records, of the kernel that it runs on. */
struct net_device {
	u8 dev_addr_shadow[32];
} __attribute__((preserve_access_index));

struct xdp_rxq_info {
	struct net_device *dev;
} __attribute__((preserve_access_index));

struct xdp_buff {
	struct xdp_rxq_info *rxq;
} __attribute__((preserve_access_index));

extern void *bpf_cast_to_kern_ctx(void *context) __ksym;

/* Whether the frame is for this host's address, as a socket buffer's PACKET_HOST tells at tcx. */
static __always_inline int is_for_device(struct xdp_md *context, struct ethhdr *ethernet)
{
	struct net_device *device = ((struct xdp_buff *)bpf_cast_to_kern_ctx(context))->rxq->dev;
	int i;

#pragma unroll
	for (i = 0; i < ETH_ALEN; i++)
		if (ethernet->h_dest[i] != device->dev_addr_shadow[i]) return 0;
	return 1;
}

/*
 * Whether the transport's checksum field holds a checksum. A veth's sender leaves it to hardware that there isn't: the field then holds the
 * sum of the pseudo header, with SCTP nothing. `sum` is that of the addresses, in network order as all here. A checksum that is that
 * sum by chance is taken for one: tcx forwards the packet as well.
 */
static __always_inline int has_checksum(void *transport, void *end, u8 protocol, __be16 length, u64 sum)
{
	__be16 *checksum = transport + (protocol == PROTOCOL_TCP ? offsetof(struct tcp_header, checksum) : offsetof(struct udp_header, checksum));

	if (protocol == PROTOCOL_SCTP) {
		struct sctp_header *sctp = transport;

		return (void *)(sctp + 1) <= end && sctp->checksum != 0;
	}
	if (protocol != PROTOCOL_TCP && protocol != PROTOCOL_UDP) return 0;
	return (void *)(checksum + 1) <= end && *checksum != fold_sum(sum + bpf_htons(protocol) + length);
}

static __always_inline int is_plain_ipv4(struct ipv4_header *ip, void *end)
{
	u32 length;

	if ((void *)(ip + 1) > end || ip->version_and_length != IPV4_NO_OPTIONS || ip->fragment & bpf_htons(IPV4_FRAGMENT)) return 0;
	length = bpf_ntohs(ip->total_length);
	if (length < sizeof(*ip) || end - (void *)ip < length) return 0;
	return has_checksum(ip + 1, end, ip->protocol, bpf_htons(length - sizeof(*ip)), (u64)ip->source + ip->destination);
}

static __always_inline int is_plain_ipv6(struct ipv6_header *ip, void *end)
{
	u64 sum;

	if ((void *)(ip + 1) > end || end - (void *)(ip + 1) < bpf_ntohs(ip->payload_length)) return 0;
	sum = (u64)ip->source0 + ip->source1 + ip->source2 + ip->source3;
	sum += (u64)ip->destination0 + ip->destination1 + ip->destination2 + ip->destination3;
	return has_checksum(ip + 1, end, ip->next_header, ip->payload_length, sum);
}

/* The `Family` of a plain packet for this host; 0 for all others. */
static __always_inline int plain_family(struct xdp_md *context)
{
	void *end = packet_end(context);
	struct ethhdr *ethernet = packet_start(context);

	if ((void *)(ethernet + 1) > end) return 0;
	if (ethernet->h_proto == bpf_htons(ETH_P_IP)) {
		if (!is_plain_ipv4((struct ipv4_header *)(ethernet + 1), end)) return 0;
		return is_for_device(context, ethernet) ? FAMILY_IPV4 : 0;
	}
	if (ethernet->h_proto == bpf_htons(ETH_P_IPV6)) {
		if (!is_plain_ipv6((struct ipv6_header *)(ethernet + 1), end)) return 0;
		return is_for_device(context, ethernet) ? FAMILY_IPV6 : 0;
	}
	return 0;
}

static __always_inline void *xdp_metadata(struct xdp_md *context)
{
	void *start;

	asm volatile("%0 = *(u32 *)(%1 + %2)" : "=r"(start) : "r"(context), "i"(offsetof(struct xdp_md, data_meta)));
	return start;
}

/* Passes the packet up: to leave by the device and next hop that route() has found, or for the stack where `ifindex` is 0. */
static __always_inline int hand_up(struct packet *packet, u32 ifindex)
{
	struct xdp_md *context = packet->context;
	struct settings *set = settings();
	struct handoff *handoff;
	u8 *ip;

	if (!set || bpf_xdp_adjust_meta(context, -(int)sizeof(*handoff))) return XDP_ABORTED;
	handoff = xdp_metadata(context);
	ip = packet_start(context);
	if ((void *)(handoff + 1) > (void *)ip) return XDP_ABORTED;
	ip += ETHERNET_HEADER;
	if ((void *)(ip + BYTES_TO_HOPS) > packet_end(context)) return XDP_ABORTED;
	__builtin_memset(handoff, 0, sizeof(*handoff));
	handoff->director = set->digest_key0;
	handoff->received = context->ingress_ifindex;
	handoff->hops = hops_of(ip);
	if (ifindex == 0) return XDP_PASS;
	handoff->ifindex = ifindex;
	handoff->family = packet->fib.family;
	__builtin_memcpy(handoff->next_hop, packet->fib.ipv6_dst, sizeof(handoff->next_hop));
	return XDP_PASS;
}

/* Whether the lookup has found the neighbour's address, which it leaves as it was otherwise: zero. */
static __always_inline int is_resolved(struct bpf_fib_lookup *fib)
{
	u8 *mac = fib->dmac;

	return (mac[0] | mac[1] | mac[2] | mac[3] | mac[4] | mac[5]) != 0;
}

/*
 * Sends the packet by the way that route() has found. Not by XDP_TX where it leaves as it came: a veth then wakes its peer only
 * if that has an XDP program, and no feature tells; redirected frames are safe by `redirectTargets`.
 */
static __always_inline int forward(struct packet *packet)
{
	struct xdp_md *context = packet->context;
	u32 ifindex = packet->fib.ifindex;
	struct ethhdr *ethernet = packet_start(context);

	/* XDP_PASS: the answer for a device that is not in the map. */
	if (!is_resolved(&packet->fib) || bpf_redirect_map(&redirectTargets, ifindex, XDP_PASS) != XDP_REDIRECT) return hand_up(packet, ifindex);
	if ((void *)(ethernet + 1) > packet_end(context)) return XDP_ABORTED;
	__builtin_memcpy(ethernet->h_dest, packet->fib.dmac, ETH_ALEN);
	__builtin_memcpy(ethernet->h_source, packet->fib.smac, ETH_ALEN);
	return XDP_REDIRECT;
}

SEC("xdp.frags")
int weir_xdp(struct xdp_md *context)
{
	int family = plain_family(context);
	struct packet packet;

	/* A driver that keeps no metadata says so by metadata that begins behind the packet's start. */
	if (family == 0 || xdp_metadata(context) > packet_start(context)) return XDP_PASS;
	packet.context = context;
	packet.length = packet_end(context) - packet_start(context) - ETHERNET_HEADER;
	packet.segment = 0;
	packet.mark = 0;
	packet.own = 0;
	switch (handle_packet(&packet, family)) {
	case VERDICT_DROP:
		return XDP_DROP;
	case VERDICT_FORWARD:
		return forward(&packet);
	case VERDICT_SEND:
		return hand_up(&packet, LOOPBACK_IFINDEX);
	default:
		return hand_up(&packet, 0);
	}
}

SEC("tc")
int weir_handoff(struct __sk_buff *skb)
{
	struct handoff *handoff = handoff_of(skb);

	if (!handoff || handoff->ifindex == 0) return TCX_NEXT;
	if (handoff->ifindex == LOOPBACK_IFINDEX) return send_as_host(skb);
	return redirect_to(handoff->ifindex, handoff->family, handoff->next_hop);
}

char _license[] SEC("license") = "Dual MIT/GPL";
