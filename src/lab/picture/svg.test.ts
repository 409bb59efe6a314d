import { expect, it } from 'vitest'
import { element, roundedPath, textElement } from './svg.ts'

it('texts and attributes can hold any character', () => {
  expect(textElement('a < b & "c"', { class: '<"&>' })).toBe(
    '<text class="&lt;&quot;&amp;&gt;">a &lt; b &amp; &quot;c&quot;</text>',
  )
})

it('numbers have one decimal at most', () => {
  expect(element('rect', { x: 0.1 + 0.2, y: 2 })).toBe('<rect x="0.3" y="2"/>')
})

it('corners are rounded, by no more than half of the shorter side', () => {
  const corner = [
    { x: 0, y: 0 },
    { x: 0, y: 100 },
    { x: 10, y: 100 },
  ]
  expect(roundedPath(corner, 8)).toBe('M0,0L0,92Q0,100 5,100L10,100')
})
