/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A packet generator and a sink. `generate` runs by BPF_PROG_TEST_RUN with live frames and sends TCP segments of `flow_count` flows, told
 * apart by their source port, out of a device. Frames are recycled with whatever their receiver left in them, so each is written whole.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define FRAME_WORDS 7 /* 54 bytes of headers, and 2 of payload */
#define SOURCE_PORT_AT 34
#define CHECKSUM_AT 50
#define FIRST_PORT 10000

struct order {
	__u32 ifindex;
	__u32 flow_count;
	/* Frames for flows of even and odd numbers; their source port is 0. */
	__u64 frames[2][FRAME_WORDS];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct order);
} orders SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

enum { SENT, RECEIVED };

static __always_inline __u64 count(__u32 what)
{
	__u64 *packets = bpf_map_lookup_elem(&counts, &what);

	return packets ? (*packets)++ : 0;
}

SEC("xdp")
int generate(struct xdp_md *context)
{
	__u64 *frame = (void *)(long)context->data;
	void *end = (void *)(long)context->data_end;
	__u32 zero = 0, flow, sum;
	struct order *order = bpf_map_lookup_elem(&orders, &zero);
	__be16 *port, *checksum;
	int i;

	if (!order || (void *)(frame + FRAME_WORDS) > end) return XDP_ABORTED;
	flow = count(SENT) % order->flow_count;
	for (i = 0; i < FRAME_WORDS; i++) frame[i] = order->frames[flow & 1][i];
	port = (void *)frame + SOURCE_PORT_AT;
	checksum = (void *)frame + CHECKSUM_AT;
	*port = bpf_htons(FIRST_PORT + flow);
	sum = (__u16)~*checksum + *port;
	*checksum = ~(__u16)((sum & 0xffff) + (sum >> 16));
	return bpf_redirect(order->ifindex, 0);
}

SEC("tc")
int sink(struct __sk_buff *skb)
{
	if (skb->protocol != bpf_htons(0x0800)) return -1;
	count(RECEIVED);
	return TC_ACT_SHOT;
}

char _license[] SEC("license") = "Dual MIT/GPL";
