/**
 * Frames seen at an interface, as a pcap file (draft-ietf-opsawg-pcap: version 2.4, LINKTYPE_ETHERNET, microseconds, little-endian)
 * stamped with simulated time since 1970. Keeps all frames in memory, 16 bytes each besides their own.
 */
export class Capture {
  private bytes = new Uint8Array(4096)
  private length = 24
  /** Frames captured. */
  frames = 0

  constructor() {
    const header = new DataView(this.bytes.buffer)
    header.setUint32(0, 0xa1b2c3d4, true)
    header.setUint16(4, 2, true)
    header.setUint16(6, 4, true)
    header.setUint32(16, 262144, true)
    header.setUint32(20, 1, true)
  }

  add(frame: Uint8Array, atUs: number): void {
    const end = this.length + 16 + frame.length
    if (end > this.bytes.length) {
      const larger = new Uint8Array(Math.max(end, this.bytes.length * 2))
      larger.set(this.bytes.subarray(0, this.length))
      this.bytes = larger
    }
    const record = new DataView(this.bytes.buffer, this.length, 16)
    record.setUint32(0, Math.floor(atUs / 1e6), true)
    record.setUint32(4, Math.floor(atUs % 1e6), true)
    record.setUint32(8, frame.length, true)
    record.setUint32(12, frame.length, true)
    this.bytes.set(frame, this.length + 16)
    this.length = end
    this.frames += 1
  }

  /** The file so far. */
  toPcap(): Uint8Array {
    return this.bytes.slice(0, this.length)
  }
}
