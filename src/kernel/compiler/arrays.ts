/**
 * Constant arrays of a module: `static const` arrays of the narrowest integer type that holds every element, in the
 * object's read-only data. The section is named because clang otherwise merges arrays of 4, 8, 16 or 32 bytes into
 * sections of their own, while its BTF gives them offsets in `.rodata`; the kernel refuses such BTF.
 */
import type { ConstantArray } from './constants.ts'
import type { Lowering } from './lowering.ts'

const PER_LINE = 16

/** Narrowest first; bounds inclusive. */
const TYPES = [
  { type: 'u8', least: 0, most: 0xff },
  { type: 's8', least: -0x80, most: 0x7f },
  { type: 'u16', least: 0, most: 0xffff },
  { type: 's16', least: -0x8000, most: 0x7fff },
  { type: 'u32', least: 0, most: 0xffffffff },
  { type: 's32', least: -0x80000000, most: 0x7fffffff },
] as const

export function lowerArray(array: ConstantArray, name: string, lowering: Lowering): string {
  const values = array.elements.map((element) => {
    const value = lowering.constant(element)
    if (value === null) lowering.refuse(element, 'W208', array.name)
    return value ?? 0
  })
  const least = Math.min(...values)
  const most = Math.max(...values)
  const type = TYPES.find((candidate) => least >= candidate.least && most <= candidate.most)?.type ?? 's64'
  const rows: string[] = []
  for (let at = 0; at < values.length; at += PER_LINE) {
    rows.push(`\t${values.slice(at, at + PER_LINE).join(', ')},`)
  }
  // Room up to the power of two that the mask in `element_or` allows: see there.
  const room = 2 ** Math.ceil(Math.log2(values.length))
  return [
    `enum { ${name}_length = ${values.length} };`,
    `static const ${type} ${name}[${room}] SEC(".rodata") = {`,
    ...rows,
    '};',
    '',
  ].join('\n')
}
