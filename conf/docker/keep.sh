#!/bin/sh
# keep PAUSE STATUSES PROGRAM [WORD ...]: run a program again and again, PAUSE seconds after it has ended. 86400/900 is a day after
# it has ended well, and a quarter of an hour after it has not.
#
# With one of the STATUSES, such as 2,78, it stays down: what is wrong stays wrong until somebody sees to it. Docker's own
# restart policies cannot tell statuses apart, and would pause for less. So the container stays, and its health check fails, until
# it is restarted: docker compose restart SERVICE. TERM and HUP are passed on to the program.
well=${1%/*} ill=${1#*/} down=$2 over='' mark=/tmp/stays-down
shift 2
rm -f "$mark"
trap 'over=1; kill -TERM "$run" 2>/dev/null' TERM INT
trap 'kill -HUP "$run" 2>/dev/null' HUP

ended() {
    while wait "$run"; status=$?; kill -0 "$run" 2>/dev/null; do :; done
}

while [ -z "$over" ]; do
    "$@" &
    run=$!
    ended
    [ -z "$over" ] || exit "$status"
    if [ "$status" = 0 ]; then pause=$well; else pause=$ill; fi
    case ,$down, in *,"$status",*)
        echo "keep: $1 has ended with $status and stays down: mend what it says, then restart this container" >&2
        echo "$status" >"$mark"
        pause=infinity ;;
    esac
    sleep "$pause" &
    run=$!
    ended
done
