/** The process of `weir lab` that holds a client's connections, started in the client's namespace. */
import { holdConnections } from '../lab/holder-process.ts'

holdConnections()
