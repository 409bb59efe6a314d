/** How large a table's values are, from the layouts of the records. */
import { LAYOUTS } from '../engine/generated/views.ts'
import { TABLES, type TableDefinition, type TableName } from '../engine/tables.ts'

/** Queues hold bare u32. */
const QUEUE_VALUE_BYTES = 4

/** Bytes; for `percpu`, of one copy. */
export function valueSizeOf(table: TableName): number {
  const definition: TableDefinition = TABLES[table]
  if (definition.value === undefined) return QUEUE_VALUE_BYTES
  return LAYOUTS[definition.value].size
}
