/**
 * Packets outside the engine: build, parse, check, describe. One import for hosts of the simulator, tests, generators and fuzzers.
 * Shares no code with the engine, so that each checks the other.
 */
export * from './addresses.ts'
export * from './build-packet.ts'
export * from './crc32c.ts'
export * from './describe-packet.ts'
export * from './ipv6-addresses.ts'
export * from './parse-ip.ts'
export * from './parse-ipv6.ts'
export * from './parse-packet.ts'
export * from './tunnels.ts'
export * from './verify-packet.ts'
