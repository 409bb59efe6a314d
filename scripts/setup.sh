#!/usr/bin/env bash
# Makes a fresh checkout ready: what the build, the lab and the tests need from the distribution (as root, with apt), the
# npm packages of the lock file, and dist/. Does nothing twice. Says what it does, and what can't work where something is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '» %s\n' "$*" >&2; }

command -v node >/dev/null && command -v npm >/dev/null || { say "node and npm are missing: install Node.js 20.19 or later"; exit 1; }
node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' ||
  { say "Node.js $(node --version) is too old: install 20.19 or later"; exit 1; }

have_clang() { for name in clang clang-{19,18,17,16,15,14}; do command -v "$name" >/dev/null && return 0; done; return 1; }
missing=()
have_clang || missing+=(clang-14 llvm-14)
[ -e /usr/include/bpf/bpf_helpers.h ] || missing+=(libbpf-dev)
ldconfig -p 2>/dev/null | grep -q 'libbpf\.so\.1' || missing+=(libbpf1)
command -v ip >/dev/null || missing+=(iproute2)
command -v curl >/dev/null || command -v wget >/dev/null || missing+=(curl)
command -v tcpdump >/dev/null || missing+=(tcpdump)
command -v mount >/dev/null || missing+=(mount)
command -v nsenter >/dev/null || missing+=(util-linux)
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "apt-get install ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  else
    say "not installed (it takes root and apt): ${missing[*]}"
  fi
fi

if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  say "npm ci"
  npm ci --silent
fi

if have_clang && [ -e /usr/include/bpf/bpf_helpers.h ]; then
  say "npm run build"
  npm run --silent build
else
  say "npm run build -- --without-kernel: no clang or no libbpf headers, so the simulator alone will work"
  npm run --silent build -- --without-kernel
fi
