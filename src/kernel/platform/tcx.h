/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the tcx programs share: the way out, and the handoff.
 */
#pragma once

/* tcx's own return codes, Linux 6.6. */
#define TCX_NEXT (-1)

static __always_inline int redirect_to(u32 ifindex, u32 family, void *next_hop)
{
	struct bpf_redir_neigh hop = { .nh_family = family };

	if (family == AF_INET) __builtin_memcpy(&hop.ipv4_nh, next_hop, sizeof(hop.ipv4_nh));
	else __builtin_memcpy(hop.ipv6_nh, next_hop, sizeof(hop.ipv6_nh));
	return bpf_redirect_neigh(ifindex, &hop, sizeof(hop), 0);
}

/* What comes in by the loopback device with the host's own address is the host's own, and forwarded if need be in pieces. */
static __always_inline int send_as_host(struct __sk_buff *skb)
{
	u8 loopback[ETH_ALEN] = { 0 };

	/* Or the frame would be one to another host, there. By the helper, so that the program isn't one that writes: see weir_handoff. */
	bpf_skb_store_bytes(skb, 0, loopback, sizeof(loopback), 0);
	return bpf_redirect(LOOPBACK_IFINDEX, BPF_F_INGRESS);
}

/*
 * What the XDP program of a device says to its tcx programs about a packet that it has handled and passes up: metadata, in front of
 * the packet (bpf_xdp_adjust_meta). The stack neither reads nor removes it, so it may still be there when the same buffer comes
 * in elsewhere; `director`, `received` and `hops` tell that it is not about this journey.
 */
struct handoff {
	/* The random `digestKey0` of the director's settings. */
	u32 director;
	/* The device that received the packet. */
	u32 received;
	/* The packet's time to live or hop limit, as passed up. */
	u16 hops;
	/* Where it is to leave: the next hop, and the device; LOOPBACK_IFINDEX for send_as_host(), 0 where the packet is the stack's. */
	u16 family;
	u32 ifindex;
	__be32 next_hop[4];
};

/* The most that Linux 6.6 takes. */
_Static_assert(sizeof(struct handoff) == 32, "metadata");

/* The time to live or hop limit of the packet whose first bytes are at `ip`. */
static __always_inline u16 hops_of(u8 *ip)
{
	return ip[0] >> 4 == 4 ? ip[8] : ip[7];
}

#define BYTES_TO_HOPS 9

/* Whether there is metadata of a handoff's size, which hardly any packet has. */
static __always_inline int has_metadata(struct __sk_buff *skb)
{
	struct handoff *handoff;
	void *start;

	asm volatile("%0 = *(u32 *)(%1 + %2)" : "=r"(handoff) : "r"(skb), "i"(offsetof(struct __sk_buff, data_meta)));
	asm volatile("%0 = *(u32 *)(%1 + %2)" : "=r"(start) : "r"(skb), "i"(offsetof(struct __sk_buff, data)));
	return (void *)(handoff + 1) <= start;
}

/* The handoff of a packet on the device that has received it, or NULL. Not inlined, for the sake of the stack. */
static __noinline struct handoff *handoff_of(struct __sk_buff *skb)
{
	struct handoff *handoff;
	struct settings *set;
	u8 ip[BYTES_TO_HOPS];
	void *start;

	asm volatile("%0 = *(u32 *)(%1 + %2)" : "=r"(handoff) : "r"(skb), "i"(offsetof(struct __sk_buff, data_meta)));
	asm volatile("%0 = *(u32 *)(%1 + %2)" : "=r"(start) : "r"(skb), "i"(offsetof(struct __sk_buff, data)));
	if ((void *)(handoff + 1) > start) return NULL;
	set = settings();
	if (!set || handoff->director != set->digest_key0 || handoff->received != skb->ifindex) return NULL;
	if (bpf_skb_load_bytes(skb, ETHERNET_HEADER, ip, sizeof(ip)) || handoff->hops != hops_of(ip)) return NULL;
	return handoff;
}
