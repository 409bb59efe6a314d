/** `weir set`: settings by their names, as a table and as assignments. */
import type { SettingValues } from '../../control/model.ts'
import { SETTINGS, settingValues } from '../../control/settings.ts'
import { DEFAULT_SETTINGS } from '../../engine/settings.ts'
import { formatTable } from './table.ts'

const KEYS = Object.keys(SETTINGS) as (keyof SettingValues)[]

/** One line for each setting: its name, value, default and meaning. */
export function renderSettings(values: SettingValues): string {
  const defaults = settingValues(DEFAULT_SETTINGS)
  const rows = KEYS.map((key) => [
    SETTINGS[key].name,
    String(values[key]),
    String(defaults[key]),
    SETTINGS[key].meaning,
  ])
  return formatTable(['left', 'right', 'right', 'left'], [['SETTING', 'VALUE', 'DEFAULT', 'MEANING'], ...rows])
}

/** Reads `name=value`, and adds it to those before it. Throws an `Error` that says what is wrong; ranges are not checked. */
export function readAssignment(text: string, before: Partial<SettingValues> = {}): Partial<SettingValues> {
  const [, name = '', value = ''] = /^([^=]*)=(\d{1,15})$/.exec(text) ?? []
  if (value === '') throw new Error('Write name=value, with a whole number.')
  const key = KEYS.find((candidate) => SETTINGS[candidate].name === name)
  if (key === undefined) throw new Error(`There is no setting "${name}": "weir set" lists all.`)
  if (before[key] !== undefined) throw new Error(`${name} is set twice.`)
  return { ...before, [key]: Number(value) }
}
