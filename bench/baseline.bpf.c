/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The floor for Weir's job at tcx, by hand: one hash lookup, rewrite, two checksum helpers, route, redirect. It follows no states, ages
 * no entries, counts no hops, checks no header checksums and explains nothing. A SYN of no flow gets its service's one server and two entries.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define TCX_NEXT (-1)
#define AF_INET 2
#define FIB_SKIP_NEIGHBOUR (1U << 2)
#define TCP_AT (ETH_HLEN + sizeof(struct iphdr))
#define TCP_CHECKSUM_AT (TCP_AT + __builtin_offsetof(struct tcphdr, check))

/* All in network byte order. */
struct addresses {
	__be32 source, destination;
	__be16 source_port, destination_port;
};

struct flow {
	struct addresses to;
	__u32 reserved;
	__u64 packets, seen_jiffies;
};

struct endpoint {
	__be32 address;
	__be16 port, reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 524288);
	__type(key, struct addresses);
	__type(value, struct flow);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct endpoint);
	__type(value, struct endpoint);
} services SEC(".maps");

static __always_inline struct flow *add_flow(struct addresses *key)
{
	struct endpoint virtual = { .address = key->destination, .port = key->destination_port };
	struct endpoint *server = bpf_map_lookup_elem(&services, &virtual);
	struct addresses reply_key = {};
	struct flow request = {}, reply = {};

	if (!server) return NULL;
	request.to = *key;
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

/* What replacing one word by another adds to a checksum's sum. */
static __always_inline __u32 add_difference(__u32 sum, __be32 from, __be32 to)
{
	__u64 wide = (__u64)sum + (__u32)~from + to;

	wide = (wide & 0xffffffff) + (wide >> 32);
	return (wide & 0xffffffff) + (wide >> 32);
}

static __always_inline __u16 fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

static __always_inline int forward(struct __sk_buff *skb, struct iphdr *ip)
{
	struct bpf_fib_lookup fib = { .family = AF_INET, .l4_protocol = IPPROTO_TCP };
	struct bpf_redir_neigh hop = { .nh_family = AF_INET };

	fib.tot_len = bpf_ntohs(ip->tot_len);
	fib.ipv4_src = ip->saddr;
	fib.ipv4_dst = ip->daddr;
	fib.ifindex = skb->ifindex;
	if (bpf_fib_lookup(skb, &fib, sizeof(fib), FIB_SKIP_NEIGHBOUR)) return TC_ACT_SHOT;
	hop.ipv4_nh = fib.ipv4_dst;
	return bpf_redirect_neigh(fib.ifindex, &hop, sizeof(hop), 0);
}

SEC("tc")
int baseline(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct iphdr *ip = data + ETH_HLEN;
	struct tcphdr *tcp = data + TCP_AT;
	struct addresses key, to;
	struct flow *flow;
	__u32 change;

	if (skb->protocol != bpf_htons(ETH_P_IP) || (void *)(tcp + 1) > end) return TCX_NEXT;
	if (ip->ihl != 5 || ip->protocol != IPPROTO_TCP || ip->frag_off & bpf_htons(0x3fff)) return TCX_NEXT;
	key = (struct addresses){ ip->saddr, ip->daddr, tcp->source, tcp->dest };
	flow = bpf_map_lookup_elem(&flows, &key);
	if (!flow && tcp->syn) flow = add_flow(&key);
	if (!flow) return TCX_NEXT;
	flow->packets += 1;
	flow->seen_jiffies = bpf_jiffies64();
	to = flow->to;
	change = add_difference(add_difference(0, key.source, to.source), key.destination, to.destination);
	ip->saddr = to.source;
	ip->daddr = to.destination;
	ip->check = ~fold((__u16)~ip->check + fold(change));
	tcp->source = to.source_port;
	tcp->dest = to.destination_port;
	bpf_l4_csum_replace(skb, TCP_CHECKSUM_AT, 0, change, BPF_F_PSEUDO_HDR);
	bpf_l4_csum_replace(skb, TCP_CHECKSUM_AT, key.source_port | key.destination_port << 16,
			    to.source_port | to.destination_port << 16, 4);
	data = (void *)(long)skb->data;
	end = (void *)(long)skb->data_end;
	ip = data + ETH_HLEN;
	if ((void *)(ip + 1) > end) return TC_ACT_SHOT;
	return forward(skb, ip);
}

/* What a test run itself costs. */
SEC("tc")
int nothing(struct __sk_buff *skb)
{
	return TCX_NEXT;
}

char _license[] SEC("license") = "Dual MIT/GPL";
