/**
 * C text under construction: lines with indentation, and `#line` directives wherever the next line doesn't follow from
 * the one before, so that clang, the verifier and the disassembler speak of TypeScript.
 */
import ts from 'typescript'

interface Position {
  readonly file: string
  line: number
}

export class Output {
  /** Whether the function under way is void in C. */
  returnsNothing = false
  private readonly lines: string[] = []
  private depth = 0
  private wanted: Position | null = null
  /** Where the line written last is from, as far as C can tell. */
  private implied: Position | null = null

  constructor(private readonly relative: (file: string) => string) {}

  /** The lines to come are from this node. */
  from(node: ts.Node): void {
    const source = node.getSourceFile()
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source))
    this.wanted = { file: this.relative(source.fileName), line: line + 1 }
  }

  line(text: string): void {
    const { wanted } = this
    if (this.implied !== null) this.implied.line++
    // A brace alone has no code worth a directive.
    if (wanted !== null && /\w/.test(text.replace('else', '')) && !this.isImplied(wanted)) {
      this.lines.push(`#line ${wanted.line} "${wanted.file}"`)
      this.implied = { ...wanted }
    }
    this.lines.push('\t'.repeat(this.depth) + text)
  }

  private isImplied(wanted: Position): boolean {
    return this.implied !== null && this.implied.file === wanted.file && this.implied.line === wanted.line
  }

  open(text: string): void {
    this.line(text)
    this.depth++
  }

  close(text: string): void {
    this.depth--
    this.line(text)
  }

  /** Closes a block and opens another in the same line. */
  reopen(text: string): void {
    this.close(text)
    this.depth++
  }

  text(): string {
    return this.lines.join('\n') + '\n'
  }
}
