#!/bin/sh
# cached-compiler.sh CCACHE COMPILER ARGUMENT...: compiles through ccache, also what uses a precompiled
# header. A header that is precompiled anew must not find its older form beside it: ccache would take
# the two for the same.
ccache=$1
shift
case " $* " in
*' c++-header '*)
  out=
  for argument; do
    [ "$out" = next ] && { rm -f -- "$argument"; break; }
    out=
    [ "$argument" = -o ] && out=next
  done
  ;;
esac
CCACHE_SLOPPINESS=pch_defines,time_macros exec "$ccache" "$@"
