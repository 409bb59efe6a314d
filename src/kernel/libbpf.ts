/** All that Weir uses of libbpf.so.1. */
export * from './bpf-maps.ts'
export * from './bpf-object.ts'
export { BpfError } from './libbpf-call.ts'
