/** The process of `weir lab` that holds a client's connections and transfers bytes, started in the client's namespace. */
import { runClient } from '../lab/client-process.ts'

runClient()
