/**
 * Forwarders whose server answers the clients itself, past the director: made ready by what `weir real-server` does, with the client as its
 * gateway, while they are in place.
 */
import type { Method } from '../src/real-server/model.ts'
import { applyRequest, undo } from '../src/real-server/apply.ts'
import { onCleanUp } from './cleanup.ts'
import type { Forwarder } from './forwarders.ts'
import { DIRECTOR_ADDRESS, inside, PAST_DIRECTOR, SERVERS, setGateway } from './topology.ts'

const [SERVER] = SERVERS

export function withDirectReplies(forwarder: Forwarder, method: Exclude<Method, 'nat'>): Forwarder {
  const revert = (): void => {
    inside(SERVER, () => undo(null, []))
    setGateway(SERVER, DIRECTOR_ADDRESS)
  }
  onCleanUp(`what ${SERVER} is for ${forwarder.name}`, revert)
  return {
    ...forwarder,
    use() {
      setGateway(SERVER, PAST_DIRECTOR)
      const request = {
        method,
        vips: forwarder.addresses,
        device: 's0',
        gateways: [],
        tunnel: { type: 'ipip', port: 0 },
      } as const
      inside(SERVER, () => applyRequest(request))
      forwarder.use()
    },
    leave() {
      forwarder.leave()
      revert()
    },
  }
}
