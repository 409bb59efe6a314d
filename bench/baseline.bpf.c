/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The floor for Weir's job at tcx, by hand: one hash lookup, rewrite, two checksum helpers, route, redirect. It follows no states, ages
 * no entries, counts no hops, checks no header checksums and explains nothing. A SYN, or a datagram, of no flow gets its service's one
 * server and two entries. IPv4 and IPv6, whose addresses are as wide as they are, share what does not look at them.
 */
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define TCX_NEXT (-1)
#define AF_INET 2
#define AF_INET6 10
#define FIB_SKIP_NEIGHBOUR (1U << 2)
#define ADDRESS_WORDS 4

/* All in network byte order, but for the protocol. */
struct addresses {
	__be32 source, destination;
	__be16 source_port, destination_port;
	__u32 protocol;
};

struct addresses6 {
	__be32 source[ADDRESS_WORDS], destination[ADDRESS_WORDS];
	__be16 source_port, destination_port;
	__u32 protocol;
};

struct flow {
	struct addresses to;
	__u64 packets, seen_jiffies;
};

struct flow6 {
	struct addresses6 to;
	__u64 packets, seen_jiffies;
};

struct endpoint {
	__be32 address;
	__be16 port;
	__u16 protocol;
};

struct endpoint6 {
	__be32 address[ADDRESS_WORDS];
	__be16 port;
	__u16 protocol;
};

#define HASH(name, entries, key_type, value_type) \
	struct { \
		__uint(type, BPF_MAP_TYPE_HASH); \
		__uint(max_entries, entries); \
		__type(key, key_type); \
		__type(value, value_type); \
	} name SEC(".maps")

HASH(flows, 524288, struct addresses, struct flow);
HASH(flows6, 524288, struct addresses6, struct flow6);
HASH(services, 16384, struct endpoint, struct endpoint);
HASH(services6, 16384, struct endpoint6, struct endpoint6);

static __always_inline struct flow *add_flow(struct addresses *key)
{
	struct endpoint virtual = { key->destination, key->destination_port, key->protocol };
	struct endpoint *server = bpf_map_lookup_elem(&services, &virtual);
	struct addresses reply_key = *key;
	struct flow request = { .to = *key }, reply = { .to = *key };

	if (!server) return NULL;
	request.to.destination = server->address;
	request.to.destination_port = server->port;
	reply_key.source = server->address;
	reply_key.source_port = server->port;
	reply_key.destination = key->source;
	reply_key.destination_port = key->source_port;
	reply.to = reply_key;
	reply.to.source = key->destination;
	reply.to.source_port = key->destination_port;
	if (bpf_map_update_elem(&flows, &reply_key, &reply, BPF_NOEXIST)) return NULL;
	if (bpf_map_update_elem(&flows, key, &request, BPF_NOEXIST)) return NULL;
	return bpf_map_lookup_elem(&flows, key);
}

static __always_inline void copy(__be32 *to, const __be32 *from)
{
	__builtin_memcpy(to, from, ADDRESS_WORDS * sizeof(*to));
}

static __always_inline struct flow6 *add_flow6(struct addresses6 *key)
{
	struct endpoint6 virtual = { .port = key->destination_port, .protocol = key->protocol }, *server;
	struct addresses6 reply_key = *key;
	struct flow6 request = { .to = *key }, reply = {};

	copy(virtual.address, key->destination);
	server = bpf_map_lookup_elem(&services6, &virtual);
	if (!server) return NULL;
	copy(request.to.destination, server->address);
	request.to.destination_port = server->port;
	copy(reply_key.source, server->address);
	reply_key.source_port = server->port;
	copy(reply_key.destination, key->source);
	reply_key.destination_port = key->source_port;
	reply.to = reply_key;
	copy(reply.to.source, key->destination);
	reply.to.source_port = key->destination_port;
	if (bpf_map_update_elem(&flows6, &reply_key, &reply, BPF_NOEXIST)) return NULL;
	if (bpf_map_update_elem(&flows6, key, &request, BPF_NOEXIST)) return NULL;
	return bpf_map_lookup_elem(&flows6, key);
}

/* What replacing one word by another adds to a checksum's sum. */
static __always_inline __u32 add_difference(__u32 sum, __be32 from, __be32 to)
{
	__u64 wide = (__u64)sum + (__u32)~from + to;

	wide = (wide & 0xffffffff) + (wide >> 32);
	return (wide & 0xffffffff) + (wide >> 32);
}

static __always_inline __u32 add_differences(__u32 sum, const __be32 *from, const __be32 *to)
{
	for (int word = 0; word < ADDRESS_WORDS; word++) sum = add_difference(sum, from[word], to[word]);
	return sum;
}

static __always_inline __u16 fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

/* Ports and checksum of TCP or UDP, for what has become of addresses and ports. */
static __always_inline void rewrite_ports(struct __sk_buff *skb, __be16 *ports, __u32 at, __u32 protocol, __u32 change,
					  __be32 from, __be32 to)
{
	__u32 tcp = protocol == IPPROTO_TCP;
	__u32 checksum = at + (tcp ? offsetof(struct tcphdr, check) : offsetof(struct udphdr, check));
	__u64 flags = tcp ? 0 : BPF_F_MARK_MANGLED_0;

	*(__be32 *)ports = to;
	bpf_l4_csum_replace(skb, checksum, 0, change, flags | BPF_F_PSEUDO_HDR);
	bpf_l4_csum_replace(skb, checksum, from, to, flags | 4);
}

static __always_inline __be32 ports_of(__be16 source, __be16 destination)
{
	return source | (__u32)destination << 16;
}

static __always_inline int opens(const void *transport, const void *end, __u32 protocol)
{
	const struct tcphdr *tcp = transport;

	return protocol == IPPROTO_UDP || ((const void *)(tcp + 1) <= end && tcp->syn);
}

static __always_inline int forward(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct iphdr *ip = data + ETH_HLEN;
	struct bpf_fib_lookup fib = { .family = AF_INET, .ifindex = skb->ifindex };
	struct bpf_redir_neigh hop = { .nh_family = AF_INET };

	if ((void *)(ip + 1) > end) return TC_ACT_SHOT;
	fib.l4_protocol = ip->protocol;
	fib.tot_len = bpf_ntohs(ip->tot_len);
	fib.ipv4_src = ip->saddr;
	fib.ipv4_dst = ip->daddr;
	if (bpf_fib_lookup(skb, &fib, sizeof(fib), FIB_SKIP_NEIGHBOUR)) return TC_ACT_SHOT;
	hop.ipv4_nh = fib.ipv4_dst;
	return bpf_redirect_neigh(fib.ifindex, &hop, sizeof(hop), 0);
}

static __always_inline int forward6(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct ipv6hdr *ip = data + ETH_HLEN;
	struct bpf_fib_lookup fib = { .family = AF_INET6, .ifindex = skb->ifindex };
	struct bpf_redir_neigh hop = { .nh_family = AF_INET6 };

	if ((void *)(ip + 1) > end) return TC_ACT_SHOT;
	fib.l4_protocol = ip->nexthdr;
	fib.tot_len = bpf_ntohs(ip->payload_len) + sizeof(*ip);
	copy(fib.ipv6_src, ip->saddr.in6_u.u6_addr32);
	copy(fib.ipv6_dst, ip->daddr.in6_u.u6_addr32);
	if (bpf_fib_lookup(skb, &fib, sizeof(fib), FIB_SKIP_NEIGHBOUR)) return TC_ACT_SHOT;
	copy(hop.ipv6_nh, fib.ipv6_dst);
	return bpf_redirect_neigh(fib.ifindex, &hop, sizeof(hop), 0);
}

static __always_inline int handle(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct iphdr *ip = data + ETH_HLEN;
	__be16 *ports = (void *)(ip + 1);
	struct addresses key, to;
	struct flow *flow;
	__u32 change;

	if ((void *)(ports + 2) > end) return TCX_NEXT;
	if (ip->ihl != 5 || (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP)) return TCX_NEXT;
	if (ip->frag_off & bpf_htons(0x3fff)) return TCX_NEXT;
	key = (struct addresses){ ip->saddr, ip->daddr, ports[0], ports[1], ip->protocol };
	flow = bpf_map_lookup_elem(&flows, &key);
	if (!flow && opens(ports, end, key.protocol)) flow = add_flow(&key);
	if (!flow) return TCX_NEXT;
	flow->packets += 1;
	flow->seen_jiffies = bpf_jiffies64();
	to = flow->to;
	change = add_difference(add_difference(0, key.source, to.source), key.destination, to.destination);
	ip->saddr = to.source;
	ip->daddr = to.destination;
	ip->check = ~fold((__u16)~ip->check + fold(change));
	rewrite_ports(skb, ports, ETH_HLEN + sizeof(*ip), key.protocol, change,
		      ports_of(key.source_port, key.destination_port), ports_of(to.source_port, to.destination_port));
	return forward(skb);
}

static __always_inline int handle6(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct ipv6hdr *ip = data + ETH_HLEN;
	__be16 *ports = (void *)(ip + 1);
	struct addresses6 key = {}, *to;
	struct flow6 *flow;
	__u32 change;

	if ((void *)(ports + 2) > end) return TCX_NEXT;
	if (ip->nexthdr != IPPROTO_TCP && ip->nexthdr != IPPROTO_UDP) return TCX_NEXT;
	copy(key.source, ip->saddr.in6_u.u6_addr32);
	copy(key.destination, ip->daddr.in6_u.u6_addr32);
	key.source_port = ports[0];
	key.destination_port = ports[1];
	key.protocol = ip->nexthdr;
	flow = bpf_map_lookup_elem(&flows6, &key);
	if (!flow && opens(ports, end, key.protocol)) flow = add_flow6(&key);
	if (!flow) return TCX_NEXT;
	flow->packets += 1;
	flow->seen_jiffies = bpf_jiffies64();
	to = &flow->to;
	change = add_differences(add_differences(0, key.source, to->source), key.destination, to->destination);
	copy(ip->saddr.in6_u.u6_addr32, to->source);
	copy(ip->daddr.in6_u.u6_addr32, to->destination);
	rewrite_ports(skb, ports, ETH_HLEN + sizeof(*ip), key.protocol, change,
		      ports_of(key.source_port, key.destination_port), ports_of(to->source_port, to->destination_port));
	return forward6(skb);
}

SEC("tc")
int baseline(struct __sk_buff *skb)
{
	if (skb->protocol == bpf_htons(ETH_P_IP)) return handle(skb);
	if (skb->protocol == bpf_htons(ETH_P_IPV6)) return handle6(skb);
	return TCX_NEXT;
}

/* What measuring itself costs. */
SEC("tc")
int nothing(struct __sk_buff *skb)
{
	return TCX_NEXT;
}

SEC("xdp")
int nothing_at_xdp(struct xdp_md *context)
{
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual MIT/GPL";
