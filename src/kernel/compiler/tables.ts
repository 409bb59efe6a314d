/**
 * From the engine's `TABLES` to BPF map definitions. A map is called as its table is; keys and values are records, an
 * array's key is a u32 index, a queue holds u32 and has no key.
 */
import ts from 'typescript'
import { bare, constantOf } from './constants.ts'
import type { Report } from './diagnostics.ts'
import type { Layouts } from './layout.ts'
import { cName } from './names.ts'

/** The longest name of a map that the kernel keeps (BPF_OBJ_NAME_LEN − 1). */
const MAX_NAME = 15

const MAP_TYPES: Readonly<Record<string, string>> = {
  hash: 'BPF_MAP_TYPE_HASH',
  array: 'BPF_MAP_TYPE_ARRAY',
  percpu: 'BPF_MAP_TYPE_PERCPU_ARRAY',
  queue: 'BPF_MAP_TYPE_QUEUE',
}

/** The map definitions of a file's exported `TABLES`; none where it has no such constant. */
export function printMaps(source: ts.SourceFile, layouts: Layouts, checker: ts.TypeChecker, report: Report): string[] {
  const literal = tablesOf(source)
  if (literal === null) return []
  return literal.properties.map((property) => {
    const name = property.name?.getText() ?? ''
    const value = ts.isPropertyAssignment(property) ? bare(property.initializer) : null
    if (value === null || !ts.isObjectLiteralExpression(value)) {
      report(property, 'W106', name, 'it is not an object literal')
      return ''
    }
    if (name.length > MAX_NAME) report(property, 'W107', name)
    return printMap(name, value, layouts, checker, report)
  })
}

function tablesOf(source: ts.SourceFile): ts.ObjectLiteralExpression | null {
  for (const statement of source.statements) {
    if (!ts.isVariableStatement(statement)) continue
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (name.getText() !== 'TABLES' || initializer === undefined) continue
      const literal = bare(initializer)
      if (ts.isObjectLiteralExpression(literal)) return literal
    }
  }
  return null
}

function printMap(
  name: string,
  definition: ts.ObjectLiteralExpression,
  layouts: Layouts,
  checker: ts.TypeChecker,
  report: Report,
): string {
  const properties = new Map<string, ts.Expression>()
  for (const property of definition.properties) {
    if (ts.isPropertyAssignment(property)) properties.set(property.name.getText(), bare(property.initializer))
  }
  const text = (key: string): string | null => {
    const value = properties.get(key)
    return value !== undefined && ts.isStringLiteral(value) ? value.text : null
  }
  const kind = text('kind') ?? ''
  const type = Object.hasOwn(MAP_TYPES, kind) ? MAP_TYPES[kind] : undefined
  const capacity = properties.get('capacity')
  const entries = capacity === undefined ? null : constantOf(capacity, checker)
  const problem =
    (type === undefined && 'its kind is unknown') ||
    ((entries === null || entries < 1) && 'its capacity is not a positive constant') ||
    ((kind === 'hash') !== properties.has('key') && 'a hash has a key and no other kind has') ||
    ((kind === 'queue') === properties.has('value') && 'every kind but a queue has a value')
  if (problem) {
    report(definition, 'W106', name, problem)
    return ''
  }
  const record = (key: string): string => {
    const named = text(key) ?? ''
    if (!layouts.has(named)) report(definition, 'W105', name, named)
    return `struct ${cName(named)}`
  }
  const types: string[] = []
  if (kind === 'hash') types.push(`__type(key, ${record('key')})`)
  else if (kind !== 'queue') types.push('__type(key, u32)')
  types.push(`__type(value, ${kind === 'queue' ? 'u32' : record('value')})`)
  const flags = properties.get('preallocate')?.kind === ts.SyntaxKind.FalseKeyword
  return [
    'struct {',
    `\t__uint(type, ${type});`,
    `\t__uint(max_entries, ${entries});`,
    ...(flags ? ['\t__uint(map_flags, BPF_F_NO_PREALLOC);'] : []),
    ...types.map((line) => `\t${line};`),
    `} ${name} SEC(".maps");`,
    '',
  ].join('\n')
}
