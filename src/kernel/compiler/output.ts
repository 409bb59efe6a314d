/**
 * C text under construction: lines with indentation, and `#line` directives wherever the next line doesn't follow from
 * the one before, so that clang, the verifier and the disassembler speak of TypeScript.
 */
import ts from 'typescript'

export class Output {
  private readonly lines: string[] = []
  private depth = 0
  private wanted: { file: string; line: number } | null = null
  private implied: { file: string; line: number } | null = null

  constructor(private readonly relative: (file: string) => string) {}

  /** The lines to come are from this node. */
  from(node: ts.Node): void {
    const source = node.getSourceFile()
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source))
    this.wanted = { file: this.relative(source.fileName), line: line + 1 }
  }

  line(text: string): void {
    const { wanted, implied } = this
    if (wanted !== null) {
      if (implied === null || implied.file !== wanted.file || implied.line !== wanted.line) {
        this.lines.push(`#line ${wanted.line} "${wanted.file}"`)
      }
      this.implied = { file: wanted.file, line: wanted.line + 1 }
    }
    this.lines.push('\t'.repeat(this.depth) + text)
  }

  open(text: string): void {
    this.line(text)
    this.depth++
  }

  close(text: string): void {
    this.depth--
    this.line(text)
  }

  /** After `close('} else {')`. */
  indent(): void {
    this.depth++
  }

  text(): string {
    return this.lines.join('\n') + '\n'
  }
}
