/**
 * A small FTP server (RFC 959, RFC 2428) for tests: anonymous, one file, PASV, EPSV, PORT, EPRT. Arguments: its address, and the text
 * that every RETR sends. Prints "ready" once it listens on port 21.
 */
import net from 'node:net'

const [address, text] = process.argv.slice(2)

net
  .createServer((control) => {
    const say = (line) => control.write(`${line}\r\n`)
    /** Gives the data connection to what needs it. */
    let data = null

    const passive = (announce) => {
      const server = net.createServer().listen(0, address, () => announce(server.address().port))
      const connected = new Promise((resolve) => server.once('connection', resolve))
      data = async (use) => {
        const socket = await connected
        server.close()
        use(socket)
      }
    }
    const active = (host, port) => {
      data = (use) => {
        const socket = net.connect({ host, port, localAddress: address, localPort: 20 }, () => use(socket))
        socket.once('error', () => say('425 no connection'))
      }
      say('200 ok')
    }

    const commands = {
      USER: () => say('331 password'),
      PASS: () => say('230 hello'),
      TYPE: () => say('200 ok'),
      PWD: () => say('257 "/"'),
      CWD: () => say('250 ok'),
      SIZE: () => say(`213 ${text.length}`),
      EPSV: () => passive((port) => say(`229 Entering Extended Passive Mode (|||${port}|)`)),
      PASV: () =>
        passive((port) =>
          say(`227 Entering Passive Mode (${address.replaceAll('.', ',')},${port >> 8},${port & 255}).`),
        ),
      PORT: (words) => {
        const parts = words.split(',')
        active(parts.slice(0, 4).join('.'), Number(parts[4]) * 256 + Number(parts[5]))
      },
      EPRT: (words) => {
        const [, , host, port] = words.split(words[0])
        active(host, Number(port))
      },
      RETR: () => {
        say('150 here it comes')
        data((socket) => socket.end(text, () => say('226 done')))
      },
      QUIT: () => control.end('221 bye\r\n'),
    }

    control.on('error', () => undefined)
    control.on('data', (bytes) => {
      for (const line of String(bytes)
        .split('\r\n')
        .filter((part) => part !== '')) {
        const [name, words = ''] = line.split(/ (.*)/s)
        const command = commands[name.toUpperCase()]
        if (command === undefined) say('502 not here')
        else command(words)
      }
    })
    say('220 ready')
  })
  .listen(21, address, () => console.log('ready'))
