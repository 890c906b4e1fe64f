#!/usr/bin/env bash
# Runs the steps of the Dockerfile without a container engine: each stage is a folder, COPY copies, RUN runs in it with the machine's own
# Node and Go, and the last stage is started in a root of its own (chroot) as its user. For where there is no engine to try the real thing.
set -euo pipefail
cd "$(dirname "$0")/.."
context=$PWD work=$(mktemp -d) stage= root= dir=/ user=0:0
trap 'rm -rf "$work"' EXIT
declare -A from

say() { printf '%s\n' "$*" >&2; }
inside() { # a path of the stage as it is here
  case $1 in /*) printf '%s%s' "$root" "$1" ;; *) printf '%s%s/%s' "$root" "$dir" "$1" ;; esac
}

copy() {
  local source=$context owner=
  while [[ $1 == --* ]]; do
    case $1 in --from=*) source=${from[${1#--from=}]} ;; --chown=*) owner=${1#--chown=} ;; *) say "COPY $1 is not known here"; exit 1 ;; esac
    shift
  done
  local to=${!#} target one
  target=$(inside "$to")
  for one in "${@:1:$#-1}"; do
    local here="$source/${one#/}"
    [ -e "$here" ] || { say "COPY: $one is not there"; exit 1; }
    if [ "$one" = . ]; then mkdir -p "$target"; git -C "$context" ls-files -z | (cd "$context" && cpio --quiet -0pdmu "$target")
    elif [ -d "$here" ]; then mkdir -p "$target"; cp -a "$here/." "$target/"
    elif [ $# -gt 2 ] || [[ $to == */ ]] || [ -d "$target" ]; then mkdir -p "$target"; cp -a "$here" "$target/"
    else mkdir -p "$(dirname "$target")"; cp -a "$here" "$target"; fi
  done
  if [ -n "$owner" ]; then chown -R "$owner" "$target"; fi
}

while IFS= read -r line; do
  case $line in ''|\#*) continue ;; esac
  word=${line%% *} rest=${line#* }
  case $word in
    FROM)
      stage=${rest##* } dir=/ root=$work/$stage
      mkdir -p "$root"; from[$stage]=$root; say "== $rest" ;;
    WORKDIR) dir=$rest; mkdir -p "$root$dir" ;;
    COPY) say "   $line"; read -ra words <<<"$rest"; copy "${words[@]}" ;;
    ARG) export "${rest?}" ;;
    ENV) last_env=$rest ;;
    USER) user=$rest ;;
    RUN)
      say "   $line"
      # What a step writes at the root belongs into the stage.
      (cd "$root$dir" && env GOFLAGS=-buildvcs=false bash -euc "${rest//\/root-of-image/$root/root-of-image}") ;;
    VOLUME|EXPOSE|HEALTHCHECK|ENTRYPOINT|CMD) ;;
    *) say "$word is not known here: teach this script, or leave it"; exit 1 ;;
  esac
done < Dockerfile

say "== the image, as user $user"
find "$root" -maxdepth 1 -mindepth 1 -printf '   /%f %M %u\n' >&2
chroot --userspec="$user" "$root" /deskbell version
chroot --userspec="$user" "$root" /usr/bin/env true 2>/dev/null && { say "there is more than the program in it"; exit 1; }
# An engine gives each container a /proc; here it is mounted, which needs root.
mkdir -p "$root/proc"
if ! mount -t proc proc "$root/proc" 2>/dev/null && ! mount --bind /proc "$root/proc" 2>/dev/null; then say "It was not started: /proc cannot be mounted here."; exit 0; fi
trap 'umount "$root/proc"; rm -rf "$work"' EXIT
read -ra settings <<<"$last_env"
said=$(env -i PATH="$PATH" "${settings[@]}" DESKBELL_LISTEN=127.0.0.1:0 timeout 5 chroot --userspec="$user" "$root" /deskbell serve 2>&1 || true)
case $said in *"msg=serving"*) say "It serves." ;; *) say "$said"; exit 1 ;; esac
