/**
 * Names on the way from TypeScript to C: `flowKey` and `FlowKey` become `flow_key`, an enum's member `Verdict.Forward`
 * becomes `VERDICT_FORWARD`. What C or our prelude has taken gets a trailing underscore. Names that the compiler invents
 * contain two underscores, which no camelCase name turns into.
 */

// prettier-ignore
const TAKEN = new Set([
  'auto', 'break', 'case', 'char', 'const', 'continue', 'default', 'do', 'double', 'else', 'enum', 'extern', 'float',
  'for', 'goto', 'if', 'inline', 'int', 'long', 'register', 'restrict', 'return', 'short', 'signed', 'sizeof', 'static',
  'struct', 'switch', 'typedef', 'union', 'unsigned', 'void', 'volatile', 'while', 'asm', 'typeof', 'bool', 'true', 'false',
  'u8', 'u16', 'u32', 'u64', 's8', 's16', 's32', 's64',
])

function snake(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
}

/** A variable, function, field or struct tag in C. */
export function cName(name: string): string {
  const lower = snake(name)
  return TAKEN.has(lower) ? `${lower}_` : lower
}

/** A constant in C; an enum's member carries its enum's name in front. */
export function cConstant(...parts: string[]): string {
  return parts.map((part) => snake(part).toUpperCase()).join('_')
}
