#!/bin/sh
# A window of tmux for each capture, and a log of each: for who looks in by ssh, and has no supervisord.
#
#   conf/tmux/captures.sh ~/captures ~/logs --config ~/accounts/first.conf
#   tmux attach -t captures          C-b w lists the windows, C-b d leaves them running
#
# NAME.txt in the first folder has the lines of a capture, which tw-stream records into NAME; what follows the folders is given
# to each tw-stream. Logs go to NAME.log in the second folder from the first line on. A window whose program has ended stays, with
# its status. The same command again starts those that have ended, and those that are new.
set -eu
[ $# -ge 2 ] || { echo "usage: $0 CAPTURES LOGS [OPTION ...]" >&2; exit 2; }
captures=$1 logs=$2
shift 2
mkdir -p "$logs"
session=captures

# The words of a command for the shell that tmux gives it to.
quoted() {
    for word in "$@"; do printf "'%s' " "$(printf %s "$word" | sed "s/'/'\\\\''/g")"; done
}

# What tmux takes as a format (#, commands in it) or as a time (%) in the path of a log, as it is written.
logs_shown=$(printf %s "$logs" | sed 's/#/##/g; s/%/%%/g')

started=0 wrong=0
for lines in "$captures"/*.txt; do
    [ -e "$lines" ] || { echo "$0: $captures has no NAME.txt" >&2; exit 1; }
    name=${lines##*/}
    name=${name%.txt}
    # tmux runs what stands between #( and ) in a window's name, and a name in a shared folder is anybody's.
    case $name in
        [!A-Za-z0-9]* | *[!A-Za-z0-9_-]*) echo "$0: $lines cannot name an index: rename it" >&2; wrong=1; continue ;;
    esac
    if ! tmux has-session -t "=$session" 2>/dev/null; then
        tmux new-session -d -s "$session" -n "$name" -x 200 -y 50
    elif tmux list-windows -t "=$session" -F '#{window_name}' | grep -Fqx -- "$name"; then
        [ "$(tmux display-message -p -t "=$session:=$name" '#{pane_dead}')" = 1 ] || continue
        tmux respawn-pane -t "=$session:=$name" 'exec sleep 60' # a log is attached to a living one only
    else
        tmux new-window -d -t "=$session:" -n "$name"
    fi
    window="=$session:=$name"
    tmux set-option -w -t "$window" remain-on-exit on
    tmux set-option -w -t "$window" automatic-rename off
    tmux set-option -w -t "$window" allow-rename off
    # The log is there before the program is, so that it has the first line, too.
    tmux pipe-pane -t "$window"
    tmux pipe-pane -t "$window" "exec cat >> $(quoted "$logs_shown/$name.log")"
    tmux respawn-pane -k -t "$window" "exec $(quoted tw-stream "$name" "$lines" "$@")"
    started=$((started + 1))
done
echo "$started started; tmux attach -t $session shows them"
exit $wrong
