# Sourced by what drives a browser: finds Chromium and the npm packages, and says what is missing.
#
#   ready COMMAND…     `command` is then crosscheck, and the folder is that of the project
#   ready --missing    only says what is missing, and ends: with 1 where something is
ready() {
  # Read from where the caller stands.
  local name lack=
  for name in CROSSCHECK_REAL_OIDC CROSSCHECK_SCREENSHOTS; do
    case ${!name:-} in
      '' | /*) ;;
      *) export "$name=$PWD/${!name}" ;;
    esac
  done
  case ${1:?crosscheck, or --missing} in
    /* | --*) ;;
    */*) set -- "$PWD/$1" "${@:2}" ;;
  esac
  command=("$@")
  cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

  export CROSSCHECK_REAL_OIDC=${CROSSCHECK_REAL_OIDC:-$PWD/target/real/oidc}
  for name in chromium google-chrome; do
    CHROMIUM=${CHROMIUM:-$(command -v "$name" || true)}
  done
  export CHROMIUM

  local lock=package-lock.json
  if ! node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null; then
    lack="Node.js, 20 or newer (packages nodejs and npm)"
  elif ! cmp -s "tests/real/oidc/$lock" "$CROSSCHECK_REAL_OIDC/$lock" ||
    [ ! -e "$CROSSCHECK_REAL_OIDC/node_modules/.$lock" ]; then
    lack="puppeteer-core and oidc-provider (npm packages in $CROSSCHECK_REAL_OIDC, from tests/real/oidc/$lock)"
  elif [ -z "$CHROMIUM" ]; then
    lack="a browser (package chromium)"
  fi
  if [ -n "$lack" ]; then
    echo "$lack"
    exit 1
  fi
  [ "$1" != --missing ] || exit 0
}
