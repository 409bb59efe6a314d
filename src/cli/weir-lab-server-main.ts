/** A web server of `weir lab`, which starts one in each real server's namespace: its name and port are the arguments, and `proxy` where it expects PROXY headers. */
import { servePage } from '../lab/page-server.ts'

const [name = '', port = '', proxy] = process.argv.slice(2)
servePage(name, Number(port), proxy === 'proxy')
