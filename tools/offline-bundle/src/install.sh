#!/bin/sh
# Installs lejepa from the parts beside this file, into a folder: no network, no root.
#   sh install.sh FOLDER
# Says which parts are missing or damaged; copy those again and run it again.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${1:-}
if [ -z "$target" ]; then
  echo "install.sh: expected a folder to install to. sh install.sh FOLDER" >&2
  exit 2
fi
if [ -e "$target" ]; then
  echo "install.sh: $target exists already. Name a new folder." >&2
  exit 2
fi

sum() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

bad=0
while read -r expected name; do
  if [ ! -f "$here/$name" ]; then
    echo "missing: $name" >&2
    bad=1
  elif [ "$(sum "$here/$name")" != "$expected" ]; then
    echo "damaged: $name" >&2
    bad=1
  fi
done <"$here/SHA256SUMS"
if [ "$bad" -ne 0 ]; then
  echo "install.sh: nothing was installed. Copy the parts above again, then run it again." >&2
  exit 1
fi

# unpacked beside its place: what is interrupted leaves nothing that looks installed
partial="$target.partial"
rm -rf "$partial"
mkdir -p "$partial"
cat "$here"/lejepa.tar.gz.[0-9]* | tar -xzf - -C "$partial"
mv "$partial" "$target"
echo "installed: $target/lejepa (try: $target/lejepa doctor)"
