/** What the forwarding methods ask of the director's host. */
import type { MethodName } from '../../control/model.ts'

export interface MethodTraits {
  /** The server's answers come back through the director. */
  readonly answersComeBack: boolean
  /** Packets leave as if they were the director's own: of its devices only lo must forward. */
  readonly leavesAsOwn: boolean
  /** The server sees the client's address, and answers to it. */
  readonly keepsClient: boolean
  /** The server must be a neighbour of the director's. */
  readonly onLinkOnly: boolean
  /** Ports are not rewritten. */
  readonly keepsPort: boolean
  /** The packet travels inside another one. */
  readonly encapsulates: boolean
}

export const METHODS: Readonly<Record<MethodName, MethodTraits>> = {
  masquerading: {
    answersComeBack: true,
    leavesAsOwn: false,
    keepsClient: true,
    onLinkOnly: false,
    keepsPort: false,
    encapsulates: false,
  },
  fullnat: {
    answersComeBack: true,
    leavesAsOwn: true,
    keepsClient: false,
    onLinkOnly: false,
    keepsPort: false,
    encapsulates: false,
  },
  'direct-routing': {
    answersComeBack: false,
    leavesAsOwn: true,
    keepsClient: true,
    onLinkOnly: true,
    keepsPort: true,
    encapsulates: false,
  },
  tunneling: {
    answersComeBack: false,
    leavesAsOwn: true,
    keepsClient: true,
    onLinkOnly: false,
    keepsPort: true,
    encapsulates: true,
  },
}
