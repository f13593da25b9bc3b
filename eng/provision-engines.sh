#!/usr/bin/env bash
# Puts llama.cpp (llama-server, llama-cli, llama-bench, llama-tokenize, ggml-rpc-server) and, on request, whisper.cpp
# (whisper-server, whisper-cli) from Debian's archive into a private folder. Nothing is installed into the system.
#
#   eng/provision-engines.sh PREFIX [--whisper]
#
# The programs are PREFIX/bin/*; the packages' digests are in PREFIX/MANIFEST.sha256. About 10 s and 85 MB.
# Needs apt-get and dpkg; with --whisper also gcc, nm and readelf. ENGINES_SUITE (default forky) and DEBIAN_MIRROR
# (default: what this machine's apt uses) choose where the packages come from; apt checks their signatures.
set -euo pipefail

[ $# -ge 1 ] && [ $# -le 2 ] && { [ $# -eq 1 ] || [ "$2" = --whisper ]; } || { echo "usage: $0 PREFIX [--whisper]" >&2; exit 2; }
mkdir -p "$1"
prefix=$(cd "$1" && pwd)
whisper=${2:-}
suite=${ENGINES_SUITE:-forky}
apt=$prefix/.apt
libraries=$prefix/lib
programs="llama-server llama-bench llama-cli llama-tokenize ggml-rpc-server"
packages="libc6 libgcc-s1 libgomp1 libstdc++6 libssl3t64 zlib1g libzstd1 libggml0 libggml0-backend-rpc libllama0 llama.cpp-tools llama.cpp-tools-extra"
if [ -n "$whisper" ]; then
  programs="$programs whisper-server whisper-cli"
  packages="$packages libwhisper1 whisper.cpp-tools"
fi

# The archive that this machine's apt uses already, in either of its file formats.
machine_mirror() {
  cat /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources 2>/dev/null |
    awk '$1 == "URIs:" { print $2; exit } $1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /^https?:/) { print $i; exit } }'
}

# apt-get with lists, cache and state of its own.
private_apt() {
  apt-get -qq -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
    -o Dir::State="$apt" -o Dir::State::lists="$apt/lists" -o Dir::State::status="$apt/status" -o Dir::Cache="$apt/cache" \
    -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \
    -o APT::Sandbox::User=root -o APT::Architecture=amd64 "$@"
}

download() {
  mkdir -p "$apt"/lists/partial "$apt"/cache/archives/partial "$apt"/debs
  : > "$apt/status"
  local mirror=${DEBIAN_MIRROR:-$(machine_mirror)}
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:-http://deb.debian.org/debian} $suite main" > "$apt/sources.list"
  private_apt update
  rm -f "$apt"/debs/*.deb
  (cd "$apt/debs" && private_apt download $packages && sha256sum -- *.deb) > "$prefix/MANIFEST.sha256"
}

unpack() {
  local root=$prefix/.root
  local usr=$root/usr
  local system=$usr/lib/x86_64-linux-gnu
  rm -rf "$root" "$libraries"
  mkdir -p "$root" "$libraries"
  for package in "$apt"/debs/*.deb; do dpkg -x "$package" "$root"; done
  cp -L "$system"/ld-linux-x86-64.so.2 "$system"/{libc,libm,libdl,libpthread,librt,libresolv}.so.* \
    "$system"/{libgcc_s,libgomp,libstdc++,libssl,libcrypto,libz,libzstd,libggml,libggml-base,libllama,libllama-common,libmtmd}.so.? \
    "$system"/ggml/backends0/*.so "$system"/llama/*.so "$libraries"/
  cp "$usr"/bin/{llama-server,llama-bench,llama-cli,llama-tokenize} "$usr"/libexec/x86_64-linux-gnu/llama/bin/ggml-rpc-server "$libraries"/
  if [ -n "$whisper" ]; then
    cp -L "$system"/libwhisper.so.1 "$usr"/bin/whisper-server "$usr"/bin/whisper-cli "$libraries"/
    stub_ffmpeg
  fi
  rm -rf "$root"
}

# whisper-server links FFmpeg only to decode what its own decoder (WAV, MP3, FLAC) does not. Libraries whose functions
# fail stand in for it, which spares some 130 packages.
stub_ffmpeg() {
  local library version symbols value
  for library in $(readelf -d "$libraries/whisper-server" | grep -oE 'lib(av|sw)[a-z]+\.so\.[0-9]+'); do
    version=LIB$(echo "${library%%.so*}" | sed 's/^lib//' | tr a-z A-Z)_${library##*.}
    symbols=$(nm -D --undefined-only "$libraries/whisper-server" "$libraries/whisper-cli" | grep "@$version\$" | awk '{ print $2 }' | sed 's/@.*//' | sort -u)
    for symbol in $symbols; do
      case $symbol in *alloc* | *get* | *find*) value=0 ;; *) value=-1 ;; esac
      echo "long $symbol(void) { return $value; }"
    done > "$apt/stub.c"
    echo "$version { global: *; };" > "$apt/stub.map"
    gcc -shared -fPIC -nostdlib -Wl,-soname,"$library" -Wl,--version-script="$apt/stub.map" -o "$libraries/$library" "$apt/stub.c"
  done
}

# Each program runs through the loader it came with, so it does not need this machine's C library to be as new. ggml-rpc-server
# would die of SIGPIPE when a client leaves.
wrap() {
  mkdir -p "$prefix/bin"
  for program in $programs; do
    cat > "$prefix/bin/$program" <<EOF
#!/bin/sh
d=\$(dirname "\$(readlink -f "\$0")")/../lib
trap "" PIPE
exec "\$d/ld-linux-x86-64.so.2" --argv0 "$program" --library-path "\$d" "\$d/$program" "\$@"
EOF
    chmod 755 "$prefix/bin/$program"
  done
}

download
unpack
wrap
"$prefix/bin/llama-server" --version 2>&1 | head -1
