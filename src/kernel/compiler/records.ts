/**
 * Prints `records.h`: the records as C structs whose sizes are asserted, the enums and constants of the records file for
 * hand-written C to use, and the maps.
 */
import ts from 'typescript'
import { constantOf } from './constants.ts'
import { memoryType } from './fields.ts'
import { isScalar, type Layouts, type RecordLayout } from './layout.ts'
import { cConstant, cName } from './names.ts'
import { HEADER } from './prelude.ts'

export function printRecords(
  source: ts.SourceFile,
  layouts: Layouts,
  maps: readonly string[],
  checker: ts.TypeChecker,
): string {
  return [
    '/* Made from the engine by `npm run build`. */',
    HEADER,
    ...[...layouts.values()].map(printStruct),
    ...source.statements.flatMap((statement) => printConstants(statement, checker)),
    ...maps,
  ].join('\n')
}

function printStruct(record: RecordLayout): string {
  const tag = `struct ${cName(record.name)}`
  const fields = record.fields.map(({ name, type }) => {
    const c = isScalar(type) ? memoryType(type) : `struct ${cName(type)}`
    return `\t${c} ${cName(name)};`
  })
  return [`${tag} {`, ...fields, '};', `_Static_assert(sizeof(${tag}) == ${record.size}, "${tag}");`, ''].join('\n')
}

function printConstants(statement: ts.Statement, checker: ts.TypeChecker): string[] {
  if (ts.isEnumDeclaration(statement)) {
    const name = statement.name.text
    const members = statement.members.flatMap((member) => {
      const value = checker.getConstantValue(member)
      return typeof value === 'number' ? [`\t${cConstant(name, member.name.getText())} = ${value},`] : []
    })
    return [`enum ${cName(name)} {`, ...members, '};', '']
  }
  if (!ts.isVariableStatement(statement)) return []
  return statement.declarationList.declarations.flatMap(({ name, initializer }) => {
    const value = initializer === undefined ? null : constantOf(initializer, checker)
    return value === null ? [] : [`enum { ${cConstant(name.getText())} = ${value} };`, '']
  })
}
