#!/bin/sh
# The whole job in two minutes, against a made-up X on this machine: `make demo`.
#
# Makes a home folder of its own, build/demo (or DEMO_HOME); nothing outside it is read or written. What you see
# after a $ is what you would type.
set -eu

checkout=$(pwd)
home=${DEMO_HOME:-$checkout/build/demo}
rm -rf "$home"
mkdir -p "$home"
PATH=$checkout/.venv/bin:$checkout/bin:$PATH
HOME=$home NETWAR_SYSTEM_CONF=/dev/null
export HOME PATH NETWAR_SYSTEM_CONF
unset NETWAR_CONF CONSUMER_KEY CONSUMER_SECRET 2>/dev/null || true
cd "$home"

say() { printf '\n'; printf '# %s\n' "$@"; }
show() { printf '$ %s\n' "$*"; "$@"; }
# Shows and runs a command that must end with the status given first.
ends() {
  wanted=$1; shift
  status=0; show "$@" || status=$?
  printf '  (status %s)\n' "$status"
  [ "$status" = "$wanted" ] || { echo "demo: that should have ended with $wanted" >&2; exit 1; }
}

say "A made-up X starts on this machine. It serves accounts, timelines, bills and rate limits as X does."
mkfifo address
tw-sandbox --port 0 --users 60 --posts-a-second 5 >address 2>sandbox.log &
sandbox=$!
stream=
trap 'kill $stream "$sandbox" 2>/dev/null || true; wait $stream "$sandbox" 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM HUP
read -r api <address || { cat sandbox.log >&2; exit 1; }
rm address
echo "  It listens on $api"

say "The configuration, ~/.twitter: the app's keys, where X is, and what may be spent in a day." \
    "(HOME is $home here.)"
(umask 077; cat >.twitter <<END
[API]
api = $api
consumer_key = sandbox-key
consumer_secret = sandbox-secret
budget = 40
maxcpu = 100
maxmem = 100

[STREAM]
index = demo
END
)
show sed 's/^/  /' .twitter

say "Keys for an account: tw-auth prints an address to open in a browser ..."
echo '$ tw-auth'
tw-auth </dev/null >auth.txt 2>&1 || { cat auth.txt; exit 1; }
cat auth.txt
address=$(sed -n 's/^ *\(http.*\)/\1/p' auth.txt)

say "... where you sign in and are shown a PIN. The demo does that in your place, and hands the PIN back."
pin=$(python3 - "$address" <<'END'
import re, sys
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import urlopen

page = urlopen(sys.argv[1]).read().decode()
form = {"screen_name": re.search('name="screen_name" value="([^"]+)"', page)[1]}
form["oauth_token"] = parse_qs(urlsplit(sys.argv[1]).query)["oauth_token"][0]
page = urlopen(sys.argv[1].partition("?")[0], urlencode(form).encode()).read().decode()
print(re.search('id="pin">([0-9]+)<', page)[1])
END
)
show tw-auth "$pin"

say "Who are these keys?"
show tw-myname

say "Some users to record: a file as people make them. The made-up X tells who it has." \
    "(Those who are suspended, protected, gone or renamed, and names with few tweets, so that the first run is a short one.)"
python3 - "$api" <<'END'
import json, sys
from urllib.request import urlopen

users = [json.loads(line) for line in urlopen(sys.argv[1] + "/sandbox/truth/users")]
usual = lambda user: user["state"] == "active" and not user["former_name"]
users.sort(key=lambda user: (usual(user), user["posts"]))
with open("users.txt", "w") as few, open("more.txt", "w") as more:
    print("# whom we watch", file=few)
    for number, user in enumerate(users):
        name = user["former_name"] or user["name"]  # a list of names is older than some names
        print(user["id"] if number % 3 else "@" + name, file=few if number < 20 else more)
END
show head -n 4 users.txt
show tw-quser2work users.txt
show tw-showwork

say "What would that cost? This asks X nothing, so a user nobody knows yet counts as up to 3,200 tweets."
show tw-idu3elk --estimate

say "Record them, into the index that ~/.twitter names. On a terminal you see a progress bar."
show tw-idu3elk

say "What is known of each now? Suspended, protected and vanished users are results too."
show tw-coverage demo

say "Search it. The newest come first."
word=$(python3 - <<'END'
import collections, glob, re, sqlite3

archive = sqlite3.connect(glob.glob(".local/share/netwar/archive/*.sqlite")[0])
texts = (text or "" for (text,) in archive.execute("SELECT text FROM tweets LIMIT 500"))
# No piece of an address, a name or a hashtag: those stand in many tweets, and nobody would search for them.
plain = (re.sub(r"https?://\S+|[@#]\w+", " ", text) for text in texts)
words = collections.Counter(word for text in plain for word in re.findall(r"\b[a-z]{5,}\b", text))
print(words.most_common(1)[0][0])
END
)
show tw-search demo "$word" --limit 3

say "Once more: one request for each user, nothing new, nothing paid."
show tw-quser2work users.txt
show tw-idu3elk

say "Posts by search terms, whoever wrote them: of the last seven days, counted before they are bought ..."
show tw-count '#brexit'
show tw-search2elk found '#brexit' --yes --budget 3

say "... and as they are made, until it is stopped. On a terminal a line tells how it goes."
printf '%s\n' harbour '#brexit' >terms.txt
show cat terms.txt
echo '$ tw-stream live terms.txt'
tw-stream live terms.txt &
stream=$!
tries=0
until tw-search live --limit 1 2>/dev/null | grep -q . || [ "$tries" = 40 ]; do sleep 1; tries=$((tries + 1)); done
sleep 3
show tw-chkstreams
show tw-search live --limit 3
show tw-stream live --stop
wait "$stream"
stream=

say "What it would have cost at X's prices, and what X itself counted:"
show tw-spend

say "Now forty more, some with thousands of tweets. The budget of \$40 a day stops that: status 77." \
    "Nobody is lost; who is not done waits for tomorrow, or for a higher budget."
show tw-quser2work more.txt
ends 77 tw-idu3elk
show tw-showwork
show tw-spend --no-ask

say "Everything is in one file that other tools read, too (sqlite3, datasette; views tweets and users):"
show ls -l .local/share/netwar/archive

say "That is all. The keys were no real ones, and nothing was paid. Look around in $home," \
    "then read README.md for a first run with keys of your own."
